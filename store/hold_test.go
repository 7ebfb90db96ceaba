package store_test

import (
	"context"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"hecai/fault"
	"hecai/store"
	"hecai/store/storetest"
)

// until asks again and again, for at most a minute, until it is so.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not within a minute: " + what)
		}
	}
}

func TestASecondNodeIsRefused(t *testing.T) {
	address := postgres(t).Database(t)
	first := openRecord(t, store.Config{Database: address})
	second, err := store.Open(bg, store.Config{Database: address})
	if err == nil {
		second.Close()
	}
	wantFault(t, err, fault.Conflict, "store.in_use")
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("not one line: %q", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	openRecord(t, store.Config{Database: address})
}

// TestTheRecordIsTakenAgain ends all sessions of a node, as a restart of the
// server does: it goes on, and a second one is still refused.
func TestTheRecordIsTakenAgain(t *testing.T) {
	wire := storetest.NewWire(t, postgres(t).Database(t))
	db := openRecord(t, store.Config{Database: wire.Address})
	storetest.SomeVotes(t, storetest.Record{DB: db}, 3)
	wire.Refuse(true)
	until(t, "the absence is noticed", func() bool { _, err := db.Counter(bg, "x"); return fault.CodeOf(err) == "store.busy" })
	wire.Refuse(false)
	until(t, "it writes again", func() bool { _, err := db.Counter(bg, "x"); return err == nil })
	wantStored(t, db, 3)
	_, err := store.Open(bg, store.Config{Database: wire.Address})
	wantFault(t, err, fault.Conflict, "store.in_use")
}

// TestItsOwnLostSessionIsNoOtherNode: a node gives a silent session up before the
// server does, whose lock then stands in its own way for a while.
func TestItsOwnLostSessionIsNoOtherNode(t *testing.T) {
	direct := postgres(t).Database(t)
	wire := storetest.NewWire(t, direct)
	db := openRecord(t, store.Config{Database: wire.Address})
	storetest.SomeVotes(t, storetest.Record{DB: db}, 3)
	wire.Hush()
	until(t, "the session is given up", func() bool {
		_, err := castOne(db, 7)
		return err != nil && strings.Contains(err.Error(), "session was lost")
	})
	wire.Speak() // the server learns of the end only now, as the node already asks again
	until(t, "it writes again", func() bool { _, err := db.Counter(bg, "x"); return err == nil })
	wantStored(t, db, 3)
}

// TestANodeThatWasReplacedWritesNothing: while the first node was cut off,
// another one had the record. The first never writes again, not even when the
// other is gone: what it remembers may no longer be so.
func TestANodeThatWasReplacedWritesNothing(t *testing.T) {
	direct := postgres(t).Database(t)
	wire := storetest.NewWire(t, direct)
	first := openRecord(t, store.Config{Database: wire.Address})
	wire.Refuse(true)
	second := openRecord(t, store.Config{Database: direct})
	if _, err := second.Counter(bg, "x"); err != nil {
		t.Fatal(err)
	}
	second.Close()
	wire.Refuse(false)
	until(t, "the first knows", func() bool { _, err := first.Counter(bg, "x"); return fault.CodeOf(err) == "store.in_use" })
	if err := first.Probe(bg); fault.CodeOf(err) != "store.in_use" {
		t.Errorf("probe: %v", err)
	}
}

// TestTheStartWaitsForTheServer starts before the server is there.
func TestTheStartWaitsForTheServer(t *testing.T) {
	wire := storetest.NewWire(t, postgres(t).Database(t))
	wire.Refuse(true)
	ctx, cancel := context.WithTimeout(bg, 50*time.Millisecond)
	defer cancel()
	_, err := store.Open(ctx, store.Config{Database: wire.Address, Wait: time.Hour})
	wantFault(t, err, fault.Invalid, "store.unreachable") // its context ends the wait
	_, err = store.Open(bg, store.Config{Database: wire.Address})
	wantFault(t, err, fault.Invalid, "store.unreachable") // nor is there one without
	go wire.Refuse(false)
	openRecord(t, store.Config{Database: wire.Address, Wait: time.Minute})
	// A mistake is told at once.
	_, err = store.Open(bg, store.Config{Database: strings.Replace(wire.Address, "/t", "/none", 1), Wait: time.Hour})
	wantFault(t, err, fault.Invalid, "store.unreachable")
}

// TestAPoolerIsRefused is the case pgbouncer. It speaks to what stands before a
// pool of shared sessions: one refuses settings that it cannot keep, as PgBouncer
// does unless told otherwise, and one drops them and shows a process number of its
// own.
func TestAPoolerIsRefused(t *testing.T) {
	for name, answer := range map[string]func(*pgproto3.Backend){
		"settings are refused": func(b *pgproto3.Backend) {
			b.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "08P01", Message: "unsupported startup parameter: enable_seqscan"})
			b.Flush()
		},
		"settings are dropped": func(b *pgproto3.Backend) {
			b.Send(&pgproto3.AuthenticationOk{})
			b.Send(&pgproto3.BackendKeyData{ProcessID: 77, SecretKey: []byte{1, 2, 3, 4}})
			b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
			if b.Flush() != nil {
				return
			}
			for {
				m, err := b.Receive()
				if err != nil {
					return
				}
				if _, asked := m.(*pgproto3.Query); asked {
					b.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("pg_backend_pid"), DataTypeOID: 23, DataTypeSize: 4}}})
					b.Send(&pgproto3.DataRow{Values: [][]byte{[]byte("4711")}})
					b.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
					b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
				}
				if b.Flush() != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					b := pgproto3.NewBackend(c, c)
					if _, err := b.ReceiveStartupMessage(); err == nil {
						answer(b)
					}
					c.Close()
				}
			}()
			defer func() { l.Close(); <-done }()
			u := url.URL{Scheme: "postgres", User: url.User("u"), Host: l.Addr().String(), Path: "db", RawQuery: "sslmode=disable"}
			_, err = store.Open(bg, store.Config{Database: u.String(), Wait: time.Hour})
			wantFault(t, err, fault.Invalid, "store.pooler")
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("not one line: %q", err)
			}
		})
	}
}
