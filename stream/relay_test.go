package stream

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"hecai/fault"
	"hecai/stream/clip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newRelay starts a relay on loopback that the test ends.
func newRelay(tb testing.TB, cfg Config) *Relay {
	tb.Helper()
	if cfg.Media == "" {
		cfg.Media = "127.0.0.1:0"
	}
	r, err := New(cfg)
	if err != nil {
		tb.Fatalf("New: %v", err)
	}
	tb.Cleanup(func() { _ = r.Close() })
	return r
}

// client is a pion peer of the relay's.
type client struct {
	pc   *webrtc.PeerConnection
	up   chan struct{}
	once sync.Once
}

// clientAPI is stock pion with the codecs given, and full interceptors.
func clientAPI(tb testing.TB, tcpOnly bool, codecs ...webrtc.RTPCodecCapability) *webrtc.API {
	tb.Helper()
	media, registry := &webrtc.MediaEngine{}, &interceptor.Registry{}
	for i, c := range codecs {
		kind := webrtc.RTPCodecTypeVideo
		if c.MimeType == webrtc.MimeTypeOpus {
			kind = webrtc.RTPCodecTypeAudio
		}
		err := media.RegisterCodec(webrtc.RTPCodecParameters{
			RTPCodecCapability: c, PayloadType: webrtc.PayloadType(100 + 2*i)}, kind)
		if err == nil && kind == webrtc.RTPCodecTypeVideo {
			err = media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=" + string(rune('1')) + "0" + string(rune('0'+2*i))},
				PayloadType: webrtc.PayloadType(101 + 2*i)}, kind)
		}
		if err != nil {
			tb.Fatalf("register %s: %v", c.MimeType, err)
		}
	}
	if err := webrtc.RegisterDefaultInterceptors(media, registry); err != nil {
		tb.Fatal(err)
	}
	var e webrtc.SettingEngine
	e.SetIncludeLoopbackCandidate(true)
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	if tcpOnly {
		e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(e))
}

func capVP8() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
}

func capH264() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264, ClockRate: 90000,
		SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"}
}

func capOpus() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
}

func newClient(tb testing.TB, api *webrtc.API) *client {
	tb.Helper()
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		tb.Fatal(err)
	}
	c := &client{pc: pc, up: make(chan struct{})}
	tb.Cleanup(func() { _ = pc.GracefulClose() })
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			c.once.Do(func() { close(c.up) })
		}
	})
	return c
}

// offer gathers everything, as OBS does.
func (c *client) offer(tb testing.TB) string {
	tb.Helper()
	o, err := c.pc.CreateOffer(nil)
	if err != nil {
		tb.Fatal(err)
	}
	done := webrtc.GatheringCompletePromise(c.pc)
	if err := c.pc.SetLocalDescription(o); err != nil {
		tb.Fatal(err)
	}
	<-done
	return c.pc.LocalDescription().SDP
}

func (c *client) accept(tb testing.TB, answer string) {
	tb.Helper()
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		tb.Fatal(err)
	}
	select {
	case <-c.up:
	case <-time.After(5 * time.Second):
		tb.Fatal("no connection after 5 s")
	}
}

// sender publishes a clip's pictures and sound over a real connection.
type sender struct {
	*client
	res   *Resource
	mute  atomic.Bool // send nothing
	stop  chan struct{}
	ended sync.WaitGroup
}

func (s *sender) end() {
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
	s.ended.Wait()
	_ = s.pc.GracefulClose()
}

