package tally

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"hecai/stream"
	"hecai/stream/codec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// camera is a publisher without a network.
type camera struct {
	video, audio *stream.Layer
	v, a         rtp.Header
}

func newCamera(t *testing.T, r *stream.Relay, name string, start uint16) *camera {
	t.Helper()
	r.AddCamera("final", name, name)
	in, err := r.Open("final", name, stream.Holder{}, func() {})
	if err == nil {
		err = in.Take()
	}
	if err != nil {
		t.Fatal(err)
	}
	c := &camera{video: in.Layer(true, 1, func() {}), audio: in.Layer(false, 2, nil)}
	c.v.SequenceNumber, c.a.SequenceNumber = start, start+9
	c.v.Timestamp, c.a.Timestamp = uint32(start)*7919, uint32(start)*104729
	return c
}

// frame sends a keyframe of three packets of 100 bytes, and a sound of 10.
func (c *camera) frame() {
	c.v.Timestamp += 1800
	for i := range 3 {
		body := make([]byte, 100)
		body[0] = 0x7c // a piece of an IDR slice, the first or another
		body[1] = 0x05
		if i == 0 {
			body[1] |= 0x80
		}
		c.v.SequenceNumber++
		c.v.Marker = i == 2
		c.video.Push(&c.v, body, codec.H264Base)
	}
	c.a.SequenceNumber++
	c.a.Timestamp += 960
	c.audio.Push(&c.a, make([]byte, 10), codec.Opus)
}

// TestARecorderCountsFramesAndCuts: two cameras with clocks of their own are one
// recording, whose frames are whole and whose cuts are known.
func TestARecorderCountsFramesAndCuts(t *testing.T) {
	r, err := stream.New(stream.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cams := map[string]*camera{"a": newCamera(t, r, "a", 65500), "b": newCamera(t, r, "b", 300)}
	live := func(name string) {
		t.Helper()
		if err := r.Switch("final", name); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			for _, c := range cams {
				c.frame()
			}
			if p := r.Programme("final"); p.Camera == name && p.State == "live" && !p.Waiting {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%s is not on air", name)
			}
		}
	}
	live("a")
	programme, err := r.Channel("final", "")
	if err != nil {
		t.Fatal(err)
	}
	rec := Start(programme)
	live("a") // some more of it
	for _, name := range []string{"b", "a", "b"} {
		live(name)
	}
	video, audio := rec.Stop()
	if video.Cuts != 3 {
		t.Errorf("%d cuts of the picture, want 3", video.Cuts)
	}
	if video.Frames < 4 || video.Packets != 3*video.Frames || video.Bytes != 100*video.Packets {
		t.Errorf("pictures: %+v, want frames of 3 packets of 100 bytes", video)
	}
	if audio.Frames < 1 || audio.Packets != audio.Frames {
		t.Errorf("sound: %+v", audio)
	}
}

// TestARecorderIsSmall: what makes a sink is in its package, in sixty lines.
func TestARecorderIsSmall(t *testing.T) {
	body, err := os.ReadFile("tally.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(body), "\n"); n > 60 {
		t.Errorf("%d lines", n)
	}
}
