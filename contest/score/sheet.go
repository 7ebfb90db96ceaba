package score

import (
	"maps"
	"unicode/utf8"

	"hecai/contest"
	"hecai/fault"
)

// MaxComment bounds a judge's comment, in runes.
const maxComment = 500

// Edit replaces the draft's marks and comment. rev is the revision that the
// judge saw: another one is a conflict, unless it is the one before and brings
// the same content, as when a phone sends again what was already kept. Marks
// may be incomplete. now is unix ms.
func (s Sheet) Edit(criteria []contest.Criterion, rev int64, marks map[contest.CriterionID]contest.Mark, comment string, now int64) (Sheet, error) {
	if err := s.open(); err != nil {
		return s, err
	}
	if s.State == SheetSubmitted {
		return s, fault.New(fault.Conflict, "sheet.submitted", "edit of a submitted sheet")
	}
	if err := checkMarks(criteria, marks, comment); err != nil {
		return s, err
	}
	if rev != s.Rev {
		if rev == s.Rev-1 && comment == s.Comment && maps.Equal(marks, s.Marks) {
			return s, nil
		}
		return s, s.stale(rev)
	}
	next := s.next(SheetDraft, now)
	next.Marks = make(map[contest.CriterionID]contest.Mark, len(marks))
	maps.Copy(next.Marks, marks)
	next.Comment = comment
	return next, nil
}

// Submit hands in a complete sheet. A repeat after success changes nothing.
func (s Sheet) Submit(criteria []contest.Criterion, rev, now int64) (Sheet, error) {
	if s.State == SheetSubmitted && (rev == s.Rev || rev == s.Rev-1) {
		return s, nil
	}
	if err := s.open(); err != nil {
		return s, err
	}
	if rev != s.Rev {
		return s, s.stale(rev)
	}
	if c := missing(criteria, s.Marks); c != "" {
		return s, fault.New(fault.Invalid, "sheet.incomplete", "no mark for %s", c).With("criterion", string(c))
	}
	return s.next(SheetSubmitted, now), nil
}

// Recuse takes the judge off the entry (回避): the marks go, the reason stays
// as the comment, and the judge is no longer counted or waited for. A repeat
// changes nothing.
func (s Sheet) Recuse(reason string, now int64) (Sheet, error) {
	if s.State == SheetRecused {
		return s, nil
	}
	if err := s.open(); err != nil {
		return s, err
	}
	if err := checkMarks(nil, nil, reason); err != nil {
		return s, err
	}
	next := s.next(SheetRecused, now)
	next.Marks = map[contest.CriterionID]contest.Mark{}
	next.Comment = reason
	return next, nil
}

// Lock closes a submitted sheet for good. Other sheets come back as they are: a
// draft was never handed in and stays a draft that Panel does not count,
// so the session must itself refuse edits of an entry whose sheets are locked.
func (s Sheet) Lock(now int64) (Sheet, error) {
	if s.State != SheetSubmitted {
		return s, nil
	}
	return s.next(SheetLocked, now), nil
}

// open refuses states that nothing leaves.
func (s Sheet) open() error {
	switch s.State {
	case SheetLocked:
		return fault.New(fault.Closed, "sheet.locked", "sheet is locked")
	case SheetRecused:
		return fault.New(fault.Forbidden, "sheet.recused", "judge is recused")
	}
	return nil
}

func (s Sheet) stale(rev int64) error {
	return fault.New(fault.Conflict, "sheet.stale_rev", "saw revision %d, have %d", rev, s.Rev).With("rev", s.Rev)
}

// next is the following revision; the marks are still shared with s.
func (s Sheet) next(state SheetState, now int64) Sheet {
	s.State, s.UpdatedAt = state, now
	s.Rev++
	return s
}

func checkMarks(criteria []contest.Criterion, marks map[contest.CriterionID]contest.Mark, comment string) error {
	known := 0
	for _, c := range criteria {
		m, ok := marks[c.ID]
		if !ok {
			continue
		}
		known++
		if m < 0 || m > contest.Mark(c.Max)*100 {
			return fault.New(fault.Invalid, "sheet.mark_range", "%s is %d hundredths of %d", c.ID, m, c.Max).
				With("criterion", string(c.ID)).With("max", c.Max)
		}
	}
	if known != len(marks) {
		return fault.New(fault.Invalid, "sheet.unknown_criterion", "%d marks, %d of them known", len(marks), known)
	}
	if !contest.Legible(comment) || utf8.RuneCountInString(comment) > maxComment {
		return fault.New(fault.Invalid, "sheet.comment", "comment is too long or not text").With("max", maxComment)
	}
	return nil
}

// missing returns the first criterion without a mark, "" when all have one.
func missing(criteria []contest.Criterion, marks map[contest.CriterionID]contest.Mark) contest.CriterionID {
	for _, c := range criteria {
		if _, ok := marks[c.ID]; !ok {
			return c.ID
		}
	}
	return ""
}

// Sheet is one judge's marks for one entry in one session.
type Sheet struct {
	Show      contest.ShowID                       `json:"session"`
	Entry     contest.EntryID                      `json:"entry"`
	Judge     contest.JudgeID                      `json:"judge"`
	Marks     map[contest.CriterionID]contest.Mark `json:"marks"` // hundredths of a point
	Comment   string                               `json:"comment"`
	Rev       int64                                `json:"rev"` // grows by one with each change; 0 never saved
	State     SheetState                           `json:"state"`
	UpdatedAt int64                                `json:"updatedAt"` // unix ms
}

// SheetState is where a sheet stands.
type SheetState string

// The sheet states. A sheet with the zero state is a draft that was never saved.
const (
	SheetDraft     SheetState = "draft"
	SheetSubmitted SheetState = "submitted"
	SheetLocked    SheetState = "locked"
	SheetRecused   SheetState = "recused"
)