// publish connects a camera that plays the clip ten times as fast as life,
// with a keyframe every tenth picture.
func publish(tb testing.TB, r *Relay, session, camera, owner string, name clip.Name) *sender {
	tb.Helper()
	loop, err := clip.Load(name)
	if err != nil {
		tb.Fatal(err)
	}
	video := capVP8()
	if loop.H264 {
		video = capH264()
	}
	s := &sender{client: newClient(tb, clientAPI(tb, false, video, capOpus())), stop: make(chan struct{})}
	v, _ := webrtc.NewTrackLocalStaticRTP(video, "video", "cam")
	a, _ := webrtc.NewTrackLocalStaticRTP(capOpus(), "audio", "cam")
	for _, t := range []webrtc.TrackLocal{v, a} {
		if _, err := s.pc.AddTransceiverFromTrack(t, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
			tb.Fatal(err)
		}
	}
	if s.res, err = r.Publish(context.Background(), session, camera, owner, s.offer(tb)); err != nil {
		tb.Fatalf("Publish: %v", err)
	}
	s.accept(tb, s.res.AnswerSDP)
	s.ended.Add(1)
	go s.play(loop, v, a)
	tb.Cleanup(s.end)
	return s
}

// play sends a picture and a sound every 20 ms.
func (s *sender) play(loop *clip.Clip, v, a *webrtc.TrackLocalStaticRTP) {
	defer s.ended.Done()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	vp, ap := &rtp.Packet{}, &rtp.Packet{}
	vp.Version, ap.Version = 2, 2
	vp.SequenceNumber, ap.SequenceNumber = 65500, 65500 // wraps at once
	for n := 0; ; n++ {
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
		vp.Timestamp += 1800
		ap.Timestamp += 960
		if s.mute.Load() {
			continue
		}
		f := loop.Video[n%10]
		for i, payload := range f.Payloads {
			vp.SequenceNumber++
			vp.Marker, vp.Payload = i == len(f.Payloads)-1, payload
			_ = v.WriteRTP(vp)
		}
		ap.SequenceNumber++
		ap.Payload = loop.Audio[n%len(loop.Audio)].Payloads[0]
		_ = a.WriteRTP(ap)
	}
}

// got is what a viewer received on one track.
type got struct {
	mu      sync.Mutex
	packets []rtp.Header
	codecs  []string // in order of change
}

func (g *got) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.packets)
}

func (g *got) last() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.codecs) == 0 {
		return ""
	}
	return g.codecs[len(g.codecs)-1]
}

// unbroken checks that sequence numbers follow on without gap or repeat, and
// that timestamps never go back.
func (g *got) unbroken(tb testing.TB, name string) {
	tb.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := 1; i < len(g.packets); i++ {
		a, b := g.packets[i-1], g.packets[i]
		if b.SequenceNumber != a.SequenceNumber+1 {
			tb.Errorf("%s: packet %d has number %d after %d", name, i, b.SequenceNumber, a.SequenceNumber)
		}
		if int32(b.Timestamp-a.Timestamp) < 0 {
			tb.Errorf("%s: packet %d has timestamp %d after %d", name, i, b.Timestamp, a.Timestamp)
		}
		if a.SSRC != b.SSRC {
			tb.Errorf("%s: SSRC changed", name)
		}
	}
}

// watcher is a viewer.
type watcher struct {
	*client
	res          *Resource
	video, audio got
}

func watch(tb testing.TB, r *Relay, session, camera string, tcpOnly bool, codecs ...webrtc.RTPCodecCapability) *watcher {
	tb.Helper()
	w := &watcher{client: newClient(tb, clientAPI(tb, tcpOnly, codecs...))}
	w.listen(tb, webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio)
	var err error
	if w.res, err = r.Play(context.Background(), session, camera, "", w.offer(tb)); err != nil {
		tb.Fatalf("Play: %v", err)
	}
	w.accept(tb, w.res.AnswerSDP)
	return w
}

// listen asks for the kinds given and notes what arrives.
func (w *watcher) listen(tb testing.TB, kinds ...webrtc.RTPCodecType) {
	tb.Helper()
	for _, kind := range kinds {
		if _, err := w.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			tb.Fatal(err)
		}
	}
	w.pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		g := &w.audio
		if t.Kind() == webrtc.RTPCodecTypeVideo {
			g = &w.video
		}
		for {
			p, _, err := t.ReadRTP()
			if err != nil {
				return
			}
			name := t.Codec().MimeType
			g.mu.Lock()
			g.packets = append(g.packets, p.Header)
			if len(g.codecs) == 0 || g.codecs[len(g.codecs)-1] != name {
				g.codecs = append(g.codecs, name)
			}
			g.mu.Unlock()
		}
	})
}

