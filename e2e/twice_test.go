package e2e

import (
	"testing"
	"time"

	"hecai/strict"
)

// noticed is a row or a reply with what a person should look at.
type noticed struct {
	ID     string
	Notice *strict.Problem
}

func (n noticed) code(t *testing.T) string {
	t.Helper()
	if n.Notice == nil {
		return ""
	}
	wantText(t, n.Notice.Code, n.Notice.Args)
	return n.Notice.Code
}

// TestTheSameAgainIsTold: the same judge under another id and the same link again
// may be meant, so they are made; and the one who asked is told.
func TestTheSameAgainIsTold(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	judge := func(id, name, org string) object {
		return object{"id": id, "name": name, "org": org, "sector": "高校"}
	}
	save := func(judges ...any) (rows []noticed) {
		h.org.Do("POST", "/v1/admin/judges", judges, &rows)
		return rows
	}
	rows := save(judge("j1", "示例评委", "示例大学"), judge("j2", "示例 评委", "示例大学"), judge("j3", "示例评委", "别的大学"))
	if len(rows) != 3 || rows[0].code(t) != "" || rows[1].code(t) != "judge.twice" || rows[2].code(t) != "" || rows[1].Notice.Args["id"] != "j1" {
		t.Errorf("judges: %+v", rows)
	}
	if rows := save(judge("j2", "示例评委二", "示例大学")); rows[1].code(t) != "" {
		t.Errorf("renamed, and still told: %+v", rows[1].Notice)
	}

	make := func(name string) (made noticed) {
		h.org.Do("POST", "/v1/admin/links", object{"role": "judge", "name": name, "session": "final"}, &made)
		return made
	}
	first := make("j1")
	if first.code(t) != "" || make("j2").code(t) != "" {
		t.Error("new links are told as made before")
	}
	second := make("j1")
	if second.code(t) != "access.link_twice" {
		t.Errorf("the same link: %+v", second)
	}
	for _, l := range []noticed{first, second} {
		h.org.Do("DELETE", "/v1/admin/links/"+l.ID, nil, nil)
	}
	if got := make("j1").code(t); got != "" {
		t.Errorf("with the others revoked: %s", got)
	}
}

// TestTheSameAgainIsToldInTheOffice: before it is saved, by what is written.
func TestTheSameAgainIsToldInTheOffice(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := openHouse(t, nil)
	h.org.Do("POST", "/v1/admin/judges", []any{object{"id": "j1", "name": "示例评委", "org": "示例大学", "sector": "高校"}}, nil)
	p := h.office(b, "judges")
	p.Click("#judge-add:not(:disabled)")
	p.Fill("#judge-form input[name=name]", "示例评委")
	p.WaitFor("no word of another's name", `!document.querySelector('#judge-form [data-code]')`, 10*time.Second)
	p.Fill("#judge-form input[name=org]", "示例大学")
	p.WaitFor("word of the same judge", `document.querySelector('#judge-form [data-code="judge.twice"]').innerText.includes('j1')`, 10*time.Second)
	p.Pick("#judge-form select[name=sector]", "高校")
	p.Click("dialog .btn.main")
	p.WaitFor("the judge, with the word", `document.querySelectorAll('#judges tbody tr').length === 2 && document.querySelector('#judges tbody tr:nth-child(2) [data-code="judge.twice"]')`, 20*time.Second)
	p.Hold("[data-drop=j2]", time.Second)
	p.WaitFor("one judge", `document.querySelectorAll('#judges tbody tr').length === 1 && !document.querySelector('[data-code]')`, 20*time.Second)

	p.Click(`[data-tab="links"]`)
	for i := range 2 {
		p.Click("#link-add")
		p.WaitFor("the judges", `document.querySelector('#link-form select[name=name] option[value=j1]')`, 20*time.Second)
		p.Pick("#link-form select[name=name]", "j1")
		if i == 1 {
			p.WaitFor("word of the same link", `document.querySelector('#link-form [data-code="access.link_twice"]')`, 20*time.Second)
		} else if get[bool](p, `!!document.querySelector('#link-form [data-code]')`) {
			t.Error("a first link is told as a second one")
		}
		p.Click("#link-make")
		p.WaitFor("the link", `document.querySelector('.made')`, 20*time.Second)
		if told := get[bool](p, `!!document.querySelector('.made [data-code="access.link_twice"]')`); told != (i == 1) {
			t.Errorf("link %d: told %v", i, told)
		}
		p.Click("dialog .btn.main")
		p.WaitFor("the list", `!document.querySelector('dialog[open]')`, 10*time.Second)
	}
}
