package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/stage/cue"
	"hecai/vote"
)

// SavePlan puts a contest's plan file into force, as it is; a contest that the record
// does not have is added. hash is the SHA-256 of body in hex. Earlier plans are kept;
// saving the one in force again changes nothing.
func (db *DB) SavePlan(ctx context.Context, in contest.Code, body []byte, hash string) error {
	return db.write(ctx, "save plan", func(ctx context.Context, tx run) error {
		if err := tx.lock(ctx, lockPlan, 0); err != nil {
			return err
		}
		if err := tx.addContest(ctx, in); err != nil {
			return err
		}
		var last struct {
			Version int64
			Hash    string
		}
		err := tx.get(ctx, &last, `SELECT version, hash FROM plan WHERE contest = ? ORDER BY version DESC LIMIT 1`, in)
		if err == nil && last.Hash == hash {
			return nil
		}
		if err != nil && !errors.Is(err, errNone) {
			return err
		}
		_, err = tx.exec(ctx, `INSERT INTO plan (contest, version, hash, body) VALUES (?, ?, ?, ?)`, in, last.Version+1, hash, string(body))
		return err
	})
}

func (r run) addContest(ctx context.Context, in contest.Code) error {
	_, err := r.exec(ctx, `INSERT INTO contest (code, no) SELECT CAST(? AS TEXT), COALESCE(MAX(no), 0) + 1 FROM contest WHERE TRUE
		ON CONFLICT (code) DO NOTHING`, in)
	return err
}

// AddContest adds a contest by its plan, of which body is the file, with the sessions
// that it begins with, and gives an account the right to run it. A code that another
// contest has, in capitals or not, is a conflict (contest.code_taken).
func (db *DB) AddContest(ctx context.Context, p *contest.Plan, body []byte, runs access.User) error {
	in := contest.Code(p.Code)
	return db.write(ctx, "add contest", func(ctx context.Context, tx run) error {
		if err := tx.lock(ctx, lockPlan, 0); err != nil {
			return err
		}
		var taken []contest.Code
		if err := tx.list(ctx, &taken, `SELECT code FROM contest WHERE LOWER(code) = LOWER(?)`, in); err != nil {
			return err
		}
		if len(taken) > 0 {
			return fault.New(fault.Conflict, "contest.code_taken", "contest %s is there", taken[0]).With("code", taken[0])
		}
		if err := tx.addContest(ctx, in); err != nil {
			return err
		}
		hash := fmt.Sprintf("%x", sha256.Sum256(body))
		if _, err := tx.exec(ctx, `INSERT INTO plan (contest, version, hash, body) VALUES (?, 1, ?, ?)`, in, hash, string(body)); err != nil {
			return err
		}
		for i, s := range p.Sessions() {
			if err := tx.saveSession(ctx, Session{Contest: in, ID: s.ID, Title: s.Title, Kind: s.Kind, Order: i + 1}); err != nil {
				return err
			}
			if err := tx.saveRundown(ctx, in, cue.Blank(s.ID, s.Title)); err != nil {
				return err
			}
		}
		if err := tx.saveUser(ctx, runs); err != nil {
			return err
		}
		act, _ := access.ActOf(ctx)
		for _, act.Contest = range []string{act.Contest, p.Code} { // both have it on record
			if err := tx.did(access.Acting(ctx, act), p.Code, nil, founded{Name: p.Name, From: p.From, To: p.To}); err != nil {
				return err
			}
		}
		return nil
	})
}

// founded is a new contest, as a change tells it.
type founded struct {
	Name string       `json:"name"`
	From contest.Date `json:"from"`
	To   contest.Date `json:"to"`
}

// Contests lists the contests of the record, the one at home first.
func (db *DB) Contests(ctx context.Context) ([]contest.Code, error) {
	var out []contest.Code
	if err := db.read().list(ctx, &out, `SELECT code FROM contest ORDER BY no`); err != nil {
		return nil, fmt.Errorf("contests: %w", err)
	}
	return out, nil
}

// Plan returns a contest's plan file in force and its hash.
func (db *DB) Plan(ctx context.Context, in contest.Code) (body []byte, hash string, err error) {
	var row struct{ Hash, Body string }
	if err := db.read().get(ctx, &row, `SELECT hash, body FROM plan WHERE contest = ? ORDER BY version DESC LIMIT 1`, in); err != nil {
		return nil, "", fmt.Errorf("plan of %s: %w", in, err)
	}
	return []byte(row.Body), row.Hash, nil
}

