package clock

import (
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"hecai/needtest"
)

// world is a machine whose monotonic clock, wall clock and sleep are moved by
// hand.
type world struct {
	wall  time.Time // with a monotonic part
	slept time.Duration
}

func newWorld() *world { return &world{wall: time.Now()} }

func (w *world) pass(d time.Duration) { w.wall = w.wall.Add(d) } // both clocks

// stepWall moves the wall clock alone, as NTP or a hand does. The runtime keeps
// wall seconds and the monotonic reading in one word each (time.Time, wall and
// ext with hasMonotonic set); whole seconds are added to the wall's.
func (w *world) stepWall(seconds int64) {
	p := (*[2]uint64)(unsafe.Pointer(&w.wall))
	p[0] += uint64(seconds) << 30
}

func (w *world) clock(canTell bool) *Clock {
	c := New(func() time.Time { return w.wall })
	if canTell {
		c.slept = func() time.Duration { return w.slept }
	}
	return c
}

// near says whether a minute of slewing explains the difference.
func near(a, b time.Duration) bool { return (a - b).Abs() <= 40*time.Millisecond }

func TestAStepOfTheWallMovesNothing(t *testing.T) {
	for _, seconds := range []int64{30, 60, 300, 590, -30, -60, -300, -86400} {
		w := newWorld()
		c := w.clock(false)
		began := c.Now()
		w.pass(3 * time.Second)
		w.stepWall(seconds)
		w.pass(17 * time.Second)
		if got := c.Now().Sub(began); !near(got, 20*time.Second) {
			t.Errorf("a step of %d s: %v passed, want 20s", seconds, got)
		}
		if off := c.Off(); !near(off, time.Duration(seconds)*time.Second) {
			t.Errorf("a step of %d s: off %v", seconds, off)
		}
		if by := c.Follow(); !near(by, time.Duration(seconds)*time.Second) || c.Off() != 0 {
			t.Errorf("a step of %d s: followed by %v, then off %v", seconds, by, c.Off())
		}
	}
}

func TestASleepPasses(t *testing.T) {
	for _, canTell := range []bool{true, false} {
		w := newWorld()
		c := w.clock(canTell)
		began := c.Now()
		w.pass(3 * time.Second)
		c.Now()
		w.stepWall(3600) // what a suspended computer sees: the monotonic clock stood
		w.slept += time.Hour
		if got := c.Now().Sub(began); !near(got, time.Hour+3*time.Second) {
			t.Errorf("sleep can be told %v: %v passed", canTell, got)
		}
		if off := c.Off(); off.Abs() > Differs {
			t.Errorf("sleep can be told %v: off %v", canTell, off)
		}
		if missed, woke := c.Slept(); !near(missed, time.Hour) || !woke.Equal(c.Now()) {
			t.Errorf("sleep can be told %v: slept %v until %v", canTell, missed, woke)
		}
	}
}

func TestAShortSleepIsToldFromAStep(t *testing.T) {
	w := newWorld()
	c := w.clock(true)
	began := c.Now()
	w.stepWall(60)
	w.slept += time.Minute
	if got := c.Now().Sub(began); !near(got, time.Minute) {
		t.Errorf("%v passed in a minute's sleep", got)
	}
	w.stepWall(60) // and a step is a step all the same
	if got := c.Now().Sub(began); !near(got, time.Minute) {
		t.Errorf("%v passed after a step", got)
	}
}

func TestDriftIsFollowed(t *testing.T) {
	w := newWorld()
	c := w.clock(false)
	w.stepWall(1)
	for range 4000 {
		w.pass(time.Second)
		c.Now()
	}
	if off := c.Off(); off.Abs() > time.Millisecond {
		t.Errorf("off by %v after 4000 s", off)
	}
}

// Whatever happens to the wall clock by steps too small for a sleep, our time
// never goes back and runs at the pace of the monotonic clock.
func TestPaceProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		c := w.clock(rapid.Bool().Draw(t, "tells sleep"))
		began, last := c.Now(), time.Time{}
		var passed, off time.Duration
		for range rapid.IntRange(1, 60).Draw(t, "moves") {
			if rapid.Bool().Draw(t, "step") {
				by := rapid.Int64Range(-900, 300).Draw(t, "by")
				if off+time.Duration(by)*time.Second < Gap-time.Minute {
					w.stepWall(by)
					off += time.Duration(by) * time.Second
				}
			}
			d := time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t, "passes"))
			w.pass(d)
			passed += d
			now := c.Now()
			if now.Before(last) {
				t.Fatalf("went back from %v to %v", last, now)
			}
			last = now
		}
		if got := last.Sub(began); (got - passed).Abs() > passed/1000+time.Millisecond {
			t.Fatalf("%v passed, clock says %v", passed, got)
		}
	})
}

func TestTheMachineTellsItsSleep(t *testing.T) {
	slept := machineSlept()
	if slept == nil {
		needtest.Missing(t, "this system can't tell how long it slept")
	}
	if d := slept(); d < 0 {
		t.Errorf("slept %v", d)
	}
	if off := New(nil).Off(); off.Abs() > Differs {
		t.Errorf("a new clock is off by %v", off)
	}
}
