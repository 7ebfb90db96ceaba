package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// TestOfficeWords: what a field wants is said beside it in the page's language and
// before it is refused, one of a thing is one, what is said again is said once, and the
// way to who signs in by an account is shown.
func TestOfficeWords(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.tab("judges")
	o.Click("#judge-add:not(:disabled)")
	o.Click("dialog footer .btn.main")
	o.WaitFor("what is missing, at its field", `document.querySelector('#judge-form [data-wrong=name]').textContent === '请填写' && document.querySelector('#judge-form [data-wrong=sector]').textContent === '请选择一项' && document.activeElement.name === 'name'`, soon)
	o.see("wrong-fields")
	o.write("#judge-form input[name=name]", "示例评委")
	o.WaitFor("no complaint about what is there", `!document.querySelector('#judge-form [data-wrong=name]') && document.querySelector('#judge-form [data-wrong=sector]')`, soon)
	o.Pick("#judge-form select[name=sector]", "高校")
	o.Click("dialog footer .btn.main")
	o.none()

	o.tab("links")
	o.Click("#link-add")
	o.Click(`#link-form .choice label:nth-child(2)`)
	o.WaitFor("the form of a screen's name", `document.querySelector('#link-form input[name=name]').closest('.field').textContent.includes('字母、数字和短横')`, soon)
	o.write("#link-form input[name=name]", "大屏")
	o.Click("#link-make")
	o.WaitFor("the name refused at its field", `document.querySelector('#link-form [data-wrong=name]')`, soon)
	o.write("#link-form input[name=name]", "main")
	o.Click("dialog footer .btn.quiet")
	o.none()
	o.Click("#links-accounts [data-to=staff]")
	o.WaitFor("the accounts", `document.querySelector('main[data-page=staff] #staff-add')`, soon)

	said := get[string](o.Page, `import(performance.getEntriesByType('resource').map((x) => x.name).find((x) => x.endsWith('/lib/ui.js'))).then(async (ui) => {
		for (const text of ['示例甲', '示例甲', '示例乙', '示例甲']) { ui.toast(text, 'good'); await new Promise((f) => setTimeout(f)); }
		return [...document.querySelectorAll('.toast')].map((x) => x.textContent).filter((x) => x.startsWith('示例')).join();
	})`)
	if said != "示例乙,示例甲" {
		t.Errorf("said: %s", said)
	}
	o.Go(o.n.url + "/admin?lang=en#overview")
	o.WaitFor("one judge", `[...document.querySelectorAll('.tile')].some((x) => x.textContent.trim() === '1judge') && [...document.querySelectorAll('.tile')].some((x) => x.textContent.trim() === '0entries')`, soon)
	o.tab("judges")
	o.WaitFor("one sector", `document.querySelector('main').textContent.includes('1 judge from 1 sector')`, soon)
}

// TestAnotherContestsWords: an address of no contest is a page in the visitor's language,
// capitals do not matter, and who works for another contest is had in by clicks.
func TestAnotherContestsWords(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.tab("staff")
	o.Click("#staff-add")
	o.write("#staff-form input[name=name]", "示例导演")
	o.Click("#staff-make")
	o.WaitFor("the account's code", `document.querySelector('dialog .made .qr')`, soon)
	o.Click("dialog footer .btn.main")
	o.none()
	made := get[int](o.Page, `fetch('/v1/admin/contests', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ code: 'SL-2', name: '示例第二届' }) }).then((r) => r.status)`)
	if made != http.StatusOK {
		t.Fatalf("another contest: %d", made)
	}

	for lang, text := range map[string]string{"zh": "没有这个赛事", "en": "There is no such contest"} {
		lost := o.b.Open("lost-"+lang, o.n.url+"/c/NONE/vote/b?lang="+lang, 390, 844)
		lost.WaitFor("a page that says so", `document.querySelector('#nowhere') && document.querySelector('#nowhere').textContent.includes('`+text+`')`, soon)
		lost.shot("nowhere-" + lang)
		if status := get[int](lost, `fetch(location.href, { headers: { Accept: 'text/html' } }).then((r) => r.status)`); status != http.StatusNotFound {
			t.Errorf("%s: status %d", lang, status)
		}
	}
	o.Go(o.n.url + "/c/sl-2/admin#staff")
	o.WaitFor("the contest by its code", `location.pathname === '/c/SL-2/admin' && document.querySelector('main[data-page=staff] #staff-add')`, soon)

	o.Click("#staff-add")
	o.write("#staff-form input[name=name]", "第二届组委会")
	o.Click("#staff-form .choice label:nth-child(1)")
	o.Click("#staff-make")
	o.WaitFor("the way in", `document.querySelector('dialog .made .line code')`, soon)
	url := get[string](o.Page, `document.querySelector('dialog .made .line code').textContent`)
	at, secret, _ := strings.Cut(url, "#")
	other := &office{Page: newBrowser(t).Open("other", at+"#"+secret, 1440, 900), b: o.b, n: o.n}
	other.WaitFor("the second contest's office", `document.querySelector('.tabs button[data-tab=staff]')`, soon)
	other.tab("staff")
	other.Click("#staff-add")
	other.write("#staff-form input[name=name]", "示例导演")
	other.Click("#staff-make")
	other.WaitFor("that there is one elsewhere, and a key", `document.querySelector('#staff-elsewhere #staff-admit')`, soon)
	other.see("staff-elsewhere")
	other.Click("#staff-admit")
	other.none()
	other.WaitFor("the director here too", `document.querySelector('#staff tr[data-name="示例导演"]')`, soon)
	other.Click("#staff-add")
	other.write("#staff-form input[name=name]", "示例导演")
	other.Click("#staff-make")
	other.WaitFor("who is here already", `document.querySelector('#staff-form .note.bad')`, soon)
}
