package access

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"hecai/fault"
)

// memory is a Store in maps. The contract suite of store runs the same
// questions against the real ones.
type memory struct {
	mu       sync.Mutex
	users    map[string]User
	sessions map[string]StaffSession
	links    map[string]Link
	once     map[string]OneTime
	voters   map[int64]Voter
	tickets  map[string]struct {
		level int
		by    int64
	}
}

func newMemory() *memory {
	return &memory{users: map[string]User{}, sessions: map[string]StaffSession{}, links: map[string]Link{},
		once: map[string]OneTime{}, voters: map[int64]Voter{}, tickets: map[string]struct {
			level int
			by    int64
		}{}}
}

var errNone = fault.New(fault.NotFound, "store.none", "no row")

func find[K comparable, V any](m *memory, from map[K]V, key K) (V, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := from[key]
	if !ok {
		return v, errNone
	}
	return v, nil
}

func put[K comparable, V any](m *memory, to map[K]V, key K, v V) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	to[key] = v
	return nil
}

func (m *memory) SaveUser(ctx context.Context, u User) error {
	if other, err := m.UserByName(ctx, u.Name); err == nil && other.ID != u.ID {
		return fault.New(fault.Conflict, "access.name_taken", "user %q", u.Name).With("name", u.Name)
	}
	return put(m, m.users, u.ID, u)
}
func (m *memory) UserByID(_ context.Context, id string) (User, error) {
	return find(m, m.users, id)
}
func (m *memory) UserByName(_ context.Context, name string) (User, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range m.users {
		if u.Name == name {
			return u, nil
		}
	}
	return User{}, errNone
}
func (m *memory) Users(context.Context) ([]User, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []User
	for _, u := range m.users {
		out = append(out, u)
	}
	return out, nil
}
func (m *memory) SaveStaffSession(_ context.Context, s StaffSession) error {
	return put(m, m.sessions, s.TokenHash, s)
}
func (m *memory) StaffSession(_ context.Context, hash string) (StaffSession, error) {
	return find(m, m.sessions, hash)
}
func (m *memory) TouchStaffSession(_ context.Context, hash string, seen int64) error {
	s, err := find(m, m.sessions, hash)
	s.LastSeen = seen
	put(m, m.sessions, hash, s)
	return err
}
func (m *memory) RevokeStaffSession(_ context.Context, hash string) error {
	s, err := find(m, m.sessions, hash)
	s.Revoked = true
	put(m, m.sessions, hash, s)
	return err
}
func (m *memory) RevokeUserSessions(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for hash, s := range m.sessions {
		s.Revoked = s.Revoked || s.UserID == id
		m.sessions[hash] = s
	}
	return nil
}
func (m *memory) SaveLink(_ context.Context, l Link) error { return put(m, m.links, l.ID, l) }
func (m *memory) LinkByHash(_ context.Context, hash string) (Link, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.links {
		if l.TokenHash == hash {
			return l, nil
		}
	}
	return Link{}, errNone
}
func (m *memory) Links(context.Context) ([]Link, error) { return nil, nil }
func (m *memory) RevokeLink(_ context.Context, id string) error {
	l, err := find(m, m.links, id)
	l.Revoked = true
	put(m, m.links, id, l)
	return err
}
func (m *memory) SaveOneTime(_ context.Context, o OneTime) error {
	return put(m, m.once, o.TokenHash, o)
}
func (m *memory) UseOneTime(_ context.Context, hash string, now int64) (OneTime, error) {
	o, err := find(m, m.once, hash)
	if err != nil || o.UsedAt != 0 || now >= o.Expires {
		return OneTime{}, errNone
	}
	o.UsedAt = now
	return o, put(m, m.once, hash, o)
}
func (m *memory) CreateVoter(_ context.Context, uid string, now int64) (Voter, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v := Voter{No: int64(len(m.voters) + 1), UID: uid, Created: now}
	m.voters[v.No] = v
	return v, nil
}
func (m *memory) Voter(_ context.Context, no int64) (Voter, error) { return find(m, m.voters, no) }
func (m *memory) AddTickets(_ context.Context, hashes []string, level int) error {
	for _, h := range hashes {
		put(m, m.tickets, h, struct {
			level int
			by    int64
		}{level: level})
	}
	return nil
}
func (m *memory) RedeemTicket(_ context.Context, hash string, no, _ int64) (int, error) {
	t, err := find(m, m.tickets, hash)
	if err != nil {
		return 0, fault.New(fault.NotFound, "access.ticket_unknown", "")
	}
	if t.by != 0 && t.by != no {
		return 0, fault.New(fault.Conflict, "access.ticket_used", "")
	}
	t.by = no
	return t.level, put(m, m.tickets, hash, t)
}

