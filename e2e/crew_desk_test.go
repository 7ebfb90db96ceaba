package e2e

import (
	"fmt"
	"testing"
	"time"
)

// unseen lists the elements of the selector that are not wholly in the window, or
// that something else lies over.
func unseen(selector string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%q)].filter((e) => {
		const r = e.getBoundingClientRect(), top = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
		return r.width === 0 || r.left < -0.5 || r.top < -0.5 || r.right > innerWidth + 0.5 || r.bottom > innerHeight + 0.5 || !top || !(e.contains(top) || top.contains(e));
	}).map((e) => (e.id || e.className) + ' ' + e.textContent.trim().slice(0, 24) + ' ' + JSON.stringify(e.getBoundingClientRect()))`, selector)
}

// small lists what a finger has to hit and is less than 44 px.
func small(selector string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%q)].filter((e) => { const r = e.getBoundingClientRect(); return r.width && (r.height < 43.5 || r.width < 43.5); })
		.map((e) => (e.id || e.className) + ' ' + e.textContent.trim().slice(0, 20) + ' ' + JSON.stringify(e.getBoundingClientRect()))`, selector)
}

// TestDeskOf15: fifteen judges, 120 entries, a vote and cameras: what a director waits
// for is in sight at every size, and the plan says how late it is.
func TestDeskOf15(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 120, 15, nil)
	for _, name := range []string{"one", "two"} {
		v.org.Do("POST", "/v1/admin/cameras", object{"session": "final", "name": name, "label": "机位 " + name}, nil)
	}
	v.org.Do("POST", "/v1/admin/ballots", object{"id": "vote", "title": "现场观众人气投票" + longTitle, "session": "final", "visibility": "count", "level": 0, "quota": object{"max": 1}}, nil)
	var cues []object
	at := func(id, group string, plan, takes int, fixed bool, actions ...object) {
		c := cue(id, false, actions...)
		c["group"], c["plan"], c["takes"], c["fixed"] = group, plan, takes, fixed
		if group != "开场" {
			c["title"] = id + " " + group
		}
		cues = append(cues, c)
	}
	at("doors", "开场", 0, 600, false, scene("idle"), act("ballot_open", "ballot", "vote", "seconds", 0))
	for i, e := range v.entries {
		group, from := fmt.Sprintf("%03d %s", i+1, longTitle), 600+i*450
		at("show"+e, group, from, 240, false, act("entry", "entry", e), scene("entry"), act("sheets_open", "entry", e))
		at("ask"+e, group, from+240, 120, false, scene("timer"), act("timer", "label", "评委提问", "seconds", 120))
		at("lock"+e, group, from+360, 30, false, act("timer_stop"), act("sheets_lock", "entry", e), scene("marks"))
		at("rest"+e, group, from+390, 60, i == 2, scene("title"))
	}
	v.plan(cues...)
	v.fire("doors", "show"+v.entries[0])
	v.holder("judge", "j3", "final").Do("POST", "/v1/judge/sheets/"+v.entries[0]+"/recuse", object{"reason": "示例单位"}, nil)
	for _, j := range v.judges[:6] {
		if j != "j3" {
			v.score(j, v.entries[:1], func(int) int { return 8000 })
		}
	}
	always := ".top h1, .clock, .now, .preview, #fire, #blackout, #more, #disarm, #skip"
	for _, size := range [][2]int64{{1440, 900}, {1920, 1080}, {1024, 768}, {390, 844}} {
		desk := v.deskAt(b, size[0], size[1])
		desk.WaitFor("who handed in", `document.querySelector('[data-judge=j3]') && document.querySelector('.judges header').textContent.includes('已提交 5/14')`, 20*time.Second)
		desk.WaitFor("how it stands against the plan", `document.querySelector('#course .off dd') && document.querySelector('#course .off dd').textContent.includes('早') && document.querySelector('#course .hard')`, 20*time.Second)
		desk.WaitFor("the cue on stage in the list", `document.querySelector('.cue.on') && document.querySelector('.run ol').scrollTop >= 0`, 20*time.Second)
		desk.keep(fmt.Sprintf("desk15-%d", size[0]))
		if size[0] > 640 {
			desk.none("parts out of sight", unseen(always+", [data-judge], .judges header, .cue.on, .cue.next, #course"))
		} else {
			desk.none("parts out of sight", unseen(".top h1, .now, #fire, #blackout, #more, #disarm, #skip"))
		}
		desk.none("cut words", cutWithout(".desk b, .desk .cut, .desk h1, .desk h2, .go span, .under span"))
		desk.none("judges on one another", overlaps("[data-judge], .tile, .ballot", "[data-judge], .tile, .ballot"))
		desk.none("columns on one another", overlaps(".run", ".tile, .judges, .side"))
		if size[0] <= 1100 {
			desk.none("keys too small for a finger", small(".desk button, .desk select"))
		}
		if get[bool](desk, `document.documentElement.scrollWidth > innerWidth`) {
			t.Errorf("%v: wider than the window", size)
		}
		if h := get[float64](desk, `document.querySelector('[data-judge] b').getBoundingClientRect().height`); size[0] == 1920 && h < 20 {
			t.Errorf("a judge's name is %v px high at 1920", h)
		}
	}

	// The hall's picture is beside what comes next, and they are not the same.
	desk := v.deskAt(b, 1366, 768)
	desk.WaitFor("now and next", `document.querySelector('.now .sk-entry') && document.querySelector('.preview .sk-timer')`, 20*time.Second)

	// While the key takes no press it says so: a tap is never lost without a sign.
	get[bool](desk, `(() => { const e = document.querySelector('#fire'); window.silent = []; window.seen = 0;
		new MutationObserver(() => queueMicrotask(() => { if (!e.disabled) return; window.seen++; if (e.querySelector('span').textContent !== '正在执行…') window.silent.push(e.textContent); })).observe(e, {attributes: true, childList: true, subtree: true, characterData: true}); return true; })()`)

	// What is handed in while a key is down takes nothing from the press.
	desk.WaitFor("an enabled key", goKey, 20*time.Second)
	p := get[[]float64](desk, `(() => { const r = document.querySelector('#fire').getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]; })()`)
	desk.Press(p[0], p[1], func() {
		v.score("j8", v.entries[:1], func(int) int { return 8000 })
		desk.WaitFor("one more sheet", `document.querySelector('.judges header').textContent.includes('已提交 6/14')`, 20*time.Second)
	})
	desk.WaitFor("the questions on stage", fmt.Sprintf(`document.querySelector('.cue.on').dataset.line === 'ask%s'`, v.entries[0]), 20*time.Second)
	desk.WaitFor("an enabled key again", goKey, 20*time.Second)
	if silent := get[[]string](desk, `window.silent`); len(silent) > 0 || get[int](desk, `window.seen`) == 0 {
		t.Errorf("a key that takes no press says %q", silent)
	}
}

