package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"hecai/access"
)

// results is what /v1/results/S says.
type results struct {
	Session, In string
	Whole       bool
	Awards      []struct {
		Level   string
		Winners []struct{ Entry, Title, Total string }
	}
	Result *struct {
		Root      string
		Decisions []struct{ What string }
		Rows      []struct {
			ID, Award, Total, Jury string
			Rank                   int
		}
	}
}

// scoredFinal is a final of five entries and six judges, with its sheets in: the
// higher the number of an entry the better.
func scoredFinal(t *testing.T) *house {
	t.Helper()
	h, judges := final(t)
	h.org.Do("DELETE", "/v1/admin/judges/test", nil, nil)
	return h.scored(judges)
}

func (h *house) scored(judges map[string]*Client) *house {
	h.t.Helper()
	h.org.Do("PUT", "/v1/admin/rundown/final", object{"session": "final", "title": "示例决赛", "cues": []object{
		{"id": "open", "title": "打分", "actions": []object{{"kind": "sheets_open", "entry": "*"}}},
		{"id": "lock", "title": "锁分", "actions": []object{{"kind": "sheets_lock", "entry": "*"}}},
		{"id": "seal", "title": "封存", "confirm": true, "actions": []object{{"kind": "seal"}}},
		{"id": "end", "title": "结束", "confirm": true, "actions": []object{{"kind": "end"}}},
	}}, nil)
	h.run("final", "open")
	for i := range 6 {
		id := fmt.Sprintf("j%d", i+1)
		for e := range 5 {
			score(judges[id], fmt.Sprintf("e%03d", e+1), 60+5*e+i)
		}
	}
	h.run("final", "lock", "seal")
	return h
}

// run fires cues of a session to their ends, armed where they must be.
func (h *house) run(session string, cues ...string) {
	h.t.Helper()
	director := h.staff[access.Director]
	for _, c := range cues {
		for steps := 0; ; steps++ {
			var desk struct{ Rev int64 }
			director.Do("GET", "/v1/stage/"+session+"/desk", nil, &desk)
			err := director.Try("POST", "/v1/stage/"+session+"/commands", object{"kind": "fire", "cue": c, "rev": desk.Rev}, nil)
			refused, _ := err.(*apiError)
			code := ""
			if refused != nil {
				code = refused.Code
			}
			switch {
			case code == "stage.not_armed":
				director.Do("POST", "/v1/stage/"+session+"/commands", object{"kind": "arm", "cue": c, "rev": desk.Rev}, nil)
				continue
			case code == "stage.done" && steps > 0, code == "stage.ended" && steps > 0, code == "stage.vacant":
			case err != nil:
				h.t.Fatalf("%s: fire %s: %v", session, c, err)
			default:
				continue
			}
			break
		}
	}
}

func (h *house) results(session string) (r results) {
	h.t.Helper()
	h.client().Do("GET", "/v1/results/"+session, nil, &r)
	return r
}

