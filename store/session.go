package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"hecai/contest"
	"hecai/fault"
	"hecai/stage/cue"
)

// Session is one session of a contest (场次).
type Session struct {
	Contest  contest.Code
	ID       contest.SessionID
	Title    string
	Subtitle string
	Kind     string // "final", "prelim", "salon", …: for grouping only
	Order    int    // in lists, of those without a day or of the same time
	Rev      int64  // of the rundown, grows by one with each change; set by the store

	Date  contest.Date // "" = not set yet, as the others
	Time  string       // "09:30"
	Place string

	Reveals contest.SessionID   // whose result is revealed here, "" = its own
	Joins   []contest.SessionID // whose scores are in its result too
}

// Setup is the session as the office knows it.
func (s Session) Setup() contest.Session {
	return contest.Session{Show: s.Show(), Title: s.Title, Subtitle: s.Subtitle, Kind: cmp.Or(s.Kind, "other"), Date: s.Date, Time: s.Time, Place: s.Place, Reveals: s.Reveals, Joins: s.Joins}
}

// Show is the session itself, and no rehearsal of it.
func (s Session) Show() contest.ShowID { return contest.NewShow(s.Contest, s.ID, 0) }

type sessionRow struct {
	Contest, ID, Title, Subtitle, Kind string

	RunOrder         int `db:"run_order"`
	Rev              int64
	Day, Time, Place string
	Reveals, Joins   string
}

func (r sessionRow) session() Session {
	var joins []contest.SessionID
	for _, id := range strings.Fields(r.Joins) {
		joins = append(joins, contest.SessionID(id))
	}
	return Session{Contest: contest.Code(r.Contest), ID: contest.SessionID(r.ID), Title: r.Title, Subtitle: r.Subtitle, Kind: r.Kind, Order: r.RunOrder, Rev: r.Rev,
		Date: contest.Date(r.Day), Time: r.Time, Place: r.Place, Reveals: contest.SessionID(r.Reveals), Joins: joins}
}

const selectSession = `SELECT contest, id, title, subtitle, kind, run_order, rev, day, time, place, reveals, joins FROM session `

// Sessions returns all sessions, by contest and in order: by day and time, those
// without a day last.
func (db *DB) Sessions(ctx context.Context) ([]Session, error) {
	var rows []sessionRow
	if err := db.read().list(ctx, &rows, selectSession+`ORDER BY (SELECT no FROM contest WHERE code = session.contest), contest, day = '', day, time, run_order, id`); err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	out := make([]Session, len(rows))
	for i, row := range rows {
		out[i] = row.session()
	}
	return out, nil
}

// Setups returns what the office says of a contest's sessions, in order.
func (db *DB) Setups(ctx context.Context, in contest.Code) ([]contest.Session, error) {
	all, err := db.Sessions(ctx)
	out := []contest.Session{}
	for _, s := range all {
		if s.Contest == in {
			out = append(out, s.Setup())
		}
	}
	return out, err
}

// Shows returns all shows that there have been, rehearsals too.
func (db *DB) Shows(ctx context.Context) ([]contest.ShowID, error) {
	var out []contest.ShowID
	if err := db.read().list(ctx, &out, `SELECT id FROM show ORDER BY id`); err != nil {
		return nil, fmt.Errorf("shows: %w", err)
	}
	return out, nil
}

// Session returns the session that a show is a take of.
func (db *DB) Session(ctx context.Context, id contest.ShowID) (Session, error) {
	return db.read().session(ctx, id)
}

func (r run) session(ctx context.Context, id contest.ShowID) (Session, error) {
	var row sessionRow
	if err := r.get(ctx, &row, selectSession+`WHERE contest = ? AND id = ?`, id.Contest(), id.Session()); err != nil {
		return Session{}, fmt.Errorf("session %s: %w", id, err)
	}
	return row.session(), nil
}

// SaveSession adds a session without a rundown, or changes all of a known one
// but its rundown.
func (db *DB) SaveSession(ctx context.Context, s Session) error {
	return db.write(ctx, "save session", func(ctx context.Context, tx run) error { return tx.saveSession(ctx, s) })
}

func (r run) saveSession(ctx context.Context, s Session) error {
	_, err := r.exec(ctx, `INSERT INTO session (contest, id, title, subtitle, kind, run_order, rundown, rev, day, time, place, reveals, joins)
		VALUES (?, ?, ?, ?, ?, ?, '', 0, ?, ?, ?, ?, ?)
		ON CONFLICT (contest, id) DO UPDATE SET title = excluded.title, subtitle = excluded.subtitle, kind = excluded.kind,
			run_order = excluded.run_order, day = excluded.day, time = excluded.time, place = excluded.place, reveals = excluded.reveals, joins = excluded.joins`,
		s.Contest, s.ID, s.Title, s.Subtitle, s.Kind, s.Order, s.Date, s.Time, s.Place, s.Reveals, joined(s.Joins))
	if err != nil {
		return err
	}
	return r.saveShow(ctx, s.Show())
}

