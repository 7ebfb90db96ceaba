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
	var no int64
	err := r.get(ctx, &no, `SELECT t.no FROM tally t JOIN ballot b ON b.no = t.ballot_no WHERE b.id = ? AND t.round = ?`, id, round)
	if errors.Is(err, errNone) {
		return nil, fault.New(fault.NotFound, "vote.unknown_ballot", "ballot %q has no round %d", id, round)
	}
	if err != nil {
		return nil, err
	}
	var rows []eventRow
	err = r.list(ctx, &rows, `SELECT slot, rev, pos, choice, client_salt, salt, leaf FROM vote_event
		WHERE slot >= ? AND slot < ? ORDER BY pos`, slot(no, 0), slot(no+1, 0))
	if err != nil {
		return nil, err
	}
	for i, row := range rows {
		if row.Pos != int64(i) {
			return nil, fault.New(fault.Internal, "vote.miscount", "ballot %s round %d: place %d holds vote %d", id, round, i, row.Pos)
		}
	}
	return rows, nil
}

type eventRow struct {
	Slot, Rev, Pos     int64
	Choice, Salt, Leaf string
	ClientSalt         string `db:"client_salt"`
}

// Leaves returns the leaf hashes of a round's votes in ledger order, superseded
// ones too. What it returns for a closed round never changes.
func (db *DB) Leaves(ctx context.Context, id vote.BallotID, round int) ([]ledger.Hash, error) {
	rows, err := db.read().inLedgerOrder(ctx, id, round)
	if err != nil {
		return nil, fmt.Errorf("leaves: %w", err)
	}
	out := make([]ledger.Hash, len(rows))
	for i, row := range rows {
		if out[i], err = ledger.ParseHex(row.Leaf); err != nil {
			return nil, fmt.Errorf("leaves of %s: %w", id, err)
		}
	}
	return out, nil
}

// Openings returns what the commitments of a round's votes hide, in ledger
// order. Their Voter is empty, for it needs a key that is not here; voters[i] is
// the dense number behind openings[i]. Whoever holds this can show every vote,
// so it must not leave the house.
func (db *DB) Openings(ctx context.Context, id vote.BallotID, round int) (openings []ledger.Opening, voters []int64, err error) {
	err = db.snapshot(ctx, "openings", func(ctx context.Context, tx run) error {
		b, err := tx.ballot(ctx, id)
		if err != nil {
			return err
		}
		rows, err := tx.inLedgerOrder(ctx, id, round)
		if err != nil {
			return err
		}
		for _, row := range rows {
			choice, err := parseChoice(row.Choice, len(b.Options))
			if err != nil {
				return err
			}
			picks := make([]contest.EntryID, len(choice))
			for i, no := range choice {
				picks[i] = b.Options[no-1].Entry
			}
			openings = append(openings, ledger.Opening{Ballot: id, Round: round, Rev: row.Rev, Choice: picks, ClientSalt: row.ClientSalt, Salt: row.Salt})
			voters = append(voters, voterOf(row.Slot))
		}
		return nil
	})
	return openings, voters, err
}
