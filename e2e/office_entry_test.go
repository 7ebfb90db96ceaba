package e2e

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"hecai/sheet"
)

// TestOfficeEntryByHand adds an entry by a form and corrects it, with the checks of the
// import, and takes the list home as a file that the import reads.
func TestOfficeEntryByHand(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.tab("entries")
	rows := func(n int, text string) {
		t.Helper()
		o.none()
		o.WaitFor("the list", fmt.Sprintf(`document.querySelectorAll('#entries tbody tr').length === %d && document.querySelector('#entries').textContent.includes(%q)`, n, text), soon)
	}
	fill := func(title, team, lead string) {
		t.Helper()
		o.Click("#entry-add:not(:disabled)")
		o.sound("#entry-form")
		o.write("#entry-form input[name=title]", title)
		o.Pick("#entry-form select[name=track]", "meteorology")
		o.Pick("#entry-form select[name=direction]", "2")
		o.write("#entry-form input[name=team]", team)
		o.write("#entry-form input[name=lead]", lead)
	}
	fill("示例\u200b项\u202e目", long("示例团队", 60), long("示例科技", 60)) // pasted: what does not show is not kept
	o.write("#entry-form textarea[name=partners]", "示例甲\n示例乙")
	o.see("entry-form")
	o.Click("#entry-save")
	rows(1, "示例项目")

	fill("示例项目", "示例二队", "另一单位") // somebody else's title: a person has to look
	o.write("#entry-form input[name=code]", "E001")
	o.WaitFor("a taken code told at its field", `document.querySelector('#entry-form input[name=code]').closest('.field').querySelector('.wrong') && document.querySelector('#entry-save').disabled`, soon)
	o.write("#entry-form input[name=code]", "N7")
	o.Click("#entry-save")
	o.WaitFor("the same title told", `document.querySelector('#entry-asks [data-code="entry.same_title"]')`, soon)
	o.see("entry-asks")
	o.Click("#entry-save")
	rows(2, "另一单位")

	fill("示例三", "示例团队三", "吉林省数据局") // an organiser may not take part: refused at its field
	o.write("#entry-form input[name=lead]", get[string](o.Page, `fetch('/v1/contest').then((r) => r.json()).then((p) => p.bodies[0].name)`))
	o.Click("#entry-save")
	o.WaitFor("the unit refused at its field", `document.querySelector('#entry-form input[name=lead]').closest('.field').querySelector('.wrong')`, soon)
	o.write("#entry-form input[name=lead]", "=示例单位")
	o.Click("#entry-save")
	rows(3, "=示例单位")

	o.Click("#entries tbody tr:nth-child(2) .textlink")
	o.Click("dialog [data-do=edit]")
	o.WaitFor("the entry as it is", `document.querySelector('#entry-form input[name=code]').disabled && document.querySelector('#entry-form input[name=code]').value === 'N7'`, soon)
	o.write("#entry-form input[name=title]", "示例项目改名")
	o.Click("#entry-save")
	o.WaitFor("what the plan freezes", `document.querySelector('#entry-asks [data-frozen]')`, soon)
	o.Click("#entry-save")
	rows(3, "示例项目改名")
	o.overwritten()
	o.listed()
}

// overwritten has another save the same entry while the form is open: both are shown.
func (o *office) overwritten() {
	o.t.Helper()
	o.Click("#entries tbody tr:nth-child(2) .textlink")
	o.Click("dialog [data-do=edit]")
	o.write("#entry-form input[name=team]", "我的团队")
	status := get[int](o.Page, `fetch('/v1/admin/entries', { method: 'POST', headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ rows: [{ code: 'N7', title: '示例项目改名', track: 'meteorology', direction: '2', team: '别人的团队', lead: '另一单位' }] }) }).then((r) => r.status)`)
	if status != http.StatusOK {
		o.t.Fatalf("the other's save: %d", status)
	}
	o.Click("#entry-save")
	o.WaitFor("both versions", `document.querySelector('#entry-clash') && document.querySelector('#entry-clash').textContent.includes('别人的团队') && document.querySelector('#entry-clash').textContent.includes('我的团队')`, soon)
	o.Click("#entry-clash [data-do=take]")
	o.WaitFor("theirs in the form", `document.querySelector('#entry-form input[name=team]').value === '别人的团队'`, soon)
	o.write("#entry-form input[name=team]", "共同的团队")
	o.Click("#entry-save")
	o.none()
	o.WaitFor("what both agreed on", `document.querySelector('#entries').textContent.includes('共同的团队')`, soon)
}

// listed takes the list home, and the import finds nothing to do in it.
func (o *office) listed() {
	o.t.Helper()
	data, err := base64.StdEncoding.DecodeString(get[string](o.Page, `fetch(document.querySelector('#entries-list').href).then((r) => r.arrayBuffer()).then((b) => btoa(String.fromCharCode(...new Uint8Array(b))))`))
	if err != nil {
		o.t.Fatal(err)
	}
	table, problems := sheet.Read(data, "")
	if len(problems) > 0 || len(table.Ignored) > 0 || len(table.Rows) != 3 || !slices.Contains([]string{table.Rows[0].Lead, table.Rows[1].Lead, table.Rows[2].Lead}, "=示例单位") {
		o.t.Errorf("the list: %+v, ignored %v, problems %v", table.Rows, table.Ignored, problems)
	}
}
