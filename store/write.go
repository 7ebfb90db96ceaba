package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"

	"hecai/fault"
)

// Bounds of a write, so that nobody waits for a silent base: until patience is
// over its turn must have come and its statements must be done, or it is rolled
// back; then the commit has as long again before its caller is told that the
// outcome is unknown. The commit itself is never cut short. Bulk writes, which
// no phone waits for, have more.
const (
	patience       = 4 * time.Second
	bulkPatience   = time.Minute
	commitPatience = 4 * time.Second
)

// write runs do in one transaction. what says what was attempted. Its errors:
//
//   - faults that do returns, and the context's error if the caller went away
//     before the turn came: nothing is stored;
//   - store.busy, store.full and store.failed, of the kind unavailable: the
//     engine failed before COMMIT was sent, or is known to have rolled back:
//     nothing is stored;
//   - store.unconfirmed, internal: COMMIT was sent and its outcome is unknown.
func (db *DB) write(ctx context.Context, what string, do func(ctx context.Context, tx run) error) error {
	return db.writeAs(ctx, ordinary, what, do)
}

// rank says how a write waits for its turn and how long it may take.
type rank int

const (
	ordinary rank = iota
	ballots       // votes and the opening and closing of ballots: before all others
	bulk          // long, and nobody on a phone waits for it
)

func (r rank) patience() time.Duration {
	if r == bulk {
		return bulkPatience
	}
	return patience
}

