package access

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"hecai/fault"
)

// Purposes of a one-time link.
const (
	purposeSetup  = "setup"
	purposeSignIn = "signin"
)

var errCredentials = fault.New(fault.Unauthenticated, "access.credentials", "wrong name or password")

// SetupLink returns the secret of a one-time link for the first organiser, or
// "" when an organiser exists already. It is good for 24 hours.
func (d *Desk) SetupLink(ctx context.Context) (string, error) {
	users, err := d.cfg.Store.Users(ctx)
	if err != nil {
		return "", err
	}
	for _, u := range users {
		if slices.Contains(u.Roles, string(Organiser)) && !u.Disabled {
			return "", nil
		}
	}
	return d.oneTime(ctx, OneTime{Purpose: purposeSetup, Role: string(Organiser)}, 24*time.Hour)
}

// SignInLink returns the secret of a one-time link that signs in an account.
func (d *Desk) SignInLink(ctx context.Context, name string, life time.Duration) (string, error) {
	return d.oneTime(ctx, OneTime{Purpose: purposeSignIn, Name: name}, life)
}

func (d *Desk) oneTime(ctx context.Context, o OneTime, life time.Duration) (string, error) {
	secret := NewSecret()
	o.TokenHash = HashSecret(secret)
	o.Expires = d.nowMS() + life.Milliseconds()
	if err := d.cfg.Store.SaveOneTime(ctx, o); err != nil {
		return "", err
	}
	return secret, nil
}

// Setup spends a setup link: it makes the first organiser and signs them in.
func (d *Desk) Setup(ctx context.Context, token, name, password string) (session string, err error) {
	if err := validName(name); err != nil {
		return "", err
	}
	hash, err := d.hashPassword(password)
	if err != nil {
		return "", err
	}
	o, err := d.spend(ctx, token, purposeSetup)
	if err != nil {
		return "", err
	}
	u := User{ID: uuid.NewString(), Name: strings.TrimSpace(name), Roles: []string{o.Role}, Hash: hash}
	if err := d.cfg.Store.SaveUser(ctx, u); err != nil {
		return "", err
	}
	return d.startSession(ctx, u)
}

// AddUser makes an account. An empty password makes one that can only be
// entered through a sign-in link. A name that is taken is a conflict
// (access.name_taken).
func (d *Desk) AddUser(ctx context.Context, name, password string, roles ...Role) (User, error) {
	if err := validName(name); err != nil {
		return User{}, err
	}
	if len(roles) == 0 {
		return User{}, fault.New(fault.Invalid, "access.no_role", "an account without a role")
	}
	u := User{ID: uuid.NewString(), Name: strings.TrimSpace(name)}
	for _, r := range roles {
		if !slices.Contains(StaffRoles[:], r) {
			return User{}, fault.New(fault.Invalid, "access.role", "role %q", r).With("role", string(r))
		}
		if !slices.Contains(u.Roles, string(r)) {
			u.Roles = append(u.Roles, string(r))
		}
	}
	if password != "" {
		hash, err := d.hashPassword(password)
		if err != nil {
			return User{}, err
		}
		u.Hash = hash
	}
	return u, d.cfg.Store.SaveUser(ctx, u)
}

// Account is what organisers see of a user.
type Account struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Roles    []Role `json:"roles"`
	Disabled bool   `json:"disabled"`
}

// Is reports whether the account holds the role.
func (a Account) Is(r Role) bool { return slices.Contains(a.Roles, r) }

func (u User) account() Account {
	a := Account{ID: u.ID, Name: u.Name, Roles: []Role{}, Disabled: u.Disabled}
	for _, r := range u.Roles {
		a.Roles = append(a.Roles, Role(r))
	}
	return a
}

// Accounts lists all accounts by name, disabled ones too.
func (d *Desk) Accounts(ctx context.Context) ([]Account, error) {
	users, err := d.cfg.Store.Users(ctx)
	if err != nil {
		return nil, err
	}
	out := []Account{}
	for _, u := range users {
		out = append(out, u.account())
	}
	return out, nil
}

// Invite returns an account and the secret of a one-time link that signs it in.
func (d *Desk) Invite(ctx context.Context, id string, life time.Duration) (Account, string, error) {
	u, err := d.cfg.Store.UserByID(ctx, id)
	if err != nil {
		return Account{}, "", err
	}
	if u.Disabled {
		return Account{}, "", fault.New(fault.Conflict, "access.disabled", "account %s", id).With("name", u.Name)
	}
	secret, err := d.SignInLink(ctx, u.Name, life)
	return u.account(), secret, err
}

