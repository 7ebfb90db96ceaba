package stream

import (
	"crypto/subtle"
	"slices"
	"time"

	"github.com/pion/rtp"

	"hecai/fault"
	"hecai/stream/codec"
)

// Holder is whom a camera's slot is kept for.
type Holder struct {
	Key   string // the identity that Kick names
	Owner string // proves that it is the same one who comes back; "" never does
}

// Inlet is one publisher's way into a camera's slot: a connection opens it,
// takes the slot when the two have agreed, and closes it.
type Inlet struct {
	show   *show
	cam    *camera
	source *source
	holder Holder
	end    func()
	works  bool // guarded by show.mu
}

// Open begins to publish a camera. It refuses who can't have the slot now. The
// relay calls end, maybe more than once and not while it holds a lock, when the
// connection has to go; that then closes the inlet.
func (r *Relay) Open(session, camera string, who Holder, end func()) (*Inlet, error) {
	s := r.show(session)
	cam := s.camera(camera)
	if cam == nil {
		return nil, noCamera(session, camera)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := cam.refusal(who, r.cfg.Now()); err != nil {
		return nil, err
	}
	return &Inlet{show: s, cam: cam, source: newSource(&r.count, cam.channel, s.programme), holder: who, end: end}, nil
}

// refusal is the error for one to whom the slot is not open now; the caller
// holds the show's mu.
func (c *camera) refusal(who Holder, now time.Time) error {
	if who.Owner != "" && sameOwner(who.Owner, c.holder.Owner) || !now.Before(c.heldUntil) {
		return nil
	}
	return fault.New(fault.Conflict, "stream.slot_taken", "camera %q has a publisher", c.name).
		With("camera", c.name).After(c.heldUntil.Sub(now))
}

// sameOwner compares in constant time.
func sameOwner(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// Take gives the slot to the inlet. The publisher before it goes on until Works
// is called.
func (in *Inlet) Take() error {
	s, now := in.show, in.show.relay.cfg.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := in.cam.refusal(in.holder, now); err != nil {
		return err // another was quicker
	}
	in.cam.inlets = append(in.cam.inlets, in)
	in.cam.holder, in.cam.heldUntil = in.holder, now.Add(holdFor)
	s.relay.count.publishers.Add(1)
	return nil
}

// Works notes that the connection stands, and ends those it has taken over from.
func (in *Inlet) Works() {
	s := in.show
	s.mu.Lock()
	in.works = true
	before := slices.Clone(in.cam.inlets[:max(slices.Index(in.cam.inlets, in), 0)])
	s.mu.Unlock()
	for _, old := range before {
		old.end()
	}
}

// Close notes that the connection ended, and takes its picture off the air.
// wanted says that someone asked for it: the slot is free at once. Else it is
// held for its owner. One that never worked gives it back to the one it was
// taking over from.
func (in *Inlet) Close(wanted bool) {
	s, cam := in.show, in.cam
	in.source.ended.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.Index(cam.inlets, in)
	if at < 0 {
		return
	}
	had := cam.publisher() == in
	cam.inlets = slices.Delete(cam.inlets, at, at+1)
	s.relay.count.publishers.Add(-1)
	old := cam.publisher()
	switch {
	case !had:
	case old != nil:
		cam.holder = old.holder
	case wanted:
		cam.free()
	default:
		cam.heldUntil = s.relay.cfg.Now().Add(holdFor)
	}
	s.relay.nudge()
}

// free makes the slot anyone's; the caller holds the show's mu.
func (c *camera) free() { c.live, c.holder, c.heldUntil = nil, Holder{}, time.Time{} }

// Kick ends every camera of an identity, and lets go of the slots held for its
// return. Whoever calls it has taken the identity's rights away before, so that
// it can't come back.
func (r *Relay) Kick(key string) {
	if key == "" {
		return
	}
	for _, s := range r.list() {
		var out []*Inlet
		s.mu.Lock()
		for _, cam := range s.cameras {
			for _, in := range cam.inlets {
				if in.holder.Key == key {
					out = append(out, in)
				}
			}
			if len(cam.inlets) == 0 && cam.holder.Key == key {
				cam.free()
			}
		}
		s.mu.Unlock()
		for _, in := range out {
			in.end()
		}
	}
	r.nudge()
}

// onto makes the inlet's source the camera's, at its first packet.
func (in *Inlet) onto() {
	in.show.mu.Lock()
	if in.cam.publisher() == in {
		in.cam.live = in.source
	}
	in.show.mu.Unlock()
	in.show.relay.nudge()
}

// Reported takes the camera's RTCP sender report: the moment ntp, ns since 1970
// by its clock, was timestamp ts.
func (in *Inlet) Reported(video bool, ntp int64, ts uint32) { in.source.reported(video, ntp, ts) }

// Layer is one RTP stream of an inlet. A camera that sends several of a kind is
// shown by one of them. Only one goroutine uses it.
type Layer struct {
	inlet  *Inlet
	track  *track
	ssrc   uint32
	ask    func()
	taking bool
}

// Layer adds a stream. ask asks the camera for a keyframe, and never waits; nil
// is for sound.
func (in *Inlet) Layer(video bool, ssrc uint32, ask func()) *Layer {
	l := &Layer{inlet: in, track: in.source.audio, ssrc: ssrc, ask: ask}
	if video {
		l.track = in.source.video
	}
	return l
}

// Push takes a packet that arrived now. It neither keeps nor changes the payload,
// and never waits.
func (l *Layer) Push(h *rtp.Header, payload []byte, c codec.Codec) {
	t, now := l.track, l.inlet.show.relay.now()
	if t.src.ended.Load() || t.video && !c.Is(l.inlet.cam.channel.codec) {
		return
	}
	t.one.Lock()
	taken := t.take(l.ssrc, now)
	if taken {
		t.push(h, payload, c, now)
	}
	t.one.Unlock()
	if taken && !l.taking {
		t.setAsk(l.ask)
		l.inlet.onto()
	}
	l.taking = taken
}

// Close ends the stream.
func (l *Layer) Close() {
	if l.track.video {
		l.track.give(l.ssrc)
	}
}
