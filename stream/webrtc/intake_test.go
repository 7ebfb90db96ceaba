package webrtc

import (
	"hecai/stream/codec"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
)

func TestNTPTimes(t *testing.T) {
	for _, ns := range []int64{0, 1, 999999999, 1724630400123456789} {
		if got := unixOf(ntpOf(ns)); got < ns-2 || got > ns {
			t.Errorf("unixOf(ntpOf(%d)) = %d", ns, got)
		}
	}
}

func TestCodecOf(t *testing.T) {
	for _, tt := range []struct {
		mime, fmtp string
		want       codec.Codec
	}{
		{"video/VP8", "", codec.VP8}, {"audio/opus", "", codec.Opus}, {"video/AV1", "", codec.None},
		{"video/H264", "packetization-mode=1;profile-level-id=42e01f", codec.H264Base},
		{"video/h264", "profile-level-id=4d001f", codec.H264Main},
		{"video/H264", "profile-level-id=64001F", codec.H264High},
		{"video/H264", "profile-level-id=640c1f", codec.H264High},
		{"video/H264", "", codec.H264Base}, {"video/H264", "profile-level-id=zz", codec.H264Base},
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
	r := newRelay(t, rigConfig{VP8: true})
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

	h := newHallOf(t, r, v, 1)
	slowest := time.Duration(0)
	for range 20000 { // 22 MB, far over all buffers
		begun := time.Now()
		h.one()
		slowest = max(slowest, time.Since(begun))
	}
	if slowest > 15*time.Second { // one that waits does so until the connection ends
		t.Errorf("a packet to a stuck viewer took %v", slowest)
	}
}