// Disable shuts an account, ends its sessions and returns the key whose sockets
// must be cut. The last organiser stays: without one nobody could open an
// account again.
func (d *Desk) Disable(ctx context.Context, id string) (key string, err error) {
	d.accounts.Lock()
	defer d.accounts.Unlock()
	users, err := d.cfg.Store.Users(ctx)
	if err != nil {
		return "", err
	}
	others := slices.ContainsFunc(users, func(u User) bool {
		return u.ID != id && !u.Disabled && slices.Contains(u.Roles, string(Organiser))
	})
	u, err := d.cfg.Store.UserByID(ctx, id)
	if err != nil {
		return "", err
	}
	if slices.Contains(u.Roles, string(Organiser)) && !others {
		return "", fault.New(fault.Conflict, "access.last_organiser", "account %s", id)
	}
	u.Disabled = true
	if err := d.cfg.Store.SaveUser(ctx, u); err != nil {
		return "", err
	}
	key = "user:" + id
	d.tickets.drop(key)
	return key, d.cfg.Store.RevokeUserSessions(ctx, id)
}

// Enable opens an account again; its old sessions stay ended.
func (d *Desk) Enable(ctx context.Context, id string) error {
	d.accounts.Lock()
	defer d.accounts.Unlock()
	u, err := d.cfg.Store.UserByID(ctx, id)
	if err != nil || !u.Disabled {
		return err
	}
	u.Disabled = false
	return d.cfg.Store.SaveUser(ctx, u)
}

// SignIn checks a name and password and returns the secret of a new session.
func (d *Desk) SignIn(ctx context.Context, name, password string) (string, error) {
	u, err := d.cfg.Store.UserByName(ctx, strings.TrimSpace(name))
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return "", err
	}
	if !d.checkPassword(u.Hash, password) || u.Disabled {
		return "", errCredentials
	}
	return d.startSession(ctx, u)
}

// SignInWithLink spends a one-time sign-in link.
func (d *Desk) SignInWithLink(ctx context.Context, token string) (string, error) {
	o, err := d.spend(ctx, token, purposeSignIn)
	if err != nil {
		return "", err
	}
	u, err := d.cfg.Store.UserByName(ctx, o.Name)
	if err != nil || u.Disabled {
		return "", errCredentials
	}
	return d.startSession(ctx, u)
}

// SignOut ends the session with this secret and returns the key whose sockets
// must be cut. An unknown secret is no error.
func (d *Desk) SignOut(ctx context.Context, secret string) (key string, err error) {
	s, err := d.cfg.Store.StaffSession(ctx, HashSecret(secret))
	if err != nil {
		return "", nil
	}
	return "user:" + s.UserID, d.cfg.Store.RevokeStaffSession(ctx, s.TokenHash)
}

// Staff tells whose session this secret is. It rolls the idle limit on, at most
// once a minute so that reads stay reads.
func (d *Desk) Staff(ctx context.Context, secret string) (Identity, error) {
	s, err := d.cfg.Store.StaffSession(ctx, HashSecret(secret))
	if err != nil {
		return Identity{}, unknown(err)
	}
	now := d.nowMS()
	if s.Revoked || now >= s.Expires || now-s.LastSeen > d.cfg.Idle.Milliseconds() {
		return Identity{}, fault.New(fault.Unauthenticated, "access.session_over", "session ended")
	}
	u, err := d.cfg.Store.UserByID(ctx, s.UserID)
	if err != nil {
		return Identity{}, unknown(err)
	}
	if u.Disabled {
		return Identity{}, fault.New(fault.Unauthenticated, "access.session_over", "account disabled")
	}
	if now-s.LastSeen > time.Minute.Milliseconds() {
		if err := d.cfg.Store.TouchStaffSession(ctx, s.TokenHash, now); err != nil {
			return Identity{}, err
		}
	}
	id := Identity{Name: u.Name, Key: "user:" + u.ID}
	for _, r := range u.Roles {
		id.Roles = append(id.Roles, Role(r))
	}
	return id, nil
}

func (d *Desk) startSession(ctx context.Context, u User) (string, error) {
	secret, now := NewSecret(), d.nowMS()
	err := d.cfg.Store.SaveStaffSession(ctx, StaffSession{
		TokenHash: HashSecret(secret), UserID: u.ID,
		Created: now, LastSeen: now, Expires: now + d.cfg.MaxLife.Milliseconds(),
	})
	return secret, err
}

func (d *Desk) spend(ctx context.Context, token, purpose string) (OneTime, error) {
	o, err := d.cfg.Store.UseOneTime(ctx, HashSecret(token), d.nowMS())
	if err != nil {
		return OneTime{}, unknown(err)
	}
	if o.Purpose != purpose {
		return OneTime{}, fault.New(fault.Unauthenticated, "access.link_spent", "link for %s used for %s", o.Purpose, purpose)
	}
	return o, nil
}

// unknown turns "no such row" into "not signed in"; the two must not differ to
// whoever probes.
func unknown(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return fault.Wrap(fault.Unauthenticated, "access.link_spent", err, "unknown or spent secret")
	}
	return err
}

// validName bounds an account's name to 1–40 characters.
func validName(name string) error {
	n := len([]rune(strings.TrimSpace(name)))
	if n == 0 || n > 40 {
		return fault.New(fault.Invalid, "access.name", "name of %d characters", n).With("max", 40)
	}
	return nil
}
