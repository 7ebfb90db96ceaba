package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// cutWithout lists texts that are cut off without an ellipsis, or without a title
// that says the whole.
func cutWithout(selector string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%q)].filter((e) => e.getClientRects().length && e.scrollWidth > e.clientWidth + 1 &&
		(getComputedStyle(e).textOverflow !== 'ellipsis' || !e.title)).map((e) => e.textContent.trim().slice(0, 30))`, selector)
}

// keystroke is how long the page takes to draw after one key in a field, in ms: the
// best of several, since the machine may be busy with another's work.
const keystroke = `(async (selector) => {
	const e = document.querySelector(selector), took = [];
	for (let i = 0; i < 8; i++) {
		const began = performance.now();
		e.value += '字';
		e.dispatchEvent(new Event('input', {bubbles: true}));
		await new Promise((f) => requestAnimationFrame(() => requestAnimationFrame(f)));
		took.push(performance.now() - began);
	}
	return Math.min(...took);
})`

// TestARundownOf120: a night of 120 entries, close to five hundred cues, is built and
// mended in a list that folds, finds, and answers each key at once.
func TestARundownOf120(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 120, 3, nil)
	o := v.adminAt(b, 1440, 900)
	t.Cleanup(func() {
		if t.Failed() {
			o.shot("big-failed")
		}
	})
	o.tab("sessions")
	o.press("#sessions [data-edit=final]")
	o.write("#session-form input[name=date]", "2030-09-06")
	o.WaitFor("a time for the day", `!document.querySelector('#session-form input[name=time]').disabled`, soon)
	o.write("#session-form input[name=time]", "08:00")
	o.press("dialog footer .btn.main")
	o.none()
	o.tab("rundown")
	o.Pick("#session", "final")
	o.press("#rundown-programme")
	o.press("#programme-form .choice label:nth-child(2)")
	o.WaitFor("how long the whole would be, as people say it", `document.querySelector('#programme-sum').textContent === '合计 1 天 5 小时，超过 24 小时，请分成几场'`, soon)
	o.see("big-programme")
	o.write("#programme-form input[name=show]", "4")
	o.write("#programme-form input[name=ask]", "2")
	o.press("dialog footer .btn.main")
	o.none()

	// 492 cues, and few rows; its times are those of the clock.
	o.WaitFor("the sum", `document.querySelector('#rundown-sum') && document.querySelector('#rundown-sum').textContent.includes('492 个环节，共 15 小时')`, soon)
	if sum := get[string](o.Page, `document.querySelector('#rundown-sum').textContent`); !strings.HasPrefix(sum, "08:00 – 23:") {
		t.Errorf("the sum: %q", sum)
	}
	if n := get[int](o.Page, `document.querySelectorAll('#cues .cuerow').length`); n > 20 {
		t.Errorf("%d rows are drawn of a night that is folded", n)
	}
	o.see("big-folded")

	// Found by entry, team and title.
	o.write("#cue-find", "示例项目078")
	o.WaitFor("the four cues of an entry", `document.querySelectorAll('#cues .cuerow').length === 4 && document.querySelector('#cue-found').textContent === '4 / 492'`, soon)
	o.write("#cue-find", longTeam+"077")
	o.WaitFor("those of a team", `document.querySelectorAll('#cues .cuerow').length === 3 && document.querySelector('#cues .cuerow .cuename b').textContent.startsWith('077')`, soon)
	o.press("#cues .cuerow [data-do=edit]")
	o.see("big-found")
	o.write("#cue-find", "")

	// The form stands beside the list wherever one is in it, and its cue is in sight.
	o.press("#cues .cuerow.on .cuename")
	inSight := `(() => { const in_ = (e) => { const r = e.getBoundingClientRect(); return r.top >= 0 && r.top < innerHeight - 40 && r.height > 0; }; return in_(document.querySelector('#cues .cuerow.on')) && in_(document.querySelector('.cuebox h2')); })()`
	o.WaitFor("row and form in sight", inSight, soon)
	o.key("End", "End", 0)
	o.WaitFor("the last cue in the form, and both in sight", `document.querySelector('#cue-form input[name=title]').value === '结束' && `+inSight, soon)
	for range 4 {
		o.key("ArrowUp", "ArrowUp", 0)
		o.WaitFor("rest", settled, soon)
		get[bool](o.Page, `new Promise((f) => requestAnimationFrame(() => requestAnimationFrame(() => f(true))))`)
	}
	o.WaitFor("the fourth before the last", `document.querySelector('#cues .cuerow.on').dataset.cue.startsWith('award-') && `+inSight, soon)
	o.Page.none("cut words", cutWithout("#cues b, #cues .cut, .cuebox h2"))
	o.Page.none("rows on one another", overlaps("#cues .cuerow > .when, #cues .cuerow > .cuename, #cues .cuerow > .by, #cues .cuerow > .takes", "#cues .cuerow > .when, #cues .cuerow > .cuename, #cues .cuerow > .by, #cues .cuerow > .takes"))

	// With everything open a key answers as it does with few rows.
	few := get[float64](o.Page, keystroke+fmt.Sprintf("(%q)", "#cue-form input[name=title]"))
	o.press("[data-do=open-all]")
	o.WaitFor("492 rows", `document.querySelectorAll('#cues .cuerow').length === 492`, soon)
	for _, field := range []string{"#cue-form input[name=title]", "#cue-form textarea[name=line]"} {
		if ms := get[float64](o.Page, keystroke+fmt.Sprintf("(%q)", field)); ms > 400 && ms > 10*few { // a page that draws all of it anew takes seconds
			t.Errorf("a key in %s takes %.0f ms with 492 rows, %.0f ms with few", field, ms, few)
		} else {
			t.Logf("a key in %s: %.0f ms, with few rows %.0f ms", field, ms, few)
		}
	}
	o.press("[data-do=fold-all]")

	o.severalAtOnce(t, v)
}

// severalAtOnce moves, copies and names several cues together, by key and by
// pointer, sets one to the clock, and walks through mistakes.
func (o *office) severalAtOnce(t *testing.T, v *venue) {
	stored := func() []struct {
		ID, Title, Group string
		Plan, Takes      int
		Fixed            bool
	} {
		var r struct {
			Cues []struct {
				ID, Title, Group string
				Plan, Takes      int
				Fixed            bool
			}
		}
		v.org.Do("GET", "/v1/admin/rundown/final", nil, &r)
		return r.Cues
	}
	save := func() {
		t.Helper()
		o.press("#rundown-save")
		o.WaitFor("what is in force", `document.querySelector('.edit [role=status] .muted') && document.querySelector('#rundown-save').disabled`, soon)
	}
	ids := func() (list []string) {
		for _, c := range stored() {
			list = append(list, c.ID)
		}
		return list
	}
	save()
	before := ids()
	if len(before) != 492 {
		t.Fatalf("%d cues are stored", len(before))
	}
	// A whole part, the second entry's four cues, goes up by one place each press.
	part := before[6:10]
	get[bool](o.Page, `(() => { document.querySelectorAll('#cues section')[2].querySelector('.parthead input').click(); return true; })()`)
	o.WaitFor("four picked", `document.querySelector('[data-do=pick-none]') && document.querySelector('[data-do=pick-none]').textContent.includes('4')`, soon)
	for range 4 {
		o.press(".runkeys [data-do=up]")
	}
	save()
	if got := ids(); !slices.Equal(got[2:6], part) || got[6] != before[2] {
		t.Errorf("after four presses: %v", got[:10])
	}
	// Copied together, under names of their own, and taken back.
	o.press(".runkeys [data-do=copy]")
	o.WaitFor("four more", `document.querySelector('#rundown-sum').textContent.includes('496 个环节')`, soon)
	o.press("#rundown-back")
	o.WaitFor("four fewer", `document.querySelector('#rundown-sum').textContent.includes('492 个环节')`, soon)
	// Named as a part.
	o.press("[data-do=group]")
	o.write(".naming input", "示例上午场")
	o.press("[data-do=group-done]")
	o.WaitFor("the part", `document.querySelector('#cues [data-part=示例上午场]')`, soon)
	o.press("[data-do=pick-none]")

	// Dragged by its grip behind the next, and by the keyboard back.
	get[bool](o.Page, `(() => { const e = document.querySelector('#cues [data-part=开场] .fold'); e.scrollIntoView({block: 'center'}); if (e.getAttribute('aria-expanded') === 'false') e.click(); return true; })()`)
	o.WaitFor("the opening", `document.querySelectorAll('#cues [data-part=开场] .cuerow').length === 2`, soon)
	at := get[[]float64](o.Page, `(() => { const g = document.querySelector('#cues [data-cue=doors] .grip').getBoundingClientRect(), r = document.querySelector('#cues [data-cue=title]').getBoundingClientRect(); return [g.left + 8, g.top + 20, r.bottom - 6]; })()`)
	o.Drag(at[0], at[1], at[0], at[2])
	o.WaitFor("the doors second", `[...document.querySelectorAll('#cues [data-part=开场] .cuerow')].map((e) => e.dataset.cue).join() === 'title,doors'`, soon)
	o.press(`#cues [data-cue="doors"] [data-do=edit]`)
	o.key("ArrowUp", "ArrowUp", 1)
	o.WaitFor("the doors first again", `[...document.querySelectorAll('#cues [data-part=开场] .cuerow')].map((e) => e.dataset.cue).join() === 'doors,title'`, soon)

	// A fixed start stays where it is, and the list says what runs past it.
	o.press(`#cues [data-cue="title"] [data-do=edit]`)
	if got := get[string](o.Page, `document.querySelector('#cue-form input[name=plan]').value`); got != "08:15" {
		t.Errorf("the second cue starts at %s", got)
	}
	o.write("#cue-form input[name=plan]", "08:30")
	o.press("#cue-form input[name=fixed]")
	o.press(`#cues [data-cue="doors"] [data-do=edit]`)
	o.write("#cue-form input[name=takes]", "40:00")
	o.WaitFor("what runs past it", `document.querySelector('#cues [data-cue=title] [data-slip]') && document.querySelector('#cues [data-cue=title] [data-slip]').textContent === '前面超出 10 分钟，赶不上定点'`, soon)
	o.see("big-fixed")
	o.write("#cue-form input[name=takes]", "25:00")
	o.WaitFor("what is free before it", `document.querySelector('#cues [data-cue=title] [data-slip]').textContent === '前面空出 5 分钟'`, soon)
	o.write("#cue-form input[name=takes]", "bald")
	o.WaitFor("that it is no time", `document.querySelector('#cue-form [name=takes][aria-invalid]') && document.querySelector('#rundown-save').disabled`, soon)
	o.write("#cue-form input[name=takes]", "25:00")
	save()
	if c := stored()[1]; c.ID != "title" || !c.Fixed || c.Plan != 30*60 || stored()[0].Takes != 25*60 {
		t.Errorf("the fixed cue: %+v", c)
	}

	// Two mistakes far apart: a key goes from one to the next, into the field.
	whole := stored()
	far := whole[400].ID
	for _, id := range []string{"doors", far} {
		o.write("#cue-find", id)
		o.press(`#cues [data-cue="` + id + `"] [data-do=edit]`)
		o.write("#cue-form textarea[name=line]", "示例 {nobody}")
	}
	o.write("#cue-find", "")
	o.press("#rundown-save")
	o.WaitFor("two mistakes", `document.querySelectorAll('#rundown-problems li').length === 2`, soon)
	for _, id := range []string{"doors", far, "doors"} {
		o.key("F8", "F8", 0)
		o.WaitFor("the field of "+id, fmt.Sprintf(`document.querySelector('#cues .cuerow.on') && document.querySelector('#cues .cuerow.on').dataset.cue === %q && document.activeElement.name === 'line' && document.activeElement.getAttribute('aria-invalid') === 'true' && document.querySelector('#cues .cuerow.on .wrong')`, id), soon)
	}
	o.see("big-mistake")
	o.write("#cue-form textarea[name=line]", "示例")
	o.WaitFor("one mistake less", `document.querySelectorAll('#rundown-problems li').length === 1`, soon)
	// On a narrow page the form lies over the list, and closes without a question.
	o.Resize(1024, 768)
	o.WaitFor("the form as a sheet", `document.querySelector('dialog[open] #cue-form')`, soon)
	o.write("#cue-form input[name=title]", "示例改名")
	o.press("dialog footer .btn.main")
	o.none()
	o.Resize(1440, 900)
}
