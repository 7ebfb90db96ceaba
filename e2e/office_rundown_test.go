package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

// cueRow is a cue as the record has it.
type cueRow struct {
	ID, Title, Line, Lane string
	Plan                  int
	Confirm               bool
	Actions               []struct {
		Kind, Scene, Entry, Ballot, What, Award, Label string
		Seconds                                        int
		Args                                           map[string]string
	}
}

func (c cueRow) does() (kinds []string) {
	for _, a := range c.Actions {
		kinds = append(kinds, a.Kind)
	}
	return kinds
}

// TestARundownIsBuilt: an organiser has a whole programme made, mends it cue by cue
// without a word of JSON, is told of a mistake at the cue that has it, and what is
// saved is what the show runs.
func TestARundownIsBuilt(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.entries("示例项目")
	for _, session := range []string{"roadshow", "final"} { // whose is the first is not this session's
		o.tab("ballots")
		o.press("#ballot-add")
		o.write("#ballot-form input[name=title]", long("示例投票"+session, 60))
		o.Pick("#ballot-form select[name=session]", session)
		o.press("#ballot-form .choice:has(input[name=level]) label:nth-child(2)")
		o.press("dialog footer .btn.main")
		o.none()
	}
	o.tab("rundown")
	o.Pick("#session", "final")
	stored := func() []cueRow {
		t.Helper()
		var r struct{ Cues []cueRow }
		if err := json.Unmarshal([]byte(get[string](o.Page, `(async () => (await fetch('/v1/admin/rundown/final')).text())()`)), &r); err != nil {
			t.Fatal(err)
		}
		return r.Cues
	}
	rows := func(n int) {
		t.Helper()
		o.WaitFor(fmt.Sprint(n, " cues"), fmt.Sprintf(`document.querySelectorAll('#cues .cuerow').length === %d`, n), soon)
	}
	save := func() {
		t.Helper()
		o.press("#rundown-save")
		o.WaitFor("what is in force", `document.querySelector('.edit [role=status] .muted') && document.querySelector('#rundown-save').disabled`, soon)
	}
	o.see("rundown-empty")

	// The whole evening: doors, opening, five defences of four cues, the vote, the seal, …
	o.press("#rundown-programme")
	o.sound("#programme-form")
	o.press("#programme-form .choice label:nth-child(2)")
	o.write("#programme-form input[name=show]", "300") // more than a day: nothing is made of it
	o.WaitFor("that it is too long", `document.querySelector('#programme-sum').textContent === '合计 1 天 2 小时，超过 24 小时，请分成几场' && document.querySelector('[form=programme-form]').disabled`, soon)
	o.write("#programme-form input[name=show]", "6")
	o.WaitFor("how much it is", `/\d/.test(document.querySelector('#programme-sum').textContent)`, soon)
	o.see("rundown-programme")
	o.press("dialog footer .btn.main")
	o.none()
	rows(2 + 5*4 + 2 + 2 + 4 + 5)
	o.see("rundown-built")
	save()
	cues := stored()
	if got := cues[2].does(); !slices.Equal(got, []string{"entry", "scene", "timer", "sheets_open"}) || cues[2].Actions[0].Entry != cues[2].Actions[3].Entry || cues[2].Actions[2].Seconds != 360 {
		t.Errorf("the first defence: %+v", cues[2])
	}
	if open, seal := cues[22].Actions[0], cues[24].Actions[0]; open.Ballot != "vote-2" || seal.Kind != "seal" || seal.Ballot != "vote-2" {
		t.Errorf("the session's own ballot is not the one that is opened and counts: %+v, %+v", open, seal)
	}
	if gap := cues[3].Plan - cues[2].Plan; gap != 360 {
		t.Errorf("questions come %d s after the start", gap)
	}

	// One is changed: its name, its line, its time; those behind it move along.
	o.press(`#cues [data-cue="doors"] [data-do=edit]`)
	o.sound("#cue-form")
	o.write("#cue-form input[name=title]", "示例候场")
	o.write("#cue-form textarea[name=line]", "示例台词")
	o.see("rundown-cue")
	o.press(`#cues [data-cue="title"] [data-do=edit]`)
	o.write("#cue-form input[name=plan]", "10:00")
	save()
	after := stored()
	if after[0].Title != "示例候场" || after[0].Line != "示例台词" || after[1].Plan != 600 || after[2].Plan-cues[2].Plan != 600-cues[1].Plan {
		t.Errorf("changed: %+v, %+v, %+v; before: %+v", after[0], after[1], after[2], cues[2])
	}

	// What an action needs is picked, never typed.
	o.press(`#cues [data-cue="title"] [data-do=edit]`)
	for i, step := range []struct{ kind, field, value string }{
		{"scene", "scene", "message"}, {"timer", "label", "示例计时"}, {"danmaku", "mode", "off"}, {"sheets_open", "entry", cues[2].Actions[0].Entry}} {
		o.Pick("#cue-add-kind", step.kind)
		o.press("#cue-add-action")
		at := fmt.Sprintf("#cue-actions > li:nth-child(%d) [name=%s]", i+2, step.field)
		if step.field == "label" {
			o.write(at, step.value)
			o.write(fmt.Sprintf("#cue-actions > li:nth-child(%d) [name=seconds]", i+2), "1:30")
			continue
		}
		o.Pick(at, step.value)
		if step.value == "message" {
			o.write(fmt.Sprintf("#cue-actions > li:nth-child(%d) [name=text]", i+2), "示例文字")
		}
	}
	o.Pick("#cue-add-kind", "timer")
	o.press("#cue-add-action")
	o.write("#cue-actions > li:nth-child(6) [name=seconds]", "45")
	for at := 6; at > 3; at-- { // a timer past another: what one sees is what is there
		o.press(fmt.Sprintf("#cue-actions > li:nth-child(%d) [data-do=up]", at))
	}
	if got := get[[]string](o.Page, `[...document.querySelectorAll('#cue-actions [name=seconds]')].map((e) => e.value)`); !slices.Equal(got, []string{"0:45", "1:30"}) {
		t.Errorf("after a timer was moved: %v", got)
	}
	o.press("#cue-actions > li:nth-child(3) [data-do=drop]")
	save()
	c := stored()[1]
	if got := c.does(); !slices.Equal(got, []string{"scene", "scene", "timer", "danmaku", "sheets_open"}) || c.Actions[1].Args["text"] != "示例文字" || c.Actions[2].Seconds != 90 || c.Actions[2].Label != "示例计时" {
		t.Errorf("actions: %+v", c)
	}

	// Moved, copied, deleted, added.
	on := func(id, do string) {
		t.Helper()
		o.press(`#cues [data-cue="` + id + `"] [data-do=edit]`)
		o.press(`.runkeys [data-do=` + do + `]:not(:disabled)`)
	}
	on("title", "up")
	on("doors", "copy")
	on("seal", "drop")
	o.press("#rundown-back") // a slip is taken back
	o.WaitFor("the cue again", `document.querySelector('#cues [data-cue="seal"]')`, soon)
	on("close", "drop")
	o.press(`#cues [data-cue="vote"] [data-do=edit]`)
	o.Pick("#cue-kind", "close")
	o.WaitFor("the ballot to close", `document.querySelector('#cue-about') && document.querySelector('#cue-about').value === 'vote-2'`, soon)
	o.press("#cue-add")
	save()
	c0 := stored()
	if c0[0].ID != "title" || c0[1].ID != "doors" || c0[2].ID != "doors-2" || c0[24].ID != "close" || c0[24].Actions[0].Ballot != "vote-2" {
		t.Errorf("moved: %s %s %s %+v", c0[0].ID, c0[1].ID, c0[2].ID, c0[24])
	}
	if !slices.IsSortedFunc(c0, func(a, b cueRow) int { return a.Plan - b.Plan }) {
		t.Error("the planned starts go back")
	}

	// A mistake stands at its cue, and nothing is saved until it is mended.
	on("seal", "drop")
	o.press("#rundown-save")
	o.WaitFor("a mistake at its cue", `document.querySelector('#cues [data-cue="board"] .wrong')`, soon)
	o.see("rundown-mistake")
	if got := stored(); len(got) != len(c0) {
		t.Errorf("%d cues are stored of a rundown with mistakes", len(got))
	}
	o.press("#rundown-problems [data-do=next-wrong]")
	o.WaitFor("the mistake at its action", `document.querySelector('#cue-form input[name=title]').value !== '' && document.querySelector('#cue-form [data-wrong=action]')`, soon)
	o.press("#rundown-back")
	o.WaitFor("again what is in force", `document.querySelector('.edit [role=status] .muted') && !document.querySelector('#rundown-problems')`, soon)

	o.holes()

	// The director has what was built.
	desk := o.Beside("director", o.n.url+"/director", 1440, 900)
	desk.WaitFor("the first cue", `document.querySelector('#fire') && document.querySelector('#fire').dataset.cue === 'title'`, soon)

	// What a cue may name cannot be read: the table stays, and says what waits.
	get[bool](o.Page, `(() => { const f = window.fetch; window.fetch = (u, ...more) => String(u).includes('/admin/entries') ? Promise.reject(new TypeError('cut')) : f(u, ...more); return true; })()`)
	o.tab("ballots")
	o.tab("rundown")
	o.WaitFor("what has to wait", `document.querySelector('.work .note.warn') && document.querySelector('#cues') && document.querySelector('#rundown-programme').disabled`, soon)
	o.see("rundown-unnamed")
	o.n.Kill()
	o.tab("ballots")
	o.tab("rundown")
	o.WaitFor("the failure", `document.querySelector('.failed')`, soon)
	o.see("rundown-failing")
}

