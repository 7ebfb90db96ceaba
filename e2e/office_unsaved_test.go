package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"hecai/access"
)

// adminAt opens the organiser's page in a browser.
func (v *venue) adminAt(b *Browser, width, height int64) *office {
	v.t.Helper()
	var out struct{ URL string }
	v.org.Do("POST", "/v1/admin/staff", object{"name": fmt.Sprintf("组织者 %d", width), "roles": []access.Role{access.Organiser}}, &out)
	_, login, _ := strings.Cut(out.URL, "#")
	o := &office{Page: b.Open("office", v.url+"/admin#"+login, width, height), b: b}
	o.WaitFor("the tabs", `document.querySelector('.tabs')`, 30*time.Second)
	return o
}

// TestOfficeTypedWhileItSaves: an answer that is long in coming takes nothing away
// that was filled in meanwhile, and no dialog takes it along.
func TestOfficeTypedWhileItSaves(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 4, 3, nil)
	var slow atomic.Bool
	passed := make(chan struct{})
	v.url = proxy(t, v.url, func(_ http.ResponseWriter, r *http.Request) bool {
		if slow.Load() && r.Method != http.MethodGet {
			select {
			case <-passed:
			case <-r.Context().Done():
			}
		}
		return false
	})
	o := v.adminAt(b, 1440, 900)
	waiting := func(on bool) {
		t.Helper()
		if !on {
			passed <- struct{}{}
		}
		slow.Store(on)
	}
	enabled := func(key string, on bool) {
		t.Helper()
		o.WaitFor(fmt.Sprintf("%s that can be pressed: %v", key, on), fmt.Sprintf(`document.querySelector(%q) && document.querySelector(%q).disabled === %v`, key, key, !on), soon)
	}

	v.plan(cue("a", false, scene("title")))
	o.tab("rundown")
	put := func(from, to string) {
		t.Helper()
		o.text()
		o.WaitFor("the text "+from, fmt.Sprintf(`document.querySelector('#rundown-json') && document.querySelector('#rundown-json').value.includes(%q)`, from), soon)
		get[bool](o.Page, fmt.Sprintf(`(() => { const e = document.querySelector('#rundown-json'); e.value = e.value.replaceAll(%q, %q); e.dispatchEvent(new Event('input', {bubbles: true})); return true; })()`, from, to))
	}
	put("环节 a", "示例一")
	enabled("#rundown-save", true)
	waiting(true)
	o.Click("#rundown-save")
	enabled("#rundown-save", false)
	put("示例一", "示例二")
	waiting(false)
	enabled("#rundown-save", true) // there is more to save
	put("示例二", "示例三")
	o.Click("#rundown-save")
	o.WaitFor("it saved", `document.querySelector('#rundown-save').disabled && document.querySelector('.edit [role=status] .muted')`, soon)
	var stored struct{ Cues []struct{ Title string } }
	v.org.Do("GET", "/v1/admin/rundown/final", nil, &stored)
	if stored.Cues[0].Title != "示例三" {
		t.Errorf("stored %q, but 示例三 was typed while the one before was on its way", stored.Cues[0].Title)
	}

	o.tab("lineup")
	o.Click("#lineup-entries .choice label:nth-child(2)")
	o.Click("#lineup-entries .adding [data-id=E003] button")
	enabled("#lineup-entries [data-do=save]", true)
	waiting(true)
	o.Click("#lineup-entries [data-do=save]")
	enabled("#lineup-entries [data-do=save]", false)
	o.Click("#lineup-entries .adding [data-id=E001] button")
	o.WaitFor("the second pick", `document.querySelectorAll('#lineup-entries .places li').length === 2`, soon)
	waiting(false)
	enabled("#lineup-entries [data-do=save]", true)
	if n := get[int](o.Page, `document.querySelectorAll('#lineup-entries .places li').length`); n != 2 {
		t.Errorf("%d picks, one made while the other was saved: want 2", n)
	}
	o.Click("#lineup-entries [data-do=save]")
	enabled("#lineup-entries [data-do=save]", false)

	o.tab("judges")
	o.Click("#judge-add:not(:disabled)")
	o.write("#judge-form [name=name]", "示例评委甲")
	o.write("#judge-form [name=id]", "j1") // taken: the save is refused by the page itself
	o.WaitFor("it told", `document.querySelector('#judge-form .wrong')`, soon)
	o.write("#judge-form [name=id]", "j9")
	o.Pick("#judge-form [name=sector]", get[string](o.Page, `document.querySelector('#judge-form [name=sector]').options[1].value`))
	waiting(true)
	o.Click("dialog footer .main")
	o.WaitFor("a form that takes nothing", `document.querySelector('dialog .inside').inert`, soon)
	waiting(false)
	o.none()
}

