package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestOfficeDoor: the setup link outlives a reload and another language, leaves
// the address bar, and a sign-in link pasted into the same tab counts.
func TestOfficeDoor(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	n := newNode(t, "--data", t.TempDir())
	o := &office{b.Open("office", n.address("admin"), 390, 844), b, n}
	o.WaitFor("the setup form", `document.querySelector('form#setup')`, soon)
	o.Click(".door header button")
	o.WaitFor("the setup form in English", `document.documentElement.lang === 'en' && document.querySelector('form#setup')`, soon)
	o.shot("door-en")
	o.Go(n.url + "/admin")
	o.WaitFor("the setup form after a reload", `document.querySelector('form#setup')`, soon)
	o.Fill(`input[name=name]`, "示例组委会")
	o.Fill(`input[name=password]`, "示例的长口令 1")
	o.Click("form#setup .btn.main")
	o.WaitFor("the tabs", `document.querySelector('.tabs')`, soon)
	o.tab("staff")
	o.Click("#staff-add")
	o.write("#staff-form input[name=name]", "示例同事")
	o.Click("#staff-form .choice label:nth-child(1)")
	o.Click("#staff-make")
	o.WaitFor("the account's code", `document.querySelector('dialog .made .qr')`, soon)
	url := get[string](o.Page, `document.querySelector('dialog .line code').textContent`)
	_, secret, _ := strings.Cut(url, "#")
	o.Click("dialog footer .btn.main") // while the code is on show, the page asks before it goes
	o.none()
	if _, err := eval[bool](o.Page, fmt.Sprintf(`(() => { location.hash = %q; return true; })()`, secret)); err != nil {
		t.Fatal(err)
	}
	o.WaitFor("the colleague signed in", `document.querySelector('.who .cut') && document.querySelector('.who .cut').title === '示例同事'`, soon)
	if hash := get[string](o.Page, `location.hash`); strings.Contains(hash, "login") {
		t.Errorf("the secret stays in the address bar: %q", hash)
	}
}

// officeIn is the page of an organiser, on a house with five entries.
func officeIn(t *testing.T, width, height int64) (*office, *Client) {
	b := newBrowser(t)
	n := newNode(t, "--data", t.TempDir())
	org := n.organiser()
	importEntries(org, 5)
	o := &office{b.Open("office", n.url+"/admin", width, height), b, n}
	o.Fill(`input[name=name]`, "组织者")
	o.Fill(`input[name=password]`, "a long password")
	o.Click("form .btn.main")
	o.WaitFor("the tabs", `document.querySelector('.tabs')`, soon)
	return o, org
}

