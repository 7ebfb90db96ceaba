package stage_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/fault"
	"hecai/stage"
	"hecai/stage/cue"
	"hecai/vote"
)

// votes are six people's: e1 has three, e2 two, e3 one.
var votes = map[int64]contest.EntryID{1: "e1", 2: "e1", 3: "e1", 4: "e2", 5: "e2", 6: "e3"}

// TestAnEvening runs a final from the first card to the verification, with the
// real record and the real ballot box.
func TestAnEvening(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.start()
	if v := s.View(); v.Session == nil || v.Session.Title != "决赛" || v.Session.Mode != "live" || len(v.Awards) != 0 {
		t.Fatalf("before the show: %+v", v.Session)
	}

	r.fire("card")
	if v := s.View(); v.Entry.ID != "e1" || v.Timer == nil || v.Scene.Name != "entry" || v.Program.State != "live" {
		t.Errorf("card: %s", text(t, v))
	}
	if out, err := r.box.Cast(bg, vote.Cast{Ballot: "b", Voter: 1, Level: 2, Rev: 1, Choice: []contest.EntryID{"e1"}}); err != nil || out.Fault == nil {
		t.Errorf("a vote before the opening: %+v %v", out, err)
	}
	r.fire("open")
	if v := s.View(); !v.Ballot.Open || v.Ballot.Deadline == 0 || v.Timer != nil || len(v.Dots.Judges) != 5 || v.Danmaku.Mode != cue.DanmakuOpen {
		t.Errorf("open: %s", text(t, v))
	}
	r.cast(votes)
	r.score()
	for _, d := range s.View().Dots.Judges {
		if !d.Done {
			t.Errorf("%s handed in and it does not show", d.ID)
		}
	}
	wantCode(t, "tally of an open ballot", r.do("fire", "tally"), "stage.ballot_open")
	r.fire("close")
	if out, _ := r.box.Cast(bg, vote.Cast{Ballot: "b", Voter: 9, Level: 2, Rev: 1, Choice: []contest.EntryID{"e1"}}); fault.CodeOf(out.Fault) != "vote.closed" {
		t.Errorf("a vote after the close: %+v", out)
	}
	if s.View().Ballot.Open {
		t.Error("the ballot is shown as open")
	}
	wantCode(t, "marks before the lock", r.do("fire", "marks"), "stage.not_locked")
	must(t, r.do("arm", "seal"))
	wantCode(t, "seal before the lock", r.do("fire", "seal"), "stage.not_locked")
	eventually(t, "the desk names the blocker", func() bool {
		b := s.StaffView().Blockers
		return len(b) == 1 && b[0].Code == "stage.not_locked" && b[0].Text != ""
	})
	must(t, r.do("disarm", "seal"))
	r.fire("lock")
	noResultYet(t, r)
	marksAndTally(t, r)
	r.fire("seal")
	if len(s.StaffView().Blockers) > 0 {
		t.Error("the desk still names a blocker")
	}
	_, _, err := s.Sealed(bg)
	wantCode(t, "the seal before the verification", err, "stage.sealed")
	awards(t, r)
	verification(t, r)
	r.fire("end")
	wantCode(t, "a command after the end", r.do("fire", "card"), "stage.ended")
	r.honest()
	r.shown()
	if n, _, err := r.db.VerifyFacts(bg, "final"); err != nil || n != int64(len(r.facts())) {
		t.Errorf("chain of %d: %v", n, err)
	}
}

// noResultYet looks at every byte that was told so far: no total of anyone, and
// no voter, is in it.
func noResultYet(t *testing.T, r *rig) {
	t.Helper()
	for _, told := range r.pub.everything() {
		for i := range r.catalog.Entries {
			for j := range r.catalog.Judges {
				if m := markOf(i, j); strings.Contains(told, fmt.Sprintf("%d.%02d", m/100, m%100)) || strings.Contains(told, fmt.Sprintf(":%d,", m)) {
					t.Fatalf("mark %d was told: %s", m, told)
				}
			}
		}
	}
}

