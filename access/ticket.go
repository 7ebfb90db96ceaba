package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"strings"
	"sync"

	"hecai/contest"
	"hecai/fault"
)

// Socket tickets: a page asks for one over HTTP, where its cookie or link token
// counts, and sends it as the first WebSocket message. A cookie alone never
// opens a socket, and no secret stands in a URL (OWASP ASVS 5.0, 4.4.3).
//
// A ticket is a MAC over who it is for, until when, and a nonce. Nothing is kept
// for those that are handed out, so nobody can use them up; only the nonces of
// spent ones are, and those of visitors, whom a ticket gives nothing, are not. Where
// there are other processes on the record, a nonce is spent in all of them.
const (
	ticketLife = 60_000  // ms
	maxSpent   = 500_000 // nonces in a generation, about 30 MB: 8,000 sockets a second
	ticketMAC  = 16      // bytes
)

// spent remembers the nonces of a minute or two. The crew's are kept apart, so
// that no crowd can fill its book.
type spent struct {
	mu           sync.Mutex
	young, older map[string]struct{} // guarded by mu
	turned       int64               // guarded by mu; unix ms
}

// spend reports whether the nonce was fresh.
func (s *spent) spend(nonce string, now int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now-s.turned > ticketLife {
		s.older, s.young, s.turned = s.young, map[string]struct{}{}, now
	}
	_, used := s.young[nonce]
	if _, before := s.older[nonce]; used || before {
		return errTicket
	}
	if len(s.young) >= maxSpent {
		return fault.New(fault.Limited, "access.busy", "%d sockets opened in a minute", len(s.young))
	}
	s.young[nonce] = struct{}{}
	return nil
}

var errTicket = fault.New(fault.Unauthenticated, "access.socket_ticket", "unknown, spent or late socket ticket")

// SocketTicket returns a secret that opens one socket within a minute, if the
// identity still holds then.
func (d *Desk) SocketTicket(id Identity) string {
	body := strings.Join([]string{strconv.FormatInt(d.nowMS()+ticketLife, 36), rand.Text(), id.Handle, string(id.Contest), id.From}, " ")
	return base64.RawURLEncoding.EncodeToString(append(d.mac("socket", body)[:ticketMAC], body...))
}

// Enter spends a socket ticket. Whoever was shut out meanwhile gets in with none.
func (d *Desk) Enter(ctx context.Context, secret string) (Identity, error) {
	raw, err := base64.RawURLEncoding.DecodeString(secret)
	if err != nil || len(raw) < ticketMAC || len(secret) > 1024 {
		return Identity{}, errTicket
	}
	body := string(raw[ticketMAC:])
	if !hmac.Equal(raw[:ticketMAC], d.mac("socket", body)[:ticketMAC]) {
		return Identity{}, errTicket
	}
	parts := strings.SplitN(body, " ", 5)
	if len(parts) != 5 {
		return Identity{}, errTicket
	}
	until, err := strconv.ParseInt(parts[0], 36, 64)
	now := d.nowMS()
	if err != nil || now >= until {
		return Identity{}, errTicket
	}
	id := Identity{Handle: parts[2], Contest: contest.Code(parts[3]), From: parts[4]}
	kind, _ := id.handle()
	switch kind {
	case handleStaff, handleLink:
		err = d.crew.spend(parts[1], now)
	case handleDevice:
		err = d.crowd.spend(parts[1], now)
	}
	if err == nil && d.cfg.Others != nil && kind != "" {
		err = d.spendEverywhere(ctx, parts[1], kind != handleDevice, until)
	}
	if err != nil {
		return Identity{}, err
	}
	if kind == handleDevice {
		return d.entrant(ctx, func(ctx context.Context) (Identity, error) { return d.Current(ctx, id) })
	}
	return d.Current(ctx, id)
}

func (d *Desk) spendEverywhere(ctx context.Context, nonce string, crew bool, until int64) error {
	fresh, err := d.cfg.Others.Spend(ctx, nonce, crew, until)
	if err == nil && !fresh {
		err = errTicket
	}
	return err
}
