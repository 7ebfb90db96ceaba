package stage_test

import (
	"slices"
	"strings"
	"testing"

	"hecai/contest"
	"hecai/stage/cue"
	"hecai/vote"
)

// ceremony reveals what the final has sealed.
const ceremony = `{"session": "ceremony", "title": "示例颁奖", "cues": [
  {"id": "seal", "title": "取用成绩", "confirm": true, "actions": [{"kind": "seal"}]},
  {"id": "third", "title": "三等奖", "confirm": true, "actions": [{"kind": "scene", "scene": "award"}, {"kind": "reveal", "what": "award", "award": "third"}]},
  {"id": "second", "title": "二等奖", "confirm": true, "actions": [{"kind": "reveal", "what": "award", "award": "second"}]},
  {"id": "first", "title": "一等奖", "confirm": true, "actions": [{"kind": "reveal", "what": "award", "award": "first"}]},
  {"id": "verify", "title": "验证", "actions": [{"kind": "reveal", "what": "verify"}]},
  {"id": "end", "title": "结束", "lane": "host", "actions": [{"kind": "end"}]}
]}`

// of is the rig of another show, beside this one: the same record and ballot box.
func (r *rig) of(show contest.ShowID, rundown string) *rig {
	other := &rig{t: r.t, db: r.db, box: r.box, store: &shaky{Record: r.db}, cams: r.cams, pub: &listener{docs: map[string]string{}}, catalog: r.catalog, rundown: parse(r.t, rundown)}
	other.catalog.Show, other.catalog.RevealedIn = show, cue.Other{}
	other.other = func(contest.ShowID) (*cue.State, error) {
		if s := r.current.Load(); s != nil {
			return s.State(), nil
		}
		return cue.NewState(r.rundown, r.catalog), nil
	}
	r.t.Cleanup(other.halt)
	return other
}

// places is the ranking by the contest's rules, best first.
func (r *rig) places() []string {
	out := r.result()
	for i := range out {
		out[i], _, _ = strings.Cut(out[i], " ")
	}
	return out
}

// sealedFinal is a final whose result another show reveals, sealed and ended.
func sealedFinal(t *testing.T) *rig {
	r := newRig(t)
	r.catalog.RevealedIn = cue.Other{Show: "ceremony", Title: "示例颁奖"}
	r.rundown.Cues = slices.DeleteFunc(r.rundown.Cues, func(c cue.Cue) bool {
		return slices.Contains([]string{"frozen", "third", "second", "first", "verify"}, c.ID)
	})
	r.start()
	r.fire("card", "open")
	r.cast(votes)
	r.score()
	r.fire("close", "lock", "seal", "end")
	return r
}

// TestACeremonyRevealsTheFinalsResult, and the final itself can't: byte by byte the same
// seal, the winners that it holds, and the figures of its ballot afterwards.
func TestACeremonyRevealsTheFinalsResult(t *testing.T) {
	t.Parallel()
	final := sealedFinal(t)
	wantCode(t, "published by the final", final.do("publish", ""), "stage.revealed_elsewhere")
	_, err := final.s().Report(bg)
	wantCode(t, "its report", err, "stage.sealed")

	r := final.of("ceremony", ceremony)
	r.catalog.Reveals = cue.Other{Show: "final", Title: "决赛"}
	r.start()
	must(t, r.do("arm", "third"))
	wantCode(t, "an award before the result is there", r.do("fire", "third"), "stage.not_sealed")
	must(t, r.do("disarm", "third"))
	r.fire("seal")
	_, theirs, root, err := r.db.LoadSeal(bg, "final")
	must(t, err)
	_, ours, same, err := r.db.LoadSeal(bg, "ceremony")
	if err != nil || string(ours) != string(theirs) || same != root {
		t.Fatalf("the ceremony has %s (%v), the final %s", same, err, root)
	}
	if b := mustBallot(r); r.s().FiguresPublic(b) || b.State == vote.StateRevealed {
		t.Error("the ballot's figures are public before the verification")
	}
	r.finish("third", "second", "first")
	want := final.places()
	var got []string
	for _, l := range r.s().View().Awards {
		for _, w := range l.Winners {
			got = append(got, string(w.Entry))
		}
	}
	for _, id := range got {
		if !slices.Contains(want[:5], id) {
			t.Errorf("winners %v of a result %v", got, want)
		}
	}
	if len(got) != 5 {
		t.Errorf("winners %v", got)
	}
	r.finish("verify")
	if b := mustBallot(r); !r.s().FiguresPublic(b) {
		t.Error("the ballot's figures stay closed")
	}
	eventually(t, "the ballot is voted on no more", func() bool { return mustBallot(r).State == vote.StateRevealed })
	report, err := r.s().Report(bg)
	must(t, err)
	if report.Root != root || len(report.Rows) != 9 || string(report.Rows[0].ID) != want[0] || report.Rows[0].Rank != 1 || report.Rows[0].Award != "first" || len(report.Marks) != 45 {
		t.Errorf("the report: %+v", report.Rows[0])
	}
	for i, row := range report.Rows {
		if string(row.ID) != want[i] {
			t.Errorf("place %d: %s, want %s", i+1, row.ID, want[i])
		}
	}
	final.honest()
	r.restart()
	again, err := r.s().Report(bg)
	if must(t, err); text(t, again) != text(t, report) {
		t.Error("after a restart the report is another one")
	}
}

