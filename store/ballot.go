package store

import (
	"context"
	"errors"
	"fmt"

	"hecai/contest"
	"hecai/fault"
	"hecai/lease"
	"hecai/vote"
)

type ballotRow struct {
	ID, Show, Title, Options, Quota, Visibility, State, Note string

	LogName      string `db:"log_name"`
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
		ID: vote.BallotID(r.ID), No: r.No, Show: contest.ShowID(r.Show), Title: r.Title,
		Visibility: vote.Visibility(r.Visibility), Level: r.Level, State: vote.State(r.State), Round: r.Round,
		OpensAt: r.OpensAt, ClosesAt: r.ClosesAt, OpenedAt: r.OpenedAt, Deadline: r.Deadline, Weight: r.Weight, Note: r.Note, Logged: r.LogName,
	}
	if err := fromJSON(r.Options, &b.Options); err != nil {
		return b, fault.Wrap(fault.Internal, "store.broken", err, "options of %s", r.ID)
	}
	if err := fromJSON(r.Quota, &b.Quota); err != nil {
		return b, fault.Wrap(fault.Internal, "store.broken", err, "quota of %s", r.ID)
	}
	return b, nil
}

const selectBallot = `SELECT no, id, show, title, options, quota, visibility, level, state, round,
	opens_at, closes_at, opened_at, deadline, weight, note, log_name FROM ballot WHERE TRUE `

// kept leaves out what is being purged: some of its rows may be gone already.
const kept = `AND show NOT IN (SELECT show FROM take WHERE purged <> 0) `

