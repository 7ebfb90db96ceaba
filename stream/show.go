package stream

import (
	"slices"
	"sync"
	"time"
)

// show is one session's cameras and its programme.
type show struct {
	relay     *Relay
	id        string
	programme *channel

	mu      sync.Mutex // guards what follows and every camera's fields
	cameras []*camera  // in the order they were added
	onAir   string     // the camera chosen for the programme
	told    snapshot   // what OnChange was last called for
}

// camera is one slot. At most one publisher has it; a clip may fill it while
// nobody does.
type camera struct {
	name, label string
	channel     *channel
	publisher   *peer   // newest; nil when the slot is free or held
	live        *source // what the publisher sends, or sent last
	filler      *source // the clip
	owner       string  // who may come back
	heldUntil   time.Time
	since       time.Time // of the state
	state       string
}

// AddCamera adds a slot to the session, or renames it for people. The first
// camera of a session is on air.
func (r *Relay) AddCamera(session, name, label string) {
	r.mu.Lock()
	s := r.shows[session]
	if s == nil {
		s = &show{relay: r, id: session, programme: newChannel(r)}
		r.shows[session] = s
	}
	r.mu.Unlock()
	s.mu.Lock()
	cam := s.find(name)
	if cam == nil {
		cam = &camera{name: name, channel: newChannel(r), state: "empty", since: r.cfg.Now()}
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

// RemoveCamera ends the slot, its publisher and its preview viewers.
func (r *Relay) RemoveCamera(session, name string) error {
	s := r.show(session)
	cam := s.camera(name)
	if cam == nil {
		return noCamera(session, name)
	}
	_ = r.Kick(session, name)
	s.mu.Lock()
	s.cameras = slices.DeleteFunc(s.cameras, func(c *camera) bool { return c == cam })
	if s.onAir == name {
		s.onAir = ""
	}
	s.mu.Unlock()
	for _, p := range r.list(func(p *peer) bool { return p.session == session && p.camera == name }) {
		r.drop(p, true)
	}
	r.listFeeds()
	r.nudge()
	return nil
}

// listFeeds renews the slate's list.
func (r *Relay) listFeeds() {
	r.mu.Lock()
	defer r.mu.Unlock()
	var feeds []*feed
	for _, s := range r.shows {
		s.mu.Lock()
		feeds = append(feeds, s.programme.video, s.programme.audio)
		for _, cam := range s.cameras {
			feeds = append(feeds, cam.channel.video, cam.channel.audio)
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

// Kick ends the camera's publisher and frees the slot for anyone.
func (r *Relay) Kick(session, name string) error {
	s := r.show(session)
	cam := s.camera(name)
	if cam == nil {
		return noCamera(session, name)
	}
	s.mu.Lock()
	p := cam.publisher
	cam.owner, cam.heldUntil = "", time.Time{}
	s.mu.Unlock()
	if p != nil {
		r.drop(p, true)
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
	if cam.publisher == nil && !now.Before(cam.heldUntil) {
		cam.live, cam.owner = nil, ""
	}
	state := "empty"
	switch {
	case cam.publisher != nil && cam.live != nil && cam.live.alive(ns):
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
func (s *show) guide(cam *camera, to *channel, now int64) {
	slates := &s.relay.slates
	picture := slates.picture(codec(to.video.family.Load()))
	sound := slates.vp8.audio
	if src := cam.shown(); src != nil {
		if src.video.alive(now) {
			picture = src.video
		}
		if src.audio.alive(now) {
			sound = src.audio
		}
	}
	to.video.choose(picture, now)
	to.audio.choose(sound, now)
}
