package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"hecai/fault"
	"hecai/vote"
	"hecai/vote/ledger"
)

// The kinds of a round's notes: what its log says besides votes.
const (
	noteOpen       = "open"       // ledger.Definition of the ballot as it opened
	noteClosed     = "close"      // text of the close record
	noteCheckpoint = "checkpoint" // the signed head of the whole log
)

// noteOpening keeps the text that the round's opening record is the hash of.
func noteOpening(ctx context.Context, tx run, b vote.Ballot) error {
	return tx.note(ctx, b.ID, b.Round, noteOpen, b.OpenedAt, ledger.Definition(b))
}

// noteClose keeps the round's close record: how many papers count, and a random
// number, without which the log's head could be guessed back to the turnout.
func noteClose(ctx context.Context, tx run, b vote.Ballot) error {
	c, err := tx.count(ctx, b)
	if err != nil {
		return err
	}
	if c.no == 0 {
		return nil
	}
	var has int
	if err := tx.get(ctx, &has, `SELECT COUNT(*) FROM ledger_note WHERE round = ? AND kind = ?`, c.no, noteOpen); err != nil || has == 0 {
		return err // a round that opened before there were notes has none
	}
	record := ledger.Record{Kind: ledger.KindClose, Ballot: b.LogName(), Round: b.Round, Papers: c.Papers}
	rand.Read(record.Digest[:]) // never fails: crypto/rand ends the process instead
	return tx.note(ctx, b.ID, b.Round, noteClosed, b.Deadline, record.Text())
}

// note writes a note of a round, once.
func (r run) note(ctx context.Context, id vote.BallotID, round int, kind string, at int64, body string) error {
	no, err := r.roundNo(ctx, id, round)
	if err != nil {
		return err
	}
	_, err = r.exec(ctx, `INSERT INTO ledger_note (round, kind, at, body) VALUES (?, ?, ?, ?)`, no, kind, at, body)
	if err != nil {
		return fmt.Errorf("note %s of %s: %w", kind, id, err)
	}
	return nil
}

// Round returns the log of a round: its notes, and its leaves in ledger order,
// superseded votes too. What it returns for a closed round never changes, but
// for the checkpoint that is still to be written.
func (db *DB) Round(ctx context.Context, id vote.BallotID, round int) (ledger.Round, error) {
	out := ledger.Round{Round: round}
	err := db.snapshot(ctx, "round", func(ctx context.Context, tx run) error {
		b, err := tx.ballot(ctx, id)
		if err != nil {
			return err
		}
		out.Ballot = b.LogName()
		no, err := tx.roundNo(ctx, id, round)
		if err != nil {
			return err
		}
		var notes []struct{ Kind, Body string }
		if err := tx.list(ctx, &notes, `SELECT kind, body FROM ledger_note WHERE round = ?`, no); err != nil {
			return err
		}
		for _, n := range notes {
			switch n.Kind {
			case noteOpen:
				out.Definition = n.Body
			case noteClosed:
				out.Close = n.Body
			case noteCheckpoint:
				out.Checkpoint = n.Body
			}
		}
		rows, err := tx.inLedgerOrder(ctx, id, round)
		if err != nil {
			return err
		}
		out.Votes = make([]ledger.Hash, len(rows))
		for i, row := range rows {
			if out.Votes[i], err = ledger.ParseHex(row.Leaf); err != nil {
				return fault.Wrap(fault.Internal, "vote.miscount", err, "leaves of %s", id)
			}
		}
		return nil
	})
	return out, err
}

// SaveCheckpoint keeps the signed head of a closed round's log. The same again
// is no error; another one is vote.miscount: a log that is closed has one head.
func (db *DB) SaveCheckpoint(ctx context.Context, id vote.BallotID, round int, at int64, signed string) error {
	return db.write(ctx, "save checkpoint", func(ctx context.Context, tx run) error {
		no, err := tx.roundNo(ctx, id, round)
		if err != nil {
			return err
		}
		var have string
		err = tx.get(ctx, &have, `SELECT body FROM ledger_note WHERE round = ? AND kind = ?`, no, noteCheckpoint)
		switch {
		case errors.Is(err, errNone):
			return tx.note(ctx, id, round, noteCheckpoint, at, signed)
		case err != nil:
			return err
		case have != signed:
			return fault.New(fault.Internal, "vote.miscount", "round %d of %s has another checkpoint", round, id)
		}
		return nil
	})
}
