package e2e

import (
	"fmt"
	"testing"
	"time"
)

// TestVotePageStates: what is missing, what counts meanwhile and what waits is
// said on the voting page at each moment; and the wall shows what fixes the box.
func TestVotePageStates(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 6, 1, nil)
	v.org.Do("POST", "/v1/admin/ballots", object{"id": "b", "title": "首届吉林省人工智能与数字经济创新应用大赛现场人气投票", "session": "final", "entries": v.entries,
		"visibility": "live", "quota": object{"window": "ballot", "max": 4, "min": 3, "change": true}}, nil)
	v.plan(
		cue("vote", false, act("ballot_open", "ballot", "b", "seconds", 0), scene("vote")),
		cue("close", false, act("ballot_close", "ballot", "b")), cue("end", false, scene("title")))
	sizes := [][2]int64{{390, 844}, {1024, 768}, {1440, 900}}
	var pages []*Page
	for _, s := range sizes {
		pages = append(pages, b.Open(fmt.Sprintf("vote-%d", s[0]), v.url+"/vote/b", s[0], s[1]))
	}
	wall := b.Open("wall", v.linkTo("screen/main", "screen", "main"), 1920, 1080)
	wall.WaitFor("the wall", `document.querySelector('.stage[data-scene]')`, 30*time.Second)
	v.fire("vote")
	says := func(p *Page, name, text string) {
		t.Helper()
		p.WaitFor(name, fmt.Sprintf(`document.querySelector('.ballot') && document.querySelector('.ballot').innerText.includes(%q)`, text), 30*time.Second)
		p.WaitFor("all of it", `(() => { const e = document.querySelector('.foot'); if (!e) return true; const r = e.getBoundingClientRect(); return r.bottom <= innerHeight + 1 && e.scrollWidth <= e.clientWidth + 1; })()`, 30*time.Second)
		p.keep(p.name + "-" + name)
	}
	pick := func(p *Page, entry string) {
		t.Helper()
		p.WaitFor("the card", fmt.Sprintf(`(() => { const e = document.querySelector(%q); if (e) e.scrollIntoView({block: 'center', behavior: 'instant'}); return e && !e.disabled; })()`, card(entry)), 30*time.Second)
		p.Click(card(entry))
	}
	for _, p := range pages {
		pick(p, v.entries[0])
		says(p, "least", "还要再选 2 个")
		if !get[bool](p, `document.querySelector('#confirm').disabled`) {
			t.Error("too few picks can be sent")
		}
		pick(p, v.entries[1])
		pick(p, v.entries[2])
		p.Click("#confirm")
		p.settled("done")
		pick(p, v.entries[3])
		says(p, "changed", "改动未提交，原票仍计入")
		for _, e := range v.entries[1:4] {
			pick(p, e)
		}
		says(p, "changed-least", "还要再选 2 个")
	}
	v.fire("close")
	wall.WaitFor("what fixes the box", `document.querySelector('.closing code')`, 30*time.Second)
	wall.keep("wall-closing-1920")
	wall.none("a leader among equals", `[...document.querySelectorAll('.race .first')].map((x) => x.textContent)`)
	wall.none("a fingerprint off the wall", outside(".closing code span"))
	pages[0].settled("missed")
	pages[0].keep("vote-390-closed")
	v.org.Do("POST", "/v1/admin/ballots/b/round", object{"reason": "示例：现场网络中断十分钟，组委会决定本轮重新投票"}, nil)
	for _, p := range pages {
		says(p, "rearmed", "即将重新投票")
	}
	wall.WaitFor("a round that waits, without the votes of the last", `!document.querySelector('.closing, .race .first') && document.querySelector('.vote-scene').innerText.includes('即将重新投票') && [...document.querySelectorAll('.race .votes')].every((x) => x.textContent === '0')`, 30*time.Second)
	wall.keep("wall-rearmed-1920")
	en := b.Open("vote-en", v.url+"/vote/b?lang=en", 390, 844)
	en.WaitFor("the page", `document.querySelector('.ballot')`, 30*time.Second)
	en.keep("vote-en-rearmed")
}
