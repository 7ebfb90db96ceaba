package cue

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hecai/contest"
)

// TestWhatIsPublicNeedsNoArming: what a cue would tell beyond what is public
// decides, not what the cue is called.
func TestWhatIsPublicNeedsNoArming(t *testing.T) {
	board := func(id string, from, top int) Cue {
		return Cue{ID: id, Title: id, Lane: laneHost, Actions: []Action{{Kind: doReveal, What: RevealBoard, From: from, Top: top}}}
	}
	r := smallRundown()
	r.Cues = append(r.Cues[:len(r.Cues)-1], board("top5", 0, 5), board("top8", 0, 8), board("low", 9, 0), board("all", 0, 0))
	p := newPlay(t, r, newNight(smallCatalog(t, 9, 5))).upTo("seal")
	free := func() (out string) {
		for _, id := range []string{"top5", "top8", "low", "all"} {
			c := p.s.cue(id)
			if !p.s.mustArm(c) {
				out += id + " "
			}
			if p.s.hostMayFire(c) == p.s.mustArm(c) {
				t.Errorf("%s: the host may fire it %v, it must be armed %v", id, p.s.hostMayFire(c), p.s.mustArm(c))
			}
		}
		return strings.TrimSpace(out)
	}
	for _, c := range []struct{ upTo, want string }{
		{"seal", ""},
		{"frozen", "low"}, // ranks 4 to 9 are on the wall
		{"listed", "low"},
		{"third", "low"},
		{"second", "low"},
		{"first", "top5 top8 low all"}, // places 1 to 8 by awards, 9 by the board
	} {
		p.upTo(c.upTo)
		if got := free(); got != c.want {
			t.Errorf("after %s unarmed go %q, want %q", c.upTo, got, c.want)
		}
	}
	p.run("host:fire top5")
	if p.run("fire verify"); !p.s.Verified() {
		t.Error("not verified")
	}
}

// TestASealAndAnEndAreArmed whatever the rundown says of them: they can't be
// taken back unnoticed. The last cue of a director's lane may end the night at once.
func TestASealAndAnEndAreArmed(t *testing.T) {
	r := smallRundown()
	for i := range r.Cues {
		r.Cues[i].Confirm = false
		if r.Cues[i].ID == "end" {
			r.Cues[i].Lane = laneDirector
		}
	}
	p := newPlay(t, r, newNight(smallCatalog(t, 9, 5)))
	for _, id := range []string{"seal", "end", "marks", "tally", "frozen", "third", "verify"} {
		if !p.s.mustArm(p.s.cue(id)) {
			t.Errorf("%s goes unarmed", id)
		}
	}
	if p.upTo("verify"); p.s.mustArm(p.s.cue("end")) {
		t.Error("nothing remains, and the end is to be armed")
	}
}

// TestAReplacedRevealBeginsAnew: a reveal that stands halfway and is replaced by
// another one under the same id does not go on as the other, unarmed.
func TestAReplacedRevealBeginsAnew(t *testing.T) {
	c := smallCatalog(t, 9, 5)
	p := newPlay(t, smallRundown(), newNight(c)).upTo("listed").run("fire third", "next")
	next := smallRundown()
	i := slices.IndexFunc(next.Cues, func(c Cue) bool { return c.ID == "third" })
	next.Cues[i].Actions[1].Award, next.Cues[i].Confirm = "first", false
	next.Cues = slices.DeleteFunc(next.Cues, func(c Cue) bool { return c.ID == "first" })
	p.s.Replace(next, c)
	p.tell(Make(RundownChanged{len(next.Cues)}))
	if row := Staff(p.s).Cues[i]; row.State != "planned" || row.Step != 0 || row.Steps != 2 || !row.Confirm {
		t.Errorf("desk: %+v", row)
	}
	_, cmd := p.parse("fire third")
	if err := p.do(RoleDirector, cmd); err == nil || err.Code != "stage.not_armed" {
		t.Errorf("fired: %v", err)
	}
	role, cmd := p.parse("host:fire third")
	if err := p.do(role, cmd); err == nil || err.Code != "stage.forbidden" {
		t.Errorf("the host fired: %v", err)
	}
	if id := p.s.next(); id != "second" {
		t.Errorf("next is %s", id)
	}
	p.run("arm third", "fire third")
	if card := Public(p.s).Award; card.Level != "first" || !card.Held {
		t.Errorf("card %+v", card)
	}
}

// TestAFreezeInsideATie: a row that ties with a frozen one tells neither that it
// does nor what the frozen one has, whether the tie is there or not.
func TestAFreezeInsideATie(t *testing.T) {
	ranks := func(tie bool) (out []int) {
		n := newNight(smallCatalog(t, 9, 5))
		if tie { // e7 and e6, ranks 3 and 4, alike
			for i := range n.sheets {
				if n.sheets[i].Entry == "e7" {
					n.sheets[i].Marks = n.sheets[i-5].Marks
				}
			}
			n.votes[6] = n.votes[5]
		}
		r := smallRundown()
		for i := range r.Cues {
			if r.Cues[i].ID == "third" || r.Cues[i].ID == "second" {
				r.Cues[i].Actions[len(r.Cues[i].Actions)-1].Award = "listed"
			}
		}
		p := newPlay(t, r, n)
		// The chair breaks it, or the seal would be blocked; and the board is of the rank before.
		plan := *n.catalog.Plan
		plan.Awards = []contest.Award{{ID: "listed", Name: "优秀奖", Quota: 9, Mode: contest.AwardListed}}
		p.s.catalog.Plan = &plan
		p.upTo("frozen")
		for _, row := range Public(p.s).Board.Rows {
			out = append(out, row.Rank)
		}
		return out
	}
	if with, without := fmt.Sprint(ranks(true)), fmt.Sprint(ranks(false)); with != without || with != "[1 2 3 4 5 6 7 8 9]" {
		t.Errorf("ranks with the tie %s, without %s", with, without)
	}
}
