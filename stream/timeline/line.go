// Package timeline makes one unbroken RTP line out of sources that come and
// go. A Line maps sequence numbers and timestamps of whatever source is live; a
// Clock tells the capture time of a source's timestamps; Pictures does for VP8
// picture ids what Line does for sequence numbers. Everything here is pure: the
// same calls give the same answers. Nothing is safe for concurrent use.
package timeline

// Bounds of what a Line takes for the same stream.
const (
	// maxJump is the largest step in sequence numbers that still counts as
	// loss. RFC 3550 A.1 calls the idea MAX_DROPOUT.
	maxJump = 3000
	// window is how many packets back a late one is still let through.
	window = 1024
	// maxPause is the largest step in timestamps, in seconds, that is kept.
	maxPause = 10
)

// Line rewrites packets of the live source so that what leaves is one stream:
// sequence numbers follow on, gaps of the source stay gaps (so that a late or
// repaired packet still finds its place), and timestamps track the clock.
type Line struct {
	rate  int64 // ticks per second
	start int64 // time of the line's first tick, ns
	base  int64 // timestamp at start

	cut   bool   // a source is attached
	high  uint64 // highest extended source sequence number
	first uint64 // where this source began
	seqBy uint64 // added to a source number, modulo 2^64
	tsBy  uint32 // added to a source timestamp, modulo 2^32

	inTS uint32 // source timestamp at high
	next uint64 // the sequence number after the highest one sent
	last int64  // highest extended timestamp sent

	bad  uint16 // the number that would confirm a jump
	hold bool   // bad is set

	seen [window / 64]uint64 // which of the last packets were sent
}

// NewLine returns a line of rate ticks per second whose first packet will be
// sequence number seq and whose timestamp at time now (ns) is ts.
func NewLine(rate uint32, seq uint16, ts uint32, now int64) *Line {
	return &Line{
		rate: int64(rate), start: now, base: int64(ts),
		next: uint64(1)<<32 + uint64(seq), last: int64(ts) - 1,
	}
}

// Cut attaches a new source: its packet (seq, ts), captured at time at (ns),
// follows directly on the last packet sent. Packets of the source from before
// seq, and all of the old source, are gone.
func (l *Line) Cut(seq uint16, ts uint32, at int64) {
	l.cut, l.hold = true, false
	l.first = uint64(1)<<32 + uint64(seq)
	l.high = l.first - 1
	l.seqBy = l.next - l.first
	l.anchor(ts, at)
}

// anchor chooses the timestamp offset: ts lands where the clock says, but
// never at or before a timestamp already sent.
func (l *Line) anchor(ts uint32, at int64) {
	want := max(l.ticks(at), l.last+1)
	l.tsBy = uint32(want) - ts
	l.inTS = ts
}

// ticks is the extended timestamp of the time at (ns).
func (l *Line) ticks(at int64) int64 {
	d := at - l.start
	return l.base + d/1e9*l.rate + d%1e9*l.rate/1e9
}

// Map gives the packet (seq, ts) of the live source, captured at time at (ns),
// its place on the line. It refuses duplicates, packets from before the cut,
// packets too late to matter, and anything before the first Cut.
func (l *Line) Map(seq uint16, ts uint32, at int64) (outSeq uint64, outTS uint32, ok bool) {
	if !l.cut {
		return 0, 0, false
	}
	step := int64(int16(seq - uint16(l.high)))
	if step > maxJump || step < -maxJump {
		// One stray packet is noise; two in a row are a restarted stream.
		if !l.hold || seq != l.bad {
			l.hold, l.bad = true, seq+1
			return 0, 0, false
		}
		l.Cut(seq, ts, at)
		step = 1
	}
	l.hold = false
	ext := l.high + uint64(step)
	if ext < l.first {
		return 0, 0, false
	}
	out := ext + l.seqBy
	if step > 0 {
		if d := int64(int32(ts - l.inTS)); d > maxPause*l.rate || d < -maxPause*l.rate {
			l.anchor(ts, at)
		}
		l.high, l.inTS = ext, ts
		l.advance(out)
	} else if l.next-out > window || l.sent(out) {
		return 0, 0, false
	}
	l.mark(out)
	outTS = ts + l.tsBy
	if t := l.extend(outTS); t > l.last {
		l.last = t
	}
	return out, outTS, true
}

// TS is the line's timestamp for a timestamp of the live source.
func (l *Line) TS(ts uint32) uint32 { return ts + l.tsBy }

// extend widens a 32-bit timestamp to the one nearest the last sent.
func (l *Line) extend(ts uint32) int64 {
	return l.last + int64(int32(ts-uint32(l.last)))
}

// advance moves the window so that it ends at out, forgetting what falls in.
func (l *Line) advance(out uint64) {
	if out+1-l.next >= window {
		l.seen = [window / 64]uint64{}
	} else {
		for n := l.next; n <= out; n++ {
			l.seen[n%window/64] &^= 1 << (n % 64)
		}
	}
	l.next = out + 1
}

func (l *Line) mark(out uint64)      { l.seen[out%window/64] |= 1 << (out % 64) }
func (l *Line) sent(out uint64) bool { return l.seen[out%window/64]&(1<<(out%64)) != 0 }
