package stream

import (
	"context"
	"hash/fnv"
	"sync/atomic"

	"github.com/pion/webrtc/v4"

	"hecai/fault"
)

// viewer is one WHEP connection.
type viewer struct {
	relay *Relay
	peer  *peer
	pc    *webrtc.PeerConnection
	legs  []*leg
	deaf  atomic.Bool // can't play what is on programme
}

// Play answers a viewer's offer (WHEP) for the programme, or for one camera.
func (r *Relay) Play(ctx context.Context, session, camera, owner, offer string) (*Resource, error) {
	from, err := r.channel(session, camera)
	if err != nil {
		return nil, err
	}
	o, err := readOffer(offer, "recvonly")
	if err != nil {
		return nil, err
	}
	if t := from.video.live.Load(); o.video && t != nil {
		if need := codec(t.codec.Load()).name(); need != "" && !o.codecs[need] {
			return nil, noneOf(need)
		}
	}
	if r.count.viewers.Load() >= int64(r.cfg.MaxViewers) {
		return nil, fault.New(fault.Limited, "stream.full", "%d viewers", r.cfg.MaxViewers).With("retry_after", 10)
	}
	leave, err := r.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	p, err := r.newPeer(r.out, session, camera, owner)
	if err != nil {
		return nil, err
	}
	v := &viewer{relay: r, peer: p, pc: p.pc}
	p.viewer = v
	p.end = func(bool) { v.stop() }
	err = v.send(from, o)
	var text string
	if err == nil {
		text, err = r.answer(ctx, p, offer)
	}
	if err == nil {
		err = r.keep(p)
	}
	if err != nil {
		r.drop(p, true)
		return nil, err
	}
	return &Resource{ID: p.id, ETag: p.etag, AnswerSDP: text}, nil
}

// channel finds what to watch; camera "" is the programme.
func (r *Relay) channel(session, camera string) (*channel, error) {
	s := r.show(session)
	switch {
	case s == nil:
		return nil, noCamera(session, camera)
	case camera == "":
		return s.programme, nil
	}
	cam := s.camera(camera)
	if cam == nil {
		return nil, noCamera(session, camera)
	}
	return cam.channel, nil
}

// send adds a leg for each section of the offer.
func (v *viewer) send(from *channel, o *offer) error {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(v.peer.id))
	worker := int(hash.Sum32() % uint32(len(v.relay.workers)))
	for _, f := range []*feed{from.video, from.audio} {
		if f.video && !o.video || !f.video && !o.audio {
			continue
		}
		l := &leg{feed: f, viewer: v, worker: worker}
		sender, err := v.pc.AddTrack(l)
		if err != nil {
			return internal(err, "add track")
		}
		v.legs = append(v.legs, l)
		v.relay.serve(v.peer, func() { l.listen(sender) })
	}
	return nil
}

// start lets media flow, once the connection stands.
func (v *viewer) start() {
	for _, l := range v.legs {
		l.feed.join(l)
	}
	if v.peer.ended.Load() { // it left at this very moment
		v.stop()
	}
}

func (v *viewer) stop() {
	for _, l := range v.legs {
		l.feed.leave(l)
	}
}

// unplayable ends a viewer that has not negotiated what the programme now
// carries: its page asks again, and is told stream.codec, rather than staying
// black without a word.
func (v *viewer) unplayable(c codec) {
	if v.deaf.Swap(true) {
		return
	}
	v.relay.log.Info("viewer can't play the programme", "codec", c.name())
	v.relay.spawn(func() { v.relay.drop(v.peer, true) })
}
