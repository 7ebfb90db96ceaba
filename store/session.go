package store

import (
	"context"
	"fmt"

	"hecai/contest"
	"hecai/fault"
	"hecai/stage/cue"
)

// Session is one show of the contest (场次).
type Session struct {
	ID       contest.SessionID
	Title    string
	Subtitle string
	Kind     string // "final", "prelim", "salon", …: for grouping only
	Mode     string // cue.ModeLive or cue.ModeRehearsal
	Order    int    // in lists
	Rev      int64  // of the rundown, grows by one with each change; set by the store
}

type sessionRow struct {
	ID, Title, Subtitle, Kind, Mode string

	RunOrder int `db:"run_order"`
	Rev      int64
}

func (r sessionRow) session() Session {
	return Session{ID: contest.SessionID(r.ID), Title: r.Title, Subtitle: r.Subtitle, Kind: r.Kind, Mode: r.Mode, Order: r.RunOrder, Rev: r.Rev}
}

const selectSession = `SELECT id, title, subtitle, kind, mode, run_order, rev FROM session `

// Sessions returns all sessions in order.
func (db *DB) Sessions(ctx context.Context) ([]Session, error) {
	var rows []sessionRow
	if err := db.read().list(ctx, &rows, selectSession+`ORDER BY run_order, id`); err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	out := make([]Session, len(rows))
	for i, row := range rows {
		out[i] = row.session()
	}
	return out, nil
}

// Session returns one session.
func (db *DB) Session(ctx context.Context, id contest.SessionID) (Session, error) {
	var row sessionRow
	if err := db.read().get(ctx, &row, selectSession+`WHERE id = ?`, id); err != nil {
		return Session{}, fmt.Errorf("session %s: %w", id, err)
	}
	return row.session(), nil
}

// SaveSession adds a session without a rundown, or changes all of a known one
// but its rundown.
func (db *DB) SaveSession(ctx context.Context, s Session) error {
	return db.write(ctx, "save session", func(ctx context.Context, tx run) error {
		_, err := tx.exec(ctx, `INSERT INTO session (id, title, subtitle, kind, mode, run_order, rundown, rev) VALUES (?, ?, ?, ?, ?, ?, '', 0)
			ON CONFLICT (id) DO UPDATE SET title = excluded.title, subtitle = excluded.subtitle, kind = excluded.kind,
				mode = excluded.mode, run_order = excluded.run_order`,
			s.ID, s.Title, s.Subtitle, s.Kind, s.Mode, s.Order)
		return err
	})
}

// Rundown returns a session's rundown.
func (db *DB) Rundown(ctx context.Context, id contest.SessionID) (cue.Rundown, error) {
	var text string
	if err := db.read().get(ctx, &text, `SELECT rundown FROM session WHERE id = ? AND rundown <> ''`, id); err != nil {
		return cue.Rundown{}, fmt.Errorf("rundown of %s: %w", id, err)
	}
	var r cue.Rundown
	if err := fromJSON(text, &r); err != nil {
		return cue.Rundown{}, fmt.Errorf("rundown of %s: %w", id, err)
	}
	return r, nil
}

// SaveRundown stores a rundown over whatever is there, and its title, subtitle
// and mode with the session, which it adds if need be.
func (db *DB) SaveRundown(ctx context.Context, r cue.Rundown) error {
	return db.write(ctx, "save rundown", func(ctx context.Context, tx run) error {
		return putRundown(ctx, tx, r)
	})
}

// SaveRundownAt is SaveRundown, but only over the revision (see Session.Rev; 0 =
// none yet), and returns the new one. Another stored revision is a conflict
// (rundown.stale_rev): someone else has edited it.
func (db *DB) SaveRundownAt(ctx context.Context, r cue.Rundown, rev int64) (int64, error) {
	err := db.write(ctx, "save rundown", func(ctx context.Context, tx run) error {
		if err := tx.lock(ctx, lockRundown, hash32(string(r.Session))); err != nil {
			return err
		}
		var have int64
		if err := tx.get(ctx, &have, `SELECT COALESCE(MAX(rev), 0) FROM session WHERE id = ?`, r.Session); err != nil {
			return err
		}
		if have != rev {
			return fault.New(fault.Conflict, "rundown.stale_rev", "saw revision %d, have %d", rev, have).With("rev", have)
		}
		return putRundown(ctx, tx, r)
	})
	if err != nil {
		return 0, err
	}
	return rev + 1, nil
}

func putRundown(ctx context.Context, tx run, r cue.Rundown) error {
	_, err := tx.exec(ctx, `INSERT INTO session (id, title, subtitle, kind, mode, run_order, rundown, rev) VALUES (?, ?, ?, '', ?, 0, ?, 1)
		ON CONFLICT (id) DO UPDATE SET title = excluded.title, subtitle = excluded.subtitle, mode = excluded.mode,
			rundown = excluded.rundown, rev = session.rev + 1`,
		r.Session, r.Title, r.Subtitle, r.Mode, toJSON(r))
	return err
}

// SessionEntries returns the entries of a session in its running order, which
// is also their Order.
func (db *DB) SessionEntries(ctx context.Context, id contest.SessionID) ([]contest.Entry, error) {
	out, err := db.read().entries(ctx, `SELECT `+entryColumns+` FROM session_entry s JOIN entry e ON e.id = s.entry WHERE s.session = ? ORDER BY s.pos`, id)
	for i := range out {
		out[i].Order = i + 1
	}
	return out, err
}

// SetSessionEntries makes these the entries of a session, in running order.
func (db *DB) SetSessionEntries(ctx context.Context, id contest.SessionID, entries []contest.EntryID) error {
	return db.write(ctx, "set session entries", func(ctx context.Context, tx run) error {
		if _, err := tx.exec(ctx, `DELETE FROM session_entry WHERE session = ?`, id); err != nil {
			return err
		}
		for i, e := range entries {
			if _, err := tx.exec(ctx, `INSERT INTO session_entry (session, entry, pos) VALUES (?, ?, ?)`, id, e, i+1); err != nil {
				return fmt.Errorf("entry %s: %w", e, err)
			}
		}
		return nil
	})
}

// SessionJudges returns the panel of a session by seat.
func (db *DB) SessionJudges(ctx context.Context, id contest.SessionID) ([]contest.Judge, error) {
	return db.read().judges(ctx, `SELECT j.id, j.name, j.org, j.sector, j.sample
		FROM session_judge s JOIN judge j ON j.id = s.judge WHERE s.session = ? ORDER BY s.pos`, id)
}

// SetSessionJudges makes these the panel of a session, by seat.
func (db *DB) SetSessionJudges(ctx context.Context, id contest.SessionID, judges []contest.JudgeID) error {
	return db.write(ctx, "set session judges", func(ctx context.Context, tx run) error {
		if _, err := tx.exec(ctx, `DELETE FROM session_judge WHERE session = ?`, id); err != nil {
			return err
		}
		for i, j := range judges {
			if _, err := tx.exec(ctx, `INSERT INTO session_judge (session, judge, pos) VALUES (?, ?, ?)`, id, j, i+1); err != nil {
				return fmt.Errorf("judge %s: %w", j, err)
			}
		}
		return nil
	})
}
