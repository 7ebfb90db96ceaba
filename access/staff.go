package access

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"hecai/contest"
	"hecai/fault"
)

// Purposes of a one-time link.
const (
	purposeSetup  = "setup"
	purposeSignIn = "signin"
)

var errCredentials = fault.New(fault.Unauthenticated, "access.credentials", "wrong name or password")

// SetupLink returns the secret of a one-time link for the first organiser, or
// "" when an organiser exists already. It is good for 24 hours, and no older one
// is any more: among several processes, though, each tells its own, and the first that
// is used voids the others.
func (d *Desk) SetupLink(ctx context.Context) (string, error) {
	users, err := d.cfg.Store.Users(ctx)
	if err != nil || slices.ContainsFunc(users, func(u User) bool { return u.Organises("") }) {
		return "", err
	}
	secret := NewSecret()
	now := d.nowMS()
	o := OneTime{TokenHash: hashSecret(secret), Purpose: purposeSetup, Role: string(Organiser), Expires: now + 24*time.Hour.Milliseconds()}
	if d.cfg.Others != nil {
		return secret, d.cfg.Store.SaveOneTime(ctx, o)
	}
	return secret, d.cfg.Store.SaveSetup(ctx, o, now)
}

// SignInLink returns the secret of a one-time link that signs in an account.
func (d *Desk) SignInLink(ctx context.Context, name string, life time.Duration) (string, error) {
	secret := NewSecret()
	o := OneTime{TokenHash: hashSecret(secret), Purpose: purposeSignIn, Name: name, Expires: d.nowMS() + life.Milliseconds()}
	if err := d.cfg.Store.SaveOneTime(ctx, o); err != nil {
		return "", err
	}
	return secret, nil
}

// Setup spends a setup link: it makes the first organiser, of the contest that is
// there and of those that they will make, and signs them in. It
// works only while there is no organiser, whoever has which link. A link that is
// none costs one read and no hashing.
func (d *Desk) Setup(ctx context.Context, in contest.Code, token, name, password string) (session string, err error) {
	if err := validName(name); err != nil {
		return "", err
	}
	token = hashSecret(token)
	if err := d.cfg.Store.OneTimeLive(ctx, token, purposeSetup, d.nowMS()); err != nil {
		return "", unknown(err)
	}
	hash, err := d.hashPassword(ctx, password)
	if err != nil {
		return "", err
	}
	u := User{ID: uuid.NewString(), Name: strings.TrimSpace(name), Hash: hash, Founder: true,
		In: map[contest.Code]Membership{in: {Roles: []string{string(Organiser)}}}}
	if err := d.cfg.Store.SetUp(ctx, token, u, d.nowMS()); err != nil {
		return "", unknown(err)
	}
	return d.startSession(ctx, u)
}

// AddUser makes an account with roles in a contest. An empty password makes one
// that can only be entered through a sign-in link. A name that is taken is a
// conflict (access.name_taken), unless it is of an account of other contests alone. If
// by runs all of those, that one gets the roles, and keeps its password. To anyone
// else a name is no proof of who it is: they are told (access.name_elsewhere), and may
// mean it; see AdmitUser.
func (d *Desk) AddUser(ctx context.Context, by Identity, name, password string, roles ...Role) (Account, error) {
	in := by.Contest
	if err := validName(name); err != nil {
		return Account{}, err
	}
	m, err := membership(roles)
	if err != nil {
		return Account{}, err
	}
	d.accounts.Lock()
	defer d.accounts.Unlock()
	u := User{ID: uuid.NewString(), Name: strings.TrimSpace(name), In: map[contest.Code]Membership{}}
	if had, err := d.cfg.Store.UserByName(ctx, u.Name); err == nil && password == "" {
		_, member := had.In[in]
		switch {
		case !member && by.runs(had):
			u = had
		case !member:
			return Account{}, fault.New(fault.Conflict, "access.name_elsewhere", "user %q is of other contests", u.Name).With("name", u.Name)
		}
	} else if err != nil && fault.KindOf(err) != fault.NotFound {
		return Account{}, err
	}
	if password != "" {
		hash, err := d.hashPassword(ctx, password)
		if err != nil {
			return Account{}, err
		}
		u.Hash = hash
	}
	u.In[in] = m
	defer d.crewBook.forgetAll()
	return u.Account(in), d.cfg.Store.SaveUser(ctx, u)
}

