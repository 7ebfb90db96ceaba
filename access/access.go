// Package access answers two questions: who is it, and may they. It owns staff
// accounts and their server-side sessions, link tokens, audience devices and
// tickets, and the one permission table. It keeps secrets only as hashes and
// knows nothing of HTTP; server/httpd turns cookies and headers into the
// tokens used here. A Desk is safe for concurrent use.
package access

import (
	"context"
	"sync"
	"time"
)

// Store is what the desk needs kept. All times are unix milliseconds. Methods
// that find nothing return a fault of kind not_found.
type Store interface {
	SaveUser(ctx context.Context, u User) error
	UserByName(ctx context.Context, name string) (User, error)
	UserByID(ctx context.Context, id string) (User, error)
	Users(ctx context.Context) ([]User, error)

	SaveStaffSession(ctx context.Context, s StaffSession) error
	StaffSession(ctx context.Context, tokenHash string) (StaffSession, error)
	TouchStaffSession(ctx context.Context, tokenHash string, lastSeen int64) error
	RevokeStaffSession(ctx context.Context, tokenHash string) error
	RevokeUserSessions(ctx context.Context, userID string) error

	SaveLink(ctx context.Context, l Link) error
	LinkByHash(ctx context.Context, tokenHash string) (Link, error)
	Links(ctx context.Context) ([]Link, error)
	RevokeLink(ctx context.Context, id string) error

	SaveOneTime(ctx context.Context, o OneTime) error
	UseOneTime(ctx context.Context, tokenHash string, now int64) (OneTime, error)

	CreateVoter(ctx context.Context, uid string, now int64) (Voter, error)
	Voter(ctx context.Context, no int64) (Voter, error)
	RedeemTicket(ctx context.Context, codeHash string, voterNo, now int64) (level int, err error)
	AddTickets(ctx context.Context, codeHashes []string, level int) error
}

// Identity is who a request or a socket speaks for. The zero value is an
// unknown visitor, who may look at the public pages and nothing else.
type Identity struct {
	Roles   []Role
	Name    string // user name, judge id, screen name, camera name
	Session string // the contest session a link is bound to; empty for staff
	Voter   int64  // dense voter number, 0 when not an audience device
	Level   int    // proven identity level of the voter
	Key     string // what to revoke: "user:<id>", "link:<id>" or "voter:<no>"
}

// Is reports whether the identity holds the role.
func (id Identity) Is(r Role) bool {
	for _, have := range id.Roles {
		if have == r {
			return true
		}
	}
	return false
}

// Role returns the first role, Visitor when there is none.
func (id Identity) Role() Role {
	if len(id.Roles) == 0 {
		return Visitor
	}
	return id.Roles[0]
}

// Config of a Desk; Key must hold at least 32 secret bytes. Zero durations take
// the defaults named beside them.
type Config struct {
	Store   Store
	Key     []byte           // HMAC key of voter tokens and ticket codes
	Now     func() time.Time // nil: time.Now
	Idle    time.Duration    // staff session idle limit, 0: 12 h
	MaxLife time.Duration    // staff session absolute limit, 0: 7 days
}

// Desk is the front desk: it hands out sessions, links and tickets, and tells
// who holds one.
type Desk struct {
	cfg     Config
	hashing chan struct{} // bounds concurrent argon2id runs, so sign-ins never starve the votes
	tickets ticketBook

	accounts sync.Mutex // two organisers never disable each other at once
}

// New returns a Desk.
func New(cfg Config) *Desk {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Idle == 0 {
		cfg.Idle = 12 * time.Hour
	}
	if cfg.MaxLife == 0 {
		cfg.MaxLife = 7 * 24 * time.Hour
	}
	return &Desk{cfg: cfg, hashing: make(chan struct{}, 2), tickets: ticketBook{open: map[string]ticket{}}}
}

func (d *Desk) nowMS() int64 { return d.cfg.Now().UnixMilli() }
