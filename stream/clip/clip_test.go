package clip

import (
	"fmt"
	"testing"

	"hecai/stream/keyframe"
)

func TestClipsLoopWithoutASeam(t *testing.T) {
	for _, tt := range []struct {
		name   Name
		h264   bool
		rate   int
		frames int
		every  int // pictures between keyframes
		sounds int
	}{
		{Stage, false, 15, 150, 15, 500}, {Close, false, 15, 150, 15, 500}, {Slate, false, 5, 10, 10, 100},
		{Stage, true, 15, 150, 15, 500}, {Close, true, 15, 150, 15, 500}, {Slate, true, 5, 10, 10, 100},
	} {
		t.Run(fmt.Sprint(tt.name, " H264 ", tt.h264), func(t *testing.T) {
			c, err := Load(tt.name, tt.h264)
			if err != nil {
				t.Fatal(err)
			}
			if c.Rate != tt.rate || c.H264 != tt.h264 {
				t.Errorf("%d pictures a second, H.264 %t", c.Rate, c.H264)
			}
			if len(c.Video) != tt.frames || len(c.Audio) != tt.sounds {
				t.Fatalf("%d pictures and %d sounds, want %d and %d", len(c.Video), len(c.Audio), tt.frames, tt.sounds)
			}
			for i, f := range c.Video {
				find := keyframe.VP8
				if c.H264 {
					find = keyframe.H264
				}
				if key := find(f.Payloads[0]); key != f.Key || f.Key != (i%tt.every == 0) {
					t.Errorf("picture %d: key %t, found %t", i, f.Key, key)
				}
				for _, p := range f.Payloads {
					if len(p) > mtu {
						t.Errorf("picture %d: payload of %d bytes", i, len(p))
					}
				}
			}
			for i, f := range c.Audio {
				if len(f.Payloads) != 1 || len(f.Payloads[0]) < 2 || len(f.Payloads[0]) > 400 {
					t.Errorf("sound %d: %d payloads", i, len(f.Payloads))
				}
			}
		})
	}
}

func TestClipsAreSmall(t *testing.T) {
	const limit = 700 << 10
	if n := len(stageIVF) + len(closeIVF) + len(hallOgg) + len(slateIVF) + len(slateH264) + len(stageH264) + len(closeH264); n > limit {
		t.Errorf("%d bytes embedded, limit %d", n, limit)
	}
}

func TestBrokenFilesAreRefused(t *testing.T) {
	for n := range 60 {
		if _, _, err := readIVF(slateIVF[:n]); err == nil {
			t.Errorf("IVF of %d bytes is taken", n)
		}
		if _, err := readOgg(hallOgg[:n], 1); err == nil {
			t.Errorf("Ogg of %d bytes is taken", n)
		}
	}
	if _, err := readH264([]byte{0, 0, 0, 1, 0x41, 0x9a, 0x02}); err == nil {
		t.Error("H.264 without a keyframe at the start is taken")
	}
	if _, err := Load("none", true); err == nil {
		t.Error("an unknown name is taken")
	}
}

func FuzzReadIVF(f *testing.F) {
	f.Add(slateIVF[:2000])
	f.Fuzz(func(_ *testing.T, b []byte) { _, _, _ = readIVF(b) })
}

func FuzzReadOgg(f *testing.F) {
	f.Add(hallOgg[:2000])
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = readOgg(b, 3) })
}
