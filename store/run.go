package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"hash/fnv"
	"io"
	"net"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"

	"hecai/fault"
)

// run is what statements run on: a transaction, or a pool for single reads.
// Statements are written with "?" and rewritten for the engine.
type run struct {
	on interface {
		sqlx.ExtContext
		Rebind(query string) string
	}
	limit time.Duration // of a single read; 0 = the transaction has one
	noted *bool         // of a writing transaction: an act of the back office was written down
}

// bound gives a single read its limit and classifies its error.
func (r run) bound(ctx context.Context, read func(ctx context.Context) error) error {
	if r.limit == 0 {
		return read(ctx)
	}
	limited, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	return notRead(ctx, again(limited, func() error { return read(limited) }))
}

// get reads one row; no row is the fault "store.none".
func (r run) get(ctx context.Context, into any, query string, args ...any) error {
	return r.bound(ctx, func(ctx context.Context) error {
		err := sqlx.GetContext(ctx, r.on, into, r.on.Rebind(query), args...)
		if errors.Is(err, sql.ErrNoRows) {
			return errNone
		}
		return err
	})
}

// list reads all rows into a slice.
func (r run) list(ctx context.Context, into any, query string, args ...any) error {
	return r.bound(ctx, func(ctx context.Context) error {
		reflect.ValueOf(into).Elem().SetZero() // a second try begins again
		return sqlx.SelectContext(ctx, r.on, into, r.on.Rebind(query), args...)
	})
}

// exec runs a statement and returns how many rows it changed.
func (r run) exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := r.on.ExecContext(ctx, r.on.Rebind(query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// script runs a text of several statements without arguments.
func (r run) script(ctx context.Context, text string) error {
	_, err := r.on.ExecContext(ctx, text)
	return err
}

// postgres reports the engine, for the few things that have no common text.
func (r run) postgres() bool { return r.on.DriverName() == driverPostgres }

// lock makes transactions on the same thing wait for each other. SQLite has one
// writer, so there is nothing to wait for.
func (r run) lock(ctx context.Context, class lockClass, key int64) error {
	if !r.postgres() {
		return nil
	}
	_, err := r.on.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1::int, $2::int)`, int64(class), key)
	return err
}

// lockClass keeps the keys of different things apart.
type lockClass int64

const (
	lockSchema lockClass = 0x6865 + iota
	lockBallot
	lockSheets
	lockEdit // of what organisers save, see edit
	lockCamera
	lockSetup
	lockRecord
	lockPlan
	lockUses
)

// hash32 makes a lock's key of a text. Two texts with the same one only wait for
// each other.
func hash32(s string) int64 {
	h := fnv.New32a()
	h.Write([]byte(s))
	return int64(int32(h.Sum32()))
}

// marks returns rows groups of cols placeholders: "(?,?),(?,?)".
func marks(rows, cols int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", cols), ",") + ")"
	return strings.TrimSuffix(strings.Repeat(row+",", rows), ",")
}

// errNone is "no such row".
var errNone = fault.New(fault.NotFound, "store.none", "no row")

// SQLite's result codes of a duplicate; the high bytes are subcodes.
const (
	sqliteConstraintPK     = 1555
	sqliteConstraintUnique = 2067
)

// isDuplicate reports whether a UNIQUE or PRIMARY KEY constraint refused a row.
func isDuplicate(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqliteConstraintPK || lite.Code() == sqliteConstraintUnique
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505"
}

// fromEngine reports whether an error came from a connection and not from a
// value that was read.
func fromEngine(err error) bool {
	var net net.Error
	var connect *pgconn.ConnectError
	var parse *pgconn.ParseConfigError
	return errors.As(err, &net) || errors.As(err, &connect) || errors.As(err, &parse) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, os.ErrDeadlineExceeded) || pgconn.SafeToRetry(err) || pgconn.Timeout(err)
}

// toJSON writes a value that we made, so it cannot fail.
func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("store: " + err.Error())
	}
	return string(b)
}

// listJSON writes a list, nil as an empty one.
func listJSON(list []string) string {
	if list == nil {
		return "[]"
	}
	return toJSON(list)
}

func fromJSON(text string, into any) error { return json.Unmarshal([]byte(text), into) }
