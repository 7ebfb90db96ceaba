package stream

import (
	"context"
	"time"

	"github.com/pion/rtp"

	"hecai/fault"
	"hecai/stream/clip"
	"hecai/stream/codec"
)

// Clip names an embedded test programme.
type Clip = clip.Name

// The test programme's two cameras. Their sound is the same, and in step.
const (
	ClipStage Clip = clip.Stage
	ClipClose Clip = clip.Close
)

// PlayClip fills the camera's slot with a looping clip until ctx ends. A real
// publisher of the same camera goes before it. It returns at once.
func (r *Relay) PlayClip(ctx context.Context, session, camera string, name Clip) error {
	s := r.show(session)
	cam := s.camera(camera)
	if cam == nil {
		return noCamera(session, camera)
	}
	loop, err := clip.Load(name, s.programme.codec.IsH264())
	if err != nil {
		return fault.Wrap(fault.Invalid, "stream.no_clip", err, "play clip")
	}
	src := newSource(&r.count, cam.channel, s.programme)
	s.fill(cam, src)
	r.spawn(func() {
		defer s.unfill(cam, src)
		p := player{clip: loop, src: src}
		p.run(ctx, r)
	})
	return nil
}

// player sends a clip in real time.
type player struct {
	clip         *clip.Clip
	src          *source
	video, audio rtp.Header
	pictures     int64 // sent since the epoch, or skipped
	sounds       int64
}

// run plays until ctx or the relay ends. All clips of a relay are in step: each
// stands where it would stand had it started at the Unix epoch.
func (p *player) run(ctx context.Context, r *Relay) {
	const pace = 10 * time.Millisecond
	tick := time.NewTicker(pace)
	defer tick.Stop()
	now := r.now()
	p.pictures, p.sounds = now/p.perPicture(), now/perSound
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.stop:
			return
		case <-tick.C:
			p.upTo(r.now())
		}
	}
}

// perSound is the length of an Opus packet, ns.
const perSound = int64(20 * time.Millisecond)

func (p *player) perPicture() int64 { return int64(time.Second) / int64(p.clip.Rate) }

// upTo sends what is due. After a long stop of the process it goes on from now
// instead of sending the past.
func (p *player) upTo(now int64) {
	pictures, sounds := now/p.perPicture(), now/perSound
	if pictures-p.pictures > int64(p.clip.Rate) {
		p.pictures, p.sounds = pictures-1, sounds-1
	}
	c := codec.VP8
	if p.clip.H264 {
		c = codec.H264Base
	}
	for ; p.pictures < pictures; p.pictures++ {
		f := p.clip.Video[p.pictures%int64(len(p.clip.Video))]
		p.video.Timestamp = uint32(p.pictures * 90000 / int64(p.clip.Rate))
		for i, payload := range f.Payloads {
			p.video.SequenceNumber++
			p.video.Marker = i == len(f.Payloads)-1
			p.src.video.push(&p.video, payload, c, now)
		}
	}
	for ; p.sounds < sounds; p.sounds++ {
		f := p.clip.Audio[p.sounds%int64(len(p.clip.Audio))]
		p.audio.SequenceNumber++
		p.audio.Timestamp = uint32(p.sounds * 960)
		p.src.audio.push(&p.audio, f.Payloads[0], codec.Opus, now)
	}
}
