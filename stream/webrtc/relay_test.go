package webrtc

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"hecai/fault"
	"hecai/stream"
	"hecai/stream/clip"
)

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
	e := loopback()
	if tcpOnly {
		e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(e))
}

// loopback are the settings of a peer on this machine.
func loopback() (e webrtc.SettingEngine) {
	e.SetIncludeLoopbackCandidate(true)
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	return e
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
	case <-time.After(time.Minute):
		tb.Fatal("no connection in a minute")
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
func publish(tb testing.TB, r *rig, session, camera, owner string, name clip.Name) *sender {
	tb.Helper()
	c, err := r.Channel(session, camera)
	if err != nil {
		tb.Fatal(err)
	}
	loop, err := clip.Load(name, c.Codec().IsH264())
	if err != nil {
		tb.Fatal(err)
	}
	loop.Video = loop.Video[:10]
	return publishLoop(tb, r, session, camera, owner, loop)
}

// publishLoop connects a camera that sends the loop's pictures and sounds, those
// that it has.
func publishLoop(tb testing.TB, r *rig, session, camera, owner string, loop *clip.Clip) *sender {
	tb.Helper()
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
	var err error
	if s.res, err = r.Publish(context.Background(), session, camera, Guest{Key: owner, owner: owner, Crew: true}, s.offer(tb)); err != nil {
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
		if len(loop.Video) > 0 {
			f := loop.Video[n%len(loop.Video)]
			for i, payload := range f.Payloads {
				vp.SequenceNumber++
				vp.Marker, vp.Payload = i == len(f.Payloads)-1, payload
				_ = v.WriteRTP(vp)
			}
		}
		if len(loop.Audio) > 0 {
			ap.SequenceNumber++
			ap.Payload = loop.Audio[n%len(loop.Audio)].Payloads[0]
			_ = a.WriteRTP(ap)
		}
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

func watch(tb testing.TB, r *rig, session, camera string, tcpOnly bool, codecs ...webrtc.RTPCodecCapability) *watcher {
	tb.Helper()
	w := &watcher{client: newClient(tb, clientAPI(tb, tcpOnly, codecs...))}
	w.listen(tb, webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio)
	var err error
	if w.res, err = r.Play(context.Background(), session, camera, Guest{}, w.offer(tb)); err != nil {
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

// until waits for a condition, for at least a minute: a slow machine is no fault.
func until(tb testing.TB, what string, limit time.Duration, ok func() bool) {
	tb.Helper()
	limit = max(limit, time.Minute)
	for end := time.Now().Add(limit); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("%s: not after %v", what, limit)
		}
	}
}

// TestACutNeverChangesTheCodec: a viewer that knows all our codecs is given the
// show's alone, whatever cameras, clips and slate are cut to, and one stream.
func TestACutNeverChangesTheCodec(t *testing.T) {
	for _, want := range []string{webrtc.MimeTypeH264, webrtc.MimeTypeVP8} {
		t.Run(want, func(t *testing.T) {
			r := newRelay(t, rigConfig{VP8: want == webrtc.MimeTypeVP8})
			for _, name := range []string{"a", "b", "clip", "gone"} {
				r.AddCamera("final", name, name)
			}
			publish(t, r, "final", "a", "one", clip.Stage)
			publish(t, r, "final", "b", "two", clip.Slate)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if err := r.PlayClip(ctx, "final", "clip", stream.ClipClose); err != nil {
				t.Fatal(err)
			}
			w := watch(t, r, "final", "", false, capVP8(), capH264(), capOpus())
			until(t, "pictures", 30*time.Second, func() bool { return w.video.count() > 20 && w.audio.count() > 20 })
			for _, camera := range []string{"b", "clip", "gone", "a", "gone", "b"} {
				if err := r.Switch("final", camera); err != nil {
					t.Fatalf("Switch: %v", err)
				}
				until(t, "cut to "+camera, 30*time.Second, func() bool {
					p := r.Programme("final")
					return p.Camera == camera && !p.Waiting && (p.State == "slate") == (camera == "gone")
				})
				n := w.video.count()
				until(t, "pictures of "+camera, 30*time.Second, func() bool { return w.video.count() > n+10 })
			}
			w.video.unbroken(t, "video")
			w.audio.unbroken(t, "audio")
			w.video.mu.Lock()
			defer w.video.mu.Unlock()
			if len(w.video.codecs) != 1 || w.video.codecs[0] != want {
				t.Errorf("the picture was %v, want %s all the time", w.video.codecs, want)
			}
			for _, h := range w.video.packets {
				if h.PayloadType != w.video.packets[0].PayloadType {
					t.Fatalf("payload type %d after %d", h.PayloadType, w.video.packets[0].PayloadType)
				}
			}
			if w.pc.SignalingState() != webrtc.SignalingStateStable {
				t.Errorf("signalling state is %v", w.pc.SignalingState())
			}
		})
	}
}

func TestLostCameraShowsSlateAndComesBack(t *testing.T) {
	var changes atomic.Int32
	r := newRelay(t, rigConfig{OnChange: func(string) { changes.Add(1) }})
	r.AddCamera("final", "a", "主舞台")
	s := publish(t, r, "final", "a", "one", clip.Slate)
	until(t, "live", 3*time.Second, func() bool { return r.Programme("final").State == "live" })
	w := watch(t, r, "final", "", false, capH264(), capOpus())
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
	other := newClient(t, clientAPI(t, false, capH264(), capOpus()))
	addSendonly(t, other, capH264())
	_, err := r.Publish(context.Background(), "final", "a", Guest{owner: "two"}, other.offer(t))
	if !errors.Is(err, &fault.Error{Code: "stream.slot_taken"}) {
		t.Errorf("another publisher got %v, want stream.slot_taken", err)
	}
	publish(t, r, "final", "a", "one", clip.Slate)
	until(t, "owner is back", 3*time.Second, func() bool { return r.Programme("final").State == "live" })
	n = w.video.count()
	until(t, "pictures after reconnection", 2*time.Second, func() bool { return w.video.count() > n+20 })
	w.video.unbroken(t, "video")
	w.audio.unbroken(t, "audio")
	if changes.Load() < 4 {
		t.Errorf("OnChange was called %d times", changes.Load())
	}
}

func addSendonly(tb testing.TB, c *client, video webrtc.RTPCodecCapability) {
	tb.Helper()
	v, _ := webrtc.NewTrackLocalStaticRTP(video, "video", "cam")
	a, _ := webrtc.NewTrackLocalStaticRTP(capOpus(), "audio", "cam")
	for _, t := range []webrtc.TrackLocal{v, a} {
		if _, err := c.pc.AddTransceiverFromTrack(t, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
			tb.Fatal(err)
		}
	}
}

func TestClipsCutInStepAndYieldToAPublisher(t *testing.T) {
	r := newRelay(t, rigConfig{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for name, c := range map[string]stream.Clip{"a": stream.ClipStage, "b": stream.ClipClose} {
		r.AddCamera("final", name, name)
		if err := r.PlayClip(ctx, "final", name, c); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Switch("final", "a"); err != nil {
		t.Fatal(err)
	}
	until(t, "clip on air", 4*time.Second, func() bool { return r.Programme("final").State == "live" })
	w := watch(t, r, "final", "", false, capH264(), capOpus())
	preview := watch(t, r, "final", "b", true, capH264(), capOpus())
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

// TestWhoHasNotTheShowsCodecIsTold: a publisher and a viewer without it are
// refused, each with the code whose text says what to do.
func TestWhoHasNotTheShowsCodecIsTold(t *testing.T) {
	for _, tt := range []struct {
		vp8            bool
		video          webrtc.RTPCodecCapability
		publish, needs string
	}{
		{false, capVP8(), "stream.need_h264", "H264"},
		{true, capH264(), "stream.need_vp8", "VP8"},
	} {
		r := newRelay(t, rigConfig{VP8: tt.vp8})
		r.AddCamera("final", "a", "主舞台")
		cam := newClient(t, clientAPI(t, false, tt.video, capOpus()))
		addSendonly(t, cam, tt.video)
		_, err := r.Publish(context.Background(), "final", "a", Guest{owner: "one"}, cam.offer(t))
		if got := fault.CodeOf(err); got != tt.publish {
			t.Errorf("Publish: %v, want %s", err, tt.publish)
		}
		viewer := newClient(t, clientAPI(t, false, tt.video, capOpus()))
		if _, err := viewer.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{
			Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
		_, err = r.Play(context.Background(), "final", "", Guest{}, viewer.offer(t))
		if f := fault.Of(err); f.Code != "stream.codec" || f.Args["need"] != tt.needs {
			t.Errorf("Play = %v, want stream.codec that needs %s", err, tt.needs)
		}
		if r.Stats().Publishers != 0 || r.Stats().Viewers != 0 {
			t.Errorf("%+v is left behind", r.Stats())
		}
	}
}

// TestACameraThatKnowsBothSendsTheShows: the answer takes one codec.
func TestACameraThatKnowsBothSendsTheShows(t *testing.T) {
	for _, vp8 := range []bool{false, true} {
		r := newRelay(t, rigConfig{VP8: vp8})
		r.AddCamera("final", "a", "主舞台")
		cam := newClient(t, clientAPI(t, false, capVP8(), capH264(), capOpus()))
		addSendonly(t, cam, capVP8())
		res, err := r.Publish(context.Background(), "final", "a", Guest{owner: "one"}, cam.offer(t))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(res.AnswerSDP, "VP8/90000") != vp8 || strings.Contains(res.AnswerSDP, "H264/90000") == vp8 {
			t.Errorf("VP8 %t: the answer is\n%s", vp8, res.AnswerSDP)
		}
	}
}
