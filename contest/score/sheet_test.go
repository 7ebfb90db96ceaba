package score

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hecai/contest"
	"hecai/fault"
)

func fullMarks(m contest.Mark) map[contest.CriterionID]contest.Mark {
	marks := make(map[contest.CriterionID]contest.Mark)
	for _, c := range criteriaForTest {
		marks[c.ID] = m
	}
	return marks
}

func TestSheetTransitions(t *testing.T) {
	full := fullMarks(9000)
	part := map[contest.CriterionID]contest.Mark{"innovation": 8850}
	draft := Sheet{State: SheetDraft, Rev: 3, Marks: full, Comment: "好"}
	submitted := Sheet{State: SheetSubmitted, Rev: 4, Marks: full, Comment: "好"}
	locked := Sheet{State: SheetLocked, Rev: 5, Marks: full}
	recused := Sheet{State: SheetRecused, Rev: 5}
	edit := func(rev int64, marks map[contest.CriterionID]contest.Mark, comment string) func(Sheet) (Sheet, error) {
		return func(s Sheet) (Sheet, error) { return s.Edit(criteriaForTest, rev, marks, comment, 77) }
	}
	submit := func(rev int64) func(Sheet) (Sheet, error) {
		return func(s Sheet) (Sheet, error) { return s.Submit(criteriaForTest, rev, 77) }
	}
	recuse := func(s Sheet) (Sheet, error) { return s.Recuse("任职单位", 77) }
	lock := func(s Sheet) (Sheet, error) { return s.Lock(77) }
	tests := []struct {
		name  string
		from  Sheet
		do    func(Sheet) (Sheet, error)
		code  string
		state SheetState
		rev   int64
	}{
		{"the first edit makes a draft", Sheet{}, edit(0, part, ""), "", SheetDraft, 1},
		{"an edit replaces", draft, edit(3, part, ""), "", SheetDraft, 4},
		{"the same edit again changes nothing", draft, edit(2, fullMarks(9000), "好"), "", SheetDraft, 3},
		{"another edit of an old revision conflicts", draft, edit(2, part, ""), "sheet.stale_rev", SheetDraft, 3},
		{"an edit from the future conflicts", draft, edit(4, part, ""), "sheet.stale_rev", SheetDraft, 3},
		{"a mark over the maximum", draft, edit(3, map[contest.CriterionID]contest.Mark{"innovation": 10001}, ""), "sheet.mark_range", SheetDraft, 3},
		{"a mark under zero", draft, edit(3, map[contest.CriterionID]contest.Mark{"innovation": -1}, ""), "sheet.mark_range", SheetDraft, 3},
		{"an unknown criterion", draft, edit(3, map[contest.CriterionID]contest.Mark{"beauty": 1}, ""), "sheet.unknown_criterion", SheetDraft, 3},
		{"a comment too long", draft, edit(3, part, strings.Repeat("长", maxComment+1)), "sheet.comment", SheetDraft, 3},
		{"no edit after submitting", submitted, edit(4, part, ""), "sheet.submitted", SheetSubmitted, 4},
		{"no edit after the lock", locked, edit(5, part, ""), "sheet.locked", SheetLocked, 5},
		{"no edit after recusal", recused, edit(5, part, ""), "sheet.recused", SheetRecused, 5},
		{"submit", draft, submit(3), "", SheetSubmitted, 4},
		{"submit again", submitted, submit(3), "", SheetSubmitted, 4},
		{"submit of an old revision", draft, submit(2), "sheet.stale_rev", SheetDraft, 3},
		{"submit without all marks", Sheet{State: SheetDraft, Rev: 1, Marks: part}, submit(1), "sheet.incomplete", SheetDraft, 1},
		{"submit after the lock", locked, submit(5), "sheet.locked", SheetLocked, 5},
		{"recuse", submitted, recuse, "", SheetRecused, 5},
		{"recuse before the first mark", Sheet{}, recuse, "", SheetRecused, 1},
		{"recuse again", recused, recuse, "", SheetRecused, 5},
		{"no recusal after the lock", locked, recuse, "sheet.locked", SheetLocked, 5},
		{"lock", submitted, lock, "", SheetLocked, 5},
		{"a draft was never handed in and stays", draft, lock, "", SheetDraft, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.do(tt.from)
			if code := fault.CodeOf(err); code != tt.code {
				t.Fatalf("code %q, want %q", code, tt.code)
			}
			if got.State != tt.state || got.Rev != tt.rev {
				t.Errorf("%s rev %d, want %s rev %d", got.State, got.Rev, tt.state, tt.rev)
			}
			if err != nil {
				if diff := cmp.Diff(tt.from, got); diff != "" {
					t.Error("a refused step changed the sheet:", diff)
				}
			}
		})
	}
}

func TestEditKeepsItsOwnMarks(t *testing.T) {
	marks := fullMarks(8000)
	s, err := Sheet{}.Edit(criteriaForTest, 0, marks, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	marks["innovation"] = 1
	if s.Marks["innovation"] != 8000 {
		t.Error("the sheet shares the caller's map")
	}
	r, err := s.Recuse("同单位", 2)
	if err != nil || len(r.Marks) != 0 || len(s.Marks) != 4 {
		t.Errorf("recused sheet has %d marks, the earlier %d: %v", len(r.Marks), len(s.Marks), err)
	}
}
