package stage_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/fault"
	"hecai/stage/cue"
)

// dot is what everyone sees of a judge at the entry on stage: "done", "open", or
// "" for one who is not on the panel.
func (r *rig) dot(judge contest.JudgeID) string {
	for _, d := range r.s().View().Dots.Judges {
		if d.ID == judge && d.Done {
			return "done"
		} else if d.ID == judge {
			return "open"
		}
	}
	return ""
}

func TestAJudgeFromDraftToLock(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	j := r.start().Judging()
	full := r.marks(9250)
	_, err := j.Save(bg, "j1", "e1", 0, full, "")
	wantCode(t, "before the sheets open", err, "sheet.not_open")
	r.fire("card", "open")
	_, err = j.Save(bg, "j9", "e1", 0, full, "")
	wantCode(t, "a stranger", err, "sheet.not_on_panel")
	_, err = j.Sheets(bg, "j9")
	wantCode(t, "a stranger's list", err, "sheet.not_on_panel")
	_, err = j.Save(bg, "j1", "e99", 0, full, "")
	wantCode(t, "an entry unknown", err, "stage.unknown_entry")
	_, err = j.Save(bg, "j1", "e1", 0, map[contest.CriterionID]contest.Mark{"beauty": 1}, "")
	wantCode(t, "a criterion unknown", err, "sheet.unknown_criterion")

	part := map[contest.CriterionID]contest.Mark{r.catalog.Plan.Criteria[0].ID: 9000}
	sheet, err := j.Save(bg, "j1", "e1", 0, part, "很好")
	must(t, err)
	if sheet.Rev != 1 || sheet.State != score.SheetDraft {
		t.Errorf("draft: %+v", sheet)
	}
	_, err = j.Submit(bg, "j1", "e1", 1)
	wantCode(t, "an incomplete sheet", err, "sheet.incomplete")
	have, err := j.Save(bg, "j1", "e1", 0, full, "")
	wantCode(t, "a stale revision", err, "sheet.stale_rev")
	if have.Rev != 1 || fault.Of(err).Args["rev"] != int64(1) {
		t.Errorf("the judge is given %+v, %v", have, err)
	}
	again, err := j.Save(bg, "j1", "e1", 0, part, "很好") // sent twice by the phone
	if err != nil || again.Rev != 1 {
		t.Errorf("the same again: %+v %v", again, err)
	}
	sheet, err = j.Save(bg, "j1", "e1", 1, full, "")
	must(t, err)
	if r.dot("j1") != "open" {
		t.Error("a draft shows as handed in")
	}
	facts := len(r.facts())
	_, err = j.Submit(bg, "j1", "e1", 1)
	wantCode(t, "handing in what the judge has not seen", err, "sheet.stale_rev")
	sheet, err = j.Submit(bg, "j1", "e1", sheet.Rev)
	must(t, err)
	if sheet.State != score.SheetSubmitted || r.dot("j1") != "done" || len(r.facts()) != facts+1 {
		t.Errorf("submitted: %+v, dot %s, %d facts", sheet, r.dot("j1"), len(r.facts())-facts)
	}
	if _, err = j.Submit(bg, "j1", "e1", sheet.Rev); err != nil || len(r.facts()) != facts+1 {
		t.Errorf("submitted twice: %v, %d facts", err, len(r.facts())-facts)
	}
	_, err = j.Save(bg, "j1", "e1", sheet.Rev, part, "")
	wantCode(t, "changing what was handed in", err, "sheet.submitted")
	if last := r.facts()[facts]; last.Actor != "judge:j1" || strings.Contains(string(last.Body), "92") {
		t.Errorf("the fact says %+v: %s", last, last.Body)
	}
	noMarks(t, r, "9250", "92.5", "9000", "很好")
}

// noMarks: of a sheet, nothing is told but that it is in.
func noMarks(t *testing.T, r *rig, marks ...string) {
	t.Helper()
	for _, told := range r.pub.everything() {
		for _, m := range marks {
			if strings.Contains(told, m) && !strings.Contains(told, `"at":`+m) {
				t.Fatalf("%s was told: %s", m, told)
			}
		}
	}
}

