package e2e

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// press clicks a button once it can be: those of a list wait for the list.
func (p *Page) press(selector string) {
	p.t.Helper()
	p.WaitFor(selector+" to press", fmt.Sprintf(`document.querySelector(%[1]q) && !document.querySelector(%[1]q).disabled`, selector), soon)
	p.Click(selector)
}

// grip holds a key once it can be, for as long as the dangerous ones ask.
func (p *Page) grip(selector string) {
	p.t.Helper()
	p.WaitFor(selector+" to hold", fmt.Sprintf(`document.querySelector(%[1]q) && !document.querySelector(%[1]q).disabled`, selector), soon)
	p.Hold(selector, time.Second)
}

// link makes a link by clicks and returns its address.
func (o *office) link(role, name string) string {
	o.t.Helper()
	o.tab("links")
	o.press("#link-add")
	o.press(fmt.Sprintf(`#link-form .choice label:nth-child(%d)`, map[string]int{"judge": 1, "screen": 2, "host": 3}[role]))
	o.WaitFor("the field of a "+role, `document.querySelector('#link-form [name=name]')`, soon)
	switch role {
	case "judge":
		o.Pick("#link-form select[name=name]", name)
	case "host":
		o.write("#link-form input[name=name]", name)
	}
	o.press("#link-make")
	o.WaitFor("the address", `document.querySelector('dialog .made .line code')`, soon)
	url := get[string](o.Page, `document.querySelector('dialog .line code').textContent`)
	o.Click("dialog footer .btn.main")
	o.none()
	return url
}

// mark writes marks into the sheet that is open, criterion by criterion.
func (p *Page) mark(marks ...int) {
	p.t.Helper()
	p.WaitFor("an open sheet", `document.querySelectorAll('.criterion input:not([readonly])').length === 4`, soon)
	for i, m := range marks {
		get[bool](p, fmt.Sprintf(`(() => { const e = document.querySelectorAll('.criterion input')[%d]; e.value = '%d'; e.dispatchEvent(new Event('input', {bubbles: true})); return true; })()`, i, m))
	}
}

// marked are the marks that the sheet shows.
const marked = `[...document.querySelectorAll('.criterion input')].map((e) => e.value).join()`

// ofTake says whether a page is marked as one of the rehearsal, on each page.
var ofTake = map[string]string{
	"screen": `.foot .take`, "phone": `.glass.take`, "host": `.trial`, "judge": `.chip.take`, "director": `.taking[data-take]`,
}

// rehearsal is a contest of one office, with everyone who follows its show.
type rehearsal struct {
	*office
	pages map[string]*Page
}

