package stream

import (
	"context"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"hecai/fault"
)

// Publish answers a camera's offer (WHIP). owner tells publishers apart, such
// as a digest of their credentials: the same owner may take the slot over, and
// has it held for 10 s when the connection is lost; "" never matches.
func (r *Relay) Publish(ctx context.Context, session, camera, owner, offer string) (*Resource, error) {
	s := r.show(session)
	cam := s.camera(camera)
	if cam == nil {
		return nil, noCamera(session, camera)
	}
	if _, err := readOffer(offer, "sendonly"); err != nil {
		return nil, err
	}
	leave, err := r.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	if err := s.free(cam, owner, r.cfg.Now()); err != nil {
		return nil, err
	}
	p, err := r.newPeer(r.in, session, camera, owner)
	if err != nil {
		return nil, err
	}
	src := newSource(&r.count, cam.channel, s.programme)
	p.pc.OnTrack(func(in *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		r.serve(p, func() { r.hear(receiver, src, in.Kind() == webrtc.RTPCodecTypeVideo) })
		r.serve(p, func() { r.read(s, cam, p, src, in) })
	})
	p.end = func(wanted bool) { s.gone(cam, p, wanted) }
	text, err := r.answer(ctx, p, offer)
	if err == nil {
		err = s.take(cam, p, r.cfg.Now())
	}
	if err == nil {
		err = r.keep(p)
	}
	if err != nil {
		r.drop(p, true)
		return nil, err
	}
	r.nudge()
	return &Resource{ID: p.id, ETag: p.etag, AnswerSDP: text}, nil
}

// enter limits how many negotiations run at once.
func (r *Relay) enter() (leave func(), err error) {
	select {
	case r.busy <- struct{}{}:
		return func() { <-r.busy }, nil
	default:
		return nil, fault.New(fault.Limited, "stream.busy", "too many offers at once").With("retry_after", 1)
	}
}

// free refuses an owner to whom the slot is not open now.
func (s *show) free(cam *camera, owner string, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cam.refusal(owner, now)
}

// refusal is the error for an owner to whom the slot is not open now; the
// caller holds the show's mu.
func (c *camera) refusal(owner string, now time.Time) error {
	if owner != "" && sameOwner(owner, c.owner) || !now.Before(c.heldUntil) {
		return nil
	}
	wait := int(c.heldUntil.Sub(now)/time.Second) + 1
	return fault.New(fault.Conflict, "stream.slot_taken", "camera %q has a publisher", c.name).
		With("camera", c.name).With("retry_after", wait)
}

// take gives the slot to p. The publisher before it goes on until p's
// connection works.
func (s *show) take(cam *camera, p *peer, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := cam.refusal(p.owner, now); err != nil {
		return err // another was quicker
	}
	cam.publisher, cam.owner = p, p.owner
	cam.heldUntil = now.Add(holdFor)
	return nil
}

// before lists the camera's other publishers that came before p.
func (s *show) before(p *peer) []*peer {
	return s.relay.list(func(o *peer) bool {
		return o != p && o.viewer == nil && o.session == p.session && o.camera == p.camera && o.born.Before(p.born)
	})
}

// settled ends the publishers that p has taken over from.
func (s *show) settled(p *peer) {
	for _, o := range s.before(p) {
		s.relay.drop(o, true)
	}
}

// gone notes that a publisher's connection ended. wanted frees the slot at
// once; else it goes back to the one p was taking over from, or is held for the
// owner.
func (s *show) gone(cam *camera, p *peer, wanted bool) {
	old := s.before(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	if cam.publisher != p {
		return
	}
	cam.publisher = nil
	switch {
	case wanted:
		cam.live, cam.owner, cam.heldUntil = nil, "", time.Time{}
	case len(old) > 0 && !p.connected.Load():
		cam.publisher, cam.owner = old[0], old[0].owner
	default:
		cam.heldUntil = s.relay.cfg.Now().Add(holdFor)
	}
}

// onto makes src the camera's, at its first packet.
func (s *show) onto(cam *camera, p *peer, src *source) {
	s.mu.Lock()
	if cam.publisher == p {
		cam.live = src
	}
	s.mu.Unlock()
	s.relay.nudge()
}

// read takes the packets of one track until the connection ends.
func (r *Relay) read(s *show, cam *camera, p *peer, src *source, in *webrtc.TrackRemote) {
	t := src.audio
	if in.Kind() == webrtc.RTPCodecTypeVideo {
		t = src.video
		ssrc := uint32(in.SSRC())
		ask, done := make(chan struct{}, 1), make(chan struct{})
		r.serve(p, func() { r.plead(p, ssrc, ask, done) })
		defer close(done)
		t.setAsk(func() {
			select {
			case ask <- struct{}{}:
			default:
			}
		})
		defer t.setAsk(nil)
	}
	var h rtp.Header
	buf := make([]byte, 1600)
	pt, c := uint8(0xff), noCodec
	for first := true; ; first = false {
		n, _, err := in.Read(buf)
		if err != nil {
			return
		}
		head, err := h.Unmarshal(buf[:n])
		if err != nil {
			continue
		}
		payload := buf[head:n]
		if h.Padding && len(payload) > 0 {
			payload = payload[:max(len(payload)-int(payload[len(payload)-1]), 0)]
		}
		if h.PayloadType != pt {
			pt, c = h.PayloadType, codecOf(in.Codec().RTPCodecCapability)
		}
		if c == noCodec {
			continue
		}
		t.push(&h, payload, c, r.now())
		if first {
			s.onto(cam, p, src)
		}
	}
}

// plead sends keyframe requests to the camera, off the media path.
func (r *Relay) plead(p *peer, ssrc uint32, ask, done <-chan struct{}) {
	for {
		select {
		case <-r.stop:
			return
		case <-done:
			return
		case <-ask:
		}
		if err := p.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}}); err != nil {
			r.log.Debug("ask for keyframe", "error", err)
		}
	}
}

// hear takes the camera's sender reports until the connection ends.
func (r *Relay) hear(receiver *webrtc.RTPReceiver, src *source, video bool) {
	for {
		packets, _, err := receiver.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if sr, ok := p.(*rtcp.SenderReport); ok {
				src.reported(video, unixOf(sr.NTPTime), sr.RTPTime)
			}
		}
	}
}
