package storetest

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/lease"
	"hecai/stage/cue"
	"hecai/store"
	"hecai/vote"
)

// acting is a context in which somebody does something in the back office.
func acting(v access.Verb) context.Context {
	return access.Acting(bg, access.Act{At: 1700000000000, Actor: "示例 organiser", Contest: string(code), Verb: v})
}

// actCase is an act: of which verb, on what, and whether that was there before and is
// after.
type actCase struct {
	verb    access.Verb
	id      string
	was, is bool
	do      func(ctx context.Context) error
}

// anActIsARow: each act of the back office that succeeds leaves one row, in its own
// transaction, with what was and what is; one that fails leaves none, and nothing
// that opens a door is ever in it.
func anActIsARow(t *testing.T, db Record) {
	must(t, db.SaveSession(bg, store.Session{Contest: code, ID: "final", Title: "示例", Kind: "final", Order: 1}))
	own := lease.Alone(lease.Ballots)
	if db.Engine() == "postgres" {
		l, ours, err := db.TakeLease(bg, lease.Ballots, lease.Holder{ID: "me"})
		must(t, err)
		if !ours {
			t.Fatal("the lease is another's")
		}
		own = l
	}
	option := func(no int, id contest.EntryID) vote.Option { return vote.Option{No: no, Entry: id, Track: "t1"} }
	ballot := vote.Ballot{ID: "b", Title: "示例", Quota: vote.Quota{MaxVotes: 1}, Visibility: vote.Hidden, State: vote.StateArmed,
		Options: []vote.Option{option(1, "ea"), option(2, "eb")}}
	link := access.Link{ID: "l", TokenHash: "SECRET-l", Role: "judge", Name: "j1", Show: final}
	user := access.User{ID: "u", Name: "示例", Hash: "SECRET-u", In: map[contest.Code]access.Membership{
		code: {Roles: []string{"director"}}, "OTHER-1": {Roles: []string{"SECRET of another contest"}}}}
	judge := contest.Judge{ID: "j1", Name: "示例评委", Org: "示例大学", Sector: "高校"}
	for _, c := range []actCase{
		{access.ImportEntries, "", false, true, func(ctx context.Context) error {
			return db.ApplyImport(ctx, code, nil, []contest.Entry{entry(1), entry(2)}, nil)
		}},
		{access.SetStanding, "eb", true, true, func(ctx context.Context) error {
			_, err := db.SetEntryState(ctx, code, "eb", contest.Withdrawn, "示例")
			return err
		}},
		{access.SaveJudges, "j1", false, true, func(ctx context.Context) error { return db.SaveJudges(ctx, code, []contest.Judge{judge}) }},
		{access.SaveJudges, "j1", true, true, func(ctx context.Context) error { return db.SaveJudges(ctx, code, []contest.Judge{judge}) }},
		{access.SaveRundown, string(final), false, true, func(ctx context.Context) error { return db.SaveRundown(ctx, code, cue.Blank("final", "示例")) }},
		{access.SaveSession, string(more), false, true, func(ctx context.Context) error {
			return db.SetUpSession(ctx, contest.Session{Show: more, Title: "示例", Kind: "other"})
		}},
		{access.SaveSession, string(more), true, true, func(ctx context.Context) error {
			return db.SetUpSession(ctx, contest.Session{Show: more, Title: "示例场次", Kind: "salon"})
		}},
		{access.DropSession, string(more), true, false, func(ctx context.Context) error { return db.DropSession(ctx, more) }},
		{access.SetEntries, string(final), false, true, func(ctx context.Context) error {
			return db.SetSessionEntries(ctx, final, []contest.EntryID{"eb"})
		}},
		{access.SetPanel, string(final), false, true, func(ctx context.Context) error {
			return db.SetSessionJudges(ctx, final, []contest.JudgeID{"j1"})
		}},
		{access.SaveBallot, "b", false, true, func(ctx context.Context) error { _, err := db.SaveBallot(ctx, ballot); return err }},
		{access.OpenBallot, "b", true, true, func(ctx context.Context) error {
			_, err := db.OpenBallot(ctx, own, "b", 1000, 0)
			return err
		}},
		{access.CloseBallot, "b", true, true, func(ctx context.Context) error {
			_, _, err := db.CloseBallot(ctx, own, "b", 2000)
			return err
		}},
		{access.RearmBallot, "b", true, true, func(ctx context.Context) error {
			_, err := db.RearmBallot(ctx, own, "b", "示例")
			return err
		}},
		{access.SaveCamera, string(final) + "/cam", false, true, func(ctx context.Context) error {
			return db.SaveCamera(ctx, store.Camera{Show: final, Name: "cam", Label: "示例"})
		}},
		{access.MakeLink, "l", false, true, func(ctx context.Context) error { return db.SaveLink(ctx, link) }},
		{access.RevokeLink, "l", true, true, func(ctx context.Context) error { return db.RevokeLink(ctx, "l") }},
		{access.MakeAccount, "u", false, true, func(ctx context.Context) error { return db.SaveUser(ctx, user) }},
		{access.DisableAccount, "u", true, true, func(ctx context.Context) error { return db.SaveUser(ctx, user) }},
		{access.InviteAccount, "示例", false, true, func(ctx context.Context) error {
			return db.SaveOneTime(ctx, access.OneTime{TokenHash: "SECRET-o", Purpose: "signin", Name: "示例", Expires: 1})
		}},
		{access.MakeTickets, "", false, true, func(ctx context.Context) error { return db.AddTickets(ctx, code, []string{"SECRET-t"}, 2) }},
		{access.DropJudge, "j1", true, false, func(ctx context.Context) error { return db.DropJudge(ctx, code, "j1") }},
	} {
		c.check(t, db)
	}
}

