package webrtc

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"hecai/fault"
	"hecai/stream"
	"hecai/stream/clip"
	"hecai/stream/keyframe"
)

// ofHigh is the clip as an encoder set to the High profile announces it.
func ofHigh(loop *clip.Clip) {
	for i, f := range loop.Video {
		f.Payloads = slices.Clone(f.Payloads)
		for j, payload := range f.Payloads {
			f.Payloads[j] = slices.Clone(payload)
			keyframe.EachNAL(f.Payloads[j], func(nal []byte) bool {
				if nal[0]&0x1f == 7 && len(nal) > 3 { // the sequence parameter set
					nal[1], nal[2] = 0x64, 0
				}
				return true
			})
		}
		loop.Video[i] = f
	}
}

// TestACameraIsWarnedOfWhatViewersWillSuffer: each fault of an encoder is told at
// the desk while it lasts, and is gone when the camera comes back without it.
func TestACameraIsWarnedOfWhatViewersWillSuffer(t *testing.T) {
	for want, c := range map[string]struct {
		clip clip.Name
		edit func(*clip.Clip)
	}{
		"stream.warn_b_frames": {clip.Slate, func(c *clip.Clip) {
			c.Video = append(c.Video[:1:1], clip.Frame{Payloads: [][]byte{{0x41, 0xa0, 0xff, 0xff}}}) // slice_type 1
		}},
		"stream.warn_keyframe": {clip.Stage, func(c *clip.Clip) {
			later := c.Video[1:10]
			c.Video = c.Video[:1:1]
			for len(c.Video) < 250 { // 5 s
				c.Video = append(c.Video, later...)
			}
		}},
		"stream.warn_high":        {clip.Slate, ofHigh},
		"stream.warn_no_sound":    {clip.Stage, func(c *clip.Clip) { c.Video, c.Audio = c.Video[:10], nil }},
		"stream.warn_no_pictures": {clip.Stage, func(c *clip.Clip) { c.Video = nil }},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			loop, err := clip.Load(c.clip, true)
			if err != nil {
				t.Fatal(err)
			}
			c.edit(loop)
			r := newRelay(t, rigConfig{})
			r.AddCamera("final", "a", "主舞台")
			s := publishLoop(t, r, "final", "a", "one", loop)
			until(t, "the warning", 30*time.Second, func() bool { return r.Cameras("final")[0].Warning == want })
			s.end()
			publish(t, r, "final", "a", "one", clip.Stage)
			until(t, "a camera without fault", 30*time.Second, func() bool {
				cam := r.Cameras("final")[0]
				return cam.State == "live" && cam.Codec == "H264" && cam.KeyframeMS > 0 && cam.Warning == ""
			})
		})
	}
}

// TestTooManyOffersAtOnceAreTurnedAway: the crowd's turns are bounded, a player is
// told when to come again, and the crew has turns of its own.
func TestTooManyOffersAtOnceAreTurnedAway(t *testing.T) {
	s := newSite(t)
	_, offer := recvOffer(t, webrtc.RTPCodecTypeVideo)
	_, send := sendOffer(t)
	var leave []func()
	for range cap(s.relay.busy) { // as many as are being answered just now
		f, err := s.relay.enter(Guest{})
		if err != nil {
			t.Fatal(err)
		}
		leave = append(leave, f)
	}
	sdp := []string{"Content-Type", typeSDP}
	s.run(t, []check{
		{"one too many", "POST", "/whep/final", offer, sdp, 503, "stream.busy", map[string]string{"Retry-After": "^1$"}},
		{"a camera", "POST", "/whip/final/a", send, append([]string{"Authorization", "Bearer cam1"}, sdp...), 201, "", nil},
	})
	for _, f := range leave {
		f()
	}
	s.run(t, []check{{"come again", "POST", "/whep/final", offer, sdp, 201, "", nil}})
}

// TestAnOfferWhileTheRelayEnds: whoever asks just then is told so, as a state that
// passes.
func TestAnOfferWhileTheRelayEnds(t *testing.T) {
	r := newRelay(t, rigConfig{})
	r.AddCamera("final", "a", "主舞台")
	_, offer := sendOffer(t)
	s := httptest.NewServer(Handler(r.Server, func(*http.Request, string, string, string) (Guest, error) {
		r.mu.Lock()
		r.closed = true // the first thing that Close does
		r.mu.Unlock()
		return Guest{Crew: true}, nil
	}))
	defer s.Close()
	(&site{s, r}).run(t, []check{{"too late", "POST", "/whip/final/a", offer, []string{"Content-Type", typeSDP}, 503, "stream.closing", nil}})
	if n := r.Stats().Publishers; n != 0 {
		t.Errorf("%d publishers", n)
	}
}

// TestAnAnswerThatTakesTooLong: who has gone before candidates were gathered leaves
// no camera behind.
func TestAnAnswerThatTakesTooLong(t *testing.T) {
	r := newRelay(t, rigConfig{})
	r.AddCamera("final", "a", "主舞台")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	// Gathering may be quicker than the one who left: then the camera is there.
	until(t, "no answer", 30*time.Second, func() bool {
		_, offer := sendOffer(t)
		res, err := r.Publish(gone, "final", "a", Guest{Crew: true, owner: "one"}, offer)
		if err == nil {
			_ = r.Delete(res.ID)
		}
		return fault.CodeOf(err) == "stream.internal"
	})
	_, offer := sendOffer(t)
	if _, err := r.Publish(t.Context(), "final", "a", Guest{Crew: true, owner: "two"}, offer); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

func TestAClipThatIsNotThere(t *testing.T) {
	r := newRelay(t, rigConfig{})
	r.AddCamera("final", "a", "主舞台")
	if err := r.PlayClip(t.Context(), "final", "a", "none"); fault.CodeOf(err) != "stream.no_clip" {
		t.Errorf("got %v", err)
	}
	if err := r.PlayClip(t.Context(), "final", "a", stream.ClipStage); err != nil {
		t.Error(err)
	}
}
