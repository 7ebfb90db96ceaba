package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	phoneWidth  = 390
	phoneHeight = 844
)

func card(entry string) string { return `.card[data-entry="` + entry + `"]` }

// settled waits for what the page says about the vote.
func (p *Page) settled(state string) {
	p.t.Helper()
	p.WaitFor("a vote that is "+state, `document.querySelector('[data-vote-state="`+state+`"]')`, 60*time.Second)
}

// papers is what the page's device has in the ballot.
func (p *Page) papers(ballot string) (out struct {
	Rev      int64
	Choice   []string
	Receipts []struct{ Leaf string }
	Until    int64
}) {
	p.t.Helper()
	text := get[string](p, `fetch('/v1/votes/mine?ballot=`+ballot+`').then((r) => r.text())`)
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		p.t.Fatalf("%s: %v in %s", p.name, err, text)
	}
	return out
}

// TestPicksThatAddUp is the case picks-that-add-up: where a vote can't be changed,
// the rest of the picks may be given later, also after a reload, and what was
// given stays.
func TestPicksThatAddUp(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	entries := h.ballot("adds", 6, object{"window": "ballot", "max": 3, "change": false})
	p := b.Open("vote", h.url+"/vote/adds", phoneWidth, phoneHeight)
	p.Tap(card(entries[0]))
	p.Tap("#confirm")
	p.settled("done")
	p.WaitFor("the given one fixed and the rest free", fmt.Sprintf(`document.querySelector(%q).disabled && document.querySelector(%q).classList.contains('on') && !document.querySelector(%q).disabled`,
		card(entries[0]), card(entries[0]), card(entries[1])), 5*time.Second)
	p.Reload()
	p.Tap(card(entries[1]))
	p.Tap(card(entries[2]))
	p.Tap("#confirm")
	p.settled("done")
	p.WaitFor("all cards fixed", `document.querySelectorAll('.card.on').length === 3 && [...document.querySelectorAll('.card')].every((c) => c.disabled)`, 5*time.Second)
	if got := p.papers("adds"); len(got.Choice) != 3 || len(got.Receipts) != 2 {
		t.Errorf("the box holds %+v, want three picks in two papers", got)
	}
}

// TestADailyVoteAfterMidnight is the case daily-vote-after-midnight: an open page
// begins the new day by itself, empty and ready.
func TestADailyVoteAfterMidnight(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	entries := importEntries(h.org, 6)
	for try := range 4 {
		// A zone whose midnight is the next full minute but one.
		now := time.Now().UTC()
		ahead := (24*60 - now.Hour()*60 - now.Minute() - 2 + 24*60) % (24 * 60)
		zone := fmt.Sprintf("+%02d:%02d", ahead/60, ahead%60)
		if ahead > 14*60+59 {
			zone = fmt.Sprintf("-%02d:%02d", (24*60-ahead)/60, (24*60-ahead)%60)
		}
		midnight := now.Truncate(time.Minute).Add(2 * time.Minute).UnixMilli()
		id := fmt.Sprintf("daily%d", try)
		h.org.Do("POST", "/v1/admin/ballots", object{"id": id, "title": "每日一票", "session": "final", "entries": entries,
			"visibility": "count", "quota": object{"window": "day", "max": 1, "change": false, "tz": zone}}, nil)
		h.org.Do("POST", "/v1/admin/ballots/"+id+"/open", object{"seconds": 0}, nil)
		p := b.Open("vote"+id, h.url+"/vote/"+id, phoneWidth, phoneHeight)
		p.Tap(card(entries[0]))
		p.Tap("#confirm")
		p.WaitFor("all cards fixed, or the next day", fmt.Sprintf(`document.querySelector('[data-vote-state="done"]') && [...document.querySelectorAll('.card')].every((c) => c.disabled) || Date.now() >= %d`, midnight), 5*time.Second)
		if got := p.papers(id); len(got.Choice) != 1 || time.Until(time.UnixMilli(got.Until)) > 10*time.Minute {
			continue // midnight came before the vote
		}
		p.WaitFor("the new day", `document.querySelector('[data-vote-state="idle"]') && ![...document.querySelectorAll('.card')].some((c) => c.disabled || c.classList.contains('on'))`, 150*time.Second)
		p.Tap(card(entries[1]))
		p.Tap("#confirm")
		p.settled("done")
		if got := p.papers(id); len(got.Receipts) != 2 || len(got.Choice) != 1 || got.Choice[0] != entries[1] {
			t.Errorf("after two days the box holds %+v", got)
		}
		return
	}
	t.Fatal("midnight always came before the vote")
}