func marksAndTally(t *testing.T, r *rig) {
	t.Helper()
	b, _, _ := r.box.Ballot("b")
	if _, ok := r.s().Revealed(b); ok {
		t.Error("a token for the tally before its reveal")
	}
	r.fire("marks")
	m := r.s().View().Marks
	if m.Entry != "e1" || m.Judges[0].Total == nil || *m.Judges[0].Total != "60.00" || m.Judges[1].Total != nil || m.Score != nil {
		t.Errorf("first mark: %s", text(t, m))
	}
	wantCode(t, "another reveal amid the marks", r.do("fire", "tally"), "stage.running")
	r.finish("marks")
	// 60.00 and 60.68 go; what is left has the mean 60.34.
	if m = r.s().View().Marks; *m.Score != "60.34" || *m.Judges[0].Dropped != "low" || *m.Judges[4].Dropped != "high" || m.Judges[2].Dropped != nil {
		t.Errorf("marks: %s", text(t, m))
	}
	r.fire("tally")
	tally := r.s().View().Tally
	if tally.Voters != 6 || tally.Rows[0].Votes != 3 || tally.Rows[1].Votes != 2 || tally.Rows[2].Votes != 1 || tally.Rows[3].Votes != 0 {
		t.Errorf("tally: %s", text(t, tally))
	}
	if token, ok := r.s().Revealed(b); !ok {
		t.Error("no token after the reveal")
	} else if _, voters, ok := token.Counts(vote.Tally{Ballot: "b", Round: 1, Voters: 6}); !ok || voters != 6 {
		t.Error("the token does not open this round")
	}
	b.Round = 2
	if _, ok := r.s().Revealed(b); ok {
		t.Error("the token opens another round")
	}
}

// awards are revealed from the third to the first, to those who have earned them
// by the contest's rules.
func awards(t *testing.T, r *rig) {
	t.Helper()
	r.fire("frozen")
	if rows := r.s().View().Board.Rows; len(rows) != 9 || !rows[2].Frozen || rows[2].Entry != "" || rows[3].Frozen || rows[3].Entry == "" {
		t.Errorf("board: %s", text(t, rows))
	}
	r.fire("third")
	if a := r.s().View().Award; !a.Held || a.Place != 2 || a.Winner != nil || len(r.s().View().Awards[0].Winners) != 0 {
		t.Errorf("held: %s", text(t, a))
	}
	r.finish("third", "second", "first")
	v := r.s().View()
	got := []string{}
	for _, l := range v.Awards {
		for _, w := range l.Winners {
			got = append(got, fmt.Sprint(l.Level, " ", w.Entry, " ", w.Total))
		}
	}
	best := r.result()
	want := []string{"third " + best[3], "third " + best[4], "second " + best[1], "second " + best[2], "first " + best[0]}
	if !slices.Equal(got, want) {
		t.Errorf("winners %v, want %v", got, want)
	}
	if v.Award.Winner == nil || v.Award.Winner.Entry != v.Awards[2].Winners[0].Entry || v.Award.Held {
		t.Errorf("the last card: %s", text(t, v.Award))
	}
}

// result is the ranking by the contest's rules: entry and total, best first.
func (r *rig) result() []string {
	plan := r.catalog.Plan
	var all []score.Candidate
	for i, e := range r.catalog.Entries {
		c := score.Candidate{Entry: e.ID}
		var sheets []score.Sheet
		for j, judge := range r.catalog.Judges {
			sheets = append(sheets, score.Sheet{Entry: e.ID, Judge: judge.ID, State: score.SheetLocked, Marks: r.marks(markOf(i, j))})
		}
		c.Panel = score.Panel(plan.Scoring, plan.Criteria, sheets, len(sheets))
		for _, entry := range votes {
			if entry == e.ID {
				c.Votes++
			}
		}
		all = append(all, c)
	}
	var out []string
	for _, row := range score.Rank(plan.Scoring, plan.Criteria, all) {
		out = append(out, fmt.Sprint(row.Entry, " ", score.Decimal(row.Total, plan.Scoring.Places, plan.Scoring.Rounding)))
	}
	return out
}

func verification(t *testing.T, r *rig) {
	t.Helper()
	r.fire("verify")
	sealed, root, err := r.s().Sealed(bg)
	must(t, err)
	v := r.s().View().Verify
	if v.Root != root || cue.Root(sealed) != root || v.Leaves != int64(len(votes))+2 { // the log also has its opening and its close
		t.Errorf("shown %+v, sealed under %s", v, root)
	}
	_, again, err := r.s().Sealed(bg)
	if err != nil || again != root {
		t.Errorf("%s, %v", again, err)
	}
}

