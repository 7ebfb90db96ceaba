package e2e

import (
	"encoding/json"
	"fmt"
	"testing"
)

// TestWhereASessionIsSaid: from its first day to its end every page that lists a session
// says where it stands, as it turns, and without being loaded anew: not begun, though
// its rundown is saved; rehearsing; under way; ended; and under way again.
func TestWhereASessionIsSaid(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.tab("sessions")
	o.press("[data-edit=final]")
	o.write("#session-form input[name=title]", long("示例决赛", 60))
	o.write("#session-form input[name=date]", "2026-12-05")
	o.press("dialog footer .btn.main")
	o.none()
	o.tab("rundown")
	cues, err := json.MarshalIndent(object{"session": "final", "title": long("示例决赛", 60), "subtitle": "", "mode": "rehearsal", "cues": []object{
		cue("open", false, scene("title")),
		cue("over", true, act("end")),
	}}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	o.text()
	o.write("#rundown-json", string(cues))
	o.WaitFor("word that its mode counts no more", `document.querySelector('#rundown-past')`, soon) // of a file of before
	o.see("stands-rundown")
	o.press("#rundown-save")
	o.WaitFor("the rundown in force", `!document.querySelector('#rundown-past') && document.querySelectorAll('#cues .cuerow').length === 2 && document.querySelector('#rundown-save').disabled`, soon)
	o.tab("overview")
	list := o.Beside("sessions", o.n.url+"/admin#sessions", 1440, 900)
	desk := o.Beside("director", o.n.url+"/director?session=final", 1440, 900)
	site := o.b.Open("site", o.n.url+"/", 1440, 900)
	site.WaitFor("the programme", `document.querySelector('#schedule .events a[href$="/live/final"]')`, soon)

	text := map[string]string{"planned": "未开始", "rehearsing": "彩排中", "live": "进行中", "ended": "已结束"}
	stands := func(state string) {
		t.Helper()
		for what, of := range map[*Page]string{o.Page: `.sessions li[data-of=final] [data-state]`, list: `#sessions tr[data-session=final] [data-state]`} {
			what.WaitFor("a session that is "+state, fmt.Sprintf(`(document.querySelector(%q) || {textContent: ''}).textContent === %q`, of, text[state]), soon)
		}
		onDesk := fmt.Sprintf(`(document.querySelector('.top .mode[data-state]') || {textContent: ''}).textContent === %q`, text[state])
		if state == "rehearsing" {
			onDesk = `document.querySelector('.top .mode.trial') && !document.querySelector('.top .mode.live, .top .mode.planned')`
		}
		desk.WaitFor("a desk of a session that is "+state, onDesk, soon)
		onSite := map[string]string{"live": "直播中", "ended": "已结束"}[state]
		site.WaitFor("a programme that says "+onSite, fmt.Sprintf(`((document.querySelector('#schedule .events li:has(a[href$="/live/final"]) .chip') || {textContent: ''}).textContent) === %q`, onSite), soon)
		o.see("stands-overview-" + state)
		for who, p := range map[string]*Page{"list": list, "desk": desk, "site": site} {
			p.keep("stands-" + state + "-" + who)
		}
	}
	stands("planned")
	o.grip("#takes [data-session=final] [data-act=begin]")
	stands("rehearsing")
	o.grip("#takes [data-session=final] [data-act=end]")
	stands("planned")
	desk.WaitFor("the first cue", goKey, soon)
	desk.Click("#fire")
	stands("live")
	desk.press("#fire") // arms what ends it
	desk.WaitFor("it armed", `document.querySelector('#disarm:not(:disabled)')`, soon)
	desk.grip("#fire")
	stands("ended")
	desk.grip("#reopen")
	stands("live")
}