// TestAnotherTabsVote: a vote in another tab, and one of which no word came, are
// what the page shows once it knows or is looked at again.
func TestAnotherTabsVote(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	entries := h.ballot("b", 6, object{"window": "ballot", "max": 2, "change": true})
	a := b.Open("first", h.url+"/vote/b", phoneWidth, phoneHeight)
	a.Tap(card(entries[0]))
	a.Tap("#confirm")
	a.settled("done")
	z := a.Beside("second", h.url+"/vote/b", phoneWidth, phoneHeight)
	z.WaitFor("the first tab's vote", fmt.Sprintf(`document.querySelector(%q)`, card(entries[0])+".on"), 15*time.Second)
	z.Tap(card(entries[1]))
	z.Tap("#confirm")
	z.settled("done")
	leaf := z.papers("b").Receipts[1].Leaf[:8]
	a.WaitFor("the second tab's vote", fmt.Sprintf(`document.querySelector(%q) && document.querySelector('[data-vote-state="done"]').innerText.includes(%q)`, card(entries[1])+".on", leaf), 15*time.Second)

	get[bool](a, fmt.Sprintf(`fetch('/v1/votes', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({ballot: 'b', rev: Date.now() + 3600000, choice: [%q]})}).then((r) => r.ok)`, entries[4]))
	get[bool](a, `dispatchEvent(new Event('pageshow'))`)
	a.WaitFor("what counts now", fmt.Sprintf(`document.querySelector(%q) && document.querySelectorAll('.card.on').length === 1`, card(entries[4])+".on"), 15*time.Second)
}

// TestTheFateOfAVote: whatever the network does, a vote is known to its phone as
// soon as the network is back: counted once, or not counted.
func TestTheFateOfAVote(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	entries := importEntries(h.org, 6)
	for _, c := range []struct {
		name      string
		cut       func(*hall)
		close     bool // the ballot, while the network is away
		want      string
		revisions int
	}{
		{"stored-unanswered", (*hall).Deafen, false, "done", 1},
		{"never-arrived", (*hall).Silence, false, "done", 1},
		{"stored-then-closed", (*hall).Deafen, true, "done", 1},
		{"closed-before-it-came", (*hall).Silence, true, "missed", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			// Papers add up here, so a second one of the same choice would count.
			h.org.Do("POST", "/v1/admin/ballots", object{"id": c.name, "title": "示例选票", "session": "final", "entries": entries,
				"visibility": "count", "quota": object{"window": "ballot", "max": 3, "change": false}}, nil)
			h.org.Do("POST", "/v1/admin/ballots/"+c.name+"/open", object{"seconds": 0}, nil)
			net := newHall(t, h.url)
			p := b.Open(c.name, net.url+"/vote/"+c.name, phoneWidth, phoneHeight)
			p.Tap(card(entries[0]))
			c.cut(net)
			p.Tap("#confirm")
			p.settled("waiting")
			p.WaitFor("cards that stay as they are", `[...document.querySelectorAll('.card')].every((c) => c.disabled)`, 5*time.Second)
			if c.close {
				for deadline := time.Now().Add(patience); c.revisions > 0 && voters(h, c.name) == 0; time.Sleep(20 * time.Millisecond) {
					if time.Now().After(deadline) {
						t.Fatal("the vote never came to the box")
					}
				}
				h.org.Do("POST", "/v1/admin/ballots/"+c.name+"/close", object{}, nil)
			}
			net.Restore()
			p.settled(c.want)
			if got := p.papers(c.name); len(got.Receipts) != c.revisions {
				t.Errorf("the box holds %+v, want %d papers", got, c.revisions)
			}
		})
	}
}

