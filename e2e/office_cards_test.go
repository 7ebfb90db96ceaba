package e2e

import (
	"testing"
	"time"
)

// TestOfficeCardsAreTrue: the card of a ballot shows what was just done to it at
// once, by what the act itself brings; and what is done elsewhere soon.
func TestOfficeCardsAreTrue(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 3, 1, nil)
	v.org.Do("POST", "/v1/admin/ballots", object{"id": "b", "title": "示例投票", "session": "final", "entries": v.entries,
		"visibility": "count", "quota": object{"window": "ballot", "max": 1}}, nil)
	v.plan(cue("vote", false, act("ballot_open", "ballot", "b", "seconds", 600)), cue("close", false, act("ballot_close", "ballot", "b")),
		cue("vote2", false, act("ballot_open", "ballot", "b", "seconds", 600)), cue("close2", false, act("ballot_close", "ballot", "b")))
	o := v.adminAt(b, 1440, 900)
	o.tab("ballots")
	is := func(what, js string) {
		t.Helper()
		o.WaitFor(what, `(() => { const c = document.querySelector('[data-ballot=b]'); return c && `+js+`; })()`, 30*time.Second)
	}
	is("the card", `c.dataset.state === 'armed'`)
	// Nobody looks, so nothing is asked for by the clock: what comes, came with the act.
	look := func(on bool) {
		t.Helper()
		get[bool](o.Page, map[bool]string{false: `(Object.defineProperty(document, 'hidden', {get: () => true, configurable: true}), true)`, true: `(delete document.hidden, true)`}[on])
	}
	look(false)
	o.Click("[data-ballot=b] [data-act=open]")
	o.WaitFor("which vote it is", `document.querySelector('#ballot-whose').textContent.includes('正式投票')`, soon)
	o.write("#ballot-seconds", "1200") // a minute may be over before the next look
	o.Click("#ballot-go")
	o.none()
	is("it open", `c.dataset.state === 'open' && c.querySelector('[data-act=close]') && /20:00|1\d:\d\d/.test(c.querySelector('.brief').textContent)`)
	o.Click("[data-ballot=b] [data-act=extend]")
	o.Click("[data-step='3600']")
	o.Click("#ballot-go")
	o.none()
	is("its later end", `/1:(20:00|1\d:\d\d)/.test(c.querySelector('.brief').textContent)`)
	o.three("ballot-card-open")
	o.Hold("[data-ballot=b] [data-act=close]", time.Second)
	is("it closed", `c.dataset.state === 'closed' && c.querySelector('[data-act=again]')`)
	o.Click("[data-ballot=b] [data-act=again]")
	o.write("#ballot-reason", "示例：网络中断")
	o.Hold("#ballot-go", time.Second)
	o.none()
	is("it waiting again", `c.dataset.state === 'armed' && c.querySelector('[data-act=open]') && c.textContent.includes('网络中断')`)
	// A network on which each list takes longer than the time between two of them.
	get[bool](o.Page, `(() => {
		const f = window.fetch;
		window.fetch = async (path, o) => { const r = await f(path, o); if (path === '/v1/admin/ballots') await new Promise((x) => setTimeout(x, 4000)); return r; };
		return true;
	})()`)
	look(true)
	v.fire("vote")
	is("the director's opening", `c.dataset.state === 'open'`)
	v.fire("close")
	is("the director's close", `c.dataset.state === 'closed'`)

	o.Click("[data-ballot=b] [data-act=again]")
	o.write("#ballot-reason", "示例：再来一次")
	o.Hold("#ballot-go", time.Second)
	o.none()
	if state := get[string](o.Page, `document.querySelector('[data-ballot=b]').dataset.state`); state != "armed" {
		t.Errorf("on a slow network the card is %s when the dialog closes", state)
	}
	v.fire("vote2", "close2")
	is("the director's next", `c.dataset.state === 'closed'`)

	// A tab that was not looked at shows how things stand as soon as it is.
	look(false)
	v.org.Do("POST", "/v1/admin/ballots/b/round", object{"reason": "示例"}, nil)
	look(true)
	get[bool](o.Page, `(document.dispatchEvent(new Event('visibilitychange')), true)`)
	is("the new round", `c.dataset.state === 'armed'`)
}

// TestOfficeRefusals: what can't be had again is refused in the dialog itself, in
// words: another round of a ballot that stands in the sealed result, and of one
// whose figures were revealed; and the seal, while a decision is missing.
func TestOfficeRefusals(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 3, 5, nil)
	for _, id := range []string{"crowd", "poll"} {
		v.org.Do("POST", "/v1/admin/ballots", object{"id": id, "title": "示例人气 " + id, "session": "final", "entries": v.entries,
			"visibility": "hidden", "quota": object{"window": "ballot", "max": 1}}, nil)
	}
	v.plan(
		cue("sheets", false, act("sheets_open", "entry", "*")),
		cue("vote", false, act("ballot_open", "ballot", "crowd", "seconds", 0), act("ballot_open", "ballot", "poll", "seconds", 0)),
		cue("close", false, act("ballot_close", "ballot", "crowd"), act("ballot_close", "ballot", "poll")),
		cue("lock", false, act("sheets_lock", "entry", "*")),
		cue("seal", true, act("seal", "ballot", "crowd")),
		cue("tally", true, act("reveal", "what", "tally", "ballot", "poll")),
		cue("end", false, scene("title")))
	v.fire("sheets", "vote", "close")
	for _, j := range v.judges {
		v.score(j, v.entries, func(e int) int { return []int{9000, 8500, 8000}[e] })
	}
	v.fire("lock")
	o := v.adminAt(b, 1440, 900)
	desk := v.deskAt(b, 1440, 900)
	desk.WaitFor("the seal as next", `document.querySelector('#fire') && document.querySelector('#fire').dataset.cue === 'seal' && !document.querySelector('#fire').disabled`, 30*time.Second)
	desk.advance() // arms
	desk.refusedKey("seal.open_ballot")
	desk.keep("director-seal-blocked-1440")
	desk.decide("seal.open_ballot", "open_ballot")
	desk.Click("[data-undo=open_ballot]") // the decision is taken back, so it is missing again
	desk.Fill("dialog[open] input[name=reason]", "too soon")
	desk.Hold("#decide", time.Second)
	desk.WaitFor("no decision", `!document.querySelector('[data-decision]') && !document.querySelector('dialog[open]')`, 30*time.Second)
	desk.refusedKey("seal.open_ballot")
	desk.decide("seal.open_ballot", "open_ballot")

	o.tab("ballots")
	again := func(id, word string, before func()) {
		t.Helper()
		o.Click("[data-ballot=" + id + "] [data-act=again]")
		o.write("#ballot-reason", "示例：网络中断")
		before()
		o.Hold("#ballot-go", time.Second)
		o.WaitFor("the refusal of "+id, `document.querySelector('dialog[open] .note.bad') && document.querySelector('dialog[open] .note.bad').textContent.includes('`+word+`') && document.querySelector('#ballot-reason').value.includes('网络中断')`, 30*time.Second)
		o.three("again-refused-" + id)
		o.Click("dialog footer .btn.quiet")
		o.none()
	}
	again("crowd", "已计入封存的成绩", func() { v.fire("seal") })
	again("poll", "已揭晓", func() { v.fire("tally") })
	o.WaitFor("the revealed card", `document.querySelector('[data-ballot=poll]').dataset.state === 'revealed' && !document.querySelector('[data-ballot=poll] [data-act]')`, 30*time.Second)
}
