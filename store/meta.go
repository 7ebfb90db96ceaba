package store

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
)

// Secret returns the secret of the name, n random bytes. It is made the first
// time it is asked for and kept ever after: signatures, cookies and pseudonyms
// depend on it.
func (db *DB) Secret(ctx context.Context, name string, n int) ([]byte, error) {
	fresh := make([]byte, n)
	rand.Read(fresh) // never fails: crypto/rand ends the process instead
	var text string
	err := db.write(ctx, "secret "+name, func(ctx context.Context, tx run) error {
		_, err := tx.exec(ctx, `INSERT INTO secret (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING`,
			name, base64.StdEncoding.EncodeToString(fresh))
		if err != nil {
			return err
		}
		return tx.get(ctx, &text, `SELECT value FROM secret WHERE name = ?`, name)
	})
	if err != nil {
		return nil, err
	}
	return decodeSecret(name, text, n)
}

func decodeSecret(name, text string, n int) ([]byte, error) {
	kept, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(kept) != n {
		return nil, fmt.Errorf("secret %s: %d bytes kept, want %d: %w", name, len(kept), n, err)
	}
	return kept, nil
}

// Counter returns the next number of the name: 1, 2, 3 and so on, without gaps.
func (db *DB) Counter(ctx context.Context, name string) (n int64, err error) {
	err = db.write(ctx, "counter "+name, func(ctx context.Context, tx run) error {
		n, err = next(ctx, tx, name, 1)
		return err
	})
	return n, err
}

// next takes by numbers from the counter and returns the last of them. A
// transaction that fails gives them back, so there are no gaps.
func next(ctx context.Context, tx run, name string, by int64) (n int64, err error) {
	err = tx.get(ctx, &n, `INSERT INTO counter (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = counter.value + excluded.value RETURNING value`, name, by)
	return n, err
}

// Place names where the record is kept, "" for a file: a copy that was restored
// elsewhere has all that is in the record, and another place. A standby of the same
// PostgreSQL that takes over has the same one.
func (db *DB) Place(ctx context.Context) (place string, err error) {
	if db.file != nil {
		return "", nil
	}
	err = db.read().get(ctx, &place, `SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' || oid::text
		FROM pg_database WHERE datname = current_database()`)
	if err != nil {
		return "", fmt.Errorf("place of the record: %w", err)
	}
	return place, nil
}

// MoveIn notes where the record is kept. In one that was copied from elsewhere, the
// nodes that have its leases are the other place's: they are taken from them, so that
// nothing that is asked here is passed on to the show there.
func (db *DB) MoveIn(ctx context.Context) error {
	place, err := db.Place(ctx)
	if err != nil || place == "" {
		return err
	}
	return db.write(ctx, "move in", func(ctx context.Context, tx run) error {
		var had []string
		if err := tx.list(ctx, &had, `SELECT value FROM secret WHERE name = 'place'`); err != nil {
			return err
		}
		if len(had) == 1 && had[0] == place {
			return nil
		}
		if len(had) == 1 {
			if _, err := tx.exec(ctx, `UPDATE lease SET holder = '', address = '', until = 0`); err != nil {
				return err
			}
		}
		_, err := tx.exec(ctx, `INSERT INTO secret (name, value) VALUES ('place', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, place)
		return err
	})
}
