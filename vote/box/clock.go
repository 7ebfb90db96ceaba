package box

import (
	"sync"
	"time"
)

// clock gives the box's time: the wall clock's reading when the box started,
// carried on by the monotonic clock. It follows the wall clock by at most
// slew, so ordinary drift is corrected within a long ballot, while a wall clock
// that jumps by minutes neither opens nor shuts a window. It never goes back.
type clock struct {
	now func() time.Time

	mu   sync.Mutex
	last time.Time // guarded by mu: reading of now, with its monotonic part
	at   time.Time // guarded by mu: the box's time at last
}

// slew divides the passed time to give the largest correction: 500 ppm, far
// above the drift of a quartz, and 30 ms in a one-minute ballot. Corrections
// are made once per step, so that they do not vanish in rounding.
const (
	slew = 2000
	step = time.Second
)

func newClock(now func() time.Time) *clock {
	t := now()
	return &clock{now: now, last: t, at: t.Round(0)}
}

// read returns the box's time.
func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.now()
	passed := max(0, t.Sub(c.last)) // monotonic
	at := c.at.Add(passed)
	if passed >= step {
		off := t.Round(0).Sub(at)
		at = at.Add(min(max(off, -passed/slew), passed/slew))
		c.last, c.at = t, at
	}
	return at
}

// reset takes over the wall clock at once. It may be called only while no
// ballot is open, so that no window depends on the step.
func (c *clock) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = c.now()
	c.at = c.last.Round(0)
}