// SetUpSession adds a session with an empty rundown, or changes what the office says
// of a known one; its rundown says the same title and subtitle.
func (db *DB) SetUpSession(ctx context.Context, s contest.Session) error {
	return db.write(ctx, "set up session", func(ctx context.Context, tx run) error {
		in := s.Show.Contest()
		if err := tx.edit(ctx, in, "rundown"); err != nil { // a rundown's save writes the title too
			return err
		}
		had, err := tx.session(ctx, s.Show)
		fresh := errors.Is(err, errNone)
		if err != nil && !fresh {
			return err
		}
		var before any
		if !fresh {
			before = had.Setup()
		}
		if err := unmoved(ctx, string(s.Show), before); err != nil {
			return err
		}
		if err := tx.mayReveal(ctx, s, had); err != nil {
			return err
		}
		r, err := tx.rundown(ctx, s.Show)
		if err != nil && !errors.Is(err, errNone) {
			return err
		}
		if err != nil {
			r = cue.Blank(s.Show.Session(), s.Title)
		}
		if err != nil || r.Title != s.Title || r.Subtitle != s.Subtitle {
			r.Title, r.Subtitle = s.Title, s.Subtitle
			if err := tx.saveRundown(ctx, in, r); err != nil {
				return err
			}
		}
		if fresh {
			if err := tx.get(ctx, &had.Order, `SELECT COALESCE(MAX(run_order), 0) + 1 FROM session WHERE contest = ?`, in); err != nil {
				return err
			}
		}
		if _, err := tx.exec(ctx, `UPDATE session SET kind = ?, day = ?, time = ?, place = ?, reveals = ?, joins = ?, run_order = ? WHERE contest = ? AND id = ?`,
			s.Kind, s.Date, s.Time, s.Place, s.Reveals, joined(s.Joins), had.Order, in, s.Show.Session()); err != nil {
			return err
		}
		return tx.did(ctx, string(s.Show), before, s)
	})
}

// joined is the column of a list of sessions.
func joined(ids []contest.SessionID) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return strings.Join(out, " ")
}

// mayReveal refuses a session to reveal the result, or to join the scores, of one that is
// not there or has none of its own (session.invalid), that another reveals or joins
// already (session.revealed_twice), that has been sealed by itself, and any change once
// a result is sealed here (session.sealed).
func (r run) mayReveal(ctx context.Context, s contest.Session, had Session) error {
	if s.Reveals == had.Reveals && slices.Equal(s.Joins, had.Joins) {
		return nil
	}
	var seals int
	if err := r.get(ctx, &seals, `SELECT COUNT(*) FROM seal WHERE show = ?`, s.Show); err != nil {
		return err
	}
	if seals > 0 {
		return fault.New(fault.Conflict, "session.sealed", "%s is sealed", s.Show)
	}
	var all []sessionRow
	if err := r.list(ctx, &all, selectSession+`WHERE contest = ?`, s.Show.Contest()); err != nil {
		return err
	}
	own := s.Show.Session()
	for _, row := range all {
		o := row.session()
		switch {
		case o.ID == own:
		case s.Reveals != "" && (o.Reveals == own || slices.Contains(o.Joins, own)), len(s.Joins) > 0 && slices.Contains(o.Joins, own):
			return fault.New(fault.Conflict, "session.reveals_none", "%s has its result revealed in %s", s.Show, o.ID).With("title", o.Title)
		case s.Reveals != "" && (o.Reveals == s.Reveals || slices.Contains(o.Joins, s.Reveals)):
			return fault.New(fault.Conflict, "session.revealed_twice", "%s reveals %s", o.ID, s.Reveals).With("title", o.Title)
		}
		for _, part := range s.Joins {
			if o.ID != own && (o.Reveals == part || slices.Contains(o.Joins, part)) {
				return fault.New(fault.Conflict, "session.revealed_twice", "%s reveals %s", o.ID, part).With("title", o.Title)
			}
		}
	}
	for _, part := range append([]contest.SessionID{s.Reveals}, s.Joins...) {
		i := slices.IndexFunc(all, func(row sessionRow) bool { return row.ID == string(part) })
		if part != "" && (i < 0 || all[i].Reveals != "" || part != s.Reveals && all[i].Joins != "") {
			return fault.New(fault.Invalid, "session.invalid", "%s", part).With("field", "reveals")
		}
		if part == "" || part == s.Reveals {
			continue
		}
		if err := r.get(ctx, &seals, `SELECT COUNT(*) FROM seal WHERE show = ?`, contest.NewShow(s.Show.Contest(), part, 0)); err != nil {
			return err
		}
		if seals > 0 {
			return fault.New(fault.Conflict, "session.sealed", "%s is sealed", part)
		}
	}
	return nil
}

