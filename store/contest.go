package store

import (
	"context"
	"errors"
	"fmt"

	"hecai/contest"
	"hecai/fault"
)

// SavePlan puts a plan file into force, as it is. hash is the SHA-256 of body in
// hex. Earlier plans are kept; saving the one in force again changes nothing.
func (db *DB) SavePlan(ctx context.Context, body []byte, hash string) error {
	return db.write(ctx, "save plan", func(ctx context.Context, tx run) error {
		var have string
		err := tx.get(ctx, &have, `SELECT hash FROM plan ORDER BY version DESC LIMIT 1`)
		if err == nil && have == hash {
			return nil
		}
		if err != nil && !errors.Is(err, errNone) {
			return err
		}
		n, err := next(ctx, tx, "plan", 1)
		if err != nil {
			return err
		}
		_, err = tx.exec(ctx, `INSERT INTO plan (version, hash, body) VALUES (?, ?, ?)`, n, hash, string(body))
		return err
	})
}

// Plan returns the plan file in force and its hash.
func (db *DB) Plan(ctx context.Context) (body []byte, hash string, err error) {
	var row struct{ Hash, Body string }
	if err := db.read().get(ctx, &row, `SELECT hash, body FROM plan ORDER BY version DESC LIMIT 1`); err != nil {
		return nil, "", fmt.Errorf("plan: %w", err)
	}
	return []byte(row.Body), row.Hash, nil
}

const entryColumns = `e.id, e.no, e.title, e.track, e.direction, e.team, e.lead, e.partners, e.summary, e.run_order, e.state, e.sample`

type entryRow struct {
	ID, Title, Track, Team, Lead, Partners, Summary, State string

	No, Direction int
	RunOrder      int `db:"run_order"`
	Sample        bool
}

func (r entryRow) entry() (contest.Entry, error) {
	e := contest.Entry{
		ID: contest.EntryID(r.ID), No: r.No, Title: r.Title, Track: contest.TrackID(r.Track), Direction: r.Direction,
		Team: r.Team, Lead: r.Lead, Summary: r.Summary, Order: r.RunOrder, State: contest.EntryState(r.State), Sample: r.Sample,
	}
	return e, fromJSON(r.Partners, &e.Partners)
}

func (r run) entries(ctx context.Context, query string, args ...any) ([]contest.Entry, error) {
	var rows []entryRow
	if err := r.list(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("entries: %w", err)
	}
	out := make([]contest.Entry, len(rows))
	for i, row := range rows {
		e, err := row.entry()
		if err != nil {
			return nil, fmt.Errorf("entry %s: %w", row.ID, err)
		}
		out[i] = e
	}
	return out, nil
}

// Entries returns all entries by number.
func (db *DB) Entries(ctx context.Context) ([]contest.Entry, error) {
	return db.read().entries(ctx, `SELECT `+entryColumns+` FROM entry e ORDER BY e.no`)
}

// ReplaceEntries makes the list of entries this one. An entry that a session
// uses can change, but not go (entry.in_use).
func (db *DB) ReplaceEntries(ctx context.Context, entries []contest.Entry) error {
	return db.write(ctx, "replace entries", func(ctx context.Context, tx run) error {
		keep := make(map[contest.EntryID]bool, len(entries))
		for _, e := range entries {
			keep[e.ID] = true
		}
		have, err := tx.entries(ctx, `SELECT `+entryColumns+` FROM entry e`)
		if err != nil {
			return err
		}
		for _, e := range have {
			if keep[e.ID] {
				continue
			}
			if err := dropEntry(ctx, tx, e.ID); err != nil {
				return err
			}
		}
		return saveEntries(ctx, tx, entries)
	})
}