// TestTheCeremonyRevealsTheFinal: the organiser says by clicks that the ceremony reveals
// the final's result, and has its programme made; the final shows nothing of it, the
// ceremony all; winners appear in public as they are revealed, the whole ranking after
// the verification, and the press has its files.
func TestTheCeremonyRevealsTheFinal(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := scoredFinal(t)
	o := &office{h.office(b, "sessions"), b, nil}
	o.press("#session-add")
	o.write("#session-form input[name=title]", long("示例颁奖典礼", 60))
	o.write("#session-form input[name=id]", "gala")
	o.Pick("#session-form select[name=kind]", "ceremony")
	o.Pick("#session-form select[name=reveals]", "final")
	o.see("session-reveals")
	o.press("dialog footer .btn.main")
	o.none()
	o.WaitFor("whose result it is", `document.querySelector('tr[data-session=gala] [data-reveals=final]') && document.querySelector('tr[data-session=final] [data-revealed=gala]')`, soon)
	o.see("sessions-reveals")

	// A session that is revealed elsewhere and seals nothing is told.
	h.org.Do("POST", "/v1/admin/sessions", object{"id": "late", "title": "示例", "kind": "other", "reveals": "roadshow"}, nil)
	h.org.Do("PUT", "/v1/admin/rundown/roadshow", object{"session": "roadshow", "title": "示例路演", "cues": []object{{"id": "a", "title": "开场", "actions": []object{{"kind": "scene", "scene": "title"}}}}}, nil)
	o.tab("overview")
	o.WaitFor("that nothing seals it", `document.querySelector('#todo [data-session=roadshow] [data-todo=seal]') && !document.querySelector('#todo [data-session=final] [data-todo=seal]')`, soon)
	h.org.Do("DELETE", "/v1/admin/sessions/late", nil, nil)
	o.tab("sessions")

	// Its line-up is the final's, and the final can't be told to reveal another's.
	o.press("tr[data-session=gala] [data-to=lineup]")
	o.WaitFor("that it follows", `document.querySelector('#lineup-follows') && [...document.querySelectorAll('.lineup [data-do=save]')].every((x) => x.disabled)`, soon)
	h.org.Refused("session.follows", "PUT", "/v1/admin/sessions/gala/entries", object{"entries": []string{"e001"}})
	h.org.Do("POST", "/v1/admin/sessions", object{"id": "late", "title": "示例", "kind": "other", "reveals": "roadshow"}, nil)
	h.org.Refused("session.reveals_none", "PUT", "/v1/admin/sessions/roadshow", object{"title": "示例", "kind": "roadshow", "reveals": "ceremony"})
	h.org.Do("DELETE", "/v1/admin/sessions/late", nil, nil)
	h.org.Refused("session.revealed_twice", "POST", "/v1/admin/sessions", object{"id": "other", "title": "示例", "kind": "other", "reveals": "final"})
	h.org.Refused("stage.rundown", "PUT", "/v1/admin/rundown/final", object{"session": "final", "title": "示例决赛", "cues": []object{
		{"id": "seal", "title": "封存", "confirm": true, "actions": []object{{"kind": "seal"}}}, {"id": "verify", "title": "公布", "actions": []object{{"kind": "reveal", "what": "verify"}}}}})

	// Its programme.
	o.tab("rundown")
	o.WaitFor("the ceremony's rundown", `document.querySelector('#session').value === 'gala'`, soon)
	o.press("#rundown-programme")
	o.WaitFor("what suits a ceremony", `document.querySelectorAll('#programme-form .choice label').length === 2 && !document.querySelector('#programme-form [name=ballot]')`, soon)
	o.press("#programme-form .choice label:nth-child(1)")
	o.press("dialog footer .btn.main")
	o.none()
	o.press("#rundown-save")
	o.WaitFor("what is in force", `document.querySelector('#rundown-save').disabled`, soon)

	// Sealed, and nothing is to be seen.
	if r := h.results("final"); r.Whole || r.Result != nil || len(r.Awards) > 0 || r.In != "gala" {
		t.Fatalf("before the ceremony: %+v", r)
	}
	h.staff[access.Director].Refused("stage.revealed_elsewhere", "POST", "/v1/stage/final/commands", object{"kind": "publish"})
	h.run("final", "end")
	h.staff[access.Director].Refused("stage.revealed_elsewhere", "POST", "/v1/stage/final/commands", object{"kind": "publish"})
	h.org.Refused("stage.sealed", "GET", "/v1/admin/results/final", nil)
	o.tab("results")
	o.WaitFor("a sealed result without a key", `document.querySelector('[data-result=final] .tag.warn') && !document.querySelector('[data-publish]') && !document.querySelector('[data-result=gala]')`, soon)
	o.see("results-sealed")
	site := b.Open("site", h.url+"/", phoneWidth, phoneHeight)
	page := b.Open("results", h.url+"/results", phoneWidth, phoneHeight)
	page.WaitText("成绩尚未公布", soon)
	if get[bool](site, `!!document.querySelector('[data-results]')`) {
		t.Error("the site speaks of a result")
	}

	// The ceremony: a winner is there as soon as revealed, and no other.
	var staged struct{ Cues []struct{ ID string } }
	h.org.Do("GET", "/v1/admin/rundown/gala", nil, &staged)
	page.Go(h.url + "/results/final")
	for _, c := range staged.Cues {
		if c.ID == "award-"+"first" {
			if r := h.results("final"); r.Whole || len(r.Awards) == 0 || r.Session != "final" {
				t.Errorf("before the first prize: %+v", r)
			}
		}
		if c.ID == "verify" {
			page.WaitFor("the winners", `document.querySelector('[data-winner=e005]') && !document.querySelector('[data-rank]')`, soon)
			page.see390("results-winners")
		}
		h.run("gala", c.ID)
	}
	r := h.results("final")
	if r.Result == nil || !r.Whole || len(r.Result.Rows) != 5 || r.Result.Rows[0].ID != "e005" || r.Result.Rows[0].Rank != 1 || r.Result.Rows[0].Award == "" {
		t.Fatalf("the result: %+v", r)
	}
	if same := h.results("gala"); same.Result == nil || same.Result.Root != r.Result.Root || same.Session != "final" {
		t.Errorf("by the ceremony's name: %+v", same)
	}
	page.WaitFor("the whole ranking", `document.querySelectorAll('#ranking [data-rank]').length === 5 && document.querySelector('[data-rank="1"]').dataset.entry === 'e005'`, soon)
	page.see390("results-whole")
	for _, w := range []int64{1024, 1440, 1920} {
		page.Resize(w, 900)
		page.shot(fmt.Sprintf("results-whole-%d", w))
	}
	site.Go(h.url + "/")
	site.WaitFor("the way to the result", `document.querySelector('[data-results=final] a')`, soon)
	site.see390("site-results")
	site.Click("[data-results=final] a")
	site.WaitFor("the results page", `document.querySelector('#ranking')`, soon)

	o.tab("overview")
	o.tab("results")
	o.WaitFor("the files", `document.querySelector('[data-result=final] .tag.good') && document.querySelectorAll('[data-result=final] [data-file]').length === 2 && document.querySelectorAll('.ranking tr[data-entry]').length === 5`, soon)
	o.see("results-published")
	h.files(r)
	if code, out, said := launch(t, "verify", h.data); code != 0 {
		t.Errorf("verify: %d\n%s%s", code, out, said)
	}
}

