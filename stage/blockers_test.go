package stage_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/fault"
	"hecai/stage"
	"hecai/stage/cue"
	"hecai/vote"
)

// decide gives a decision of the director.
func (r *rig) decide(cmd cue.Command) error {
	cmd.Kind = "decide"
	if cmd.Reason == "" {
		cmd.Reason = "评委会表决"
	}
	_, err := r.s().Do(bg, director, cmd)
	return err
}

// sealedText is what was sealed, whoever may read it yet.
type sealedText struct {
	Entries []struct {
		Entry  contest.EntryID
		Rank   int
		Votes  int64
		Note   string
		Total  string
		Jury   string
		Judges []struct{ Judge contest.JudgeID }
	}
	Ballots []struct {
		Ballot           vote.BallotID
		Round            int
		Votes, Elsewhere int64
	}
	Decisions []cue.Decision
	JuryOnly  bool
}

func (r *rig) seal() (out sealedText) {
	r.t.Helper()
	_, raw, _, err := r.db.LoadSeal(bg, "final")
	must(r.t, err)
	must(r.t, json.Unmarshal(raw, &out))
	return out
}

// sheetsOf hands in equal sheets for an entry, by as many judges.
func (r *rig) sheetsOf(entry contest.EntryID, judges int, mark contest.Mark) {
	r.t.Helper()
	for _, j := range r.catalog.Judges[:judges] {
		sheet, err := r.s().Judging().Save(bg, j.ID, entry, 0, r.marks(mark), "")
		must(r.t, err)
		_, err = r.s().Judging().Submit(bg, j.ID, entry, sheet.Rev)
		must(r.t, err)
	}
}

// ready is a rig whose sheets are in and whose ballot is closed.
func ready(t *testing.T, edit func(*rig)) *rig {
	t.Helper()
	r := newRig(t)
	if edit != nil {
		edit(r)
	}
	r.start()
	r.fire("open")
	return r
}