// voters is how many have voted, as everyone may know.
func voters(h *house, ballot string) (n int) {
	var out struct{ Voters int }
	h.client().Do("GET", "/v1/ballots/"+ballot, nil, &out)
	return out.Voters
}

// TestAVoteOutlivesTheServer: the program is killed, the voter confirms, and the
// page brings the vote home when the program is back; also when the page itself
// was dropped meanwhile.
func TestAVoteOutlivesTheServer(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	n := newNode(t, "--data", t.TempDir())
	org := n.organiser()
	entries := importEntries(org, 6)
	org.Do("POST", "/v1/admin/ballots", object{"id": "b", "title": "示例选票", "session": "final", "entries": entries,
		"visibility": "count", "quota": object{"window": "ballot", "max": 2, "change": true}}, nil)
	org.Do("POST", "/v1/admin/ballots/b/open", object{"seconds": 0}, nil)
	p := b.Open("vote", n.url+"/vote/b", phoneWidth, phoneHeight)
	p.Tap(card(entries[0]))
	n.Kill()
	p.Tap("#confirm")
	p.settled("waiting")
	n.Start()
	p.settled("done")

	p.Tap(card(entries[1]))
	n.Kill()
	p.Tap("#confirm")
	p.settled("waiting")
	n.Start()
	p.Reload()
	p.settled("done")
	if got := p.papers("b"); len(got.Choice) != 2 || len(got.Receipts) != 2 {
		t.Errorf("the box holds %+v", got)
	}
}

// TestABusyBoxIsAskedAgain: what is refused for the moment, or not known, is sent
// again with the same revision; a stale revision is not.
func TestABusyBoxIsAskedAgain(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	entries := h.ballot("b", 6, object{"window": "ballot", "max": 1, "change": true})
	type answer struct {
		status     int
		code, kind string
	}
	var mu sync.Mutex
	var revs []int64 // guarded by mu
	var script []answer
	var blind atomic.Bool // /v1/votes/mine is not answered
	base := proxy(t, h.url, func(w http.ResponseWriter, r *http.Request) bool {
		r.Header.Del("Upgrade")
		r.Header.Del("Connection")
		if blind.Load() && r.URL.Path == "/v1/votes/mine" {
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, `{"error":{"code":"access.forbidden","kind":"forbidden"}}`)
			return true
		}
		if r.Method != "POST" || r.URL.Path != "/v1/votes" {
			return false
		}
		body, _ := io.ReadAll(r.Body)
		var in struct{ Rev int64 }
		json.Unmarshal(body, &in)
		mu.Lock()
		defer mu.Unlock()
		revs = append(revs, in.Rev)
		if len(script) == 0 {
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			return false
		}
		a := script[0]
		script = script[1:]
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(a.status)
		fmt.Fprintf(w, `{"error":{"code":%q,"kind":%q,"args":{"retryAfter":50}}}`, a.code, a.kind)
		return true
	})
	script = []answer{
		{503, "store.busy", "unavailable"}, {500, "vote.unconfirmed", "internal"}, {429, "vote.busy", "limited"},
		{429, "access.too_fast", "limited"}, {503, "vote.unconfirmed", "unavailable"}, {500, "store.unconfirmed", "internal"},
	}
	p := b.Open("vote", base+"/vote/b", phoneWidth, phoneHeight)
	p.Tap(card(entries[0]))
	p.Tap("#confirm")
	p.settled("done")
	mu.Lock()
	if len(revs) != 7 {
		t.Errorf("sent %d times, want 7", len(revs))
	}
	for _, r := range revs {
		if r != revs[0] {
			t.Errorf("the revisions are %v, want one", revs)
			break
		}
	}
	mu.Unlock()

	// A device whose clock was an hour ahead, on a page that could not ask.
	get[bool](p, fmt.Sprintf(`fetch('/v1/votes', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({ballot: 'b', rev: Date.now() + 3600000, choice: [%q]})}).then((r) => r.ok)`, entries[4]))
	blind.Store(true)
	p.Reload()
	p.Tap(card(entries[2]))
	p.Tap("#confirm")
	p.settled("done")
	blind.Store(false)
	if got := p.papers("b"); len(got.Choice) != 1 || got.Choice[0] != entries[2] {
		t.Errorf("the box holds %+v, want the last choice", got)
	}
}

