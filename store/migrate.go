package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"hecai/fault"
)

// Migrations are files NNNN-what.sql, numbered without gaps from 0002: step N
// brings the schema from version N-1 to N. Their last statement need not touch
// schema_version; that is done here.
//
//go:embed migrations
var migrationFiles embed.FS

// step is one migration.
type step struct {
	to   int
	name string
	text string
}

func migrations() ([]step, error) { return readSteps(migrationFiles) }

// readSteps reads the migrations of a folder in order.
func readSteps(files fs.FS) ([]step, error) {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	slices.Sort(names)
	steps := make([]step, 0, len(names))
	for i, path := range names {
		name := strings.TrimPrefix(path, "migrations/")
		number, _, _ := strings.Cut(name, "-")
		to, err := strconv.Atoi(number)
		if err != nil || len(number) != 4 || to != i+2 {
			return nil, fmt.Errorf("migration %q is not number %04d", name, i+2)
		}
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		steps = append(steps, step{to: to, name: name, text: string(text)})
	}
	return steps, nil
}

// migrate loads the schema into an empty database, or takes the steps that an
// older one still needs, all in one transaction.
func (db *DB) migrate(ctx context.Context, schema string, steps []step) error {
	want := len(steps) + 1
	return db.write(ctx, "migrate", func(ctx context.Context, tx run) error {
		if err := tx.lock(ctx, lockSchema, 0); err != nil {
			return err
		}
		tables, err := tables(ctx, tx)
		if err != nil {
			return err
		}
		if !slices.Contains(tables, "schema_version") {
			if len(tables) > 0 && !tx.postgres() {
				return fault.New(fault.Invalid, "store.version", "the database belongs to another program")
			}
			return tx.script(ctx, schema)
		}
		have, err := version(ctx, tx)
		if err != nil {
			return err
		}
		if have < 1 || have > want {
			return fault.New(fault.Invalid, "store.version", "the record has schema %d, this program knows up to %d", have, want).
				With("have", have).With("want", want)
		}
		for _, s := range steps[have-1:] {
			if err := tx.script(ctx, s.text); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if _, err := tx.exec(ctx, `UPDATE schema_version SET version = ?`, s.to); err != nil {
				return err
			}
		}
		return nil
	})
}

func version(ctx context.Context, tx run) (v int, err error) {
	return v, tx.get(ctx, &v, `SELECT version FROM schema_version`)
}

// tables lists the tables of the record.
func tables(ctx context.Context, tx run) (names []string, err error) {
	query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`
	if tx.postgres() {
		query = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY table_name`
	}
	return names, tx.list(ctx, &names, query)
}