// DropSession takes away a session of which nothing is kept but who is on it and its
// rundown: session.in_use, with "what" there is. Its links end, and a show of it that
// runs can write no more.
func (db *DB) DropSession(ctx context.Context, show contest.ShowID) error {
	return db.write(ctx, "drop session", func(ctx context.Context, tx run) error {
		if err := tx.edit(ctx, show.Contest(), "rundown"); err != nil {
			return err
		}
		had, err := tx.session(ctx, show)
		if err != nil {
			return err
		}
		if err := unmoved(ctx, string(show), had.Setup()); err != nil {
			return err
		}
		if err := tx.unused(ctx, show); err != nil {
			return err
		}
		for _, q := range []string{`UPDATE link SET revoked = TRUE WHERE show = ?`, `DELETE FROM fact WHERE show = ?`, `DELETE FROM show WHERE id = ?`} {
			if _, err := tx.exec(ctx, q, show); err != nil {
				return err
			}
		}
		if _, err := tx.exec(ctx, `DELETE FROM session WHERE contest = ? AND id = ?`, show.Contest(), show.Session()); err != nil {
			return err
		}
		return tx.did(ctx, string(show), had.Setup(), nil)
	})
}

// unused refuses a session that something is kept of, or that is a contest's only one.
func (r run) unused(ctx context.Context, show contest.ShowID) error {
	var prepared []any
	for _, kind := range cue.Preparations() {
		prepared = append(prepared, kind)
	}
	for _, t := range []struct{ what, query string }{
		{"facts", `SELECT COUNT(*) FROM fact WHERE show = ? AND kind NOT IN ` + marks(1, len(prepared))}, {"takes", `SELECT COUNT(*) FROM take WHERE contest || '/' || session = ?`},
		{"ballots", `SELECT COUNT(*) FROM ballot WHERE show = ?`}, {"sheets", `SELECT COUNT(*) FROM sheet WHERE show = ?`},
		{"reveals", `SELECT COUNT(*) FROM session WHERE reveals <> '' AND contest || '/' || reveals = ?`},
		{"messages", `SELECT COUNT(*) FROM message WHERE show = ?`}, {"cameras", `SELECT COUNT(*) FROM camera WHERE show = ?`},
	} {
		var n int
		args := []any{show}
		if t.what == "facts" {
			args = append(args, prepared...)
		}
		if err := r.get(ctx, &n, t.query, args...); err != nil {
			return err
		}
		if n > 0 {
			return fault.New(fault.Conflict, "session.in_use", "%s has %d %s", show, n, t.what).With("what", t.what)
		}
	}
	var all []sessionRow
	if err := r.list(ctx, &all, selectSession+`WHERE contest = ?`, show.Contest()); err != nil {
		return err
	}
	for _, row := range all {
		if slices.Contains(row.session().Joins, show.Session()) {
			return fault.New(fault.Conflict, "session.in_use", "%s joins %s", row.ID, show).With("what", "joins")
		}
	}
	var others int
	if err := r.get(ctx, &others, `SELECT COUNT(*) FROM session WHERE contest = ? AND id <> ?`, show.Contest(), show.Session()); err != nil {
		return err
	}
	if others == 0 {
		return fault.New(fault.Conflict, "session.only", "%s is the only one", show)
	}
	return nil
}

// Rundown returns the rundown of a show's session.
func (db *DB) Rundown(ctx context.Context, id contest.ShowID) (cue.Rundown, error) {
	return db.read().rundown(ctx, id)
}

func (tx run) rundown(ctx context.Context, id contest.ShowID) (r cue.Rundown, err error) {
	var text string
	if err := tx.get(ctx, &text, `SELECT rundown FROM session WHERE contest = ? AND id = ? AND rundown <> ''`, id.Contest(), id.Session()); err != nil {
		return r, fmt.Errorf("rundown of %s: %w", id, err)
	}
	if err := fromJSON(text, &r); err != nil {
		return r, fmt.Errorf("rundown of %s: %w", id, err)
	}
	return r, nil
}

// SaveRundown stores a rundown of a contest's session, and its title and subtitle with
// the session, which it adds if need be.
func (db *DB) SaveRundown(ctx context.Context, in contest.Code, r cue.Rundown) error {
	return db.write(ctx, "save rundown", func(ctx context.Context, tx run) error {
		if err := tx.edit(ctx, in, "rundown"); err != nil {
			return err
		}
		id := contest.NewShow(in, r.Session, 0)
		var before any
		if had, err := tx.rundown(ctx, id); err == nil {
			before = had
		} else if !errors.Is(err, errNone) {
			return err
		}
		if err := unmoved(ctx, string(id), before); err != nil {
			return err
		}
		if err := tx.saveRundown(ctx, in, r); err != nil {
			return err
		}
		return tx.did(ctx, string(id), before, r)
	})
}

