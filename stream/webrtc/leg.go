package webrtc

import (
	"strconv"
	"sync/atomic"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"hecai/stream"
	"hecai/stream/codec"
	"hecai/stream/rtpbuf"
)

// Bounds of what one viewer may cost.
const (
	// catchUp is the longest run a new viewer is started from; beyond it a fresh
	// keyframe is cheaper than the burst.
	catchUp   = 640
	burst     = 16   // packets of the past sent to a new viewer per packet of now
	repairs   = 1000 // repaired packets per viewer and second
	reportGap = 1e9  // between sender reports, ns
)

// binding is what a connection has negotiated for a leg.
type binding struct {
	w       webrtc.TrackLocalWriter
	ssrc    uint32
	rtx     uint32             // SSRC of repairs, 0 none
	pt      [codec.Count]uint8 // payload type by codec, 0 none
	repairs [128]uint8         // payload type of repairs by payload type
}

// leg carries one feed to one viewer. It is a webrtc.TrackLocal. The fields
// below "fan" belong to the leg's fan, those below "reader" to the goroutine that
// reads the viewer's RTCP.
type leg struct {
	feed   *stream.Feed
	viewer *viewer
	bound  atomic.Pointer[binding]

	packets, octets atomic.Uint32 // sent, for sender reports

	// fan
	started bool
	from    uint64 // where the viewer began
	cursor  uint64 // next packet of the past; 0: in step
	skip    uint64 // sent while catching up
	head    rtp.Header
	reports int64 // when the next sender report is due, ns

	// reader
	fix     rtpbuf.Packet
	fixHead rtp.Header
	fixBuf  []byte
	rtxSeq  uint16
	second  int64 // the second of the allowance
	fixed   int   // repairs in it
}

// Bind implements webrtc.TrackLocal: it notes the payload type of every profile
// that both sides know, because cameras of a show may differ in it.
func (l *leg) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	b := &binding{w: ctx.WriteStream(), ssrc: uint32(ctx.SSRC()), rtx: uint32(ctx.SSRCRetransmission())}
	var first webrtc.RTPCodecParameters
	params := ctx.CodecParameters()
	for _, p := range params {
		if apt, err := strconv.ParseUint(fmtpValue(p.SDPFmtpLine, "apt"), 10, 7); err == nil {
			b.repairs[apt] = uint8(p.PayloadType)
			continue
		}
		c := codecOf(p.RTPCodecCapability)
		if c == codec.None {
			continue
		}
		if first.MimeType == "" {
			first = p
		}
		// Packetization mode 0 can't carry fragments: only if nothing else.
		single := c.IsH264() && fmtpValue(p.SDPFmtpLine, "packetization-mode") != "1"
		if b.pt[c] == 0 && !single {
			b.pt[c] = uint8(p.PayloadType)
		}
	}
	b.widen()
	if first.MimeType == "" {
		return first, webrtc.ErrUnsupportedCodec
	}
	l.bound.Store(b)
	return first, nil
}

// widen lets a missing H.264 profile use a neighbour's payload type: decoders
// go by the parameter sets in the stream, and staff see a warning.
func (b *binding) widen() {
	for c := codec.H264Base; c <= codec.H264High; c++ {
		for _, other := range []codec.Codec{codec.H264Base, codec.H264Main, codec.H264High} {
			if b.pt[c] == 0 {
				b.pt[c] = b.pt[other]
			}
		}
	}
}

// Unbind implements webrtc.TrackLocal.
func (l *leg) Unbind(webrtc.TrackLocalContext) error {
	l.bound.Store(nil)
	return nil
}

// ID implements webrtc.TrackLocal.
func (l *leg) ID() string { return l.Kind().String() }

// RID implements webrtc.TrackLocal; there are no layers.
func (l *leg) RID() string { return "" }

// StreamID implements webrtc.TrackLocal: both legs are one stream.
func (l *leg) StreamID() string { return "programme" }

// Kind implements webrtc.TrackLocal.
func (l *leg) Kind() webrtc.RTPCodecType {
	if l.feed.Video() {
		return webrtc.RTPCodecTypeVideo
	}
	return webrtc.RTPCodecTypeAudio
}

// offer gives the leg the packet of now, or nil when there is none. old is the
// fan's memory for packets of the past.
func (l *leg) offer(p, old *rtpbuf.Packet, now int64) {
	b := l.bound.Load()
	if b == nil {
		return
	}
	if !l.started && !l.begin(p) {
		return
	}
	if l.cursor != 0 {
		ring := l.feed.Ring()
		for range burst {
			if l.cursor >= ring.Next() {
				l.skip, l.cursor = l.cursor, 0
				break
			}
			if ring.Get(l.cursor, old) {
				l.send(b, old, now)
			}
			l.cursor++
		}
		return
	}
	if p != nil && p.Seq >= l.from && p.Seq >= l.skip {
		l.send(b, p, now)
	}
}

