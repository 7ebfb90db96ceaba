package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"hecai/contest"
	"hecai/fault"
)

// SaveSeal stores a version of a session's sealed results, dense from 1. What is
// sealed is never changed: the same again is no error, anything else is
// seal.exists, and a gap seal.version.
func (db *DB) SaveSeal(ctx context.Context, session contest.SessionID, version int, body json.RawMessage, root string) error {
	return db.write(ctx, "save seal", func(ctx context.Context, tx run) error {
		var have struct{ Root, Body string }
		err := tx.get(ctx, &have, `SELECT root, body FROM seal WHERE session = ? AND version = ?`, session, version)
		if err == nil {
			if have.Root == root && bytes.Equal([]byte(have.Body), body) {
				return nil
			}
			return fault.New(fault.Conflict, "seal.exists", "session %s has another seal %d", session, version).With("version", version)
		}
		if !errors.Is(err, errNone) {
			return err
		}
		var last int
		if err := tx.get(ctx, &last, `SELECT COALESCE(MAX(version), 0) FROM seal WHERE session = ?`, session); err != nil {
			return err
		}
		if version != last+1 {
			return fault.New(fault.Conflict, "seal.version", "seal %d after %d", version, last).With("version", last)
		}
		_, err = tx.exec(ctx, `INSERT INTO seal (session, version, root, body) VALUES (?, ?, ?, ?)`, session, version, root, string(body))
		if isDuplicate(err) { // another node was faster
			return fault.Wrap(fault.Conflict, "seal.exists", err, "session %s, seal %d", session, version).With("version", version)
		}
		return err
	})
}

// LoadSeal returns the newest sealed results of a session.
func (db *DB) LoadSeal(ctx context.Context, session contest.SessionID) (version int, body json.RawMessage, root string, err error) {
	var row struct {
		Version    int
		Root, Body string
	}
	err = db.read().get(ctx, &row, `SELECT version, root, body FROM seal WHERE session = ? ORDER BY version DESC LIMIT 1`, session)
	if err != nil {
		return 0, nil, "", fmt.Errorf("seal of %s: %w", session, err)
	}
	return row.Version, json.RawMessage(row.Body), row.Root, nil
}
