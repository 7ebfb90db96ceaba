package stream

import (
	"slices"
	"sync"
	"time"

	"hecai/fault"
	"hecai/stream/codec"
)

// show is one session's cameras and its programme.
type show struct {
	relay     *Relay
	id        string
	programme *Channel

	mu      sync.Mutex // guards what follows and every camera's fields
	cameras []*camera  // in the order they were added
	onAir   string     // the camera chosen for the programme
	told    snapshot   // what OnChange was last called for
}

// camera is one slot. At most one publisher has it; a clip may fill it while
// nobody does.
type camera struct {
	name, label string
	channel     *Channel
	inlets      []*Inlet // in the order they came; the last has the slot
	live        *source  // what the publisher sends, or sent last
	filler      *source  // the clip
	holder      Holder   // who may come back
	heldUntil   time.Time
	since       time.Time // of the state
	state       string
}

// publisher has the slot; nil when it is free or held. The caller holds the
// show's mu.
func (c *camera) publisher() *Inlet {
	if len(c.inlets) == 0 {
		return nil
	}
	return c.inlets[len(c.inlets)-1]
}

// AddCamera adds a slot to the session, or renames it for people. The first
// camera of a session is on air.
func (r *Relay) AddCamera(session, name, label string) {
	r.mu.Lock()
	s := r.shows[session]
	if s == nil {
		video := r.cfg.Show(session).Video
		if video == codec.None {
			video = codec.H264Base
		}
		s = &show{relay: r, id: session, programme: newChannel(r, video)}
		r.shows[session] = s
	}
	r.mu.Unlock()
	s.mu.Lock()
	cam := s.find(name)
	if cam == nil {
		cam = &camera{name: name, channel: newChannel(r, s.programme.codec), state: "empty", since: r.cfg.Now()}
		s.cameras = append(s.cameras, cam)
		if s.onAir == "" {
			s.onAir = name
		}
	}
	cam.label = label
	s.mu.Unlock()
	r.listFeeds()
	r.nudge()
}

// DropCamera takes a slot away that nobody publishes to (stream.camera_live). Who
// is on programme is the first of the others then.
func (r *Relay) DropCamera(session, name string) error {
	s := r.show(session)
	if s.camera(name) == nil {
		return noCamera(session, name)
	}
	s.mu.Lock()
	cam := s.find(name)
	if cam != nil && cam.publisher() != nil {
		s.mu.Unlock()
		return fault.New(fault.Conflict, "stream.camera_live", "camera %q has a publisher", name).With("camera", name)
	}
	s.cameras = slices.DeleteFunc(s.cameras, func(c *camera) bool { return c == cam })
	if s.onAir == name {
		s.onAir = ""
		if len(s.cameras) > 0 {
			s.onAir = s.cameras[0].name
		}
	}
	s.mu.Unlock()
	r.listFeeds()
	r.nudge()
	return nil
}

// listFeeds renews the slate's list.
func (r *Relay) listFeeds() {
	r.mu.Lock()
	defer r.mu.Unlock()
	var feeds []*Feed
	for _, s := range r.shows {
		s.mu.Lock()
		feeds = append(feeds, s.programme.Video, s.programme.Audio)
		for _, cam := range s.cameras {
			feeds = append(feeds, cam.channel.Video, cam.channel.Audio)
		}
		s.mu.Unlock()
	}
	r.feeds.Store(&feeds)
}

// Switch puts the camera on programme. The picture cuts at the camera's next
// keyframe, which is asked for; a camera that is not live shows the slate.
func (r *Relay) Switch(session, name string) error {
	s := r.show(session)
	if s.camera(name) == nil {
		return noCamera(session, name)
	}
	s.mu.Lock()
	s.onAir = name
	s.mu.Unlock()
	if s.steer(r.cfg.Now()) {
		r.tell(session)
	}
	return nil
}

// find returns the camera; the caller holds mu.
func (s *show) find(name string) *camera {
	for _, cam := range s.cameras {
		if cam.name == name {
			return cam
		}
	}
	return nil
}

// camera returns the camera, or nil; a nil show has none.
func (s *show) camera(name string) *camera {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(name)
}

// fill gives a free camera a clip to show.
func (s *show) fill(cam *camera, src *source) {
	s.mu.Lock()
	cam.filler = src
	s.mu.Unlock()
}

// unfill takes the clip away again, unless another came since.
func (s *show) unfill(cam *camera, src *source) {
	s.mu.Lock()
	if cam.filler == src {
		cam.filler = nil
	}
	s.mu.Unlock()
	s.relay.nudge()
}

// steer makes every feed want what it should show now, and reports whether
// anything that people see of the session's state changed.
func (s *show) steer(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	ns := now.UnixNano()
	for _, cam := range s.cameras {
		s.judge(cam, now)
		s.guide(cam, cam.channel, ns)
	}
	s.guide(s.find(s.onAir), s.programme, ns)
	was := s.told
	s.told = s.look()
	return !s.told.same(was)
}

// judge brings the camera's state up to date, and frees a slot whose owner did
// not come back in time.
func (s *show) judge(cam *camera, now time.Time) {
	ns := now.UnixNano()
	if cam.publisher() == nil && !now.Before(cam.heldUntil) {
		cam.live, cam.holder = nil, Holder{}
	}
	state := "empty"
	switch {
	case cam.publisher() != nil && cam.live != nil && cam.live.alive(ns):
		state = "live"
		cam.heldUntil = now.Add(holdFor)
	case cam.live != nil:
		state = "lost"
	case cam.filler != nil:
		state = "live"
	}
	if state != cam.state {
		cam.state, cam.since = state, now
	}
}

// shown is the source that stands for the camera: its publisher; a clip, when
// the slot is free; nil otherwise.
func (c *camera) shown() *source {
	switch {
	case c == nil || c.state != "live":
		return nil
	case c.live != nil:
		return c.live
	default:
		return c.filler
	}
}

// guide makes the channel want the camera's tracks as far as they are alive,
// and the slate's for the rest.
func (s *show) guide(cam *camera, to *Channel, now int64) {
	slates := &s.relay.slates
	picture := slates.picture(to.codec)
	sound := slates.vp8.audio
	if src := cam.shown(); src != nil {
		if src.video.alive(now) {
			picture = src.video
		}
		if src.audio.alive(now) {
			sound = src.audio
		}
	}
	to.Video.choose(picture, now)
	to.Audio.choose(sound, now)
}
