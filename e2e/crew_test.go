package e2e

import (
	"fmt"
	"testing"
	"time"
)

// press types a key with modifiers as a person does: 1 Alt, 2 Ctrl, 4 Meta, 8 Shift.
const keyEvent = `((key, code, mods) => {
	const at = document.activeElement && document.activeElement !== document.body ? document.activeElement : document.body;
	for (const type of ['keydown', 'keyup']) at.dispatchEvent(new KeyboardEvent(type, {key, code, bubbles: true, cancelable: true,
		altKey: !!(mods & 1), ctrlKey: !!(mods & 2), metaKey: !!(mods & 4), shiftKey: !!(mods & 8)}));
	return true;
})`

func (p *Page) key(key, code string, mods int) {
	p.t.Helper()
	get[bool](p, fmt.Sprintf(`%s(%q, %q, %d)`, keyEvent, key, code, mods))
}

const goKey = `document.querySelector('#fire') && !document.querySelector('#fire').disabled`

// TestCrewKeys: space moves the show; space with a modifier, which switches input
// methods, never does, wherever the focus is; and a camera without a picture is
// put on air by nobody's slip.
func TestCrewKeys(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 3, 5, nil)
	v.plan(cue("a", false, scene("idle")), cue("b", false, scene("title")), cue("c", false, scene("idle")))
	for _, name := range []string{"one", "two"} {
		v.org.Do("POST", "/v1/admin/cameras", object{"session": "final", "name": name, "label": "机位 " + name}, nil)
	}
	desk := v.deskAt(b, 1440, 900)
	desk.WaitFor("an enabled key", goKey, 15*time.Second)
	rev := v.desk().Rev
	for _, focus := range []string{"document.body", "document.querySelector('#fire')", "document.querySelector('#more')", "document.querySelector('[data-danmaku=open]')", "document.querySelector('#skip')"} {
		get[bool](desk, `(() => { document.activeElement.blur(); const e = `+focus+`; if (e.focus) e.focus(); return true; })()`)
		for mods := 1; mods < 16; mods++ {
			desk.key(" ", "Space", mods)
		}
	}
	for mods := 1; mods < 16; mods++ { // J and K of the danmaku, digits of the cameras
		desk.key("2", "Digit2", mods)
	}
	desk.key(" ", "Space", 0)
	desk.WaitFor("one step", `document.querySelector('#fire').dataset.cue === 'b'`, 10*time.Second)
	if now := v.desk(); now.Rev == rev || now.Cues[0].State != "done" || now.Cues[1].State != "planned" {
		t.Errorf("after 75 keys with modifiers and one without, revision %d → %d: %+v", rev, now.Rev, now.Cues)
	}

	program := func() string {
		var view struct{ Program *struct{ Camera string } }
		v.org.Do("GET", "/v1/stage/final", nil, &view)
		if view.Program == nil {
			return ""
		}
		return view.Program.Camera
	}
	before := program()
	desk.WaitFor("two cameras", `document.querySelectorAll('[data-camera]').length === 2`, 10*time.Second)
	key := "2"
	if before == "two" {
		key = "1"
	}
	desk.key(key, "Digit"+key, 0)
	desk.WaitFor("a question", `document.querySelector('dialog[open] #cut-dark')`, 5*time.Second)
	desk.keep("director-dark-camera")
	desk.key(" ", "Space", 0) // the question's, not the show's
	if now := v.desk(); now.Cues[1].State != "planned" {
		t.Error("space moved the show under a question")
	}
	if now := program(); now != before {
		t.Errorf("key %s alone put a camera without a picture on air: %q → %q", key, before, now)
	}
	desk.Click("#cut-dark")
	desk.WaitFor("the cut", `!document.querySelector('dialog[open]')`, 5*time.Second)
	eventually(t, "a cut after the answer to the question", func() bool { return program() != before })

	host := b.Open("host", v.linkTo("host", "host", "主持"), 390, 844)
	host.WaitFor("the page", `document.querySelector('#next')`, 10*time.Second)
	host.keep("host-portrait")
}