func dropEntry(ctx context.Context, tx run, id contest.EntryID) error {
	var used int
	if err := tx.get(ctx, &used, `SELECT COUNT(*) FROM session_entry WHERE entry = ?`, id); err != nil {
		return err
	}
	if used > 0 {
		return fault.New(fault.Conflict, "entry.in_use", "entry %s is in %d sessions", id, used).With("entry", string(id))
	}
	_, err := tx.exec(ctx, `DELETE FROM entry WHERE id = ?`, id)
	return err
}

// ApplyImport adds and changes entries, all or none. A number or an id that was
// taken since the preview is a conflict (entry.stale_import).
func (db *DB) ApplyImport(ctx context.Context, add, change []contest.Entry) error {
	return db.write(ctx, "import entries", func(ctx context.Context, tx run) error {
		for _, e := range add {
			var taken int
			err := tx.get(ctx, &taken, `SELECT COUNT(*) FROM entry WHERE id = ? OR no = ?`, e.ID, e.No)
			if err != nil {
				return err
			}
			if taken > 0 {
				return fault.New(fault.Conflict, "entry.stale_import", "entry %s or number %d exists", e.ID, e.No).With("entry", string(e.ID))
			}
		}
		return saveEntries(ctx, tx, append(append([]contest.Entry{}, change...), add...))
	})
}

// saveEntries writes entries. Numbers may move among them: they are first put
// out of the way, since uniqueness is checked row by row.
func saveEntries(ctx context.Context, tx run, entries []contest.Entry) error {
	for _, e := range entries {
		if _, err := tx.exec(ctx, `UPDATE entry SET no = no + 1000000 WHERE id = ? AND no <> ?`, e.ID, e.No); err != nil {
			return err
		}
	}
	for _, e := range entries {
		_, err := tx.exec(ctx, `INSERT INTO entry (id, no, title, track, direction, team, lead, partners, summary, run_order, state, sample)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET no = excluded.no, title = excluded.title, track = excluded.track,
				direction = excluded.direction, team = excluded.team, lead = excluded.lead, partners = excluded.partners,
				summary = excluded.summary, run_order = excluded.run_order, state = excluded.state, sample = excluded.sample`,
			e.ID, e.No, e.Title, e.Track, e.Direction, e.Team, e.Lead, listJSON(e.Partners), e.Summary, e.Order, e.State, e.Sample)
		if isDuplicate(err) {
			return fault.Wrap(fault.Conflict, "entry.number_taken", err, "entry %s", e.ID).With("entry", string(e.ID)).With("no", e.No)
		}
		if err != nil {
			return fmt.Errorf("entry %s: %w", e.ID, err)
		}
	}
	return nil
}

type judgeRow struct {
	ID, Name, Org, Sector string
	Sample                bool
}

func (r run) judges(ctx context.Context, query string, args ...any) ([]contest.Judge, error) {
	var rows []judgeRow
	if err := r.list(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("judges: %w", err)
	}
	out := make([]contest.Judge, len(rows))
	for i, row := range rows {
		out[i] = contest.Judge{ID: contest.JudgeID(row.ID), Name: row.Name, Org: row.Org, Sector: row.Sector, Sample: row.Sample}
	}
	return out, nil
}

// Judges returns all judges by id.
func (db *DB) Judges(ctx context.Context) ([]contest.Judge, error) {
	return db.read().judges(ctx, `SELECT id, name, org, sector, sample FROM judge ORDER BY id`)
}

// SaveJudges adds the judges, or changes those whose id is known.
func (db *DB) SaveJudges(ctx context.Context, judges []contest.Judge) error {
	return db.write(ctx, "save judges", func(ctx context.Context, tx run) error {
		for _, j := range judges {
			_, err := tx.exec(ctx, `INSERT INTO judge (id, name, org, sector, sample) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (id) DO UPDATE SET name = excluded.name, org = excluded.org, sector = excluded.sector, sample = excluded.sample`,
				j.ID, j.Name, j.Org, j.Sector, j.Sample)
			if err != nil {
				return fmt.Errorf("judge %s: %w", j.ID, err)
			}
		}
		return nil
	})
}