// three takes the page's picture in the three sizes, for a person to look at.
func (o *office) three(name string) {
	o.t.Helper()
	if os.Getenv("WALLS") == "" {
		return
	}
	for _, size := range [][2]int64{{390, 844}, {1024, 768}, {1440, 900}} {
		o.Resize(size[0], size[1])
		o.keep(fmt.Sprintf("%s-%d", name, size[0]))
	}
}

// escape presses the key as a hand does.
func (p *Page) escape() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.KeyEvent("\u001b")); err != nil {
		p.t.Fatalf("%s: escape: %v", p.name, err)
	}
}

// clickAt clicks a place of the window.
func (p *Page) clickAt(x, y float64) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.MouseClickXY(x, y)); err != nil {
		p.t.Fatalf("%s: click at %v, %v: %v", p.name, x, y, err)
	}
}

// asksToLeave says whether the browser would ask before the page goes.
const asksToLeave = `(() => { const e = new Event('beforeunload', {cancelable: true}); dispatchEvent(e); return e.defaultPrevented; })()`

// TestOfficeForgetsNothing: what is filled in and not saved is kept while another
// tab is looked at, or asked about before it is left: by a tab, by the way back,
// by Esc, with the session, with the page.
func TestOfficeForgetsNothing(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 4, 3, nil)
	o := v.adminAt(b, 1440, 900)
	page := func(want bool, what string) {
		t.Helper()
		o.WaitFor(fmt.Sprintf("%s: whether the page asks before it goes: %v", what, want), fmt.Sprintf("%s === %v", asksToLeave, want), soon)
	}
	page(false, "nothing is filled in")

	o.tab("lineup")
	o.Click("#lineup-entries .choice label:nth-child(2)")
	o.Click("#lineup-entries .adding [data-id=E003] button")
	o.Click("#lineup-entries .adding [data-id=E001] button")
	o.WaitFor("word of what is not saved", `document.querySelector('#lineup-entries [data-unsaved]')`, soon)
	o.three("lineup-unsaved")
	page(true, "a line-up")
	o.tab("judges")
	page(true, "a line-up, behind another tab")
	o.tab("lineup")
	o.WaitFor("the line-up as it was left", `[...document.querySelectorAll('#lineup-entries .places li')].map((x) => x.dataset.id).join() === 'E003,E001' && document.querySelector('#lineup-entries [data-unsaved]')`, soon)
	if other := get[string](o.Page, `[...document.querySelector('#session').options].map((x) => x.value).find((x) => x !== 'final') || ''`); other != "" {
		o.Pick("#session", other)
		o.WaitFor("the other session", `document.querySelector('#lineup-entries') && !document.querySelector('[data-unsaved]')`, soon)
		o.Pick("#session", "final")
		o.WaitFor("the line-up after another session", `document.querySelectorAll('#lineup-entries .places li').length === 2`, soon)
	}
	o.Click("#lineup-entries [data-do=save]")
	o.WaitFor("it saved", `!document.querySelector('[data-unsaved]') && document.querySelector('#lineup-entries [data-do=save]').disabled`, soon)
	page(false, "a saved line-up")

	forms := []struct{ tab, open, form, field, value string }{
		{"ballots", "#ballot-add", "#ballot-form", "[name=title]", "示例投票"},
		{"judges", "#judge-add", "#judge-form", "[name=name]", "示例评委"},
		{"cameras", "#camera-add", "#camera-form", "[name=label]", "示例机位"},
		{"staff", "#staff-add", "#staff-form", "[name=name]", "示例导演"},
		{"links", "#link-add", "#link-form", "[name=role]", ""},
		{"entries", "#entries .textlink", "dialog:has(#standing-reason)", "#standing-reason", "示例原因"},
	}
	for _, f := range forms {
		o.tab(f.tab)
		o.WaitFor("a key to press", `document.querySelector('`+f.open+`') && !document.querySelector('`+f.open+`').disabled`, soon)
		o.Click(f.open)
		if f.tab == "entries" {
			o.Click("dialog [data-to=withdrawn]")
		}
		o.WaitFor("the form", `document.querySelector('`+f.form+`')`, soon)
		o.escape() // nothing is filled in
		o.none()
		o.Click(f.open)
		if f.tab == "entries" {
			o.Click("dialog [data-to=withdrawn]")
		}
		if f.value == "" {
			o.Click(f.form + " .choice label:nth-child(2)")
		} else {
			o.write(f.form+" "+f.field, f.value)
		}
		o.WaitFor("what is filled in", `(() => { const e = document.querySelector('`+f.form+` `+f.field+`'); return e && (`+fmt.Sprint(f.value == "")+` || e.value === '`+f.value+`'); })()`, soon)
		for range 3 {
			o.escape()
			o.WaitFor("a question", `document.querySelector('dialog[open] .asking')`, soon)
		}
		if f.tab == "ballots" {
			o.three("form-asks")
		}
		o.Click("dialog .asking [data-do=stay]")
		page(true, f.form)
		get[bool](o.Page, `(location.hash = '#overview', true)`) // the way back, or another address
		o.WaitFor("a question before the tab goes", `document.querySelector('dialog[open] [data-do=leave]') && location.hash === '#`+f.tab+`'`, soon)
		if f.tab == "ballots" {
			o.three("tab-asks")
		}
		o.Click("dialog [data-do=stay]:not(.asking *)")
		o.WaitFor("the form as it was", `(() => { const e = document.querySelector('dialog[open] `+f.field+`'); return !document.querySelector('[data-do=leave]') && e && (`+fmt.Sprint(f.value == "")+` || e.value === '`+f.value+`'); })()`, soon)
		if f.tab == "judges" {
			get[bool](o.Page, `(location.hash = '#overview', true)`)
			o.Click("dialog [data-do=leave]")
			o.WaitFor("the other tab", `document.querySelector('main[data-page=overview] h1') && location.hash === '#overview'`, soon)
		} else {
			o.escape()
			o.Click("dialog .asking [data-do=drop]")
		}
		o.none()
		page(false, f.form+" dropped")
	}

	o.tab("entries")
	file := filepath.Join(t.TempDir(), "entries.csv")
	if err := os.WriteFile(file, []byte("\ufeff项目编号,项目名称,赛道,赛题方向,团队名称,牵头参赛单位,合作单位,项目简介\nX01,示例新项目,先进制造业,1,示例团队,示例科技有限公司,,示例\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	o.Upload("#import-file", file)
	o.WaitFor("a preview", `document.querySelector('#import-apply') && !document.querySelector('#import-apply').disabled`, soon)
	page(true, "a preview that is not applied")
	o.Click(".tabs button[data-tab=judges]")
	o.Click("dialog [data-do=leave]")
	o.WaitFor("the judges", `document.querySelector('main[data-page=judges] h1')`, soon)
	page(false, "it is left")
}

// TestOfficeKeepsWhatIsShownOnce: a link that is shown this one time is closed by
// its own button and by nothing else.
func TestOfficeKeepsWhatIsShownOnce(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 2, 2, nil)
	o := v.adminAt(b, 1440, 900)
	makers := []struct {
		tab string
		do  func()
	}{
		{"links", func() {
			o.Click("#link-add")
			o.Click("#link-form .choice label:nth-child(3)")
			o.write("#link-form input[name=name]", "示例主持人")
			o.Click("#link-make")
		}},
		{"judges", func() { o.Click("#judges tbody tr .acts .btn:nth-child(2)"); o.Click("#link-make") }},
		{"staff", func() {
			o.Click("#staff-add")
			o.write("#staff-form input[name=name]", "示例导播")
			o.Click("#staff-make")
		}},
	}
	for _, m := range makers {
		o.tab(m.tab)
		m.do()
		o.WaitFor("the code", `document.querySelector('dialog[open] .made .qr')`, soon)
		url := get[string](o.Page, `document.querySelector('dialog .line code').textContent`)
		for range 4 {
			o.escape()
			o.clickAt(8, 450)
		}
		still := func(what string) {
			t.Helper()
			o.WaitFor("the link after "+what, fmt.Sprintf(`(() => { const e = document.querySelector('dialog[open] .line code'); return e && e.textContent === %q && e.getClientRects().length; })()`, url), soon)
		}
		still("Esc and clicks beside")
		o.WaitFor("why", `document.querySelector('dialog[open] .asking')`, soon)
		o.three("once-" + m.tab)
		if get[bool](o.Page, `!!document.querySelector('dialog[open] > header button')`) {
			t.Error("a cross closes what can't be shown again")
		}
		get[bool](o.Page, `(document.querySelector('dialog[open]').close(), true)`) // as a browser does that heeds a second Esc
		still("the browser's own way")
		if !get[bool](o.Page, asksToLeave) {
			t.Error("the page goes with the link and doesn't ask")
		}
		get[bool](o.Page, `(location.hash = '#overview', true)`)
		o.Click("dialog [data-do=leave] + [data-do=stay]")
		still("a way to another tab")
		o.Click("dialog footer .btn.main")
		o.none()
		o.WaitFor("a page that asks nothing about a link that was kept", "!"+asksToLeave, soon)
	}
}
