package vote

import "time"

// WindowEnds is when the quota window of the instant ends and a fresh one
// begins, in unix milliseconds; 0 when none begins before the ballot's end.
func (b *Ballot) WindowEnds(at int64) int64 {
	if b.Quota.Window != PerDay {
		return 0
	}
	offset, _ := zoneOffset(b.Quota.TZ)
	day := (24 * time.Hour).Milliseconds()
	local := at + offset.Milliseconds()
	end := local - (local%day+day)%day + day - offset.Milliseconds()
	if last := b.PublicDeadline(); last > 0 && end >= last {
		return 0
	}
	return end
}
