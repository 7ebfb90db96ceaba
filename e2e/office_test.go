package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const soon = 15 * time.Second

// long fills a name to the most that is taken, in characters.
func long(name string, most int) string {
	return string([]rune(name + strings.Repeat("超长名称示例", most))[:most])
}

// entriesFile writes n sample entries as the office's own file, the first with
// the longest names.
func entriesFile(t *testing.T, n int) string {
	t.Helper()
	tracks := []string{"先进制造业", "现代农业", "商贸流通", "交通运输"}
	lines := []string{"项目编号,项目名称,赛道,赛题方向,团队名称,牵头参赛单位,合作单位,项目简介"}
	for i := range n {
		title, team, lead := fmt.Sprintf("示例项目%02d", i+1), fmt.Sprintf("示例团队%02d", i+1), "示例科技有限公司"
		if i == 0 {
			title, team, lead = long(title, 60), long(team, 60), long(lead, 60)
		}
		lines = append(lines, fmt.Sprintf("E%02d,%s,%s,1,%s,%s,,示例", i+1, title, tracks[i%len(tracks)], team, lead))
	}
	file := filepath.Join(t.TempDir(), "entries.csv")
	if err := os.WriteFile(file, []byte("\ufeff"+strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// office is the organiser's page as a person uses it.
type office struct {
	*Page
	b *Browser
	n *Node
}

// openOffice starts from an empty folder and makes the first account, as the
// printed link says.
func openOffice(t *testing.T) *office {
	t.Helper()
	b := newBrowser(t)
	n := newNode(t, "--data", t.TempDir())
	o := &office{b.Open("office", n.address("admin"), 1440, 900), b, n}
	o.WaitFor("the setup form", `document.querySelector('form#setup')`, soon)
	if hash := get[string](o.Page, `location.hash`); hash != "" {
		t.Errorf("the secret stays in the address bar: %q", hash)
	}
	o.Fill(`input[name=name]`, "示例组委会")
	o.Fill(`input[name=password]`, "示例的长口令 1")
	o.Click("form#setup .btn.main")
	o.WaitFor("the tabs", `document.querySelector('.tabs button[data-tab=overview]')`, soon)
	return o
}

// see takes the page's picture in the three sizes, and fails where the page is
// wider than the window.
func (o *office) see(name string) {
	o.t.Helper()
	for _, size := range [][2]int64{{390, 844}, {1024, 768}, {1440, 900}} {
		o.Resize(size[0], size[1])
		o.WaitFor("a page as wide as the window", `document.documentElement.scrollWidth <= innerWidth`, 5*time.Second)
		o.shot(fmt.Sprintf("%s-%d", name, size[0]))
	}
}

func (o *office) tab(name string) {
	o.t.Helper()
	o.Click(".tabs button[data-tab=" + name + "]")
	o.WaitFor("the tab "+name, `document.querySelector('main[data-page=`+name+`] h1')`, soon)
}

// write puts a whole text into a field at once: key by key, the longest takes
// seconds on a busy machine.
func (o *office) write(selector, text string) {
	o.t.Helper()
	o.WaitFor(selector, fmt.Sprintf(`document.querySelector(%q)`, selector), soon)
	_, err := eval[bool](o.Page, fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.value = %q; e.dispatchEvent(new Event('input', {bubbles: true})); return true; })()`, selector, text))
	if err != nil {
		o.t.Fatalf("%s: write %s: %v", o.name, selector, err)
	}
}

// none waits until no dialog is open.
func (o *office) none() {
	o.t.Helper()
	o.WaitFor("the dialog to close", `!document.querySelector('dialog[open]')`, soon)
}

// sound fails when a field of the open form would refuse what its label asks
// for: an empty constraint is one that nothing meets.
func (o *office) sound(form string) {
	o.t.Helper()
	o.WaitFor("the form "+form, `document.querySelector('`+form+`')`, soon)
	bad := get[string](o.Page, `[...document.querySelectorAll('`+form+` :is(input, select, textarea)')].flatMap((e) =>
		['pattern', 'min', 'max', 'step', 'maxlength', 'minlength', 'accept', 'list', 'form'].filter((a) => e.hasAttribute(a) && !e.getAttribute(a)).map((a) => e.name + ' ' + a)).join('; ')`)
	if bad != "" {
		o.t.Errorf("%s: empty constraints: %s", form, bad)
	}
}

// TestOffice sets a contest up from nothing, by clicks alone: account, import,
// judges, line-up, ballot and a link of each kind.
func TestOffice(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.WaitFor("a warning that phones can't reach this address", `document.querySelector('[data-home]')`, soon)
	o.see("overview")

	o.tab("entries")
	o.Upload("#import-file", entriesFile(t, 5))
	o.WaitFor("a preview that can be applied", `document.querySelector('#import-apply') && !document.querySelector('#import-apply').disabled`, soon)
	o.Click("#import-apply")
	o.WaitFor("five entries", `document.querySelectorAll('#entries tbody tr').length === 5`, soon)
	o.see("entries")

	o.tab("judges")
	for i := range 4 {
		o.Click("#judge-add:not(:disabled)")
		o.sound("#judge-form")
		name := fmt.Sprintf("示例评委%d", i+1)
		if i == 0 {
			name = long(name, 40)
		}
		o.write("#judge-form input[name=name]", strings.Replace(name, "评", "\u202e评\u200b", 1)) // pasted from somewhere: what shows is kept
		o.write("#judge-form input[name=org]", long("示例大学", 60))
		o.Pick("#judge-form select[name=sector]", "高校")
		o.Click("dialog .btn.main")
		o.none()
		o.WaitFor("the judge", fmt.Sprintf(`document.querySelectorAll('#judges tbody tr').length === %d`, i+1), soon)
	}
	if name := get[string](o.Page, `document.querySelector('#judges tbody tr:nth-child(2) b').textContent`); name != "示例评委2" {
		o.t.Errorf("a pasted name is kept as %q", name)
	}
	o.Hold("[data-drop=j4]", time.Second)
	o.WaitFor("three judges", `document.querySelectorAll('#judges tbody tr').length === 3`, soon)
	o.see("judges")

	o.lineUp()
	o.withdraw()
	o.ballot()
	o.links()
	o.staff()
}

// lineUp chooses three finalists in another order, and a panel.
func (o *office) lineUp() {
	o.t.Helper()
	o.tab("lineup")
	for _, list := range []string{"entries", "panel"} {
		at := "#lineup-" + list
		o.Click(at + " .choice label:nth-child(2)")
		for _, id := range map[string][]string{"entries": {"E03", "E01", "E02"}, "panel": {"j2", "j1"}}[list] {
			o.Click(at + " .adding [data-id=" + id + "] button")
		}
		first := map[string]string{"entries": "E01", "panel": "j1"}[list]
		o.Click(at + " .places [data-id=" + first + "] [data-do=up]")
		o.Click(at + " [data-do=save]")
		o.WaitFor(list+" in order", `document.querySelector('`+at+` .places li').dataset.id === '`+first+`' && document.querySelector('`+at+` [data-do=save]').disabled`, soon)
	}
	o.see("lineup")
	o.Go(o.n.url + "/admin#lineup")
	o.WaitFor("the stored order", `[...document.querySelectorAll('#lineup-entries .places li')].map((x) => x.dataset.id).join() === 'E01,E03,E02'`, soon)
}

// withdraw takes an entry out, for a reason, and back.
func (o *office) withdraw() {
	o.t.Helper()
	o.tab("entries")
	o.Click("#entries tbody tr:nth-child(5) .textlink")
	o.Click("dialog [data-to=withdrawn]")
	o.WaitFor("a key that waits for a reason", `document.querySelector('#standing-go') && document.querySelector('#standing-go').disabled`, soon)
	o.write("#standing-reason", long("示例：设备损坏", 200))
	o.Hold("#standing-go", time.Second)
	o.none()
	o.WaitFor("the reason in the list", `document.querySelector('#entries tbody tr:nth-child(5)').textContent.includes('设备损坏')`, soon)
	o.see("withdrawn")
	o.Click("#entries tbody tr:nth-child(5) .textlink")
	o.Click("dialog [data-to=qualified]")
	o.Click("#standing-go")
	o.none()
	o.WaitFor("the entry back", `!document.querySelector('#entries tbody tr:nth-child(5)').textContent.includes('设备损坏')`, soon)
}

// ballot makes one of the session's own entries, by ticket unless one says
// otherwise.
func (o *office) ballot() {
	o.t.Helper()
	o.tab("ballots")
	o.Click("#ballot-add:not(:disabled)")
	o.sound("#ballot-form")
	o.WaitFor("tickets as the way in", `document.querySelector('#ballot-form input[name=level]').checked && !document.querySelector('#ballot-open-to-all')`, soon)
	o.write("#ballot-form input[name=title]", long("示例人气投票", 120))
	o.write("#ballot-form input[name=closes]", "2001-01-01T00:00")
	o.WaitFor("a past end told at its field", `document.querySelector('#ballot-form input[name=closes]').closest('.field').querySelector('.wrong')`, soon)
	if !get[bool](o.Page, `document.querySelector('dialog footer .btn.main').disabled`) {
		o.t.Error("a window that is over can be saved")
	}
	o.write("#ballot-form input[name=closes]", "")
	o.see("ballot-form")
	o.Click("dialog footer .btn.main")
	o.none()
	o.WaitFor("the ballot of three", `document.querySelector('[data-ballot=vote-1]') && document.querySelector('[data-ballot=vote-1]').textContent.includes('3')`, soon)
	o.Click("#ballot-add:not(:disabled)")
	o.write("#ballot-form input[name=title]", "示例热身投票")
	o.Click("#ballot-form .choice:has(input[name=level]) label:nth-child(2)")
	o.WaitFor("a warning that anyone has many devices", `document.querySelector('#ballot-open-to-all')`, soon)
	o.Click("dialog footer .btn.main")
	o.none()
	o.see("ballots")
}

// links makes one of each kind; a host's among them.
func (o *office) links() {
	o.t.Helper()
	for _, role := range []string{"judge", "screen", "host"} {
		o.tab("links")
		o.Click("#link-add")
		o.Click(fmt.Sprintf(`#link-form .choice label:nth-child(%d)`, map[string]int{"judge": 1, "screen": 2, "host": 3}[role]))
		o.WaitFor("the field of a "+role, `document.querySelector('#link-form [name=name]')`, soon)
		o.sound("#link-form")
		switch role {
		case "judge":
			o.Pick("#link-form select[name=name]", "j1")
		case "host":
			o.write("#link-form input[name=name]", "示例主持人")
		}
		o.Click("#link-make")
		o.WaitFor("the code of a "+role, `document.querySelector('dialog .made .qr') && document.querySelector('dialog [data-home]')`, soon)
		url := get[string](o.Page, `document.querySelector('dialog .line code').textContent`)
		if !strings.HasPrefix(url, o.n.url+"/"+role) {
			o.t.Errorf("the link of a %s: %q", role, url)
		}
		if role == "host" {
			o.see("link-host")
			host := o.b.Open("host", url, 390, 844)
			host.WaitFor("the prompter", `document.querySelector('#next')`, soon)
		}
		o.Click("dialog footer .btn.main")
		o.none()
	}
	o.WaitFor("three links", `document.querySelectorAll('#links tbody tr').length === 3`, soon)
	o.see("links")

	o.tab("cameras")
	o.Click("#camera-add:not(:disabled)")
	o.sound("#camera-form")
	o.write("#camera-form input[name=label]", long("示例机位", 40))
	o.Click("dialog .btn.main")
	o.none()
	o.see("cameras")
}

// staff makes an account.
func (o *office) staff() {
	o.t.Helper()
	o.tab("staff")
	o.Click("#staff-add")
	o.sound("#staff-form")
	o.write("#staff-form input[name=name]", long("示例导演", 40))
	o.Click("#staff-make")
	o.WaitFor("the account's code", `document.querySelector('dialog .made .qr')`, soon)
	o.Click("dialog footer .btn.main")
	o.none()
	o.see("staff")
}