// AdmitUser gives the account of a name, of other contests until now, roles in the
// contest of by, who means just that account. It signs in as it always has.
func (d *Desk) AdmitUser(ctx context.Context, by Identity, name string, roles ...Role) (Account, error) {
	m, err := membership(roles)
	if err != nil {
		return Account{}, err
	}
	d.accounts.Lock()
	defer d.accounts.Unlock()
	u, err := d.cfg.Store.UserByName(ctx, strings.TrimSpace(name))
	if err != nil {
		return Account{}, err
	}
	if _, member := u.In[by.Contest]; member {
		return Account{}, fault.New(fault.Conflict, "access.name_taken", "user %q", u.Name).With("name", u.Name)
	}
	u.In[by.Contest] = m
	defer d.crewBook.forgetAll()
	return u.Account(by.Contest), d.cfg.Store.SaveUser(ctx, u)
}

// membership is what an account with the roles is in a contest.
func membership(roles []Role) (m Membership, err error) {
	if len(roles) == 0 {
		return m, fault.New(fault.Invalid, "access.no_role", "an account without a role")
	}
	for _, r := range roles {
		if !slices.Contains(StaffRoles[:], r) {
			return m, fault.New(fault.Invalid, "access.role", "role %q", r).With("role", string(r))
		}
		if !slices.Contains(m.Roles, string(r)) {
			m.Roles = append(m.Roles, string(r))
		}
	}
	return m, nil
}

// Found gives whoever makes a contest the right to run it: add keeps both at once, or
// neither. Only who founded the installation makes contests (access.not_founder).
func (d *Desk) Found(ctx context.Context, id Identity, in contest.Code, add func(ctx context.Context, runs User) error) error {
	d.accounts.Lock()
	defer d.accounts.Unlock()
	u, err := d.cfg.Store.UserByID(ctx, strings.TrimPrefix(id.Key, "user:"))
	if err != nil {
		return err
	}
	if !u.Founder {
		return fault.New(fault.Forbidden, "access.not_founder", "account %s makes contests", u.ID)
	}
	u.In = map[contest.Code]Membership{in: {Roles: []string{string(Organiser)}}}
	defer d.crewBook.forgetAll()
	return add(ctx, u)
}

// Account is what a contest's organisers see of a user.
type Account struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Roles    []Role `json:"roles"`
	Disabled bool   `json:"disabled"`
}

// Is reports whether the account holds the role.
func (a Account) Is(r Role) bool { return slices.Contains(a.Roles, r) }

// Account is what the user is in a contest.
func (u User) Account(in contest.Code) Account {
	m := u.In[in]
	a := Account{ID: u.ID, Name: u.Name, Roles: []Role{}, Disabled: m.Disabled}
	for _, r := range m.Roles {
		a.Roles = append(a.Roles, Role(r))
	}
	return a
}

// Accounts lists a contest's accounts by name, disabled ones too.
func (d *Desk) Accounts(ctx context.Context, in contest.Code) ([]Account, error) {
	users, err := d.cfg.Store.Users(ctx)
	if err != nil {
		return nil, err
	}
	out := []Account{}
	for _, u := range users {
		if _, member := u.In[in]; member {
			out = append(out, u.Account(in))
		}
	}
	return out, nil
}

// member finds an account of a contest.
func (d *Desk) member(ctx context.Context, in contest.Code, id string) (User, error) {
	u, err := d.cfg.Store.UserByID(ctx, id)
	if err != nil {
		return u, err
	}
	if _, ours := u.In[in]; !ours {
		return u, fault.New(fault.NotFound, "store.none", "account %s is not of %s", id, in)
	}
	return u, nil
}

