package e2e

import (
	"fmt"
	"testing"
	"time"
)

// TestSessionsAreMade: an organiser makes two half-days from nothing, by clicks
// alone, and each is there at once: its line-up, its programme, its links, its pages
// and its place in the public programme. One that was a mistake is taken away again.
func TestSessionsAreMade(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.entries("示例项目")
	o.tab("sessions")
	o.WaitFor("those of the plan", `document.querySelectorAll('#sessions tbody tr').length >= 2`, soon)
	planned := get[int](o.Page, `document.querySelectorAll('#sessions tbody tr').length`)
	make := func(id, title, date, at string) {
		t.Helper()
		o.Click("#session-add")
		o.sound("#session-form")
		o.write("#session-form input[name=title]", title)
		o.write("#session-form input[name=id]", id)
		o.write("#session-form input[name=date]", date)
		o.WaitFor("a time for the day", `!document.querySelector('#session-form input[name=time]').disabled`, soon)
		o.write("#session-form input[name=time]", at)
		o.write("#session-form input[name=place]", long("示例会议中心", 60))
		o.write("#session-form input[name=subtitle]", long("示例", 60))
		o.see("session-form-" + id)
		o.press("dialog footer .btn.main")
		o.none()
	}
	make("pm", long("示例决赛答辩下午场", 60), "2026-12-05", "14:00")
	make("am", "示例决赛答辩上午场", "2026-12-05", "09:00")
	o.WaitFor("both, the earlier one first", fmt.Sprintf(`(() => { const rows = [...document.querySelectorAll('#sessions tbody tr')].map((r) => r.dataset.session);
		return rows.length === %d && rows.indexOf('am') >= 0 && rows.indexOf('am') < rows.indexOf('pm'); })()`, planned+2), soon)
	o.see("sessions")
	english := `[...document.querySelectorAll('.who button')].find((x) => x.textContent.trim() === %q)`
	for _, other := range []string{"English", "中文"} { // in either language the keys of a row stand in one line
		o.WaitFor("keys in one line", `new Set([...document.querySelectorAll('tr[data-session=final] .acts > *')].map((x) => x.getBoundingClientRect().top)).size === 1`, soon)
		o.WaitFor("the other language", fmt.Sprintf(english, other), soon)
		if _, err := eval[bool](o.Page, fmt.Sprintf(`(() => { `+english+`.click(); return true; })()`, other)); err != nil {
			t.Fatal(err)
		}
		o.WaitFor("the page in it", fmt.Sprintf(`!(`+english+`) && document.querySelector('tr[data-session=final] .acts')`, other), soon)
	}

	// A mistake: the same id is refused in the form, and a session of nothing goes.
	o.Click("#session-add")
	o.write("#session-form input[name=title]", "示例")
	o.write("#session-form input[name=id]", "pm")
	o.WaitFor("that the id is in use", `document.querySelector('#session-form small.wrong')`, soon)
	o.write("#session-form input[name=id]", "slip")
	o.press("dialog footer .btn.main")
	o.none()
	o.WaitFor("the slip", `document.querySelector('[data-drop=slip]')`, soon)
	o.Hold("[data-drop=slip]", time.Second)
	o.WaitFor("it to go", `!document.querySelector('tr[data-session=slip]')`, soon)

	// The afternoon's name is corrected: its page says so, and its programme too.
	o.Click("[data-edit=pm]")
	o.write("#session-form input[name=title]", "示例决赛答辩下午")
	o.press("dialog footer .btn.main")
	o.none()
	o.WaitFor("the name", `document.querySelector('tr[data-session=pm] td.main b').textContent === '示例决赛答辩下午'`, soon)

	// Its own programme, from its row.
	o.press("tr[data-session=pm] [data-to=rundown]")
	o.WaitFor("the rundown of the afternoon", `document.querySelector('main[data-page=rundown]') && document.querySelector('#session').value === 'pm'`, soon)
	o.press("#rundown-programme")
	o.press("dialog footer .btn.main")
	o.none()
	o.press("#rundown-save")
	o.WaitFor("what is in force", `document.querySelector('.edit [role=status] .muted') && document.querySelector('#rundown-save').disabled`, soon)

	// A rehearsal is begun, so the session stays.
	o.tab("overview")
	o.WaitFor("a rehearsal to begin", `document.querySelector('#takes [data-session=pm] [data-act=begin]:not(:disabled)')`, soon)
	o.Hold("#takes [data-session=pm] [data-act=begin]", time.Second)
	o.WaitFor("the rehearsal", `document.querySelector('#takes [data-session=pm] [data-act=end]')`, soon)
	o.tab("sessions")
	o.WaitFor("the afternoon", `document.querySelector('[data-drop=pm]')`, soon)
	o.Hold("[data-drop=pm]", time.Second)
	o.WaitToast("不能删除")

	// Everyone else finds the morning: its page, and its day in the programme.
	url := o.n.url
	phone := o.b.Open("phone", url+"/live/am", phoneWidth, phoneHeight)
	phone.WaitText("示例决赛答辩上午场", soon)
	site := o.b.Open("site", url+"/", phoneWidth, phoneHeight)
	site.WaitFor("both half-days", `[...document.querySelectorAll('#schedule a')].filter((a) => /\/live\/(am|pm)$/.test(a.href)).length === 2`, soon)
	site.WaitText("09:00", soon)
	site.WaitText("2026-12-05 星期六", soon)
	site.WaitFor("a page as wide as the phone", `document.documentElement.scrollWidth <= innerWidth`, soon)
	site.shot("site-sessions-390")
}
