// Package access answers two questions: who is it, and may they. It owns staff
// accounts and their server-side sessions, link tokens, audience devices and
// tickets, and the one permission table. It keeps secrets only as hashes and
// knows nothing of HTTP; server/httpd turns cookies and headers into the
// tokens used here. A Desk is safe for concurrent use.
package access

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"hecai/contest"
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
	UseLinks(ctx context.Context, last map[string]int64) error // by id; an older use changes nothing

	SaveOneTime(ctx context.Context, o OneTime) error
	UseOneTime(ctx context.Context, tokenHash, purpose string, now int64) (OneTime, error)
	OneTimeLive(ctx context.Context, tokenHash, purpose string, now int64) error
	SaveSetup(ctx context.Context, o OneTime, now int64) error            // and voids all older ones
	SetUp(ctx context.Context, tokenHash string, u User, now int64) error // while there is no organiser
	VoidOneTimes(ctx context.Context, purpose, name string, now int64) error

	EnrolVoters(ctx context.Context, uids []string, now int64) ([]Voter, error)
	Voter(ctx context.Context, no int64) (Voter, error)
	VoterByUID(ctx context.Context, uid string) (Voter, error)
	TicketKnown(ctx context.Context, in contest.Code, codeHash string) error // access.ticket_unknown
	RedeemTicket(ctx context.Context, in contest.Code, codeHash string, voterNo, now int64) (level int, err error)
	AddTickets(ctx context.Context, in contest.Code, codeHashes []string, level int) error
	ReleaseTicket(ctx context.Context, in contest.Code, codeHash string) (Voter, error)
}

// Identity is who a request or a socket speaks for, in one contest: see In. The
// zero value is an unknown visitor, who may look at the public pages and nothing
// else.
type Identity struct {
	Contest contest.Code // that roles and level are in
	Roles   []Role
	Name    string         // user name, judge id, screen name, camera name
	Show    contest.ShowID // that a link is bound to; empty for staff
	Voter   int64          // dense voter number; 0: no audience device, or one that has done nothing yet
	Level   int            // proven identity level of the voter
	Key     string         // what to revoke: "user:<id>", "link:<id>" or "voter:<uid>"
	Handle  string         // the one credential behind it, by which it is looked up again
	From    string         // network of the request, see Network
	Founder bool           // may make contests

	roles  map[contest.Code][]Role // of the crew
	levels map[contest.Code]int    // of a device
}

// In is who it is in a contest: a right in one is none in another.
func (id Identity) In(code contest.Code) Identity {
	id.Contest = code
	if id.Crew() {
		id.Roles = id.roles[code]
	}
	id.Level = id.levels[code]
	return id
}

// Contests lists where the identity has a role, in no order.
func (id Identity) Contests() []contest.Code { return slices.Collect(maps.Keys(id.roles)) }

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

	// Others are the other processes on the record; nil: there are none.
	Others Others
}

// Others are the other processes on the record.
type Others interface {
	// Heard reports whether they are heard: else what is remembered may be old.
	Heard() bool
	// Proven tells them what a device has proven now, who may remember less.
	Proven(uid string)
	// Spend marks the nonce of a socket ticket in all of them, until it is late
	// anyhow; false: another one has.
	Spend(ctx context.Context, nonce string, crew bool, until int64) (fresh bool, err error)
}

// Desk is the front desk: it hands out sessions, links and tickets, and tells
// who holds one.
type Desk struct {
	cfg         Config
	hashers     *hashers
	guesses     guesses
	crew, crowd spent // socket tickets that were used
	enrolment   enrolment
	uses        uses
	voters      book[Voter]  // by uid
	crewBook    book[member] // by handle

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
	return &Desk{cfg: cfg, hashers: newHashers(), guesses: newGuesses(cfg.Now)}
}

func (d *Desk) nowMS() int64 { return d.cfg.Now().UnixMilli() }