// Invite returns an account and the secret of a one-time link that signs it in.
// Whoever has the link is the account everywhere, so it is made only by one who runs
// every contest that the account is of (access.other_contest).
func (d *Desk) Invite(ctx context.Context, by Identity, id string, life time.Duration) (Account, string, error) {
	u, err := d.member(ctx, by.Contest, id)
	if err != nil {
		return Account{}, "", err
	}
	a := u.Account(by.Contest)
	if a.Disabled {
		return a, "", fault.New(fault.Conflict, "access.disabled", "account %s", id).With("name", u.Name)
	}
	if !by.runs(u) {
		return a, "", fault.New(fault.Forbidden, "access.other_contest", "account %s is of other contests too", id).With("name", u.Name)
	}
	secret, err := d.SignInLink(ctx, u.Name, life)
	return a, secret, err
}

// runs reports whether one organises every contest that the account is of.
func (id Identity) runs(u User) bool {
	for code := range u.In {
		if !id.In(code).Is(Organiser) {
			return false
		}
	}
	return true
}

// Disable shuts an account out of a contest and returns the key whose sockets must
// be cut. If it is of no other, its sessions and unspent sign-in links end. The
// contest's last organiser stays: without one nobody could open an account again.
func (d *Desk) Disable(ctx context.Context, in contest.Code, id string) (key string, err error) {
	d.accounts.Lock()
	defer d.accounts.Unlock()
	users, err := d.cfg.Store.Users(ctx)
	if err != nil {
		return "", err
	}
	others := slices.ContainsFunc(users, func(u User) bool { return u.ID != id && u.Organises(in) })
	u, err := d.member(ctx, in, id)
	if err != nil {
		return "", err
	}
	m := u.In[in]
	if slices.Contains(m.Roles, string(Organiser)) && !others {
		return "", fault.New(fault.Conflict, "access.last_organiser", "account %s", id)
	}
	m.Disabled = true
	u.In[in] = m
	defer d.crewBook.forgetAll()
	if err := d.cfg.Store.SaveUser(ctx, u); err != nil {
		return "", err
	}
	key = "user:" + id
	if u.active() {
		return key, nil
	}
	return key, errors.Join(d.cfg.Store.RevokeUserSessions(ctx, id),
		d.cfg.Store.VoidOneTimes(ctx, purposeSignIn, u.Name, d.nowMS()))
}

// Enable lets an account into a contest again; its old sessions stay ended.
func (d *Desk) Enable(ctx context.Context, in contest.Code, id string) error {
	d.accounts.Lock()
	defer d.accounts.Unlock()
	u, err := d.member(ctx, in, id)
	if err != nil || !u.In[in].Disabled {
		return err
	}
	m := u.In[in]
	m.Disabled = false
	u.In[in] = m
	defer d.crewBook.forgetAll()
	return d.cfg.Store.SaveUser(ctx, u)
}

// Try is a sign-in with a password, and where it comes from.
type Try struct {
	Name, Password string
	From           string // network, see Network
	Known          string // the browser's pass of an earlier sign-in, see KnownBrowser
}

// SignIn checks a name and password and returns the secret of a new session.
// Failures are counted (access.too_fast), successes are not.
func (d *Desk) SignIn(ctx context.Context, t Try) (string, error) {
	name, known := strings.TrimSpace(t.Name), d.known(t.Known)
	if len(name) > 4*maxName {
		return "", errCredentials
	}
	undo, err := d.guesses.take(name, t.From, known)
	if err != nil {
		return "", err
	}
	u, err := d.cfg.Store.UserByName(ctx, name)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		undo()
		return "", err
	}
	right, err := d.checkPassword(ctx, u.Hash, t.Password, known != "")
	if err != nil { // not looked at
		undo()
		return "", err
	}
	if !right || !u.active() {
		return "", errCredentials
	}
	undo()
	return d.startSession(ctx, u)
}

