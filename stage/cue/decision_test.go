package cue

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"hecai/contest"
)

func ids(list ...contest.EntryID) []contest.EntryID { return list }

func TestDecisions(t *testing.T) {
	tie := Command{Kind: "decide", What: DecideTie, Entries: ids("e2", "e1"), Reason: "评委会表决"}
	with := func(c Command, edit func(*Command)) Command { edit(&c); return c }
	for _, c := range []struct {
		name   string
		before []string
		role   string
		cmd    Command
		want   string
	}{
		{"a tie", nil, RoleDirector, tie, "decided"},
		{"the organiser decides too", nil, RoleOrganiser, tie, "decided"},
		{"without a reason", nil, RoleDirector, with(tie, func(c *Command) { c.Reason = " " }), "!stage.reason"},
		{"with a long reason", nil, RoleDirector, with(tie, func(c *Command) { c.Reason = strings.Repeat("长", maxReason+1) }), "!stage.text"},
		{"one is no tie", nil, RoleDirector, with(tie, func(c *Command) { c.Entries = ids("e1") }), "!stage.decision"},
		{"twice the same", nil, RoleDirector, with(tie, func(c *Command) { c.Entries = ids("e1", "e1") }), "!stage.decision"},
		{"an entry unknown", nil, RoleDirector, with(tie, func(c *Command) { c.Entries = ids("e1", "e77") }), "!stage.unknown_entry"},
		{"a tie of a ballot", nil, RoleDirector, with(tie, func(c *Command) { c.Ballot = "b" }), "!stage.decision"},
		{"a kind unknown", nil, RoleDirector, with(tie, func(c *Command) { c.What = "lottery" }), "!stage.decision"},
		{"a ballot", nil, RoleDirector, Command{Kind: "decide", What: DecideBallotOut, Ballot: "b", Reason: "网络故障"}, "decided"},
		{"a ballot unknown", nil, RoleDirector, Command{Kind: "decide", What: DecideOpenBallot, Ballot: "zz", Reason: "x"}, "!stage.unknown_ballot"},
		{"a ballot's entries", nil, RoleDirector, Command{Kind: "decide", What: DecideBallotOut, Ballot: "b", Entries: ids("e1"), Reason: "x"}, "!stage.decision"},
		{"an entry", nil, RoleDirector, Command{Kind: "decide", What: DecideEntryOut, Entries: ids("e1"), Reason: "退赛"}, "decided"},
		{"a quorum", nil, RoleDirector, Command{Kind: "decide", What: DecideQuorum, Entries: ids("e1", "e2"), Reason: "两位评委回避"}, "decided"},
		{"of nothing", nil, RoleDirector, Command{Kind: "decide", What: DecideQuorum, Reason: "x"}, "!stage.decision"},
		{"back with what was not decided", nil, RoleDirector, with(tie, func(c *Command) { c.Undo = true }), "!stage.no_decision"},
		{"after the seal", []string{"fire sheets", "fire lock", "arm seal", "fire seal"}, RoleDirector, tie, "!stage.sealed"},
		{"after the end", []string{"arm end", "fire end"}, RoleDirector, tie, "!stage.ended"},
		{"reopen what goes on", nil, RoleDirector, Command{Kind: "reopen"}, "!stage.not_ended"},
		{"reopen", []string{"arm end", "fire end"}, RoleDirector, Command{Kind: "reopen", Reason: "误触"}, "session_reopened"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlay(t, smallRundown(), newNight(smallCatalog(t, 9, 5))).run(c.before...)
			decideAgrees(t, p, c.role, c.cmd, c.want)
		})
	}
}

// TestDecisionsInForce: the same again is no fact; a new order of some of the
// entries replaces the old one; what is taken back is gone; none of it moves the
// revision or any view but the desk's.
func TestDecisionsInForce(t *testing.T) {
	p := newPlay(t, smallRundown(), newNight(smallCatalog(t, 9, 5)))
	rev, public, host := p.s.Rev(), asText(t, p), string(asJSON(t, Host(p.s)))
	give := func(undo bool, reason string, entries ...contest.EntryID) {
		t.Helper()
		if err := p.do(RoleDirector, Command{Kind: "decide", What: DecideTie, Entries: entries, Reason: reason, Undo: undo}); err != nil {
			t.Fatal(err)
		}
	}
	places := func() (out []int) {
		for _, e := range ids("e1", "e2", "e3", "e4") {
			out = append(out, chairPlace(p.s.Decisions(), e))
		}
		return out
	}
	give(false, "表决", "e2", "e1")
	give(false, "表决", "e2", "e1")
	if got := len(p.facts); got != 2 || !slices.Equal(places(), []int{2, 1, 0, 0}) {
		t.Errorf("%d facts, places %v", got, places())
	}
	give(false, "再次表决", "e3", "e1", "e4")
	if !slices.Equal(places(), []int{2, 0, 1, 3}) || len(p.s.Decisions()) != 1 {
		t.Errorf("places %v", places())
	}
	d := p.s.Decisions()[0]
	if d.Actor != "director:示例" || d.Reason != "再次表决" || d.At == 0 || !reflect.DeepEqual(Staff(p.s).Decisions, p.s.Decisions()) {
		t.Errorf("decision %+v", d)
	}
	if p.s.Rev() != rev || asText(t, p) != public || string(asJSON(t, Host(p.s))) != host {
		t.Error("a decision is to be seen")
	}
	for _, f := range p.facts[1:] {
		if f.Public() {
			t.Errorf("%s is public", f.Kind)
		}
	}
	give(true, "撤回", "e1", "e3", "e4")
	if len(p.s.Decisions()) != 0 {
		t.Errorf("still %v", p.s.Decisions())
	}
}

// TestTheEndCanBeTakenBack: the show stands where it stood, the cue that ended it
// is planned again, and a console that saw the end must look again.
func TestTheEndCanBeTakenBack(t *testing.T) {
	for _, before := range [][]string{nil, {"fire idle", "fire card"}} {
		p := newPlay(t, smallRundown(), newNight(smallCatalog(t, 9, 5))).run(before...)
		next := p.s.next()
		p.run("arm end", "fire end")
		rev := p.s.Rev()
		if err := p.do(RoleDirector, Command{Kind: "reopen", Reason: "误触"}); err != nil {
			t.Fatal(err)
		}
		if v := Public(p.s); v.Session.Ended || p.s.Ended() || p.s.Rev() != rev+1 || p.s.next() != next {
			t.Errorf("ended %v, revision %d was %d, next %q want %q", v.Session.Ended, p.s.Rev(), rev, p.s.next(), next)
		}
		if i := slices.IndexFunc(Staff(p.s).Cues, func(c StaffCue) bool { return c.ID == "end" }); Staff(p.s).Cues[i].State != "planned" {
			t.Errorf("the end is %s", Staff(p.s).Cues[i].State)
		}
		p.run("arm end", "fire end")
		if !p.s.Ended() {
			t.Error("it does not end again")
		}
	}
}
