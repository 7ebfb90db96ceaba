package box

import (
	"slices"
	"sync"
	"time"
)

// window is over how many of the last answers the latencies are taken.
const window = 4096

// Stats says how the box is doing.
type Stats struct {
	Queue    int           // casts in flight
	Capacity int           // most casts in flight
	Answered int64         // casts answered since the start
	Batches  int64         // transactions since the start
	P50, P99 time.Duration // from arrival to answer, over the last 4096 casts
}

// latencies keeps the newest waits in a ring.
type latencies struct {
	mu       sync.Mutex // guards all below
	ring     []time.Duration
	answered int64
	batches  int64
}

func (l *latencies) add(now time.Time, batch []item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.batches++
	for _, it := range batch {
		if len(l.ring) < window {
			l.ring = append(l.ring, it.ageAt(now))
		} else {
			l.ring[l.answered%window] = it.ageAt(now)
		}
		l.answered++
	}
}

// Stats returns the figures of this moment.
func (b *Box) Stats() Stats {
	s := Stats{Queue: int(max(0, b.pending.Load())), Capacity: b.cfg.Queue}
	b.acks.mu.Lock()
	ring := slices.Clone(b.acks.ring)
	s.Answered, s.Batches = b.acks.answered, b.acks.batches
	b.acks.mu.Unlock()
	if len(ring) == 0 {
		return s
	}
	slices.Sort(ring)
	s.P50, s.P99 = ring[len(ring)/2], ring[len(ring)*99/100]
	return s
}
