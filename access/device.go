package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"hecai/contest"
	"hecai/fault"
)

// A device token is 16 random bytes, the device's uid, and 16 bytes of MAC. Its
// row, with the dense number that votes are kept under, is made when it first
// does something that is kept: joining costs no write. Tokens of the first
// version were 8 bytes of that number and a MAC; they still count, and
// DeviceToken replaces them.
const (
	uidLen         = 16
	macLen         = 16
	oldDeviceToken = 8 + macLen
)

// NewDevice makes an audience device and returns its token. It writes nothing.
func (d *Desk) NewDevice() (Identity, string) {
	uid := make([]byte, uidLen)
	rand.Read(uid)
	id := deviceIdentity(Voter{UID: hex.EncodeToString(uid)})
	return id, d.DeviceToken(id)
}

// DeviceToken is the token of an audience device, "" of anybody else.
func (d *Desk) DeviceToken(id Identity) string {
	kind, ref := id.handle()
	uid, err := hex.DecodeString(ref)
	if kind != handleDevice || err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(uid, d.uidMAC(ref)...))
}

// Device tells whose token this is.
func (d *Desk) Device(ctx context.Context, token string) (Identity, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	switch {
	case err == nil && len(raw) == uidLen+macLen:
		uid := hex.EncodeToString(raw[:uidLen])
		if !hmac.Equal(raw[uidLen:], d.uidMAC(uid)) {
			return Identity{}, fault.New(fault.Unauthenticated, "access.device", "forged device token")
		}
		return d.device(ctx, uid)
	case err == nil && len(raw) == oldDeviceToken:
		no := int64(binary.BigEndian.Uint64(raw))
		if !hmac.Equal(raw[8:], d.mac("voter", strconv.FormatInt(no, 10))[:macLen]) {
			return Identity{}, fault.New(fault.Unauthenticated, "access.device", "forged device token")
		}
		v, err := d.cfg.Store.Voter(ctx, no)
		if err != nil {
			return Identity{}, unknown(err)
		}
		return deviceIdentity(v), nil
	}
	return Identity{}, fault.New(fault.Unauthenticated, "access.device", "malformed device token")
}

// Entrant tells whose token this is to who only wants to come in and hear: while
// the record is away, a device has proven nothing. What it does later is looked
// up then.
func (d *Desk) Entrant(ctx context.Context, token string) (Identity, error) {
	return d.entrant(ctx, func(ctx context.Context) (Identity, error) { return d.Device(ctx, token) })
}

func (d *Desk) entrant(ctx context.Context, find func(context.Context) (Identity, error)) (Identity, error) {
	limited, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	id, err := find(limited)
	if id.Handle != "" && away(ctx, limited, err) {
		return id, nil
	}
	return id, err
}

// device finds what a device has proven; one without a row has proven nothing.
func (d *Desk) device(ctx context.Context, uid string) (Identity, error) {
	if d.cfg.Others != nil && !d.cfg.Others.Heard() {
		d.voters.forgetAll()
	}
	v, known, mark := d.voters.get(uid)
	if known {
		return deviceIdentity(v), nil
	}
	v, err := d.cfg.Store.VoterByUID(ctx, uid)
	if fault.KindOf(err) == fault.NotFound {
		v, err = Voter{}, nil
	}
	v.UID = uid
	if err == nil && (v.No != 0 || d.cfg.Others == nil) { // the others don't tell of new rows: they would tell of each phone
		d.voters.fill(uid, v, mark)
	}
	return deviceIdentity(v), err
}

// Forget has what a device has proven read again, "" of all devices: another process
// on the record has changed it.
func (d *Desk) Forget(uid string) {
	if uid == "" {
		d.voters.forgetAll()
		return
	}
	d.voters.forget(uid)
}

func deviceIdentity(v Voter) Identity {
	id := Identity{Roles: []Role{Audience}, Voter: v.No, Key: "voter:" + v.UID, Handle: handleDevice + ":" + v.UID, levels: v.Levels}
	return id.In("")
}

func (d *Desk) uidMAC(uid string) []byte { return d.mac("device token", uid)[:macLen] }

// NewTickets makes n ticket codes of the identity level in a contest. A code has 112 random
// bits in 23 base32 characters, so a keyed hash of it may be kept as it is.
func (d *Desk) NewTickets(ctx context.Context, in contest.Code, n, level int) ([]string, error) {
	if n < 1 || n > 20_000 {
		return nil, fault.New(fault.Invalid, "access.ticket_count", "%d tickets", n).With("max", 20_000)
	}
	codes, hashes := make([]string, n), make([]string, n)
	for i := range codes {
		raw := make([]byte, 14)
		rand.Read(raw)
		codes[i] = base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)
		hashes[i] = d.ticketHash(codes[i])
	}
	return codes, d.cfg.Store.AddTickets(ctx, in, hashes, level)
}

// Redeem binds a ticket of the contest that the device is in to it. A ticket binds to one device only;
// scanning it again on the same one is no error.
func (d *Desk) Redeem(ctx context.Context, id Identity, code string) (Identity, error) {
	kind, uid := id.handle()
	if kind != handleDevice {
		return id, fault.New(fault.Forbidden, "access.forbidden", "only an audience device redeems a ticket")
	}
	code = codeAsTyped(code)
	if len(code) == 0 || len(code) > 64 {
		return id, fault.New(fault.NotFound, "access.ticket_unknown", "code of %d characters", len(code))
	}
	hash := d.ticketHash(code)
	if id.Voter == 0 { // a row only for a code that was given out
		if err := d.cfg.Store.TicketKnown(ctx, id.Contest, hash); err != nil {
			return id, err
		}
	}
	id, err := d.Enrol(ctx, id)
	if err != nil {
		return id, err
	}
	level, err := d.cfg.Store.RedeemTicket(ctx, id.Contest, hash, id.Voter, d.nowMS())
	if err != nil {
		return id, err
	}
	levels := maps.Clone(id.levels)
	if levels == nil {
		levels = map[contest.Code]int{}
	}
	levels[id.Contest] = max(id.Level, level)
	id.levels = levels
	d.proven(uid)
	return id.In(id.Contest), nil
}

// Release frees a ticket whose device has lost its cookie, so that another can
// have it. It is refused once that device has voted with it.
func (d *Desk) Release(ctx context.Context, in contest.Code, code string) error {
	code = codeAsTyped(code)
	if len(code) == 0 || len(code) > 64 {
		return fault.New(fault.NotFound, "access.ticket_unknown", "code of %d characters", len(code))
	}
	v, err := d.cfg.Store.ReleaseTicket(ctx, in, d.ticketHash(code))
	if err == nil {
		d.proven(v.UID)
	}
	return err
}

// proven follows a change of what a device has proven.
func (d *Desk) proven(uid string) {
	d.voters.forget(uid)
	if d.cfg.Others != nil {
		d.cfg.Others.Proven(uid)
	}
}

// codeAsTyped is the code that a person meant: compatibility forms, case,
// hyphens, spaces and invisible characters don't matter, and the digits that no
// code has are the letters they look like.
func codeAsTyped(code string) string {
	if len(code) > 1024 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '0':
			return 'O'
		case r == '1':
			return 'I'
		case r == '8':
			return 'B'
		case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			return r
		}
		return -1
	}, strings.ToUpper(norm.NFKC.String(code)))
}

func (d *Desk) ticketHash(code string) string { return hex.EncodeToString(d.mac("ticket", code)) }