// TestEveryBlockerHasItsKey: each reason that keeps the sheets from being locked or
// the result from being sealed is told at the desk with what it is about, and is
// cleared by commands alone. What was decided stands in the seal, with the reason
// and who decided.
func TestEveryBlockerHasItsKey(t *testing.T) {
	t.Parallel()
	nine := func(r *rig) {
		for i, e := range r.catalog.Entries {
			r.sheetsOf(e.ID, 5, contest.Mark(7000+100*i))
		}
	}
	withLast := func(r *rig, state contest.EntryState) { // a tenth entry, which is on no ballot
		r.catalog = catalog(r.t, 10, 5)
		r.catalog.Entries[9].State = state
		must(r.t, r.s().Replace(bg, r.rundown, r.catalog))
	}
	for name, c := range map[string]struct {
		level  int               // of the ballot
		before func(r *rig)      // up to the blocked cue
		cue    string            // that is refused
		code   string            // of the refusal
		at     string            // code at the desk
		about  []contest.EntryID // at the desk
		clear  []cue.Command     // decisions, any one of which clears it; nil: clearBy
		by     func(r *rig)      // what else clears it
		check  func(r *rig, s sealedText)
	}{
		"a tie at the edge of two levels": {2, func(r *rig) {
			for i, e := range r.catalog.Entries {
				r.sheetsOf(e.ID, 5, contest.Mark(7000+100*min(i, 7))) // e8 and e9, first and second, alike
			}
			r.fire("close", "lock")
		}, "seal", "stage.blocked", "award.boundary_tie", []contest.EntryID{"e9", "e8"},
			[]cue.Command{{What: cue.DecideTie, Entries: []contest.EntryID{"e8", "e9"}}}, nil,
			func(r *rig, s sealedText) {
				if s.Entries[1].Entry != "e8" || s.Entries[1].Rank != 1 || s.Entries[0].Rank != 2 || s.Entries[1].Note != score.TieChair {
					r.t.Errorf("e9 %+v, e8 %+v", s.Entries[0], s.Entries[1])
				}
			}},
		"too few sheets": {2, func(r *rig) {
			nine(r)
			withLast(r, contest.Qualified)
			r.fire("late")
			r.sheetsOf("e10", 2, 9000)
			must(r.t, r.decide(cue.Command{What: cue.DecideBallotOut, Ballot: "b"}))
			r.fire("close")
		}, "lock", "stage.quorum", "stage.quorum", []contest.EntryID{"e10"},
			[]cue.Command{{What: cue.DecideQuorum, Entries: []contest.EntryID{"e10"}}, {What: cue.DecideEntryOut, Entries: []contest.EntryID{"e10"}}}, nil, nil},
		"no sheets at all": {2, func(r *rig) {
			nine(r)
			withLast(r, contest.Qualified)
			must(r.t, r.decide(cue.Command{What: cue.DecideBallotOut, Ballot: "b"}))
			r.fire("close")
		}, "lock", "stage.quorum", "stage.quorum", []contest.EntryID{"e10"},
			[]cue.Command{{What: cue.DecideQuorum, Entries: []contest.EntryID{"e10"}}}, nil,
			func(r *rig, s sealedText) {
				for _, e := range s.Entries {
					if e.Entry == "e10" && (e.Rank != 0 || e.Note != score.NoteLeftOut) {
						r.t.Errorf("an entry without a sheet: %+v", e)
					}
				}
			}},
		"an entry that came after the lock": {2, func(r *rig) {
			nine(r)
			r.fire("close", "lock")
			withLast(r, contest.Qualified)
			must(r.t, r.decide(cue.Command{What: cue.DecideBallotOut, Ballot: "b"}))
		}, "seal", "stage.not_locked", "stage.not_locked", []contest.EntryID{"e10"}, nil, func(r *rig) {
			r.fire("late")
			r.sheetsOf("e10", 5, 9900)
			r.fire("lock10")
		}, func(r *rig, s sealedText) {
			if e := s.Entries[0]; e.Entry != "e10" || e.Rank != 1 || len(e.Judges) != 5 {
				r.t.Errorf("the late entry: %+v", e)
			}
		}},
		"an entry that came and went": {2, func(r *rig) {
			nine(r)
			r.fire("close", "lock")
			withLast(r, contest.Qualified)
		}, "seal", "stage.not_locked", "stage.not_locked", []contest.EntryID{"e10"}, nil, func(r *rig) {
			withLast(r, contest.Withdrawn)
		}, nil},
		"a ballot that is open": {2, func(r *rig) { nine(r); r.fire("lock") }, "seal", "stage.ballot_open", "stage.ballot_open", nil,
			[]cue.Command{{What: cue.DecideBallotOut, Ballot: "b"}}, nil, nil},
		"a ballot that is closed then": {2, func(r *rig) { nine(r); r.fire("lock") }, "seal", "stage.ballot_open", "stage.ballot_open", nil,
			nil, func(r *rig) { r.fire("close") }, nil},
		"an entry that is on no ballot": {2, func(r *rig) {
			nine(r)
			withLast(r, contest.Qualified)
			r.fire("late")
			r.sheetsOf("e10", 5, 9900)
			r.fire("close", "lock")
		}, "seal", "stage.blocked", "seal.ballot_unfair", []contest.EntryID{"e10"},
			[]cue.Command{{What: cue.DecideBallotOut, Ballot: "b"}, {What: cue.DecideEntryOut, Entries: []contest.EntryID{"e10"}}}, nil, nil},
		"a ballot for anyone": {0, func(r *rig) { nine(r); r.fire("close", "lock") }, "seal", "stage.blocked", "seal.open_ballot", nil,
			[]cue.Command{{What: cue.DecideOpenBallot, Ballot: "b"}, {What: cue.DecideBallotOut, Ballot: "b"}}, nil, nil},
	} {
		for i := range max(1, len(c.clear)) {
			t.Run(fmt.Sprint(name, " ", i), func(t *testing.T) {
				t.Parallel()
				r := ready(t, func(r *rig) {
					r.level(c.level)
					r.rundown.Cues = append(r.rundown.Cues, parse(t, lateCues).Cues...)
				})
				c.before(r)
				must(t, r.arm(c.cue))
				wantCode(t, c.cue, r.do("fire", c.cue), c.code)
				desk := r.s().StaffView().Blockers
				if len(desk) != 1 || desk[0].Code != c.at || desk[0].Text == "" || !slices.Equal(desk[0].Entries, c.about) {
					t.Fatalf("the desk: %+v", desk)
				}
				if c.by != nil {
					_ = r.do("disarm", c.cue)
					c.by(r)
				}
				if len(c.clear) > 0 {
					must(t, r.decide(c.clear[i]))
				}
				if c.cue == "lock" {
					r.fire("lock")
				}
				r.fire("seal")
				s := r.seal()
				if len(c.clear) > 0 {
					want := c.clear[i]
					if !slices.ContainsFunc(s.Decisions, func(d cue.Decision) bool {
						return d.What == want.What && d.Ballot == want.Ballot && slices.Equal(d.Entries, want.Entries) && d.Reason == "评委会表决" && d.Actor == director.String()
					}) {
						t.Errorf("decisions in the seal: %+v", s.Decisions)
					}
				}
				if c.check != nil {
					c.check(r, s)
				}
				if len(r.s().StaffView().Blockers) > 0 {
					t.Error("the desk still names a blocker")
				}
				r.finish("third", "second", "first")
				r.settle()
				r.honest()
				r.shown()
			})
		}
	}
}