// TestALongHoldIsOneStep: whoever lets go of a held key long after it has acted, when it
// means the next step already, has pressed nothing else; nor has who keeps Enter down.
func TestALongHoldIsOneStep(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 2, 1, nil)
	v.plan(cue("first", true, scene("title")), cue("second", false, scene("idle")), cue("third", false, scene("title")), cue("fourth", false, scene("idle")))
	desk := v.deskAt(b, 1440, 900)
	next := func(id, mode string) string {
		return fmt.Sprintf(`(() => { const k = document.querySelector('#fire'); return k && k.dataset.cue === '%s' && k.dataset.mode === '%s' && !k.disabled; })()`, id, mode)
	}
	still := func(id string) {
		t.Helper()
		v.org.Do("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": "示例 " + id}, nil) // a step that was pressed would have been done before
		desk.WaitText("示例 "+id, 20*time.Second)
		var staff struct{ Next string }
		v.org.Do("GET", "/v1/stage/final/desk", nil, &staff)
		if staff.Next != id {
			t.Errorf("the next step is %s, want %s", staff.Next, id)
		}
	}
	desk.WaitFor("a key that arms", next("first", "arm"), 20*time.Second)
	desk.Click("#fire")
	desk.WaitFor("a key that is held", next("first", "fire"), 20*time.Second)
	p := get[[]float64](desk, `(() => { const r = document.querySelector('#fire').getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]; })()`)
	desk.Press(p[0], p[1], func() { desk.WaitFor("the next step under the hand", next("second", "next"), 20*time.Second) })
	still("second")
	desk.Click("#fire") // another press is one
	desk.WaitFor("the third", next("third", "next"), 20*time.Second)

	get[bool](desk, `document.querySelector('#fire').click() || true`) // as a screen reader does
	desk.WaitFor("the fourth", next("fourth", "next"), 20*time.Second)
	get[bool](desk, `document.querySelector('#fire').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', repeat: true, bubbles: true, cancelable: true})) === false`)
	still("fourth")
}
