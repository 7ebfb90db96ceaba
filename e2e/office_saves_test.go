package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// tablets are two organisers at two pages of one office, with a judge, a ballot and a
// running order that both have before them.
func tablets(t *testing.T) (mine, theirs *office, v *venue) {
	b := newBrowser(t)
	v = openVenue(t, 4, 2, nil)
	v.org.Do("POST", "/v1/admin/ballots", object{"id": "b", "title": "示例投票", "session": "final", "entries": v.entries,
		"visibility": "count", "level": 2, "quota": object{"window": "ballot", "max": 2}}, nil)
	return v.adminAt(b, 1440, 900), v.adminAt(b, 1024, 768), v
}

// clash waits for both versions in sight, mine as it was typed.
func (o *office) clash(id, theirs, mine string) {
	o.t.Helper()
	o.WaitFor("both versions", fmt.Sprintf(`document.querySelector('#%[1]s') && document.querySelector('#%[1]s').textContent.includes(%[2]q) && document.querySelector('#%[1]s').textContent.includes(%[3]q)`, id, theirs, mine), soon)
	o.see(id)
}

// TestTwoEditAJudge: the second to save is told, and loses nothing: neither by
// taking the other's to go on with, nor by putting their own over it.
func TestTwoEditAJudge(t *testing.T) {
	t.Parallel()
	a, b, v := tablets(t)
	row := func(o *office) string {
		return get[string](o.Page, `document.querySelector('#judges tbody tr').textContent`)
	}
	edit := func(o *office) {
		o.Click("#judges tbody tr:first-child .acts button:first-child")
		o.WaitFor("the form", `document.querySelector('#judge-form')`, soon)
	}
	stored := func() (name, org string) {
		var all []struct{ ID, Name, Org string }
		v.org.Do("GET", "/v1/admin/judges", nil, &all)
		return all[0].Name, all[0].Org
	}
	for _, o := range []*office{a, b} {
		o.tab("judges")
		edit(o)
	}
	a.write("#judge-form input[name=name]", "示例同事改的")
	a.Click("dialog footer .btn.main")
	a.none()
	b.write("#judge-form input[name=org]", "示例我的单位")
	b.Click("dialog footer .btn.main")
	b.clash("judge-clash", "示例同事改的", "示例我的单位")
	if name, org := stored(); name != "示例同事改的" || org == "示例我的单位" {
		t.Errorf("stored %s of %s", name, org)
	}
	b.Click("#judge-clash [data-do=take]") // and go on from there
	b.WaitFor("theirs in the form", `!document.querySelector('#judge-clash') && document.querySelector('#judge-form input[name=name]').value === '示例同事改的'`, soon)
	b.write("#judge-form input[name=org]", "示例我的单位")
	b.Click("dialog footer .btn.main")
	b.none()
	if name, org := stored(); name != "示例同事改的" || org != "示例我的单位" {
		t.Errorf("stored %s of %s", name, org)
	}
	edit(a) // it was looked at before b saved
	a.write("#judge-form input[name=name]", "示例再改")
	a.Click("dialog footer .btn.main")
	a.clash("judge-clash", "示例我的单位", "示例再改")
	a.Hold("#judge-clash [data-do=keep]", time.Second)
	a.none()
	if name, _ := stored(); name != "示例再改" || !strings.Contains(row(a), "示例再改") {
		t.Errorf("stored %s, on the page %s", name, row(a))
	}
	// Both add one: the second chooses another id, with the form as it was filled in.
	for i, o := range []*office{a, b} {
		o.Click("#judge-add:not(:disabled)")
		o.write("#judge-form input[name=name]", fmt.Sprintf("示例新评委%d", i))
		o.Pick("#judge-form select[name=sector]", "高校")
	}
	a.Click("dialog footer .btn.main")
	a.none()
	b.Click("dialog footer .btn.main")
	b.WaitFor("the id told as taken", `document.querySelector('#judge-form .wrong') && document.querySelector('#judge-form input[name=name]').value === '示例新评委1'`, soon)
	b.write("#judge-form input[name=id]", "j9")
	b.Click("dialog footer .btn.main")
	b.none()
	b.WaitFor("four judges", `document.querySelectorAll('#judges tbody tr').length === 4`, soon)
}