// until waits for a condition.
func until(tb testing.TB, what string, limit time.Duration, ok func() bool) {
	tb.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("%s: not after %v", what, limit)
		}
	}
}

func TestProgrammeCutsBetweenCodecsWithoutRenegotiation(t *testing.T) {
	r := newRelay(t, Config{})
	r.AddCamera("final", "a", "主舞台")
	r.AddCamera("final", "b", "特写")
	publish(t, r, "final", "a", "one", clip.Stage)
	publish(t, r, "final", "b", "two", clip.SlateH264)
	until(t, "camera a on air", 3*time.Second, func() bool { return r.Programme("final").State == "live" })

	w := watch(t, r, "final", "", false, capVP8(), capH264(), capOpus())
	until(t, "VP8 arrives", 3*time.Second, func() bool { return w.video.count() > 20 && w.audio.count() > 20 })
	if got := w.video.last(); got != webrtc.MimeTypeVP8 {
		t.Fatalf("codec = %q, want VP8", got)
	}
	for i, want := range []struct{ camera, codec string }{
		{"b", webrtc.MimeTypeH264}, {"a", webrtc.MimeTypeVP8}, {"b", webrtc.MimeTypeH264},
	} {
		if err := r.Switch("final", want.camera); err != nil {
			t.Fatalf("Switch: %v", err)
		}
		until(t, "cut "+want.camera, 2*time.Second, func() bool { return w.video.last() == want.codec })
		if got := r.Programme("final").Camera; got != want.camera {
			t.Errorf("cut %d: programme is %q, want %q", i, got, want.camera)
		}
	}
	n := w.video.count()
	until(t, "more pictures", 2*time.Second, func() bool { return w.video.count() > n+20 })
	w.video.unbroken(t, "video")
	w.audio.unbroken(t, "audio")
	if w.pc.SignalingState() != webrtc.SignalingStateStable {
		t.Errorf("signalling state is %v", w.pc.SignalingState())
	}
}

func TestLostCameraShowsSlateAndComesBack(t *testing.T) {
	var changes atomic.Int32
	r := newRelay(t, Config{OnChange: func(string) { changes.Add(1) }})
	r.AddCamera("final", "a", "主舞台")
	s := publish(t, r, "final", "a", "one", clip.SlateH264)
	until(t, "live", 3*time.Second, func() bool { return r.Programme("final").State == "live" })
	w := watch(t, r, "final", "", false, capVP8(), capH264(), capOpus())
	until(t, "pictures", 3*time.Second, func() bool { return w.video.count() > 10 })

	s.mute.Store(true)
	until(t, "slate", 3*time.Second, func() bool {
		return r.Programme("final").State == "slate" && r.Cameras("final")[0].State == "lost"
	})
	n, m := w.video.count(), w.audio.count()
	until(t, "slate moves", 2*time.Second, func() bool { return w.video.count() > n+2 && w.audio.count() > m+20 })

	s.mute.Store(false)
	until(t, "back", 3*time.Second, func() bool { return r.Programme("final").State == "live" })
	n = w.video.count()
	until(t, "pictures again", 2*time.Second, func() bool { return w.video.count() > n+20 })
	w.video.unbroken(t, "video")
	w.audio.unbroken(t, "audio")

	// A connection that dies holds the slot for its owner alone.
	s.end()
	until(t, "slate", 15*time.Second, func() bool { return r.Programme("final").State == "slate" })
	other := newClient(t, clientAPI(t, false, capVP8(), capOpus()))
	addSendonly(t, other)
	_, err := r.Publish(context.Background(), "final", "a", "two", other.offer(t))
	if !errors.Is(err, &fault.Error{Code: "stream.slot_taken"}) {
		t.Errorf("another publisher got %v, want stream.slot_taken", err)
	}
	publish(t, r, "final", "a", "one", clip.SlateH264)
	until(t, "owner is back", 3*time.Second, func() bool { return r.Programme("final").State == "live" })
	n = w.video.count()
	until(t, "pictures after reconnection", 2*time.Second, func() bool { return w.video.count() > n+20 })
	w.video.unbroken(t, "video")
	w.audio.unbroken(t, "audio")
	if changes.Load() < 4 {
		t.Errorf("OnChange was called %d times", changes.Load())
	}
}

