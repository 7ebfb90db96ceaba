package webrtc

import (
	"context"
	"hecai/stream"
	"hecai/stream/codec"
	"hecai/stream/rtpbuf"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// payloadSize is a usual RTP payload of a picture.
const payloadSize = 1100

// deafConn is a socket that stops reading on demand, so that a benchmark pays
// for sending alone.
type deafConn struct {
	net.PacketConn
	deaf   atomic.Bool
	closed chan struct{}
	once   sync.Once
}

func (c *deafConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, a, err := c.PacketConn.ReadFrom(b)
	if c.deaf.Load() {
		<-c.closed
		return 0, nil, net.ErrClosed
	}
	return n, a, err
}

func (c *deafConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.PacketConn.Close()
}

// deafViewer connects one real viewer and stops its ears.
func deafViewer(tb testing.TB, r *rig) *viewer {
	tb.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		tb.Fatal(err)
	}
	deaf := &deafConn{PacketConn: conn, closed: make(chan struct{})}
	mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: deaf})
	tb.Cleanup(func() { _ = mux.Close() })
	media := &webrtc.MediaEngine{}
	for _, c := range []webrtc.RTPCodecParameters{
		{RTPCodecCapability: capVP8(), PayloadType: 100}, {RTPCodecCapability: capOpus(), PayloadType: 102},
	} {
		kind := webrtc.RTPCodecTypeVideo
		if c.MimeType == webrtc.MimeTypeOpus {
			kind = webrtc.RTPCodecTypeAudio
		}
		if err := media.RegisterCodec(c, kind); err != nil {
			tb.Fatal(err)
		}
	}
	var e webrtc.SettingEngine
	e.SetICEUDPMux(mux)
	e.SetIncludeLoopbackCandidate(true)
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(e),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	return joinDeaf(tb, r, api, func() { deaf.deaf.Store(true) })
}

// joinDeaf connects a viewer, waits for pictures, and calls deafen.
func joinDeaf(tb testing.TB, r *rig, api *webrtc.API, deafen func()) *viewer {
	tb.Helper()
	w := &watcher{client: newClient(tb, api)}
	w.listen(tb, webrtc.RTPCodecTypeVideo)
	res, err := r.Play(context.Background(), "final", "", Guest{}, w.offer(tb))
	if err != nil {
		tb.Fatal(err)
	}
	w.accept(tb, res.AnswerSDP)
	until(tb, "slate", 5*time.Second, func() bool { return w.video.count() > 5 })
	deafen()
	p, err := r.peer(res.ID)
	if err != nil {
		tb.Fatal(err)
	}
	return p.viewer
}

// hall is a camera and n legs on its channel, all written through one real
// connection: SRTP, ICE and socket cost what they cost for n viewers.
type hall struct {
	layer  *stream.Layer
	legs   []*leg
	head   rtp.Header
	body   []byte
	pushed int64
	sent   atomic.Int64  // by the fan
	done   chan struct{} // one more is sent
	late   *time.Timer   // that none has been for a while
}

func newHall(tb testing.TB, n int) *hall {
	tb.Helper()
	r := newRelay(tb, rigConfig{VP8: true})
	r.AddCamera("final", "a", "主舞台")
	return newHallOf(tb, r, deafViewer(tb, r), n)
}

