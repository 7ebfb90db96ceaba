package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/lease"
	"hecai/stage/cue"
	"hecai/vote"
)

// A take is a rehearsal of a session: a show with rows of its own wherever a show has
// rows. Once it has ended nothing is written to it, whoever still acts for it; and
// when it is purged nothing is left of it but its number and a fact of the show itself.

type takeRow struct {
	Show, Session string

	No, Began, Ended, Purged, Told int64
	ByName                         string `db:"by_name"`
}

func (r takeRow) take() contest.Take {
	t := contest.Take{Show: contest.ShowID(r.Show), Session: contest.SessionID(r.Session), No: int(r.No), Began: r.Began, Ended: r.Ended, By: r.ByName}
	if r.Told > 0 {
		t.Purged = r.Purged
	}
	return t
}

const selectTake = `SELECT show, session, no, began, ended, purged, told, by_name FROM take `

// hold reads a take and keeps it as it is until the transaction ends, how says
// against whom.
func (r run) hold(ctx context.Context, show contest.ShowID, how string) (row takeRow, err error) {
	if !r.postgres() {
		how = ""
	}
	err = r.get(ctx, &row, selectTake+`WHERE show = ?`+how, show)
	if errors.Is(err, errNone) {
		err = fault.New(fault.NotFound, "take.unknown", "no take %q", show)
	}
	return row, err
}

const (
	thatNobodyEnds = ` FOR SHARE`
	thatIsEnded    = ` FOR UPDATE`
)

// onAir makes sure that what is written to a show still belongs there: a take may have
// ended (take.over). It does not end before the transaction.
func (r run) onAir(ctx context.Context, show contest.ShowID) error {
	if show.Take() == 0 {
		return nil
	}
	row, err := r.hold(ctx, show, thatNobodyEnds)
	if err == nil && row.Ended != 0 {
		err = fault.New(fault.Conflict, "take.over", "%s has ended", show)
	}
	return err
}

// Takes returns all takes, also those that were purged, in the order of their sessions
// and numbers.
func (db *DB) Takes(ctx context.Context) ([]contest.Take, error) {
	var rows []takeRow
	if err := db.read().list(ctx, &rows, selectTake+`ORDER BY contest, session, no`); err != nil {
		return nil, fmt.Errorf("takes: %w", err)
	}
	out := make([]contest.Take, len(rows))
	for i, row := range rows {
		out[i] = row.take()
	}
	return out, nil
}

// BeginTake begins the next take of a show, with ballots of its own. Another one that
// is on is a conflict (take.on), as is an open ballot of the show (take.ballot_open):
// people would vote on two papers that look the same.
func (db *DB) BeginTake(ctx context.Context, live contest.ShowID, by string, now int64) (t contest.Take, err error) {
	err = db.write(ctx, "begin take", func(ctx context.Context, tx run) error {
		if err := tx.edit(ctx, live.Contest(), "rundown"); err != nil {
			return err
		}
		var last takeRow
		err := tx.get(ctx, &last, selectTake+`WHERE contest = ? AND session = ? ORDER BY no DESC LIMIT 1`, live.Contest(), live.Session())
		switch {
		case err != nil && !errors.Is(err, errNone):
			return err
		case err == nil && last.Ended == 0:
			return fault.New(fault.Conflict, "take.on", "%s is on", last.Show).With("take", last.No)
		}
		sources, err := tx.rehearsed(ctx, live)
		if err != nil {
			return err
		}
		for _, b := range sources {
			if b.State == vote.StateOpen {
				return fault.New(fault.Conflict, "take.ballot_open", "ballot %s is open", b.ID).With("ballot", b.ID.Name()).With("title", b.Title)
			}
		}
		var no int // of the contest: a ballot that two sessions name has a copy of its own in each of their takes
		if err := tx.get(ctx, &no, `SELECT COALESCE(MAX(no), 0) + 1 FROM take WHERE contest = ?`, live.Contest()); err != nil {
			return err
		}
		t = contest.Take{Show: contest.NewShow(live.Contest(), live.Session(), no), Session: live.Session(), No: no, Began: now, By: by}
		if err := tx.saveShow(ctx, t.Show); err != nil {
			return err
		}
		_, err = tx.exec(ctx, `INSERT INTO take (show, contest, session, no, began, ended, purged, told, by_name) VALUES (?, ?, ?, ?, ?, 0, 0, 0, ?)`,
			t.Show, t.Show.Contest(), t.Session, t.No, t.Began, t.By)
		if err != nil {
			return err
		}
		if err := tx.copyBallots(ctx, t.Show, sources); err != nil {
			return err
		}
		return tx.did(ctx, string(t.Show), nil, t)
	})
	return t, err
}