const entryColumns = `e.id, e.no, e.title, e.track, e.direction, e.team, e.lead, e.partners, e.summary, e.run_order, e.state, e.reason, e.sample`

type entryRow struct {
	ID, Title, Track, Team, Lead, Partners, Summary, State, Reason string

	No, Direction int
	RunOrder      int `db:"run_order"`
	Sample        bool
}

func (r entryRow) entry() (contest.Entry, error) {
	e := contest.Entry{
		ID: contest.EntryID(r.ID), No: r.No, Title: r.Title, Track: contest.TrackID(r.Track), Direction: r.Direction,
		Team: r.Team, Lead: r.Lead, Summary: r.Summary, Order: r.RunOrder, State: contest.EntryState(r.State),
		Reason: r.Reason, Sample: r.Sample,
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

// Entries returns all entries of a contest by number.
func (db *DB) Entries(ctx context.Context, in contest.Code) ([]contest.Entry, error) {
	return db.read().entries(ctx, `SELECT `+entryColumns+` FROM entry e WHERE e.contest = ? ORDER BY e.no`, in)
}

// ReplaceEntries makes the list of a contest's entries this one. An entry that a session
// uses can change, but not go (entry.in_use).
func (db *DB) ReplaceEntries(ctx context.Context, in contest.Code, entries []contest.Entry) error {
	return db.writeAs(ctx, bulk, "replace entries", func(ctx context.Context, tx run) error {
		keep := make(map[contest.EntryID]bool, len(entries))
		for _, e := range entries {
			keep[e.ID] = true
		}
		have, err := tx.entries(ctx, `SELECT `+entryColumns+` FROM entry e WHERE e.contest = ?`, in)
		if err != nil {
			return err
		}
		for _, e := range have {
			if keep[e.ID] {
				continue
			}
			if err := dropEntry(ctx, tx, in, e.ID); err != nil {
				return err
			}
		}
		return saveEntries(ctx, tx, in, entries)
	})
}

func dropEntry(ctx context.Context, tx run, in contest.Code, id contest.EntryID) error {
	var used int
	if err := tx.get(ctx, &used, `SELECT COUNT(*) FROM session_entry WHERE contest = ? AND entry = ?`, in, id); err != nil {
		return err
	}
	if used > 0 {
		return fault.New(fault.Conflict, "entry.in_use", "entry %s is in %d sessions", id, used).With("entry", string(id))
	}
	_, err := tx.exec(ctx, `DELETE FROM entry WHERE contest = ? AND id = ?`, in, id)
	return err
}

// ApplyImport adds and changes entries of a contest, all or none. A number or an id that was
// taken since the preview is a conflict (entry.stale_import), and so is an entry
// that is to be changed and is no longer as it was seen.
func (db *DB) ApplyImport(ctx context.Context, in contest.Code, seen, add, change []contest.Entry) error {
	return db.writeAs(ctx, bulk, "import entries", func(ctx context.Context, tx run) error {
		if err := tx.edit(ctx, in, "entries"); err != nil {
			return err
		}
		before, err := known(ctx, tx, in, change)
		if err == nil {
			err = asSeen(before, seen, change)
		}
		for _, e := range before {
			err = cmp.Or(err, unmoved(ctx, string(e.ID), e))
		}
		if err != nil {
			return err
		}
		for _, e := range add {
			var taken int
			err := tx.get(ctx, &taken, `SELECT COUNT(*) FROM entry WHERE contest = ? AND (id = ? OR no = ?)`, in, e.ID, e.No)
			if err != nil {
				return err
			}
			if taken > 0 {
				return fault.New(fault.Conflict, "entry.stale_import", "entry %s or number %d exists", e.ID, e.No).With("entry", string(e.ID))
			}
		}
		after := append(append([]contest.Entry{}, change...), add...)
		if err := saveEntries(ctx, tx, in, after); err != nil || len(after) == 0 {
			return err
		}
		return tx.did(ctx, "", several(before), several(after))
	})
}

// known returns those of the entries that are stored, as they are.
func known(ctx context.Context, tx run, in contest.Code, entries []contest.Entry) ([]contest.Entry, error) {
	have, err := tx.entries(ctx, `SELECT `+entryColumns+` FROM entry e WHERE e.contest = ? ORDER BY e.no`, in)
	return slices.DeleteFunc(have, func(e contest.Entry) bool {
		return !slices.ContainsFunc(entries, func(c contest.Entry) bool { return c.ID == e.ID })
	}), err
}

func asSeen(have, seen, change []contest.Entry) error {
	of := func(list []contest.Entry) map[contest.EntryID]contest.Entry {
		out := make(map[contest.EntryID]contest.Entry, len(list))
		for _, e := range list {
			out[e.ID] = e
		}
		return out
	}
	was, is := of(seen), of(have)
	for _, e := range change {
		if !reflect.DeepEqual(was[e.ID], is[e.ID]) {
			return fault.New(fault.Conflict, "entry.stale_import", "entry %s has changed", e.ID).With("entry", string(e.ID))
		}
	}
	return nil
}

// standing is how an entry stands, as a change tells it.
type standing struct {
	State  contest.EntryState `json:"state"`
	Reason string             `json:"reason,omitempty"`
	Left   []vote.BallotID    `json:"left,omitempty"` // ballots
}

// SetEntryState takes an entry out of its contest or back into it, with the
// reason that is on record. An entry that is out leaves the ballots that have
// not opened, which are returned as they are then; a ballot that would be
// none must be changed first (entry.alone_on_ballot). What has been voted or marked stays.
func (db *DB) SetEntryState(ctx context.Context, in contest.Code, id contest.EntryID, state contest.EntryState, reason string) (left []vote.Ballot, err error) {
	err = db.write(ctx, "set entry state", func(ctx context.Context, tx run) error {
		if err := tx.edit(ctx, in, "entries"); err != nil {
			return err
		}
		found, err := tx.entries(ctx, `SELECT `+entryColumns+` FROM entry e WHERE e.contest = ? AND e.id = ?`, in, id)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fault.New(fault.NotFound, "entry.unknown", "no entry %q", id).With("entry", string(id))
		}
		if err := unmoved(ctx, string(id), found[0]); err != nil {
			return err
		}
		before := standing{State: found[0].State, Reason: found[0].Reason}
		if _, err := tx.exec(ctx, `UPDATE entry SET state = ?, reason = ? WHERE contest = ? AND id = ?`, state, reason, in, id); err != nil {
			return err
		}
		after := standing{State: state, Reason: reason}
		if state != contest.Qualified {
			if left, err = leaveBallots(ctx, tx, in, id); err != nil {
				return err
			}
			for _, b := range left {
				after.Left = append(after.Left, b.ID)
			}
		}
		return tx.did(ctx, string(id), before, after)
	})
	return left, err
}

// leaveBallots takes an entry off the ballots whose rules govern no round yet.
func leaveBallots(ctx context.Context, tx run, in contest.Code, id contest.EntryID) (left []vote.Ballot, err error) {
	var names []string
	if err := tx.list(ctx, &names, `SELECT id FROM ballot WHERE round = 0 AND state IN ('draft', 'armed') ORDER BY no`); err != nil {
		return nil, err
	}
	for _, name := range names {
		if vote.BallotID(name).Contest() != in || contest.KeyTake(name) > 0 { // a take's follow, see TakeBallots
			continue
		}
		b, err := tx.own(ctx, vote.BallotID(name))
		if err != nil {
			return nil, err
		}
		options := slices.DeleteFunc(slices.Clone(b.Options), func(o vote.Option) bool { return o.Entry == id })
		if len(options) == len(b.Options) || b.Round > 0 || b.State != vote.StateDraft && b.State != vote.StateArmed {
			continue // the last two: it opened before it was ours
		}
		for i := range options {
			options[i].No = i + 1
		}
		b.Options = options
		if err := b.Validate(); err != nil {
			return nil, fault.Wrap(fault.Conflict, "entry.alone_on_ballot", err, "ballot %s", b.ID).With("ballot", b.ID).With("title", b.Title)
		}
		if err := updateBallot(ctx, tx, b); err != nil {
			return nil, err
		}
		left = append(left, b)
	}
	return left, nil
}

// saveEntries writes entries. Numbers may move among them: they are first put
// out of the way, since uniqueness is checked row by row.
func saveEntries(ctx context.Context, tx run, in contest.Code, entries []contest.Entry) error {
	for _, e := range entries {
		if _, err := tx.exec(ctx, `UPDATE entry SET no = no + 1000000 WHERE contest = ? AND id = ? AND no <> ?`, in, e.ID, e.No); err != nil {
			return err
		}
	}
	for _, e := range entries {
		_, err := tx.exec(ctx, `INSERT INTO entry (contest, id, no, title, track, direction, team, lead, partners, summary, run_order, state, reason, sample)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (contest, id) DO UPDATE SET no = excluded.no, title = excluded.title, track = excluded.track,
				direction = excluded.direction, team = excluded.team, lead = excluded.lead, partners = excluded.partners,
				summary = excluded.summary, run_order = excluded.run_order, state = excluded.state, sample = excluded.sample,
				reason = CASE WHEN excluded.state = 'qualified' THEN '' WHEN excluded.reason <> '' THEN excluded.reason ELSE entry.reason END`,
			in, e.ID, e.No, e.Title, e.Track, e.Direction, e.Team, e.Lead, listJSON(e.Partners), e.Summary, e.Order, e.State, e.Reason, e.Sample)
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

const selectJudge = `SELECT id, name, org, sector, sample FROM judge WHERE contest = ? `

// Judges returns all judges of a contest by id, j2 before j10.
func (db *DB) Judges(ctx context.Context, in contest.Code) ([]contest.Judge, error) {
	return db.read().judges(ctx, selectJudge+`ORDER BY LENGTH(id), id`, in)
}

// SaveJudges adds the judges to a contest, or changes those whose id is known.
func (db *DB) SaveJudges(ctx context.Context, in contest.Code, judges []contest.Judge) error {
	return db.write(ctx, "save judges", func(ctx context.Context, tx run) error {
		if err := tx.edit(ctx, in, "judges"); err != nil {
			return err
		}
		before, err := tx.judges(ctx, selectJudge+`ORDER BY LENGTH(id), id`, in)
		if err != nil {
			return err
		}
		before = slices.DeleteFunc(before, func(j contest.Judge) bool {
			return !slices.ContainsFunc(judges, func(c contest.Judge) bool { return c.ID == j.ID })
		})
		for _, j := range judges {
			if err := unmoved(ctx, string(j.ID), several(slices.DeleteFunc(slices.Clone(before), func(b contest.Judge) bool { return b.ID != j.ID }))); err != nil {
				return err
			}
			_, err := tx.exec(ctx, `INSERT INTO judge (contest, id, name, org, sector, sample) VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT (contest, id) DO UPDATE SET name = excluded.name, org = excluded.org, sector = excluded.sector, sample = excluded.sample`,
				in, j.ID, j.Name, j.Org, j.Sector, j.Sample)
			if err != nil {
				return fmt.Errorf("judge %s: %w", j.ID, err)
			}
		}
		id := ""
		if len(judges) == 1 {
			id = string(judges[0].ID)
		}
		return tx.did(ctx, id, several(before), several(judges))
	})
}

// DropJudge takes a judge of a contest away, off every panel, and ends their links. One who has a sheet stays
// (judge.has_sheets): the record of a mark names them.
func (db *DB) DropJudge(ctx context.Context, in contest.Code, id contest.JudgeID) error {
	return db.write(ctx, "drop judge", func(ctx context.Context, tx run) error {
		if err := tx.edit(ctx, in, "judges"); err != nil {
			return err
		}
		var sheets int
		if err := tx.get(ctx, &sheets, `SELECT COUNT(*) FROM sheet WHERE judge = ? AND show IN (SELECT id FROM show WHERE contest = ? AND take = 0)`, id, in); err != nil {
			return err
		}
		if sheets > 0 {
			return fault.New(fault.Conflict, "judge.has_sheets", "judge %s has %d sheets", id, sheets).With("judge", string(id)).With("sheets", sheets)
		}
		before, err := tx.judges(ctx, selectJudge+`AND id = ?`, in, id)
		if err == nil && len(before) == 0 {
			err = fault.New(fault.NotFound, "judge.unknown", "no judge %q", id)
		}
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `DELETE FROM session_judge WHERE contest = ? AND judge = ?`, in, id); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `DELETE FROM judge WHERE contest = ? AND id = ?`, in, id); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `UPDATE link SET revoked = TRUE WHERE role = ? AND name = ? AND show LIKE ?`, access.Judge, id, contest.Key(in, "%", 0)); err != nil {
			return err
		}
		return tx.did(ctx, string(id), before[0], nil)
	})
}
