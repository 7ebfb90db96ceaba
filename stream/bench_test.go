package stream

import (
	"context"
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
func deafViewer(tb testing.TB, r *Relay) *viewer {
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
func joinDeaf(tb testing.TB, r *Relay, api *webrtc.API, deafen func()) *viewer {
	tb.Helper()
	w := &watcher{client: newClient(tb, api)}
	w.listen(tb, webrtc.RTPCodecTypeVideo)
	res, err := r.Play(context.Background(), "final", "", "", w.offer(tb))
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

// fan is a feed of its own with n legs, all written through one real
// connection: SRTP, ICE and socket cost what they cost for n viewers.
type fan struct {
	track  *track
	feed   *feed
	worker *worker
	head   rtp.Header
	body   []byte
	now    int64
}

func newFan(tb testing.TB, n int) *fan {
	tb.Helper()
	r := newRelay(tb, Config{})
	r.AddCamera("final", "a", "主舞台")
	return newFanOf(tb, r, deafViewer(tb, r), n)
}

func newFanOf(tb testing.TB, r *Relay, v *viewer, n int) *fan {
	tb.Helper()
	c := newChannel(r)
	f := &fan{
		track: newSource(&r.count, c).video, feed: c.video, body: make([]byte, payloadSize),
		worker: &worker{relay: r, jobs: make(chan job, queued)}, now: r.now(),
	}
	f.body[0] = 0x10 // start of a VP8 keyframe
	f.feed.want.Store(f.track)
	legs := make([]*leg, n)
	for i := range legs {
		legs[i] = &leg{feed: f.feed, viewer: v}
		legs[i].bound.Store(v.legs[0].bound.Load())
	}
	f.feed.legs[0].Store(&legs)
	f.feed.relay = &Relay{cfg: r.cfg, workers: []*worker{f.worker}, stop: r.stop, poke: r.poke}
	f.feed.legs = f.feed.legs[:1]
	return f
}

// one sends one packet from the camera's reader to every viewer.
func (f *fan) one() {
	f.head.SequenceNumber++
	f.head.Timestamp += 900
	f.now += int64(10 * time.Millisecond)
	f.track.push(&f.head, f.body, vp8, f.now)
	f.body[0] = 0x00
	f.worker.handle(<-f.worker.jobs)
}

// TestFanOutAllocatesNothing holds the media path to no allocation of ours.
// Sender reports, one a second and viewer, are not on it.
func TestFanOutAllocatesNothing(t *testing.T) {
	const viewers = 50
	f := newFan(t, viewers)
	silent := &binding{w: nowhere{}, ssrc: 1}
	silent.pt[vp8] = 100
	for _, l := range *f.feed.legs[0].Load() {
		l.bound.Store(silent)
		l.reports = 1 << 62
	}
	for range 2 * videoRing { // warm the ring
		f.one()
	}
	if n := testing.AllocsPerRun(1000, f.one); n != 0 {
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
	f := newFan(b, viewers)
	for range 2 * videoRing {
		f.one()
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		f.one()
	}
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
