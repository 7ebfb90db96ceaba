package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"

	"hecai/fault"
)

const (
	driverPostgres = "pgx"
	writing        = 8 // connections that write
	reading        = 6 // connections that only read, so that no crowd of readers holds up a vote

	connectTimeout = 3 * time.Second
	askAgain       = 500 * time.Millisecond // between two tries to reach a server that is away
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
	// A transaction takes its lock and then sees what the one before it stored.
	conf.RuntimeParams["default_transaction_isolation"] = "read committed"
	// A node that hangs must not hold its locks on a ballot for ever, nor wait for
	// those of others. There is no statement_timeout: it would also cut the wait
	// of a COMMIT for a standby, which then holds here and not there.
	conf.RuntimeParams["idle_in_transaction_session_timeout"] = "2000" // ms
	conf.RuntimeParams["lock_timeout"] = "3000"                        // ms, less than a write's patience
	// Everything here is looked up by key. A plan that was made while a table was
	// small would go through it, alone or to join it, and is kept while the table
	// grows through the night.
	for _, way := range []string{"enable_seqscan", "enable_hashjoin", "enable_mergejoin"} {
		conf.RuntimeParams[way] = "off"
	}
	// A way that is off is only priced out of reach, in servers before 18. Where there
	// is no other, as in a table without rows, the price has the server compile the
	// query to machine code each time: half a second of a core for no rows.
	conf.RuntimeParams["jit"] = "off"
	if conf.ConnectTimeout == 0 {
		conf.ConnectTimeout = connectTimeout
	}
	conf.DialFunc = dialer().DialContext
	if err := reach(ctx, conf, cfg.Wait, cfg.Log); err != nil {
		return nil, err
	}
	hold, err := takeHold(ctx, conf.Copy(), cfg.Shared, cfg.Log) // which looks at it while it is completed below
	if err != nil {
		return nil, err
	}
	db := &DB{hold: hold, log: cfg.Log, turns: newTurns(writing)}
	conf.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if n.Routine == "SyncRepWaitForLSN" { // its text is in the server's language
			db.alone.Add(1)
		}
	}
	pool := func(size int) *sqlx.DB {
		p := sqlx.NewDb(stdlib.OpenDB(*conf, stdlib.OptionAfterConnect(notice)), driverPostgres)
		p.SetMaxOpenConns(size)
		p.SetMaxIdleConns(size)
		p.SetConnMaxIdleTime(5 * time.Minute)
		return p
	}
	db.writer, db.reader = pool(writing), pool(reading)
	return db, nil
}

// dialer makes connections that notice a peer that is gone: one that answers no
// probe for some ten seconds, or does not acknowledge what was sent.
func dialer() *net.Dialer {
	return &net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3},
		Control:         setUserTimeout,
	}
}

// userTimeout is how long sent bytes may go unacknowledged before the system
// ends a connection.
const userTimeout = 10 * time.Second

// notice has the server, too, notice when this node is gone, so that its locks
// end: its own default is two hours. Systems that cannot do that go without.
func notice(ctx context.Context, conn *pgx.Conn) error {
	const keepalives = `SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3`
	if _, err := conn.Exec(ctx, keepalives+`; SET tcp_user_timeout = 10000`); err != nil && !conn.IsClosed() {
		_, _ = conn.Exec(ctx, keepalives)
	}
	return nil
}

// reach tries the server until it answers or the wait is over. Only a server
// that is away or starting is waited for; a refused password is not.
func reach(ctx context.Context, conf *pgx.ConnConfig, wait time.Duration, log *slog.Logger) error {
	end := time.Now().Add(wait)
	for told := false; ; told = true {
		err := try(ctx, conf)
		if err == nil {
			return nil
		}
		if !away(err) || !time.Now().Before(end) {
			return err
		}
		if !told {
			log.Warn("waiting for the database", "host", conf.Host, "seconds", wait.Seconds(), "err", err)
		}
		select {
		case <-time.After(askAgain):
		case <-ctx.Done():
			return err
		}
	}
}

// try connects once and checks that nothing stands between here and the server.
func try(ctx context.Context, conf *pgx.ConnConfig) error {
	conn, err := pgx.ConnectConfig(ctx, conf)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && strings.Contains(pg.Message, "unsupported startup parameter") {
		return pooler(pg)
	}
	if err != nil {
		return fault.Wrap(fault.Invalid, "store.unreachable", oneLine(err), "database %s", conf.Host)
	}
	defer conn.Close(ctx)
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	// In one plain message, which every pooler passes on.
	answer, err := conn.PgConn().Exec(ctx, `SELECT pg_backend_pid()`).ReadAll()
	if err != nil {
		return fault.Wrap(fault.Invalid, "store.unreachable", oneLine(err), "database %s", conf.Host)
	}
	if len(answer) != 1 || len(answer[0].Rows) != 1 || string(answer[0].Rows[0][0]) != strconv.FormatUint(uint64(conn.PgConn().PID()), 10) {
		return pooler(nil)
	}
	return nil
}

// pooler refuses a connection pooler such as PgBouncer: it shares sessions, and
// the settings that make a commit durable, the lock that keeps a second node
// away and the statements that are prepared all belong to a session.
func pooler(cause error) error {
	const detail = "a connection pooler answers: give the direct address of the PostgreSQL server"
	if cause == nil {
		return fault.New(fault.Invalid, "store.pooler", detail)
	}
	return fault.Wrap(fault.Invalid, "store.pooler", cause, detail)
}

// away reports whether an error says that the server is not there, or not yet.
func away(err error) bool {
	if fault.CodeOf(err) != "store.unreachable" {
		return false
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return strings.HasPrefix(pg.Code, "57") || strings.HasPrefix(pg.Code, "53") // starting, stopping, too many
	}
	return true
}

// oneLine keeps the first line of an error, and what it was: the driver lists
// every address that it tried.
func oneLine(err error) error {
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' })
	if len(lines) < 2 {
		return err
	}
	text := strings.TrimSpace(lines[0]) + " " + strings.TrimSpace(lines[1])
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return fmt.Errorf("%s%w", strings.TrimSuffix(text, pg.Error()), pg)
	}
	return errors.New(text)
}
