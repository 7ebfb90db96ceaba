package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hecai/access"
	"hecai/contest"
)

type linkRow struct {
	ID               string
	TokenHash        string `db:"token_hash"`
	Role, Name, Show string
	CreatedBy        string `db:"created_by"`
	Created          int64
	Revoked          bool
	LastUsed         int64 `db:"last_used"`
}

func (r linkRow) link() access.Link {
	return access.Link{ID: r.ID, TokenHash: r.TokenHash, Role: r.Role, Name: r.Name, Show: contest.ShowID(r.Show),
		CreatedBy: r.CreatedBy, Created: r.Created, Revoked: r.Revoked, Last: r.LastUsed}
}

const selectLink = `SELECT id, token_hash, role, name, show, created_by, created, revoked, last_used FROM link `

// SaveLink adds a link, or changes the one with its id.
func (db *DB) SaveLink(ctx context.Context, l access.Link) error {
	return db.write(ctx, "save link", func(ctx context.Context, tx run) error {
		_, err := tx.exec(ctx, `INSERT INTO link (id, token_hash, role, name, show, created_by, created, revoked, last_used)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET token_hash = excluded.token_hash, role = excluded.role, name = excluded.name,
				show = excluded.show, revoked = excluded.revoked, last_used = excluded.last_used`,
			l.ID, l.TokenHash, l.Role, l.Name, l.Show, l.CreatedBy, l.Created, l.Revoked, l.Last)
		if err != nil {
			return err
		}
		return tx.did(ctx, l.ID, nil, l)
	})
}

// LinkByHash returns a link by the hash of its secret, revoked or not.
func (db *DB) LinkByHash(ctx context.Context, tokenHash string) (access.Link, error) {
	var row linkRow
	if err := db.read().get(ctx, &row, selectLink+`WHERE token_hash = ?`, tokenHash); err != nil {
		return access.Link{}, fmt.Errorf("link: %w", err)
	}
	return row.link(), nil
}

// Links returns all links by age, revoked ones too.
func (db *DB) Links(ctx context.Context) ([]access.Link, error) {
	var rows []linkRow
	if err := db.read().list(ctx, &rows, selectLink+`ORDER BY created, id`); err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	out := make([]access.Link, len(rows))
	for i, row := range rows {
		out[i] = row.link()
	}
	return out, nil
}

// RevokeLink ends a link.
func (db *DB) RevokeLink(ctx context.Context, id string) error {
	return db.write(ctx, "revoke link", func(ctx context.Context, tx run) error {
		var row linkRow
		if err := tx.get(ctx, &row, selectLink+`WHERE id = ?`, id); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `UPDATE link SET revoked = TRUE WHERE id = ?`, id); err != nil {
			return err
		}
		before, after := row.link(), row.link()
		after.Revoked = true
		return tx.did(ctx, id, before, after)
	})
}

// UseLinks notes when links, by id, were last used: the newest use of all nodes stays.
func (db *DB) UseLinks(ctx context.Context, last map[string]int64) error {
	return db.write(ctx, "use links", func(ctx context.Context, tx run) error {
		if err := tx.lock(ctx, lockUses, 0); err != nil { // two nodes, in any order of rows
			return err
		}
		for chunk := range slices.Chunk(slices.Sorted(maps.Keys(last)), useChunk) {
			var args []any
			for _, id := range chunk {
				args = append(args, id, last[id])
			}
			rows := strings.TrimSuffix(strings.Repeat("(?, CAST(? AS BIGINT)), ", len(chunk)), ", ")
			_, err := tx.exec(ctx, `WITH used (id, at) AS (VALUES `+rows+`)
				UPDATE link SET last_used = used.at FROM used WHERE link.id = used.id AND link.last_used < used.at`, args...)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

const useChunk = 100 // links in a statement
