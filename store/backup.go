package store

import (
	"context"
	"fmt"
	"os"

	"github.com/jmoiron/sqlx"

	"hecai/fault"
)

// Backup writes a copy of the whole record, as of one moment and without
// holding up any vote, to a new file at path, and checks the copy: its pages,
// and every count against its votes. It is for SQLite; a PostgreSQL record is
// copied with that server's own tools (backup.engine).
func (db *DB) Backup(ctx context.Context, path string) error {
	if err := db.copyTo(ctx, path); err != nil {
		return err
	}
	return db.checkCounts(ctx, path)
}

// copyTo is Backup with a check of the pages alone.
func (db *DB) copyTo(ctx context.Context, path string) error {
	if db.file == nil {
		return fault.New(fault.Invalid, "backup.engine", "a PostgreSQL record is backed up with pg_dump")
	}
	if _, err := os.Stat(path); err == nil {
		return fault.New(fault.Conflict, "backup.exists", "%s exists", path).With("path", path)
	}
	// A reader may not write, and VACUUM INTO counts as writing; so it has a
	// connection of its own, which sees one moment like any reader.
	from, err := openPool(ctx, db.file.path, 1, "_txlock=deferred")
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer from.Close()
	if _, err := from.ExecContext(ctx, `VACUUM INTO ?`, path); err != nil {
		return fmt.Errorf("backup to %s: %w", path, notStored(ctx, err))
	}
	pool, err := openPool(ctx, path, 1, "_query_only=1")
	if err != nil {
		return fmt.Errorf("open backup: %w", err)
	}
	defer pool.Close()
	return checkPages(ctx, pool)
}

func (db *DB) checkCounts(ctx context.Context, path string) error {
	pool, err := openPool(ctx, path, 1, "_query_only=1")
	if err != nil {
		return fmt.Errorf("open backup: %w", err)
	}
	defer pool.Close()
	of := &DB{writer: pool, reader: pool, file: &file{path: path}, log: db.log}
	ballots, err := of.LoadBallots(ctx)
	if err != nil {
		return fmt.Errorf("read backup: %w", err)
	}
	for _, b := range ballots {
		if _, err := of.LoadTally(ctx, b.ID); err != nil {
			return fmt.Errorf("recount backup: %w", err)
		}
	}
	return nil
}

func checkPages(ctx context.Context, pool *sqlx.DB) error {
	var verdict string
	if err := pool.GetContext(ctx, &verdict, `PRAGMA integrity_check(1)`); err != nil {
		return fmt.Errorf("check backup: %w", err)
	}
	if verdict != "ok" {
		return fault.New(fault.Internal, "backup.broken", "integrity check: %s", verdict)
	}
	return nil
}
