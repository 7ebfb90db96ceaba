package webrtc

import (
	"context"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"hecai/fault"
	"hecai/stream"
	"hecai/stream/codec"
)

// Publish answers a camera's offer (WHIP). The same credentials may take the
// slot over, and have it held for 10 s when the connection is lost; no
// credentials never match.
func (s *Server) Publish(ctx context.Context, session, camera string, g Guest, offer string) (*Resource, error) {
	to, err := s.relay.Channel(session, camera)
	if err != nil {
		return nil, err
	}
	o, err := readOffer(offer, "sendonly")
	if err == nil {
		err = o.publishes(to.Codec())
	}
	if err != nil {
		return nil, err
	}
	leave, err := s.enter(g)
	if err != nil {
		return nil, err
	}
	defer leave()
	var p *peer
	inlet, err := s.relay.Open(session, camera, stream.Holder{Key: g.Key, Owner: g.owner}, func() { s.drop(p, true) })
	if err != nil {
		return nil, err
	}
	if p, err = s.newPeer(s.door(to.Codec()).in, session, camera, g); err != nil {
		return nil, err
	}
	p.inlet = inlet
	p.pc.OnTrack(func(in *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		s.serve(p, func() { s.hear(receiver, inlet, in.Kind() == webrtc.RTPCodecTypeVideo) })
		s.serve(p, func() { s.read(p, in) })
	})
	p.end = inlet.Close
	text, err := s.answer(ctx, p, oneLayer(offer))
	if err == nil {
		err = inlet.Take()
	}
	if err == nil {
		err = s.keep(p)
	}
	if err != nil {
		s.drop(p, true)
		return nil, err
	}
	return &Resource{ID: p.id, ETag: p.etag, AnswerSDP: text}, nil
}

// enter limits how many negotiations run at once; some turns are the crew's
// alone, so that a crowd of viewers keeps no camera out.
func (s *Server) enter(g Guest) (leave func(), err error) {
	turns := s.busy
	if g.Crew {
		turns = s.crewBusy
	}
	select {
	case turns <- struct{}{}:
		return func() { <-turns }, nil
	default:
		return nil, fault.New(fault.Unavailable, "stream.busy", "too many offers at once").After(time.Second)
	}
}

// read takes the packets of one track until the connection ends.
func (s *Server) read(p *peer, in *webrtc.TrackRemote) {
	video, ssrc := in.Kind() == webrtc.RTPCodecTypeVideo, uint32(in.SSRC())
	var please func() // asks for a keyframe
	if video {
		ask, done := make(chan struct{}, 1), make(chan struct{})
		s.serve(p, func() { s.plead(p, ssrc, ask, done) })
		defer close(done)
		please = func() {
			select {
			case ask <- struct{}{}:
			default:
			}
		}
	}
	layer := p.inlet.Layer(video, ssrc, please)
	defer layer.Close()
	var h rtp.Header
	buf := make([]byte, 1600)
	pt, c := uint8(0xff), codec.None
	for {
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
		if c != codec.None {
			layer.Push(&h, payload, c)
		}
	}
}

// plead sends keyframe requests to the camera, off the media path.
func (s *Server) plead(p *peer, ssrc uint32, ask, done <-chan struct{}) {
	for {
		select {
		case <-s.stop:
			return
		case <-done:
			return
		case <-ask:
		}
		if err := p.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}}); err != nil {
			s.log.Debug("ask for keyframe", "error", err)
		}
	}
}

// hear takes the camera's sender reports until the connection ends.
func (s *Server) hear(receiver *webrtc.RTPReceiver, inlet *stream.Inlet, video bool) {
	for {
		packets, _, err := receiver.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if sr, ok := p.(*rtcp.SenderReport); ok {
				inlet.Reported(video, unixOf(sr.NTPTime), sr.RTPTime)
			}
		}
	}
}
