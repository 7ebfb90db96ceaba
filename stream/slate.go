package stream

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"hecai/stream/clip"
	"hecai/stream/codec"
)

// slates are the still picture, in both codecs, and the silence that stand in
// for a lost camera. They run all the time; feeds that don't want them refuse
// in a few nanoseconds.
type slates struct {
	relay  *Relay
	vp8    *source
	h264   *source
	loops  [2]*clip.Clip
	again  [2]atomic.Bool // start the loop again, with its keyframe
	frame  [2]int
	video  [2]rtp.Header
	audio  rtp.Header
	silent []byte
}

func (s *slates) load(r *Relay) error {
	s.relay = r
	s.vp8, s.h264 = newSource(&r.count), newSource(&r.count)
	s.vp8.slate, s.h264.slate = true, true
	s.vp8.video.setAsk(func() { s.again[0].Store(true) })
	s.h264.video.setAsk(func() { s.again[1].Store(true) })
	for i, h264 := range []bool{false, true} {
		c, err := clip.Load(clip.Slate, h264)
		if err != nil {
			return err
		}
		s.loops[i] = c
	}
	s.vp8.video.codec.Store(uint32(codec.VP8))
	s.h264.video.codec.Store(uint32(codec.H264Base))
	s.silent = s.loops[0].Audio[0].Payloads[0]
	return nil
}

// picture is the slate of a show whose pictures are c.
func (s *slates) picture(c codec.Codec) *track {
	if c.IsH264() {
		return s.h264.video
	}
	return s.vp8.video
}

// run plays the slates: silence every 20 ms, a picture every 200 ms.
func (s *slates) run() {
	const every = 20 * time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-s.relay.stop:
			return
		case <-tick.C:
		}
		now := s.relay.now()
		feeds := *s.relay.feeds.Load()
		s.sound(feeds, now)
		for i, src := range []*source{s.vp8, s.h264} {
			if n%10 == 0 || s.again[i].Load() {
				s.show(i, src, feeds, now)
			}
		}
	}
}

func (s *slates) sound(feeds []*Feed, now int64) {
	s.audio.SequenceNumber++
	s.audio.Timestamp = uint32(now / 1e3 * 48 / 1e3)
	s.vp8.audio.stamp(s.audio.Timestamp, now)
	for _, f := range feeds {
		if !f.video {
			f.write(s.vp8.audio, &s.audio, s.silent, codec.Opus, true, now)
		}
	}
}

func (s *slates) show(i int, src *source, feeds []*Feed, now int64) {
	if s.again[i].Swap(false) {
		s.frame[i] = 0
	}
	loop, h, c := s.loops[i], &s.video[i], codec.VP8
	if loop.H264 {
		c = codec.H264Base
	}
	f := loop.Video[s.frame[i]]
	s.frame[i] = (s.frame[i] + 1) % len(loop.Video)
	h.Timestamp = uint32(now / 1e3 * 90 / 1e3)
	src.video.stamp(h.Timestamp, now)
	for j, payload := range f.Payloads {
		h.SequenceNumber++
		h.Marker = j == len(f.Payloads)-1
		for _, to := range feeds {
			if to.video {
				to.write(src.video, h, payload, c, f.Key && j == 0, now)
			}
		}
	}
}

// stamp notes a packet of a source that is its own clock.
func (t *track) stamp(ts uint32, now int64) {
	t.src.mu.Lock()
	t.clock.Pin(ts, now)
	t.src.mu.Unlock()
	t.seen.Store(now)
}
