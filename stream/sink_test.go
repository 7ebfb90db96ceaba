package stream

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"

	"hecai/stream/codec"
	"hecai/stream/rtpbuf"
)

// until waits for a condition.
func until(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("%s: not after 30 s", what)
		}
	}
}

// newChannelOf is a running relay and a channel that one source is live on.
func newChannelOf(tb testing.TB) (*Relay, *Channel, *camcorder) {
	tb.Helper()
	r, err := New(Config{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = r.Close() })
	c := newChannel(r, codec.VP8)
	cam := &camcorder{source: newSource(&r.count, c)}
	cam.on(c)
	return r, c, cam
}

// camcorder is a source that is pushed by hand.
type camcorder struct {
	*source
	v, a rtp.Header
	n    int
}

// on makes the channel want the source.
func (s *camcorder) on(c *Channel) {
	c.Video.choose(s.video, 0)
	c.Audio.choose(s.audio, 0)
}

// perFrame packets are a picture.
const perFrame = 5

// frame sends a picture, every tenth of them a keyframe, and a sound.
func (s *camcorder) frame(at int64) {
	s.v.Timestamp += 3600
	for i := range perFrame {
		body := []byte{0, byte(i), 1, 1}
		if i == 0 {
			if body[0] = 0x10; s.n%10 == 0 {
				body[1] = 0 // P clear: a keyframe
			} else {
				body[1] = 1
			}
		}
		s.v.SequenceNumber++
		s.v.Marker = i == perFrame-1
		s.video.push(&s.v, body, codec.VP8, at)
	}
	s.n++
	s.a.Timestamp += 1920
	s.a.SequenceNumber++
	s.audio.push(&s.a, []byte{1, 2}, codec.Opus, at)
}

// kept is a sink that notes everything, and stands still while it is told to.
type kept struct {
	mu    sync.Mutex // taken by the test to hold the sink
	seen  []rtpbuf.Packet
	count atomic.Int64
	ended chan struct{}
}

func newKept() *kept { return &kept{ended: make(chan struct{})} }

func (k *kept) Packet(p *rtpbuf.Packet) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen = append(k.seen, *p)
	k.count.Add(1)
}

func (k *kept) End() { close(k.ended) }

// TestASlowSinkLosesWholeFrames: a sink that stands still for a while loses
// pictures as a whole, goes on with a keyframe that was asked for, and neither the
// camera nor another sink notices.
func TestASlowSinkLosesWholeFrames(t *testing.T) {
	r, c, cam := newChannelOf(t)
	var asked atomic.Int32
	cam.video.setAsk(func() { asked.Add(1) })
	slow, quick := newKept(), newKept()
	endSlow, endQuick := c.Attach(slow), c.Attach(quick)
	ms := int64(1e6)
	at := r.now()
	frames := 0
	send := func(n int) {
		for range n {
			cam.frame(at + int64(frames)*40*ms)
			frames++
			until(t, "the quick sink has it", func() bool { return quick.count.Load() == int64(frames*(perFrame+1)) })
		}
	}
	send(3)
	until(t, "the slow sink has it too", func() bool { return slow.count.Load() == quick.count.Load() })
	slow.mu.Lock()
	send(queued/(perFrame+1) + 500)
	slow.mu.Unlock()
	lost := r.Stats().Dropped
	until(t, "the slow sink has caught up", func() bool { return uint64(slow.count.Load())+lost == uint64(quick.count.Load()) })
	send(20)
	endSlow()
	endQuick()
	<-slow.ended
	<-quick.ended

	pictures := map[uint32]int{}
	var last *rtpbuf.Packet
	gaps := 0
	for i := range slow.seen {
		p := &slow.seen[i]
		if !p.Video {
			continue
		}
		pictures[p.TS]++
		if last != nil && p.Seq != last.Seq+1 {
			if gaps++; !p.Key {
				t.Errorf("after a loss the picture goes on with packet %d, no keyframe", p.Seq)
			}
		}
		last = p
	}
	if gaps == 0 || lost == 0 {
		t.Fatalf("%d gaps, %d packets lost: the sink was not slow", gaps, lost)
	}
	for ts, n := range pictures {
		if n != perFrame {
			t.Errorf("%d packets of picture %d, want %d", n, ts, perFrame)
		}
	}
	if asked.Load() == 0 {
		t.Error("no keyframe was asked for")
	}
	if last.Seq != quick.seen[len(quick.seen)-2].Seq {
		t.Error("the slow sink did not come back")
	}
}

