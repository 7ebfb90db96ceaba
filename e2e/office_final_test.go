package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"hecai/access"
)

// given reads a file of the case in testdata/finalists.
func given(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "finalists", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// importFile applies a sheet of entries.
func (c *Client) importFile(name string, raw []byte) {
	c.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		c.t.Fatal(err)
	}
	part.Write(raw)
	form.Close()
	if err := c.raw("POST", "/v1/admin/entries/import?apply=1", form.FormDataContentType(), &body, nil); err != nil {
		c.t.Fatal(err)
	}
}

// final is the preliminary list of five with two of them in the final, six
// judges and one who was entered by mistake.
func final(t *testing.T) (h *house, judges map[string]*Client) {
	h = openHouse(t, nil)
	h.org.importFile("five.xlsx", given(t, "five.xlsx"))
	var list []struct{ ID string }
	if err := json.Unmarshal(given(t, "judges.json"), &list); err != nil {
		t.Fatal(err)
	}
	h.org.Do("POST", "/v1/admin/judges", json.RawMessage(given(t, "judges.json")), nil)
	judges = map[string]*Client{}
	for _, j := range list {
		judges[j.ID] = h.holder(access.Judge, j.ID, "final")
	}
	return h, judges
}

// lineup is what a session has.
type lineup struct {
	Rev                  int64
	Entries, Judges      []string
	OwnEntries, OwnPanel bool
	Sealed               bool
}

func (h *house) lineup() (l lineup) {
	h.t.Helper()
	h.org.Do("GET", "/v1/admin/sessions/final", nil, &l)
	return l
}

// fire runs a cue of the final, armed if need be.
func (h *house) fire(cue string, arm bool) error {
	h.t.Helper()
	rev := func() (v struct{ Rev int64 }) {
		h.staff[access.Director].Do("GET", "/v1/stage/final/desk", nil, &v)
		return v
	}
	kinds := []string{"fire"}
	if arm {
		kinds = []string{"arm", "fire"}
	}
	for _, kind := range kinds {
		if err := h.staff[access.Director].Try("POST", "/v1/stage/final/commands", object{"kind": kind, "cue": cue, "rev": rev().Rev}, nil); err != nil {
			return err
		}
	}
	return nil
}

// takeBallot has the director decide that a ballot anyone may vote on counts.
func (h *house) takeBallot(id string) {
	h.t.Helper()
	h.staff[access.Director].Do("POST", "/v1/stage/final/commands", object{"kind": "decide", "what": "open_ballot", "ballot": id, "reason": "示例：扫码即可投票"}, nil)
}

// score hands in a full sheet.
func score(c *Client, entry string, points int) {
	c.t.Helper()
	var d struct{ Criteria []struct{ ID string } }
	c.Do("GET", "/v1/judge", nil, &d)
	marks := object{}
	for _, x := range d.Criteria {
		marks[x.ID] = points * 100
	}
	var saved struct{ Rev int64 }
	c.Do("PUT", "/v1/judge/sheets/"+entry, object{"rev": 0, "marks": marks}, &saved)
	c.Do("POST", "/v1/judge/sheets/"+entry+"/submit", object{"rev": saved.Rev}, nil)
}

