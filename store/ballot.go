package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
)

type ballotRow struct {
	ID, Session, Title, Options, Quota, Visibility, State string

	No           int64
	Level, Round int
	OpensAt      int64 `db:"opens_at"`
	ClosesAt     int64 `db:"closes_at"`
	OpenedAt     int64 `db:"opened_at"`
	Deadline     int64
	Weight       int
}

func (r ballotRow) ballot() (vote.Ballot, error) {
	b := vote.Ballot{
		ID: vote.BallotID(r.ID), No: r.No, Session: contest.SessionID(r.Session), Title: r.Title,
		Visibility: vote.Visibility(r.Visibility), Level: r.Level, State: vote.State(r.State), Round: r.Round,
		OpensAt: r.OpensAt, ClosesAt: r.ClosesAt, OpenedAt: r.OpenedAt, Deadline: r.Deadline, Weight: r.Weight,
	}
	if err := fromJSON(r.Options, &b.Options); err != nil {
		return b, fmt.Errorf("options of %s: %w", r.ID, err)
	}
	if err := fromJSON(r.Quota, &b.Quota); err != nil {
		return b, fmt.Errorf("quota of %s: %w", r.ID, err)
	}
	return b, nil
}

const selectBallot = `SELECT no, id, session, title, options, quota, visibility, level, state, round,
	opens_at, closes_at, opened_at, deadline, weight FROM ballot `

// ballot reads one ballot; an unknown one is the fault vote.unknown_ballot.
func (r run) ballot(ctx context.Context, id vote.BallotID) (vote.Ballot, error) {
	var row ballotRow
	if err := r.get(ctx, &row, selectBallot+`WHERE id = ?`, id); errors.Is(err, errNone) {
		return vote.Ballot{}, unknownBallot(id)
	} else if err != nil {
		return vote.Ballot{}, err
	}
	return row.ballot()
}

// own reads one ballot and, on PostgreSQL, keeps every other transaction off it
// until this one ends.
func (r run) own(ctx context.Context, id vote.BallotID) (vote.Ballot, error) {
	if r.postgres() {
		_, err := r.exec(ctx, `SELECT pg_advisory_xact_lock(?::int, no::int) FROM ballot WHERE id = ?`, int64(lockBallot), id)
		if err != nil {
			return vote.Ballot{}, err
		}
	}
	return r.ballot(ctx, id)
}

func unknownBallot(id vote.BallotID) *fault.Error {
	return fault.New(fault.NotFound, "vote.unknown_ballot", "no ballot %q", id)
}

// LoadBallots returns all ballots by number.
func (db *DB) LoadBallots(ctx context.Context) ([]vote.Ballot, error) {
	var rows []ballotRow
	if err := db.read().list(ctx, &rows, selectBallot+`ORDER BY no`); err != nil {
		return nil, fmt.Errorf("ballots: %w", err)
	}
	out := make([]vote.Ballot, len(rows))
	for i, row := range rows {
		b, err := row.ballot()
		if err != nil {
			return nil, err
		}
		out[i] = b
	}
	return out, nil
}

// LoadBallot returns one ballot.
func (db *DB) LoadBallot(ctx context.Context, id vote.BallotID) (vote.Ballot, error) {
	return db.read().ballot(ctx, id)
}

// SaveBallot stores a new ballot, or another text of one that is a draft or
// armed, and returns it as stored. The number of a new ballot is given here. The
// state may go between draft and armed; round, opening and deadline stay as they
// are stored. Any other ballot takes no change (vote.ballot_frozen), nor does
// one whose rules have already governed a round.
func (db *DB) SaveBallot(ctx context.Context, b vote.Ballot) (vote.Ballot, error) {
	if err := b.Validate(); err != nil {
		return b, err
	}
	if b.State != vote.StateDraft && b.State != vote.StateArmed {
		return b, fault.New(fault.Invalid, "ballot.state", "a ballot is saved as draft or armed, not %s", b.State)
	}
	err := db.write(ctx, "save ballot", func(ctx context.Context, tx run) error {
		have, err := tx.own(ctx, b.ID)
		if fault.KindOf(err) == fault.NotFound {
			b.Round, b.OpenedAt, b.Deadline = 0, 0, 0
			if b.No, err = next(ctx, tx, "ballot", 1); err != nil {
				return err
			}
			return insertBallot(ctx, tx, b)
		}
		if err != nil {
			return err
		}
		if have.State != vote.StateDraft && have.State != vote.StateArmed || have.Frozen(b) {
			return fault.New(fault.Conflict, "vote.ballot_frozen", "ballot %s is %s, round %d", b.ID, have.State, have.Round)
		}
		b.No, b.Round, b.OpenedAt, b.Deadline = have.No, have.Round, have.OpenedAt, have.Deadline
		return updateBallot(ctx, tx, b)
	})
	return b, err
}

