package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"hecai/vote/ledger"
)

// TestABallotOfNoSessionIsPublished: no rundown reveals it, so the organiser does
// by hand, on the page and after the close; its figures are public then, its
// receipts provable, and it never opens again. What a show reveals is refused.
func TestABallotOfNoSessionIsPublished(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	entries := importEntries(h.org, 3)
	for id, session := range map[string]string{"alone": "", "own": "final", "listed": "", "sealed": ""} {
		h.org.Do("POST", "/v1/admin/ballots", object{"id": id, "title": "示例投票" + id, "session": session, "entries": entries,
			"visibility": "hidden", "quota": object{"max": 1}}, nil)
	}
	h.org.Do("PUT", "/v1/admin/rundown/final", object{"session": "final", "title": "示例场次", "subtitle": "", "cues": []object{
		{"id": "open", "title": "开始投票", "actions": []object{{"kind": "ballot_open", "ballot": "listed", "seconds": 60}}},
		{"id": "seal", "title": "密封", "confirm": true, "actions": []object{{"kind": "seal", "ballot": "sealed"}}},
	}}, nil)
	phone := h.phone()
	for _, id := range []string{"alone", "own", "listed", "sealed"} {
		h.org.Do("POST", "/v1/admin/ballots/"+id+"/open", object{"seconds": 0}, nil)
		if id == "alone" {
			h.org.Refused("vote.not_closed", "POST", "/v1/admin/ballots/alone/publish", object{})
		}
		phone.cast(id, entries[0], 1, "0a")
		h.org.Do("POST", "/v1/admin/ballots/"+id+"/close", object{}, nil)
		h.client().closing(id, 1)
	}
	votes := func() (state string, votes []int) {
		var board struct {
			State string
			Votes []int
		}
		h.client().Do("GET", "/v1/ballots/alone", nil, &board)
		return board.State, board.Votes
	}
	var mine struct {
		Receipts []struct{ Leaf, Record, Promise string }
	}
	phone.Do("GET", "/v1/votes/mine?ballot=alone", nil, &mine)
	proof := "/v1/ballots/alone/proof?leaf=" + mine.Receipts[0].Leaf
	h.client().Refused("vote.proof_later", "GET", proof, nil)
	if state, got := votes(); state != "closed" || got != nil {
		t.Errorf("before: %s %v", state, got)
	}
	for _, id := range []string{"own", "listed", "sealed"} {
		h.org.Refused("ballot.in_show", "POST", "/v1/admin/ballots/"+id+"/publish", object{})
	}

	p := h.office(b, "ballots")
	button := `[data-ballot="alone"] [data-act="publish"]`
	p.WaitFor("the button", `document.querySelector('`+button+`') && !document.querySelector('[data-ballot="own"] [data-act="publish"]')`, 30*time.Second)
	p.Hold(button, 2*time.Second)
	p.WaitFor("the ballot to be public", `document.querySelector('[data-ballot="alone"][data-state="revealed"]')`, 30*time.Second)

	voter := b.Open("results", h.url+"/vote/alone", phoneWidth, phoneHeight)
	voter.WaitFor("the published votes", `[...document.querySelectorAll('.cards .votes')].map((e) => parseInt(e.textContent)).join() === '1,0,0'`, 30*time.Second)
	if dir := os.Getenv("SHOTS"); dir != "" {
		voter.Shot(filepath.Join(dir, "vote-published.png"))
	}
	if state, got := votes(); state != "revealed" || len(got) != 3 || got[0] != 1 {
		t.Errorf("after: %s %v", state, got)
	}
	var e ledger.Evidence
	h.client().Do("GET", proof, nil, &e)
	e.Record, e.Salt, e.Promise = mine.Receipts[0].Record, "0a", mine.Receipts[0].Promise
	if err := e.Check(ledger.Trusted{}); err != nil {
		t.Errorf("the proof: %v", err)
	}
	h.client().Do("GET", "/v1/ballots/alone/log", nil, nil)
	h.org.Do("POST", "/v1/admin/ballots/alone/publish", object{}, nil) // once more changes nothing
	h.org.Refused("ballot.revealed", "POST", "/v1/admin/ballots/alone/open", object{"seconds": 0})
	h.org.Refused("ballot.revealed", "POST", "/v1/admin/ballots/alone/round", object{"reason": "示例"})
}