// TakeBallots gives a take that is on the ballots that its session has got since, and
// the present text of those that no round was held of.
func (db *DB) TakeBallots(ctx context.Context, take contest.ShowID) error {
	return db.write(ctx, "ballots of a take", func(ctx context.Context, tx run) error {
		if err := tx.onAir(ctx, take); err != nil {
			return err
		}
		sources, err := tx.rehearsed(ctx, take.Live())
		if err != nil {
			return err
		}
		return tx.copyBallots(ctx, take, sources)
	})
}

// rehearsed are the ballots that a take of the show has copies of: those of the show,
// and those that its rundown names.
func (r run) rehearsed(ctx context.Context, live contest.ShowID) ([]vote.Ballot, error) {
	rundown, err := r.rundown(ctx, live)
	if err != nil && !errors.Is(err, errNone) {
		return nil, err
	}
	named := map[vote.BallotID]bool{}
	for _, c := range rundown.Cues {
		for _, a := range c.Actions {
			named[a.Ballot.In(live.Contest())] = true
		}
	}
	var rows []ballotRow
	if err := r.list(ctx, &rows, selectBallot+kept+`ORDER BY no`); err != nil {
		return nil, err
	}
	var out []vote.Ballot
	for _, row := range rows {
		if id := vote.BallotID(row.ID); contest.KeyTake(row.ID) > 0 || row.Show != string(live) && !named[id] {
			continue
		}
		b, err := row.ballot()
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// copyBallots makes the ballots of a take: they wait for their opening whatever has
// become of the ones that they are copies of, and open by no schedule.
func (r run) copyBallots(ctx context.Context, take contest.ShowID, sources []vote.Ballot) error {
	slices.SortFunc(sources, func(a, b vote.Ballot) int { return cmp.Compare(a.ID, b.ID) }) // the order in which votes wait for them
	for _, source := range sources {
		b := vote.Ballot{
			ID: source.ID.Of(take), Show: take, Title: source.Title, Options: source.Options, Quota: source.Quota,
			Visibility: source.Visibility, Level: source.Level, State: vote.StateArmed, Weight: source.Weight,
		}
		if source.State == vote.StateDraft {
			b.State = vote.StateDraft
		}
		have, err := r.own(ctx, b.ID)
		switch {
		case fault.KindOf(err) == fault.NotFound:
			if b.No, err = next(ctx, r, "ballot", 1); err == nil {
				err = insertBallot(ctx, r, b)
			}
		case err == nil && have.Show != take:
			err = fault.New(fault.Internal, "store.broken", "%s is of %s", b.ID, have.Show)
		case err == nil && have.Round == 0 && have.State != vote.StateOpen:
			b.No = have.No
			err = updateBallot(ctx, r, b)
		}
		if err != nil {
			return fmt.Errorf("ballot %s: %w", b.ID, err)
		}
	}
	return nil
}

// EndTake ends a take: whoever acts for it from here on is refused (take.over). Its
// ballots must be closed (take.ballot_open), but for those that nobody can close since
// their rows contradict each other: they end with it. Ending it again changes nothing.
func (db *DB) EndTake(ctx context.Context, take contest.ShowID, aside []vote.BallotID, now int64) (t contest.Take, err error) {
	err = db.write(ctx, "end take", func(ctx context.Context, tx run) error {
		row, err := tx.hold(ctx, take, thatIsEnded)
		before := row.take()
		if t = before; err != nil || row.Ended != 0 {
			return err
		}
		for _, id := range aside {
			if _, err := tx.exec(ctx, `UPDATE ballot SET state = 'closed' WHERE show = ? AND id = ? AND state = 'open'`, take, id); err != nil {
				return err
			}
		}
		var open []string
		if err := tx.list(ctx, &open, `SELECT id FROM ballot WHERE show = ? AND state = 'open' ORDER BY no`, take); err != nil {
			return err
		}
		if len(open) > 0 {
			return fault.New(fault.Conflict, "take.ballot_open", "ballot %s is open", open[0]).With("ballot", contest.KeyName(open[0])).With("title", contest.KeyName(open[0]))
		}
		t.Ended = max(now, row.Began)
		if _, err := tx.exec(ctx, `UPDATE take SET ended = ? WHERE show = ?`, t.Ended, take); err != nil {
			return err
		}
		return tx.did(ctx, string(take), before, t)
	})
	return t, err
}

// purgeChunk is how many votes are taken away at a time: others vote meanwhile.
const purgeChunk = 5000

// ClearTake begins to purge a take that has ended (take.not_ended): nobody sees its
// ballots from here on, and its votes go. It returns what the fact of it is to say, and
// may be asked again, as PurgeTake may.
func (db *DB) ClearTake(ctx context.Context, take contest.ShowID, now int64) (said cue.TakePurged, err error) {
	var rounds []int64
	err = db.write(ctx, "clear take", func(ctx context.Context, tx run) error {
		row, err := tx.hold(ctx, take, thatIsEnded)
		switch {
		case err != nil:
			return err
		case row.Ended == 0:
			return fault.New(fault.Conflict, "take.not_ended", "%s is on", take)
		case row.Told != 0:
			return purged(take)
		case row.Purged == 0:
			if _, err := tx.exec(ctx, `UPDATE take SET purged = ? WHERE show = ?`, now, take); err != nil {
				return err
			}
		}
		if err := tx.list(ctx, &rounds, `SELECT t.no FROM tally t JOIN ballot b ON b.no = t.ballot_no WHERE b.show = ? ORDER BY t.no`, take); err != nil {
			return err
		}
		said = cue.TakePurged{Take: take, Began: row.Began, Ended: row.Ended}
		if said.Facts, said.Head, err = tx.head(ctx, take); err != nil {
			return err
		}
		if err := tx.get(ctx, &said.Ballots, `SELECT COUNT(*) FROM ballot WHERE show = ?`, take); err != nil {
			return err
		}
		return tx.get(ctx, &said.Papers, `SELECT CAST(COALESCE(SUM(t.events), 0) AS BIGINT) FROM tally t JOIN ballot b ON b.no = t.ballot_no WHERE b.show = ?`, take)
	})
	if err != nil {
		return said, err
	}
	for _, no := range rounds {
		for more := true; more; {
			if more, err = db.clearVotes(ctx, no); err != nil {
				return said, err
			}
		}
	}
	return said, db.writeAs(ctx, bulk, "clear messages", func(ctx context.Context, tx run) error {
		_, err := tx.exec(ctx, `DELETE FROM message WHERE show = ?`, take)
		return err
	})
}

// clearVotes takes some votes of a round away, and reports whether there are more.
func (db *DB) clearVotes(ctx context.Context, round int64) (more bool, err error) {
	err = db.writeAs(ctx, bulk, "clear votes", func(ctx context.Context, tx run) error {
		end := slot(round+1, 0)
		err := tx.get(ctx, &end, `SELECT slot FROM vote_event WHERE slot >= ? AND slot < ? ORDER BY slot LIMIT 1 OFFSET ?`, slot(round, 0), end, purgeChunk)
		if more = err == nil; err != nil && !errors.Is(err, errNone) {
			return err
		}
		_, err = tx.exec(ctx, `DELETE FROM vote_event WHERE slot >= ? AND slot < ?`, slot(round, 0), end)
		return err
	})
	return more, err
}

func purged(take contest.ShowID) error {
	return fault.New(fault.Conflict, "take.over", "%s was purged", take)
}

// PurgeTake takes away what is left of a take that was cleared, some hundred rows, and
// adds the facts that say so to the chain of the show itself, whose lease own is: all or
// nothing. The show waits for it.
func (db *DB) PurgeTake(ctx context.Context, own lease.Lease, after int64, take contest.ShowID, facts []cue.Fact) error {
	live := own.ShowOf()
	return db.write(ctx, "purge take", func(ctx context.Context, tx run) error {
		if err := tx.owns(ctx, own, lease.Show(live)); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `DELETE FROM lease WHERE name = ?`, lease.Show(take)); err != nil { // first, as who writes under it
			return err
		}
		row, err := tx.hold(ctx, take, thatIsEnded)
		switch {
		case err != nil:
			return err
		case take.Live() != live || row.Purged == 0 || len(facts) == 0:
			return fmt.Errorf("purge of %s by %s before it was cleared", take, live)
		case row.Told != 0:
			return purged(take)
		}
		for _, statement := range []string{
			`DELETE FROM ledger_note WHERE round IN (SELECT t.no FROM tally t JOIN ballot b ON b.no = t.ballot_no WHERE b.show = ?)`,
			`DELETE FROM tally WHERE ballot_no IN (SELECT no FROM ballot WHERE show = ?)`,
			`DELETE FROM ballot WHERE show = ?`,
			`DELETE FROM sheet WHERE show = ?`,
			`DELETE FROM sheet_lock WHERE show = ?`,
			`DELETE FROM seal WHERE show = ?`,
			`DELETE FROM fact WHERE show = ?`,
		} {
			if _, err := tx.exec(ctx, statement, take); err != nil {
				return err
			}
		}
		if err := tx.appendFacts(ctx, live, after, facts); err != nil {
			return err
		}
		before := row.take()
		row.Told = facts[len(facts)-1].Seq
		if _, err := tx.exec(ctx, `UPDATE take SET told = ? WHERE show = ?`, row.Told, take); err != nil {
			return err
		}
		return tx.did(ctx, string(take), before, row.take())
	})
}

// VerifyTake says how a take stands: it is there, and everything of it is checked as
// that of any show; or it was purged, which one fact of the show itself says with the
// head of its chain, and no row is left of it (stage.broken_chain).
func (db *DB) VerifyTake(ctx context.Context, take contest.ShowID) (gone bool, err error) {
	row, err := db.read().hold(ctx, take, "")
	if err != nil {
		return false, err
	}
	broken := func(format string, args ...any) error {
		return fault.New(fault.Internal, "stage.broken_chain", format, args...)
	}
	facts, err := db.LoadFacts(ctx, take.Live(), 0)
	if err != nil {
		return true, err
	}
	told := slices.DeleteFunc(facts, func(f cue.Fact) bool { said, ok := cue.Purged(f); return !ok || said.Take.In(take.Contest()) != take })
	switch {
	case row.Purged == 0 && len(told) == 0:
		return false, nil
	case row.Purged != 0 && row.Told == 0:
		return true, broken("the purge of %s was not finished: purge it again", take)
	case len(told) != 1 || told[0].Seq != row.Told || row.Purged == 0:
		return true, broken("%d facts say that %s was purged", len(told), take)
	}
	if said, _ := cue.Purged(told[0]); said.Began != row.Began || said.Ended != row.Ended {
		return true, broken("fact %d does not tell of %s", row.Told, take)
	}
	for _, table := range []string{"ballot", "sheet", "sheet_lock", "message", "seal", "fact"} {
		var left int64
		if err := db.read().get(ctx, &left, `SELECT COUNT(*) FROM `+table+` WHERE show = ?`, take); err != nil {
			return true, err
		}
		if left > 0 {
			return true, broken("%d rows of %s are left in %s", left, take, table)
		}
	}
	return true, nil
}

// VerifyTakes finds takes that began, as the office's acts say, and are there no more
// (stage.broken_chain): a purge leaves them.
func (db *DB) VerifyTakes(ctx context.Context) error {
	var lost []string
	err := db.read().list(ctx, &lost, `SELECT id FROM change WHERE verb = ? AND id NOT IN (SELECT show FROM take) ORDER BY no`, access.BeginTake)
	if err == nil && len(lost) > 0 {
		err = fault.New(fault.Internal, "stage.broken_chain", "%s began and is not there", strings.Join(lost, ", "))
	}
	return err
}
