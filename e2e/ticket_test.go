package e2e

import (
	"strings"
	"testing"
	"time"
)

// TestAPrintedTicket: the code of a printed ticket comes in by its address,
// leaves the address bar, and the phone votes with it; a used one says so, and
// can be typed anew.
func TestAPrintedTicket(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	entries := importEntries(h.org, 3)
	h.org.Do("POST", "/v1/admin/ballots", object{"id": "b", "title": "示例现场票", "session": "final", "entries": entries,
		"visibility": "count", "level": 2, "quota": object{"window": "ballot", "max": 1}}, nil)
	h.org.Do("POST", "/v1/admin/ballots/b/open", object{"seconds": 0}, nil)
	var made struct {
		Codes []string
		Page  string
	}
	h.org.Do("POST", "/v1/admin/tickets", object{"count": 2}, &made)
	if made.Page != h.url+"/t#" {
		t.Fatalf("tickets lead to %q", made.Page)
	}
	p := b.Open("phone", made.Page+made.Codes[0], 390, 844)
	p.WaitFor("a bound ticket", `document.querySelector('[data-ticket-state="done"]')`, 30*time.Second)
	if at := get[string](p, `location.href`); at != h.url+"/t" {
		t.Errorf("the address bar shows %s", at)
	}
	p.WaitFor("the ballot", `document.querySelector('.where a[href="/vote/b"]')`, 30*time.Second)
	p.shot("ticket")
	p.Tap(`.where a[href="/vote/b"]`)
	p.Tap(card(entries[0]))
	p.Tap("#confirm")
	p.WaitFor("a receipt", `document.querySelector('[data-vote-state="done"]')`, 30*time.Second)

	q := b.Open("another phone", made.Page+made.Codes[0], 390, 844)
	q.WaitFor("a refusal", `document.querySelector('[data-ticket-state="asking"] .note.bad')`, 30*time.Second)
	q.shot("ticket-used")
	typed := strings.ToLower(made.Codes[1][:4] + "-" + made.Codes[1][4:])
	if _, err := eval[bool](q, `(() => { const i = document.querySelector('.ticket input'); i.value = `+quote(typed)+`; i.dispatchEvent(new Event('input', {bubbles: true})); return true; })()`); err != nil {
		t.Fatal(err)
	}
	q.Tap(".ticket button")
	q.WaitFor("a bound ticket", `document.querySelector('[data-ticket-state="done"]')`, 30*time.Second)
}