// TestTwoEditABallot: also where the rules of the votes are written.
func TestTwoEditABallot(t *testing.T) {
	t.Parallel()
	a, b, v := tablets(t)
	stored := func() (out struct {
		Title   string
		Quota   struct{ Max int }
		Options []any
	}) {
		var all []struct {
			Title   string
			Quota   struct{ Max int }
			Options []any
		}
		v.org.Do("GET", "/v1/admin/ballots", nil, &all)
		return all[0]
	}
	for _, o := range []*office{a, b} {
		o.tab("ballots")
		o.Click("[data-ballot=b] .acts .btn:nth-of-type(2)")
		o.WaitFor("the form with its entries", `document.querySelector('#ballot-form .choose li')`, soon)
	}
	a.write("#ballot-form input[name=max]", "3")
	a.Click("#ballot-form .choose li:first-child input")
	a.Click("dialog footer .btn.main")
	a.none()
	b.write("#ballot-form input[name=title]", "示例我的标题")
	b.Click("dialog footer .btn.main")
	b.clash("ballot-clash", "示例投票", "示例我的标题")
	if s := stored(); s.Title != "示例投票" || s.Quota.Max != 3 || len(s.Options) != 3 {
		t.Errorf("stored %+v", s)
	}
	b.Click("#ballot-clash [data-do=take]")
	b.WaitFor("theirs in the form", `!document.querySelector('#ballot-clash') && document.querySelector('#ballot-form input[name=max]').value === '3'`, soon)
	b.write("#ballot-form input[name=title]", "示例我的标题")
	b.Click("dialog footer .btn.main")
	b.none()
	if s := stored(); s.Title != "示例我的标题" || s.Quota.Max != 3 || len(s.Options) != 3 {
		t.Errorf("stored %+v", s)
	}
	v.org.Refused("take.live", "POST", "/v1/admin/ballots", object{"id": "b~7", "title": "示例", "entries": v.entries, "visibility": "count"})
	v.org.Refused("stage.unknown_session", "POST", "/v1/admin/ballots", object{"id": "c", "session": "nowhere", "title": "示例", "entries": v.entries, "visibility": "count"})
	v.org.Refused("take.live", "POST", "/v1/admin/ballots", object{"id": "c", "session": "final~7", "title": "示例", "entries": v.entries, "visibility": "count"})
	v.org.Do("DELETE", "/v1/admin/ballots/b", nil, nil)
	v.org.Refused("office.stale_rev", "POST", "/v1/admin/ballots", object{"id": "b", "title": "示例", "entries": v.entries, "visibility": "count", "rev": "0123456789abcdef"})
}

// TestTwoTakeAnEntryOut: for two reasons, of which the second is not on record
// unless a person says so.
func TestTwoTakeAnEntryOut(t *testing.T) {
	t.Parallel()
	a, b, v := tablets(t)
	stored := func() (state, reason string) {
		var all []struct{ State, Reason string }
		v.org.Do("GET", "/v1/admin/entries", nil, &all)
		return all[0].State, all[0].Reason
	}
	for i, o := range []*office{a, b} {
		o.tab("entries")
		o.Click("#entries tbody tr:nth-child(1) .textlink")
		o.Click("dialog [data-to=" + []string{"withdrawn", "disqualified"}[i] + "]")
		o.write("#standing-reason", []string{"示例：团队退出", "示例：材料不实"}[i])
	}
	a.Hold("#standing-go", time.Second)
	a.none()
	b.Hold("#standing-go", time.Second)
	b.clash("standing-clash", "示例：团队退出", "示例：材料不实")
	if state, reason := stored(); state != "withdrawn" || reason != "示例：团队退出" {
		t.Errorf("stored %s: %s", state, reason)
	}
	b.Hold("#standing-clash [data-do=keep]", time.Second)
	b.none()
	if state, reason := stored(); state != "disqualified" || reason != "示例：材料不实" {
		t.Errorf("stored %s: %s", state, reason)
	}
}

