package vote

import (
	"testing"
	"time"
)

// TestWindowEnds: just before the end the window is the same, at the end it is
// another one, in every zone and over leap days and years.
func TestWindowEnds(t *testing.T) {
	for _, tz := range []string{"", "Asia/Shanghai", "UTC", "+11:12", "-03:30", "+14:00", "-14:59"} {
		for at := time.Date(2023, 12, 30, 0, 0, 0, 0, time.UTC); at.Year() < 2025; at = at.Add(13*time.Hour + 7*time.Minute) {
			b := Ballot{Quota: Quota{Window: PerDay, TZ: tz}}
			ms := at.UnixMilli()
			end := b.WindowEnds(ms)
			if end <= ms || end-ms > (24*time.Hour).Milliseconds() || b.Window(end-1) != b.Window(ms) || b.Window(end) == b.Window(ms) {
				t.Fatalf("zone %q at %v: the window %s ends at %v, when it is %s", tz, at, b.Window(ms), time.UnixMilli(end).UTC(), b.Window(end))
			}
			b.Deadline = end + Grace
			if got := b.WindowEnds(ms); got != 0 {
				t.Errorf("zone %q: the ballot ends with the day, yet another begins at %d", tz, got)
			}
			b.Deadline = end + Grace + 1
			if got := b.WindowEnds(ms); got != end {
				t.Errorf("zone %q: the ballot goes on for a moment of the next day, which begins at %d, not %d", tz, got, end)
			}
		}
	}
	if b := (Ballot{}); b.WindowEnds(1) != 0 {
		t.Error("a window of the whole ballot ends")
	}
}
