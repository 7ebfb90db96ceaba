package webrtc

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"hecai/fault"
	"hecai/stream/codec"
)

// codecOf recognises negotiated parameters.
func codecOf(c webrtc.RTPCodecCapability) codec.Codec {
	switch {
	case strings.EqualFold(c.MimeType, webrtc.MimeTypeVP8):
		return codec.VP8
	case strings.EqualFold(c.MimeType, webrtc.MimeTypeOpus):
		return codec.Opus
	case strings.EqualFold(c.MimeType, webrtc.MimeTypeH264):
		idc, err := strconv.ParseUint(fmtpValue(c.SDPFmtpLine, "profile-level-id")+"000000", 16, 64)
		if err != nil {
			return codec.H264Base
		}
		for idc > 0xff {
			idc >>= 8
		}
		return codec.H264(byte(idc))
	default:
		return codec.None
	}
}

// fmtpValue reads one parameter of a format line.
func fmtpValue(line, key string) string {
	for part := range strings.SplitSeq(line, ";") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if ok && strings.EqualFold(name, key) {
			return value
		}
	}
	return ""
}

// profiles are the H.264 profile-level-ids taken, best for phones first:
// constrained baseline, baseline, main, constrained high (Safari), high.
func profiles() []string {
	return []string{"42e01f", "42001f", "4d001f", "4d401f", "640c1f", "64001f"}
}

// register teaches the media engine the codecs of shows with such pictures.
// Payload types follow the peer's offer; ours only have to differ.
func register(m *webrtc.MediaEngine, video codec.Codec, feedback []webrtc.RTCPFeedback) error {
	err := m.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
		},
		PayloadType: 111,
	}, webrtc.RTPCodecTypeAudio)
	pt := webrtc.PayloadType(96)
	add := func(mime, fmtp string) {
		for i, c := range []webrtc.RTPCodecCapability{
			{MimeType: mime, ClockRate: 90000, SDPFmtpLine: fmtp, RTCPFeedback: feedback},
			{MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: fmt.Sprintf("apt=%d", pt)},
		} {
			if err == nil {
				err = m.RegisterCodec(webrtc.RTPCodecParameters{
					RTPCodecCapability: c, PayloadType: pt + webrtc.PayloadType(i),
				}, webrtc.RTPCodecTypeVideo)
			}
		}
		if pt += 2; pt == 110 {
			pt = 112
		} else if pt > 126 {
			pt = 35
		}
	}
	if !video.IsH264() {
		add(webrtc.MimeTypeVP8, "")
	} else {
		for _, mode := range []int{1, 0} {
			for _, id := range profiles() {
				add(webrtc.MimeTypeH264, fmt.Sprintf(
					"level-asymmetry-allowed=1;packetization-mode=%d;profile-level-id=%s", mode, id))
			}
		}
	}
	if err != nil {
		return fmt.Errorf("register codecs: %w", err)
	}
	return nil
}

// offer is what we need to know of an offered session description.
type offer struct {
	video, audio bool
	codecs       map[string]bool // "VP8", "H264", "Opus"
}

// readOffer checks an offer against RFC 9725 section 4.4: at most one audio and
// one video section, all going the given way ("sendonly" for a camera).
func readOffer(text, way string) (*offer, error) {
	bad := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "stream.bad_sdp", format, args...)
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return nil, fault.Wrap(fault.Invalid, "stream.bad_sdp", err, "parse offer")
	}
	o := &offer{codecs: map[string]bool{}}
	for _, m := range d.MediaDescriptions {
		var seen *bool
		switch m.MediaName.Media {
		case "video":
			seen = &o.video
		case "audio":
			seen = &o.audio
		default:
			return nil, bad("section %q is not audio or video", m.MediaName.Media)
		}
		if *seen {
			return nil, bad("more than one %s section", m.MediaName.Media)
		}
		*seen = true
		for _, a := range m.Attributes {
			switch a.Key {
			case "sendonly", "recvonly", "inactive":
				if a.Key != way {
					return nil, bad("section %s is %s, want %s", m.MediaName.Media, a.Key, way)
				}
			case "rtpmap":
				_, format, _ := strings.Cut(a.Value, " ")
				name, _, _ := strings.Cut(format, "/")
				for c := codec.VP8; c < codec.Count; c++ {
					if strings.EqualFold(name, c.Name()) {
						o.codecs[c.Name()] = true
					}
				}
			}
		}
	}
	if !o.video && !o.audio {
		return nil, bad("no audio or video section")
	}
	return o, nil
}

// publishes refuses a camera's offer without the show's codecs, and says which
// setting has to change: it depends on what is needed.
func (o *offer) publishes(video codec.Codec) error {
	switch {
	case !o.video || o.codecs[video.Name()]:
		return o.hears()
	case video == codec.VP8:
		return fault.New(fault.Invalid, "stream.need_vp8", "offer has no VP8")
	default:
		return fault.New(fault.Invalid, "stream.need_h264", "offer has no H.264")
	}
}

// plays refuses a viewer's offer without the show's codecs.
func (o *offer) plays(video codec.Codec) error {
	if o.video && !o.codecs[video.Name()] {
		return needs(video)
	}
	return o.hears()
}

// hears refuses an offer whose sound has no Opus.
func (o *offer) hears() error {
	if o.audio && !o.codecs[codec.Opus.Name()] {
		return needs(codec.Opus)
	}
	return nil
}

func needs(c codec.Codec) *fault.Error {
	return fault.New(fault.Invalid, "stream.codec", "offer has no %s", c.Name()).With("need", c.Name())
}