// text opens the rundown as text.
func (o *office) text() {
	o.t.Helper()
	o.WaitFor("the rundown", `document.querySelector('#rundown-text')`, soon)
	get[bool](o.Page, `(() => { const e = document.querySelector('#rundown-text'); if (!e.open) e.querySelector('summary').click(); return true; })()`)
	o.WaitFor("its text", `document.querySelector('#rundown-json')`, soon)
}

// holes: what was never picked is asked for by its own name, at its cue, and the
// form does not close without it.
func (o *office) holes() {
	o.t.Helper()
	o.text()
	whole := get[string](o.Page, `document.querySelector('#rundown-json').value`)
	var r map[string]any
	if err := json.Unmarshal([]byte(whole), &r); err != nil {
		o.t.Fatal(err)
	}
	r["cues"] = append(r["cues"].([]any), object{"id": "hole", "title": "示例空缺", "plan": 86400, "actions": []object{
		{"kind": "entry", "entry": ""}, {"kind": "ballot_close", "ballot": ""}, {"kind": "reveal", "what": "award", "award": ""}, {"kind": "camera", "camera": ""}}})
	body, err := json.Marshal(r)
	if err != nil {
		o.t.Fatal(err)
	}
	o.write("#rundown-json", string(body))
	o.press("#rundown-save")
	o.WaitFor("four things to pick", `[...document.querySelectorAll('#cues [data-cue=hole] .wrong')].map((e) => e.textContent).join().startsWith('请选择项目,请选择投票,请选择奖项,请选择机位')`, soon)
	o.see("rundown-holes")
	o.press("#rundown-problems [data-do=next-wrong]")
	o.WaitFor("the field that is wrong", `document.activeElement && document.activeElement.name === 'entry'`, soon)
	if got := get[string](o.Page, `[...document.querySelectorAll('#cue-form [aria-invalid=true]')].map((e) => e.name + ' ' + e.closest('.field').querySelector('.wrong').textContent).join()`); got != "entry 请选择项目,ballot 请选择投票,award 请选择奖项,camera 请选择机位" {
		o.t.Errorf("the fields of the form say %s", got)
	}
	o.see("rundown-holes-cue")
	o.write("#rundown-json", whole)
	o.WaitFor("again what is in force", `document.querySelector('#rundown-save').disabled`, soon)
}
