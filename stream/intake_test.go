package stream

import (
	"encoding/binary"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"hecai/stream/rtpbuf"
)

// bareFeed is a relay without network around one channel.
func bareChannel(tb testing.TB) (*Relay, *channel) {
	tb.Helper()
	r := &Relay{cfg: Config{Now: time.Now}, poke: make(chan struct{}, 1)}
	return r, newChannel(r)
}

// FuzzCameraPacket throws any bytes at a camera's track: nothing panics, and
// what leaves is numbered without repeat.
func FuzzCameraPacket(f *testing.F) {
	f.Add([]byte{0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0x90, 0xc0, 0x81, 2, 3, 0}, byte(vp8))
	f.Add([]byte{0x80, 96, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0x78, 0, 4, 0x67, 0x42, 0xe0, 0x1f}, byte(h264Base))
	f.Fuzz(func(t *testing.T, b []byte, kind byte) {
		r, c := bareChannel(t)
		src := newSource(&r.count, c)
		c.video.want.Store(src.video)
		var h rtp.Header
		for n := 0; len(b) > 14; n++ { // several packets in one input
			size := min(int(binary.BigEndian.Uint16(b))%64+12, len(b))
			if head, err := h.Unmarshal(b[:size]); err == nil {
				src.video.push(&h, b[head:size], vp8+codec(kind)%4, int64(n)*1e7)
			}
			b = b[size:]
		}
		var p rtpbuf.Packet
		for seq := c.video.ring.Next() - 1; c.video.ring.Get(seq, &p); seq-- {
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
		src.video.push(&rtp.Header{SequenceNumber: uint16(i), Timestamp: uint32(1000 + i*1800)}, []byte{0x10, 0}, vp8, at+40*ms)
		src.audio.push(&rtp.Header{SequenceNumber: uint16(i), Timestamp: uint32(77 + i*960)}, []byte{1, 2}, opus, at+340*ms)
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
}

func TestNTPTimes(t *testing.T) {
	for _, ns := range []int64{0, 1, 999999999, 1724630400123456789} {
		if got := unixOf(ntpOf(ns)); got < ns-2 || got > ns {
			t.Errorf("unixOf(ntpOf(%d)) = %d", ns, got)
		}
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
		{"profile High", WarnProfile, func(s *source) { s.video.codec.Store(uint32(h264High)) }},
		{"no sound", WarnNoSound, func(s *source) { s.audio.seen.Store(0) }},
		{"sound only", WarnFrozen, func(s *source) { s.video.seen.Store(0) }},
	} {
		s := newSource(&r.count, c)
		s.video.seen.Store(now - 1e8)
		s.audio.seen.Store(now - 1e8)
		s.video.codec.Store(uint32(vp8))
		tt.set(s)
		if got := s.warning(now, 10e9); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestCodecOf(t *testing.T) {
	for _, tt := range []struct {
		mime, fmtp string
		want       codec
	}{
		{"video/VP8", "", vp8}, {"audio/opus", "", opus}, {"video/AV1", "", noCodec},
		{"video/H264", "packetization-mode=1;profile-level-id=42e01f", h264Base},
		{"video/h264", "profile-level-id=4d001f", h264Main},
		{"video/H264", "profile-level-id=64001F", h264High},
		{"video/H264", "profile-level-id=640c1f", h264High},
		{"video/H264", "", h264Base}, {"video/H264", "profile-level-id=zz", h264Base},
	} {
		if got := codecOf(webrtc.RTPCodecCapability{MimeType: tt.mime, SDPFmtpLine: tt.fmtp}); got != tt.want {
			t.Errorf("codecOf(%s, %s) = %d, want %d", tt.mime, tt.fmtp, got, tt.want)
		}
	}
}

// deafDialer connects over TCP and stops reading on demand.
type deafDialer struct {
	deaf   atomic.Bool
	closed chan struct{}
}

func (d *deafDialer) Dial(network, addr string) (net.Conn, error) {
	c, err := net.Dial(network, addr)
	return &deafTCP{Conn: c, dialer: d}, err
}

type deafTCP struct {
	net.Conn
	dialer *deafDialer
}

func (c *deafTCP) Read(b []byte) (int, error) {
	if c.dialer.deaf.Load() {
		<-c.dialer.closed
		return 0, net.ErrClosed
	}
	return c.Conn.Read(b)
}

// TestAStuckViewerHoldsUpNobody fills the TCP connection of a viewer that has
// stopped reading: its packets are lost, and the worker goes on.
func TestAStuckViewerHoldsUpNobody(t *testing.T) {
	r := newRelay(t, Config{})
	r.AddCamera("final", "a", "主舞台")
	d := &deafDialer{closed: make(chan struct{})}
	media := &webrtc.MediaEngine{}
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: capVP8(), PayloadType: 100}, webrtc.RTPCodecTypeVideo); err != nil {
		t.Fatal(err)
	}
	var e webrtc.SettingEngine
	e.SetIncludeLoopbackCandidate(true)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	e.SetICEProxyDialer(d)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(e), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	v := joinDeaf(t, r, api, func() { d.deaf.Store(true) })
	t.Cleanup(func() { close(d.closed) })

	f := newFanOf(t, r, v, 1)
	begun := time.Now()
	for range 20000 { // 22 MB, far over all buffers
		f.one()
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("20,000 packets to a stuck viewer took %v", took)
	}
}
