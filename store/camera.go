package store

import (
	"context"
	"fmt"

	"hecai/contest"
)

// Camera is a slot of the programme: who may publish to it is a link's matter.
type Camera struct {
	Session contest.SessionID
	Name    string
	Label   string // for people
}

// SaveCamera adds a slot behind the others, or relabels it.
func (db *DB) SaveCamera(ctx context.Context, c Camera) error {
	return db.write(ctx, "save camera", func(ctx context.Context, tx run) error {
		if err := tx.lock(ctx, lockCamera, hash32(string(c.Session))); err != nil {
			return err
		}
		var last int64
		if err := tx.get(ctx, &last, `SELECT COALESCE(MAX(pos), 0) FROM camera WHERE session = ?`, c.Session); err != nil {
			return err
		}
		_, err := tx.exec(ctx, `INSERT INTO camera (session, name, label, pos) VALUES (?, ?, ?, ?)
			ON CONFLICT (session, name) DO UPDATE SET label = excluded.label`, c.Session, c.Name, c.Label, last+1)
		return err
	})
}

// Cameras returns the slots of all sessions, each session's in order.
func (db *DB) Cameras(ctx context.Context) ([]Camera, error) {
	var out []Camera
	if err := db.read().list(ctx, &out, `SELECT session, name, label FROM camera ORDER BY session, pos`); err != nil {
		return nil, fmt.Errorf("cameras: %w", err)
	}
	return out, nil
}
