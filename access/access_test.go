package access

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"hecai/fault"
)

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
	if _, err := d.Setup(ctx, here, link, "组织者", "short"); fault.CodeOf(err) != "access.password_length" {
		t.Errorf("short password: %v", err)
	}
	session, err := d.Setup(ctx, here, link, "组织者", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	id, err := d.Staff(ctx, session)
	if err != nil || !id.Is(Organiser) {
		t.Fatalf("Staff = %+v, %v", id, err)
	}
	_, err = d.Setup(ctx, here, link, "another", "correct horse")
	wantCode(t, err, "access.link_spent")
	if again, _ := d.SetupLink(ctx); again != "" {
		t.Error("a setup link is offered although an organiser exists")
	}
}

func TestSignIn(t *testing.T) {
	ctx := t.Context()
	d, c := newDesk()
	if _, err := d.AddUser(ctx, Identity{Contest: here}, "导演", "a long password", Director); err != nil {
		t.Fatal(err)
	}
	_, err := d.SignIn(ctx, Try{Name: "导演", Password: "another password"})
	wantCode(t, err, "access.credentials")
	_, err = d.SignIn(ctx, Try{Name: "nobody", Password: "another password"})
	wantCode(t, err, "access.credentials")
	s, err := d.SignIn(ctx, Try{Name: "导演", Password: "a long password"})
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

	s, _ = d.SignIn(ctx, Try{Name: "导演", Password: "a long password"})
	if _, err := d.SignOut(ctx, s); err != nil {
		t.Fatal(err)
	}
	_, err = d.Staff(ctx, s)
	wantCode(t, err, "access.session_over")
}

func TestAccountsAreInvitedAndDisabled(t *testing.T) {
	ctx := t.Context()
	d, _ := newDesk()
	_, err := d.AddUser(ctx, Identity{Contest: here}, "导演", "")
	wantCode(t, err, "access.no_role")
	_, err = d.AddUser(ctx, Identity{Contest: here}, "导演", "", Judge)
	wantCode(t, err, "access.role")
	u, err := d.AddUser(ctx, Identity{Contest: here}, " 导演 ", "", Director, Director, Moderator)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.AddUser(ctx, Identity{Contest: here}, "导演", "", Organiser)
	wantCode(t, err, "access.name_taken")
	_, _, err = d.Invite(ctx, chair, "nobody", time.Hour)
	wantCode(t, err, "store.none")
	a, secret, err := d.Invite(ctx, chair, u.ID, time.Hour)
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
	ticket := d.SocketTicket(id)
	_, unspent, _ := d.Invite(ctx, chair, u.ID, time.Hour)

	key, err := d.Disable(ctx, here, u.ID)
	if err != nil || key != id.Key {
		t.Fatalf("Disable = %q, %v, want %q", key, err, id.Key)
	}
	_, err = d.Enter(ctx, ticket)
	wantCode(t, err, "access.session_over")
	_, err = d.SignInWithLink(ctx, unspent)
	wantCode(t, err, "access.link_spent")
	_, _, err = d.Invite(ctx, chair, u.ID, time.Hour)
	wantCode(t, err, "access.disabled")
	if all, err := d.Accounts(ctx, here); err != nil || len(all) != 1 || !all[0].Disabled {
		t.Errorf("Accounts = %+v, %v", all, err)
	}
	for range 2 {
		if err := d.Enable(ctx, here, u.ID); err != nil {
			t.Fatal(err)
		}
	}
	_, err = d.Staff(ctx, session)
	wantCode(t, err, "access.session_over")
	_, err = d.SignInWithLink(ctx, unspent)
	wantCode(t, err, "access.link_spent")
	wantCode(t, d.Enable(ctx, here, "nobody"), "store.none")
}

func TestTheLastOrganiserStays(t *testing.T) {
	ctx := t.Context()
	d, _ := newDesk()
	a, _ := d.AddUser(ctx, Identity{Contest: here}, "a", "", Organiser)
	b, _ := d.AddUser(ctx, Identity{Contest: here}, "b", "", Organiser)
	if _, err := d.AddUser(ctx, Identity{Contest: here}, "c", "", Director); err != nil {
		t.Fatal(err)
	}
	errs := make(chan error)
	for _, id := range []string{a.ID, b.ID} {
		go func() {
			_, err := d.Disable(ctx, here, id)
			errs <- err
		}()
	}
	first, second := <-errs, <-errs
	if first == nil {
		first, second = second, first
	}
	wantCode(t, first, "access.last_organiser")
	wantCode(t, second, "")
	_, err := d.Disable(ctx, here, "nobody")
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
	wantCode(t, id.Allow(MarkSheet, Scope{Show: "salon"}), "access.other_session")
	wantCode(t, id.Allow(MarkSheet, Scope{Show: "final"}), "")
	wantCode(t, id.Allow(Watch, Scope{Show: "salon"}), "")
	wantCode(t, id.Allow("dance", Scope{}), "access.forbidden")
	ticket := d.SocketTicket(id)
	if _, err := d.RevokeLink(ctx, here, l.ID); err != nil {
		t.Fatal(err)
	}
	_, err = d.Enter(ctx, ticket)
	wantCode(t, err, "access.link_revoked")
	_, err = d.Holder(ctx, secret)
	wantCode(t, err, "access.link_revoked")
	_, err = d.Holder(ctx, "guess")
	wantCode(t, err, "access.link_spent")
}