func newHallOf(tb testing.TB, r *rig, v *viewer, n int) *hall {
	tb.Helper()
	r.AddCamera("final", "b", "特写") // not on air: the real viewer has nothing of it
	inlet, err := r.Open("final", "b", stream.Holder{}, func() {})
	if err == nil {
		err = inlet.Take()
	}
	if err != nil {
		tb.Fatal(err)
	}
	h := &hall{layer: inlet.Layer(true, 1, func() {}), body: make([]byte, payloadSize), done: make(chan struct{}, 1),
		late: time.NewTimer(time.Hour)}
	tb.Cleanup(func() { h.late.Stop() })
	h.body[0] = 0x10 // start of a VP8 keyframe
	c, err := r.Channel("final", "b")
	if err != nil {
		tb.Fatal(err)
	}
	f := &fan{server: r.Server}
	f.audio.Store(&[]*leg{})
	for range n {
		l := &leg{feed: c.Video, viewer: v}
		l.bound.Store(v.legs[0].bound.Load())
		h.legs = append(h.legs, l)
	}
	f.video.Store(&h.legs)
	seen := &counted{fan: f, of: h}
	tb.Cleanup(c.Follow(seen))
	until(tb, "the camera live on its channel", 30*time.Second, func() bool {
		h.head.SequenceNumber++
		h.head.Timestamp += 900
		h.layer.Push(&h.head, h.body, codec.VP8)
		return h.sent.Load() > 0
	})
	h.body[0] = 0
	for before := int64(-1); before != h.sent.Load(); time.Sleep(100 * time.Millisecond) { // what was pushed before is sent
		before = h.sent.Load()
	}
	h.sent.Store(0)
	return h
}

// counted is a fan that says when it has sent a packet of the hall's camera.
type counted struct {
	*fan
	of *hall
}

func (c *counted) Packet(p *rtpbuf.Packet) {
	c.fan.Packet(p)
	if len(p.Payload) == payloadSize {
		c.of.sent.Add(1)
		select {
		case c.of.done <- struct{}{}:
		default:
		}
	}
}

// one sends one packet from the camera's reader to every viewer, a few packets
// behind, as in life.
func (h *hall) one() {
	h.push()
	h.behind(32)
}

func (h *hall) push() {
	h.head.SequenceNumber++
	h.head.Timestamp += 900
	h.layer.Push(&h.head, h.body, codec.VP8)
	h.pushed++
}

// behind waits until at most n packets are not sent yet. On a machine that stood
// still the relay may have given the camera up, and with it what was pushed: it then
// comes back with a keyframe, as cameras do.
func (h *hall) behind(n int64) {
	for h.pushed-h.sent.Load() > n {
		h.late.Reset(2 * time.Second)
		select {
		case <-h.done:
		case <-h.late.C:
			h.pushed = h.sent.Load()
			h.body[0] = 0x10
			h.push()
			h.body[0] = 0
		}
	}
}

// TestFanOutAllocatesNothing holds the media path to no allocation of ours.
// Sender reports, one a second and viewer, are not on it.
func TestFanOutAllocatesNothing(t *testing.T) {
	const viewers = 50
	h := newHall(t, viewers)
	silent := &binding{w: nowhere{}, ssrc: 1}
	silent.pt[codec.VP8] = 100
	for _, l := range h.legs {
		l.bound.Store(silent)
		l.reports = 1 << 62
	}
	for range 2500 { // warm the ring and the queue
		h.one()
	}
	if n := testing.AllocsPerRun(2000, h.one); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
}

// nowhere is a writer that takes everything.
type nowhere struct{}

func (nowhere) WriteRTP(*rtp.Header, []byte) (int, error) { return 0, nil }
func (nowhere) Write([]byte) (int, error)                 { return 0, nil }

// BenchmarkFanOut sends packets to 50 viewers through all of the relay and
// pion, and compares with a loop that writes the same bytes to a bare socket.
// x_floor is how many times the floor it takes.
func BenchmarkFanOut(b *testing.B) {
	const viewers = 50
	h := newHall(b, viewers)
	for range 2500 {
		h.one()
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		h.one()
	}
	h.behind(0)
	per := float64(b.Elapsed().Nanoseconds()) / float64(b.N*viewers)
	b.StopTimer()
	b.ReportMetric(per, "ns/viewer")
	b.ReportMetric(per/floor(b), "x_floor")
}

// floor is the time to send one packet of the same size on a bare socket, ns.
func floor(tb testing.TB) float64 {
	tb.Helper()
	sink, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = sink.Close() }()
	from, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	to := sink.LocalAddr().(*net.UDPAddr).AddrPort()
	body := make([]byte, payloadSize+12+16)
	const n = 100000
	start := time.Now()
	for range n {
		if _, err := from.WriteToUDPAddrPort(body, to); err != nil {
			tb.Fatal(err)
		}
	}
	return float64(time.Since(start).Nanoseconds()) / n
}
