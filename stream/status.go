package stream

import (
	"slices"
	"time"

	"hecai/stream/codec"
)

// CameraStatus is what staff see of one slot.
type CameraStatus struct {
	Name       string    `json:"name"`
	Label      string    `json:"label"`
	State      string    `json:"state"` // "empty", "live", "lost"
	OnAir      bool      `json:"onair"` // its picture, or the slate for it, is on programme
	Clip       bool      `json:"clip"`  // a test clip, not a camera
	Codec      string    `json:"codec"` // "VP8", "H264", "" unknown
	KeyframeMS int64     `json:"keyframeMs"`
	Warning    string    `json:"warning"` // one of the Warn codes, "" none
	Since      time.Time `json:"since"`   // of State
}

// Warnings about a camera's encoder, worst first. Pages translate the code.
const (
	WarnBFrames  = "stream.warn_b_frames"    // B-frames: pictures will shake
	WarnKeyframe = "stream.warn_keyframe"    // keyframes over 4 s apart: cuts and joins are slow
	WarnProfile  = "stream.warn_high"        // H.264 High: some phones stay black
	WarnNoSound  = "stream.warn_no_sound"    // no sound arrives
	WarnFrozen   = "stream.warn_no_pictures" // sound only
)

// Status is what is on programme.
type Status struct {
	Camera  string `json:"camera"` // chosen; "" none
	Label   string `json:"label"`
	State   string `json:"state"`   // "live" or "slate"
	Waiting bool   `json:"waiting"` // the cut waits for the camera's keyframe
	Codec   string `json:"codec"`   // of the picture going out
	Viewers int    `json:"viewers"`
}

// snapshot is all that OnChange is about.
type snapshot struct {
	cameras   []CameraStatus
	programme Status
}

// same compares what matters: figures that wander do not.
func (a snapshot) same(b snapshot) bool {
	return a.programme == b.programme && slices.EqualFunc(a.cameras, b.cameras, func(x, y CameraStatus) bool {
		x.KeyframeMS, y.KeyframeMS = 0, 0
		return x == y
	})
}

// Cameras lists the session's slots in the order they were added.
func (r *Relay) Cameras(session string) []CameraStatus {
	s := r.show(session)
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.look().cameras
}

// Programme tells what is on air, with the number of viewers.
func (r *Relay) Programme(session string) Status {
	s := r.show(session)
	if s == nil {
		return Status{State: "slate"}
	}
	s.mu.Lock()
	st := s.look().programme
	s.mu.Unlock()
	st.Viewers = int(s.programme.viewers.Load())
	return st
}

// look describes the session; the caller holds mu.
func (s *show) look() snapshot {
	out := snapshot{programme: Status{Camera: s.onAir, State: "slate"}}
	now := s.relay.now()
	for _, cam := range s.cameras {
		src := cam.shown()
		st := CameraStatus{
			Name: cam.name, Label: cam.label, State: cam.state, Since: cam.since,
			OnAir: cam.name == s.onAir, Clip: src != nil && src == cam.filler,
		}
		if src != nil {
			st.Codec = codec.Codec(src.video.codec.Load()).Name()
			st.KeyframeMS = src.video.keyEvery.Load() / 1e6
			st.Warning = src.warning(now, now-cam.since.UnixNano())
		}
		if st.OnAir {
			out.programme.Label = cam.label
		}
		out.cameras = append(out.cameras, st)
	}
	f := s.programme.Video
	if t := f.live.Load(); t != nil {
		out.programme.Codec = codec.Codec(t.codec.Load()).Name()
		if !t.src.slate && t.alive(now) {
			out.programme.State = "live"
		}
		if t.src.slate && s.programme.Audio.live.Load() != nil && f.want.Load() == t {
			// Sound without pictures: on air, under the still picture.
			if cam := s.find(s.onAir); cam.shown() != nil && !cam.shown().video.alive(now) {
				out.programme.State = "live"
			}
		}
		out.programme.Waiting = f.want.Load() != t
	}
	return out
}

// warning names the worst thing about the source, live for some ns.
func (s *source) warning(now, live int64) string {
	c := codec.Codec(s.video.codec.Load())
	const patience = 3e9
	switch {
	case s.video.bSlices.Load() > 2:
		return WarnBFrames
	case live > patience && !s.video.alive(now):
		return WarnFrozen
	case s.video.keyEvery.Load() > 4.5e9:
		return WarnKeyframe
	case c == codec.H264High:
		return WarnProfile
	case live > patience && !s.audio.alive(now):
		return WarnNoSound
	default:
		return ""
	}
}