// ballot reads one ballot; an unknown one is the fault vote.unknown_ballot.
func (r run) ballot(ctx context.Context, id vote.BallotID) (vote.Ballot, error) {
	var row ballotRow
	if err := r.get(ctx, &row, selectBallot+kept+`AND id = ?`, id); errors.Is(err, errNone) {
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

// LoadBallots returns all ballots by number. One whose row cannot be read comes
// with what of it can, which no Validate takes; the others must not wait for it.
func (db *DB) LoadBallots(ctx context.Context) ([]vote.Ballot, error) {
	var rows []ballotRow
	if err := db.read().list(ctx, &rows, selectBallot+kept+`ORDER BY no`); err != nil {
		return nil, fmt.Errorf("ballots: %w", err)
	}
	out := make([]vote.Ballot, len(rows))
	for i, row := range rows {
		b, err := row.ballot()
		if err != nil {
			db.log.Error("a ballot cannot be read", "ballot", row.ID, "err", err)
			b.Options = nil
		}
		out[i] = b
	}
	return out, nil
}

// LoadBallot returns one ballot.
func (db *DB) LoadBallot(ctx context.Context, id vote.BallotID) (vote.Ballot, error) {
	return db.read().ballot(ctx, id)
}

// SaveBallot stores a new ballot, or another text of one that is a draft, armed
// or missed, and returns it as stored. The number of a new ballot is given here. The
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
	err := db.writeAs(ctx, ballots, "save ballot", func(ctx context.Context, tx run) error {
		if err := tx.onAir(ctx, b.Show); err != nil {
			return err
		}
		have, err := tx.own(ctx, b.ID)
		if fault.KindOf(err) == fault.NotFound {
			if err := unmoved(ctx, string(b.ID), nil); err != nil {
				return err
			}
			b.Round, b.OpenedAt, b.Deadline = 0, 0, 0
			if b.No, err = next(ctx, tx, "ballot", 1); err != nil {
				return err
			}
			if err := insertBallot(ctx, tx, b); isDuplicate(err) { // made by another node since it was looked for
				return fault.Wrap(fault.Conflict, "office.stale_rev", err, "ballot %s", b.ID).With("id", string(b.ID))
			} else if err != nil {
				return err
			}
			return tx.did(ctx, string(b.ID), nil, b)
		}
		if err != nil {
			return err
		}
		if have.State != vote.StateDraft && have.State != vote.StateArmed && !have.Missed() || have.Frozen(b) {
			return fault.New(fault.Conflict, "vote.ballot_frozen", "ballot %s is %s, round %d", b.ID, have.State, have.Round)
		}
		if err := unmoved(ctx, string(b.ID), have); err != nil {
			return err
		}
		b.No, b.Round, b.OpenedAt, b.Deadline, b.Note, b.Logged = have.No, have.Round, have.OpenedAt, have.Deadline, have.Note, have.Logged
		if err := updateBallot(ctx, tx, b); err != nil {
			return err
		}
		return tx.did(ctx, string(b.ID), have, b)
	})
	return b, err
}

// DropBallot takes away a ballot that no round was held of: once opened, what was
// voted stays for ever (ballot.has_votes).
func (db *DB) DropBallot(ctx context.Context, id vote.BallotID) error {
	return db.writeAs(ctx, ballots, "drop ballot", func(ctx context.Context, tx run) error {
		have, err := tx.own(ctx, id)
		if err != nil {
			return err
		}
		if have.Round > 0 || have.State == vote.StateOpen {
			return fault.New(fault.Conflict, "ballot.has_votes", "ballot %s has %d rounds", id, have.Round)
		}
		if _, err := tx.exec(ctx, `DELETE FROM ballot WHERE no = ?`, have.No); err != nil {
			return err
		}
		return tx.did(ctx, string(id), have, nil)
	})
}

func insertBallot(ctx context.Context, tx run, b vote.Ballot) error {
	_, err := tx.exec(ctx, `INSERT INTO ballot (no, id, show, title, options, quota, visibility, level, state, round,
		opens_at, closes_at, opened_at, deadline, weight, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		b.No, b.ID, b.Show, b.Title, toJSON(b.Options), toJSON(b.Quota), b.Visibility, b.Level, b.State, b.Round,
		b.OpensAt, b.ClosesAt, b.OpenedAt, b.Deadline, b.Weight, b.Note)
	return err
}

func updateBallot(ctx context.Context, tx run, b vote.Ballot) error {
	_, err := tx.exec(ctx, `UPDATE ballot SET show = ?, title = ?, options = ?, quota = ?, visibility = ?, level = ?, state = ?,
		round = ?, opens_at = ?, closes_at = ?, opened_at = ?, deadline = ?, weight = ?, note = ? WHERE no = ?`,
		b.Show, b.Title, toJSON(b.Options), toJSON(b.Quota), b.Visibility, b.Level, b.State,
		b.Round, b.OpensAt, b.ClosesAt, b.OpenedAt, b.Deadline, b.Weight, b.Note, b.No)
	return err
}

// change applies a transition of the rules to a stored ballot, under the lease of
// the ballots (stage.not_owner).
func (db *DB) change(ctx context.Context, own lease.Lease, what string, id vote.BallotID, step func(vote.Ballot) (vote.Ballot, error)) (vote.Ballot, error) {
	var out vote.Ballot
	err := db.writeAs(ctx, ballots, what, func(ctx context.Context, tx run) error {
		if err := tx.owns(ctx, own, lease.Ballots); err != nil {
			return err
		}
		have, err := tx.own(ctx, id)
		if err == nil {
			err = tx.onAir(ctx, have.Show)
		}
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
			if err := noteOpening(ctx, tx, out); err != nil {
				return err
			}
		}
		if have.State == vote.StateOpen && out.State == vote.StateClosed {
			if err := noteClose(ctx, tx, out); err != nil {
				return err
			}
		}
		if err := updateBallot(ctx, tx, out); err != nil {
			return err
		}
		return tx.did(ctx, string(id), have, out)
	})
	return out, err
}

// OpenBallot stores ballot.Opened(now, deadline): it opens a ballot that waits,
// or moves the deadline of an open one.
func (db *DB) OpenBallot(ctx context.Context, own lease.Lease, id vote.BallotID, now, deadline int64) (vote.Ballot, error) {
	return db.change(ctx, own, "open ballot", id, func(b vote.Ballot) (vote.Ballot, error) { return b.Opened(now, deadline) })
}

// CloseBallot stores ballot.Shut() and returns the official count of the round:
// recounted from the votes, of which there can be no more by then. now is not
// kept: the order of the ledger is the proof of the cut.
func (db *DB) CloseBallot(ctx context.Context, own lease.Lease, id vote.BallotID, now int64) (vote.Ballot, vote.Tally, error) {
	b, err := db.change(ctx, own, "close ballot", id, func(b vote.Ballot) (vote.Ballot, error) { return b.Shut() })
	if err != nil {
		return b, vote.Tally{}, err
	}
	t, err := db.Recount(ctx, id)
	return b, t, err
}

// RevealBallot marks a closed ballot as revealed; once is enough. From then on
// it never opens again.
func (db *DB) RevealBallot(ctx context.Context, own lease.Lease, id vote.BallotID) (vote.Ballot, error) {
	return db.change(ctx, own, "reveal ballot", id, func(b vote.Ballot) (vote.Ballot, error) {
		if b.State != vote.StateClosed && b.State != vote.StateRevealed {
			return b, fault.New(fault.Conflict, "vote.not_closed", "ballot %s is %s", b.ID, b.State)
		}
		b.State = vote.StateRevealed
		return b, nil
	})
}

// SkipBallot stores ballot.Skipped(): the window passed without an opening.
func (db *DB) SkipBallot(ctx context.Context, own lease.Lease, id vote.BallotID) (vote.Ballot, error) {
	return db.change(ctx, own, "skip ballot", id, func(b vote.Ballot) (vote.Ballot, error) { return b.Skipped() })
}

// RearmBallot stores ballot.Rearmed(note): a closed ballot waits for another
// round. The votes of the rounds before stay where they are. A ballot that
// stands in a sealed result takes no new round (ballot.sealed).
func (db *DB) RearmBallot(ctx context.Context, own lease.Lease, id vote.BallotID, note string) (vote.Ballot, error) {
	var out vote.Ballot
	err := db.write(ctx, "rearm ballot", func(ctx context.Context, tx run) error {
		if err := tx.owns(ctx, own, lease.Ballots); err != nil {
			return err
		}
		have, err := tx.own(ctx, id)
		if err == nil {
			err = tx.onAir(ctx, have.Show)
		}
		if err != nil {
			return err
		}
		if out, err = have.Rearmed(note); err != nil {
			return err
		}
		sealed, err := tx.sealed(ctx, have)
		if err != nil {
			return err
		}
		if sealed {
			return fault.New(fault.Conflict, "ballot.sealed", "ballot %s stands in a sealed result", id)
		}
		if err := updateBallot(ctx, tx, out); err != nil {
			return err
		}
		return tx.did(ctx, string(id), have, out)
	})
	return out, err
}

// sealed reports whether a sealed result counts the ballot.
func (r run) sealed(ctx context.Context, ballot vote.Ballot) (bool, error) {
	var bodies []string
	if err := r.list(ctx, &bodies, `SELECT body FROM seal`); err != nil {
		return false, err
	}
	for _, body := range bodies {
		var s struct {
			Ballots []struct {
				Ballot string `json:"ballot"` // as its log calls it
			} `json:"ballots"`
		}
		if err := fromJSON(body, &s); err != nil {
			return false, fmt.Errorf("seal: %w", err)
		}
		for _, b := range s.Ballots {
			if b.Ballot == ballot.LogName() {
				return true, nil
			}
		}
	}
	return false, nil
}
