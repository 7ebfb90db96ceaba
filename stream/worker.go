package stream

import (
	"runtime"
	"runtime/debug"

	"hecai/stream/rtpbuf"
)

// job tells a worker of a packet in a feed's ring. Number 0 is no packet, only
// a reason to look at new legs.
type job struct {
	feed *feed
	seq  uint64
}

// queued is how many packets a worker may be behind before it loses some. Lost
// ones stay in the ring, where the viewers' repair requests find them.
const queued = 1024

// worker sends to its share of all viewers. A viewer belongs to one worker, so
// its packets stay in order; a packet is copied out of the ring once per
// worker, not once per viewer.
type worker struct {
	relay *Relay
	id    int
	jobs  chan job
	pkt   rtpbuf.Packet // the packet in hand
	old   rtpbuf.Packet // one for a viewer that is catching up
}

// startWorkers starts one worker per core.
func (r *Relay) startWorkers() {
	for i := range max(runtime.GOMAXPROCS(0), 1) {
		w := &worker{relay: r, id: i, jobs: make(chan job, queued)}
		r.workers = append(r.workers, w)
		r.wg.Go(w.run)
	}
}

// give queues a job, or drops it.
func (w *worker) give(j job) {
	select {
	case w.jobs <- j:
	default:
		w.relay.count.dropped.Add(1)
	}
}

func (w *worker) run() {
	for !w.work() {
	}
}

// work handles jobs until the relay ends. A panic over one packet costs that
// packet: done stays false and the worker goes on.
func (w *worker) work() (done bool) {
	defer func() {
		if e := recover(); e != nil {
			w.relay.log.Error("panic in a fan-out worker", "panic", e, "stack", string(debug.Stack()))
		}
	}()
	for {
		select {
		case <-w.relay.stop:
			return true
		case j := <-w.jobs:
			w.handle(j)
		}
	}
}

func (w *worker) handle(j job) {
	legs := j.feed.legs[w.id].Load()
	if legs == nil || len(*legs) == 0 {
		return
	}
	var p *rtpbuf.Packet
	if j.seq != 0 && j.feed.ring.Get(j.seq, &w.pkt) {
		p = &w.pkt
	}
	now := w.relay.now()
	for _, l := range *legs {
		l.offer(p, &w.old, now)
	}
}