// see390 is the picture on a phone, which must not be wider than it.
func (p *Page) see390(name string) {
	p.t.Helper()
	p.Resize(phoneWidth, phoneHeight)
	p.WaitFor("a page as wide as the phone", `document.documentElement.scrollWidth <= innerWidth`, soon)
	p.shot(name + "-390")
}

// files reads what the press gets.
func (h *house) files(r results) {
	h.t.Helper()
	csv := h.org.download("/v1/admin/results/final?format=csv")
	lines := strings.Split(strings.TrimRight(string(csv), "\r\n"), "\r\n")
	if !strings.HasPrefix(lines[0], "\ufeff名次,奖项,") || len(lines) != 6 || !strings.HasPrefix(lines[1], "1,") || !strings.Contains(lines[1], r.Result.Rows[0].Total) {
		h.t.Errorf("CSV:\n%s", csv)
	}
	book := h.org.download("/v1/admin/results/final?format=xlsx")
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		h.t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		part, err := f.Open()
		if err != nil {
			h.t.Fatal(err)
		}
		text, _ := io.ReadAll(part)
		all.Write(text)
	}
	for _, want := range []string{"排名", "评委打分", "评委会决定", "规则与核对", r.Result.Root, "<v>" + r.Result.Rows[0].Total + "</v>"} {
		if !strings.Contains(all.String(), want) {
			h.t.Errorf("the book lacks %q", want)
		}
	}
	h.org.Refused("http.malformed", "GET", "/v1/admin/results/final?format=pdf", nil)
	h.client().Refused("access.signin", "GET", "/v1/admin/results/final", nil)
}

