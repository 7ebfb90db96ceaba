package webrtc

import (
	"slices"
	"sync/atomic"

	"hecai/stream"
	"hecai/stream/rtpbuf"
)

// fan is the sink that sends a channel to its share of the viewers. A viewer
// belongs to one fan, so its packets stay in order; a packet is copied once per
// fan, not once per viewer.
type fan struct {
	server       *Server
	video, audio atomic.Pointer[[]*leg] // written under Server.fanMu
	fresh        atomic.Bool            // legs have come that wait for a picture
	old          rtpbuf.Packet          // one for a viewer that is catching up
	detach       func()
}

// Packet implements stream.Sink.
func (f *fan) Packet(p *rtpbuf.Packet) {
	now := f.server.relay.Now().UnixNano()
	legs := *f.audio.Load()
	if p.Video {
		legs = *f.video.Load()
	} else if f.fresh.Load() { // sound is there first: let pictures begin
		f.fresh.Store(false)
		for _, l := range *f.video.Load() {
			if !l.started {
				l.offer(nil, &f.old, now)
			}
		}
	}
	for _, l := range legs {
		l.offer(p, &f.old, now)
	}
}

// End implements stream.Sink: it ends after its last viewer.
func (f *fan) End() {}

// legs is where the fan keeps the legs of a feed.
func (f *fan) legs(of *stream.Feed) *atomic.Pointer[[]*leg] {
	if of.Video() {
		return &f.video
	}
	return &f.audio
}

// join gives the viewer to its fan, which starts it at once.
func (s *Server) join(v *viewer) {
	s.fanMu.Lock()
	defer s.fanMu.Unlock()
	fans := s.fans[v.channel]
	if fans == nil {
		fans = make([]*fan, s.shares)
		s.fans[v.channel] = fans
	}
	f := fans[v.share]
	if f == nil {
		f = &fan{server: s}
		f.video.Store(&[]*leg{})
		f.audio.Store(&[]*leg{})
		fans[v.share] = f
	}
	for _, l := range v.legs {
		at := f.legs(l.feed)
		legs := append(slices.Clone(*at.Load()), l)
		at.Store(&legs)
	}
	f.fresh.Store(true)
	if f.detach == nil {
		f.detach = v.channel.Follow(f)
	}
}

// leave takes the viewer out; a fan without viewers ends.
func (s *Server) leave(v *viewer) {
	s.fanMu.Lock()
	defer s.fanMu.Unlock()
	fans := s.fans[v.channel]
	if fans == nil || fans[v.share] == nil {
		return
	}
	f := fans[v.share]
	for _, l := range v.legs {
		at := f.legs(l.feed)
		legs := slices.DeleteFunc(slices.Clone(*at.Load()), func(other *leg) bool { return other == l })
		at.Store(&legs)
	}
	if len(*f.video.Load())+len(*f.audio.Load()) > 0 {
		return
	}
	f.detach()
	fans[v.share] = nil
	if !slices.ContainsFunc(fans, func(f *fan) bool { return f != nil }) {
		delete(s.fans, v.channel)
	}
}
