package node

import (
	"context"
	"time"
)

// glance is a look at something that costs, such as at what other nodes wrote into the
// record, on behalf of all who wait for it: whoever asks is answered by one that began
// after they asked, and however many ask there are only so many.
type glance struct {
	every time.Duration
	turn  chan struct{} // holds one while somebody looks

	began time.Time // guarded by turn; when the last look began
	seen  bool      // guarded by turn; it succeeded
}

// glanceEvery is how often those who ask for what is not known here may have the record
// read: what was made is told on the bus anyhow.
const glanceEvery = 250 * time.Millisecond

// newGlance returns one that looks once in the span at most.
func newGlance(every time.Duration) *glance {
	return &glance{every: every, turn: make(chan struct{}, 1)}
}

// since reports whether a look that began after the instant succeeded. If nobody has
// looked since, it does, once it may.
func (g *glance) since(ctx context.Context, at time.Time, look func() bool) bool {
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	defer func() { <-g.turn }()
	if g.began.After(at) {
		return g.seen
	}
	if rest := time.Until(g.began.Add(g.every)); rest > 0 {
		select {
		case <-time.After(rest):
		case <-ctx.Done():
			return false
		}
	}
	g.began = time.Now()
	g.seen = look()
	return g.seen
}
