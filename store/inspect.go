package store

import (
	"context"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"

	"hecai/fault"
)

// Inspect opens a record, or a copy of one, for reading alone, beside a node that
// may be at work on it: nothing is made, locked or brought up to date. at is a
// data folder, a file, or a postgres:// address.
func Inspect(ctx context.Context, at string) (*DB, error) {
	open := inspectSQLite
	if isPostgres(at) {
		open = inspectPostgres
	}
	db, err := open(ctx, at)
	if err != nil {
		return nil, err
	}
	steps, err := migrations()
	have := 0
	if err == nil {
		have, err = version(ctx, db.read())
	}
	if want := len(steps) + 1; err == nil && have != want {
		err = fault.New(fault.Invalid, "store.version", "the record has schema %d, this program reads %d", have, want).With("have", have).With("want", want)
	}
	if err != nil {
		db.Close()
		return nil, fault.Wrap(fault.Invalid, "store.version", err, "no record that this program reads")
	}
	return db, nil
}

func inspectSQLite(ctx context.Context, at string) (*DB, error) {
	if info, err := os.Stat(at); err == nil && info.IsDir() {
		at = filepath.Join(at, fileName)
	}
	if _, err := os.Stat(at); err != nil { // SQLite would make it
		return nil, folderFault(err, at)
	}
	path, err := filepath.Abs(at)
	if err != nil {
		return nil, folderFault(err, at)
	}
	sqlx.BindDriver(driverSQLite, sqlx.QUESTION)
	pool, err := openPool(ctx, path, 1, "_query_only=1")
	if err != nil {
		return nil, folderFault(err, path)
	}
	return &DB{writer: pool, reader: pool, file: &file{path: path}, inspects: true, log: quiet}, nil
}

func inspectPostgres(ctx context.Context, at string) (*DB, error) {
	conf, err := pgx.ParseConfig(at)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, "store.unreachable", err, "database address")
	}
	conf.RuntimeParams["default_transaction_read_only"] = "on"
	conf.RuntimeParams["application_name"] = "hecai verify"
	if err := try(ctx, conf); err != nil {
		return nil, err
	}
	pool := sqlx.NewDb(stdlib.OpenDB(*conf), driverPostgres)
	pool.SetMaxOpenConns(2)
	return &DB{writer: pool, reader: pool, inspects: true, log: quiet}, nil
}

// KnownSecret returns a secret that the record has (store.none).
func (db *DB) KnownSecret(ctx context.Context, name string, n int) ([]byte, error) {
	var text string
	if err := db.read().get(ctx, &text, `SELECT value FROM secret WHERE name = ?`, name); err != nil {
		return nil, err
	}
	return decodeSecret(name, text, n)
}
