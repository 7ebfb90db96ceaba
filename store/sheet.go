package store

import (
	"context"
	"fmt"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/fault"
	"hecai/lease"
)

type sheetRow struct {
	Show, Entry, Judge, Marks, Comment, State string

	Rev       int64
	UpdatedAt int64 `db:"updated_at"`
}

func (r sheetRow) sheet() (score.Sheet, error) {
	s := score.Sheet{
		Show: contest.ShowID(r.Show), Entry: contest.EntryID(r.Entry), Judge: contest.JudgeID(r.Judge),
		Comment: r.Comment, Rev: r.Rev, State: score.SheetState(r.State), UpdatedAt: r.UpdatedAt,
	}
	return s, fromJSON(r.Marks, &s.Marks)
}

const selectSheets = `SELECT show, entry, judge, marks, comment, rev, state, updated_at FROM sheet `

func (r run) sheets(ctx context.Context, where string, args ...any) ([]score.Sheet, error) {
	var rows []sheetRow
	if err := r.list(ctx, &rows, selectSheets+where+` ORDER BY entry, judge`, args...); err != nil {
		return nil, fmt.Errorf("sheets: %w", err)
	}
	out := make([]score.Sheet, len(rows))
	for i, row := range rows {
		s, err := row.sheet()
		if err != nil {
			return nil, fmt.Errorf("sheet of %s: %w", row.Entry, err)
		}
		out[i] = s
	}
	return out, nil
}

// Sheets returns all sheets of a show by entry and judge.
func (db *DB) Sheets(ctx context.Context, show contest.ShowID) ([]score.Sheet, error) {
	return db.read().sheets(ctx, `WHERE show = ?`, show)
}

// SaveSheet stores the sheet over the revision that it was made from; 0 = there
// was none. Another stored revision is a conflict (sheet.stale_rev). Nothing
// gets past a lock (sheet.locked), nor from a node that has the show no more
// (stage.not_owner): who has it would not know of it.
func (db *DB) SaveSheet(ctx context.Context, own lease.Lease, s score.Sheet, from int64) error {
	return db.write(ctx, "save sheet", func(ctx context.Context, tx run) error {
		if err := tx.owns(ctx, own, lease.Show(s.Show)); err != nil {
			return err
		}
		if err := tx.onAir(ctx, s.Show); err != nil {
			return err
		}
		if err := tx.lock(ctx, lockSheets, hash32(string(s.Show))); err != nil {
			return err
		}
		var locks int
		err := tx.get(ctx, &locks, `SELECT COUNT(*) FROM sheet_lock WHERE show = ? AND entry IN (?, '*')`, s.Show, s.Entry)
		if err != nil {
			return err
		}
		if locks > 0 {
			return fault.New(fault.Closed, "sheet.locked", "sheets of %s are locked", s.Entry)
		}
		return putSheet(ctx, tx, s, from)
	})
}

// putSheet writes a sheet over the revision, whatever is locked.
func putSheet(ctx context.Context, tx run, s score.Sheet, from int64) error {
	marks := s.Marks
	if marks == nil {
		marks = map[contest.CriterionID]contest.Mark{}
	}
	query := `UPDATE sheet SET marks = ?, comment = ?, rev = ?, state = ?, updated_at = ?
		WHERE show = ? AND entry = ? AND judge = ? AND rev = ? AND state <> 'locked'`
	args := []any{toJSON(marks), s.Comment, s.Rev, s.State, s.UpdatedAt, s.Show, s.Entry, s.Judge}
	if from == 0 {
		query = `INSERT INTO sheet (marks, comment, rev, state, updated_at, show, entry, judge)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (show, entry, judge) DO NOTHING`
	} else {
		args = append(args, from)
	}
	n, err := tx.exec(ctx, query, args...)
	if err != nil || n == 1 {
		return err
	}
	var have int64
	err = tx.get(ctx, &have, `SELECT COALESCE(MAX(rev), 0) FROM sheet WHERE show = ? AND entry = ? AND judge = ?`, s.Show, s.Entry, s.Judge)
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "sheet.stale_rev", "saw revision %d, have %d", from, have).With("rev", have)
}

// LockSheets closes the sheets of the entries, in the session that the lease is
// of, and returns them as they stand then.
// Submitted ones become locked; drafts were never handed in and stay drafts. No
// sheet of these entries can be saved any more. Locking again changes nothing.
func (db *DB) LockSheets(ctx context.Context, own lease.Lease, entries []contest.EntryID, now int64) ([]score.Sheet, error) {
	show := own.ShowOf()
	var out []score.Sheet
	err := db.write(ctx, "lock sheets", func(ctx context.Context, tx run) error {
		out = nil
		if err := tx.owns(ctx, own, lease.Show(show)); err != nil {
			return err
		}
		if err := tx.onAir(ctx, show); err != nil {
			return err
		}
		if err := tx.lock(ctx, lockSheets, hash32(string(show))); err != nil {
			return err
		}
		for _, entry := range entries {
			list, err := lockEntry(ctx, tx, show, entry, now)
			if err != nil {
				return err
			}
			out = append(out, list...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func lockEntry(ctx context.Context, tx run, show contest.ShowID, entry contest.EntryID, now int64) ([]score.Sheet, error) {
	_, err := tx.exec(ctx, `INSERT INTO sheet_lock (show, entry, at) VALUES (?, ?, ?) ON CONFLICT (show, entry) DO NOTHING`, show, entry, now)
	if err != nil {
		return nil, err
	}
	out, err := tx.sheets(ctx, `WHERE show = ? AND entry = ?`, show, entry)
	if err != nil {
		return nil, err
	}
	for i, s := range out {
		locked, err := s.Lock(now)
		if err != nil {
			return nil, err
		}
		if locked.Rev == s.Rev {
			continue
		}
		if err := putSheet(ctx, tx, locked, s.Rev); err != nil {
			return nil, err
		}
		out[i] = locked
	}
	return out, nil
}