func insertBallot(ctx context.Context, tx run, b vote.Ballot) error {
	_, err := tx.exec(ctx, `INSERT INTO ballot (no, id, session, title, options, quota, visibility, level, state, round,
		opens_at, closes_at, opened_at, deadline, weight) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		b.No, b.ID, b.Session, b.Title, toJSON(b.Options), toJSON(b.Quota), b.Visibility, b.Level, b.State, b.Round,
		b.OpensAt, b.ClosesAt, b.OpenedAt, b.Deadline, b.Weight)
	return err
}

func updateBallot(ctx context.Context, tx run, b vote.Ballot) error {
	_, err := tx.exec(ctx, `UPDATE ballot SET session = ?, title = ?, options = ?, quota = ?, visibility = ?, level = ?, state = ?,
		round = ?, opens_at = ?, closes_at = ?, opened_at = ?, deadline = ?, weight = ? WHERE no = ?`,
		b.Session, b.Title, toJSON(b.Options), toJSON(b.Quota), b.Visibility, b.Level, b.State,
		b.Round, b.OpensAt, b.ClosesAt, b.OpenedAt, b.Deadline, b.Weight, b.No)
	return err
}

// change applies a transition of the rules to a stored ballot.
func (db *DB) change(ctx context.Context, what string, id vote.BallotID, step func(vote.Ballot) (vote.Ballot, error)) (vote.Ballot, error) {
	var out vote.Ballot
	err := db.write(ctx, what, func(ctx context.Context, tx run) error {
		have, err := tx.own(ctx, id)
		if err != nil {
			return err
		}
		if out, err = step(have); err != nil {
			return err
		}
		if out.Round != have.Round {
			if err := startTally(ctx, tx, out); err != nil {
				return err
			}
		}
		return updateBallot(ctx, tx, out)
	})
	return out, err
}

// OpenBallot stores ballot.Opened(now, deadline): it opens a draft or armed
// ballot, opens a closed one as a new round, or moves the deadline of an open
// one.
func (db *DB) OpenBallot(ctx context.Context, id vote.BallotID, now, deadline int64) (vote.Ballot, error) {
	return db.change(ctx, "open ballot", id, func(b vote.Ballot) (vote.Ballot, error) { return b.Opened(now, deadline) })
}

// CloseBallot stores ballot.Shut() and returns the official count of the round:
// recounted from the votes, of which there can be no more by then. now is not
// kept: the order of the ledger is the proof of the cut.
func (db *DB) CloseBallot(ctx context.Context, id vote.BallotID, now int64) (vote.Ballot, vote.Tally, error) {
	b, err := db.change(ctx, "close ballot", id, func(b vote.Ballot) (vote.Ballot, error) { return b.Shut() })
	if err != nil {
		return b, vote.Tally{}, err
	}
	t, err := db.Recount(ctx, id)
	return b, t, err
}

// RevealBallot marks a closed ballot as revealed; once is enough. From then on
// it never opens again.
func (db *DB) RevealBallot(ctx context.Context, id vote.BallotID) (vote.Ballot, error) {
	return db.change(ctx, "reveal ballot", id, func(b vote.Ballot) (vote.Ballot, error) {
		if b.State != vote.StateClosed && b.State != vote.StateRevealed {
			return b, fault.New(fault.Conflict, "vote.not_closed", "ballot %s is %s", b.ID, b.State)
		}
		b.State = vote.StateRevealed
		return b, nil
	})
}

// NewRound arms a closed ballot again. Its votes stay where they are, and
// opening it begins the next round from zero.
func (db *DB) NewRound(ctx context.Context, id vote.BallotID) (vote.Ballot, error) {
	return db.change(ctx, "new round", id, func(b vote.Ballot) (vote.Ballot, error) {
		if !slices.Contains([]vote.State{vote.StateClosed, vote.StateArmed}, b.State) {
			return b, fault.New(fault.Conflict, "vote.not_closed", "ballot %s is %s", b.ID, b.State)
		}
		b.State, b.OpensAt, b.ClosesAt = vote.StateArmed, 0, 0
		return b, nil
	})
}
