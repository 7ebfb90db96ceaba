// Package keyframe looks into video payloads just far enough to cut between
// cameras and to warn about encoder settings: where a keyframe starts, which
// H.264 profile is really sent, and whether there are B-frames. All functions
// are pure and take hostile bytes.
package keyframe

// VP8 reports whether the RTP payload is the first packet of a VP8 keyframe
// (RFC 7741 sections 4.2 and 4.3).
func VP8(b []byte) bool {
	if len(b) < 1 || b[0]&0x10 == 0 || b[0]&0x07 != 0 { // S set, partition 0
		return false
	}
	at := 1
	if b[0]&0x80 != 0 {
		if len(b) < 2 {
			return false
		}
		ext := b[1]
		at = 2
		if ext&0x80 != 0 { // picture id, one or two bytes
			if len(b) <= at {
				return false
			}
			if b[at]&0x80 != 0 {
				at++
			}
			at++
		}
		if ext&0x40 != 0 { // TL0PICIDX
			at++
		}
		if ext&0x30 != 0 { // TID, KEYIDX
			at++
		}
	}
	return len(b) > at && b[at]&0x01 == 0 // P clear
}

// NAL unit types of H.264, and the packet types of RFC 6184.
const (
	nalSlice = 1
	nalIDR   = 5
	nalSPS   = 7
	nalSTAPA = 24
	nalFUA   = 28
)

// H264 reports whether the RTP payload begins a keyframe: it carries a sequence
// parameter set, or the first piece of an IDR slice.
func H264(b []byte) bool {
	found := false
	EachNAL(b, func(nal []byte) bool {
		t := nal[0] & 0x1f
		found = t == nalSPS || t == nalIDR
		return !found
	})
	return found
}

// EachNAL calls f for the start of every NAL unit in an RTP payload of H.264
// (single, STAP-A or the first FU-A piece) until f returns false. The first
// byte of what f gets is the NAL header.
func EachNAL(b []byte, f func(nal []byte) bool) {
	if len(b) < 1 {
		return
	}
	switch t := b[0] & 0x1f; {
	case t >= 1 && t <= 23:
		f(b)
	case t == nalSTAPA:
		for b = b[1:]; len(b) > 2; {
			n := int(b[0])<<8 | int(b[1])
			if n == 0 || n > len(b)-2 {
				return
			}
			if !f(b[2 : 2+n]) {
				return
			}
			b = b[2+n:]
		}
	case t == nalFUA:
		if len(b) < 3 || b[1]&0x80 == 0 { // not the first piece
			return
		}
		var head [16]byte // enough for the start of a slice header
		head[0] = b[0]&0xe0 | b[1]&0x1f
		n := copy(head[1:], b[2:])
		f(head[:1+n])
	}
}

// Profile returns profile_idc and the constraint flags of a sequence parameter
// set in the payload, as in the first four hex digits of profile-level-id.
func Profile(b []byte) (idc, flags byte, ok bool) {
	EachNAL(b, func(nal []byte) bool {
		if nal[0]&0x1f == nalSPS && len(nal) >= 4 {
			idc, flags, ok = nal[1], nal[2], true
		}
		return !ok
	})
	return idc, flags, ok
}

// BSlice reports whether the payload starts a B slice of H.264. Browsers do not
// reorder, so B-frames reach them scrambled.
func BSlice(b []byte) bool {
	found := false
	EachNAL(b, func(nal []byte) bool {
		if nal[0]&0x1f == nalSlice {
			bits := bitReader{b: nal[1:]}
			_, ok1 := bits.ue() // first_mb_in_slice
			kind, ok2 := bits.ue()
			found = ok1 && ok2 && kind%5 == 1
		}
		return !found
	})
	return found
}

// bitReader reads Exp-Golomb codes (H.264 section 9.1).
type bitReader struct {
	b  []byte
	at int
}

func (r *bitReader) bit() (uint32, bool) {
	if r.at>>3 >= len(r.b) {
		return 0, false
	}
	v := r.b[r.at>>3] >> (7 - r.at&7) & 1
	r.at++
	return uint32(v), true
}

func (r *bitReader) ue() (uint32, bool) {
	zeros := 0
	for {
		v, ok := r.bit()
		if !ok || zeros > 31 {
			return 0, false
		}
		if v == 1 {
			break
		}
		zeros++
	}
	out := uint32(1)
	for range zeros {
		v, ok := r.bit()
		if !ok {
			return 0, false
		}
		out = out<<1 | v
	}
	return out - 1, true
}
