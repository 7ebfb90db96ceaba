// Package store keeps the record of a contest and is the only place with SQL.
// It runs on SQLite, in one file of the data folder, or on PostgreSQL, with the
// same schema (schema.sql) and the same statement texts. It implements the
// interfaces that vote/box, stage, access and server/httpd declare; each
// aggregate has a file of its own.
//
// An exported method is one transaction, and when it returns nil, what it wrote
// is on disk: SQLite runs with synchronous=FULL, PostgreSQL with
// synchronous_commit=on. A write that has begun is never cancelled by its
// context, because a cancelled commit may have happened; the context only ends
// the wait for a turn. Methods that find nothing return the fault "store.none".
//
// A DB is safe for concurrent use. On SQLite there is one writer; readers never
// wait for it.
package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"

	"github.com/jmoiron/sqlx"

	"hecai"
	"hecai/fault"
)

// Config says where the record is kept.
type Config struct {
	DataDir  string       // folder of the SQLite files, made if it is not there; "" = "data"
	Database string       // "" = SQLite in DataDir, or postgres://user:password@host/name
	Log      *slog.Logger // nil = discard
}

// DB is an open record. Open makes one; Close it after everything that uses it.
type DB struct {
	writer *sqlx.DB
	reader *sqlx.DB      // the writer itself on PostgreSQL
	turns  chan struct{} // one place per writing transaction
	file   *file         // what only SQLite needs; nil on PostgreSQL
	log    *slog.Logger
}

// Open opens the record, makes it if it is not there, and brings its schema up
// to date. The errors are faults that can be shown in one line: store.folder,
// store.in_use (another process has it), store.unreachable and store.version.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.DataDir == "" {
		cfg.DataDir = "data"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	open := openSQLite
	if isPostgres(cfg.Database) {
		open = openPostgres
	} else if cfg.Database != "" {
		return nil, fault.New(fault.Invalid, "store.unreachable", "database is neither empty nor postgres://…")
	}
	db, err := open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	steps, err := migrations()
	if err == nil {
		err = db.migrate(ctx, hecai.Schema, steps)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func isPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

// Close ends all connections. On SQLite it first brings everything from the
// write-ahead log into the main file.
func (db *DB) Close() error {
	if db.file != nil {
		return db.file.close(db)
	}
	return db.writer.Close()
}

// Ping reports whether the record can be read, and on SQLite also whether the
// write-ahead log could be brought into the main file when last tried.
func (db *DB) Ping(ctx context.Context) error {
	if db.file != nil {
		if err := db.file.trouble(); err != nil {
			return fault.Wrap(fault.Internal, "store.checkpoint", err, "write-ahead log")
		}
	}
	if _, err := version(ctx, run{db.reader}); err != nil {
		return fault.Wrap(fault.Internal, "store.unreachable", err, "ping")
	}
	return nil
}

// Engine is "sqlite" or "postgres".
func (db *DB) Engine() string {
	if db.file != nil {
		return "sqlite"
	}
	return "postgres"
}

// write runs do in one transaction. what says what was attempted.
func (db *DB) write(ctx context.Context, what string, do func(ctx context.Context, tx run) error) error {
	select {
	case db.turns <- struct{}{}:
		defer func() { <-db.turns }()
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	ctx = context.WithoutCancel(ctx)
	tx, err := db.writer.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: begin: %w", what, classify(err))
	}
	defer tx.Rollback() // no-op after a commit
	if err := do(ctx, run{tx}); err != nil {
		return fmt.Errorf("%s: %w", what, classify(err))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("%s: commit: %w", what, classify(err))
	}
	if db.file != nil {
		db.file.wrote()
	}
	return nil
}

// read returns what to run single reads on.
func (db *DB) read() run { return run{db.reader} }

// snapshot runs do on one consistent view of the record.
func (db *DB) snapshot(ctx context.Context, what string, do func(ctx context.Context, tx run) error) error {
	options := &sql.TxOptions{ReadOnly: true}
	if db.file == nil { // SQLite's transactions are all like this
		options.Isolation = sql.LevelRepeatableRead
	}
	tx, err := db.reader.BeginTxx(ctx, options)
	if err != nil {
		return fmt.Errorf("%s: begin: %w", what, err)
	}
	defer tx.Rollback()
	if err := do(ctx, run{tx}); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