// lateCues open and lock the sheets of what came later.
const lateCues = `{"cues": [
  {"id": "late", "title": "补打分", "actions": [{"kind": "sheets_open", "entry": "*"}]},
  {"id": "lock10", "title": "补锁分", "actions": [{"kind": "sheets_lock", "entry": "*"}]}]}`

// arm arms the cue if it must be armed.
func (r *rig) arm(id string) error {
	for _, c := range r.s().StaffView().Cues {
		if c.ID == id && c.Confirm && c.State == "planned" {
			return r.do("arm", id)
		}
	}
	return nil
}

// level makes the ballot one for voters of the level.
func (r *rig) level(n int) {
	r.t.Helper()
	b, err := r.db.LoadBallot(bg, "b")
	must(r.t, err)
	b.Level = n
	b, err = r.db.SaveBallot(bg, b)
	must(r.t, err)
	must(r.t, r.box.Add(bg, b))
}

// TestNoVoteIsLostInTheSeal: the votes of the entries, and those for entries of
// other sessions, are all the votes that were acknowledged on the ballots that the
// seal names; and everyone is told which these are.
func TestNoVoteIsLostInTheSeal(t *testing.T) {
	t.Parallel()
	for _, named := range []bool{true, false} {
		r := newRig(t)
		if !named {
			r.rundown = parse(t, strings.Replace(evening, `{"kind": "seal", "ballot": "b"}`, `{"kind": "seal"}`, 1))
		}
		r.start()
		r.fire("open")
		r.score()
		r.cast(votes)
		r.cast(map[int64]contest.EntryID{7: "e9", 8: "e9", 9: "e8"})
		r.fire("close")
		c := r.catalog
		c.Entries = slices.Clone(c.Entries[:8]) // e9 leaves the session
		c.Entries[0].State = contest.Withdrawn  // and e1 the contest
		r.catalog = c
		must(t, r.s().Replace(bg, r.rundown, c))
		r.fire("lock", "seal")
		s := r.seal()
		var sum int64
		for _, e := range s.Entries {
			sum += e.Votes
			if e.Entry == "e1" && (e.Rank != 0 || e.Votes != 3 || len(e.Judges) != 0 || e.Note != score.NoteIneligible) {
				t.Errorf("withdrawn: %+v", e)
			}
		}
		if len(s.Ballots) != 1 || s.Ballots[0].Votes != 9 || s.Ballots[0].Elsewhere != 2 || sum+s.Ballots[0].Elsewhere != 9 {
			t.Errorf("%+v, and the entries have %d", s.Ballots, sum)
		}
		i := slices.IndexFunc(r.facts(), func(f cue.Fact) bool { return f.Kind == "sealed" })
		if f := r.facts()[i]; !f.Public() || string(f.Body) != `{"ballots":["b"],"ranked":7}` {
			t.Errorf("told: %s", f.Body)
		}
	}
}

