package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// decide makes a decision at the desk as a director does: the button beside the
// blocker, what it is about, a reason, a hold.
func (p *Page) decide(blocker, what string, about ...string) {
	p.t.Helper()
	p.Click(fmt.Sprintf(`[data-blocker=%q] [data-decide=%q]`, blocker, what))
	p.WaitFor("the question", `document.querySelector('dialog[open] #decide')`, 30*time.Second)
	for _, selector := range about {
		p.Click("dialog[open] " + selector)
	}
	if off := get[bool](p, `document.querySelector('#decide').disabled`); !off {
		p.t.Error("a decision needs no reason")
	}
	p.Fill("dialog[open] input[name=reason]", "jury chair")
	p.WaitFor("a key that can be held", `!document.querySelector('#decide').disabled`, 30*time.Second)
	p.keep("decide-" + what)
	p.Hold("#decide", time.Second)
	p.WaitFor("the decision", fmt.Sprintf(`!document.querySelector('dialog[open]') && document.querySelector('[data-decision=%s]')`, what), 30*time.Second)
}

// refusedKey presses the big key, or holds it, and waits for the blocker.
func (p *Page) refusedKey(blocker string) {
	p.t.Helper()
	p.WaitFor("an enabled key", goKey, 30*time.Second)
	if get[string](p, `document.querySelector('#fire').dataset.mode`) == "fire" {
		p.Hold("#fire", time.Second)
	} else {
		p.Click("#fire")
	}
	p.WaitFor("the blocker "+blocker, fmt.Sprintf(`document.querySelector('[data-blocker=%q]')`, blocker), 30*time.Second)
}

// TestCrewDecisions: whatever keeps a result from being sealed is cleared at the
// desk by clicking, on record, and can be taken back.
func TestCrewDecisions(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 3, 2, nil) // the rules ask for five sheets
	v.org.Do("POST", "/v1/admin/ballots", object{"id": "crowd", "title": "现场人气", "session": "final", "entries": v.entries,
		"visibility": "hidden", "quota": object{"window": "ballot", "max": 1, "perEntry": 1}}, nil)
	v.plan(
		cue("sheets", false, act("entry", "entry", v.entries[0]), act("sheets_open", "entry", "*"), scene("marks")),
		cue("vote", false, act("ballot_open", "ballot", "crowd", "seconds", 0)),
		cue("close", false, act("ballot_close", "ballot", "crowd")),
		cue("lock", false, act("sheets_lock", "entry", "*")),
		cue("seal", true, act("seal", "ballot", "crowd")),
		cue("second", true, scene("award"), act("reveal", "what", "award", "award", "second")),
		cue("first", true, scene("award"), act("reveal", "what", "award", "award", "first")))
	v.fire("sheets", "vote", "close")
	for _, j := range v.judges { // the second and the third are exactly equal, at the edge of the first prize
		v.score(j, v.entries, func(e int) int { return []int{9000, 8000, 8000}[e] })
	}
	desk := v.deskAt(b, 1440, 900)
	desk.WaitFor("word of too few judges", `document.querySelector('#short')`, 30*time.Second)
	desk.keep("director-short")

	desk.refusedKey("stage.quorum")
	desk.keep("director-blocked")
	desk.none("names that are ids", `[...document.querySelectorAll('[data-blocker] span')].map((x) => x.textContent).filter((x) => /E00\d/.test(x))`)
	desk.decide("stage.quorum", "quorum", "input[name=E001]", "input[name=E002]", "input[name=E003]")
	desk.Click("[data-undo=quorum]")
	desk.Fill("dialog[open] input[name=reason]", "too soon")
	desk.Hold("#decide", time.Second)
	desk.WaitFor("no decision", `!document.querySelector('[data-decision]') && !document.querySelector('dialog[open]')`, 30*time.Second)
	desk.decide("stage.quorum", "quorum", "input[name=E001]", "input[name=E002]", "input[name=E003]")
	desk.advance()

	desk.advance() // arms the seal
	desk.refusedKey("seal.open_ballot")
	desk.decide("seal.open_ballot", "ballot_out")
	desk.refusedKey("award.boundary_tie")
	small := v.deskAt(b, 1024, 768)
	small.WaitFor("the blocker", `document.querySelector('[data-blocker="award.boundary_tie"]')`, 30*time.Second)
	small.keep("director-tie-1024")
	desk.decide("award.boundary_tie", "tie", "[data-place=E003] button")
	var view, host object
	v.org.Do("GET", "/v1/stage/final", nil, &view)
	if text := fmt.Sprint(view, host); strings.Contains(text, "jury chair") || strings.Contains(text, "boundary") {
		t.Errorf("the public is told of a decision: %s", text)
	}
	desk.advance()
	if d := v.desk(); len(d.Blockers) > 0 {
		t.Errorf("blockers after the seal: %+v", d.Blockers)
	}
	v.fire("second", "first")
	v.org.Do("GET", "/v1/stage/final", nil, &view)
	won := fmt.Sprint(view["awards"])
	first := won[strings.Index(won, "level:first"):]
	if !strings.Contains(first, "E003") || strings.Contains(first, "E002") {
		t.Errorf("the chair put E003 before E002; the awards are %s", won)
	}
}