// check does it and reads its row.
func (c actCase) check(t *testing.T, db Record) {
	before, err := db.LastChange(bg)
	must(t, err)
	must(t, c.do(acting(c.verb)))
	rows, err := db.ChangesAfter(bg, before, 10)
	must(t, err)
	if len(rows) != 1 {
		t.Fatalf("%s left %d rows", c.verb, len(rows))
	}
	r := rows[0]
	if r.No != before+1 || r.Verb != c.verb || r.Actor != "示例 organiser" || r.At != 1700000000000 || r.ID != c.id {
		t.Errorf("%s: %+v", c.verb, r)
	}
	if (r.Before != nil) != c.was || (r.After != nil) != c.is {
		t.Errorf("%s of %s: before %s, after %s", c.verb, c.id, r.Before, r.After)
	}
	for _, raw := range []json.RawMessage{r.Before, r.After} {
		if raw != nil && !json.Valid(raw) || strings.Contains(string(raw), "SECRET") {
			t.Errorf("%s: %s", c.verb, raw)
		}
	}
}

// aFailedActIsNoRow: nor is what nobody in the back office did.
func aFailedActIsNoRow(t *testing.T, db Record) {
	judge := contest.Judge{ID: "j1", Name: "示例评委", Org: "示例大学", Sector: "高校"}
	must(t, db.SaveRundown(bg, code, cue.Blank("final", "示例")))
	must(t, db.ApplyImport(bg, code, nil, []contest.Entry{entry(1)}, nil))
	must(t, db.SaveUser(bg, access.User{ID: "u", Name: "示例", In: map[contest.Code]access.Membership{code: {Roles: []string{"director"}}}}))
	last, err := db.LastChange(bg)
	must(t, err)
	for name, failing := range map[string]func(ctx context.Context) error{
		"a judge unknown": func(ctx context.Context) error { return db.DropJudge(ctx, code, "none") },
		"an entry twice":  func(ctx context.Context) error { return db.ApplyImport(ctx, code, nil, []contest.Entry{entry(1)}, nil) },
		"a link unknown":  func(ctx context.Context) error { return db.RevokeLink(ctx, "none") },
		"a rundown late": func(ctx context.Context) error {
			return db.SaveRundown(access.Over(ctx, string(final), "0123456789abcdef"), code, cue.Blank("final", "示例"))
		},
		"a name taken": func(ctx context.Context) error {
			return db.SaveUser(ctx, access.User{ID: "other", Name: "示例", In: map[contest.Code]access.Membership{code: {Roles: []string{"director"}}}})
		},
	} {
		if err := failing(acting(access.SaveJudges)); err == nil || fault.KindOf(err) == fault.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, db.SaveJudges(bg, code, []contest.Judge{judge})) // nobody's act
	now, err := db.LastChange(bg)
	must(t, err)
	if now != last {
		t.Errorf("%d rows of acts that failed, or that nobody did", now-last)
	}
}

// changesAreFound: by who and by what, newest first, page by page.
func changesAreFound(t *testing.T, db Record) {
	for i := range 7 {
		act := access.Act{At: int64(i), Contest: string(code), Actor: []string{"甲", "乙"}[i%2], Verb: access.SaveJudges}
		must(t, db.SaveJudges(access.Acting(bg, act), code, []contest.Judge{{ID: "j1", Name: "示例", Org: "示例", Sector: "高校"}}))
	}
	numbers := func(f access.ChangeFilter) (out []int64) {
		rows, err := db.Changes(bg, f)
		must(t, err)
		for _, r := range rows {
			out = append(out, r.No)
		}
		return out
	}
	for _, c := range []struct {
		filter access.ChangeFilter
		want   []int64
	}{
		{access.ChangeFilter{Contest: string(code), Limit: 3}, []int64{7, 6, 5}},
		{access.ChangeFilter{Contest: string(code), Limit: 3, Below: 5}, []int64{4, 3, 2}},
		{access.ChangeFilter{Contest: string(code), Limit: 9, Actor: "乙"}, []int64{6, 4, 2}},
		{access.ChangeFilter{Contest: string(code), Limit: 9, Verb: access.DropJudge}, nil},
		{access.ChangeFilter{Contest: string(code), Limit: 1, Verb: access.SaveJudges, Actor: "甲", Below: 7}, []int64{5}},
	} {
		if got := numbers(c.filter); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.filter, got, c.want)
		}
	}
	who, err := db.Changers(bg, code)
	must(t, err)
	slices.Sort(who)
	same(t, "who", who, []string{"乙", "甲"})
	select {
	case <-db.Noted():
	default:
		t.Error("nothing was told")
	}
}
