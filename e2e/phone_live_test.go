package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// rundown makes these cues the show of the final.
func (h *house) rundown(cues ...object) {
	h.t.Helper()
	h.org.Do("PUT", "/v1/admin/rundown/final", object{"session": "final", "title": "决赛", "cues": cues}, nil)
}

// cue fires a cue, armed where it has to be.
func (h *house) cue(cue string) {
	h.t.Helper()
	for _, kind := range []string{"fire", "arm", "fire"} {
		var desk struct{ Rev int64 }
		h.org.Do("GET", "/v1/stage/final/desk", nil, &desk)
		err := h.org.Try("POST", "/v1/stage/final/commands", object{"kind": kind, "cue": cue, "rev": desk.Rev}, nil)
		if err == nil && kind == "fire" {
			return
		}
		if e, ok := err.(*apiError); err != nil && (!ok || e.Code != "stage.not_armed") {
			h.t.Fatalf("%s %s: %v", kind, cue, err)
		}
	}
}

// TestSmallWindows: a phone held sideways, and a laptop at 150 and 200 %, can
// vote on both pages: a card and the button are where a finger reaches them.
func TestSmallWindows(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	entries := h.ballot("b", 36, object{"window": "ballot", "max": 3, "change": true})
	for _, size := range [][2]int64{{844, 390}, {740, 360}, {932, 430}, {911, 512}, {720, 450}, {360, 640}, {390, 844}, {1280, 720}} {
		for _, path := range []string{"/live/final", "/vote/b"} {
			p := b.Open("page", h.url+path, size[0], size[1])
			p.Size(size[0], size[1])
			if path == "/live/final" {
				p.Tap(`[data-tab="vote"]`)
			}
			p.Tap(card(entries[20]))
			p.Tap("#confirm")
			p.settled("done")
			p.WaitFor("room for a card and a half at least", `(() => {
				const all = [...document.querySelectorAll('.card')].map((c) => c.getBoundingClientRect());
				const open = (r) => { let n = 0; for (let y = r.top + 2; y < r.bottom; y += 4) { const at = document.elementFromPoint(r.left + 30, y); if (at && at.closest('.card')) n += 4; } return n; };
				return all.reduce((n, r) => n + open(r), 0) >= 1.5 * all[0].height && document.documentElement.scrollWidth <= innerWidth + 1;
			})()`, 10*time.Second)
			p.shot(fmt.Sprintf("%s-%dx%d", strings.Split(path, "/")[1], size[0], size[1]))
		}
	}
}

// TestTheShowTakesNothingAway: a cue never takes the tab from who is choosing or
// writing; it offers the way instead.
func TestTheShowTakesNothingAway(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	entries := importEntries(h.org, 6)
	h.org.Do("POST", "/v1/admin/ballots", object{"id": "b", "title": "示例选票", "session": "final", "entries": entries, "visibility": "count",
		"quota": object{"window": "ballot", "max": 2, "change": true}}, nil)
	h.rundown(
		object{"id": "poll", "title": "投票", "actions": []object{{"kind": "ballot_open", "ballot": "b"}, {"kind": "scene", "scene": "vote"}}},
		object{"id": "board", "title": "榜单", "actions": []object{{"kind": "ballot_close", "ballot": "b"}, {"kind": "scene", "scene": "board"}}},
	)
	h.org.Do("POST", "/v1/stage/final/commands", object{"kind": "danmaku", "text": "open"}, nil)
	writer := b.Open("writer", h.url+"/live/final", phoneWidth, phoneHeight)
	idle := b.Open("idle", h.url+"/live/final", phoneWidth, phoneHeight)
	writer.Tap(`[data-tab="talk"]`)
	writer.Fill(".say input", "写到一半")
	idle.WaitFor("the stage", `document.querySelector('.now article')`, 15*time.Second)
	get[bool](writer, `(() => { const at = performance.now.bind(performance); performance.now = () => at() + 60000; return true; })()`) // the tab was chosen long ago
	h.cue("poll")
	idle.WaitFor("the ballot", `document.querySelector('.card')`, 15*time.Second)
	writer.WaitFor("the way to the vote", `document.querySelector('[data-offer="vote"]') && document.querySelector('.say input').value === '写到一半'`, 15*time.Second)
	writer.Tap(`[data-offer="vote"]`)
	writer.Tap(card(entries[0]))
	writer.Tap(`[data-tab="talk"]`)
	writer.WaitFor("the draft", `document.querySelector('.say input').value === '写到一半'`, 5*time.Second)
	writer.Tap(`[data-tab="vote"]`)
	writer.WaitFor("the pick", fmt.Sprintf(`document.querySelector(%q)`, card(entries[0])+".on"), 5*time.Second)
	h.cue("board")
	writer.settled("missed")
	writer.WaitFor("the way to the board", `document.querySelector('[data-offer="board"]')`, 15*time.Second)
	idle.WaitFor("the end, on the tab that it was on", `document.querySelector('.ballot[data-ballot-state="closed"]') && document.querySelector('[data-offer]')`, 15*time.Second)
}

