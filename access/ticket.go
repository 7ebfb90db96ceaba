package access

import (
	"sync"
	"time"

	"hecai/fault"
)

// Socket tickets: a page asks for one over HTTP, where its cookie or link token
// counts, and sends it as the first WebSocket message. A cookie alone never
// opens a socket, and no secret stands in a URL (OWASP ASVS 5.0, 4.4.3).
const (
	ticketLife = 60 * time.Second
	maxTickets = 100_000 // about 10 MB; beyond it the oldest storm waits
)

type ticket struct {
	id      Identity
	expires int64
}

type ticketBook struct {
	mu    sync.Mutex
	open  map[string]ticket // guarded by mu
	swept int64             // guarded by mu; unix ms
}

// SocketTicket returns a secret that opens one socket within a minute.
func (d *Desk) SocketTicket(id Identity) (string, error) {
	now, secret := d.nowMS(), NewSecret()
	b := &d.tickets
	b.mu.Lock()
	defer b.mu.Unlock()
	if now-b.swept > ticketLife.Milliseconds() || len(b.open) >= maxTickets {
		for k, t := range b.open {
			if now >= t.expires {
				delete(b.open, k)
			}
		}
		b.swept = now
	}
	if len(b.open) >= maxTickets {
		return "", fault.New(fault.Limited, "access.busy", "%d socket tickets are open", len(b.open))
	}
	b.open[secret] = ticket{id: id, expires: now + ticketLife.Milliseconds()}
	return secret, nil
}

// Enter spends a socket ticket.
func (d *Desk) Enter(secret string) (Identity, error) {
	b := &d.tickets
	b.mu.Lock()
	t, ok := b.open[secret]
	delete(b.open, secret)
	b.mu.Unlock()
	if !ok || d.nowMS() >= t.expires {
		return Identity{}, fault.New(fault.Unauthenticated, "access.socket_ticket", "unknown, spent or late socket ticket")
	}
	return t.id, nil
}

// drop forgets the unspent tickets of an identity key: whoever is shut out gets
// in with none of them.
func (b *ticketBook) drop(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for k, t := range b.open {
		if t.id.Key == key {
			delete(b.open, k)
		}
	}
}
