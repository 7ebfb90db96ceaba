package webrtc

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"hecai/stream/clip"
)

// TestWHIPSimulcast (case whip-simulcast): a camera that offers three layers is
// answered for one. Whether it then sends one, as it should, or all, viewers see
// one unbroken picture and the desk sees a live camera.
func TestWHIPSimulcast(t *testing.T) {
	loop, err := clip.Load(clip.Stage, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, layers := range []int{1, 3} {
		r := newRelay(t, rigConfig{VP8: true})
		r.AddCamera("final", "a", "主舞台")
		media := &webrtc.MediaEngine{}
		if err := media.RegisterDefaultCodecs(); err != nil {
			t.Fatal(err)
		}
		if err := webrtc.ConfigureSimulcastExtensionHeaders(media); err != nil {
			t.Fatal(err)
		}
		s := &sender{client: newClient(t, webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(loopback()))), stop: make(chan struct{})}
		var video []*webrtc.TrackLocalStaticRTP
		for _, rid := range []string{"q", "h", "f"} {
			v, err := webrtc.NewTrackLocalStaticRTP(capVP8(), "video", "cam", webrtc.WithRTPStreamID(rid))
			if err != nil {
				t.Fatal(err)
			}
			video = append(video, v)
		}
		audio, err := webrtc.NewTrackLocalStaticRTP(capOpus(), "audio", "cam")
		if err != nil {
			t.Fatal(err)
		}
		sendonly := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}
		if _, err := s.pc.AddTransceiverFromTrack(audio, sendonly); err != nil {
			t.Fatal(err)
		}
		tr, err := s.pc.AddTransceiverFromTrack(video[0], sendonly)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range video[1:] {
			if err := tr.Sender().AddEncoding(v); err != nil {
				t.Fatal(err)
			}
		}
		offer := s.offer(t)
		if !strings.Contains(offer, "a=simulcast:send q;h;f") || !strings.Contains(offer, "a=rid:f send") {
			t.Fatalf("the offer has no simulcast:\n%s", offer)
		}
		if s.res, err = r.Publish(context.Background(), "final", "a", Guest{owner: "one"}, offer); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(s.res.AnswerSDP, "a=simulcast") || strings.Contains(s.res.AnswerSDP, "a=rid") {
			t.Errorf("the answer takes layers:\n%s", s.res.AnswerSDP)
		}
		s.accept(t, s.res.AnswerSDP)
		s.ended.Go(func() { s.playLayers(loop, video[:layers], audio) })
		t.Cleanup(s.end)
		until(t, "a live camera", 5*time.Second, func() bool { return r.Cameras("final")[0].State == "live" })
		w := watch(t, r, "final", "a", false, capVP8(), capOpus())
		until(t, "pictures", 5*time.Second, func() bool { return w.video.count() > 50 })
		w.video.unbroken(t, "video")
	}
}

// playLayers sends the same picture on each layer, with the layer's own numbers.
func (s *sender) playLayers(loop *clip.Clip, video []*webrtc.TrackLocalStaticRTP, audio *webrtc.TrackLocalStaticRTP) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	heads := make([]rtp.Packet, len(video))
	sound := rtp.Packet{Header: rtp.Header{Version: 2}}
	for n := 0; ; n++ {
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
		for l, v := range video {
			h := &heads[l]
			h.Version = 2
			h.Timestamp += 1800
			f := loop.Video[n%10]
			for i, payload := range f.Payloads {
				h.SequenceNumber++
				h.Marker, h.Payload = i == len(f.Payloads)-1, payload
				_ = v.WriteRTP(h)
			}
		}
		sound.SequenceNumber++
		sound.Timestamp += 960
		sound.Payload = loop.Audio[n%len(loop.Audio)].Payloads[0]
		_ = audio.WriteRTP(&sound)
	}
}

func TestOffersWithoutSimulcastAreLeftAlone(t *testing.T) {
	_, offer := sendOffer(t)
	if oneLayer(offer) != offer {
		t.Error("an ordinary offer was changed")
	}
}
