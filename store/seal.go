package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"hecai/contest"
	"hecai/fault"
	"hecai/lease"
)

// SaveSeal stores a version of the sealed results of the show that the lease is
// of, dense from 1. What is sealed is never changed: the same again is no error,
// anything else is seal.exists, and a gap seal.version.
func (db *DB) SaveSeal(ctx context.Context, own lease.Lease, version int, body json.RawMessage, root string) error {
	show := own.ShowOf()
	return db.write(ctx, "save seal", func(ctx context.Context, tx run) error {
		if err := tx.owns(ctx, own, lease.Show(show)); err != nil {
			return err
		}
		if err := tx.onAir(ctx, show); err != nil {
			return err
		}
		var have struct{ Root, Body string }
		err := tx.get(ctx, &have, `SELECT root, body FROM seal WHERE show = ? AND version = ?`, show, version)
		if err == nil {
			if have.Root == root && bytes.Equal([]byte(have.Body), body) {
				return nil
			}
			return fault.New(fault.Conflict, "seal.exists", "show %s has another seal %d", show, version).With("version", version)
		}
		if !errors.Is(err, errNone) {
			return err
		}
		var last int
		if err := tx.get(ctx, &last, `SELECT COALESCE(MAX(version), 0) FROM seal WHERE show = ?`, show); err != nil {
			return err
		}
		if version != last+1 {
			return fault.New(fault.Conflict, "seal.version", "seal %d after %d", version, last).With("version", last)
		}
		_, err = tx.exec(ctx, `INSERT INTO seal (show, version, root, body) VALUES (?, ?, ?, ?)`, show, version, root, string(body))
		if isDuplicate(err) { // another node was faster
			return fault.Wrap(fault.Conflict, "seal.exists", err, "show %s, seal %d", show, version).With("version", version)
		}
		return err
	})
}

// LoadSeal returns the newest sealed results of a show.
func (db *DB) LoadSeal(ctx context.Context, show contest.ShowID) (version int, body json.RawMessage, root string, err error) {
	var row struct {
		Version    int
		Root, Body string
	}
	err = db.read().get(ctx, &row, `SELECT version, root, body FROM seal WHERE show = ? ORDER BY version DESC LIMIT 1`, show)
	if err != nil {
		return 0, nil, "", fmt.Errorf("seal of %s: %w", show, err)
	}
	return row.Version, json.RawMessage(row.Body), row.Root, nil
}