func TestRecuseAndQuorum(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	j := r.start().Judging()
	_, err := j.Recuse(bg, "j5", "e1", "同单位") // before the sheets open
	must(t, err)
	r.fire("card", "open")
	if r.dot("j5") != "" || r.dot("j4") != "open" {
		t.Errorf("dots of j5 %q, j4 %q", r.dot("j5"), r.dot("j4"))
	}
	_, err = j.Save(bg, "j5", "e1", 1, r.marks(9000), "")
	wantCode(t, "a recused judge scores", err, "sheet.recused")
	must(t, handIn(r, "j4", "e1", 9000))
	_, err = j.Recuse(bg, "j4", "e1", "想起来了") // after handing in
	must(t, err)
	if r.dot("j4") != "" {
		t.Errorf("j4 is still there: %q", r.dot("j4"))
	}
	if _, err = j.Recuse(bg, "j4", "e1", "又一次"); err != nil {
		t.Error(err)
	}
	must(t, handIn(r, "j1", "e1", 9000))
	must(t, handIn(r, "j2", "e1", 9100))
	r.fire("close")
	err = r.do("fire", "lock")
	wantCode(t, "lock without a quorum", err, "stage.quorum")
	if a := fault.Of(err).Args; a["have"] != 2 || a["entries"] != 9 || a["entry"] != "e1" {
		t.Errorf("the desk is told %v", a)
	}
	r.score("e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9")
	err = r.do("fire", "lock")
	if a := fault.Of(err).Args; a["have"] != 2 || a["entries"] != 1 || a["entry"] != "e1" {
		t.Errorf("the desk is told %v", a)
	}
	must(t, handIn(r, "j3", "e1", 9200))
	r.fire("lock")
	if d := r.s().View().Dots; !d.Locked || len(d.Judges) != 3 {
		t.Errorf("locked: %+v", d)
	}
	_, err = j.Save(bg, "j5", "e9", 2, r.marks(1), "")
	wantCode(t, "a mark after the lock", err, "sheet.locked")
	_, err = j.Recuse(bg, "j1", "e1", "")
	wantCode(t, "recusing after the lock", err, "sheet.locked")
	// Three judges, so nothing is trimmed: three marks and the score.
	r.finish("marks")
	m := r.s().View().Marks
	if len(m.Judges) != 3 || *m.Score != "91.00" || m.Judges[0].Dropped != nil {
		t.Errorf("marks: %s", text(t, m))
	}
	r.honest()
	r.shown()
}

func handIn(r *rig, judge contest.JudgeID, entry contest.EntryID, mark contest.Mark) error {
	sheet, err := r.s().Judging().Save(bg, judge, entry, 0, r.marks(mark), "")
	if err == nil {
		_, err = r.s().Judging().Submit(bg, judge, entry, sheet.Rev)
	}
	return err
}

// TestAJudgesListIsTheirOwn, in running order, without those who are out.
func TestAJudgesListIsTheirOwn(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(r *rig) { r.catalog.Entries[4].State = contest.Withdrawn })
	j := r.start().Judging()
	r.fire("card", "open")
	must(t, handIn(r, "j1", "e9", 9000))
	_, err := j.Save(bg, "j1", "e5", 0, r.marks(1), "")
	wantCode(t, "an entry that was withdrawn", err, "stage.unknown_entry")
	mine, err := j.Sheets(bg, "j1")
	must(t, err)
	theirs, err := j.Sheets(bg, "j2")
	must(t, err)
	order := ""
	for _, task := range mine {
		order += string(task.Card.ID) + " "
		if !task.Open || task.Locked {
			t.Errorf("%s: open %v, locked %v", task.Card.ID, task.Open, task.Locked)
		}
	}
	if order != "e9 e8 e7 e6 e4 e3 e2 e1 " {
		t.Errorf("order %s", order)
	}
	if mine[0].Sheet.State != score.SheetSubmitted || theirs[0].Sheet.Rev != 0 || len(theirs[0].Sheet.Marks) != 0 {
		t.Errorf("own %+v, another's %+v", mine[0].Sheet, theirs[0].Sheet)
	}
}

// TestTheLockCutsBetweenRevisions: whoever was told that their sheet is in
// counts, and who was told that it is too late does not.
func TestTheLockCutsBetweenRevisions(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(r *rig) { r.catalog = catalog(r.t, 1, 12); r.catalog.Plan.Scoring.Quorum = 3 })
	r.start()
	r.fire("card", "open")
	for _, j := range []contest.JudgeID{"j1", "j2", "j3"} {
		must(t, handIn(r, j, "e1", 9000))
	}
	in := map[contest.JudgeID]bool{"j1": true, "j2": true, "j3": true}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, j := range r.catalog.Judges[3:] {
		all.Go(func() {
			err := handIn(r, j.ID, "e1", 8000)
			mu.Lock()
			defer mu.Unlock()
			if in[j.ID] = err == nil; err != nil {
				wantCode(t, string(j.ID), err, "sheet.locked")
			}
		})
	}
	all.Go(func() {
		if err := r.do("fire", "lock"); err != nil {
			t.Error(err)
		}
	})
	all.Wait()
	if d := r.s().View().Dots; !d.Locked {
		t.Fatal("not locked")
	}
	counted := map[contest.JudgeID]bool{}
	for _, d := range r.s().View().Dots.Judges {
		counted[d.ID] = true
	}
	for _, j := range r.catalog.Judges {
		if counted[j.ID] != in[j.ID] {
			t.Errorf("%s counts: %v, told: %v", j.ID, counted[j.ID], in[j.ID])
		}
	}
	r.honest()
}