func addSendonly(tb testing.TB, c *client) {
	tb.Helper()
	v, _ := webrtc.NewTrackLocalStaticRTP(capVP8(), "video", "cam")
	a, _ := webrtc.NewTrackLocalStaticRTP(capOpus(), "audio", "cam")
	for _, t := range []webrtc.TrackLocal{v, a} {
		if _, err := c.pc.AddTransceiverFromTrack(t, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
			tb.Fatal(err)
		}
	}
}

func TestClipsCutInStepAndYieldToAPublisher(t *testing.T) {
	r := newRelay(t, Config{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for name, c := range map[string]Clip{"a": ClipStage, "b": ClipClose} {
		r.AddCamera("final", name, name)
		if err := r.PlayClip(ctx, "final", name, c); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Switch("final", "a"); err != nil {
		t.Fatal(err)
	}
	until(t, "clip on air", 4*time.Second, func() bool { return r.Programme("final").State == "live" })
	w := watch(t, r, "final", "", false, capVP8(), capOpus())
	preview := watch(t, r, "final", "b", true, capVP8(), capOpus())
	until(t, "pictures", 3*time.Second, func() bool { return w.video.count() > 5 && preview.video.count() > 5 })
	if err := r.Switch("final", "b"); err != nil {
		t.Fatal(err)
	}
	until(t, "cut", 4*time.Second, func() bool { return !r.Programme("final").Waiting && r.Programme("final").Camera == "b" })
	n := w.video.count()
	until(t, "pictures", 3*time.Second, func() bool { return w.video.count() > n+20 })
	w.video.unbroken(t, "video")
	w.audio.unbroken(t, "audio")
	preview.video.unbroken(t, "preview over TCP")

	publish(t, r, "final", "b", "one", clip.Stage)
	until(t, "publisher before clip", 3*time.Second, func() bool {
		st := r.Cameras("final")
		for _, c := range st {
			if c.Name == "b" && c.State == "live" && !c.Clip && c.OnAir {
				return true
			}
		}
		return false
	})
}

func TestViewerWithoutTheCodecIsTold(t *testing.T) {
	r := newRelay(t, Config{})
	r.AddCamera("final", "a", "主舞台")
	r.AddCamera("final", "b", "特写")
	publish(t, r, "final", "a", "one", clip.Stage)
	publish(t, r, "final", "b", "two", clip.SlateH264)
	until(t, "live", 3*time.Second, func() bool { return r.Programme("final").State == "live" })
	only := watch(t, r, "final", "", false, capVP8(), capOpus())
	until(t, "pictures", 3*time.Second, func() bool { return only.video.count() > 5 })
	if err := r.Switch("final", "b"); err != nil {
		t.Fatal(err)
	}
	until(t, "viewer ended", 3*time.Second, func() bool { return r.Stats().Viewers == 0 })

	again := newClient(t, clientAPI(t, false, capVP8(), capOpus()))
	if _, err := again.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{
		Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	_, err := r.Play(context.Background(), "final", "", "", again.offer(t))
	if f := fault.Of(err); f.Code != "stream.codec" || f.Args["need"] != "H264" {
		t.Errorf("Play = %v, want stream.codec that needs H264", err)
	}
}
