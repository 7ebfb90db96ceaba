package store

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"hecai/fault"
)

// hold keeps other nodes off a PostgreSQL record for as long as this one lives,
// as the lock on the folder does on SQLite: by an advisory lock of a session of
// its own. A server that restarts lets go of it; then writes wait until it is
// taken again, and if another node was faster this one never writes again, for
// what it remembers may no longer be so. Nodes that work together share the lock:
// it keeps off those that want the record alone, and leases say who does what.
type hold struct {
	conf   *pgx.ConnConfig
	shared bool
	log    *slog.Logger
	turn   atomic.Int64 // which taking of the lock this is; another node's makes it grow

	state atomic.Int32
	stop  context.CancelFunc
	done  sync.WaitGroup
}

// The states of a hold.
const (
	held    int32 = iota
	letGo         // the session was lost; its lock may be too
	usurped       // another node has or had the record
)

const (
	lingering = 2 * time.Second // for which a lock of a process that just ended may stand
	heartbeat = 2 * time.Second // between two looks at a quiet session
)

// takeHold takes the lock, or says store.in_use.
func takeHold(ctx context.Context, conf *pgx.ConnConfig, shared bool, log *slog.Logger) (*hold, error) {
	h := &hold{conf: conf, shared: shared, log: log}
	for end := time.Now().Add(lingering); ; {
		conn, got, err := h.take(ctx)
		if err == nil && !got {
			closeNow(conn)
			err = fault.New(fault.Conflict, "store.in_use", "the database is in use by another node; nodes share a record if all have --redis").With("folder", conf.Host)
		}
		if err == nil {
			ctx, cancel := context.WithCancel(context.Background())
			h.stop = cancel
			h.done.Go(func() { h.watch(ctx, conn) })
			return h, nil
		}
		if fault.CodeOf(err) != "store.in_use" || !time.Now().Before(end) {
			return nil, err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// take makes a session and tries to get the lock for it.
func (h *hold) take(ctx context.Context) (conn *pgx.Conn, got bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*connectTimeout)
	defer cancel()
	if conn, err = pgx.ConnectConfig(ctx, h.conf); err != nil {
		return nil, false, fault.Wrap(fault.Invalid, "store.unreachable", oneLine(err), "database %s", h.conf.Host)
	}
	_ = notice(ctx, conn)
	// One record is one schema of one database, which is what these locks are of.
	query := `SELECT pg_try_advisory_lock($1::int, hashtext(current_schema()))`
	if h.shared {
		query = `SELECT pg_try_advisory_lock_shared($1::int, hashtext(current_schema()))`
	}
	err = conn.QueryRow(ctx, query, int64(lockRecord)).Scan(&got)
	if err != nil {
		closeNow(conn)
		return nil, false, fault.Wrap(fault.Invalid, "store.unreachable", err, "lock of the record")
	}
	return conn, got, nil
}

// watch notices the end of the session at once, and takes the lock again as soon
// as the server is back.
func (h *hold) watch(ctx context.Context, conn *pgx.Conn) {
	for ctx.Err() == nil {
		wait, cancel := context.WithTimeout(ctx, heartbeat)
		_, err := conn.WaitForNotification(wait)
		cancel()
		if err != nil && !conn.IsClosed() && ctx.Err() == nil { // quiet; still there?
			ask, cancel := context.WithTimeout(ctx, connectTimeout)
			err = conn.Ping(ask)
			cancel()
		}
		if err == nil || ctx.Err() != nil {
			continue
		}
		h.state.Store(letGo)
		h.log.Warn("the database session that keeps other nodes away was lost", "err", err)
		closeNow(conn)
		if conn = h.retake(ctx); conn == nil {
			return
		}
		h.state.Store(held)
		h.log.Info("the database is back")
	}
	closeNow(conn)
}

// retake takes the lock again. It returns nil when it must not, or at the end.
// As long as nobody took a turn since, who has the lock can only be this node's
// own lost session, of which the server has yet to learn.
func (h *hold) retake(ctx context.Context) *pgx.Conn {
	for {
		conn, got, err := h.take(ctx)
		if err == nil {
			var now int64
			now, err = lastTurn(ctx, conn)
			if err == nil && got && now == h.turn.Load() {
				return conn
			}
			closeNow(conn)
			if err == nil && now != h.turn.Load() {
				h.state.Store(usurped)
				h.log.Error("another node has taken the record: this one writes nothing more, end it")
				return nil
			}
		}
		select {
		case <-time.After(askAgain):
		case <-ctx.Done():
			return nil
		}
	}
}

func closeNow(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn.Close(ctx)
}

func lastTurn(ctx context.Context, conn *pgx.Conn) (n int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	return n, conn.QueryRow(ctx, `SELECT COALESCE(MAX(value), 0) FROM counter WHERE name = $1`, holdCounter).Scan(&n)
}

// holdCounter counts how often a node took the record for itself alone.
const holdCounter = "node"

// claim writes down that this node has the record alone from now on, or reads who
// had it last.
func (db *DB) claim(ctx context.Context) (err error) {
	var n int64
	if db.hold.shared {
		err = db.read().get(ctx, &n, `SELECT COALESCE(MAX(value), 0) FROM counter WHERE name = ?`, holdCounter)
	} else {
		n, err = db.Counter(ctx, holdCounter)
	}
	db.hold.turn.Store(n)
	return err
}

// trouble says why nothing may be written, if so.
func (h *hold) trouble() error {
	switch h.state.Load() {
	case letGo:
		return fault.New(fault.Unavailable, "store.busy", "the database session was lost")
	case usurped:
		return fault.New(fault.Unavailable, "store.in_use", "another node has taken the record")
	}
	return nil
}

func (h *hold) close() {
	h.stop()
	h.done.Wait()
}
