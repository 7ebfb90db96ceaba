package e2e

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// TestSeveralOpenBallots: the live page has every open ballot, the newest first
// and on show, and takes no half-made choice away; also where no socket gets through.
func TestSeveralOpenBallots(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	entries := importEntries(h.org, 6)
	open := func(id string) {
		t.Helper()
		h.org.Do("POST", "/v1/admin/ballots", object{"id": id, "title": "示例选票 " + id, "session": "final", "entries": entries,
			"visibility": "count", "quota": object{"window": "ballot", "max": 2, "change": true}}, nil)
		h.org.Do("POST", "/v1/admin/ballots/"+id+"/open", object{"seconds": 0}, nil)
	}
	list := func(want string) string {
		return `[...document.querySelectorAll('.others [data-open]')].map((x) => x.dataset.open).join() === '` + want + `'`
	}
	on := func(id string) string {
		return `document.querySelector('.ballot h2') && document.querySelector('.ballot h2').textContent.endsWith(' ` + id + `')`
	}
	open("a")
	p := b.Open("several", h.url+"/live/final", phoneWidth, phoneHeight)
	p.WaitFor("the only one, without a list", on("a")+` && !document.querySelector('.others')`, 30*time.Second)
	open("b")
	p.WaitFor("the newer one, and the way to the other", on("b")+" && "+list("b,a")+` && document.querySelector('.others [aria-current]').dataset.open === 'b'`, 30*time.Second)
	p.keep("live-several-390")
	p.Tap(card(entries[0]))
	open("c")
	p.WaitFor("the choice, and the way to the newest", on("b")+" && "+list("c,b,a")+` && document.querySelectorAll('.card.on').length === 1 && document.querySelector('[data-offer=ballot]')`, 30*time.Second)
	p.keep("live-several-chosen-390")
	p.Tap("[data-offer=ballot]")
	p.WaitFor("the newest", on("c")+` && !document.querySelector('.card.on, [data-offer=ballot]')`, 30*time.Second)
	p.Tap(card(entries[1]))
	p.Tap("#confirm")
	p.settled("done")
	p.Tap("[data-open=b]")
	p.WaitFor("the choice as it was", on("b")+fmt.Sprintf(` && document.querySelector(%q)`, card(entries[0])+".on"), 30*time.Second)
	p.Tap("#confirm")
	p.settled("done")
	h.org.Do("POST", "/v1/admin/ballots/b/close", object{}, nil)
	p.WaitFor("how it ended, and the ways on", on("b")+" && "+list("c,a")+` && document.querySelector('[data-vote-state="done"]').innerText.includes('已计入')`, 30*time.Second)
	if got := p.papers("c"); len(got.Choice) != 1 || got.Choice[0] != entries[1] {
		t.Errorf("the box of c holds %+v", got)
	}
	for _, size := range [][2]int64{{1440, 900}, {1024, 768}} {
		wide := b.Open(fmt.Sprintf("wide%d", size[0]), h.url+"/live/final", size[0], size[1])
		wide.WaitFor("both", on("c")+" && "+list("c,a"), 30*time.Second)
		wide.keep(fmt.Sprintf("live-several-%d", size[0]))
	}
	base := proxy(t, h.url, func(w http.ResponseWriter, r *http.Request) bool {
		r.Header.Del("Upgrade")
		r.Header.Del("Connection")
		return false
	})
	plain := b.Open("plain", base+"/live/final", phoneWidth, phoneHeight)
	plain.WaitFor("both, without a socket", on("c")+" && "+list("c,a"), 60*time.Second)
}

// TestAReceiptFromElsewhere: what the page says of a receipt that it can't check
// names the reason, in both languages.
func TestAReceiptFromElsewhere(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	entries := pollBallot(t, h.org, "poll")
	voter := b.Open("voter", h.url+"/vote/poll", phoneWidth, phoneHeight)
	voter.Tap(card(entries[0]))
	voter.Tap("#confirm")
	voter.settled("done")
	own := voter.papers("poll").Receipts[0].Leaf
	const leaf = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	cases := []struct{ name, text, zh, en string }{
		{"not-yet", "poll " + own, "还不能核验", "Not yet"},
		{"another-site", "elsewhere " + leaf, "别的比赛或别的网站", "another contest or another site"},
		{"cut-off", "poll " + leaf[:63], "没有认出回执", "That is no receipt"},
		{"no-text", `{"ballot":"poll","leaf":"` + leaf + `","record":7}`, "还不能核验", "Not yet"},
		{"another-box", "poll " + leaf, "别的比赛、别的网站", "another contest or another site"},
	}
	for _, lang := range []string{"zh", "en"} {
		for i, size := range [][2]int64{{390, 844}, {1440, 900}} {
			p := b.Open(fmt.Sprintf("verify-%s-%d", lang, size[0]), h.url+"/verify?lang="+lang, size[0], size[1])
			p.WaitFor("the form", `document.querySelector('.paste textarea')`, 30*time.Second)
			for _, c := range cases {
				if c.name == "another-box" && i == 0 && lang == "zh" {
					h.org.Do("POST", "/v1/admin/ballots/poll/close", object{}, nil)
				}
				if c.name == "not-yet" && (i > 0 || lang == "en") {
					continue // it is closed by now
				}
				want := map[string]string{"zh": c.zh, "en": c.en}[lang]
				if c.name == "no-text" && (i > 0 || lang == "en") {
					want = ""
				}
				get[bool](p, fmt.Sprintf(`(() => { const e = document.querySelector('.paste textarea'); e.value = %q; e.dispatchEvent(new Event('input', {bubbles: true})); return true; })()`, c.text))
				p.WaitFor("a key to press", `!document.querySelector('.paste .btn').disabled`, 30*time.Second)
				p.Click(".paste .btn")
				if c.name != "cut-off" {
					p.WaitFor("the answer where one looks", `(() => { const r = document.querySelector('.receipt').getBoundingClientRect(); return r.top >= -1 && r.top < innerHeight / 2; })()`, 30*time.Second)
				}
				p.WaitFor("the answer to "+c.name, fmt.Sprintf(`[...document.querySelectorAll('.receipt:first-of-type .verdict, .paste .note')].some((x) => x.innerText.includes(%q))`, want), 30*time.Second)
			}
			p.keep(fmt.Sprintf("verify-%s-%d", lang, size[0]))
			p.Go(h.url + "/verify?lang=" + lang + "&r#r=poll%20" + leaf[:40])
			p.WaitFor("word of an address that is not whole", `document.querySelector('[data-given=bad]')`, 30*time.Second)
			p.keep(fmt.Sprintf("verify-given-%s-%d", lang, size[0]))
		}
	}
}