// begin decides where the viewer starts: at the last keyframe if it is near,
// else at the next, which is asked for. Sound starts with the next packet.
func (l *leg) begin(p *rtpbuf.Packet) bool {
	switch {
	case !l.feed.Video():
		if p == nil {
			return false
		}
		l.from = p.Seq
	case p != nil && p.Key:
		l.from = p.Seq
	default:
		key, ok := l.feed.Ring().Key(catchUp)
		if !ok {
			l.feed.RequestKey()
			return false
		}
		l.from, l.cursor = key, key
	}
	l.started = true
	return true
}

func (l *leg) send(b *binding, p *rtpbuf.Packet, now int64) {
	pt := b.pt[p.Codec]
	if pt == 0 {
		return
	}
	l.head.Version = 2
	l.head.Marker = p.Marker
	l.head.PayloadType = pt
	l.head.SequenceNumber = uint16(p.Seq)
	l.head.Timestamp = p.TS
	l.head.SSRC = b.ssrc
	if _, err := b.w.WriteRTP(&l.head, p.Payload); err != nil {
		return // the connection is closing; its state change says so
	}
	l.packets.Add(1)
	l.octets.Add(uint32(len(p.Payload)))
	count := &l.viewer.server.count
	count.out.Add(1)
	count.bytes.Add(uint64(len(p.Payload)))
	if now >= l.reports {
		l.reports = now + reportGap
		l.report(b, now)
	}
}

// report sends an RTCP sender report, by which the viewer keeps lips in step.
func (l *leg) report(b *binding, now int64) {
	ts, ok := l.feed.RTPAt(now)
	if !ok {
		return
	}
	_ = l.viewer.pc.WriteRTCP([]rtcp.Packet{&rtcp.SenderReport{
		SSRC: b.ssrc, NTPTime: ntpOf(now), RTPTime: ts,
		PacketCount: l.packets.Load(), OctetCount: l.octets.Load(),
	}})
}

// ntpEpoch is 1970 in NTP seconds.
const ntpEpoch = 2208988800

// ntpOf converts a time (Unix ns) to the 64-bit form of RFC 3550 section 4.
func ntpOf(ns int64) uint64 {
	return uint64(ns/1e9+ntpEpoch)<<32 | uint64(ns%1e9)<<32/1e9
}

// unixOf is the inverse of ntpOf.
func unixOf(ntp uint64) int64 {
	return (int64(ntp>>32)-ntpEpoch)*1e9 + int64(ntp&0xffffffff*1e9>>32)
}

// listen reads the viewer's RTCP until the connection ends: repairs are sent
// from the ring, keyframe requests go to the camera, shared and rationed.
func (l *leg) listen(sender *webrtc.RTPSender) {
	buf := make([]byte, 1500)
	for {
		n, _, err := sender.Read(buf)
		if err != nil {
			return
		}
		packets, err := rtcp.Unmarshal(buf[:n])
		if err != nil {
			continue
		}
		for _, p := range packets {
			switch p := p.(type) {
			case *rtcp.TransportLayerNack:
				for _, pair := range p.Nacks {
					pair.Range(l.repair)
				}
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				l.feed.RequestKey()
			}
		}
	}
}

// repair sends one packet again, as RTX (RFC 4588) where negotiated. It always
// returns true: NackPair.Range goes on.
func (l *leg) repair(seq uint16) bool {
	b := l.bound.Load()
	count := &l.viewer.server.count
	if s := l.viewer.server.relay.Now().Unix(); s != l.second {
		l.second, l.fixed = s, 0
	}
	if b == nil || l.fixed >= repairs || !l.feed.Ring().Get(l.feed.Ring().Find(seq), &l.fix) || b.pt[l.fix.Codec] == 0 {
		count.unrepaired.Add(1)
		return true
	}
	l.fixed++
	pt, payload := b.pt[l.fix.Codec], l.fix.Payload
	l.fixHead = rtp.Header{
		Version: 2, Marker: l.fix.Marker, PayloadType: pt,
		SequenceNumber: seq, Timestamp: l.fix.TS, SSRC: b.ssrc,
	}
	if rtx := b.repairs[pt]; rtx != 0 && b.rtx != 0 {
		l.rtxSeq++
		l.fixHead.PayloadType, l.fixHead.SequenceNumber, l.fixHead.SSRC = rtx, l.rtxSeq, b.rtx
		l.fixBuf = append(append(l.fixBuf[:0], byte(seq>>8), byte(seq)), payload...)
		payload = l.fixBuf
	}
	if _, err := b.w.WriteRTP(&l.fixHead, payload); err == nil {
		count.resent.Add(1)
		count.out.Add(1)
	}
	return true
}
