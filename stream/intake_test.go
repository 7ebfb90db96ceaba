package stream

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtp"

	"hecai/stream/codec"
	"hecai/stream/rtpbuf"
)

// bareChannel is a relay that doesn't run around one channel.
func bareChannel(tb testing.TB) (*Relay, *Channel) {
	tb.Helper()
	r := &Relay{cfg: Config{Now: time.Now}, poke: make(chan struct{}, 1)}
	return r, newChannel(r, codec.VP8)
}

// FuzzCameraPacket throws any bytes at a camera's track: nothing panics, and
// what leaves is numbered without repeat.
func FuzzCameraPacket(f *testing.F) {
	f.Add([]byte{0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0x90, 0xc0, 0x81, 2, 3, 0}, byte(codec.VP8))
	f.Add([]byte{0x80, 96, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0x78, 0, 4, 0x67, 0x42, 0xe0, 0x1f}, byte(codec.H264Base))
	f.Fuzz(func(t *testing.T, b []byte, kind byte) {
		r, c := bareChannel(t)
		src := newSource(&r.count, c)
		c.Video.want.Store(src.video)
		var h rtp.Header
		for n := 0; len(b) > 14; n++ { // several packets in one input
			size := min(int(binary.BigEndian.Uint16(b))%64+12, len(b))
			if head, err := h.Unmarshal(b[:size]); err == nil {
				src.video.push(&h, b[head:size], codec.VP8+codec.Codec(kind)%4, int64(n)*1e7)
			}
			b = b[size:]
		}
		var p rtpbuf.Packet
		for seq := c.Video.ring.Next() - 1; c.Video.ring.Get(seq, &p); seq-- {
			if p.Seq != seq {
				t.Fatalf("packet %d under number %d", p.Seq, seq)
			}
		}
	})
}

// TestLipsStayInStep gives a camera whose sound takes 300 ms longer to arrive
// than its picture. The sender reports must undo that.
func TestLipsStayInStep(t *testing.T) {
	r, c := bareChannel(t)
	src := newSource(&r.count, c)
	const start, ms = int64(1e18), int64(1e6)
	for i := range 100 {
		at := start + int64(i)*20*ms
		src.video.push(&rtp.Header{SequenceNumber: uint16(i), Timestamp: uint32(1000 + i*1800)}, []byte{0x10, 0}, codec.VP8, at+40*ms)
		src.audio.push(&rtp.Header{SequenceNumber: uint16(i), Timestamp: uint32(77 + i*960)}, []byte{1, 2}, codec.Opus, at+340*ms)
	}
	apart := func() int64 { return (src.audio.clock.At(77+50*960) - src.video.clock.At(1000+50*1800)) / ms }
	if got := apart(); got < 295 || got > 305 {
		t.Fatalf("before the reports sound is %d ms late, want about 300", got)
	}
	const theirs = int64(5e17) // the camera's own idea of the time
	src.reported(true, theirs, 1000+60*1800)
	src.reported(false, theirs+200*ms, 77+70*960)
	if got := apart(); got < -1 || got > 1 {
		t.Errorf("after the reports sound is %d ms apart, want 0", got)
	}

	// What goes out after that says so.
	c.Video.choose(src.video, 0)
	c.Audio.choose(src.audio, 0)
	src.video.push(&rtp.Header{SequenceNumber: 100, Timestamp: 1000 + 100*1800}, []byte{0x10, 0}, codec.VP8, start+2040*ms)
	src.audio.push(&rtp.Header{SequenceNumber: 100, Timestamp: 77 + 100*960}, []byte{1, 2}, codec.Opus, start+2340*ms)
	var v, a rtpbuf.Packet
	if !c.Video.ring.Get(c.Video.ring.Next()-1, &v) || !c.Audio.ring.Get(c.Audio.ring.Next()-1, &a) {
		t.Fatal("nothing goes out")
	}
	if d := (a.Captured - v.Captured) / ms; d < -1 || d > 1 {
		t.Errorf("sound is said to be taken %d ms after its picture, want 0", d)
	}
}

func TestWarnings(t *testing.T) {
	r, c := bareChannel(t)
	const now = int64(1e18)
	for _, tt := range []struct {
		name string
		want string
		set  func(s *source)
	}{
		{"all well", "", func(*source) {}},
		{"B-frames are the worst", WarnBFrames, func(s *source) { s.video.bSlices.Store(9); s.video.keyEvery.Store(9e9) }},
		{"keyframes ten seconds apart", WarnKeyframe, func(s *source) { s.video.keyEvery.Store(10e9) }},
		{"profile High", WarnProfile, func(s *source) { s.video.codec.Store(uint32(codec.H264High)) }},
		{"no sound", WarnNoSound, func(s *source) { s.audio.seen.Store(0) }},
		{"sound only", WarnFrozen, func(s *source) { s.video.seen.Store(0) }},
	} {
		s := newSource(&r.count, c)
		s.video.seen.Store(now - 1e8)
		s.audio.seen.Store(now - 1e8)
		s.video.codec.Store(uint32(codec.VP8))
		tt.set(s)
		if got := s.warning(now, 10e9); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
