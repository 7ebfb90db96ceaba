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
