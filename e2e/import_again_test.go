package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestImportAgain takes a list in a second time, as an organiser does who was sent
// a corrected one: a field without a column stays, what another has changed since
// the preview is shown before it is written over, and what people have seen on
// stage is held.
func TestImportAgain(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	v := openVenue(t, 2, 1, nil)
	row := func(i int, title string) object {
		return object{"code": fmt.Sprintf("E%03d", i), "title": title, "track": "agriculture", "direction": "1", "team": fmt.Sprintf("示例团队%d", i), "lead": "示例科技有限公司"}
	}
	entry := func(i int) (e struct {
		Title, Summary, Lead string
		Partners             []string
	}) {
		t.Helper()
		var all []struct {
			ID, Title, Summary, Lead string
			Partners                 []string
		}
		v.org.Do("GET", "/v1/admin/entries", nil, &all)
		return struct {
			Title, Summary, Lead string
			Partners             []string
		}{all[i-1].Title, all[i-1].Summary, all[i-1].Lead, all[i-1].Partners}
	}
	set := func(r object, more ...any) {
		t.Helper()
		for i := 0; i+1 < len(more); i += 2 {
			r[more[i].(string)] = more[i+1]
		}
		var out struct{ Applied bool }
		if v.org.Do("POST", "/v1/admin/entries", object{"rows": []object{r}}, &out); !out.Applied {
			t.Fatalf("%v was not taken", r)
		}
	}
	set(row(1, "示例项目一"), "partners", "示例甲；示例乙", "summary", "示例简介")
	set(row(1, "示例项目壹")) // names neither
	if e := entry(1); e.Title != "示例项目壹" || len(e.Partners) != 2 || e.Summary != "示例简介" {
		t.Errorf("what a row did not name was changed: %+v", e)
	}
	set(row(2, "示例项目二"))

	p := v.office(b, "entries")
	p.WaitFor("the import", `document.querySelector('#import-file')`, 10*time.Second)
	list := func(one, two string) string {
		file := filepath.Join(t.TempDir(), "again.csv")
		text := "项目编号,项目名称,赛道,赛题方向,团队名称,牵头参赛单位\nE001," + one + ",agriculture,1,示例团队1,示例科技有限公司\nE002," + two + ",agriculture,1,示例团队2,示例科技有限公司\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	p.Upload("#import-file", list("示例新名一", "示例项目二"))
	p.told("change", 1, "示例新名一")
	p.WaitFor("what the list has no column for", `document.querySelector('#import-kept') && document.querySelector('#import-kept').innerText.includes('合作单位')`, 10*time.Second)
	if got := get[string](p, `document.querySelector('#import-preview').innerText`); strings.Contains(got, "示例甲") {
		t.Errorf("the preview blanks partners:\n%s", got)
	}
	// Another changes the same entry before this list is applied.
	set(row(1, "示例他人所改"))
	p.Click("#import-apply")
	p.WaitFor("the clash and what the list would do now", `document.querySelector('.importing [role=alert]') && document.querySelector('#import-preview').innerText.includes('示例他人所改')`, 20*time.Second)
	if e := entry(1); e.Title != "示例他人所改" {
		t.Errorf("written over in silence: %+v", e)
	}
	p.Click("#import-apply")
	p.WaitFor("the list without a preview", `!document.querySelector('#import-preview')`, 20*time.Second)
	if e := entry(1); e.Title != "示例新名一" || len(e.Partners) != 2 || e.Summary != "示例简介" {
		t.Errorf("after the list: %+v", e)
	}

	v.plan(cue("card", false, act("entry", "entry", "E001"), scene("entry")))
	v.fire("card")
	p.Upload("#import-file", list("示例再改", "示例第二个可以改"))
	p.told("problem", 1, "示例新名一", "已登台")
	p.told("change", 2, "示例第二个可以改")
	if get[bool](p, `!document.querySelector('#import-apply').disabled`) {
		t.Error("what was on stage can be renamed by a list")
	}
	v.org.Do("POST", "/v1/admin/entries", object{"rows": []object{row(1, "示例再改")}}, nil)
	if e := entry(1); e.Title != "示例新名一" {
		t.Errorf("entry.on_record: renamed to %q", e.Title)
	}
	set(row(1, "示例新名一"), "summary", "示例简介可以改")
	p.Upload("#import-file", list("示例新名一", "示例第二个可以改"))
	p.told("change", 1, "示例第二个可以改")
	p.Click("#import-apply")
	p.WaitFor("the list without a preview", `!document.querySelector('#import-preview')`, 20*time.Second)
}
