package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hecai/access"
)

// office signs an organiser in and opens a tab of the administration.
func (h *house) office(b *Browser, tab string) *Page {
	h.t.Helper()
	return h.officeAt(b, h.url, tab)
}

// officeAt is office by another address of the node.
func (h *house) officeAt(b *Browser, base, tab string) *Page {
	h.t.Helper()
	var made struct{ URL string }
	h.org.Do("POST", "/v1/admin/staff", object{"name": "示例导入者", "roles": []access.Role{access.Organiser}}, &made)
	_, secret, _ := strings.Cut(made.URL, "#login=")
	p := b.Open("admin", base+"/admin#login="+secret, 1366, 900)
	p.WaitFor("the desk", fmt.Sprintf(`document.querySelector('[data-tab=%q]')`, tab), 15*time.Second)
	p.Click(fmt.Sprintf(`[data-tab=%q]`, tab))
	return p
}

// sample is the path of a case's file, from the tests of package sheet.
func sample(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("../sheet/testdata", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// told waits until the preview has such lines of a kind and one has all texts.
func (p *Page) told(kind string, lines int, texts ...string) {
	p.t.Helper()
	p.WaitFor(fmt.Sprintf("%d lines of %s with %q", lines, kind, texts), fmt.Sprintf(`(() => {
		const rows = [...document.querySelectorAll('#import-preview tr[data-kind=%q]')];
		return rows.length === %d && rows.some((r) => %q.split('|').every((x) => r.innerText.includes(x)));
	})()`, kind, lines, strings.Join(texts, "|")), 20*time.Second)
}

// TestImportPage chooses files as an organiser does: what was read and from which
// sheet is told before anything changes, and what can't be read by its cell.
func TestImportPage(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	p := h.office(b, "entries")
	p.WaitFor("the import", `document.querySelector('#import-file')`, 10*time.Second)
	const applicable = `!document.querySelector('#import-apply').disabled`

	p.Upload("#import-file", sample(t, "xlsx-error-values/input.xlsx"))
	p.told("problem", 3, "团队名称", "E2", "#N/A", "错误值")
	if get[bool](p, applicable) {
		t.Error("a list with error cells can be applied")
	}
	p.shot("import-problems")
	p.Upload("#import-file", sample(t, "xlsx-date-became-number/input.xlsx"))
	p.told("problem", 2, "B3", "2024/10/1", "日期")
	p.Upload("#import-file", sample(t, "rare-characters-on-the-screen/input.xlsx"))
	p.told("add", 1, "𠮷田䶮智慧气象Ⅲ期项目")
	if get[int](p, `document.querySelectorAll('tr[data-kind="notice"]').length`) != 0 {
		t.Error("characters that the screen draws are marked")
	}
	undrawn := filepath.Join(t.TempDir(), "undrawn.csv")
	text := "项目名称,赛道,赛题方向,团队名称,牵头参赛单位\n示例𪚥项目,气象服务,1,示例\ue863队,示例单位\n"
	if err := os.WriteFile(undrawn, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Upload("#import-file", undrawn)
	p.told("notice", 2, "A2", "𪚥", "空框")
	if !get[bool](p, applicable) {
		t.Error("a character that the screen lacks holds the list back")
	}

	p.Upload("#import-file", sample(t, "two-lists.xlsx"))
	p.WaitFor("the choice of sheets", `document.querySelectorAll('#import-sheets button').length === 2`, 20*time.Second)
	p.shot("import-sheets")
	p.Click("#import-sheets button:nth-child(2)")
	p.WaitFor("the second sheet", `document.querySelector('#import-sheet') && document.querySelector('#import-sheet').innerText.includes('乙组')`, 20*time.Second)
	p.Upload("#import-file", sample(t, "xlsx-cover-sheet-first/input.xlsx"))
	p.WaitFor("the sheet's name", `document.querySelector('#import-sheet') && document.querySelector('#import-sheet').innerText.includes('报名表')`, 20*time.Second)
	p.told("add", 2, "示例项目1")
	p.Click("#import-apply")
	p.WaitText("示例项目2", 10*time.Second)
	p.WaitFor("the list without a preview", `!document.querySelector('#import-preview') && document.querySelectorAll('.entries tbody tr').length === 2`, 10*time.Second)
}