// TestTheQueueLosesAFrameThatIsPartlyIn: what is queued of a picture goes when
// the rest finds no place, and sound between its packets stays.
func TestTheQueueLosesAFrameThatIsPartlyIn(t *testing.T) {
	_, c, _ := newChannelOf(t)
	o := newOutlet(c, nil, false)
	o.slots = make([]rtpbuf.Packet, 8)
	put := func(video bool, seq uint64, ts uint32, key bool) {
		o.put(&rtpbuf.Packet{Video: video, Seq: seq, TS: ts, Key: key, Payload: []byte{byte(seq)}})
	}
	put(true, 1, 10, true)
	put(true, 2, 10, false)
	put(false, 100, 5, false)
	put(true, 3, 20, false)
	put(false, 101, 6, false)
	put(true, 4, 20, false)
	put(true, 5, 20, false)
	put(true, 6, 20, false)
	put(true, 7, 20, false) // no place
	put(true, 8, 20, false) // of a frame that is lost
	put(true, 9, 30, false) // can't be decoded without it
	put(true, 10, 40, true)
	put(true, 8, 20, false) // late
	var got []uint64
	for p, _ := o.next(false); p != nil; p, _ = o.next(true) {
		if len(p.Payload) != 1 || p.Payload[0] != byte(p.Seq) {
			t.Errorf("packet %d has the payload of %v", p.Seq, p.Payload)
		}
		got = append(got, p.Seq)
	}
	want := []uint64{1, 2, 100, 101, 10}
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

// TestPacketsKnowTheirTimeAndShot: a cut is marked by the first packet after it,
// timestamps run on, and the time of capture is the camera's.
func TestPacketsKnowTheirTimeAndShot(t *testing.T) {
	r, c, one := newChannelOf(t)
	two := &camcorder{source: newSource(&r.count, c)}
	two.v.Timestamp, two.a.Timestamp, two.v.SequenceNumber = 4e9, 17, 65530
	k := newKept()
	end := c.Attach(k)
	at, ms := r.now(), int64(1e6)
	for i := range int64(20) {
		if i == 10 {
			two.on(c)
		} else if i < 10 {
			one.frame(at + i*40*ms)
		}
		two.frame(at + i*40*ms)
		if i >= 10 {
			one.frame(at + i*40*ms) // is off the air
		}
	}
	until(t, "all packets", func() bool { return k.count.Load() == 20*(perFrame+1) })
	end()
	<-k.ended
	type state struct {
		ts   uint32
		shot uint32
		cuts int
		n    int64
	}
	var tracks [2]state
	for _, p := range k.seen {
		s := &tracks[0]
		if !p.Video {
			s = &tracks[1]
		}
		if s.n > 0 && int32(p.TS-s.ts) < 0 {
			t.Errorf("timestamp %d after %d", p.TS, s.ts)
		}
		if s.n > 0 && p.Shot != s.shot {
			if s.cuts++; p.Video && !p.Key {
				t.Error("a cut is not on a keyframe")
			}
		}
		frame := s.n
		if p.Video {
			frame /= perFrame
		}
		if d := p.Captured - (at + frame*40*ms); d < -2*ms || d > 2*ms {
			t.Errorf("frame %d was taken %d us off", frame, d/1000)
		}
		s.ts, s.shot = p.TS, p.Shot
		s.n++
	}
	if tracks[0].cuts != 1 || tracks[1].cuts != 1 {
		t.Errorf("%d cuts of the picture and %d of the sound, want 1 and 1", tracks[0].cuts, tracks[1].cuts)
	}
}

// stumbling panics at its first packet.
type stumbling struct{ kept }

func (s *stumbling) Packet(p *rtpbuf.Packet) {
	s.kept.Packet(p)
	if s.count.Load() == 1 {
		panic("示例")
	}
}

func TestASinkThatPanicsLosesThatPacketOnly(t *testing.T) {
	r, c, cam := newChannelOf(t)
	s := &stumbling{kept{ended: make(chan struct{})}}
	end := c.Attach(s)
	cam.frame(r.now())
	until(t, "all packets", func() bool { return s.count.Load() == perFrame+1 })
	end()
	<-s.ended
}

// null counts, and nothing else.
type null struct{ n atomic.Int64 }

func (s *null) Packet(*rtpbuf.Packet) { s.n.Add(1) }
func (s *null) End()                  {}

// TestAPacketsWayToASinkAllocatesNothing holds the core's part of the media path.
func TestAPacketsWayToASinkAllocatesNothing(t *testing.T) {
	push := pushing(t, 2)
	if n := testing.AllocsPerRun(2000, push); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
}

// pushing gives a function that sends one packet to n sinks and waits for them.
func pushing(tb testing.TB, n int) func() {
	tb.Helper()
	r, c, cam := newChannelOf(tb)
	sinks := make([]null, n)
	for i := range sinks {
		tb.Cleanup(c.Follow(&sinks[i]))
	}
	at, sent := r.now(), int64(0)
	body := make([]byte, 1100)
	body[0] = 0x10
	push := func() {
		cam.v.SequenceNumber++
		cam.v.Timestamp += 900
		at += 1e7
		cam.video.push(&cam.v, body, codec.VP8, at)
		body[1] = 1 // no more keyframes
		sent++
		for i := range sinks {
			for sinks[i].n.Load() < sent {
				runtime.Gosched()
			}
		}
	}
	for range 2 * queued { // warm the ring and the queues
		push()
	}
	return push
}

func BenchmarkPush(b *testing.B) {
	push := pushing(b, 2)
	b.ReportAllocs()
	for b.Loop() {
		push()
	}
}