func TestSocketTicketOpensOneSocketWithinAMinute(t *testing.T) {
	ctx := t.Context()
	d, c := newDesk()
	l, secret, _ := d.AddLink(ctx, Screen, "main", "final", "me")
	screen, _ := d.Holder(ctx, secret)
	screen.From = "10.0.0.0/24"
	phone, _ := d.NewDevice()
	for _, who := range []Identity{screen, phone} {
		ticket := d.SocketTicket(who)
		if id, err := d.Enter(ctx, ticket); err != nil || id.Key != who.Key || id.Role() != who.Role() || id.From != who.From {
			t.Fatalf("Enter = %+v, %v, want %+v", id, err, who)
		}
		_, err := d.Enter(ctx, ticket)
		wantCode(t, err, "access.socket_ticket")
		c.t = c.t.Add(59 * time.Second) // a generation later it is still spent
		_, err = d.Enter(ctx, ticket)
		wantCode(t, err, "access.socket_ticket")
		ticket = d.SocketTicket(who)
		c.t = c.t.Add(60 * time.Second)
		_, err = d.Enter(ctx, ticket)
		wantCode(t, err, "access.socket_ticket")
	}
	good := d.SocketTicket(screen)
	flip := []byte(good)
	flip[40] ^= 1
	for _, bad := range []string{"", "!", good[:20], string(flip), strings.Repeat("A", 5000)} {
		_, err := d.Enter(ctx, bad)
		wantCode(t, err, "access.socket_ticket")
	}
	d.RevokeLink(ctx, here, l.ID)
	_, err := d.Enter(ctx, good)
	wantCode(t, err, "access.link_revoked")
	if id, err := d.Enter(ctx, d.SocketTicket(Identity{})); err != nil || id.Role() != Visitor {
		t.Errorf("a visitor enters as %+v, %v", id, err)
	}
}

// TestNobodyUsesTicketsUp: what is handed out takes no place, and a crowd that
// fills its own book of spent ones keeps nobody of the crew out.
func TestNobodyUsesTicketsUp(t *testing.T) {
	ctx := t.Context()
	d, c := newDesk()
	for range 50_000 {
		d.SocketTicket(Identity{})
	}
	_, secret, _ := d.AddLink(ctx, Judge, "J1", "final", "me")
	judge, _ := d.Holder(ctx, secret)
	phone, _ := d.NewDevice()
	for i := range maxSpent {
		if err := d.crowd.spend(strconv.Itoa(i), c.t.UnixMilli()); err != nil {
			t.Fatal(err)
		}
	}
	_, err := d.Enter(ctx, d.SocketTicket(phone))
	wantCode(t, err, "access.busy")
	if _, err := d.Enter(ctx, d.SocketTicket(judge)); err != nil {
		t.Errorf("the judge: %v", err)
	}
	if _, err := d.Enter(ctx, d.SocketTicket(Identity{})); err != nil {
		t.Errorf("a visitor: %v", err)
	}
	c.t = c.t.Add(61 * time.Second)
	if _, err := d.Enter(ctx, d.SocketTicket(phone)); err != nil {
		t.Errorf("a phone, a minute later: %v", err)
	}
}

