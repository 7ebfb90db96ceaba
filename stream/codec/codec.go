// Package codec numbers what a packet of the relay carries. It is pure.
package codec

// Codec is the format of one packet. H.264 counts by profile, because a WebRTC
// viewer has a payload type for each.
type Codec uint8

// The codecs that the relay knows.
const (
	None Codec = iota
	VP8
	H264Base
	H264Main
	H264High
	Opus
	Count // how many numbers there are
)

// Name is the codec as staff and pages know it: "VP8", "H264", "Opus", or "".
func (c Codec) Name() string {
	switch c {
	case VP8:
		return "VP8"
	case H264Base, H264Main, H264High:
		return "H264"
	case Opus:
		return "Opus"
	default:
		return ""
	}
}

// IsH264 reports whether it is H.264, of any profile.
func (c Codec) IsH264() bool { return c >= H264Base && c <= H264High }

// Is reports whether it is the other one, of whatever profile.
func (c Codec) Is(other Codec) bool { return c == other || c.IsH264() && other.IsH264() }

// H264 gives the codec of a profile_idc.
func H264(idc byte) Codec {
	switch idc {
	case 0x4d, 0x58:
		return H264Main
	case 0x64, 0x6e, 0x7a, 0xf4:
		return H264High
	default:
		return H264Base
	}
}
