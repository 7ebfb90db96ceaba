// Package rtpbuf keeps the last packets of one outgoing stream, once for all
// its viewers: the fan-out reads it, a lost packet is repaired from it, and a
// new viewer starts from the last keyframe in it. A Ring is safe for one writer
// and many readers.
package rtpbuf

import "sync"

// Packet is one packet of the line, without what differs between viewers.
// Packets of one TS are one frame.
type Packet struct {
	Seq      uint64 // extended sequence number; what is missing was lost on the way here
	TS       uint32 // runs on over cuts
	Captured int64  // when the camera took it by the relay's clock, ns since 1970, as well as is known
	Shot     uint32 // grows at every cut: what came before is of another source
	Video    bool
	Marker   bool
	Key      bool  // first packet of a keyframe
	Codec    uint8 // a codec.Codec
	Payload  []byte
}

// Ring holds the newest packets. Slots keep their memory, so that a warm ring
// stores without allocating.
type Ring struct {
	mu    sync.RWMutex
	slots []Packet
	next  uint64 // after the highest number stored
	key   uint64 // start of the newest keyframe
	keyed bool
}

// New returns a ring of n packets; n is rounded up to a power of two.
func New(n int) *Ring {
	size := 1
	for size < n {
		size <<= 1
	}
	return &Ring{slots: make([]Packet, size)}
}

func (r *Ring) slot(seq uint64) *Packet { return &r.slots[seq&uint64(len(r.slots)-1)] }

// Put stores a copy of p. It refuses a packet older than the ring's tail.
func (r *Ring) Put(p Packet) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.Seq+uint64(len(r.slots)) < r.next {
		return false
	}
	s := r.slot(p.Seq)
	kept := append(s.Payload[:0], p.Payload...)
	*s = p
	s.Payload = kept
	if p.Seq >= r.next {
		r.next = p.Seq + 1
	}
	if p.Key && (!r.keyed || p.Seq > r.key) {
		r.key, r.keyed = p.Seq, true
	}
	return true
}

// Get copies packet seq into p, reusing p's payload memory.
func (r *Ring) Get(seq uint64, p *Packet) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	s := r.slot(seq)
	if s.Seq != seq || seq >= r.next || seq+uint64(len(r.slots)) < r.next || len(s.Payload) == 0 {
		return false
	}
	kept := append(p.Payload[:0], s.Payload...)
	*p = *s
	p.Payload = kept
	return true
}

// Find gives the extended number of the newest packet whose low 16 bits are
// seq, as a repair request names it.
func (r *Ring) Find(seq uint16) uint64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.next - 1 - uint64(uint16(r.next-1)-seq)
}

// Next is one past the highest number stored.
func (r *Ring) Next() uint64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.next
}

// Key gives the start of the newest keyframe, if all since is at most limit
// packets and still here.
func (r *Ring) Key(limit int) (uint64, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	since := r.next - r.key
	return r.key, r.keyed && since <= uint64(limit) && since <= uint64(len(r.slots))
}
