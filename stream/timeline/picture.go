package timeline

// Pictures keeps VP8 picture ids and TL0PICIDX (RFC 7741 section 4.2) running
// on across a cut, where each camera counts from its own random start.
type Pictures struct {
	idBy, tl0By   uint16
	lastID, last0 uint16
	cut           bool
}

// Cut makes the next packet given to Rewrite follow on the last one.
func (p *Pictures) Cut() { p.cut = true }

// Rewrite changes the payload descriptor in place. A payload without the
// fields, or too short to hold them, is left alone.
func (p *Pictures) Rewrite(b []byte) {
	if len(b) < 2 || b[0]&0x80 == 0 { // X: extended control bits
		return
	}
	ext, at := b[1], 2
	if ext&0x80 != 0 { // I: picture id
		if len(b) <= at {
			return
		}
		if b[at]&0x80 != 0 { // M: 15 bits
			if len(b) <= at+1 {
				return
			}
			id := uint16(b[at]&0x7f)<<8 | uint16(b[at+1])
			id = p.picture(id, 0x7fff)
			b[at], b[at+1] = 0x80|byte(id>>8), byte(id)
			at += 2
		} else {
			b[at] = byte(p.picture(uint16(b[at]), 0x7f))
			at++
		}
	}
	if ext&0x40 != 0 && len(b) > at { // L: TL0PICIDX
		b[at] = p.layer(b[at])
	}
	p.cut = false
}

func (p *Pictures) picture(id, mask uint16) uint16 {
	if p.cut {
		p.idBy = p.lastID + 1 - id
	}
	out := (id + p.idBy) & mask
	if d := (out - p.lastID) & mask; d < mask/2 || p.cut {
		p.lastID = out
	}
	return out
}

func (p *Pictures) layer(n byte) byte {
	if p.cut {
		p.tl0By = p.last0 + 1 - uint16(n)
	}
	out := byte(uint16(n) + p.tl0By)
	if d := out - byte(p.last0); d < 128 || p.cut {
		p.last0 = uint16(out)
	}
	return out
}