// TestRestartAfterEveryFact: after each command the stage is ended and another
// one started on the same record. It stands where the last one stood, adds no
// fact of its own, and tells everything again.
func TestRestartAfterEveryFact(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	restarts := 0
	for range 100 {
		v := r.s().StaffView()
		if v.Next == nil {
			break
		}
		id := *v.Next
		if id == "lock" {
			r.score()
			r.cast(nil)
		}
		if id == "close" {
			r.cast(votes)
		}
		err := r.do("fire", id)
		if fault.CodeOf(err) == "stage.not_armed" {
			err = r.do("arm", id)
		}
		must(t, err)
		r.settle()
		// What the desk measures is read again at each publication.
		_, err = r.s().Do(bg, director, cue.Command{Kind: "notice", Text: fmt.Sprint("第", restarts)})
		if id != "end" {
			must(t, err)
		}
		want, facts := r.standing(), len(r.facts())
		r.pub.forget()
		r.restart()
		restarts++
		same(t, "after "+id, r.standing(), want)
		if n := len(r.facts()); n != facts {
			t.Fatalf("the restart after %s made %d facts", id, n-facts)
		}
		r.honest()
		r.shown()
	}
	if !r.s().HostView().Ended || restarts < 25 {
		t.Errorf("ended: %v after %d restarts", r.s().HostView().Ended, restarts)
	}
	if last := r.cams.switched[len(r.cams.switched)-1]; last != "main" || len(r.cams.switched) < restarts {
		t.Errorf("cameras were switched to %v", r.cams.switched)
	}
}

// TestAStageOfEveryPrefix: New alone, on any number of stored facts, shows what
// those facts say, and changes nothing.
func TestAStageOfEveryPrefix(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.fire("card", "open", "close")
	r.score()
	r.finish("lock", "marks", "seal", "third")
	facts := r.facts()
	for n := range facts {
		cfg := r.config()
		cfg.Store = prefix{r.store, facts[:n]}
		s, err := stage.New(bg, cfg)
		must(t, err)
		want, err := cue.Fold(r.rundown, r.catalog, facts[:n])
		must(t, err)
		same(t, fmt.Sprint("view of ", n), text(t, s.View()), text(t, cue.Public(want)))
		same(t, fmt.Sprint("prompter of ", n), text(t, s.HostView()), text(t, cue.Host(want)))
	}
	if len(r.facts()) != len(facts) {
		t.Error("looking made facts")
	}
}

// TestTwoConsolesOneAdvance: whatever number of consoles fire with the revision
// that they all saw, the show goes on by one step.
func TestTwoConsolesOneAdvance(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	for round, kind := range []string{"next", "fire", "next", "arm", "disarm", "skip"} {
		cmd := cue.Command{Rev: r.s().Rev(), Kind: kind, Cue: []string{"", "open", "", "seal", "seal", "marks"}[round]}
		if round == 2 {
			r.score()
			cmd.Rev = r.s().Rev()
		}
		before := len(r.facts())
		errs := make([]error, 8)
		revs := make([]int64, 8)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() {
				revs[i], errs[i] = r.s().Do(bg, stage.Actor{Role: cue.RoleDirector, Name: fmt.Sprint("控台", i)}, cmd)
			})
		}
		all.Wait()
		won := ""
		for i, err := range errs {
			switch {
			case revs[i] != r.s().Rev():
				t.Errorf("%s: console %d was told revision %d, it is %d", kind, i, revs[i], r.s().Rev())
			case err == nil && won == "":
				won = fmt.Sprint("director:控台", i)
			case err == nil:
				t.Errorf("%s: two consoles advanced", kind)
			default:
				wantCode(t, kind, err, "stage.stale_rev")
			}
		}
		for _, f := range r.facts()[before:] {
			if f.Actor != won {
				t.Errorf("%s: fact %d is %s's, not %q's", kind, f.Seq, f.Actor, won)
			}
		}
	}
	r.honest()
}