// TestACeremonyWithoutAResult: the final is not sealed.
func TestACeremonyWithoutAResult(t *testing.T) {
	t.Parallel()
	r := newRig(t).of("ceremony", ceremony)
	r.catalog.Reveals = cue.Other{Show: "final", Title: "决赛"}
	r.start()
	must(t, r.do("arm", "seal"))
	wantCode(t, "seal", r.do("fire", "seal"), "stage.other_not_sealed")
	if s := r.s().View(); len(s.Awards) > 0 {
		t.Errorf("awards: %s", text(t, s.Awards))
	}
}

// TestARehearsedCeremonyDrawsItsWinners: by lot, whether the final is sealed or not, and
// never from what it sealed.
func TestARehearsedCeremonyDrawsItsWinners(t *testing.T) {
	t.Parallel()
	final := sealedFinal(t)
	_, sealed, root, err := final.db.LoadSeal(bg, "final")
	must(t, err)
	firsts := map[string]bool{}
	for take := range 6 {
		begun, err := final.db.BeginTake(bg, "ceremony", "示例", int64(take+1))
		must(t, err)
		show := begun.Show
		r := final.of(show, ceremony)
		r.catalog.Reveals = cue.Other{Show: "final", Title: "决赛"}
		r.start()
		r.fire("seal")
		r.finish("third", "second", "first", "verify")
		_, drawn, other, err := r.db.LoadSeal(bg, show)
		if must(t, err); other == root || strings.Contains(string(drawn), string(sealed[100:400])) {
			t.Error("a rehearsal has the real result")
		}
		report, err := r.s().Report(bg)
		must(t, err)
		if len(report.Rows) != 9 || len(report.Marks) != 0 || report.Rows[0].Votes == 0 || r.s().FiguresPublic(mustBallot(r)) {
			t.Errorf("drawn: %+v", report.Rows[0])
		}
		firsts[string(report.Rows[0].ID)] = true
		r.halt()
		_, err = final.db.EndTake(bg, show, nil, int64(take+1))
		must(t, err)
	}
	if len(firsts) == 1 { // one in 59,049 for six fair draws of nine
		t.Errorf("six draws, one winner: %v", firsts)
	}
}

// TestAResultIsPublishedAfterTheEnd, where no cue did: once, by hand, and not before.
func TestAResultIsPublishedAfterTheEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.fire("card", "open")
	r.cast(votes)
	r.score()
	wantCode(t, "published amid the show", r.do("publish", ""), "stage.not_over")
	r.fire("close", "lock", "seal")
	must(t, r.do("arm", "end"))
	r.fire("end")
	if r.s().View().Verify != nil {
		t.Fatal("the end has published the result")
	}
	must(t, r.do("publish", ""))
	report, err := r.s().Report(bg)
	must(t, err)
	if want := r.places(); string(report.Rows[0].ID) != want[0] || len(report.Awards) != 4 || len(report.Awards[0].Winners) != 1 {
		t.Errorf("the report: %+v", report.Rows)
	}
	before := len(r.facts())
	wantCode(t, "again", r.do("publish", ""), "stage.revealed")
	if len(r.facts()) != before {
		t.Error("it was told twice")
	}
	r.honest()
	r.shown()
}

// TestNothingIsPublishedWithoutASeal.
func TestNothingIsPublishedWithoutASeal(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	must(t, r.do("arm", "end"))
	r.fire("end")
	wantCode(t, "publish", r.do("publish", ""), "stage.not_sealed")
}

// TestASealWithoutItsFactIsNotTaken: a final that failed between the text and its fact
// has not sealed, and may yet seal another one.
func TestASealWithoutItsFactIsNotTaken(t *testing.T) {
	t.Parallel()
	final := newRig(t)
	final.catalog.RevealedIn = cue.Other{Show: "ceremony", Title: "示例颁奖"}
	final.rundown.Cues = slices.DeleteFunc(final.rundown.Cues, func(c cue.Cue) bool {
		return slices.Contains([]string{"frozen", "third", "second", "first", "verify"}, c.ID)
	})
	final.start()
	final.fire("card", "open")
	final.cast(votes)
	final.score()
	final.fire("close", "lock")
	must(t, final.do("arm", "seal"))
	final.store.set(halfway, false)
	wantCode(t, "seal", final.do("fire", "seal"), "stage.not_stored")
	if _, _, _, err := final.db.LoadSeal(bg, "final"); err != nil {
		t.Fatalf("no text is there: %v", err)
	}
	r := final.of("ceremony", ceremony)
	r.catalog.Reveals = cue.Other{Show: "final", Title: "决赛"}
	r.start()
	must(t, r.do("arm", "seal"))
	wantCode(t, "taken over", r.do("fire", "seal"), "stage.other_not_sealed")
	final.store.set(sound, false)
	final.restart()
	final.fire("seal")
	must(t, r.do("fire", "seal"))
	_, _, theirs, err := r.db.LoadSeal(bg, "final")
	must(t, err)
	if _, _, ours, err := r.db.LoadSeal(bg, "ceremony"); err != nil || ours != theirs {
		t.Errorf("the ceremony has %s (%v), the final %s", ours, err, theirs)
	}
}
