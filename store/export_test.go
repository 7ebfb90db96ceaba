package store

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"sort"
	"strings"

	"github.com/jmoiron/sqlx"

	"hecai/vote"
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

// CheckpointFailed is the keeper's word that its last checkpoint failed.
func (db *DB) CheckpointFailed(err error) { db.file.last.Store(&err) }

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

// Prior returns how many rows the decision of one cast reads.
func (db *DB) Prior(ctx context.Context, c vote.Cast) (n int, err error) {
	err = db.snapshot(ctx, "prior", func(ctx context.Context, tx run) error {
		b, err := tx.ballot(ctx, c.Ballot)
		if err != nil {
			return err
		}
		k, err := tx.count(ctx, b)
		if err != nil {
			return err
		}
		papers, err := tx.prior(ctx, b, k.no, []vote.Cast{c})
		n = len(papers[c.Voter])
		return err
	})
	return n, err
}

// PaperPlan tells how the engine looks up the papers of two casts.
func (db *DB) PaperPlan(ctx context.Context) (lines []string, err error) {
	for i, query := range []string{
		pairsOf("BIGINT", 2) + selectPaper + selectNewest,
		pairsOf("BIGINT", 2) + selectPaper + `v.key`,
		pairsOf("TEXT", 2) + selectPaper + selectCurrent,
	} {
		args := [][]any{{1, 1, 2, 1}, {1, 1, 2, 1}, {1, "", 2, ""}}[i]
		if db.hold != nil {
			var rows []string
			if err := db.read().list(ctx, &rows, `EXPLAIN `+query, args...); err != nil {
				return nil, err
			}
			lines = append(lines, rows...)
			continue
		}
		var rows []struct {
			ID, Parent, Notused int64
			Detail              string
		}
		if err := db.read().list(ctx, &rows, `EXPLAIN QUERY PLAN `+query, args...); err != nil {
			return nil, err
		}
		for _, r := range rows {
			lines = append(lines, r.Detail)
		}
	}
	return lines, nil
}

// Isolation is what a transaction of the writer gets.
func (db *DB) Isolation(ctx context.Context) (level string, err error) {
	err = db.writer.GetContext(ctx, &level, `SHOW transaction_isolation`)
	return level, err
}

// Compiled reports whether the server makes machine code of a query that has to go
// through a table.
func (db *DB) Compiled(ctx context.Context) (bool, error) {
	for _, pool := range []*sqlx.DB{db.writer, db.reader} {
		var lines []string
		if err := pool.SelectContext(ctx, &lines, `EXPLAIN ANALYZE SELECT count(title) FROM entry WHERE title <> ''`); err != nil {
			return false, err
		}
		if slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "JIT") }) {
			return true, nil
		}
	}
	return false, nil
}