type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newDesk() (*Desk, *clock) {
	c := &clock{t: time.Date(2024, 9, 27, 9, 0, 0, 0, time.UTC)}
	return New(Config{Store: newMemory(), Key: []byte(strings.Repeat("k", 32)), Now: c.now}), c
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if got := fault.CodeOf(err); got != code {
		t.Errorf("code = %q (%v), want %q", got, err, code)
	}
}

func TestSetupLinkMakesTheFirstOrganiserOnce(t *testing.T) {
	ctx := t.Context()
	d, _ := newDesk()
	link, err := d.SetupLink(ctx)
	if err != nil || link == "" {
		t.Fatalf("SetupLink = %q, %v", link, err)
	}
	if _, err := d.Setup(ctx, link, "组织者", "short"); fault.CodeOf(err) != "access.password_length" {
		t.Errorf("short password: %v", err)
	}
	session, err := d.Setup(ctx, link, "组织者", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	id, err := d.Staff(ctx, session)
	if err != nil || !id.Is(Organiser) {
		t.Fatalf("Staff = %+v, %v", id, err)
	}
	_, err = d.Setup(ctx, link, "another", "correct horse")
	wantCode(t, err, "access.link_spent")
	if again, _ := d.SetupLink(ctx); again != "" {
		t.Error("a setup link is offered although an organiser exists")
	}
}

func TestSignIn(t *testing.T) {
	ctx := t.Context()
	d, c := newDesk()
	if _, err := d.AddUser(ctx, "导演", "a long password", Director); err != nil {
		t.Fatal(err)
	}
	_, err := d.SignIn(ctx, "导演", "another password")
	wantCode(t, err, "access.credentials")
	_, err = d.SignIn(ctx, "nobody", "another password")
	wantCode(t, err, "access.credentials")
	s, err := d.SignIn(ctx, "导演", "a long password")
	if err != nil {
		t.Fatal(err)
	}
	c.t = c.t.Add(11 * time.Hour)
	if _, err := d.Staff(ctx, s); err != nil {
		t.Errorf("session in use: %v", err)
	}
	c.t = c.t.Add(13 * time.Hour)
	_, err = d.Staff(ctx, s)
	wantCode(t, err, "access.session_over")

	s, _ = d.SignIn(ctx, "导演", "a long password")
	if _, err := d.SignOut(ctx, s); err != nil {
		t.Fatal(err)
	}
	_, err = d.Staff(ctx, s)
	wantCode(t, err, "access.session_over")
}

func TestAccountsAreInvitedAndDisabled(t *testing.T) {
	ctx := t.Context()
	d, _ := newDesk()
	_, err := d.AddUser(ctx, "导演", "")
	wantCode(t, err, "access.no_role")
	_, err = d.AddUser(ctx, "导演", "", Judge)
	wantCode(t, err, "access.role")
	u, err := d.AddUser(ctx, " 导演 ", "", Director, Director, Moderator)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.AddUser(ctx, "导演", "", Organiser)
	wantCode(t, err, "access.name_taken")
	_, _, err = d.Invite(ctx, "nobody", time.Hour)
	wantCode(t, err, "store.none")
	a, secret, err := d.Invite(ctx, u.ID, time.Hour)
	if err != nil || a.Name != "导演" || len(a.Roles) != 2 || !a.Is(Director) || !a.Is(Moderator) {
		t.Fatalf("Invite = %+v, %v", a, err)
	}
	session, err := d.SignInWithLink(ctx, secret)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.SignInWithLink(ctx, secret)
	wantCode(t, err, "access.link_spent")
	id, err := d.Staff(ctx, session)
	if err != nil {
		t.Fatal(err)
	}
	ticket, _ := d.SocketTicket(id)
	_, unspent, _ := d.Invite(ctx, u.ID, time.Hour)

	key, err := d.Disable(ctx, u.ID)
	if err != nil || key != id.Key {
		t.Fatalf("Disable = %q, %v, want %q", key, err, id.Key)
	}
	_, err = d.Enter(ticket)
	wantCode(t, err, "access.socket_ticket")
	_, err = d.SignInWithLink(ctx, unspent)
	wantCode(t, err, "access.credentials")
	_, _, err = d.Invite(ctx, u.ID, time.Hour)
	wantCode(t, err, "access.disabled")
	if all, err := d.Accounts(ctx); err != nil || len(all) != 1 || !all[0].Disabled {
		t.Errorf("Accounts = %+v, %v", all, err)
	}
	for range 2 {
		if err := d.Enable(ctx, u.ID); err != nil {
			t.Fatal(err)
		}
	}
	_, err = d.Staff(ctx, session)
	wantCode(t, err, "access.session_over")
	wantCode(t, d.Enable(ctx, "nobody"), "store.none")
}

func TestTheLastOrganiserStays(t *testing.T) {
	ctx := t.Context()
	d, _ := newDesk()
	a, _ := d.AddUser(ctx, "a", "", Organiser)
	b, _ := d.AddUser(ctx, "b", "", Organiser)
	if _, err := d.AddUser(ctx, "c", "", Director); err != nil {
		t.Fatal(err)
	}
	errs := make(chan error)
	for _, id := range []string{a.ID, b.ID} {
		go func() {
			_, err := d.Disable(ctx, id)
			errs <- err
		}()
	}
	first, second := <-errs, <-errs
	if first == nil {
		first, second = second, first
	}
	wantCode(t, first, "access.last_organiser")
	wantCode(t, second, "")
	_, err := d.Disable(ctx, "nobody")
	wantCode(t, err, "store.none")
}

func TestLinksAreBoundAndRevocable(t *testing.T) {
	ctx := t.Context()
	d, _ := newDesk()
	_, _, err := d.AddLink(ctx, Organiser, "x", "final", "me")
	wantCode(t, err, "access.role")
	l, secret, err := d.AddLink(ctx, Judge, "J1", "final", "me")
	if err != nil {
		t.Fatal(err)
	}
	id, err := d.Holder(ctx, secret)
	if err != nil || !id.Is(Judge) || id.Name != "J1" {
		t.Fatalf("Holder = %+v, %v", id, err)
	}
	wantCode(t, id.Bound("salon"), "access.other_session")
	wantCode(t, id.Bound("final"), "")
	ticket, err := d.SocketTicket(id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.RevokeLink(ctx, l.ID); err != nil {
		t.Fatal(err)
	}
	_, err = d.Enter(ticket)
	wantCode(t, err, "access.socket_ticket")
	_, err = d.Holder(ctx, secret)
	wantCode(t, err, "access.link_revoked")
	_, err = d.Holder(ctx, "guess")
	wantCode(t, err, "access.link_spent")
}

func TestDeviceTokensCannotBeForged(t *testing.T) {
	ctx := t.Context()
	d, _ := newDesk()
	id, token, err := d.NewDevice(ctx)
	if err != nil || id.Voter == 0 {
		t.Fatalf("NewDevice = %+v, %v", id, err)
	}
	got, err := d.Device(ctx, token)
	if err != nil || got.Voter != id.Voter {
		t.Fatalf("Device = %+v, %v", got, err)
	}
	flip := []byte(token)
	flip[9] ^= 1
	for _, bad := range []string{"", "!", token[:10], string(flip)} {
		_, err := d.Device(ctx, bad)
		wantCode(t, err, "access.device")
	}
}

func TestTicketBindsToOneDevice(t *testing.T) {
	ctx := t.Context()
	d, _ := newDesk()
	codes, err := d.NewTickets(ctx, 2, 2)
	if err != nil || len(codes[0]) != 23 {
		t.Fatalf("NewTickets = %v, %v", codes, err)
	}
	a, _, _ := d.NewDevice(ctx)
	b, _, _ := d.NewDevice(ctx)
	a, err = d.Redeem(ctx, a, " "+strings.ToLower(codes[0]))
	if err != nil || a.Level != 2 {
		t.Fatalf("Redeem = %+v, %v", a, err)
	}
	if _, err := d.Redeem(ctx, a, codes[0]); err != nil {
		t.Errorf("scanning again on the same phone: %v", err)
	}
	_, err = d.Redeem(ctx, b, codes[0])
	wantCode(t, err, "access.ticket_used")
	_, err = d.Redeem(ctx, b, "NOSUCHCODE")
	wantCode(t, err, "access.ticket_unknown")
}

func TestSocketTicketOpensOneSocketWithinAMinute(t *testing.T) {
	d, c := newDesk()
	ticket, err := d.SocketTicket(Identity{Roles: []Role{Screen}})
	if err != nil {
		t.Fatal(err)
	}
	if id, err := d.Enter(ticket); err != nil || !id.Is(Screen) {
		t.Fatalf("Enter = %+v, %v", id, err)
	}
	_, err = d.Enter(ticket)
	wantCode(t, err, "access.socket_ticket")
	ticket, _ = d.SocketTicket(Identity{})
	c.t = c.t.Add(61 * time.Second)
	_, err = d.Enter(ticket)
	wantCode(t, err, "access.socket_ticket")
}

// TestPermissionTable pins the refusals that the promises rest on.
func TestPermissionTable(t *testing.T) {
	all := []Role{Visitor, Audience, Judge, Host, Director, Screen, Broadcaster, Moderator, Reviewer, Organiser, Auditor}
	may := func(r Role, c Capability) bool { return Identity{Roles: []Role{r}}.May(c) }
	for _, r := range all {
		if got, want := may(r, CastVote), r == Audience; got != want {
			t.Errorf("%s may vote: %v", r, got)
		}
		if got, want := may(r, ScoreEntry), r == Judge; got != want {
			t.Errorf("%s may score: %v", r, got)
		}
		if got, want := may(r, Publish), r == Broadcaster; got != want {
			t.Errorf("%s may publish: %v", r, got)
		}
		if got, want := may(r, Administer), r == Organiser; got != want {
			t.Errorf("%s may administer: %v", r, got)
		}
		if !may(r, Watch) {
			t.Errorf("%s may not watch", r)
		}
	}
	for _, r := range []Role{Host, Judge, Screen, Broadcaster, Audience, Auditor, Reviewer} {
		if may(r, ArmReveal) {
			t.Errorf("%s may arm a reveal", r)
		}
	}
	if (Identity{}).May(PostDanmu) {
		t.Error("an unknown visitor may post")
	}
	wantCode(t, (Identity{}).Require(CastVote), "access.signin")
	wantCode(t, Identity{Roles: []Role{Host}}.Require(ArmReveal), "access.forbidden")
}

func FuzzDeviceToken(f *testing.F) {
	d, _ := newDesk()
	_, token, _ := d.NewDevice(context.Background())
	f.Add(token)
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := d.Device(context.Background(), s); err == nil && id.Voter != 1 {
			t.Errorf("forged voter %d from %q", id.Voter, s)
		}
	})
}

func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U")
	f.Fuzz(func(t *testing.T, s string) {
		if _, key, memory, passes, threads, ok := parsePHC(s); ok && (len(key) < 16 || memory > 1<<20 || passes == 0 || threads == 0) {
			t.Errorf("unsafe parameters accepted from %q", s)
		}
	})
}

func TestLimiterTellsHowLongToWait(t *testing.T) {
	c := &clock{t: time.Unix(0, 0)}
	l := NewLimiter(1, 2, c.now)
	for range 2 {
		if err := l.Allow("a"); err != nil {
			t.Fatal(err)
		}
	}
	err := l.Allow("a")
	wantCode(t, err, "access.too_fast")
	if got := fault.Of(err).Args["seconds"]; got != 2 {
		t.Errorf("seconds = %v, want 2", got)
	}
	if err := l.Allow("b"); err != nil {
		t.Errorf("another key is held back: %v", err)
	}
	c.t = c.t.Add(time.Second)
	if err := l.Allow("a"); err != nil {
		t.Errorf("after a second: %v", err)
	}
}