// TestTalkIsKept: whoever comes late or reloads has what was said, and a reader
// who looks back is not taken to the end.
func TestTalkIsKept(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	h.org.Do("POST", "/v1/stage/final/commands", object{"kind": "danmaku", "text": "open"}, nil)
	say := func(text string) {
		t.Helper()
		h.phone().Do("POST", "/v1/danmaku/final", object{"text": text}, nil)
	}
	for i := range 40 { // below the 50 that a second may have
		say(fmt.Sprintf("第%02d句", i))
	}
	p := b.Open("live", h.url+"/live/final", phoneWidth, phoneHeight)
	for range 2 {
		p.Tap(`[data-tab="talk"]`)
		p.WaitFor("what was said, in its order", `(() => { const l = [...document.querySelectorAll('.talk li')].map((x) => x.innerText.trim()); return l.length === 40 && l[0] === '第00句' && l[39] === '第39句'; })()`, 15*time.Second)
		p.WaitFor("the end of the list", `document.documentElement.scrollHeight - innerHeight - scrollY < 80`, 5*time.Second)
		p.Reload()
	}
	p.Tap(`[data-tab="talk"]`)
	p.WaitFor("the list", `document.querySelectorAll('.talk li').length === 40`, 15*time.Second)
	get[bool](p, `(scrollTo(0, 100), true)`)
	p.WaitFor("a reader further up", `Math.abs(scrollY - 100) < 3`, 5*time.Second)
	say("新的一句")
	p.WaitFor("word of the new line", `document.querySelector('[data-fresh="1"]') && Math.abs(scrollY - 100) < 3`, 15*time.Second)
	p.Tap(`[data-fresh]`)
	p.WaitFor("the new line", `!document.querySelector('[data-fresh]') && document.documentElement.scrollHeight - innerHeight - scrollY < 80`, 5*time.Second)
	say("又一句")
	p.WaitFor("a list that follows", `document.body.innerText.includes('又一句') && !document.querySelector('[data-fresh]') && document.documentElement.scrollHeight - innerHeight - scrollY < 80`, 15*time.Second)
}

// TestASessionWithoutACamera says so and stops asking; the end of the session is
// said, and its timer goes.
func TestASessionWithoutACamera(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	importEntries(h.org, 3)
	var asked atomic.Int32
	base := proxy(t, h.url, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "POST" && strings.HasPrefix(r.URL.Path, "/whep/") {
			asked.Add(1)
		}
		return false
	})
	h.rundown(
		object{"id": "talk", "title": "答辩", "actions": []object{{"kind": "timer", "label": "答辩计时", "seconds": 3}, {"kind": "scene", "scene": "timer"}}},
		object{"id": "end", "title": "结束", "actions": []object{{"kind": "end"}}},
	)
	p := b.Open("live", base+"/live/final", phoneWidth, phoneHeight)
	p.WaitFor("word that there is no picture", `document.querySelector('[data-cover="none"]')`, 20*time.Second)
	before := asked.Load()
	h.cue("talk")
	p.WaitFor("the timer at its end", `document.querySelector('[data-timer] b') && document.querySelector('[data-timer] b').innerText === '0:00'`, 20*time.Second)
	if n := asked.Load(); n != before || n != 1 {
		t.Errorf("a session without a camera is asked %d times for its picture", n)
	}
	h.cue("end")
	p.WaitFor("the end", `document.querySelector('[data-ended="1"]') && document.querySelector('[data-cover="ended"]') && !document.querySelector('[data-timer]')`, 20*time.Second)
}

// TestABrowserWithoutTheCodec is told so, and not left with a picture that never
// comes: it votes without.
func TestABrowserWithoutTheCodec(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	h.org.Do("POST", "/v1/admin/cameras", object{"session": "final", "name": "cam", "label": "示例机位"}, nil)
	var asked atomic.Int32
	base := proxy(t, h.url, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "POST" && strings.HasPrefix(r.URL.Path, "/whep/") {
			asked.Add(1)
			body, _ := io.ReadAll(r.Body)
			body = bytes.ReplaceAll(body, []byte("H264/90000"), []byte("H000/90000"))
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		}
		return false
	})
	p := b.Open("live", base+"/live/final", phoneWidth, phoneHeight)
	p.WaitFor("word that this browser can't", `document.querySelector('[data-cover="never"]')`, 60*time.Second)
	if n := asked.Load(); n != 1 {
		t.Errorf("it asked %d times", n)
	}
}
