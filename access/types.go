package access

// User is a member of staff. Hash is an argon2id string in PHC form.
type User struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Roles    []string `json:"roles"`
	Hash     string   `json:"-"`
	Disabled bool     `json:"disabled"`
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
// Whoever holds the secret holds the role, in one session of the contest.
type Link struct {
	ID        string `json:"id"`
	TokenHash string `json:"-"`
	Role      string `json:"role"`
	Name      string `json:"name"` // judge id, screen name or camera name
	Session   string `json:"session"`
	CreatedBy string `json:"createdBy"`
	Created   int64  `json:"created"`
	Revoked   bool   `json:"revoked"`
	Last      int64  `json:"last"`
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
// keyed hash. Level is the identity level it has proven (0 device, 2 ticket).
type Voter struct {
	No      int64
	UID     string
	Level   int
	Created int64
}