// TestOfficeMovesAnEnd: days are told as days; nothing is chosen for anyone;
// what is done is what the dialog said; an earlier end is held, and another
// round is its own act, for a reason.
func TestOfficeMovesAnEnd(t *testing.T) {
	t.Parallel()
	o, org := officeIn(t, 1440, 900)
	org.Do("POST", "/v1/admin/ballots", object{"id": "long", "title": "示例九天投票", "session": "final", "visibility": "count", "level": 2, "quota": object{"max": 1}}, nil)
	org.Do("POST", "/v1/admin/ballots/long/open", object{"seconds": 9*86400 + 3*3600 + 600}, nil)
	type row struct {
		ID, State, Note string
		Round           int
		Deadline        int64
	}
	ballot := func() row {
		var list []row
		org.Do("GET", "/v1/admin/ballots", nil, &list)
		return list[0]
	}
	was := ballot().Deadline
	o.tab("ballots")
	o.WaitFor("nine days as days", `/9 天 3 小时/.test(document.querySelector('[data-ballot=long] .brief').textContent)`, soon)
	o.Click("[data-ballot=long] [data-act=extend]")
	o.WaitFor("a key that waits for a choice", `document.querySelector('#ballot-go') && document.querySelector('#ballot-go').disabled && !document.querySelector('#ballot-end')`, soon)
	o.Click("[data-step='86400']")
	o.WaitFor("the new end in days", `/10 天 3 小时/.test(document.querySelector('#ballot-end').textContent) && !document.querySelector('#ballot-go').classList.contains('hold')`, soon)
	o.see("ballot-extend")
	o.Click("#ballot-go")
	o.none()
	if now := ballot().Deadline; now != was+86400e3 {
		t.Errorf("the end moved by %d ms, want a day", now-was)
	}
	was = ballot().Deadline
	o.WaitFor("the new end in the list", `/10 天/.test(document.querySelector('[data-ballot=long] .brief').textContent)`, soon)
	o.Click("[data-ballot=long] [data-act=extend]")
	o.Click("[data-step='-300']")
	o.WaitFor("an earlier end as something to hold", `document.querySelector('#ballot-go').classList.contains('hold') && document.querySelector('#ballot-end.warn')`, soon)
	o.shot("ballot-shorten")
	o.Click("#ballot-go") // a click is no hold
	if now := ballot().Deadline; now != was {
		t.Errorf("a click brought the end forward by %d ms", was-now)
	}
	o.Hold("#ballot-go", time.Second)
	o.none()
	if now := ballot().Deadline; now != was-300e3 {
		t.Errorf("the end moved by %d ms, want five minutes earlier", now-was)
	}
	o.Hold("[data-ballot=long] [data-act=close]", time.Second)
	o.Click("[data-ballot=long] [data-act=again]")
	o.WaitFor("a key that waits for a reason", `document.querySelector('#ballot-go') && document.querySelector('#ballot-go').disabled`, soon)
	o.write("#ballot-reason", "示例：现场网络中断")
	o.Hold("#ballot-go", time.Second)
	o.none()
	if b := ballot(); b.State != "armed" || b.Note != "示例：现场网络中断" {
		t.Errorf("after another round was asked for: %+v", b)
	}
	o.Click("[data-ballot=long] [data-act=open]")
	o.Click("#ballot-go")
	o.none()
	if b := ballot(); b.State != "open" || b.Round != 2 {
		t.Errorf("after it was opened: %+v", b)
	}
}

// TestOfficeRundownClash: a rundown that someone else has saved meanwhile is not
// overwritten; both texts stay until a person decides.
func TestOfficeRundownClash(t *testing.T) {
	t.Parallel()
	o, org := officeIn(t, 1440, 900)
	text := func(title string) object {
		cues := []object{} // more than the clash has room for
		for i := range 14 {
			cues = append(cues, object{"id": fmt.Sprint("a", i), "title": title, "actions": []object{{"kind": "scene", "scene": "title"}}})
		}
		return object{"session": "final", "title": title, "cues": cues}
	}
	org.Do("PUT", "/v1/admin/rundown/final", text("示例原稿"), nil)
	o.tab("rundown")
	edit := func(from, to string) {
		t.Helper()
		o.text()
		o.WaitFor("the text "+from, fmt.Sprintf(`document.querySelector('#rundown-json') && document.querySelector('#rundown-json').value.includes(%q)`, from), soon)
		if _, err := eval[bool](o.Page, fmt.Sprintf(`(() => { const e = document.querySelector('#rundown-json'); e.value = e.value.replaceAll(%q, %q); e.dispatchEvent(new Event('input', {bubbles: true})); return true; })()`, from, to)); err != nil {
			t.Fatal(err)
		}
		o.Click("#rundown-save")
	}
	stored := func() (r struct{ Title string }) {
		org.Do("GET", "/v1/admin/rundown/final", nil, &r)
		return r
	}
	edit("示例原稿", "示例第二稿")
	o.WaitFor("it saved", `document.querySelector('#rundown-save').disabled && document.querySelector('.edit [role=status] .muted')`, soon)
	org.Do("PUT", "/v1/admin/rundown/final", text("示例同事稿"), nil)
	edit("示例第二稿", "示例我的稿")
	o.WaitFor("the clash", `document.querySelector('#rundown-clash')`, soon)
	if got := stored().Title; got != "示例同事稿" {
		t.Errorf("stored: %q", got)
	}
	if !get[bool](o.Page, `document.querySelector('#rundown-json').value.includes('示例我的稿') && document.querySelector('#rundown-theirs').value.includes('示例同事稿')`) {
		t.Error("one of the two texts is gone")
	}
	if rows := get[[]string](o.Page, `[...document.querySelectorAll('#rundown-clash :is(.rows li, [data-more])')].map((e) => e.textContent)`); len(rows) != 13 || rows[0] != "两边不同 场次名称" || rows[12] != "另有 3 处不同" {
		t.Errorf("what differs: %q", rows)
	}
	o.see("rundown-clash")
	o.tab("ballots") // a draft that waits keeps what it was made from
	o.tab("rundown")
	o.WaitFor("the clash still", `document.querySelector('#rundown-clash') && document.querySelector('#rundown-json').value.includes('示例我的稿')`, soon)
	o.Hold("[data-do=keep]", time.Second)
	o.WaitFor("mine in force", `!document.querySelector('#rundown-clash') && document.querySelector('#rundown-save').disabled`, soon)
	if got := stored().Title; got != "示例我的稿" {
		t.Errorf("stored: %q", got)
	}
}