// TestRightsAreLookedUpWhenUsed: each change of a right is seen by whoever was
// taken in before it.
func TestRightsAreLookedUpWhenUsed(t *testing.T) {
	ctx := t.Context()
	d, c := newDesk()
	u, _ := d.AddUser(ctx, Identity{Contest: here}, "导演", "a long password", Director)
	d.AddUser(ctx, Identity{Contest: here}, "组织者", "", Organiser)
	signIn := func() (string, Identity) {
		s, err := d.SignIn(ctx, Try{Name: "导演", Password: "a long password"})
		if err != nil {
			t.Fatal(err)
		}
		id, err := d.Staff(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		return s, id
	}
	ended := func(what string, id Identity, code string) {
		t.Helper()
		_, err := d.Current(ctx, id)
		if fault.CodeOf(err) != code || fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("%s: Current = %v, want %s", what, err, code)
		}
		if err := d.Holds(ctx, id); fault.CodeOf(err) != code {
			t.Errorf("%s: Holds = %v, want %s", what, err, code)
		}
	}
	s, one := signIn()
	_, other := signIn()
	d.SignOut(ctx, s)
	ended("signed out", one, "access.session_over")
	if _, err := d.Current(ctx, other); err != nil {
		t.Errorf("another browser of the same person: %v", err)
	}
	d.Disable(ctx, here, u.ID)
	ended("disabled", other, "access.session_over")
	d.Enable(ctx, here, u.ID)
	ended("enabled again", other, "access.session_over")

	_, idle := signIn()
	c.t = c.t.Add(11 * time.Hour)
	if err := d.Holds(ctx, idle); err != nil {
		t.Error(err)
	}
	c.t = c.t.Add(2 * time.Hour)
	ended("idle, for looking is no sign of life", idle, "access.session_over")

	l, secret, _ := d.AddLink(ctx, Host, "主持", "final", "me")
	host, _ := d.Holder(ctx, secret)
	d.RevokeLink(ctx, here, l.ID)
	ended("revoked", host, "access.link_revoked")

	phone, _ := d.NewDevice()
	codes, _ := d.NewTickets(ctx, here, 1, 2)
	before, _ := d.Current(ctx, phone)
	d.Redeem(ctx, phone, codes[0])
	after, err := d.Current(ctx, phone)
	if err != nil || before.Level != 0 || after.Level != 2 || after.Voter == 0 {
		t.Errorf("redeemed: before %+v, now %+v, %v", before, after, err)
	}
	_, err = d.Current(ctx, Identity{Handle: "nothing:x"})
	wantCode(t, err, "access.signin")
}

