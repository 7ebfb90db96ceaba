package stream

import (
	"crypto/rand"
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/pion/rtp"

	"hecai/stream/rtpbuf"
	"hecai/stream/timeline"
)

// Ring sizes, packets: about 4 s of a good picture, and 5 s of sound.
const (
	videoRing = 1024
	audioRing = 256
	// catchUp is the longest run a new viewer is started from; beyond it a
	// fresh keyframe is cheaper than the burst.
	catchUp = 640
)

// channel is what one can watch: the programme, or one camera.
type channel struct {
	video, audio *feed
}

func newChannel(r *Relay) *channel {
	c := &channel{video: newFeed(r, true), audio: newFeed(r, false)}
	c.audio.lead = c.video
	return c
}

// feed is one outgoing stream, the same for all its viewers. One track is live
// on it; another may be wanted, and takes over at its next keyframe.
type feed struct {
	relay *Relay
	video bool
	lead  *feed // for sound: the picture it goes with
	ring  *rtpbuf.Ring

	live   atomic.Pointer[track] // changed under mu
	want   atomic.Pointer[track]
	family atomic.Uint32 // codec of the last camera, for the slate to follow
	cuts   atomic.Uint64

	mu       sync.Mutex // guards line, pictures and scratch
	line     *timeline.Line
	pictures timeline.Pictures
	scratch  []byte

	legMu sync.Mutex // guards writes to legs
	legs  []atomic.Pointer[[]*leg]
}

func newFeed(r *Relay, video bool) *feed {
	rate, size := uint32(48000), audioRing
	if video {
		rate, size = 90000, videoRing
	}
	var start [6]byte
	_, _ = rand.Read(start[:]) // never fails (crypto/rand)
	return &feed{
		relay: r, video: video, ring: rtpbuf.New(size),
		line: timeline.NewLine(rate, binary.BigEndian.Uint16(start[:])&0x7fff, binary.BigEndian.Uint32(start[2:]), r.now()),
		legs: make([]atomic.Pointer[[]*leg], len(r.workers)),
	}
}

// write offers a packet of t, captured at time at (ns).
func (f *feed) write(t *track, h *rtp.Header, payload []byte, c codec, key bool, at int64) {
	if f.live.Load() != t && f.want.Load() != t {
		return
	}
	f.mu.Lock()
	if f.live.Load() != t {
		if f.want.Load() != t || !f.mayCut(t, key, at) {
			f.mu.Unlock()
			return
		}
		f.line.Cut(h.SequenceNumber, h.Timestamp, at)
		f.pictures.Cut()
		f.live.Store(t)
		f.cuts.Add(1)
		f.relay.nudge()
	}
	if f.video && !t.src.slate {
		f.family.Store(uint32(c))
	}
	seq, ts, ok := f.line.Map(h.SequenceNumber, h.Timestamp, at)
	if !ok {
		f.mu.Unlock()
		return
	}
	if c == vp8 {
		f.scratch = append(f.scratch[:0], payload...)
		f.pictures.Rewrite(f.scratch)
		payload = f.scratch
	}
	f.ring.Put(rtpbuf.Packet{Seq: seq, TS: ts, Marker: h.Marker, Key: key, Codec: uint8(c), Payload: payload})
	f.mu.Unlock()
	for i := range f.legs {
		if legs := f.legs[i].Load(); legs != nil && len(*legs) > 0 {
			f.relay.workers[i].give(job{f, seq})
		}
	}
}

// mayCut decides whether the wanted track may take over with this packet.
// Pictures cut on a keyframe. Sound goes with its picture, unless what is heard
// now is the slate's silence or has stopped.
func (f *feed) mayCut(t *track, key bool, at int64) bool {
	if f.video {
		return key
	}
	old := f.live.Load()
	if old == nil || old.src.slate || !old.alive(at) {
		return true
	}
	picture := f.lead.want.Load()
	return picture == nil || picture.src != t.src || f.lead.live.Load() == picture
}

// choose makes t the wanted track, and asks for a keyframe while it is not
// live. A nil t leaves things as they are.
func (f *feed) choose(t *track, now int64) {
	if t == nil {
		return
	}
	f.want.Store(t)
	if f.video && f.live.Load() != t {
		t.requestKey(now, keyAgain)
	}
}

// requestKey asks the live camera for a keyframe on behalf of viewers.
func (f *feed) requestKey() {
	if t := f.live.Load(); t != nil && f.video {
		t.requestKey(f.relay.now(), keyShared)
	}
}

// rtpAt is the feed's timestamp at server time now (ns), for sender reports.
func (f *feed) rtpAt(now int64) (uint32, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.live.Load()
	if t == nil {
		return 0, false
	}
	t.src.mu.Lock()
	ts, ok := t.clock.TS(now), t.clock.Ready()
	t.src.mu.Unlock()
	return f.line.TS(ts), ok
}

// join adds a leg; its worker starts it at once.
func (f *feed) join(l *leg) {
	f.legMu.Lock()
	defer f.legMu.Unlock()
	at := &f.legs[l.worker]
	var legs []*leg
	if old := at.Load(); old != nil {
		legs = append(legs, *old...)
	}
	legs = append(legs, l)
	at.Store(&legs)
	f.relay.workers[l.worker].give(job{f, 0})
}

// leave removes a leg.
func (f *feed) leave(l *leg) {
	f.legMu.Lock()
	defer f.legMu.Unlock()
	at := &f.legs[l.worker]
	old := at.Load()
	if old == nil {
		return
	}
	legs := make([]*leg, 0, len(*old))
	for _, other := range *old {
		if other != l {
			legs = append(legs, other)
		}
	}
	at.Store(&legs)
}
