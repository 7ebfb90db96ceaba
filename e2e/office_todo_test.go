package e2e

import (
	"fmt"
	"testing"
)

// TestOfficeTellsWhatIsLeft: before the night, what is missing is told where an
// organiser looks, with a way to the page that mends it.
func TestOfficeTellsWhatIsLeft(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	task := func(kind string, there bool, text string) {
		t.Helper()
		o.WaitFor(fmt.Sprintf("%s to do: %v", kind, there), fmt.Sprintf(`document.querySelector('#todo') && [...document.querySelectorAll('#todo [data-session=final] [data-todo=%s]')].some((x) => x.textContent.includes(%q)) === %v`, kind, text, there), soon)
	}
	for _, kind := range []string{"rundown", "entries", "host"} {
		task(kind, true, "")
	}
	task("quorum", true, "至少 5 位")
	if desk := get[string](o.Page, `document.querySelector('[data-desk=final]').href`); desk != o.n.url+"/director?session=final" {
		t.Errorf("the desk of the final is at %s", desk)
	}
	o.see("todo")
	o.Click("#todo [data-session=final] [data-todo=host] .btn")
	o.WaitFor("the page of links", `document.querySelector('main[data-page=links] #link-add')`, soon)
	o.Click("#link-add")
	o.Click(`#link-form .choice label:nth-child(3)`)
	o.write("#link-form input[name=name]", "示例主持人")
	o.Click("#link-make")
	o.WaitFor("the host's code", `document.querySelector('dialog .made .qr')`, soon)
	o.Click("dialog footer .btn.main")
	o.none()

	o.tab("entries")
	o.Upload("#import-file", entriesFile(t, 3))
	o.Click("#import-apply:not(:disabled)")
	o.WaitFor("the entries", `document.querySelectorAll('#entries tbody tr').length === 3`, soon)
	o.tab("judges")
	o.WaitFor("the quorum where judges are", `document.querySelector('[data-quorum="5"]')`, soon)
	o.Click("#judge-add:not(:disabled)")
	o.write("#judge-form input[name=name]", "示例评委1")
	o.Pick("#judge-form select[name=sector]", "高校")
	o.Click("dialog .btn.main")
	o.none()
	o.tab("lineup")
	o.WaitFor("the quorum where the panel is", `document.querySelector('#lineup-panel [data-quorum="5"]').textContent.includes('现有 1 位')`, soon)
	o.see("quorum-lineup")
	o.tab("rundown")
	o.WaitFor("the quorum where the rundown is", `document.querySelector('main [data-quorum="5"]')`, soon)

	o.tab("ballots")
	o.Click("#ballot-add:not(:disabled)")
	o.write("#ballot-form input[name=title]", "示例人气投票")
	o.Pick("#ballot-form select[name=session]", "final")
	o.Click("dialog footer .btn.main")
	o.none()
	o.tab("lineup")
	o.Click("#lineup-entries .choice label:nth-child(2)")
	o.Click("#lineup-entries .adding [data-id=E01] button")
	o.Click("#lineup-entries .adding [data-id=E02] button")
	o.Click("#lineup-entries [data-do=save]")
	o.WaitFor("the line-up saved", `document.querySelector('#lineup-entries [data-do=save]').disabled`, soon)
	o.tab("overview")
	task("host", false, "")
	task("entries", false, "")
	task("judges", true, "示例评委1")
	task("ballot", true, "示例项目03")
	o.see("todo-ballot")
	o.Click("#todo [data-session=final] [data-todo=ballot] .btn")
	o.WaitFor("the page of ballots", `document.querySelector('main[data-page=ballots] #ballot-add')`, soon)
}
