package stage

import (
	"cmp"
	"context"
	"slices"
	"time"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/fault"
	"hecai/stage/cue"
)

// Judging is the jury's side of a stage. A judge is given by the edge, from
// their link; nobody can name another. Sheets are written by the stage's actor,
// so a lock cuts between two revisions and never through one. The public learns
// who has handed in, after it is stored, and never what.
type Judging struct{ stage *Stage }

// Task is one entry of the running order with the judge's own sheet.
type Task struct {
	Card   contest.Card
	Open   bool // sheets are being taken
	Locked bool
	Sheet  score.Sheet // Rev 0 = nothing stored yet
}

// Sheets returns the running order with the judge's own sheets.
func (j Judging) Sheets(ctx context.Context, judge contest.JudgeID) ([]Task, error) {
	return order(ctx, j.stage, func(ctx context.Context) ([]Task, error) {
		s := j.stage
		if err := s.onPanel(judge); err != nil {
			return nil, err
		}
		sheets, err := s.cfg.Store.Sheets(ctx, s.id)
		if err != nil {
			return nil, err
		}
		entries := slices.Clone(s.cfg.Catalog.Entries)
		slices.SortFunc(entries, func(a, b contest.Entry) int {
			return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
		})
		out := []Task{}
		for _, e := range entries {
			if e.Eligible() {
				out = append(out, Task{
					Card: s.cfg.Catalog.Plan.Card(e), Sheet: s.sheet(sheets, e.ID, judge),
					Open: s.state.SheetsOpen(e.ID), Locked: s.state.SheetsLocked(e.ID),
				})
			}
		}
		return out, nil
	})
}

// Save keeps a draft. rev is the revision that the judge saw.
func (j Judging) Save(ctx context.Context, judge contest.JudgeID, entry contest.EntryID, rev int64,
	marks map[contest.CriterionID]contest.Mark, comment string) (score.Sheet, error) {
	return j.change(ctx, judge, entry, true, func(s score.Sheet, now int64) (score.Sheet, error) {
		return s.Edit(j.stage.cfg.Catalog.Plan.Criteria, rev, marks, comment, now)
	})
}

// Submit hands in a complete sheet.
func (j Judging) Submit(ctx context.Context, judge contest.JudgeID, entry contest.EntryID, rev int64) (score.Sheet, error) {
	return j.change(ctx, judge, entry, true, func(s score.Sheet, now int64) (score.Sheet, error) {
		return s.Submit(j.stage.cfg.Catalog.Plan.Criteria, rev, now)
	})
}

// Recuse takes the judge off the entry (回避), also before its sheets open.
func (j Judging) Recuse(ctx context.Context, judge contest.JudgeID, entry contest.EntryID, reason string) (score.Sheet, error) {
	return j.change(ctx, judge, entry, false, func(s score.Sheet, now int64) (score.Sheet, error) {
		return s.Recuse(reason, now)
	})
}

// change moves one sheet and notes it.
func (j Judging) change(ctx context.Context, judge contest.JudgeID, entry contest.EntryID, needOpen bool,
	move func(s score.Sheet, now int64) (score.Sheet, error)) (score.Sheet, error) {
	return order(ctx, j.stage, func(ctx context.Context) (score.Sheet, error) {
		s := j.stage
		if err := s.mayScore(judge, entry, needOpen); err != nil {
			return score.Sheet{}, err
		}
		sheets, err := s.cfg.Store.Sheets(ctx, s.id)
		if err != nil {
			return score.Sheet{}, err
		}
		old := s.sheet(sheets, entry, judge)
		next, err := move(old, s.now())
		if err != nil {
			return old, err
		}
		if next.Rev != old.Rev {
			if err := s.cfg.Store.SaveSheet(ctx, s.cfg.Lease, next, old.Rev); err != nil {
				s.unnoted = s.unnoted || fault.KindOf(err) == fault.Internal // it may be stored all the same
				if fault.CodeOf(err) == "stage.not_owner" {                  // the page comes again, and finds who has the show by then
					err = fault.Wrap(fault.Unavailable, "stage.unavailable", err, "the show is another node's").After(time.Second)
				}
				return old, err
			}
		}
		for _, dot := range s.state.Panel(entry) {
			if dot.ID != judge {
				continue
			}
			if err := s.record(ctx, cue.RoleJudge+":"+string(judge), note(dot, next)); err != nil {
				s.unnoted = true // the sheet is safe; its dot follows
			}
		}
		return next, nil
	})
}

// sheet returns the judge's stored sheet, or an empty one.
func (s *Stage) sheet(sheets []score.Sheet, entry contest.EntryID, judge contest.JudgeID) score.Sheet {
	if sheet := find(sheets, entry, judge); sheet.Entry != "" {
		return sheet
	}
	return score.Sheet{Show: s.id, Entry: entry, Judge: judge, State: score.SheetDraft, Marks: map[contest.CriterionID]contest.Mark{}}
}

func (s *Stage) onPanel(judge contest.JudgeID) error {
	if !slices.ContainsFunc(s.cfg.Catalog.Judges, func(j contest.Judge) bool { return j.ID == judge }) {
		return fault.New(fault.Forbidden, "sheet.not_on_panel", "judge %q", judge)
	}
	return nil
}

func (s *Stage) mayScore(judge contest.JudgeID, entry contest.EntryID, needOpen bool) error {
	if err := s.onPanel(judge); err != nil {
		return err
	}
	known := slices.ContainsFunc(s.cfg.Catalog.Entries, func(e contest.Entry) bool { return e.ID == entry && e.Eligible() })
	switch {
	case !known:
		return fault.New(fault.NotFound, "stage.unknown_entry", "entry %q", entry).With("entry", string(entry))
	case s.state.SheetsLocked(entry) || s.state.IsSealed() || s.state.Ended() || s.sealedElsewhere():
		return fault.New(fault.Closed, "sheet.locked", "sheets of %q are locked", entry)
	case needOpen && !s.state.SheetsOpen(entry):
		return fault.New(fault.Conflict, "sheet.not_open", "sheets of %q are not open", entry)
	}
	return nil
}
