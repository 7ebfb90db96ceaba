package store

import (
	"context"
	"fmt"

	"hecai/access"
	"hecai/contest"
)

// Camera is a slot of the programme: who may publish to it is a link's matter.
type Camera struct {
	Show  contest.ShowID
	Name  string
	Label string // for people
}

// SaveCamera adds a slot behind the others, or relabels it.
func (db *DB) SaveCamera(ctx context.Context, c Camera) error {
	return db.write(ctx, "save camera", func(ctx context.Context, tx run) error {
		if err := tx.lock(ctx, lockCamera, hash32(string(c.Show))); err != nil {
			return err
		}
		var last int64
		if err := tx.get(ctx, &last, `SELECT COALESCE(MAX(pos), 0) FROM camera WHERE show = ?`, c.Show); err != nil {
			return err
		}
		before, err := tx.camera(ctx, c.Show, c.Name)
		if err != nil {
			return err
		}
		var label any
		if len(before) > 0 {
			label = before[0].Label
		}
		if err := unmoved(ctx, c.Name, label); err != nil {
			return err
		}
		_, err = tx.exec(ctx, `INSERT INTO camera (show, name, label, pos) VALUES (?, ?, ?, ?)
			ON CONFLICT (show, name) DO UPDATE SET label = excluded.label`, c.Show, c.Name, c.Label, last+1)
		if err != nil {
			return err
		}
		return tx.did(ctx, string(c.Show)+"/"+c.Name, several(before), labelled{c.Label})
	})
}

// DropCamera takes a slot away, and ends its links.
func (db *DB) DropCamera(ctx context.Context, show contest.ShowID, name string) error {
	return db.write(ctx, "drop camera", func(ctx context.Context, tx run) error {
		if err := tx.lock(ctx, lockCamera, hash32(string(show))); err != nil {
			return err
		}
		before, err := tx.camera(ctx, show, name)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `DELETE FROM camera WHERE show = ? AND name = ?`, show, name); err != nil {
			return err
		}
		_, err = tx.exec(ctx, `UPDATE link SET revoked = TRUE WHERE role = ? AND name = ? AND show = ?`, access.Broadcaster, name, show)
		if err != nil {
			return err
		}
		return tx.did(ctx, string(show)+"/"+name, several(before), nil)
	})
}

// labelled is a camera as a change tells it.
type labelled struct {
	Label string `json:"label"`
}

// camera is the slot that is stored, if it is.
func (r run) camera(ctx context.Context, show contest.ShowID, name string) (found []labelled, err error) {
	return found, r.list(ctx, &found, `SELECT label FROM camera WHERE show = ? AND name = ?`, show, name)
}

// Cameras returns the slots of all shows, each show's in order.
func (db *DB) Cameras(ctx context.Context) ([]Camera, error) {
	var out []Camera
	if err := db.read().list(ctx, &out, `SELECT show, name, label FROM camera ORDER BY show, pos`); err != nil {
		return nil, fmt.Errorf("cameras: %w", err)
	}
	return out, nil
}