// TestFinalistsAreSealed is the case finalists-cannot-be-sealed: two of five
// entries are in the final, a judge was entered by mistake, and the seal holds
// the two.
func TestFinalistsAreSealed(t *testing.T) {
	t.Parallel()
	h, judges := final(t)
	if l := h.lineup(); len(l.Entries) != 5 || l.OwnEntries || len(l.Judges) != 7 || l.OwnPanel {
		t.Fatalf("a session without a choice has all: %+v", l)
	}
	h.org.Do("DELETE", "/v1/admin/judges/test", nil, nil)
	if err := judges["test"].Try("GET", "/v1/judge", nil, nil); outcome(err) != "401 access.link_revoked" {
		t.Errorf("the removed judge's link: %v", err)
	}
	h.org.Do("PUT", "/v1/admin/sessions/final/entries", object{"entries": []string{"e002", "e001"}}, nil)
	panel := []string{"j6", "j5", "j4", "j3", "j2", "j1"}
	h.org.Do("PUT", "/v1/admin/sessions/final/panel", object{"judges": panel}, nil)
	if l := h.lineup(); !slices.Equal(l.Entries, []string{"e002", "e001"}) || !slices.Equal(l.Judges, panel) || !l.OwnEntries || !l.OwnPanel {
		t.Fatalf("line-up: %+v", l)
	}
	h.org.Do("POST", "/v1/admin/ballots", object{"id": "pop", "title": "示例人气票", "session": "final", "entries": []string{"e001", "e002"},
		"visibility": "count", "quota": object{"window": "ballot", "max": 1}}, nil)
	h.org.Do("PUT", "/v1/admin/rundown/final", json.RawMessage(given(t, "rundown.json")), nil)
	h.org.Refused("session.entry_in_rundown", "PUT", "/v1/admin/sessions/final/entries", object{"entries": []string{"e002", "e003"}})
	h.org.Refused("session.unknown_entry", "PUT", "/v1/admin/sessions/final/entries", object{"entries": []string{"e001", "e002", "e001"}})
	if err := h.fire("o1", false); err != nil {
		t.Fatal(err)
	}
	h.org.Do("POST", "/v1/admin/ballots/pop/open", object{"seconds": 0}, nil)
	h.org.Do("POST", "/v1/admin/ballots/pop/close", object{}, nil)
	for i, id := range panel {
		score(judges[id], "e001", i+1)
		score(judges[id], "e002", i+2)
	}
	h.org.Refused("judge.has_sheets", "DELETE", "/v1/admin/judges/j1", nil)
	h.org.Refused("session.judge_has_sheets", "PUT", "/v1/admin/sessions/final/panel", object{"judges": panel[1:]})
	if err := h.fire("l1", false); err != nil {
		t.Fatal(err)
	}
	h.takeBallot("pop")
	if err := h.fire("s", true); err != nil {
		t.Fatalf("the seal of two finalists: %v", err)
	}
	if l := h.lineup(); !l.Sealed {
		t.Error("the seal is not told")
	}
	h.org.Refused("session.sealed", "PUT", "/v1/admin/sessions/final/entries", object{"entries": []string{"e001"}})
	h.org.Refused("session.sealed", "PUT", "/v1/admin/sessions/final/panel", object{"judges": panel[1:]})
}

// TestWhoIsOutBlocksNothing: of three finalists one withdraws on the night,
// unscored, and the whole session is locked and sealed without that one.
func TestWhoIsOutBlocksNothing(t *testing.T) {
	t.Parallel()
	h, judges := final(t)
	h.org.Do("DELETE", "/v1/admin/judges/test", nil, nil)
	h.org.Do("PUT", "/v1/admin/sessions/final/entries", object{"entries": []string{"e001", "e002", "e003"}}, nil)
	for _, id := range []string{"pop", "later"} {
		h.org.Do("POST", "/v1/admin/ballots", object{"id": id, "title": "示例", "session": "final", "entries": []string{"e001", "e002", "e003"},
			"visibility": "count", "quota": object{"window": "ballot", "max": 1}}, nil)
	}
	var r map[string]any
	if err := json.Unmarshal(given(t, "rundown.json"), &r); err != nil {
		t.Fatal(err)
	}
	h.org.Do("PUT", "/v1/admin/rundown/final", r, nil)
	h.org.Do("POST", "/v1/admin/ballots/pop/open", object{"seconds": 0}, nil)
	h.org.Do("POST", "/v1/admin/ballots/pop/close", object{}, nil)
	if err := h.fire("o1", false); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		id := fmt.Sprintf("j%d", i+1)
		score(judges[id], "e001", i+1)
		score(judges[id], "e002", i+2)
	}
	h.org.Refused("entry.reason", "POST", "/v1/admin/entries/e003/state", object{"state": "withdrawn", "reason": "  "})
	h.org.Refused("entry.state", "POST", "/v1/admin/entries/e003/state", object{"state": "gone", "reason": "示例"})
	var out struct{ Ballots []string }
	h.org.Do("POST", "/v1/admin/entries/e003/state", object{"state": "withdrawn", "reason": "示例：设备损坏"}, &out)
	if !slices.Equal(out.Ballots, []string{"later"}) {
		t.Errorf("left the ballots %v, want the one that has not opened", out.Ballots)
	}
	var ballots []struct {
		ID      string
		Options []struct{ Entry string }
	}
	h.org.Do("GET", "/v1/admin/ballots", nil, &ballots)
	for _, b := range ballots {
		if want := map[string]int{"pop": 3, "later": 2}[b.ID]; len(b.Options) != want {
			t.Errorf("%d entries on %s, want %d", len(b.Options), b.ID, want)
		}
	}
	if err := h.fire("lall", false); err != nil {
		t.Fatalf("lock everything: %v", err)
	}
	h.takeBallot("pop")
	if err := h.fire("s", true); err != nil {
		t.Fatalf("seal: %v", err)
	}
}

