package stage_test

import (
	"slices"
	"testing"
	"time"

	"hecai/fault"
	"hecai/stage/cue"
	"hecai/vote"
)

// world is what a repeated command must leave as it is: facts, ballots, votes.
func (r *rig) world() string {
	r.t.Helper()
	r.settle()
	b, tally, _ := r.box.Ballot("b")
	var papers [][]vote.Paper
	for voter := range int64(len(votes)) {
		mine, err := r.db.MyPapers(bg, "b", voter+1)
		must(r.t, err)
		papers = append(papers, mine)
	}
	return text(r.t, []any{len(r.facts()), b, tally, papers})
}

// night fires every cue of the evening to its end, with what people do in between.
func (r *rig) night(fire func(cue string)) {
	r.t.Helper()
	for _, c := range r.rundown.Cues {
		switch c.ID {
		case "close":
			r.score()
			r.cast(votes)
		}
		for {
			var row cue.StaffCue
			for _, x := range r.s().StaffView().Cues {
				if x.ID == c.ID {
					row = x
				}
			}
			if row.State == "done" {
				break
			}
			if row.Confirm && row.State == "planned" {
				must(r.t, r.do("arm", c.ID))
			}
			fire(c.ID)
		}
	}
}

// TestEveryCueTwice: pressed again, with the revision that was on the desk or with
// the new one, a cue that was fired leaves facts, ballots and votes as they are.
func TestEveryCueTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	fired := 0
	r.night(func(id string) {
		rev := r.s().Rev()
		must(t, r.do("fire", id))
		was := r.world()
		_, err := r.s().Do(bg, director, cue.Command{Rev: rev, Kind: "fire", Cue: id})
		if code := fault.CodeOf(err); code != "stage.stale_rev" && code != "stage.ended" {
			t.Errorf("%s again: %v", id, err)
		}
		for _, x := range r.s().StaffView().Cues {
			if x.ID == id && x.State == "done" {
				if code := fault.CodeOf(r.do("fire", id)); code != "stage.done" && code != "stage.ended" {
					t.Errorf("%s once more: %s", id, code)
				}
			}
		}
		same(t, id+" twice", r.world(), was)
		fired++
	})
	if fired < 20 {
		t.Errorf("%d steps", fired)
	}
	r.honest()
}

// TestEveryCueAfterALostFact: each step is fired while its facts can't be stored,
// and again when they can. The ballots and votes, what is shown and what was told
// are those of a night without a fault.
func TestEveryCueAfterALostFact(t *testing.T) {
	t.Parallel()
	night := func(lose bool) (*rig, string) {
		r := newRig(t)
		r.start()
		r.night(func(id string) {
			if lose {
				r.store.set(halfway, false)
				wantCode(t, id, r.do("fire", id), "stage.not_stored")
				r.store.set(sound, false)
				r.settle()
			}
			must(t, r.do("fire", id))
		})
		r.settle()
		r.honest()
		r.shown()
		b, tally, _ := r.box.Ballot("b")
		b.OpenedAt, b.Deadline = 0, 0
		v := r.s().View()
		v.Verify, v.Scene, v.Timer, v.Ballot = nil, nil, nil, nil
		v.Sheets = 0
		return r, text(t, []any{b, tally, v})
	}
	_, want := night(false)
	r, got := night(true)
	same(t, "after a night of lost facts", got, want)
	kinds := map[string]int{}
	for _, f := range r.facts() {
		kinds[f.Kind]++
	}
	for _, kind := range []string{"ballot_opened", "ballot_closed", "sheets_locked", "sealed", "tally_revealed", "verification_shown", "session_ended", "ballot_due"} {
		if kinds[kind] != 1 {
			t.Errorf("%d facts %s", kinds[kind], kind)
		}
	}
}

// TestEveryDeskCommandTwice: what sets something sets it once. What adds time adds
// it each time; these are not here.
func TestEveryDeskCommandTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.fire("card")
	tried := []string{"fire", "next", "extend", "timer_add", "publish"} // the first two are tried above, the last in results_test.go
	defer func() {
		for _, kind := range cue.Commands() {
			if !slices.Contains(tried, kind) {
				t.Errorf("nobody gave %s twice", kind)
			}
		}
	}()
	for _, cmd := range []cue.Command{
		{Kind: "blackout", On: true}, {Kind: "blackout"}, {Kind: "danmaku", Text: cue.DanmakuReview}, {Kind: "notice", Text: "请稍候"}, {Kind: "notice"},
		{Kind: "camera", Name: "close"}, {Kind: "hide", Reason: "更正"},
		{Kind: "decide", What: cue.DecideOpenBallot, Ballot: "b", Reason: "表决"}, {Kind: "decide", What: cue.DecideOpenBallot, Ballot: "b", Reason: "撤回", Undo: true},
		{Kind: "arm", Cue: "seal"}, {Kind: "disarm", Cue: "seal"}, {Kind: "skip", Cue: "tally"}, {Kind: "reopen"},
	} {
		if cmd.Kind == "reopen" {
			r.fire("end")
		}
		tried = append(tried, cmd.Kind)
		before := len(r.facts())
		for i := range 3 {
			cmd.Rev = r.s().Rev()
			if _, err := r.s().Do(bg, director, cmd); i == 0 {
				must(t, err)
			}
			r.settle()
			if n := len(r.facts()); n != before+1 {
				t.Fatalf("%+v, time %d: %d facts", cmd, i+1, n-before)
			}
		}
	}
}

