package store

import (
	"context"
	"fmt"
	"io/fs"
	"sort"
	"strings"
)

// Migrate brings a record to what the migrations of a folder say.
func (db *DB) Migrate(ctx context.Context, files fs.FS) error {
	steps, err := readSteps(files)
	if err != nil {
		return err
	}
	return db.migrate(ctx, "", steps)
}

// Newest is the version that the embedded migrations lead to.
func Newest() (int, error) {
	steps, err := migrations()
	return len(steps) + 1, err
}

// Version is the version row.
func (db *DB) Version(ctx context.Context) (int, error) { return version(ctx, db.read()) }

// Checkpoint moves the write-ahead log into the main file, all of it.
func (db *DB) Checkpoint() error { return db.checkpoint("TRUNCATE") }

// Columns lists "table.column type" of every column, with "null" if it may be.
func (db *DB) Columns(ctx context.Context) ([]string, error) {
	type column struct {
		Name, Kind string
		Nullable   bool
	}
	r := db.read()
	names, err := tables(ctx, r)
	if err != nil {
		return nil, err
	}
	query := `SELECT name, type AS kind, "notnull" = 0 AND pk = 0 AS nullable FROM pragma_table_info(?)`
	if r.postgres() {
		query = `SELECT column_name AS name, data_type AS kind, is_nullable = 'YES' AS nullable
			FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ?`
	}
	var out []string
	for _, table := range names {
		var columns []column
		if err := r.list(ctx, &columns, query, table); err != nil {
			return nil, err
		}
		for _, c := range columns {
			line := fmt.Sprintf("%s.%s %s", table, c.Name, strings.ToLower(c.Kind))
			if c.Nullable {
				line += " null"
			}
			out = append(out, line)
		}
	}
	sort.Strings(out)
	return out, nil
}

// LimitPages sets how many pages the SQLite file may have at most; fewer than it
// has means as many as it has.
func (db *DB) LimitPages(ctx context.Context, n int) error {
	_, err := db.writer.ExecContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", n))
	return err
}