// TestOfficePrints: every list and every ticket is something on paper, without
// anything to press.
func TestOfficePrints(t *testing.T) {
	t.Parallel()
	o, org := officeIn(t, 1024, 768)
	org.Do("POST", "/v1/admin/judges", []object{{"id": "j1", "name": "示例评委", "org": "示例大学", "sector": "高校"}}, nil)
	org.Do("POST", "/v1/admin/ballots", object{"id": "b", "title": "示例投票", "session": "final", "visibility": "count", "level": 2, "quota": object{"max": 1}}, nil)
	org.link("host", "示例主持", "final")
	org.Do("PUT", "/v1/admin/rundown/final", object{"session": "final", "title": "示例",
		"cues": []object{{"id": "a", "title": "示例环节", "actions": []object{{"kind": "scene", "scene": "title"}}}}}, nil)
	o.tab("tickets")
	o.write("#ticket-form input", "25")
	o.Click("#ticket-form .btn.main")
	o.WaitFor("25 cards", `document.querySelectorAll('.cards .card img').length === 25`, soon)
	o.see("tickets")
	for tab, want := range map[string]string{"tickets": ".card code", "entries": "#entries tbody tr", "judges": "#judges tbody tr", "ballots": ".ballot h2", "links": "#links tbody tr", "rundown": "#cues .cuerow", "lineup": ".lineup h2"} {
		o.tab(tab)
		o.WaitFor(want, `document.querySelector('`+want+`')`, soon)
		o.Paper(true)
		o.WaitFor("the contest's name on the sheet of "+tab, `document.querySelector('.work > .printed').getClientRects().length`, soon)
		shown := get[float64](o.Page, `[...document.querySelectorAll('`+want+`')].filter((e) => e.getClientRects().length).length`)
		keys := get[string](o.Page, `[...document.querySelectorAll('button:not(.textlink, .sort, .cuename, .fold), input, select, textarea, .tabs')].filter((e) => e.getClientRects().length).map((e) => e.id || e.textContent || e.className).join()`)
		if shown == 0 || keys != "" {
			t.Errorf("%s on paper: %v of %s, and things to press: %s", tab, shown, want, keys)
		}
		o.shot("paper-" + tab)
		o.Paper(false)
	}
	// A card's code is what a phone needs, and nothing of it reaches a log.
	o.tab("tickets")
	code := strings.ReplaceAll(get[string](o.Page, `document.querySelector('.card code').textContent`), " ", "")
	if !regexp.MustCompile(`^[A-Z2-7]{23}$`).MatchString(code) {
		t.Fatalf("the card says %q", code)
	}
	phone := o.b.Open("phone", o.n.url+"/t#"+code, 390, 844)
	phone.WaitFor("the ticket taken", `document.querySelector('[data-ticket-state=done]')`, soon)
	if strings.Contains(o.n.Output(), code) {
		t.Error("a ticket's code is in the log")
	}
	// The phone's cookie is lost; the ticket is freed and taken by another.
	other := o.b.Open("other", o.n.url+"/t#"+code, 390, 844)
	other.WaitFor("a bound ticket", `document.querySelector('.note.bad')`, soon)
	o.WaitFor("the form to free one", `document.querySelector('#release-form')`, soon)
	o.write("#release-form input", code[:4]+" "+code[4:])
	o.Click("#release-form .btn")
	o.WaitFor("it freed", `document.querySelector('#release-form input').value === ''`, soon)
	other.Click("form .btn.main")
	other.WaitFor("the ticket on the other phone", `document.querySelector('[data-ticket-state=done]')`, soon)
}