// TestAClosedBallotIsNotReopenedByACue: the ballot ran online for days; tonight's
// rundown opens it. Its votes stay, and the way on is another round with a reason,
// or to pass over the cue.
func TestAClosedBallotIsNotReopenedByACue(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, err := r.box.Open(bg, "b", 0)
	must(t, err)
	r.cast(votes)
	_, _, err = r.box.Close(bg, "b")
	must(t, err)
	r.start()
	for range 2 {
		wantCode(t, "open", r.do("fire", "open"), "ballot.closed")
	}
	if b, tally, _ := r.box.Ballot("b"); b.Round != 1 || tally.Voters != 6 || b.State != vote.StateClosed {
		t.Fatalf("%s, round %d, %d voters", b.State, b.Round, tally.Voters)
	}
	for _, f := range r.facts() {
		if f.Kind == "ballot_due" {
			t.Error("an opening that could not be was set out for")
		}
	}
	_, err = r.box.NewRound(bg, "b", "示例：重新投票")
	must(t, err)
	r.fire("open")
	if b, _, _ := r.box.Ballot("b"); b.Round != 2 || b.State != vote.StateOpen {
		t.Errorf("%s, round %d", b.State, b.Round)
	}
}

// TestTheRoundThatACueOpened: the opening is stored, its facts are not; people
// vote, the window ends, the server starts anew, and the cue is pressed again. It
// takes the round that ran for it.
func TestTheRoundThatACueOpened(t *testing.T) {
	t.Parallel()
	for _, restart := range []bool{false, true} {
		r := newRig(t)
		r.start()
		r.fire("card")
		r.store.set(halfway, false)
		wantCode(t, "open", r.do("fire", "open"), "stage.not_stored")
		r.cast(votes)
		_, _, err := r.box.Close(bg, "b")
		must(t, err)
		r.store.set(sound, false)
		if restart {
			r.halt()
			r.pub.forget()
			r.start()
		}
		eventually(t, "the round is told", func() bool { b := r.s().View().Ballot; return b != nil && !b.Open })
		r.fire("open")
		if b, tally, _ := r.box.Ballot("b"); b.Round != 1 || tally.Voters != 6 || b.State != vote.StateClosed {
			t.Errorf("%s, round %d, %d voters", b.State, b.Round, tally.Voters)
		}
		if r.s().View().Ballot.Open || r.s().StaffView().Cues[1].State != "done" {
			t.Errorf("shown: %s", text(t, r.s().View().Ballot))
		}
		r.score()
		r.fire("close", "lock", "seal")
		if s := r.seal(); s.Ballots[0].Votes != 6 {
			t.Errorf("sealed: %+v", s.Ballots)
		}
		r.settle()
		r.honest()
		r.shown()
	}
}

// TestWhatWasShownIsVotedOnNoMore: once a tally or the seal is public, the ballot
// is marked revealed, also when the server ended just before it was.
func TestWhatWasShownIsVotedOnNoMore(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"tally", "verify"} {
		r := newRig(t)
		r.start()
		r.fire("open")
		r.score()
		r.cast(votes)
		r.fire("close", "lock", "seal")
		if by == "verify" {
			r.finish("third", "second", "first")
		}
		if b, _, _ := r.box.Ballot("b"); b.State != vote.StateClosed {
			t.Errorf("before: %s", b.State)
		}
		r.finish(by)
		eventually(t, "marked", func() bool { b, _, _ := r.box.Ballot("b"); return b.State == vote.StateRevealed })
		_, err := r.box.NewRound(bg, "b", "示例")
		wantCode(t, "another round after the "+by, err, "ballot.revealed")
		r.restart()
		if b, err := r.db.LoadBallot(bg, "b"); err != nil || b.State != vote.StateRevealed {
			t.Errorf("stored: %s %v", b.State, err)
		}
		if _, ok := r.s().Revealed(mustBallot(r)); !ok {
			t.Errorf("%s: its board stays closed", by)
		}
		if !r.s().FiguresPublic(mustBallot(r)) {
			t.Errorf("%s: its log stays closed", by)
		}
		other := mustBallot(r)
		other.ID = "poll"
		if r.s().FiguresPublic(other) {
			t.Errorf("%s: the log of a ballot that does not count is open", by)
		}
		if _, ok := r.s().Revealed(other); ok {
			t.Errorf("%s: the board of a ballot that does not count is open", by)
		}
	}
}

func mustBallot(r *rig) vote.Ballot {
	b, _, _ := r.box.Ballot("b")
	return b
}

// TestTheEndIsTakenBack on the record, and after a restart.
func TestTheEndIsTakenBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.fire("open", "end")
	wantCode(t, "anything", r.do("fire", "card"), "stage.ended")
	r.cast(votes)
	_, err := r.s().Do(bg, director, cue.Command{Kind: "reopen", Reason: "误触"})
	must(t, err)
	r.halt()
	r.pub.forget()
	r.start()
	r.score()
	r.fire("close", "lock", "seal")
	r.finish("third", "second", "first")
	r.fire("end")
	if !r.s().View().Session.Ended {
		t.Error("it does not end again")
	}
	r.honest()
	r.shown()
}

// TestAClockSetBackSilencesNobody: pauses between messages are counted by time that
// passes, not by the wall clock.
func TestAClockSetBackSilencesNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	d := r.start().Danmaku()
	r.danmaku(cue.DanmakuOpen)
	_, _, err := d.Say(bg, 1, "加油", "")
	must(t, err)
	r.now.Add(int64(-5 * time.Minute)) // the wall clock alone
	_, _, err = d.Say(bg, 1, "加油", "")
	wantCode(t, "at once", err, "danmaku.too_fast")
	r.ticks.Add(int64(4 * time.Second))
	if _, _, err = d.Say(bg, 1, "再加油", ""); err != nil {
		t.Errorf("after the pause: %v", err)
	}
	r.now.Add(int64(time.Hour))
	_, _, err = d.Say(bg, 1, "加油", "")
	wantCode(t, "a clock set forward", err, "danmaku.too_fast")
}
