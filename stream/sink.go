package stream

import (
	"runtime/debug"
	"sync"

	"hecai/stream/rtpbuf"
)

// Sink takes what a channel carries: a group of viewers, a recorder, a packager.
// Both methods are called from one goroutine of the sink's own.
type Sink interface {
	// Packet takes one packet, pictures and sound in the order they arrived. A
	// packet that was late comes late: Seq is the order. It is the sink's only
	// until Packet returns, which may take its time: the sink has a queue of its
	// own, and when that is full it loses whole frames, and pictures up to the next
	// keyframe, which is asked for.
	Packet(p *rtpbuf.Packet)
	// End is the last call, after all that was queued.
	End()
}

// queued is how many packets a sink may be behind: at most 1.5 MB, some 3 s of a
// good picture with its sound. A frame of more packets than this can't be whole.
const queued = 1024

// outlet is a sink's place on a channel.
type outlet struct {
	channel *Channel
	sink    Sink
	wake    chan struct{} // there is a packet, or it is closed

	mu     sync.Mutex // guards what follows
	slots  []rtpbuf.Packet
	head   int
	n      int
	waits  bool   // for a keyframe
	from   uint64 // that keyframe: what is before it is not wanted any more
	closed bool
}

func newOutlet(c *Channel, s Sink, waits bool) *outlet {
	return &outlet{
		channel: c, sink: s, waits: waits,
		wake: make(chan struct{}, 1), slots: make([]rtpbuf.Packet, queued),
	}
}

// at is the slot i packets after the oldest. Slots keep their memory, so that a
// warm queue stores without allocating.
func (o *outlet) at(i int) *rtpbuf.Packet { return &o.slots[(o.head+i)%len(o.slots)] }

// put queues a copy of p, or loses it. It never waits.
func (o *outlet) put(p *rtpbuf.Packet) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	if p.Video && !o.wanted(p) {
		o.channel.relay.count.dropped.Add(1)
		return
	}
	if o.n == len(o.slots) {
		o.shed(p)
		return
	}
	s := o.at(o.n)
	kept := append(s.Payload[:0], p.Payload...)
	*s = *p
	s.Payload = kept
	if o.n++; o.n == 1 {
		o.ring()
	}
}

// wanted says whether a packet of the picture is part of a frame that decodes.
func (o *outlet) wanted(p *rtpbuf.Packet) bool {
	if !o.waits {
		return p.Seq >= o.from
	}
	if !p.Key {
		if o.n < len(o.slots)/2 { // there is room for one
			o.channel.Video.RequestKey()
		}
		return false
	}
	o.waits, o.from = false, p.Seq
	return true
}

// shed loses p, which finds the queue full. A packet of sound is a whole frame;
// of a picture, what came of the frame before goes too, all but the packet that
// the sink has in hand.
func (o *outlet) shed(p *rtpbuf.Packet) {
	lost := uint64(1)
	if p.Video {
		o.waits = true
		kept := 1
		for i := 1; i < o.n; i++ {
			s := o.at(i)
			if s.Video && s.TS == p.TS {
				continue
			}
			if to := o.at(kept); to != s {
				*to, *s = *s, *to
			}
			kept++
		}
		lost += uint64(o.n - kept)
		o.n = kept
	}
	o.channel.relay.count.dropped.Add(lost)
}

// ring wakes the sink.
func (o *outlet) ring() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// close makes run end, when the queue is empty.
func (o *outlet) close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.ring()
}

// next gives back the packet in hand, if any, and takes the one after it; nil
// says that there is none.
func (o *outlet) next(had bool) (p *rtpbuf.Packet, closed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if had {
		o.head = (o.head + 1) % len(o.slots)
		o.n--
	}
	if o.n == 0 {
		return nil, o.closed
	}
	return o.at(0), false
}

// run gives the sink its packets until the outlet is closed or the relay ends.
func (o *outlet) run() {
	defer o.guard(o.sink.End)
	for had := false; ; {
		p, closed := o.next(had)
		had = p != nil
		switch {
		case closed:
			return
		case had:
			o.guard(func() { o.sink.Packet(p) })
			continue
		}
		select {
		case <-o.channel.relay.stop:
			return
		case <-o.wake:
		}
	}
}

// guard makes a panic over one packet cost that packet, not the show.
func (o *outlet) guard(f func()) {
	defer func() {
		if e := recover(); e != nil {
			o.channel.relay.log.Error("panic in a sink", "panic", e, "stack", string(debug.Stack()))
		}
	}()
	f()
}