// TestADotFollowsItsSheet: the sheet is stored, its fact is not. The judge is
// told that it is in, and the dot comes when the record takes facts again. And a
// sheet that was stored and denied is found when the judge sends it again.
func TestADotFollowsItsSheet(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	r.fire("card", "open")
	r.store.set(refuses, false) // facts alone
	must(t, handIn(r, "j1", "e1", 9000))
	if r.dot("j1") != "open" {
		t.Error("a dot that is not stored is shown")
	}
	r.store.set(sound, false)
	eventually(t, "the dot of j1", func() bool { return r.dot("j1") == "done" })

	j := r.s().Judging()
	sheet, err := j.Save(bg, "j2", "e1", 0, r.marks(9000), "")
	must(t, err)
	r.store.set(mumbles, false)
	_, err = j.Submit(bg, "j2", "e1", sheet.Rev)
	if err == nil || r.dot("j2") != "open" {
		t.Errorf("%v, and the dot is %s", err, r.dot("j2"))
	}
	r.store.set(sound, false)
	got, err := j.Submit(bg, "j2", "e1", sheet.Rev)
	if err != nil || got.State != score.SheetSubmitted || r.dot("j2") != "done" {
		t.Errorf("again: %+v, %v, and the dot is %s", got, err, r.dot("j2"))
	}

	sheet, err = j.Save(bg, "j3", "e1", 0, r.marks(9000), "")
	must(t, err)
	r.store.set(mumbles, false)
	_, err = j.Submit(bg, "j3", "e1", sheet.Rev)
	if err == nil {
		t.Error("a failure was told as success")
	}
	r.store.set(sound, false)
	eventually(t, "the dot of j3, who has left", func() bool { return r.dot("j3") == "done" })
	r.honest()
	r.shown()
}

// TestOneEntryAtATime: sheets can be opened and locked entry by entry, and a
// locked one is not opened again with the rest.
func TestOneEntryAtATime(t *testing.T) {
	t.Parallel()
	r := newRig(t, withRundown(`{"session": "final", "title": "决赛", "cues": [
		{"id": "one", "title": "一", "actions": [{"kind": "entry", "entry": "e1"}, {"kind": "sheets_open", "entry": "e1"}]},
		{"id": "lock", "title": "锁", "actions": [{"kind": "sheets_lock", "entry": "e1"}]},
		{"id": "again", "title": "再开", "actions": [{"kind": "sheets_open", "entry": "e1"}]},
		{"id": "rest", "title": "其余", "actions": [{"kind": "sheets_open", "entry": "*"}]},
		{"id": "all", "title": "全锁", "actions": [{"kind": "sheets_lock", "entry": "*"}]}]}`))
	r.start()
	r.fire("one")
	wantCode(t, "another entry", handIn(r, "j1", "e2", 9000), "sheet.not_open")
	r.score("e1")
	r.fire("lock")
	wantCode(t, "open a locked one", r.do("fire", "again"), "stage.locked")
	r.fire("rest")
	wantCode(t, "a locked entry", handIn(r, "j1", "e1", 9000), "sheet.locked")
	must(t, handIn(r, "j1", "e2", 9000))
	if v := r.s().View().Dots; !v.Locked || v.Entry != "e1" {
		t.Errorf("dots: %+v", v)
	}
	wantCode(t, "lock the rest too early", r.do("fire", "all"), "stage.quorum")
	state, err := cue.Fold(r.rundown, r.catalog, r.facts())
	if err != nil || len(state.OpenEntries()) != 8 {
		t.Errorf("open: %v, %v", state.OpenEntries(), err)
	}
}

// TestAJudgeWhoComesWhileSheetsAreOpen has a dot and a name like all others, and a
// corrected name is told everywhere.
func TestAJudgeWhoComesWhileSheetsAreOpen(t *testing.T) {
	r := newRig(t)
	r.start()
	r.fire("card", "open")
	c := r.catalog
	c.Judges = slices.Clone(c.Judges)
	c.Judges[0].Name = "示例改名"
	c.Judges = append(c.Judges, contest.Judge{ID: "late", Name: "示例后来", Org: "示例", Sector: c.Judges[0].Sector})
	must(t, r.s().Replace(bg, r.rundown, c))
	must(t, handIn(r, "late", "e1", 9000))
	names, done := map[contest.JudgeID]string{}, false
	for _, d := range r.s().StaffView().Judges {
		names[d.ID] = d.Name
		done = done || d.ID == "late" && d.Done
	}
	if !done || names["late"] != "示例后来" || names[c.Judges[0].ID] != "示例改名" {
		t.Errorf("the desk shows %v, late handed in: %v", names, done)
	}
	r.score()
	must(t, r.do("fire", "lock"))
	locked := ""
	for _, f := range r.facts() {
		if f.Kind == "sheets_locked" {
			locked = string(f.Body)
		}
	}
	if !strings.Contains(locked, "示例后来") || !strings.Contains(locked, "示例改名") {
		t.Errorf("the lock tells %s", locked)
	}
}