// TestPermissionTable pins the refusals that the promises rest on.
// TestWhileTheRecordIsAway: the crew who were in go on, by what the record said
// last; who was shut out, or whose time is over, does not, and nobody new is let in.
func TestWhileTheRecordIsAway(t *testing.T) {
	ctx := t.Context()
	d, c := newDesk()
	m := d.cfg.Store.(*memory)
	enter := func(name string) string {
		t.Helper()
		if _, err := d.AddUser(ctx, Identity{Contest: here}, name, "a long password", Director); err != nil {
			t.Fatal(err)
		}
		s, err := d.SignIn(ctx, Try{Name: name, Password: "a long password"})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	in, out, unseen := enter("在"), enter("走"), enter("未见")
	host, hosting, err := d.AddLink(ctx, Host, "主持", "final", "")
	if err != nil {
		t.Fatal(err)
	}
	_, screen, err := d.AddLink(ctx, Screen, "main", "final", "")
	if err != nil {
		t.Fatal(err)
	}
	staff := func(secret string) error { _, err := d.Staff(ctx, secret); return err }
	holder := func(secret string) error { _, err := d.Holder(ctx, secret); return err }
	for _, err := range []error{staff(in), staff(out), holder(hosting), holder(screen)} {
		wantCode(t, err, "")
	}
	if _, err := d.SignOut(ctx, out); err != nil {
		t.Fatal(err)
	}
	if _, err := d.RevokeLink(ctx, here, host.ID); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{staff(in), holder(screen)} { // any end of a link has everyone looked up again
		wantCode(t, err, "")
	}
	phone, token := d.NewDevice()

	for how, away := range map[string]error{
		"it says so":   fault.New(fault.Unavailable, "store.busy", "示例：没有回应"),
		"it is silent": errSilent,
	} {
		m.away.Store(&away)
		if id, err := d.Staff(ctx, in); err != nil || !id.Is(Director) {
			t.Errorf("%s: a director who was in: %+v, %v", how, id, err)
		}
		wantCode(t, holder(screen), "")
		if id, err := d.Entrant(ctx, token); err != nil || id.Handle != phone.Handle || id.Voter != 0 {
			t.Errorf("%s: a phone that comes in: %+v, %v", how, id, err)
		}
		if id, err := d.Enter(ctx, d.SocketTicket(phone)); err != nil || id.Handle != phone.Handle {
			t.Errorf("%s: its socket: %+v, %v", how, id, err)
		}
		if how == "it is silent" {
			continue // who isn't known waits for the record
		}
		for _, err := range []error{staff(out), holder(hosting), staff(unseen)} {
			wantCode(t, err, "store.busy")
		}
	}
	c.t = c.t.Add(2 * time.Minute)
	wantCode(t, staff(in), "") // the idle limit isn't rolled on
	c.t = c.t.Add(13 * time.Hour)
	wantCode(t, staff(in), "access.session_over")
}

func TestPermissionTable(t *testing.T) {
	all := []Role{Visitor, Audience, Judge, Host, Director, Screen, Broadcaster, Moderator, Reviewer, Organiser, Auditor}
	may := func(r Role, v Verb) bool { return Identity{Roles: []Role{r}}.Allow(v, Scope{}) == nil }
	for _, r := range all {
		if got, want := may(r, CastVote), r == Audience; got != want {
			t.Errorf("%s may vote: %v", r, got)
		}
		if got, want := may(r, MarkSheet), r == Judge; got != want {
			t.Errorf("%s may score: %v", r, got)
		}
		if got, want := may(r, SendCamera), r == Broadcaster; got != want {
			t.Errorf("%s may publish: %v", r, got)
		}
		if got, want := may(r, SaveJudges), r == Organiser; got != want {
			t.Errorf("%s may administer: %v", r, got)
		}
		if !may(r, Watch) {
			t.Errorf("%s may not watch", r)
		}
	}
	for _, r := range []Role{Host, Judge, Screen, Broadcaster, Audience, Auditor, Reviewer} {
		if may(r, "arm") {
			t.Errorf("%s may arm a reveal", r)
		}
	}
	wantCode(t, (Identity{}).Allow(SayLine, Scope{}), "access.signin")
	wantCode(t, (Identity{}).Allow(CastVote, Scope{}), "access.signin")
	wantCode(t, Identity{Roles: []Role{Host}}.Allow("arm", Scope{}), "access.forbidden")
}

func FuzzDeviceToken(f *testing.F) {
	d, _ := newDesk()
	real, token := d.NewDevice()
	f.Add(token)
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := d.Device(context.Background(), s); err == nil && id.Handle != real.Handle {
			t.Errorf("forged voter %s from %q", id.Handle, s)
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
	if got := fault.Of(err).RetryAfter; got != time.Second {
		t.Errorf("wait %v, want 1 s", got)
	}
	if err := l.Allow("b"); err != nil {
		t.Errorf("another key is held back: %v", err)
	}
	c.t = c.t.Add(time.Second)
	if err := l.Allow("a"); err != nil {
		t.Errorf("after a second: %v", err)
	}
}

// TestUsesOfLinks: whoever holds a link has used it, and so has who has its page open;
// nobody waits for the record, which gets it in one go, or the next time.
func TestUsesOfLinks(t *testing.T) {
	ctx := t.Context()
	d, c := newDesk()
	l, secret, _ := d.AddLink(ctx, Judge, "J1", "final", "me")
	used := func(d *Desk) int64 {
		t.Helper()
		all, err := d.Links(ctx, here)
		if err != nil || len(all) != 1 {
			t.Fatalf("links: %+v, %v", all, err)
		}
		return all[0].Last
	}
	record := func() int64 { return used(New(d.cfg)) } // as a node that was started later knows it
	step := func() int64 {
		c.t = c.t.Add(time.Minute)
		return c.t.UnixMilli()
	}
	check := func(what string, got, want int64) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	check("a link that was made", used(d), 0)
	at := step()
	id, err := d.Holder(ctx, secret)
	wantCode(t, err, "")
	check("who got in", used(d), at)
	check("in the record", record(), 0)
	wantCode(t, d.KeepUses(ctx), "")
	check("in the record then", record(), at)

	step()
	wantCode(t, d.Holds(ctx, id), "")
	check("who is only looked up", used(d), at)
	at = step()
	d.Stays(id)
	check("whose page is open", used(d), at)
	m := d.cfg.Store.(*memory)
	var away error = fault.New(fault.Unavailable, "store.busy", "")
	m.away.Store(&away)
	wantCode(t, d.KeepUses(ctx), "store.busy")
	m.away.Store(nil)
	wantCode(t, d.KeepUses(ctx), "")
	check("that the record got late", record(), at)
	wantCode(t, d.KeepUses(ctx), "")

	at = step()
	_, err = d.Current(ctx, id)
	wantCode(t, err, "")
	check("who asks by socket", used(d), at)
	_, err = d.RevokeLink(ctx, here, l.ID)
	wantCode(t, err, "")
	step()
	_, err = d.Holder(ctx, secret)
	wantCode(t, err, "access.link_revoked")
	check("who was not let in", used(d), at)
}
