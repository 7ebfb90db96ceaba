package store_test

import (
	"database/sql"
	"errors"
	"strings"
	"testing"

	"hecai/fault"
	"hecai/lease"
	"hecai/needtest"
	"hecai/store"
	"hecai/store/storetest"
)

// TestACommitWithoutItsStandbyIsUnconfirmed: the server waits for a standby that
// isn't there, somebody cuts the wait, and COMMIT says that all is well.
func TestACommitWithoutItsStandbyIsUnconfirmed(t *testing.T) {
	pg, err := storetest.StartPostgres() // its own: this is a setting of the whole server
	if errors.Is(err, storetest.ErrNoPostgres) {
		needtest.Missing(t, "no PostgreSQL on this machine: a cut wait for a standby was not tested")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pg.Stop)
	db := pg.Open(t)
	storetest.SomeVotes(t, db, 3)
	admin := db.Raw(t)
	setting := func(query string) {
		t.Helper()
		for _, q := range []string{query, `SELECT pg_reload_conf()`} {
			if _, err := admin.Exec(q); err != nil {
				t.Fatal(err)
			}
		}
	}
	setting(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`)
	until(t, "the server waits for a standby", func() bool {
		var names string
		return admin.QueryRow(`SHOW synchronous_standby_names`).Scan(&names) == nil && names == "nobody"
	})
	told := make(chan error, 1)
	go func() { _, err := castOne(db.DB, 7); told <- err }()
	for err = nil; ; {
		if _, no := admin.Exec(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`); no != nil {
			t.Fatal(no)
		}
		select {
		case err = <-told:
			if err == nil { // the connection had not read the setting yet
				go func() { _, err := castOne(db.DB, 7); told <- err }()
				continue
			}
		default:
			continue
		}
		break
	}
	wantFault(t, err, fault.Internal, "store.unconfirmed")
	if !strings.Contains(err.Error(), "standby") {
		t.Errorf("the reason is %v", err)
	}
	setting(`ALTER SYSTEM RESET synchronous_standby_names`)
	until(t, "votes are confirmed again", func() bool { _, err := castOne(db.DB, 7); return err == nil })
	wantStored(t, db.DB, 4)
}

// TestIsolationIsOurs: a server with another default changes nothing.
func TestIsolationIsOurs(t *testing.T) {
	address := postgres(t).Database(t)
	raw, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.Exec(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = serializable', current_database()); END $$`); err != nil {
		t.Fatal(err)
	}
	db := openRecord(t, store.Config{Database: address})
	if got, err := db.Isolation(bg); err != nil || got != "read committed" {
		t.Errorf("isolation %q, %v", got, err)
	}
}

// TestNothingIsCompiled: no query is made machine code for the price that it has on
// paper.
func TestNothingIsCompiled(t *testing.T) {
	db := openRecord(t, store.Config{Database: postgres(t).Database(t)})
	if compiled, err := db.Compiled(bg); err != nil || compiled {
		t.Errorf("compiled: %v, %v", compiled, err)
	}
}

// TestACopyHasAnotherPlace: all of a record may be copied but where it is kept, and who
// has its leases there.
func TestACopyHasAnotherPlace(t *testing.T) {
	server := postgres(t)
	at := server.Database(t)
	var holder string // of the lease, when the record was opened
	place := func(address string) string {
		t.Helper()
		db, err := store.Open(bg, store.Config{Database: address})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.MoveIn(bg); err != nil {
			t.Fatal(err)
		}
		l, err := db.LookLease(bg, lease.Ballots)
		if err != nil {
			t.Fatal(err)
		}
		holder = l.ID
		if _, ours, err := db.TakeLease(bg, lease.Ballots, lease.Holder{ID: "live", Address: "http://live"}); err != nil || !ours {
			t.Fatalf("the lease is %v's: %v", l.ID, err)
		}
		place, err := db.Place(bg)
		if err != nil || place == "" {
			t.Fatalf("place %q, %v", place, err)
		}
		return place
	}
	first := place(at)
	if again := place(at); again != first || holder != "live" {
		t.Errorf("the same record is at %s, and at %s; its lease is %q's", first, again, holder)
	}
	if other := place(server.Copy(t, at)); other == first || holder != "" {
		t.Errorf("the copy is at %s, and at %s; its lease is %q's", first, other, holder)
	}
}