// TestWithoutVotesTheSealSaysSo: a ballot that nobody voted on, or none at all,
// leaves the jury's score as the total, and the seal says that it did.
func TestWithoutVotesTheSealSaysSo(t *testing.T) {
	t.Parallel()
	for _, left := range []bool{true, false} {
		r := ready(t, nil)
		r.score()
		r.fire("close", "lock")
		if left {
			must(t, r.decide(cue.Command{What: cue.DecideBallotOut, Ballot: "b"}))
		}
		r.fire("seal")
		s := r.seal()
		if !s.JuryOnly || len(s.Ballots) != map[bool]int{true: 0, false: 1}[left] {
			t.Errorf("jury only %v, ballots %+v", s.JuryOnly, s.Ballots)
		}
		for _, e := range s.Entries {
			if e.Total != e.Jury || e.Total == "" {
				t.Errorf("%s: jury %s, total %s", e.Entry, e.Jury, e.Total)
			}
		}
	}
}

// TestOnlyThoseWhoSitCount: a judge who was taken off the panel before the lock
// counts no more; one who leaves after it was locked, and told, still does, under
// their name.
func TestOnlyThoseWhoSitCount(t *testing.T) {
	t.Parallel()
	r := ready(t, nil)
	r.score()
	full := r.catalog
	less := full
	less.Judges = full.Judges[:4]
	r.catalog = less
	must(t, r.s().Replace(bg, r.rundown, less))
	r.fire("close", "lock")
	gone := less
	gone.Judges = full.Judges[1:4]
	r.catalog = gone
	must(t, r.s().Replace(bg, r.rundown, gone))
	r.fire("card")
	r.finish("marks")
	m := r.s().View().Marks
	if len(m.Judges) != 4 || m.Judges[0].ID != "j1" || m.Judges[0].Name != "示例评委1" || m.Judges[0].Total == nil {
		t.Errorf("marks: %s", text(t, m))
	}
	r.fire("seal")
	for _, e := range r.seal().Entries {
		if len(e.Judges) != 4 || e.Judges[0].Judge != "j1" || e.Judges[3].Judge != "j4" {
			t.Errorf("%s: %+v", e.Entry, e.Judges)
		}
	}
	var changes []string
	for _, f := range r.facts() {
		if f.Kind == "panel_seated" {
			changes = append(changes, string(f.Body))
		}
	}
	if want := []string{`{"judges":["j1","j2","j3","j4"],"left":["j5"]}`, `{"judges":["j2","j3","j4"],"left":["j1"]}`}; !slices.Equal(changes, want) {
		t.Errorf("recorded: %v", changes)
	}
}

// TestTheHostHearsNoReason: what stands in the way may depend on the result. The
// director is told; the host is told the same whatever it is.
func TestTheHostHearsNoReason(t *testing.T) {
	t.Parallel()
	host := stage.Actor{Role: cue.RoleHost, Name: "示例主持"}
	fire := func(r *rig) *fault.Error {
		must(t, r.do("arm", "seal"))
		_, err := r.s().Do(bg, host, cue.Command{Rev: r.s().Rev(), Kind: "fire", Cue: "seal"})
		return fault.Of(err)
	}
	tied := ready(t, nil)
	for _, e := range tied.catalog.Entries {
		tied.sheetsOf(e.ID, 5, 9000)
	}
	tied.fire("close", "lock")
	unlocked := ready(t, nil)
	a, b := fire(tied), fire(unlocked)
	if a.Code != "stage.refused" || len(a.Args) != 0 || a.Code != b.Code || a.Kind != b.Kind || len(b.Args) != 0 {
		t.Errorf("a tie: %s %v; not locked: %s %v", a.Code, a.Args, b.Code, b.Args)
	}
	if err := tied.do("fire", "seal"); fault.CodeOf(err) != "stage.blocked" || !slices.Contains(fault.Of(err).Args["codes"].([]string), "award.boundary_tie") {
		t.Errorf("the director: %v", err)
	}
}