// openRehearsal sets a contest up from nothing, by clicks alone.
func openRehearsal(t *testing.T) *rehearsal {
	t.Helper()
	o := openOffice(t)
	o.entries("示例项目")
	o.tab("judges")
	o.press("#judge-add")
	o.write("#judge-form input[name=name]", long("示例评委", 40))
	o.Pick("#judge-form select[name=sector]", "高校")
	o.Click("dialog .btn.main")
	o.none()
	o.tab("ballots")
	o.press("#ballot-add")
	o.write("#ballot-form input[name=title]", long("示例投票", 40))
	o.press("#ballot-form .choice:has(input[name=level]) label:nth-child(2)") // for everyone
	o.Click("dialog footer .btn.main")
	o.none()
	o.tab("rundown")
	cues, err := json.MarshalIndent(object{"session": "final", "title": "首届吉林省人工智能与数字经济创新应用大赛总决赛暨颁奖典礼", "subtitle": "数智吉林 · 共创未来", "cues": []object{
		cue("card", false, act("entry", "entry", "E01"), scene("entry"), act("sheets_open", "entry", "E01")),
		cue("poll", false, act("ballot_open", "ballot", "vote-1"), scene("vote")),
		cue("shut", false, act("ballot_close", "ballot", "vote-1")),
		cue("rest", false, scene("idle")),
	}}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	o.text()
	o.write("#rundown-json", string(cues))
	o.press("#rundown-save")
	o.WaitFor("the rundown in force", `document.querySelectorAll('#cues .cuerow').length === 4 && document.querySelector('#rundown-save').disabled`, soon)
	r := &rehearsal{o, map[string]*Page{}}
	open := func(name, url string, width, height int64) { r.pages[name] = o.b.Open(name, url, width, height) }
	open("screen", o.link("screen", "main"), 1920, 1080)
	open("host", o.link("host", "示例主持"), 390, 844)
	open("judge", o.link("judge", "j1"), 1024, 768)
	open("phone", o.n.url+"/live/final", phoneWidth, phoneHeight)
	r.pages["director"] = o.Beside("director", o.n.url+"/director", 1440, 900)
	return r
}

// goes waits until every page shows the take; 0 is the show itself.
func (r *rehearsal) goes(take int) {
	r.t.Helper()
	for name, p := range r.pages {
		if take == 0 {
			p.WaitFor("no word of a rehearsal", fmt.Sprintf(`!document.querySelector('.wait') && !document.querySelector(%q)`, ofTake[name]), soon)
			continue
		}
		p.WaitFor("the mark of the rehearsal", fmt.Sprintf(`document.querySelector(%[1]q) && document.querySelector(%[1]q).textContent.includes('彩排·第 %[2]d 次')`, ofTake[name], take), soon)
		p.none("a word of sample data", `document.body.textContent.match(/示例数据/g) || []`)
	}
}

// keep keeps pictures of all pages.
func (r *rehearsal) keep(name string) {
	for who, p := range r.pages {
		p.keep(name + "-" + who)
	}
}

// fire presses the director's key, and waits for the next cue.
func (r *rehearsal) fire(next string) {
	r.t.Helper()
	desk := r.pages["director"]
	desk.WaitFor("a key that moves", goKey, soon)
	desk.Click("#fire")
	desk.WaitFor("the next cue, "+next, fmt.Sprintf(`document.querySelector('#fire') && document.querySelector('#fire').dataset.cue === %q`, next), soon)
}

// vote gives the phone's vote to an entry.
func (r *rehearsal) vote(entry string) {
	r.t.Helper()
	phone := r.pages["phone"]
	phone.Tap(`[data-tab="vote"]`)
	phone.Tap(card(entry))
	phone.Tap("#confirm")
	phone.settled("done")
}

// told is what a path of the public says, as the phone reads it.
func (r *rehearsal) told(path string) string {
	r.t.Helper()
	return get[string](r.pages["phone"], `fetch('`+path+`').then((x) => x.text())`)
}

// TestARehearsalIsFollowed: an organiser begins a rehearsal, and every page follows
// it without being loaded anew, and returns when it ends to the show itself, which
// is as it was. What was typed and not sent when the show changed is sent.
func TestARehearsalIsFollowed(t *testing.T) {
	t.Parallel()
	r := openRehearsal(t)
	phone, judge, desk, screen := r.pages["phone"], r.pages["judge"], r.pages["director"], r.pages["screen"]
	r.goes(0)

	// The show is under way: a vote has been given, marks are typed and can't be sent.
	r.fire("poll")
	r.fire("shut")
	r.vote("E02")
	r.fire("rest")
	phone.settled("done")
	desk.Click("[data-danmaku=open]")
	phone.Tap(`[data-tab="talk"]`)
	phone.WaitFor("a place to write", `document.querySelector('.say input')`, soon)
	phone.Fill(".say input", "写到一半")
	get[bool](judge, `(() => { const real = window.fetch; window.fetch = (path, o) => (window.cut && o && o.method === 'PUT' ? Promise.reject(new TypeError('cut')) : real(path, o)); window.cut = true; return true; })()`)
	judge.mark(91, 82, 73)
	judge.WaitFor("marks that wait", `document.querySelector('.chip.warn')`, soon)
	desk.Fill(".notice input", "没有发出的通知")
	before, board := r.told("/v1/stage/final"), r.told("/v1/ballots/vote-1")
	r.keep("live")

	r.tab("overview")
	r.grip("#takes [data-session=final] [data-act=begin]")
	r.WaitFor("the question whether they are sure", `document.querySelector('dialog #take-sure')`, soon)
	r.see("take-sure")
	r.grip("#take-sure")
	r.none()
	r.WaitFor("the take in the list", `document.querySelector('#takes [data-session=final] [data-take="1"][data-state=on]')`, soon)
	r.see("take-on")
	r.goes(1)
	screen.WaitFor("the take's own beginning", `document.querySelector('[data-scene=idle]')`, soon)
	desk.WaitFor("the take's first cue, and the notice as it was typed", `document.querySelector('#fire').dataset.cue === 'card' && document.querySelector('.notice input').value === '没有发出的通知'`, soon)

	// The rehearsal has sheets and votes of its own; the typed marks go where they belong.
	r.fire("poll")
	judge.WaitFor("an empty sheet", marked+` === ',,,'`, soon)
	judge.WaitFor("word of the marks that wait", `document.querySelector('.chip.warn')`, soon)
	judge.mark(60, 60, 60, 60)
	get[bool](judge, `(() => { window.cut = false; dispatchEvent(new Event('online')); return true; })()`)
	judge.WaitFor("all sent", `!document.querySelector('.chip.warn') && document.querySelector('.saved.saved')`, soon)
	judge.Click("#submit")
	judge.Click("#confirm-submit")
	judge.WaitFor("one sheet handed in", `document.querySelector('.progress b').textContent === '1'`, soon)
	r.fire("shut")
	r.vote("E03")
	screen.WaitFor("the take's vote", `document.querySelector('[data-board-row][data-entry=E03]') ? document.querySelector('[data-board-row][data-entry=E03]').dataset.votes === '1' : document.querySelector('.turnout b').textContent === '1'`, soon)
	r.keep("take")
	r.tab("ballots")
	r.WaitFor("the take's ballot apart from the real one", `document.querySelector('section[data-take="1"] [data-ballot="vote-1~1"] .turnout b') && document.querySelector('section[data-take="1"] [data-ballot="vote-1~1"] .turnout b').textContent === '1' &&
		!document.querySelector('section[data-take] [data-ballot=vote-1]')`, soon)
	r.see("take-ballots")
	if now := r.told("/v1/stage/final"); now != before {
		t.Errorf("the show itself has changed under the rehearsal:\n%s\n%s", before, now)
	}

	// A page that hasn't heard of the end is told so by its next command.
	late := r.Beside("late", r.n.url+"/director", 1440, 900)
	late.WaitFor("the take's desk", `document.querySelector('.taking[data-take]') && `+goKey, soon)
	get[bool](late, `(() => { const parse = JSON.parse; JSON.parse = (s) => { const v = parse(s); return v && v.k === 'on/final' ? {} : v; }; return true; })()`)
	desk.grip("#take-end")
	r.goes(0)
	late.Click("#fire")
	late.WaitToast("彩排")
	late.keep("late-director")

	desk.WaitFor("the cue that was next, and the notice", `document.querySelector('#fire') && document.querySelector('#fire').dataset.cue === 'rest' && document.querySelector('.notice input').value === '没有发出的通知'`, soon)
	phone.Tap(`[data-tab="talk"]`)
	phone.WaitFor("the draft", `document.querySelector('.say input') && document.querySelector('.say input').value === '写到一半'`, soon)
	phone.Tap(`[data-tab="vote"]`)
	phone.WaitFor("the real ballot with its receipt", `document.querySelector('.ballot[data-ballot-state=closed] [data-vote-state=done]')`, soon)
	judge.WaitFor("the marks as they were typed, on the server", marked+` === '91,82,73,' && document.querySelector('.saved.saved .fig') && !document.querySelector('.chip.warn')`, soon)
	if now := r.told("/v1/stage/final"); now != before {
		t.Errorf("the show itself has changed:\n%s\n%s", before, now)
	}
	if now := r.told("/v1/ballots/vote-1"); now != board {
		t.Errorf("the ballot itself has changed:\n%s\n%s", board, now)
	}
	r.keep("back")

	r.tab("overview")
	r.grip(`#takes [data-take="1"] [data-act=purge]`)
	r.WaitFor("the take cleared", `document.querySelector('#takes [data-take="1"][data-state=purged]')`, soon)
	r.see("take-purged")
	r.tab("ballots")
	r.WaitFor("the real ballot alone", `document.querySelector('[data-ballot=vote-1]') && !document.querySelector('section[data-take]')`, soon)
	desk.grip("#take-begin")
	desk.WaitFor("the question at the desk", `document.querySelector('dialog[open] #take-sure')`, soon)
	desk.keep("director-sure")
	desk.grip("#take-sure")
	r.goes(2)
}