// SignInWithLink spends a one-time sign-in link.
func (d *Desk) SignInWithLink(ctx context.Context, token string) (string, error) {
	o, err := d.cfg.Store.UseOneTime(ctx, hashSecret(token), purposeSignIn, d.nowMS())
	if err != nil {
		return "", unknown(err)
	}
	u, err := d.cfg.Store.UserByName(ctx, o.Name)
	if err != nil || !u.active() {
		return "", errCredentials
	}
	return d.startSession(ctx, u)
}

// SignOut ends the session with this secret and returns the key whose sockets
// must be cut. An unknown secret is no error.
func (d *Desk) SignOut(ctx context.Context, secret string) (key string, err error) {
	s, err := d.cfg.Store.StaffSession(ctx, hashSecret(secret))
	if err != nil {
		return "", nil
	}
	defer d.crewBook.forget(handleStaff + ":" + s.TokenHash)
	return "user:" + s.UserID, d.cfg.Store.RevokeStaffSession(ctx, s.TokenHash)
}

// Staff tells whose session this secret is. It rolls the idle limit on, at most
// once a minute so that reads stay reads.
func (d *Desk) Staff(ctx context.Context, secret string) (Identity, error) {
	return d.staff(ctx, hashSecret(secret), true)
}

func (d *Desk) staff(ctx context.Context, hash string, alive bool) (Identity, error) {
	m, fresh, err := d.look(ctx, handleStaff+":"+hash, func(ctx context.Context) (m member, err error) {
		if m.session, err = d.cfg.Store.StaffSession(ctx, hash); err == nil {
			m.user, err = d.cfg.Store.UserByID(ctx, m.session.UserID)
		}
		return m, err
	})
	if err != nil {
		return Identity{}, unknown(err)
	}
	s, u, now := m.session, m.user, d.nowMS()
	if s.Revoked || now >= s.Expires || now-s.LastSeen > d.cfg.Idle.Milliseconds() {
		return Identity{}, fault.New(fault.Unauthenticated, "access.session_over", "session ended")
	}
	if !u.active() {
		return Identity{}, fault.New(fault.Unauthenticated, "access.session_over", "account disabled")
	}
	if alive && fresh && now-s.LastSeen > time.Minute.Milliseconds() {
		if err := d.touch(ctx, s.TokenHash, now); err != nil {
			return Identity{}, err
		}
	}
	id := Identity{Name: u.Name, Key: "user:" + u.ID, Handle: handleStaff + ":" + hash, Founder: u.Founder, roles: map[contest.Code][]Role{}}
	for code, m := range u.In {
		if m.Disabled {
			continue
		}
		for _, r := range m.Roles {
			id.roles[code] = append(id.roles[code], Role(r))
		}
	}
	return id.In(""), nil
}

// touch rolls the idle limit on. A record that takes no writes now shuts nobody
// out: the next minute will do.
func (d *Desk) touch(ctx context.Context, hash string, now int64) error {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	err := d.cfg.Store.TouchStaffSession(ctx, hash, now)
	if fault.KindOf(err) == fault.Unavailable || ctx.Err() != nil {
		return nil
	}
	return err
}

func (d *Desk) startSession(ctx context.Context, u User) (string, error) {
	secret, now := NewSecret(), d.nowMS()
	err := d.cfg.Store.SaveStaffSession(ctx, StaffSession{
		TokenHash: hashSecret(secret), UserID: u.ID,
		Created: now, LastSeen: now, Expires: now + d.cfg.MaxLife.Milliseconds(),
	})
	return secret, err
}

// unknown turns "no such row" into "not signed in"; the two must not differ to
// whoever probes.
func unknown(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return fault.Wrap(fault.Unauthenticated, "access.link_spent", err, "unknown or spent secret")
	}
	return err
}

const maxName = 40 // characters

// validName bounds an account's name to 1–40 characters.
func validName(name string) error {
	n := len([]rune(strings.TrimSpace(name)))
	if n == 0 || n > maxName {
		return fault.New(fault.Invalid, "access.name", "name of %d characters", n).With("max", maxName)
	}
	return nil
}
