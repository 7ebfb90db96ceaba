// Package clock gives the program its one clock: deadlines are made of it, and
// phones, screens and timers are told it, so that a countdown and the end it
// counts to can never part. The node makes one and hands Now to every part. A
// Clock is safe for concurrent use.
package clock

import (
	"sync"
	"time"
)

const (
	// Differs is how far the wall clock may be off before people should know.
	Differs = 2 * time.Second

	// Gap is the forward jump of the wall clock that can be neither drift nor a
	// correction: the machine was asleep or paused. Then the clock takes over
	// the wall's time at once, so that what ended meanwhile ends now.
	Gap = 10 * time.Minute

	// slew divides the passed time to give the largest correction: 500 ppm, far
	// above the drift of a quartz, and 30 ms in a one-minute ballot.
	slew = 2000

	// step is how often corrections are made; more often, they would vanish in
	// rounding.
	step = time.Second
)

// Clock is the wall clock's reading when it was made, carried on by the
// monotonic clock. It follows the wall clock by at most slew, so ordinary drift
// is corrected within a long ballot, while a wall clock that jumps by minutes
// moves no deadline. It goes back only in Follow.
type Clock struct {
	wall  func() time.Time     // with its monotonic part
	slept func() time.Duration // how long the machine has slept since boot; nil: can't be told

	mu     sync.Mutex
	last   time.Time     // guarded by mu: reading of wall at at
	at     time.Time     // guarded by mu: our time at last
	asleep time.Duration // guarded by mu: reading of slept at last
	off    time.Duration // guarded by mu: wall minus ours, at the newest reading
	woke   time.Time     // guarded by mu: our time after the last sleep; zero = none
	missed time.Duration // guarded by mu: how long that was
}

// New returns a clock that starts at the wall clock's time; nil means the
// machine's own.
func New(wall func() time.Time) *Clock {
	c := &Clock{wall: wall}
	if wall == nil {
		c.wall, c.slept = time.Now, machineSlept()
	}
	c.last = c.wall()
	c.at = c.last.Round(0)
	if c.slept != nil {
		c.asleep = c.slept()
	}
	return c
}

// Now returns our time. It has no monotonic part: differences of two readings
// are differences of our time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read()
}

// read is Now. The caller holds mu.
func (c *Clock) read() time.Time {
	t := c.wall()
	passed := max(0, t.Sub(c.last)) // monotonic
	at := c.at.Add(passed)
	c.off = t.Round(0).Sub(at)
	if c.off > Differs {
		if asleep := c.sleep(); asleep > 0 {
			at = at.Add(asleep)
			c.off -= asleep
			c.last, c.at = t, at
			c.woke, c.missed = at, asleep
		}
	}
	switch {
	case c.off > Gap:
		c.missed = c.off
		at = t.Round(0)
		c.off, c.last, c.at, c.woke = 0, t, at, at
	case passed >= step:
		by := min(max(c.off, -passed/slew), passed/slew)
		at = at.Add(by)
		c.off -= by
		c.last, c.at = t, at
	}
	return at
}

// sleep is how long the machine has slept since it was last asked.
func (c *Clock) sleep() time.Duration {
	if c.slept == nil {
		return 0
	}
	now := c.slept()
	asleep := now - c.asleep
	c.asleep = now
	return max(0, asleep)
}

// Off is how far the wall clock is ahead of ours; negative if it is behind.
func (c *Clock) Off() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read()
	return c.off
}

// Slept is how long the machine slept or stood still last, and when it woke, in
// our time; zeros if it never did.
func (c *Clock) Slept() (missed time.Duration, woke time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read()
	return c.missed, c.woke
}

// Follow takes over the wall clock at once and returns by how much the time has
// jumped. It may be called only while nothing that the clock measures is
// running: no ballot open, no timer on stage.
func (c *Clock) Follow() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.read()
	c.last = c.wall()
	c.at = c.last.Round(0)
	c.off = 0
	return c.at.Sub(at)
}