func (tx run) saveRundown(ctx context.Context, in contest.Code, r cue.Rundown) error {
	_, err := tx.exec(ctx, `INSERT INTO session (contest, id, title, subtitle, kind, run_order, rundown, rev) VALUES (?, ?, ?, ?, '', 0, ?, 1)
		ON CONFLICT (contest, id) DO UPDATE SET title = excluded.title, subtitle = excluded.subtitle,
			rundown = excluded.rundown, rev = session.rev + 1`,
		in, r.Session, r.Title, r.Subtitle, toJSON(r))
	if err != nil {
		return err
	}
	return tx.saveShow(ctx, contest.NewShow(in, r.Session, 0))
}

// saveShow notes a show. Its facts are hashed with its id.
func (r run) saveShow(ctx context.Context, id contest.ShowID) error {
	_, err := r.exec(ctx, `INSERT INTO show (id, contest, session, take, name) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		id, id.Contest(), id.Session(), id.Take(), id)
	return err
}

// SessionEntries returns the entries of a show's session in its running order, which
// is also their Order.
func (db *DB) SessionEntries(ctx context.Context, id contest.ShowID) ([]contest.Entry, error) {
	out, err := db.read().entries(ctx, `SELECT `+entryColumns+` FROM session_entry s JOIN entry e ON e.contest = s.contest AND e.id = s.entry
		WHERE s.contest = ? AND s.session = ? ORDER BY s.pos`, id.Contest(), id.Session())
	for i := range out {
		out[i].Order = i + 1
	}
	return out, err
}

// SetSessionEntries makes these the entries of a show's session, in running order.
func (db *DB) SetSessionEntries(ctx context.Context, id contest.ShowID, entries []contest.EntryID) error {
	return db.write(ctx, "set session entries", func(ctx context.Context, tx run) error {
		if err := tx.edit(ctx, id.Contest(), "lineup"); err != nil {
			return err
		}
		var before []string
		if err := tx.list(ctx, &before, `SELECT entry FROM session_entry WHERE contest = ? AND session = ? ORDER BY pos`, id.Contest(), id.Session()); err != nil {
			return err
		}
		if err := unmoved(ctx, string(id), before); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `DELETE FROM session_entry WHERE contest = ? AND session = ?`, id.Contest(), id.Session()); err != nil {
			return err
		}
		for i, e := range entries {
			if _, err := tx.exec(ctx, `INSERT INTO session_entry (contest, session, entry, pos) VALUES (?, ?, ?, ?)`, id.Contest(), id.Session(), e, i+1); err != nil {
				return fmt.Errorf("entry %s: %w", e, err)
			}
		}
		return tx.did(ctx, string(id), before, entries)
	})
}

// SessionJudges returns the panel of a show's session by seat.
func (db *DB) SessionJudges(ctx context.Context, id contest.ShowID) ([]contest.Judge, error) {
	return db.read().judges(ctx, `SELECT j.id, j.name, j.org, j.sector, j.sample
		FROM session_judge s JOIN judge j ON j.contest = s.contest AND j.id = s.judge
		WHERE s.contest = ? AND s.session = ? ORDER BY s.pos`, id.Contest(), id.Session())
}

// SetSessionJudges makes these the panel of a show's session, by seat.
func (db *DB) SetSessionJudges(ctx context.Context, id contest.ShowID, judges []contest.JudgeID) error {
	return db.write(ctx, "set session judges", func(ctx context.Context, tx run) error {
		if err := tx.edit(ctx, id.Contest(), "lineup"); err != nil {
			return err
		}
		var before []string
		if err := tx.list(ctx, &before, `SELECT judge FROM session_judge WHERE contest = ? AND session = ? ORDER BY pos`, id.Contest(), id.Session()); err != nil {
			return err
		}
		if err := unmoved(ctx, string(id), before); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `DELETE FROM session_judge WHERE contest = ? AND session = ?`, id.Contest(), id.Session()); err != nil {
			return err
		}
		for i, j := range judges {
			if _, err := tx.exec(ctx, `INSERT INTO session_judge (contest, session, judge, pos) VALUES (?, ?, ?, ?)`, id.Contest(), id.Session(), j, i+1); err != nil {
				return fmt.Errorf("judge %s: %w", j, err)
			}
		}
		return tx.did(ctx, string(id), before, judges)
	})
}