// TestTheBallotClosesWhileOneChooses: what was not sent is said not to count, the
// tab stays, and what was sent is said to count; on both pages.
func TestTheBallotClosesWhileOneChooses(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	entries := h.ballot("b", 6, object{"window": "ballot", "max": 3, "change": true})
	var pages []*Page
	for _, path := range []string{"/vote/b", "/live/final"} {
		late := b.Open("late"+path[1:5], h.url+path, phoneWidth, phoneHeight)
		sent := b.Open("sent"+path[1:5], h.url+path, phoneWidth, phoneHeight)
		changed := b.Open("changed"+path[1:5], h.url+path, phoneWidth, phoneHeight)
		for _, p := range []*Page{late, sent, changed} {
			if path != "/vote/b" {
				p.Tap(`[data-tab="vote"]`)
			}
			p.Tap(card(entries[0]))
			if p != late {
				p.Tap("#confirm")
				p.settled("done")
			}
			if p != sent {
				p.Tap(card(entries[1]))
			}
		}
		pages = append(pages, late, sent, changed)
	}
	h.org.Do("POST", "/v1/admin/ballots/b/close", object{}, nil)
	for i, p := range pages {
		switch i % 3 {
		case 0:
			p.settled("missed")
			p.WaitFor("no tick on what doesn't count", `document.body.innerText.includes('这 2 项未计入') && !document.querySelector('.card.on')`, 5*time.Second)
		case 1:
			p.WaitFor("word that it counts", `document.querySelector('[data-vote-state="done"]').innerText.includes('已计入')`, 15*time.Second)
		case 2:
			p.settled("missed")
			leaf := p.papers("b").Receipts[0].Leaf[:8]
			p.WaitFor("the earlier vote", fmt.Sprintf(`document.querySelectorAll('.card.on').length === 1 && document.querySelector('[data-vote-state]').innerText.includes(%q)`, leaf), 15*time.Second)
		}
	}
}

// TestAHintNeverHidesTheReceipt: too many picks are told, and the confirmed vote
// is told all the same.
func TestAHintNeverHidesTheReceipt(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	entries := h.ballot("b", 6, object{"window": "ballot", "max": 2, "change": true})
	p := b.Open("vote", h.url+"/vote/b", phoneWidth, phoneHeight)
	for _, e := range entries[:3] {
		p.Tap(card(e))
	}
	p.WaitToast("toast bad")
	p.settled("idle")
	p.Tap("#confirm")
	p.settled("done")
	p.WaitFor("the receipt", `document.querySelector('[data-vote-state="done"]').getClientRects().length && document.querySelector('[data-vote-state="done"]').innerText.includes('回执')`, 5*time.Second)
}

// TestDaysAreShownAsDays is the case countdown-of-days.
func TestDaysAreShownAsDays(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	entries := importEntries(h.org, 6)
	h.org.Do("POST", "/v1/admin/ballots", object{"id": "long", "title": "初评投票", "session": "final", "entries": entries, "visibility": "count",
		"quota": object{"window": "ballot", "max": 3, "change": true}, "closesAt": time.Now().Add(9 * 24 * time.Hour).UnixMilli()}, nil)
	h.org.Do("POST", "/v1/admin/ballots/long/open", object{"seconds": 0}, nil)
	for _, width := range []int64{390, 600, 1280} {
		p := b.Open(fmt.Sprintf("vote%d", width), h.url+"/vote/long", width, phoneHeight)
		p.WaitFor("days", `(() => {
			const left = document.querySelector('[data-left]');
			return left && /9 天 0 小时/.test(left.innerText) && !/\d+:\d\d/.test(left.innerText) && left.scrollWidth <= left.clientWidth + 1;
		})()`, 15*time.Second)
	}
}
