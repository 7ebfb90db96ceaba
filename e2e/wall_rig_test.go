package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hecai/server/node"
)

// venue is a house with a large contest, made through the public routes: many
// entries and judges, with names as long as they come.
type venue struct {
	*house
	entries []string
	judges  []string
	cues    []object
}

// The longest names that real entries and judges have.
const (
	longTitle = "面向寒地农业全产业链的多源遥感与大模型协同决策支持平台及其示范应用研究"
	longTeam  = "北疆粮仓数字化攻关联合团队"
	longLead  = "吉林省农村信用社联合社金融科技创新中心有限责任公司"
)

// openVenue makes the contest; set may change the node's configuration.
func openVenue(t *testing.T, entries, judges int, set func(*node.Config)) *venue {
	t.Helper()
	v := &venue{house: openHouse(t, set)}
	tracks := []string{"manufacturing", "agriculture", "commerce", "transport", "finance", "science",
		"culture-tourism", "health", "emergency", "meteorology", "city", "green"}
	var rows []object
	for i := range entries {
		id := fmt.Sprintf("E%03d", i+1)
		title := fmt.Sprintf("%03d %s", i+1, longTitle)
		if i%3 == 2 {
			title = fmt.Sprintf("示例项目%03d", i+1)
		}
		v.entries = append(v.entries, id)
		rows = append(rows, object{"code": id, "title": title, "track": tracks[i%len(tracks)], "direction": "1",
			"team": fmt.Sprintf("%s%03d", longTeam, i+1), "lead": longLead, "summary": "示例"})
	}
	v.org.Do("POST", "/v1/admin/entries", object{"rows": rows}, nil)
	var panel []object
	for i := range judges {
		id := fmt.Sprintf("j%d", i+1)
		v.judges = append(v.judges, id)
		panel = append(panel, object{"id": id, "name": fmt.Sprintf("欧阳示例评委%02d", i+1), "org": longLead, "sector": "高校"})
	}
	v.org.Do("POST", "/v1/admin/judges", panel, nil)
	return v
}

// plan replaces the rundown.
func (v *venue) plan(cues ...object) {
	v.t.Helper()
	v.cues = cues
	v.org.Do("PUT", "/v1/admin/rundown/final", object{"session": "final", "title": "首届吉林省人工智能与数字经济创新应用大赛总决赛暨颁奖典礼",
		"subtitle": "数智吉林 · 共创未来", "cues": cues}, nil)
}

// cue is a line of a rundown; a grave one is armed and held.
func cue(id string, grave bool, actions ...object) object {
	return object{"id": id, "title": "环节 " + id, "line": "主持词 " + id, "confirm": grave, "actions": actions}
}

func scene(name string) object { return object{"kind": "scene", "scene": name} }

func act(kind string, fields ...any) object {
	o := object{"kind": kind}
	for i := 0; i < len(fields); i += 2 {
		o[fields[i].(string)] = fields[i+1]
	}
	return o
}

// deskView is what the tests read of the director's desk.
type deskView struct {
	Rev  int64
	Next *string
	Cues []struct {
		ID, State   string
		Step, Steps int
		Confirm     bool
	}
	Judges []struct {
		ID, Name              string
		Online, Done, Recused bool
	}
	Need, Audience int
	Blockers       []struct{ Code string }
}

func (v *venue) desk() (d deskView) {
	v.t.Helper()
	v.org.Do("GET", "/v1/stage/final/desk", nil, &d)
	return d
}

// command gives a command of the organiser at the revision of now, again where the
// show has moved by itself meanwhile: nothing was done then.
func (v *venue) command(fields object) {
	v.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		fields["rev"] = v.desk().Rev
		err := v.org.Try("POST", "/v1/stage/final/commands", fields, nil)
		if err == nil {
			return
		}
		if e, ok := err.(*apiError); !ok || e.Code != "stage.stale_rev" && !busy(err) || time.Now().After(deadline) {
			v.t.Fatalf("%v: %v", fields, err)
		}
	}
}

// step arms the cue if it must be armed, and fires one step of it.
func (v *venue) step(id string) {
	v.t.Helper()
	for _, c := range v.desk().Cues {
		if c.ID == id && c.Confirm && c.State == "planned" {
			v.command(object{"kind": "arm", "cue": id})
		}
	}
	v.command(object{"kind": "fire", "cue": id})
}

