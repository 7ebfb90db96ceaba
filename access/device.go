package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"

	"hecai/fault"
)

// deviceTokenLen is 8 bytes of voter number and 16 bytes of MAC.
const deviceTokenLen = 8 + 16

// NewDevice makes an audience device and returns its token. The token is an
// HMAC, so that telling who a phone is costs no database read; the row behind
// it holds the level.
func (d *Desk) NewDevice(ctx context.Context) (Identity, string, error) {
	seed := make([]byte, 16)
	rand.Read(seed)
	v, err := d.cfg.Store.CreateVoter(ctx, hex.EncodeToString(d.mac("device", string(seed))[:16]), d.nowMS())
	if err != nil {
		return Identity{}, "", err
	}
	return deviceIdentity(v), d.deviceToken(v.No), nil
}

// Device tells whose token this is.
func (d *Desk) Device(ctx context.Context, token string) (Identity, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != deviceTokenLen {
		return Identity{}, fault.New(fault.Unauthenticated, "access.device", "malformed device token")
	}
	no := int64(binary.BigEndian.Uint64(raw))
	if !hmac.Equal(raw[8:], d.deviceMAC(no)) {
		return Identity{}, fault.New(fault.Unauthenticated, "access.device", "forged device token")
	}
	v, err := d.cfg.Store.Voter(ctx, no)
	if err != nil {
		return Identity{}, unknown(err)
	}
	return deviceIdentity(v), nil
}

func deviceIdentity(v Voter) Identity {
	return Identity{Roles: []Role{Audience}, Voter: v.No, Level: v.Level, Key: "voter:" + strconv.FormatInt(v.No, 10)}
}

func (d *Desk) deviceToken(no int64) string {
	raw := binary.BigEndian.AppendUint64(nil, uint64(no))
	return base64.RawURLEncoding.EncodeToString(append(raw, d.deviceMAC(no)...))
}

func (d *Desk) deviceMAC(no int64) []byte { return d.mac("voter", strconv.FormatInt(no, 10))[:16] }

// NewTickets makes n ticket codes of the identity level. A code has 112 random
// bits in 23 base32 characters, so a keyed hash of it may be kept as it is.
func (d *Desk) NewTickets(ctx context.Context, n, level int) ([]string, error) {
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
	return codes, d.cfg.Store.AddTickets(ctx, hashes, level)
}

// Redeem binds a ticket to the device. A ticket binds to one device only;
// scanning it again on the same one is no error.
func (d *Desk) Redeem(ctx context.Context, id Identity, code string) (Identity, error) {
	if id.Voter == 0 {
		return id, fault.New(fault.Forbidden, "access.forbidden", "only an audience device redeems a ticket")
	}
	code = strings.ToUpper(strings.Join(strings.Fields(code), ""))
	if len(code) == 0 || len(code) > 64 {
		return id, fault.New(fault.NotFound, "access.ticket_unknown", "code of %d characters", len(code))
	}
	level, err := d.cfg.Store.RedeemTicket(ctx, d.ticketHash(code), id.Voter, d.nowMS())
	if err != nil {
		return id, err
	}
	id.Level = max(id.Level, level)
	return id, nil
}

func (d *Desk) ticketHash(code string) string { return hex.EncodeToString(d.mac("ticket", code)) }
