package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"sync/atomic"
	"time"

	"hecai/fault"
)

// guesses counts failed sign-ins, by what a guesser can't change or doesn't
// share with who is in the right. A browser that has signed in before has a
// bucket of its own and none of the others, so nobody keeps it out by failing.
type guesses struct {
	known   *Limiter // by known browser
	account *Limiter // by account and network
	network *Limiter // by network, all accounts together
	name    *Limiter // by account, all networks together
}

func newGuesses(now func() time.Time) guesses {
	return guesses{
		known:   NewLimiter(1.0/30, 10, now),
		account: NewLimiter(1.0/30, 10, now),
		network: NewLimiter(0.5, 100, now), // the crew of a hall shares one
		name:    NewLimiter(0.2, 200, now), // 17,000 a day, against many networks at once
	}
}

// take counts a try before its outcome is known, so that many at once don't slip
// through together; the returned function takes it back.
func (g guesses) take(name, from, known string) (undo func(), err error) {
	tries := []Bound{{g.account, name + "\x00" + from}, {g.network, from}, {g.name, name}}
	if known != "" {
		tries = []Bound{{g.known, known}}
	}
	if err := AllowAll(tries...); err != nil {
		return nil, err
	}
	return func() { refund(tries) }, nil
}

// knownLen is 16 random bytes and 16 of MAC.
const knownLen = 16 + macLen

// KnownBrowser returns the pass of a browser that has signed in.
func (d *Desk) KnownBrowser() string {
	raw := make([]byte, 16, knownLen)
	rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(append(raw, d.mac("known browser", string(raw))[:macLen]...))
}

// known returns the browser that a pass was given to, "" for none of ours.
func (d *Desk) known(pass string) string {
	raw, err := base64.RawURLEncoding.DecodeString(pass)
	if err != nil || len(raw) != knownLen || !hmac.Equal(raw[16:], d.mac("known browser", string(raw[:16]))[:macLen]) {
		return ""
	}
	return string(raw[:16])
}

// Bounds of the wait for a password to be hashed, which takes 19 MiB and about
// 25 ms of a core.
const (
	maxHashing  = 32 // waiting at once
	hashingWait = 3 * time.Second
)

// hashers gives turns at hashing passwords, so that sign-ins never starve the
// votes. Known browsers have a place that strangers can't take.
type hashers struct {
	places  chan struct{}
	reserve chan struct{}
	waiting atomic.Int64
}

func newHashers() *hashers {
	return &hashers{places: make(chan struct{}, 2), reserve: make(chan struct{}, 1)}
}

// turn waits for a place; the caller gives it back with the returned function.
func (h *hashers) turn(ctx context.Context, known bool) (leave func(), err error) {
	busy := fault.New(fault.Unavailable, "access.busy", "too many sign-ins at once").After(2 * time.Second)
	reserve := h.reserve
	if !known {
		reserve = nil // never ready
		if h.waiting.Add(1) > maxHashing {
			h.waiting.Add(-1)
			return nil, busy
		}
		defer h.waiting.Add(-1)
	}
	timer := time.NewTimer(hashingWait)
	defer timer.Stop()
	select {
	case h.places <- struct{}{}:
		return func() { <-h.places }, nil
	case reserve <- struct{}{}:
		return func() { <-h.reserve }, nil
	case <-timer.C:
		return nil, busy
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
