package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"

	"hecai/fault"
)

const (
	driverPostgres = "pgx"
	connections    = 12 // most at once
	writing        = 8  // of them, most that write
)

func openPostgres(ctx context.Context, cfg Config) (*DB, error) {
	conf, err := pgx.ParseConfig(cfg.Database)
	if err != nil {
		// The driver's error repeats the address, with the password masked.
		return nil, fault.Wrap(fault.Invalid, "store.unreachable", err, "database address")
	}
	// A commit is told only once it is on disk, whatever the server's default.
	conf.RuntimeParams["synchronous_commit"] = "on"
	conf.RuntimeParams["application_name"] = "hecai"
	// A node that hangs must not hold its locks on a ballot for ever.
	conf.RuntimeParams["idle_in_transaction_session_timeout"] = "10000" // ms
	// Everything here is looked up by key. A plan that was made while a table was
	// small would scan it, and is kept while the table grows through the night.
	conf.RuntimeParams["enable_seqscan"] = "off"
	if conf.ConnectTimeout == 0 {
		conf.ConnectTimeout = 5 * time.Second
	}
	pool := sqlx.NewDb(stdlib.OpenDB(*conf), driverPostgres)
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		pool.Close()
		return nil, fault.Wrap(fault.Invalid, "store.unreachable", oneLine(err), "database %s", conf.Host)
	}
	return &DB{writer: pool, reader: pool, log: cfg.Log, turns: make(chan struct{}, writing)}, nil
}

// oneLine keeps the first line of an error: the driver lists every address that
// it tried.
func oneLine(err error) error {
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' })
	if len(lines) < 2 {
		return err
	}
	return errors.New(strings.Join([]string{strings.TrimSpace(lines[0]), strings.TrimSpace(lines[1])}, " "))
}
