// Package clip holds the embedded test programme and the slate, cut into RTP
// payloads ready to send. make.sh in this folder produced the files. A Clip is
// read-only after Load and so safe to share.
package clip

import (
	"bytes"
	_ "embed" // the files below
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/pion/rtp/codecs"
)

// mtu is the largest payload, in bytes: with SRTP, UDP and IPv6 it stays below
// 1280.
const mtu = 1160

//go:embed stage.ivf
var stageIVF []byte

//go:embed close.ivf
var closeIVF []byte

//go:embed hall.ogg
var hallOgg []byte

//go:embed stage.h264
var stageH264 []byte

//go:embed close.h264
var closeH264 []byte

//go:embed slate.ivf
var slateIVF []byte

//go:embed slate.h264
var slateH264 []byte

// Name chooses one of the embedded clips.
type Name string

// The clips.
const (
	Stage Name = "stage" // with sound: camera 1 of the test programme
	Close Name = "close" // with sound: camera 2
	Slate Name = "slate" // silent
)

// Frame is one picture, or one Opus packet, as RTP payloads.
type Frame struct {
	Key      bool
	Payloads [][]byte
}

// Clip is a loop.
type Clip struct {
	Name  Name
	H264  bool
	Rate  int     // pictures per second
	Video []Frame // one loop of pictures
	Audio []Frame // the same time in Opus packets of 20 ms
}

// length is the time of one loop.
func (c *Clip) length() time.Duration {
	return time.Duration(len(c.Video)) * time.Second / time.Duration(c.Rate)
}

// silence is one Opus packet of 20 ms that decodes to nothing (TOC: CELT,
// fullband, mono; RFC 6716 section 3.1).
var silence = []byte{0xf8, 0xff, 0xfe}

// Load prepares a clip, in H.264 or in VP8.
func Load(name Name, h264 bool) (*Clip, error) {
	c := &Clip{Name: name, H264: h264}
	var ivf, annexB []byte
	switch name {
	case Stage:
		ivf, annexB, c.Rate = stageIVF, stageH264, 15
	case Close:
		ivf, annexB, c.Rate = closeIVF, closeH264, 15
	case Slate:
		ivf, annexB, c.Rate = slateIVF, slateH264, 5
	default:
		return nil, fmt.Errorf("no clip %q", name)
	}
	var err error
	if h264 {
		c.Video, err = readH264(annexB)
	} else {
		c.Rate, c.Video, err = readIVF(ivf)
	}
	if err != nil {
		return nil, fmt.Errorf("read clip %s: %w", name, err)
	}
	packets := int(c.length() / (20 * time.Millisecond))
	if name == Stage || name == Close {
		c.Audio, err = readOgg(hallOgg, packets)
	} else {
		for range packets {
			c.Audio = append(c.Audio, Frame{Key: true, Payloads: [][]byte{silence}})
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read sound of clip %s: %w", name, err)
	}
	return c, nil
}

var errShort = errors.New("file ends too early")

// readIVF cuts an IVF file of VP8 into frames.
func readIVF(b []byte) (rate int, frames []Frame, err error) {
	if len(b) < 32 || string(b[:4]) != "DKIF" || string(b[8:12]) != "VP80" {
		return 0, nil, errors.New("not an IVF file of VP8")
	}
	rate = int(binary.LittleEndian.Uint32(b[16:]))
	pack := &codecs.VP8Payloader{}
	for b = b[32:]; len(b) > 0; {
		if len(b) < 12 {
			return 0, nil, errShort
		}
		n := int(binary.LittleEndian.Uint32(b))
		if n < 1 || n > len(b)-12 {
			return 0, nil, errShort
		}
		data := b[12 : 12+n]
		frames = append(frames, Frame{Key: data[0]&1 == 0, Payloads: pack.Payload(mtu, data)})
		b = b[12+n:]
	}
	if rate < 1 || len(frames) == 0 || !frames[0].Key {
		return 0, nil, errors.New("no keyframe at the start")
	}
	return rate, frames, nil
}

// readH264 cuts an Annex B stream into pictures of one slice each.
func readH264(b []byte) (frames []Frame, err error) {
	pack := &codecs.H264Payloader{}
	var picture []byte
	for _, nal := range bytes.Split(b, []byte{0, 0, 1}) {
		nal = bytes.TrimRight(nal, "\x00")
		if len(nal) == 0 {
			continue
		}
		picture = append(append(picture, 0, 0, 0, 1), nal...)
		if kind := nal[0] & 0x1f; kind == 1 || kind == 5 {
			frames = append(frames, Frame{Key: kind == 5, Payloads: pack.Payload(mtu, picture)})
			picture = nil
		}
	}
	if len(frames) == 0 || !frames[0].Key {
		return nil, errors.New("no keyframe at the start")
	}
	return frames, nil
}

// readOgg takes the first n Opus packets of an Ogg file.
func readOgg(b []byte, n int) (frames []Frame, err error) {
	packets, err := oggPackets(b)
	if err != nil {
		return nil, err
	}
	if len(packets) < n+2 { // OpusHead and OpusTags come first
		return nil, errShort
	}
	for _, p := range packets[2 : n+2] {
		frames = append(frames, Frame{Key: true, Payloads: [][]byte{p}})
	}
	return frames, nil
}

// oggPackets joins the segments of an Ogg file into packets (RFC 3533
// section 6). The file is our own, so checksums are not checked.
func oggPackets(b []byte) (packets [][]byte, err error) {
	var packet []byte
	for len(b) > 0 {
		if len(b) < 27 || string(b[:4]) != "OggS" {
			return nil, errShort
		}
		segments := int(b[26])
		if len(b) < 27+segments {
			return nil, errShort
		}
		table := b[27 : 27+segments]
		b = b[27+segments:]
		for _, n := range table {
			if len(b) < int(n) {
				return nil, errShort
			}
			packet = append(packet, b[:n]...)
			b = b[n:]
			if n < 255 {
				packets = append(packets, packet)
				packet = nil
			}
		}
	}
	return packets, nil
}
