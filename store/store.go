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
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"hecai"
	"hecai/fault"
)

// Config says where the record is kept.
type Config struct {
	DataDir  string        // folder of the SQLite files, made if it is not there; "" = "data"
	Database string        // "" = SQLite in DataDir, or postgres://user:password@host/name
	Wait     time.Duration // how long to wait for a PostgreSQL server that does not answer yet; 0 = not at all
	Shared   bool          // other nodes may have the PostgreSQL record at the same time; on SQLite nobody may
	Log      *slog.Logger  // nil = discard
}

// DB is an open record. Open makes one; Close it after everything that uses it.
type DB struct {
	writer *sqlx.DB
	reader *sqlx.DB
	turns  *turns       // one place per writing transaction
	file   *file        // what only SQLite needs; nil on PostgreSQL
	hold   *hold        // what only PostgreSQL needs; nil on SQLite
	alone  atomic.Int64 // commits that a standby was to have as well, and whose wait for it was cut
	log    *slog.Logger
	probe  probe
	fresh  bool          // Open made the record
	noted  chan struct{} // buffer 1: there are changes to read

	inspects bool // opened by Inspect: there is one pool and nothing else
}

// Open opens the record, makes it if it is not there, and brings its schema up
// to date. The errors are faults that can be shown in one line: store.folder,
// store.in_use (another process has it), store.unreachable, store.pooler and
// store.version.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.DataDir == "" {
		cfg.DataDir = "data"
	}
	if cfg.Log == nil {
		cfg.Log = quiet
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
	db.noted = make(chan struct{}, 1)
	steps, err := migrations()
	if err == nil {
		err = db.migrate(ctx, hecai.Schema, steps)
	}
	if err == nil && db.hold != nil {
		err = db.claim(ctx)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

var quiet = slog.New(slog.DiscardHandler)

func isPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

// Close ends all connections. On SQLite it first brings everything from the
// write-ahead log into the main file.
func (db *DB) Close() error {
	db.probe.all.Wait()
	if db.inspects {
		return db.reader.Close()
	}
	if db.file != nil {
		return db.file.close(db)
	}
	db.hold.close()
	return errors.Join(db.writer.Close(), db.reader.Close())
}

// Fresh reports whether Open found no record and made one.
func (db *DB) Fresh() bool { return db.fresh }

// Engine is "sqlite" or "postgres".
func (db *DB) Engine() string {
	if db.file != nil {
		return "sqlite"
	}
	return "postgres"
}

// read returns what to run single reads on.
func (db *DB) read() run { return run{on: db.reader, limit: readPatience} }

// Bounds of reads, so that a silent base ends them. A snapshot may go through a
// million votes.
const (
	readPatience     = 4 * time.Second
	snapshotPatience = time.Minute
)

// snapshot runs do on one consistent view of the record.
func (db *DB) snapshot(ctx context.Context, what string, do func(ctx context.Context, tx run) error) error {
	limited, cancel := context.WithTimeout(ctx, snapshotPatience)
	defer cancel()
	if err := notRead(ctx, db.view(limited, do)); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (db *DB) view(ctx context.Context, do func(ctx context.Context, tx run) error) error {
	options := &sql.TxOptions{ReadOnly: true}
	if db.file == nil { // SQLite's transactions are all like this
		options.Isolation = sql.LevelRepeatableRead
	}
	tx, err := db.begin(ctx, db.reader, options)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback()
	return do(ctx, run{on: tx})
}