func (db *DB) writeAs(caller context.Context, as rank, what string, do func(ctx context.Context, tx run) error) error {
	// Once begun, only the lack of an answer cancels it, and only before COMMIT
	// is sent: database/sql and the drivers keep the context for the commit, so
	// the timer is stopped before that.
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(caller))
	timer := time.AfterFunc(as.patience(), func() { cancel(errPatience) })
	release, err := db.turns.wait(caller, ctx, as == ballots)
	if err != nil {
		timer.Stop()
		cancel(nil)
		return fmt.Errorf("%s: %w", what, err)
	}
	end := func() { timer.Stop(); cancel(nil); release() }
	if db.hold != nil {
		if err := db.hold.trouble(); err != nil {
			end()
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := db.named(); err != nil { // a vote in a file without a name is lost when we end
		end()
		return fmt.Errorf("%s: %w", what, err)
	}
	tx, err := db.begin(ctx, db.writer, nil)
	if err != nil {
		end()
		return fmt.Errorf("%s: begin: %w", what, notStored(ctx, err))
	}
	noted := false
	if err := do(ctx, run{on: tx, noted: &noted}); err != nil {
		tx.Rollback()
		err = notStored(ctx, err)
		end()
		return fmt.Errorf("%s: %w", what, err)
	}
	if !timer.Stop() {
		<-ctx.Done() // else the timer could still cancel the commit
		tx.Rollback()
		end()
		return fmt.Errorf("%s: %w", what, notStored(ctx, errPatience))
	}
	done, alone := make(chan error, 1), db.alone.Load()
	go func() { // ends with the answer to COMMIT or with the connection
		err := tx.Commit()
		if err == nil && db.file != nil {
			db.file.wrote()
		}
		if err == nil && noted {
			select {
			case db.noted <- struct{}{}:
			default:
			}
		}
		done <- err
		end()
	}()
	patient := time.NewTimer(commitPatience)
	defer patient.Stop()
	select {
	case err = <-done:
	case <-patient.C:
		err = errPatience
	}
	if err == nil && db.alone.Load() != alone {
		err = errAlone // maybe another's; asking again with the same key settles it
	}
	switch {
	case err == nil:
		return nil
	case rolledBack(err):
		return fmt.Errorf("%s: commit: %w", what, notStored(ctx, err))
	}
	return fmt.Errorf("%s: %w", what, fault.Wrap(fault.Internal, "store.unconfirmed", err, "commit"))
}

// begin begins a transaction.
func (db *DB) begin(ctx context.Context, pool *sqlx.DB, options *sql.TxOptions) (tx *sqlx.Tx, err error) {
	err = again(ctx, func() error {
		tx, err = pool.BeginTxx(ctx, options)
		return err
	})
	return tx, err
}

// again does what changes nothing once more for each connection that turns out
// to be dead: a server that was away leaves a pool of them.
func again(ctx context.Context, do func() error) (err error) {
	for range writing + 1 {
		err = do()
		var connect *pgconn.ConnectError
		var pg *pgconn.PgError
		var lite *sqlite.Error
		if err == nil || ctx.Err() != nil || errors.As(err, &connect) || errors.As(err, &lite) {
			break
		}
		if !fromEngine(err) && !(errors.As(err, &pg) && strings.HasPrefix(pg.Code, "57")) {
			break
		}
	}
	return err
}

var errPatience = errors.New("no answer from the database")

// errAlone is a commit that is here and may not be on the standby that the server
// was told to wait for.
var errAlone = errors.New("the wait for a standby was cut")

// SQLite's primary result codes that we tell apart.
const (
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqliteInterrupt  = 9
	sqliteIOErr      = 10
	sqliteFull       = 13
	sqliteCantOpen   = 14
	sqliteConstraint = 19
)

// notStored classifies what ended a transaction before its commit. Faults are
// the answers of the rules and stay. What else the engine says is about the
// machine (store.busy, store.full), where a later try can help, or about the
// statement and the rows it met (store.failed).
func notStored(ctx context.Context, err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	if cause := context.Cause(ctx); errors.Is(cause, errPatience) {
		return fault.Wrap(fault.Unavailable, "store.busy", cause, "%v", err)
	}
	code := machine(err)
	if code == "" {
		code = "store.failed"
	}
	return fault.Wrap(fault.Unavailable, code, err, "nothing stored")
}

// notRead classifies what ended a read: store.busy if the engine is away, and
// else store.broken, the record's own trouble, which no later try ends.
func notRead(caller context.Context, err error) error {
	var f *fault.Error
	if err == nil || errors.As(err, &f) || caller.Err() != nil {
		return err
	}
	if code := machine(err); code != "" {
		return fault.Wrap(fault.Unavailable, code, err, "read")
	}
	return fault.Wrap(fault.Internal, "store.broken", err, "read")
}

// machine returns the code of an error that is about the machine, which a later
// try may find mended, and "" for one about the statement or the rows it met.
func machine(err error) string {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqliteFull:
			return "store.full"
		case sqliteBusy, sqliteLocked, sqliteInterrupt, sqliteIOErr, sqliteCantOpen:
			return "store.busy"
		}
		return ""
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		if pg.Code == "53100" { // disk_full
			return "store.full"
		}
		switch pg.Code[:min(2, len(pg.Code))] {
		case "08", "40", "53", "55", "57", "58": // connection, rollback, resources, locks, operator, system
			return "store.busy"
		}
		if pg.Code == "25P03" { // idle in transaction
			return "store.busy"
		}
		return ""
	}
	if fromEngine(err) {
		return "store.busy"
	}
	return ""
}

// rolledBack reports whether the error of a COMMIT proves that nothing is kept.
//
// SQLite: a full disk means that the last frame, which makes the transaction
// count, could not be written, and a busy one that it was not tried; the driver
// has rolled both back. After an I/O error the frame may lie in the log and be
// found there by the next process, so that is unknown. PostgreSQL: an ERROR
// answers a transaction that was aborted, since past the commit record nothing
// less than a PANIC is raised; a FATAL may come after it. What the driver says
// about a lost connection proves nothing, not even pgconn.SafeToRetry, which it
// also claims when the answer to a COMMIT that was sent stays out.
func rolledBack(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		code := lite.Code() & 0xff
		return code == sqliteFull || code == sqliteBusy || code == sqliteLocked
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.SeverityUnlocalized == "ERROR" || pg.Code == "25P03" // idle: it never saw the COMMIT
	}
	return errors.Is(err, pgx.ErrTxCommitRollback)
}