// TestCrewScoring: the desk says who is recused, how many sheets are needed and
// who is still missing; the tablets open by themselves when all sheets do; the
// clock ends with the lock.
func TestCrewScoring(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 6, 15, nil)
	v.plan(
		cue("first", false, act("entry", "entry", v.entries[0]), scene("marks"), act("sheets_open", "entry", v.entries[0])),
		cue("lock1", false, act("sheets_lock", "entry", v.entries[0])),
		cue("all", false, act("timer", "label", "评委打分", "seconds", 600), act("sheets_open", "entry", "*")),
		cue("lockall", false, act("sheets_lock", "entry", "*")),
		cue("end", false, act("end")))
	tablet := b.Open("judge", v.linkTo("judge", "judge", "j7"), 1024, 768)
	tablet.WaitFor("the desk of the judge", `document.querySelector('.order li')`, 15*time.Second)
	desk := v.deskAt(b, 1440, 900)
	small := v.deskAt(b, 1024, 768)
	v.fire("first")
	v.holder("judge", "j3", "final").Do("POST", "/v1/judge/sheets/"+v.entries[0]+"/recuse", object{"reason": "示例单位"}, nil)
	for _, j := range v.judges[:6] {
		if j != "j3" {
			v.score(j, v.entries[:1], func(int) int { return 8000 })
		}
	}
	for _, p := range []*Page{desk, small} {
		p.WaitFor("the recused judge", `document.querySelector('[data-judge=j3]') && document.querySelector('[data-judge=j3]').textContent.includes('回避')`, 10*time.Second)
		p.WaitText("已提交 5/14 · 至少 5 份", 10*time.Second)
		p.none("judges out of their seats", `[...document.querySelectorAll('[data-judge]')].map((x) => x.dataset.judge).filter((x, i) => x !== 'j' + (i + 1))`)
	}
	for _, p := range []*Page{desk, small} { // what is told, is told beside the judges
		over := get[[]string](p, `import(document.querySelector('script[type=module]').src.replace('director/main.js', 'lib/ui.js')).then(async (ui) => {
			ui.toast('投票已经关闭，请在管理页另开一轮再来', 'bad');
			while (!document.querySelector('.toast')) await new Promise((f) => setTimeout(f, 5));
			return `+overlaps(".toast", "[data-judge], #fire")+`;
		})`)
		if len(over) > 0 {
			t.Errorf("%s: a toast over the judges: %q", p.name, over)
		}
	}
	v.fire("lock1")
	v.fire("all")
	tablet.WaitFor("five sheets to fill", `[...document.querySelectorAll('.order .state.todo')].length === 5`, 10*time.Second)
	tablet.keep("judge-all-open")
	v.score("j7", v.entries[1:], func(i int) int { return 7000 + i })
	for _, j := range v.judges {
		if j != "j7" {
			v.score(j, v.entries[1:], func(i int) int { return 8000 + i })
		}
	}
	host := b.Open("host", v.linkTo("host", "host", "主持"), 844, 390)
	host.WaitFor("the clock", `document.querySelector('#clock')`, 10*time.Second)
	v.fire("lockall")
	host.WaitFor("no clock after the lock", `!document.querySelector('#clock')`, 10*time.Second)
	tablet.WaitFor("five of six counted", `document.querySelector('.progress b').textContent === '5'`, 10*time.Second)
	desk.WaitFor("no clock at the desk", `!document.querySelector('.due')`, 10*time.Second)
	desk.keep("director-scoring-1440")
	small.keep("director-scoring-1024")
	desk.WaitFor("the end as next", `document.querySelector('#fire').dataset.cue === 'end' && `+goKey, 10*time.Second)
	desk.advance()
	desk.WaitFor("the end", `document.querySelector('#reopen') && !document.querySelector('#reopen').disabled`, 10*time.Second)
	desk.keep("director-ended")
	desk.Hold("#reopen", 300*time.Millisecond)
	desk.Hold("#reopen", time.Second)
	desk.WaitFor("the show again", `!document.querySelector('#reopen') && document.querySelector('#fire').dataset.cue === 'end'`, 10*time.Second)
}

// TestCrewHost: on its side, with a clock, a notice and the screens black, the
// line to say and the key are there and readable, also at their longest.
func TestCrewHost(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 3, 5, nil)
	long := "各位领导、各位来宾、参赛的朋友们，大家晚上好！欢迎来到首届吉林省人工智能与数字经济创新应用大赛总决赛暨颁奖典礼的现场，今晚将有三十六支队伍角逐各个奖项，让我们把最热烈的掌声送给他们！"
	a := cue("a", false, act("timer", "label", "项目展示与答辩", "seconds", 480), scene("idle"))
	a["line"], a["lane"] = long, "host"
	next := cue("b", false, scene("title"))
	next["line"], next["lane"] = long, "host"
	v.plan(a, next)
	v.fire("a")
	v.command(object{"kind": "notice", "text": "请各位来宾不要离席：颁奖之后在大厅合影，随后由工作人员引导各代表队按分区离场，随身物品请妥善保管，谢谢大家的配合与支持！返程大巴将在二十点三十分准时从东门出发。"})
	v.command(object{"kind": "blackout", "on": true})
	for _, size := range [][2]int64{{844, 390}, {740, 360}, {932, 430}, {390, 844}, {360, 640}, {1024, 768}, {1440, 900}, {1920, 1080}} {
		host := b.Open(fmt.Sprintf("host-%dx%d", size[0], size[1]), v.linkTo("host", "host", "主持"), size[0], size[1])
		host.WaitFor("line, clock, notes and key", `document.querySelector('#line') && document.querySelector('#clock') && document.querySelectorAll('.note').length === 2 && !document.querySelector('#next').disabled`, 15*time.Second)
		host.keep(fmt.Sprintf("host-%dx%d", size[0], size[1]))
		host.none("parts off the page", outside("#line, #clock b, .notes, #next, .lights li, header time"))
		host.none("parts on one another", overlaps("#line, #clock, .notes, #next, .lights, .next", "#line, #clock, .notes, #next, .lights, .next"))
		host.none("a line too low or too small to read", `[...document.querySelectorAll('#line')].filter((x) => x.clientHeight < 3 * parseFloat(getComputedStyle(x).lineHeight) || parseFloat(getComputedStyle(x).fontSize) < 20).map((x) => x.clientHeight + ' px of ' + getComputedStyle(x).fontSize)`)
		if size[0] >= 1440 { // a confidence monitor is read from the stage
			host.none("a line that does not fill its monitor", `[...document.querySelectorAll('#line')].filter((x) => parseFloat(getComputedStyle(x).fontSize) < innerHeight * .045 || x.getBoundingClientRect().width < innerWidth * .8).map((x) => x.clientWidth + ' px wide, ' + getComputedStyle(x).fontSize)`)
		}
		if scrolls := get[bool](host, `document.documentElement.scrollWidth > innerWidth`); scrolls {
			t.Errorf("%v: the page is wider than the phone", size)
		}
		if hit := get[bool](host, `(() => { const r = document.querySelector('#next').getBoundingClientRect(); return !!document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2).closest('#next'); })()`); !hit {
			t.Errorf("%v: something lies over the key", size)
		}
	}
}
