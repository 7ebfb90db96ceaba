package stream

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"hecai/stream/codec"
	"hecai/stream/keyframe"
	"hecai/stream/timeline"
)

// source is one origin of pictures and sound: a camera's connection, a clip or
// the slate. Its two tracks share a capture clock.
type source struct {
	slate bool
	ended atomic.Bool // closed: nothing more is taken of it
	video *track
	audio *track

	mu sync.Mutex    // guards the clocks and reports below
	sr [2]lastReport // of the camera: video, audio
}

// lastReport is an RTCP sender report: the moment ntp, ns, was timestamp ts.
type lastReport struct {
	ntp int64
	ts  uint32
	set bool
}

// track is one kind of a source. Only one reader at a time calls push.
type track struct {
	one   sync.Mutex    // held by the camera's reader that takes a packet
	layer atomic.Uint32 // SSRC of the one stream that is taken; 0 none yet

	src   *source
	video bool
	outs  []*Feed         // the camera's own channel and the programme
	clock *timeline.Clock // guarded by src.mu
	seen  atomic.Int64    // arrival of the newest packet, ns; 0 never
	codec atomic.Uint32
	count *counters

	ask   atomic.Pointer[func()] // asks the camera for a keyframe; nil: can't
	asked atomic.Int64           // when, ns

	keyTS    uint32
	keySeen  bool
	keyAt    int64
	keyEvery atomic.Int64 // between the last two keyframes, ns
	bSlices  atomic.Uint32
	looked   int // packets examined for B slices
}

// newSource makes a source that feeds a camera's channel and the programme.
func newSource(count *counters, outs ...*Channel) *source {
	s := &source{}
	s.video = &track{src: s, video: true, clock: timeline.NewClock(90000), count: count}
	s.audio = &track{src: s, clock: timeline.NewClock(48000), count: count}
	for _, c := range outs {
		s.video.outs = append(s.video.outs, c.Video)
		s.audio.outs = append(s.audio.outs, c.Audio)
	}
	return s
}

// take claims the track for a stream of the camera: one that sends several
// layers, or sends anew under another SSRC, is shown by one of them, and by
// another only when that one has ended. The caller holds one.
func (t *track) take(ssrc uint32, now int64) bool {
	have := t.layer.Load()
	if have == ssrc {
		return true
	}
	if have != 0 && t.alive(now) {
		return false
	}
	t.layer.Store(ssrc)
	return true
}

// give ends what take began, if the stream still has the track.
func (t *track) give(ssrc uint32) {
	t.one.Lock()
	defer t.one.Unlock()
	if t.layer.CompareAndSwap(ssrc, 0) {
		t.setAsk(nil)
	}
}

// enough is how many packets are searched for B slices: a few seconds.
const enough = 2000

// push takes one packet of the camera that arrived at time at (ns) into the
// feeds. It neither keeps nor changes the payload, and never waits.
func (t *track) push(h *rtp.Header, payload []byte, c codec.Codec, at int64) {
	if len(payload) == 0 { // padding of a bandwidth probe
		return
	}
	key := false
	if t.video {
		key = t.inspect(h, payload, &c, at)
	}
	t.codec.Store(uint32(c))
	t.src.mu.Lock()
	t.clock.Observe(h.Timestamp, at)
	captured := t.clock.At(h.Timestamp)
	t.src.mu.Unlock()
	t.seen.Store(at)
	t.count.in.Add(1)
	for _, f := range t.outs {
		f.write(t, h, payload, c, key, captured)
	}
}

// inspect looks for a keyframe's first packet and for what encoders do that
// browsers don't take. It corrects c to the H.264 profile really sent.
func (t *track) inspect(h *rtp.Header, payload []byte, c *codec.Codec, at int64) (key bool) {
	switch {
	case *c == codec.VP8:
		key = keyframe.VP8(payload)
	case c.IsH264():
		if idc, _, ok := keyframe.Profile(payload); ok {
			*c = codec.H264(idc)
		} else if was := codec.Codec(t.codec.Load()); was.IsH264() {
			*c = was
		}
		if t.looked++; t.looked < enough && keyframe.BSlice(payload) {
			t.bSlices.Add(1)
		}
		key = keyframe.H264(payload)
	}
	if !key || t.keySeen && h.Timestamp == t.keyTS {
		return false
	}
	if t.keySeen {
		t.keyEvery.Store(at - t.keyAt)
	}
	t.keyTS, t.keySeen, t.keyAt = h.Timestamp, true, at
	return true
}

// alive reports whether packets came lately.
func (t *track) alive(now int64) bool {
	seen := t.seen.Load()
	return seen != 0 && now-seen < int64(lostAfter)
}

// alive reports whether either track is.
func (s *source) alive(now int64) bool { return s.video.alive(now) || s.audio.alive(now) }

// requestKey asks the camera for a keyframe, at most once in every.
func (t *track) requestKey(now int64, every time.Duration) {
	ask := t.ask.Load()
	if ask == nil {
		return
	}
	last := t.asked.Load()
	if now-last < int64(every) || !t.asked.CompareAndSwap(last, now) {
		return
	}
	t.count.keyAsks.Add(1)
	(*ask)()
}

// reported takes the camera's sender report. Once both tracks have one, sound
// is placed by them relative to the picture, whatever the paths' delays.
func (s *source) reported(video bool, ntp int64, ts uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := 1
	if video {
		i = 0
	}
	s.sr[i] = lastReport{ntp, ts, true}
	if s.sr[0].set && s.sr[1].set && s.video.clock.Ready() && s.audio.clock.Ready() {
		ours := s.video.clock.At(s.sr[0].ts) - s.sr[0].ntp // their clock to ours
		s.audio.clock.Pin(s.sr[1].ts, s.sr[1].ntp+ours)
	}
}

// setAsk sets the way to ask the camera for keyframes.
func (t *track) setAsk(ask func()) {
	if ask == nil {
		t.ask.Store(nil)
		return
	}
	t.ask.Store(&ask)
}
