package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"hecai/contest"
	"hecai/stage"
)

// SaveMessage adds a message. The same id again changes nothing.
func (db *DB) SaveMessage(ctx context.Context, m stage.Message) error {
	return db.write(ctx, "save message", func(ctx context.Context, tx run) error {
		if err := tx.onAir(ctx, m.Show); err != nil {
			return err
		}
		var no int64
		err := tx.get(ctx, &no, `SELECT no FROM message WHERE id = ?`, m.ID)
		if !errors.Is(err, errNone) {
			return err
		}
		if no, err = next(ctx, tx, "message", 1); err != nil {
			return err
		}
		_, err = tx.exec(ctx, `INSERT INTO message (no, id, show, voter_no, name, body, at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			no, m.ID, m.Show, m.Voter, m.Name, m.Text, m.At, m.State)
		return err
	})
}

// SetMessageState moves a message to another state.
func (db *DB) SetMessageState(ctx context.Context, id, state string) error {
	return db.one(ctx, "set message state", `UPDATE message SET state = ? WHERE id = ?`, state, id)
}

// Messages returns the last messages of a show that are in the state ("" =
// any), at most limit, in the order they came.
func (db *DB) Messages(ctx context.Context, show contest.ShowID, state string, limit int) ([]stage.Message, error) {
	query, args := `WHERE show = ?`, []any{show}
	if state != "" {
		query, args = `WHERE show = ? AND state = ?`, []any{show, state}
	}
	var rows []struct {
		ID, Show, Name, Body, State string

		VoterNo int64 `db:"voter_no"`
		At      int64
	}
	err := db.read().list(ctx, &rows, `SELECT id, show, voter_no, name, body, at, state FROM message `+query+` ORDER BY no DESC LIMIT ?`, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("messages: %w", err)
	}
	out := make([]stage.Message, 0, len(rows))
	for _, r := range slices.Backward(rows) {
		out = append(out, stage.Message{ID: r.ID, Show: contest.ShowID(r.Show), Voter: r.VoterNo, Name: r.Name, Text: r.Body, At: r.At, State: r.State})
	}
	return out, nil
}