// fire fires the cue to its last step.
func (v *venue) fire(ids ...string) {
	v.t.Helper()
	for _, id := range ids {
		for more := true; more; {
			v.step(id)
			for _, c := range v.desk().Cues {
				if c.ID == id {
					more = c.State != "done" && c.State != "skipped"
				}
			}
		}
	}
}

// score hands in the judge's sheets of the entries; mark is in hundredths.
func (v *venue) score(judge string, entries []string, mark func(i int) int) {
	v.t.Helper()
	c := v.holder("judge", judge, "final")
	for i, e := range entries {
		m := mark(i)
		c.Do("PUT", "/v1/judge/sheets/"+e, object{"rev": 0, "comment": "", "marks": object{
			"innovation": m, "practicality": m, "technology": m, "sustainability": m}}, nil)
		c.Do("POST", "/v1/judge/sheets/"+e+"/submit", object{"rev": 1}, nil)
	}
}

// linkTo is the address of a page for the holder of a link.
func (v *venue) linkTo(page, role, name string) string {
	v.t.Helper()
	var out struct{ Token string }
	v.org.Do("POST", "/v1/admin/links", object{"role": role, "name": name, "session": "final"}, &out)
	return v.url + "/" + page + "#t=" + out.Token
}

// deskAt opens the director's desk in a browser.
func (v *venue) deskAt(b *Browser, width, height int64) *Page {
	v.t.Helper()
	var out struct{ URL string }
	name := fmt.Sprintf("导演 %d×%d", width, height)
	v.org.Do("POST", "/v1/admin/staff", object{"name": name, "roles": []string{"director"}}, &out)
	_, login, _ := strings.Cut(out.URL, "/director")
	return b.Open(fmt.Sprintf("director-%d", width), v.url+"/director"+login, width, height)
}

// settled says whether what moves has come to rest. A countdown's ring never
// does: each step of it is a transition of its own.
const settled = `document.getAnimations().every((a) => a.playState !== 'running' || a.effect.getComputedTiming().iterations === Infinity || a.effect.target.matches('.ring .arc'))`

// outside lists the elements of the selector that are not wholly inside the
// page, or whose text is cut off by themselves.
func outside(selector string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%q)].filter((e) => {
		const r = e.getBoundingClientRect();
		if (!e.textContent.trim()) return false;
		return r.width === 0 || r.left < -0.5 || r.top < -0.5 || r.right > innerWidth + 0.5 || r.bottom > innerHeight + 0.5;
	}).map((e) => e.textContent.trim().slice(0, 24) + ' ' + JSON.stringify(e.getBoundingClientRect()))`, selector)
}

// overlaps lists pairs of elements, one of each selector, that share a pixel.
func overlaps(a, b string) string {
	return fmt.Sprintf(`(() => {
		const out = [];
		for (const x of document.querySelectorAll(%q)) for (const y of document.querySelectorAll(%q)) {
			if (x === y || x.contains(y) || y.contains(x)) continue;
			const p = x.getBoundingClientRect(), q = y.getBoundingClientRect();
			if (p.width && q.width && p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 1 && q.top < p.bottom - 1) {
				out.push(x.textContent.trim().slice(0, 20) + ' × ' + y.textContent.trim().slice(0, 20));
			}
		}
		return out;
	})()`, a, b)
}

// none fails the test with what the expression lists of a page at rest, which is
// asked at once: a board turns its page while one looks away.
func (p *Page) none(what, js string) {
	p.t.Helper()
	p.WaitFor("rest", `(() => { if (!(`+settled+`)) return false; window.listed = `+js+`; return true; })()`, 30*time.Second)
	if list := get[[]string](p, "window.listed"); len(list) > 0 {
		p.t.Errorf("%s: %s:\n%s", p.name, what, strings.Join(list, "\n"))
		p.keep("failed-" + p.name)
	}
}

// keep keeps a picture where WALLS says, for a person to look at.
func (p *Page) keep(name string) {
	if dir := os.Getenv("WALLS"); dir != "" {
		p.WaitFor("rest", settled, 30*time.Second)
		p.Shot(filepath.Join(dir, name+".png"))
	}
}
