package access

import (
	"slices"

	"hecai/contest"
)

// User is a member of staff. Hash is an argon2id string in PHC form.
type User struct {
	ID      string
	Name    string
	Hash    string `json:"-"`
	Founder bool   // may make contests
	In      map[contest.Code]Membership
}

// Membership is what an account is in a contest.
type Membership struct {
	Roles    []string
	Disabled bool
}

// active reports whether the account is of any contest still.
func (u User) active() bool {
	for _, m := range u.In {
		if !m.Disabled {
			return true
		}
	}
	return false
}

// Organises reports whether the account runs a contest, "" = any.
func (u User) Organises(in contest.Code) bool {
	for code, m := range u.In {
		if (in == "" || in == code) && !m.Disabled && slices.Contains(m.Roles, string(Organiser)) {
			return true
		}
	}
	return false
}

// StaffSession is a signed-in browser. Only the SHA-256 of its secret is kept.
// Times are unix milliseconds.
type StaffSession struct {
	TokenHash string
	UserID    string
	Created   int64
	LastSeen  int64
	Expires   int64
	Revoked   bool
}

// Link is a revocable address for a judge, a screen, a host or a broadcaster.
// Whoever holds the secret holds the role, in one show.
type Link struct {
	ID        string         `json:"id"`
	TokenHash string         `json:"-"`
	Role      string         `json:"role"`
	Name      string         `json:"name"` // judge id, screen name or camera name
	Show      contest.ShowID `json:"session"`
	CreatedBy string         `json:"createdBy"`
	Created   int64          `json:"created"`
	Revoked   bool           `json:"revoked"`
	Last      int64          `json:"last"` // time of the last use, 0 = never
}

// OneTime is a secret that works once: the first organiser's setup link, or a
// sign-in link.
type OneTime struct {
	TokenHash string
	Purpose   string // "setup" or "signin"
	Role      string
	Name      string
	Expires   int64
	UsedAt    int64
}

// Voter is an audience device. No is dense and never shown to anyone; UID is a
// keyed hash. Levels are the identity levels that it has proven, by contest (2
// ticket; none = 0, device).
type Voter struct {
	No      int64
	UID     string
	Levels  map[contest.Code]int
	Created int64
}
