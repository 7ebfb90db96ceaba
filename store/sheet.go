package store

import (
	"context"
	"fmt"

	"hecai/contest"
	"hecai/fault"
	"hecai/stage/cue"
)

type sheetRow struct {
	Session, Entry, Judge, Marks, Comment, State string

	Rev       int64
	UpdatedAt int64 `db:"updated_at"`
}

func (r sheetRow) sheet() (contest.Sheet, error) {
	s := contest.Sheet{
		Session: contest.SessionID(r.Session), Entry: contest.EntryID(r.Entry), Judge: contest.JudgeID(r.Judge),
		Comment: r.Comment, Rev: r.Rev, State: contest.SheetState(r.State), UpdatedAt: r.UpdatedAt,
	}
	return s, fromJSON(r.Marks, &s.Marks)
}

const selectSheets = `SELECT session, entry, judge, marks, comment, rev, state, updated_at FROM sheet `

func (r run) sheets(ctx context.Context, where string, args ...any) ([]contest.Sheet, error) {
	var rows []sheetRow
	if err := r.list(ctx, &rows, selectSheets+where+` ORDER BY entry, judge`, args...); err != nil {
		return nil, fmt.Errorf("sheets: %w", err)
	}
	out := make([]contest.Sheet, len(rows))
	for i, row := range rows {
		s, err := row.sheet()
		if err != nil {
			return nil, fmt.Errorf("sheet of %s: %w", row.Entry, err)
		}
		out[i] = s
	}
	return out, nil
}

// Sheets returns all sheets of a session by entry and judge.
func (db *DB) Sheets(ctx context.Context, session contest.SessionID) ([]contest.Sheet, error) {
	return db.read().sheets(ctx, `WHERE session = ?`, session)
}

// SheetsByJudge returns one judge's sheets of a session by entry.
func (db *DB) SheetsByJudge(ctx context.Context, session contest.SessionID, judge contest.JudgeID) ([]contest.Sheet, error) {
	return db.read().sheets(ctx, `WHERE session = ? AND judge = ?`, session, judge)
}

// SaveSheet stores the sheet over the revision that it was made from; 0 = there
// was none. Another stored revision is a conflict (sheet.stale_rev). Nothing
// gets past a lock (sheet.locked).
func (db *DB) SaveSheet(ctx context.Context, s contest.Sheet, from int64) error {
	return db.write(ctx, "save sheet", func(ctx context.Context, tx run) error {
		if err := tx.lock(ctx, lockSheets, hash32(string(s.Session))); err != nil {
			return err
		}
		var locks int
		err := tx.get(ctx, &locks, `SELECT COUNT(*) FROM sheet_lock WHERE session = ? AND entry IN (?, '*')`, s.Session, s.Entry)
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
func putSheet(ctx context.Context, tx run, s contest.Sheet, from int64) error {
	marks := s.Marks
	if marks == nil {
		marks = map[contest.CriterionID]contest.Mark{}
	}
	query := `UPDATE sheet SET marks = ?, comment = ?, rev = ?, state = ?, updated_at = ?
		WHERE session = ? AND entry = ? AND judge = ? AND rev = ? AND state <> 'locked'`
	args := []any{toJSON(marks), s.Comment, s.Rev, s.State, s.UpdatedAt, s.Session, s.Entry, s.Judge}
	if from == 0 {
		query = `INSERT INTO sheet (marks, comment, rev, state, updated_at, session, entry, judge)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (session, entry, judge) DO NOTHING`
	} else {
		args = append(args, from)
	}
	n, err := tx.exec(ctx, query, args...)
	if err != nil || n == 1 {
		return err
	}
	var have int64
	err = tx.get(ctx, &have, `SELECT COALESCE(MAX(rev), 0) FROM sheet WHERE session = ? AND entry = ? AND judge = ?`, s.Session, s.Entry, s.Judge)
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "sheet.stale_rev", "saw revision %d, have %d", from, have).With("rev", have)
}

// LockSheets closes the sheets of an entry, or with cue.AllEntries those of the
// whole session, and returns them as they stand then. Submitted ones become locked;
// drafts were never handed in and stay drafts. No sheet of these entries can be
// saved any more. Locking again changes nothing.
func (db *DB) LockSheets(ctx context.Context, session contest.SessionID, entry contest.EntryID, now int64) ([]contest.Sheet, error) {
	var out []contest.Sheet
	err := db.write(ctx, "lock sheets", func(ctx context.Context, tx run) (err error) {
		if err := tx.lock(ctx, lockSheets, hash32(string(session))); err != nil {
			return err
		}
		where, args := `WHERE session = ?`, []any{session}
		if entry != cue.AllEntries {
			where, args = `WHERE session = ? AND entry = ?`, []any{session, entry}
		}
		_, err = tx.exec(ctx, `INSERT INTO sheet_lock (session, entry, at) VALUES (?, ?, ?) ON CONFLICT (session, entry) DO NOTHING`, session, entry, now)
		if err != nil {
			return err
		}
		if out, err = tx.sheets(ctx, where, args...); err != nil {
			return err
		}
		for i, s := range out {
			locked, err := s.Lock(now)
			if err != nil {
				return err
			}
			if locked.Rev == s.Rev {
				continue
			}
			if err := putSheet(ctx, tx, locked, s.Rev); err != nil {
				return err
			}
			out[i] = locked
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// SheetLocks returns the entries whose sheets are locked; all is set when those
// of the whole session are.
func (db *DB) SheetLocks(ctx context.Context, session contest.SessionID) (entries []contest.EntryID, all bool, err error) {
	var ids []contest.EntryID
	if err := db.read().list(ctx, &ids, `SELECT entry FROM sheet_lock WHERE session = ? ORDER BY entry`, session); err != nil {
		return nil, false, fmt.Errorf("sheet locks: %w", err)
	}
	for _, id := range ids {
		if id == cue.AllEntries {
			all = true
		} else {
			entries = append(entries, id)
		}
	}
	return entries, all, nil
}
