package stream

import (
	"crypto/rand"
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/pion/rtp"

	"hecai/stream/codec"
	"hecai/stream/rtpbuf"
	"hecai/stream/timeline"
)

// Ring sizes, packets: about 4 s of a good picture, and 5 s of sound.
const (
	videoRing = 1024
	audioRing = 256
)

// Feed is one outgoing stream, the same for all its sinks. One track is live
// on it; another may be wanted, and takes over at its next keyframe.
type Feed struct {
	relay   *Relay
	channel *Channel
	video   bool
	ring    *rtpbuf.Ring

	live atomic.Pointer[track] // changed under mu
	want atomic.Pointer[track]

	mu       sync.Mutex // guards line, pictures, shot and scratch
	line     *timeline.Line
	pictures timeline.Pictures
	shot     uint32
	scratch  []byte
}

func newFeed(c *Channel, video bool) *Feed {
	rate, size := uint32(48000), audioRing
	if video {
		rate, size = 90000, videoRing
	}
	var start [6]byte
	_, _ = rand.Read(start[:]) // never fails (crypto/rand)
	return &Feed{
		relay: c.relay, channel: c, video: video, ring: rtpbuf.New(size),
		line: timeline.NewLine(rate, binary.BigEndian.Uint16(start[:])&0x7fff, binary.BigEndian.Uint32(start[2:]), c.relay.now()),
	}
}

// write offers a packet of t, captured at time at (ns).
func (f *Feed) write(t *track, h *rtp.Header, payload []byte, c codec.Codec, key bool, at int64) {
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
		f.shot++
		f.relay.nudge()
	}
	seq, ts, ok := f.line.Map(h.SequenceNumber, h.Timestamp, at)
	if !ok {
		f.mu.Unlock()
		return
	}
	if c == codec.VP8 {
		f.scratch = append(f.scratch[:0], payload...)
		f.pictures.Rewrite(f.scratch)
		payload = f.scratch
	}
	p := rtpbuf.Packet{
		Seq: seq, TS: ts, Captured: at, Shot: f.shot, Video: f.video,
		Marker: h.Marker, Key: key, Codec: uint8(c), Payload: payload,
	}
	f.ring.Put(p)
	f.channel.put(&p)
	f.mu.Unlock()
}

// mayCut decides whether the wanted track may take over with this packet.
// Pictures cut on a keyframe. Sound goes with its picture, unless what is heard
// now is the slate's silence or has stopped.
func (f *Feed) mayCut(t *track, key bool, at int64) bool {
	if f.video {
		return key
	}
	old := f.live.Load()
	if old == nil || old.src.slate || !old.alive(at) {
		return true
	}
	picture := f.channel.Video.want.Load()
	return picture == nil || picture.src != t.src || f.channel.Video.live.Load() == picture
}

// choose makes t the wanted track, and asks for a keyframe while it is not
// live. A nil t leaves things as they are.
func (f *Feed) choose(t *track, now int64) {
	if t == nil {
		return
	}
	f.want.Store(t)
	if f.video && f.live.Load() != t {
		t.requestKey(now, keyAgain)
	}
}

// Video reports whether it is pictures.
func (f *Feed) Video() bool { return f.video }

// Ring holds the newest packets, for sinks that begin in the past or repair.
func (f *Feed) Ring() *rtpbuf.Ring { return f.ring }

// RequestKey asks the live camera for a keyframe on behalf of sinks, of all
// together at most once a second.
func (f *Feed) RequestKey() {
	if t := f.live.Load(); t != nil && f.video {
		t.requestKey(f.relay.now(), keyShared)
	}
}

// RTPAt is the feed's timestamp at server time now (ns), for sender reports.
func (f *Feed) RTPAt(now int64) (uint32, bool) {
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