// TestTwoOrderALineup: the draft outlives the refusal, another tab, and the look at
// what the other has made.
func TestTwoOrderALineup(t *testing.T) {
	t.Parallel()
	a, b, v := tablets(t)
	stored := func() string {
		var l struct{ Entries, Judges []string }
		v.org.Do("GET", "/v1/admin/sessions/final", nil, &l)
		return strings.Join(l.Entries, " ") + " / " + strings.Join(l.Judges, " ")
	}
	pick := func(o *office, list string, ids ...string) {
		o.t.Helper()
		o.Click("#lineup-" + list + " .choice label:nth-child(2)")
		for _, id := range ids {
			o.Click("#lineup-" + list + " .adding [data-id=" + id + "] button")
		}
	}
	for i, o := range []*office{a, b} {
		o.tab("lineup")
		pick(o, "entries", []string{"E001", "E003"}[i], "E002")
		pick(o, "panel", []string{"j1", "j2"}[i])
	}
	saved := func(o *office, list string) {
		o.t.Helper()
		o.WaitFor(list+" stored", `document.querySelector('#lineup-`+list+` [data-do=save]').disabled && !document.querySelector('#lineup-`+list+` [data-unsaved]') && !document.querySelector('#`+list+`-clash')`, soon)
	}
	for _, list := range []string{"entries", "panel"} {
		a.Click("#lineup-" + list + " [data-do=save]")
		saved(a, list)
	}
	b.Click("#lineup-entries [data-do=save]")
	b.clash("entries-clash", "001 ", "示例项目003")
	if got := stored(); got != "E001 E002 / j1" {
		t.Errorf("stored %s", got)
	}
	b.tab("ballots")
	b.tab("lineup")
	b.WaitFor("the clash and the draft still", `document.querySelector('#entries-clash') && document.querySelector('#lineup-entries .places li').dataset.id === 'E003'`, soon)
	b.Hold("#entries-clash [data-do=keep]", time.Second)
	saved(b, "entries")
	b.WaitFor("the panel's clash, found by looking", `document.querySelector('#panel-clash')`, soon)
	b.Click("#panel-clash [data-do=take]")
	saved(b, "panel")
	if got := stored(); got != "E003 E002 / j1" {
		t.Errorf("stored %s", got)
	}
	for _, path := range []string{"entries", "panel"} {
		key := map[string]string{"entries": "entries", "panel": "judges"}[path]
		v.org.Refused("office.stale_rev", "PUT", "/v1/admin/sessions/final/"+path, object{key: []string{}, "rev": "none"})
	}
}

// TestTwoAddACamera: the second name is not the label of the first.
func TestTwoAddACamera(t *testing.T) {
	t.Parallel()
	a, b, v := tablets(t)
	for i, o := range []*office{a, b} {
		o.tab("cameras")
		o.Click("#camera-add:not(:disabled)")
		o.write("#camera-form input[name=label]", fmt.Sprintf("示例机位%d", i))
		o.Click("#camera-form input[name=label]")
	}
	a.Click("dialog footer .btn.main")
	a.none()
	b.WaitFor("the name told as taken", `document.querySelector('#camera-form .wrong') && document.querySelector('#camera-form input[name=label]').value === '示例机位1'`, soon)
	b.write("#camera-form input[name=name]", "cam-9")
	b.Click("dialog footer .btn.main")
	b.none()
	var all []struct{ Name, Label, Rev string }
	v.org.Do("GET", "/v1/admin/cameras?session=final", nil, &all)
	if len(all) != 2 || all[0].Label != "示例机位0" || all[1].Label != "示例机位1" {
		t.Fatalf("cameras %+v", all)
	}
	label := func(text, rev string) object {
		return object{"session": "final", "name": all[0].Name, "label": text, "rev": rev}
	}
	v.org.Do("POST", "/v1/admin/cameras", label("示例新名", all[0].Rev), nil)
	v.org.Refused("office.stale_rev", "POST", "/v1/admin/cameras", label("示例别名", all[0].Rev))
	v.org.Refused("office.stale_rev", "POST", "/v1/admin/cameras", label("示例别名", "none"))
}

// TestOfficeKnowsEveryField: no body of the office has a field that is not heard.
func TestOfficeKnowsEveryField(t *testing.T) {
	t.Parallel()
	doc, err := api()
	if err != nil {
		t.Fatal(err)
	}
	v := openVenue(t, 2, 1, nil)
	asked := 0
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if !strings.HasPrefix(path, "/v1/admin/") || op.RequestBody == nil || op.RequestBody.Value.Content["application/json"] == nil {
				continue
			}
			asked++
			odd := object{"maxVotes": 3}
			var body any = odd
			if op.RequestBody.Value.Content["application/json"].Schema.Value.Type.Is("array") {
				body = []object{odd}
			}
			err := v.org.Try(method, strings.NewReplacer("{session}", "final", "{id}", "any").Replace(path), body, nil)
			e, ok := err.(*apiError)
			switch {
			case !ok:
				t.Errorf("%s %s: %v", method, path, err)
			case e.Code == "rundown.mistakes" && strings.Contains(fmt.Sprint(e.Args), "file.unknown_field") && strings.Contains(fmt.Sprint(e.Args), "maxVotes"):
			case e.Code != "file.unknown_field" || e.Args["field"] != "maxVotes":
				t.Errorf("%s %s: %s %v", method, path, e.Code, e.Args)
			}
		}
	}
	if asked < 15 {
		t.Errorf("only %d bodies found", asked)
	}
}