// TestASavedJudgeLeavesDesksAlone: what the office saves beside a rundown moves
// no revision of a show, and who sits on its panel is all that becomes a fact of
// it; who is about to press can press.
func TestASavedJudgeLeavesDesksAlone(t *testing.T) {
	t.Parallel()
	h, _ := final(t)
	h.org.Do("PUT", "/v1/admin/rundown/final", object{"session": "final", "title": "示例",
		"cues": []object{{"id": "a", "title": "示例", "actions": []object{{"kind": "scene", "scene": "title"}}}}}, nil)
	director := h.staff[access.Director]
	var before, after struct {
		Rev   int64
		Facts []struct{ Kind string }
	}
	look := func(v any, list *[]struct{ Kind string }) {
		director.Do("GET", "/v1/stage/final/desk", nil, v)
		director.Do("GET", "/v1/stage/final/facts?after=0", nil, list)
	}
	look(&before, &before.Facts)
	h.org.Do("POST", "/v1/admin/judges", []object{{"id": "late", "name": "示例", "org": "", "sector": "高校"}}, nil)
	importEntries(h.org, 2)
	h.org.Do("POST", "/v1/admin/ballots", object{"id": "b", "title": "示例", "session": "final", "visibility": "count", "quota": object{"max": 1}}, nil)
	h.org.Do("POST", "/v1/admin/entries/e001/state", object{"state": "disqualified", "reason": "示例"}, nil)
	h.org.Do("PUT", "/v1/admin/sessions/final/entries", object{"entries": []string{"e002"}}, nil)
	h.org.Do("PUT", "/v1/admin/sessions/final/panel", object{"judges": []string{"late"}}, nil)
	h.org.Do("DELETE", "/v1/admin/judges/test", nil, nil)
	look(&after, &after.Facts)
	want := append(before.Facts, struct{ Kind string }{"panel_seated"})
	if before.Rev != after.Rev || !slices.Equal(after.Facts, want) {
		t.Errorf("revision %d → %d, facts %v → %v", before.Rev, after.Rev, before.Facts, after.Facts)
	}
	director.Do("POST", "/v1/stage/final/commands", object{"kind": "fire", "cue": "a", "rev": before.Rev}, nil)
}

// TestRundownOverAnother: of two organisers who edit the same revision the
// second is told, and the stage runs what is stored.
func TestRundownOverAnother(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	var had struct{ Rev, Title string }
	h.org.Do("GET", "/v1/admin/rundown/final", nil, &had)
	text := func(title string) object {
		return object{"session": "final", "title": title, "cues": []any{}}
	}
	path := "/v1/admin/rundown/final?rev=" + had.Rev
	var first struct{ Rev string }
	h.org.Do("PUT", path, text("甲"), &first)
	if first.Rev == had.Rev {
		t.Errorf("revision %s twice", first.Rev)
	}
	h.org.Refused("office.stale_rev", "PUT", path, text("乙"))
	h.org.Refused("office.stale_rev", "PUT", "/v1/admin/rundown/final?rev=none", text("乙"))
	h.org.Do("POST", "/v1/admin/judges", []object{{"id": "j1", "name": "示例", "org": "", "sector": "高校"}}, nil) // puts what is stored on stage again
	var view struct{ Session struct{ Title string } }
	h.client().Do("GET", "/v1/stage/final", nil, &view)
	if h.org.Do("GET", "/v1/admin/rundown/final", nil, &had); had.Title != "甲" || view.Session.Title != "甲" {
		t.Errorf("stored %q, on stage %q", had.Title, view.Session.Title)
	}
	h.org.Do("PUT", "/v1/admin/rundown/final?rev="+first.Rev, text("乙"), nil)
}
