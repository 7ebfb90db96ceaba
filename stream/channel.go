package stream

import (
	"slices"
	"sync"
	"sync/atomic"

	"hecai/stream/codec"
	"hecai/stream/rtpbuf"
)

// Channel is what one can watch: the programme, or one camera.
type Channel struct {
	Video, Audio *Feed

	relay   *Relay
	codec   codec.Codec // of the pictures; H.264 of any profile
	viewers atomic.Int64
	outlets atomic.Pointer[[]*outlet]

	mu sync.Mutex // guards writes to outlets
}

func newChannel(r *Relay, video codec.Codec) *Channel {
	c := &Channel{relay: r, codec: video}
	c.outlets.Store(&[]*outlet{})
	c.Video, c.Audio = newFeed(c, true), newFeed(c, false)
	return c
}

// Channel finds what to watch; camera "" is the programme.
func (r *Relay) Channel(session, camera string) (*Channel, error) {
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

// Codec is what its pictures are, now and always; H.264 of any profile.
func (c *Channel) Codec() codec.Codec { return c.codec }

// Watched counts people who watch, for Status: by more, or less.
func (c *Channel) Watched(by int) { c.viewers.Add(int64(by)) }

// Attach gives the sink what the channel carries: pictures from the next
// keyframe, which is asked for, and sound from now. It ends with detach, or with
// the relay.
func (c *Channel) Attach(s Sink) (detach func()) {
	detach = c.attach(s, true)
	c.Video.RequestKey()
	return detach
}

// Follow is Attach for a sink that knows the feeds' rings: it gets everything
// from now on, wherever in a picture that is.
func (c *Channel) Follow(s Sink) (detach func()) { return c.attach(s, false) }

func (c *Channel) attach(s Sink, waits bool) (detach func()) {
	o := newOutlet(c, s, waits)
	c.mu.Lock()
	c.set(append(slices.Clone(*c.outlets.Load()), o))
	c.mu.Unlock()
	c.relay.spawn(o.run)
	return func() {
		c.mu.Lock()
		c.set(slices.DeleteFunc(slices.Clone(*c.outlets.Load()), func(other *outlet) bool { return other == o }))
		c.mu.Unlock()
		o.close()
	}
}

func (c *Channel) set(outlets []*outlet) { c.outlets.Store(&outlets) }

// put gives every sink a copy of the packet.
func (c *Channel) put(p *rtpbuf.Packet) {
	for _, o := range *c.outlets.Load() {
		o.put(p)
	}
}
