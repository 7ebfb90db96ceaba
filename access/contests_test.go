package access

import (
	"context"
	"testing"
	"time"

	"hecai/contest"
)

// TestARightIsInOneContest: an account, a link and a ticket of one contest are
// worth nothing in another.
func TestARightIsInOneContest(t *testing.T) {
	d := New(Config{Store: newMemory(), Key: make([]byte, 32)})
	ctx := context.Background()
	const a, b contest.Code = "A", "B"
	setup, _ := d.SetupLink(ctx)
	session, err := d.Setup(ctx, a, setup, "组织者", "a long password")
	if err != nil {
		t.Fatal(err)
	}
	org, err := d.Staff(ctx, session)
	if err != nil || !org.Founder {
		t.Fatalf("organiser %+v, %v", org, err)
	}
	wantCode(t, org.In(a).Allow(SaveBallot, Scope{}), "")
	wantCode(t, org.In(b).Allow(SaveBallot, Scope{}), "access.forbidden")

	link, secret, err := d.AddLink(ctx, Judge, "j1", contest.NewShow(b, "final", 0), "")
	if err != nil {
		t.Fatal(err)
	}
	judge, err := d.Holder(ctx, secret)
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, judge.In(b).Allow(MarkSheet, Scope{}), "")
	wantCode(t, judge.In(a).Allow(MarkSheet, Scope{}), "access.forbidden")
	wantCode(t, judge.In(b).Allow(MarkSheet, Scope{Show: "A/final"}), "access.forbidden")
	wantCode(t, judge.In(b).Allow(MarkSheet, Scope{Show: "B/salon"}), "access.other_session")
	wantCode(t, judge.In(b).Allow(MarkSheet, Scope{Show: "B/final"}), "")
	_, err = d.RevokeLink(ctx, a, link.ID)
	wantCode(t, err, "store.none")

	codes, err := d.NewTickets(ctx, a, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	phone, _ := d.NewDevice()
	if phone, err = d.Redeem(ctx, phone.In(a), codes[0]); err != nil || phone.Level != 2 || phone.In(b).Level != 0 {
		t.Errorf("level %d in A, %d in B, %v", phone.Level, phone.In(b).Level, err)
	}

	// A socket is in the contest that its ticket was got in.
	in, err := d.Enter(ctx, d.SocketTicket(judge.In(b)))
	if err != nil || in.Contest != b || !in.Is(Judge) {
		t.Errorf("entered as %+v, %v", in, err)
	}
	_, err = d.Enter(ctx, d.SocketTicket(judge.In(a)))
	wantCode(t, err, "access.session_over")

	// Someone of both is of each by its own roles, and only one who runs both may
	// make a way in for them.
	u, err := d.AddUser(ctx, Identity{Contest: b}, "两边", "", Director)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.AddUser(ctx, org.In(a), "两边", "", Auditor) // who may be anybody there
	wantCode(t, err, "access.name_elsewhere")
	if now, err := d.Accounts(ctx, a); err != nil || len(now) != 1 {
		t.Errorf("in A there are %+v, %v", now, err)
	}
	if err := d.Found(ctx, org, b, d.cfg.Store.SaveUser); err != nil {
		t.Fatal(err)
	}
	org, _ = d.Staff(ctx, session)
	again, err := d.AddUser(ctx, org.In(a), "两边", "", Auditor)
	if err != nil || again.ID != u.ID {
		t.Fatalf("the same person is %+v, %v", again, err)
	}
	_, err = d.AddUser(ctx, org.In(a), "两边", "", Director)
	wantCode(t, err, "access.name_taken")
	other, err := d.AddUser(ctx, Identity{Contest: b}, "只在B", "", Director)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = d.Invite(ctx, Identity{Contest: b}, other.ID, time.Hour) // by one who runs none
	wantCode(t, err, "access.other_contest")
	_, way, err := d.Invite(ctx, org.In(a), u.ID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	session, err = d.SignInWithLink(ctx, way)
	if err != nil {
		t.Fatal(err)
	}
	both, _ := d.Staff(ctx, session)
	if !both.In(a).Is(Auditor) || both.In(a).Is(Director) || !both.In(b).Is(Director) {
		t.Errorf("roles %v in A, %v in B", both.In(a).Roles, both.In(b).Roles)
	}
	if _, err := d.Disable(ctx, b, u.ID); err != nil {
		t.Fatal(err)
	}
	both, err = d.Staff(ctx, session) // of A still
	if err != nil || len(both.In(b).Roles) != 0 || !both.In(a).Is(Auditor) {
		t.Errorf("after B: %v in A, %v in B, %v", both.In(a).Roles, both.In(b).Roles, err)
	}
}
