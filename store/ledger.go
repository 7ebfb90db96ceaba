package store

import (
	"context"
	"errors"
	"fmt"

	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
	"hecai/vote/ledger"
)

// inLedgerOrder reads all votes of a round by their place in the ledger. A gap
// means that a vote was taken out of the record, which is the fault
// vote.miscount.
func (r run) inLedgerOrder(ctx context.Context, id vote.BallotID, round int) ([]eventRow, error) {
	no, err := r.roundNo(ctx, id, round)
	if err != nil {
		return nil, err
	}
	var rows []eventRow
	if err := r.list(ctx, &rows, selectEvents, slot(no, 0), slot(no+1, 0)); err != nil {
		return nil, err
	}
	for i, row := range rows {
		if row.Pos != int64(i) {
			return nil, fault.New(fault.Internal, "vote.miscount", "ballot %s round %d: place %d holds vote %d", id, round, i, row.Pos)
		}
	}
	return rows, nil
}

const selectEvents = `SELECT slot, rev, pos, choice, client_salt, salt, leaf FROM vote_event
	WHERE slot >= ? AND slot < ? ORDER BY pos`

// roundNo is the number of a ballot's round.
func (r run) roundNo(ctx context.Context, id vote.BallotID, round int) (no int64, err error) {
	err = r.get(ctx, &no, `SELECT t.no FROM tally t JOIN ballot b ON b.no = t.ballot_no WHERE b.id = ? AND t.round = ?`, id, round)
	if errors.Is(err, errNone) {
		return 0, fault.New(fault.NotFound, "vote.unknown_ballot", "ballot %q has no round %d", id, round)
	}
	return no, err
}

type eventRow struct {
	Slot, Rev, Pos     int64
	Choice, Salt, Leaf string
	ClientSalt         string `db:"client_salt"`
}

// Leaves returns the leaves of a round's whole log, its opening and close
// records too, in order. What it returns for a closed round never changes.
func (db *DB) Leaves(ctx context.Context, id vote.BallotID, round int) ([]ledger.Hash, error) {
	r, err := db.Round(ctx, id, round)
	if err != nil {
		return nil, fmt.Errorf("leaves: %w", err)
	}
	return r.Leaves(), nil
}

// VerifyVotes makes every leaf of a round again from the vote that it stands
// for, and finds a gap in their places or at their end. pseudonym names a voter as the records
// do. A vote that was changed, added or taken out behind the record's back is
// the fault vote.miscount.
func (db *DB) VerifyVotes(ctx context.Context, id vote.BallotID, round int, pseudonym func(voter int64) string) error {
	return db.snapshot(ctx, "verify votes", func(ctx context.Context, tx run) error {
		b, err := tx.ballot(ctx, id)
		if err != nil {
			return err
		}
		no, err := tx.roundNo(ctx, id, round)
		if err != nil {
			return err
		}
		var kept int64 // how many there must be: the last of them leaves no gap
		if err := tx.get(ctx, &kept, `SELECT events FROM tally WHERE no = ?`, no); err != nil {
			return err
		}
		// In the order of the key, for no sort of a million votes fits into memory.
		rows, err := tx.on.QueryxContext(ctx, tx.on.Rebind(`SELECT slot, rev, pos, choice, client_salt, salt, leaf FROM vote_event
			WHERE slot >= ? AND slot < ? ORDER BY slot, rev`), slot(no, 0), slot(no+1, 0))
		if err != nil {
			return err
		}
		defer rows.Close()
		var row eventRow
		var places places
		for rows.Next() {
			if err := rows.StructScan(&row); err != nil {
				return err
			}
			opening, err := row.opening(b, round)
			if err != nil {
				return fault.Wrap(fault.Internal, "vote.miscount", err, "ballot %s round %d, place %d", id, round, row.Pos)
			}
			opening.Voter = pseudonym(voterOf(row.Slot))
			leaf, err := ledger.ParseHex(row.Leaf)
			if _, ours := opening.Find(leaf); err != nil || !ours {
				return fault.New(fault.Internal, "vote.miscount", "ballot %s round %d: place %d does not hold its vote", id, round, row.Pos)
			}
			places.take(row.Pos)
		}
		if !places.dense() {
			return fault.New(fault.Internal, "vote.miscount", "ballot %s round %d: a place is empty or taken twice", id, round)
		}
		if places.taken != kept && rows.Err() == nil {
			return fault.New(fault.Internal, "vote.miscount", "ballot %s round %d: %d votes of %d are there", id, round, places.taken, kept)
		}
		return rows.Err()
	})
}

// opening is what the row's commitment hides, without the voter's name.
func (row eventRow) opening(b vote.Ballot, round int) (ledger.Opening, error) {
	choice, err := parseChoice(row.Choice, len(b.Options))
	if err != nil {
		return ledger.Opening{}, err
	}
	picks := make([]contest.EntryID, len(choice))
	for i, no := range choice {
		picks[i] = b.Options[no-1].Entry
	}
	return ledger.Opening{Ballot: b.LogName(), Round: round, Rev: row.Rev, Choice: picks, ClientSalt: row.ClientSalt, Salt: row.Salt}, nil
}

// places is a set of places in a ledger.
type places struct {
	bits  []uint64
	taken int64
	last  int64 // the highest, 0 if none
	twice bool
}

// take adds one; a place that no ledger has, or has once already, is remembered.
func (p *places) take(pos int64) {
	const most = 1 << 33 // no round has that many
	if pos < 0 || pos > most {
		p.twice = true
		return
	}
	for int64(len(p.bits)) <= pos/64 {
		p.bits = append(p.bits, 0)
	}
	if p.bits[pos/64]&(1<<(pos%64)) != 0 {
		p.twice = true
	}
	p.bits[pos/64] |= 1 << (pos % 64)
	p.taken++
	p.last = max(p.last, pos)
}

// dense reports whether the places are 0, 1, 2 and so on, each once.
func (p *places) dense() bool { return !p.twice && (p.taken == 0 || p.last == p.taken-1) }
