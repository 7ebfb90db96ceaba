package webrtc

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/webrtc/v4"

	"hecai/stream/clip"
)

// lossy is an interceptor that loses one packet in ten before anything else
// sees it, repairs included.
type lossy struct {
	interceptor.NoOp
	mu   sync.Mutex
	dice *rand.Rand
}

func (l *lossy) NewInterceptor(string) (interceptor.Interceptor, error) { return l, nil }

func (l *lossy) lose() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dice.IntN(10) == 0
}

func (l *lossy) BindRemoteStream(_ *interceptor.StreamInfo, in interceptor.RTPReader) interceptor.RTPReader {
	return interceptor.RTPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		for {
			n, attrs, err := in.Read(b, a)
			if err != nil || !l.lose() {
				return n, attrs, err
			}
		}
	})
}

// lossyAPI is a client on a bad network.
func lossyAPI(tb testing.TB, rtx bool) *webrtc.API {
	tb.Helper()
	media, registry := &webrtc.MediaEngine{}, &interceptor.Registry{}
	video, audio := webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio
	fb := []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}}
	vp8Cap := capVP8()
	vp8Cap.RTCPFeedback = fb
	errs := []error{
		media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: vp8Cap, PayloadType: 100}, video),
		media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: capOpus(), PayloadType: 102}, audio),
	}
	if rtx {
		errs = append(errs, media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=100"}, PayloadType: 101}, video))
	}
	asks, err := nack.NewGeneratorInterceptor(nack.GeneratorInterval(20 * time.Millisecond))
	for _, err := range append(errs, err) {
		if err != nil {
			tb.Fatal(err)
		}
	}
	registry.Add(&lossy{dice: rand.New(rand.NewPCG(1, 2))})
	registry.Add(asks)
	var e webrtc.SettingEngine
	e.SetIncludeLoopbackCandidate(true)
	e.DisableSRTPReplayProtection(true) // it has seen what lossy loses
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(e))
}

// holes counts numbers missing between the first packet and the one before the
// last few, which may still be on their way.
func (g *got) holes() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.packets) == 0 {
		return 1
	}
	first, last := g.packets[0].SequenceNumber, g.packets[0].SequenceNumber
	have := map[uint16]bool{}
	for _, h := range g.packets {
		have[h.SequenceNumber] = true
		if int16(h.SequenceNumber-last) > 0 {
			last = h.SequenceNumber
		}
		if int16(h.SequenceNumber-first) < 0 {
			first = h.SequenceNumber
		}
	}
	n := 0
	for seq := first; seq != last-20; seq++ {
		if !have[seq] {
			n++
		}
	}
	return n
}

func TestLossIsRepaired(t *testing.T) {
	for _, rtx := range []bool{true, false} {
		t.Run(map[bool]string{true: "by RTX", false: "on the same stream"}[rtx], func(t *testing.T) {
			r := newRelay(t, rigConfig{VP8: true})
			r.AddCamera("final", "a", "主舞台")
			s := publish(t, r, "final", "a", "one", clip.Stage)
			until(t, "live", 3*time.Second, func() bool { return r.Programme("final").State == "live" })
			w := &watcher{client: newClient(t, lossyAPI(t, rtx))}
			w.listen(t, webrtc.RTPCodecTypeVideo)
			res, err := r.Play(context.Background(), "final", "", Guest{}, w.offer(t))
			if err != nil {
				t.Fatal(err)
			}
			w.accept(t, res.AnswerSDP)
			until(t, "pictures", 5*time.Second, func() bool { return w.video.count() > 300 })
			until(t, "repairs", 3*time.Second, func() bool { return w.video.holes() == 0 })
			if r.Stats().Resent == 0 {
				t.Error("nothing was resent")
			}
			s.end()
		})
	}
}

func TestRepairsAreRationed(t *testing.T) {
	r := newRelay(t, rigConfig{VP8: true})
	r.AddCamera("final", "a", "主舞台")
	publish(t, r, "final", "a", "one", clip.Stage)
	w := watch(t, r, "final", "", false, capVP8(), capOpus())
	until(t, "pictures", 3*time.Second, func() bool { return w.video.count() > 5 })
	p, err := r.peer(w.res.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.video.mu.Lock()
	seq := w.video.packets[0].SequenceNumber
	w.video.mu.Unlock()
	probe := &leg{feed: p.viewer.legs[0].feed, viewer: p.viewer}
	probe.bound.Store(p.viewer.legs[0].bound.Load())
	begun := time.Now()
	for range 5 * repairs {
		probe.repair(seq)
	}
	// The ration is a second's, and a busy machine takes more than one.
	most := repairs * (2 + uint64(time.Since(begun)/time.Second))
	if got := r.Stats().Resent; got > most {
		t.Errorf("%d packets resent, want at most %d", got, most)
	}
}
