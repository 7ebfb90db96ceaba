package e2e

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hecai/vote/ledger"
)

// TestAVoterChecksTheirVote votes on the page, sees the fingerprint when the
// ballot closes, comes back to the page, and checks the receipt: every step
// holds, and the proof that the page keeps holds offline.
func TestAVoterChecksTheirVote(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	entries := pollBallot(t, h.org, "poll")
	var key struct{ Key string }
	h.client().Do("GET", "/v1/ledger", nil, &key)
	p := b.Open("voter", h.url+"/vote/poll", phoneWidth, phoneHeight)
	p.Tap(card(entries[1]))
	p.Tap("#confirm")
	p.settled("done")
	h.org.Do("POST", "/v1/admin/ballots/poll/close", object{}, nil)
	shown := h.client().closing("poll", 1)
	p.WaitFor("the fingerprint at the close", `document.querySelector('[data-closing="`+shown+`"]')`, 20*time.Second)
	p.Reload() // a page that was not there at the close knows that the vote counts
	p.settled("done")
	p.WaitFor("word that it counts", `document.querySelector('[data-vote-state="done"]').innerText.includes('已计入')`, 15*time.Second)

	p.Go(h.url + "/verify")
	p.WaitFor("the steps", `document.querySelectorAll('.steps li').length >= 4`, 20*time.Second)
	p.WaitFor("all of them good", `!document.querySelector('.steps li.bad')`, 5*time.Second)
	p.WaitFor("the fingerprint of the close", `[...document.querySelectorAll('.steps code')].some((c) => c.textContent.replace(/\s/g, '') === '`+shown+`')`, 5*time.Second)
	p.WaitFor("the key", `document.querySelector('[data-key]').textContent === `+quote(key.Key), 10*time.Second)
	if dir := os.Getenv("SHOTS"); dir != "" {
		p.Shot(filepath.Join(dir, "verify-receipt.png"))
	}

	// What the button keeps.
	text, err := eval[string](p, `new Promise((done) => {
		const make = URL.createObjectURL;
		URL.createObjectURL = (blob) => { blob.text().then(done); return make(blob); };
		document.querySelector('[data-save]').click();
	})`)
	if err != nil {
		t.Fatal(err)
	}
	var e ledger.Evidence
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		t.Fatalf("%v: %.200s", err, text)
	}
	if err := e.Check(ledger.Trusted{Key: key.Key, Fingerprint: shown}); err != nil || e.Record == "" || e.Salt == "" || e.Promise == "" {
		t.Errorf("the kept proof: %v, record %q, salt %q, promise %q", err, e.Record, e.Salt, e.Promise)
	}

	// A receipt with one byte changed: no promise of this box, though the rest holds.
	open := func(r object) {
		t.Helper()
		body, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		p.Go(h.url + "/verify#r=" + url.PathEscape(string(body)))
		p.Reload()
	}
	changed := string(e.Promise[0]^1) + e.Promise[1:]
	open(object{"ballot": "poll", "leaf": e.Leaf, "record": e.Record, "promise": changed})
	p.WaitFor("the broken promise", `document.querySelector('.receipt .steps li.bad') && document.querySelector('.receipt').innerText.includes('不是这个票箱的承诺')`, 30*time.Second)
	p.Go(h.url + "/verify")
	p.WaitFor("the steps again", `document.querySelectorAll('.steps li').length >= 5`, 30*time.Second)
	if _, err := eval[bool](p, `(() => { // a house that has lost the record
		const get = window.fetch;
		window.fetch = (at, how) => String(at).includes('/proof?')
			? Promise.resolve(new Response('{"error":{"code":"vote.no_receipt","kind":"not_found"}}', { status: 404, headers: { 'Content-Type': 'application/json' } })) : get(at, how);
		document.querySelector('.receipt .btn.main').click();
		return true;
	})()`); err != nil {
		t.Fatal(err)
	}
	p.WaitFor("word that the promise is evidence", `document.querySelector('.receipt .verdict.bad') && document.querySelector('.receipt').innerText.includes('它就是证据')`, 30*time.Second)

	// A receipt whose record is another's fails, whoever says that it is in the log.
	forged := strings.Replace(e.Record, "rev ", "rev 9", 1)
	p.Go(h.url + "/verify#r=" + strings.NewReplacer("\n", "%0A", `"`, "%22", " ", "%20").Replace(`{"ballot":"poll","leaf":"`+e.Leaf+`","record":"`+strings.ReplaceAll(forged, "\n", `\n`)+`"}`))
	p.Reload()
	p.WaitFor("the refused record", `document.querySelector('.steps li.bad')`, 20*time.Second)
}