// TestAResultIsPublishedByHand: a final that ended without a word of its result is
// published with one key, held, and not before its end.
func TestAResultIsPublishedByHand(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	h := scoredFinal(t)
	o := &office{h.office(b, "results"), b, nil}
	o.grip("[data-publish=final]")
	o.WaitText("本场还没有结束", soon)
	h.run("final", "end")
	page := b.Open("results", h.url+"/results", phoneWidth, phoneHeight)
	page.WaitText("成绩尚未公布", soon)
	o.grip("[data-publish=final]")
	o.WaitFor("a published result", `document.querySelector('[data-result=final] .tag.good') && !document.querySelector('[data-publish]')`, soon)
	page.Go(h.url + "/results")
	page.WaitFor("the ranking", `document.querySelectorAll('#ranking [data-rank]').length === 5 && document.querySelectorAll('[data-winner]').length === 5`, soon)
	var site []json.RawMessage
	h.client().Do("GET", "/v1/results", nil, &site)
	if len(site) != 1 {
		t.Errorf("the list of results: %s", site)
	}
	h.org.Refused("session.published", "POST", "/v1/admin/sessions", object{"id": "gala", "title": "示例", "kind": "ceremony", "reveals": "final"})
	if r := h.results("final"); !r.Whole {
		t.Errorf("after a ceremony was tried for it: %+v", r)
	}
}

// TestAnEntryOfTwoHalfDays is in neither twice: the seal waits until it is on one.
func TestAnEntryOfTwoHalfDays(t *testing.T) {
	t.Parallel()
	h, judges := final(t)
	h.org.Do("DELETE", "/v1/admin/judges/test", nil, nil)
	h.org.Do("POST", "/v1/admin/sessions", object{"id": "am", "title": "示例上午", "kind": "defence"}, nil)
	h.org.Do("PUT", "/v1/admin/sessions/am/entries", object{"entries": []string{"e001"}}, nil)
	h.org.Do("PUT", "/v1/admin/sessions/final", object{"title": "示例决赛", "kind": "final", "joins": []string{"am"}}, nil)
	h.org.Do("PUT", "/v1/admin/rundown/final", object{"session": "final", "title": "示例决赛", "cues": []object{
		{"id": "open", "title": "打分", "actions": []object{{"kind": "sheets_open", "entry": "*"}}},
		{"id": "lock", "title": "锁分", "actions": []object{{"kind": "sheets_lock", "entry": "*"}}},
		{"id": "seal", "title": "封存", "confirm": true, "actions": []object{{"kind": "seal"}}},
	}}, nil)
	h.run("final", "open")
	for i := range 6 {
		for e := range 5 {
			score(judges[fmt.Sprintf("j%d", i+1)], fmt.Sprintf("e%03d", e+1), 60+5*e+i)
		}
	}
	h.run("final", "lock")
	d := &halfDays{house: h}
	d.blocked("final", "stage.joined_twice")
	h.org.Do("PUT", "/v1/admin/sessions/final/entries", object{"entries": []string{"e002", "e003", "e004", "e005"}}, nil)
	d.blocked("final", "stage.joined_open")
}

// TestARundownThatDoesNotFit: a session whose rundown reveals its own result does not
// have it revealed elsewhere before that rundown is another.
func TestARundownThatDoesNotFit(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.org.Do("PUT", "/v1/admin/rundown/final", object{"session": "final", "title": "示例决赛", "cues": []object{
		{"id": "seal", "title": "封存", "confirm": true, "actions": []object{{"kind": "seal"}}}, {"id": "verify", "title": "公布", "actions": []object{{"kind": "reveal", "what": "verify"}}}}}, nil)
	h.org.Refused("session.rundown_unfit", "POST", "/v1/admin/sessions", object{"id": "gala", "title": "示例", "kind": "ceremony", "reveals": "final"})
	h.org.Do("PUT", "/v1/admin/rundown/roadshow", object{"session": "roadshow", "title": "示例路演", "cues": []object{
		{"id": "open", "title": "打分", "actions": []object{{"kind": "sheets_open", "entry": "*"}}}}}, nil)
	h.org.Refused("session.rundown_unfit", "PUT", "/v1/admin/sessions/roadshow", object{"title": "示例路演", "kind": "roadshow", "reveals": "salon-1"})
	h.org.Refused("session.invalid", "POST", "/v1/admin/sessions", object{"id": "gala", "title": "示例", "kind": "ceremony", "reveals": "gala"})
}

// download reads a file.
func (c *Client) download(path string) []byte {
	c.t.Helper()
	resp, err := c.http.Get(c.url + path)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %s %v", path, resp.Status, err)
	}
	return body
}
