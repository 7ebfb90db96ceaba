package webrtc

import (
	"context"
	"hash/fnv"

	"github.com/pion/webrtc/v4"

	"hecai/stream"
)

// viewer is one WHEP connection.
type viewer struct {
	server  *Server
	channel *stream.Channel
	share   int // which of the channel's fans
	peer    *peer
	pc      *webrtc.PeerConnection
	legs    []*leg
}

// Play answers a viewer's offer (WHEP) for the programme, or for one camera.
func (s *Server) Play(ctx context.Context, session, camera string, g Guest, offer string) (*Resource, error) {
	from, err := s.relay.Channel(session, camera)
	if err != nil {
		return nil, err
	}
	o, err := readOffer(offer, "recvonly")
	if err == nil {
		err = o.plays(from.Codec())
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	err = s.full(g) // looked at again when the offer is answered
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	leave, err := s.enter(g)
	if err != nil {
		return nil, err
	}
	defer leave()
	p, err := s.newPeer(s.door(from.Codec()).out, session, camera, g)
	if err != nil {
		return nil, err
	}
	v := &viewer{server: s, channel: from, peer: p, pc: p.pc}
	p.viewer = v
	p.end = func(bool) { v.stop() }
	err = v.send(o)
	var text string
	if err == nil {
		text, err = s.answer(ctx, p, offer)
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

// send adds a leg for each section of the offer.
func (v *viewer) send(o *offer) error {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(v.peer.id))
	v.share = int(hash.Sum32() % uint32(v.server.shares))
	for _, f := range []*stream.Feed{v.channel.Video, v.channel.Audio} {
		if f.Video() && !o.video || !f.Video() && !o.audio {
			continue
		}
		l := &leg{feed: f, viewer: v}
		sender, err := v.pc.AddTrack(l)
		if err != nil {
			return internal(err, "add track")
		}
		v.legs = append(v.legs, l)
		v.server.serve(v.peer, func() { l.listen(sender) })
	}
	return nil
}

// start lets media flow, once the connection stands.
func (v *viewer) start() {
	v.server.join(v)
	if v.peer.ended.Load() { // it left at this very moment
		v.stop()
	}
}

func (v *viewer) stop() {
	v.server.leave(v)
}
