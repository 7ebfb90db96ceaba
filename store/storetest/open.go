// Package storetest holds what every record must do, as one suite that runs on
// SQLite and on PostgreSQL, and the helpers that open fresh ones for tests. Only
// tests import it.
package storetest

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"hecai/store"
)

// Record is an open record, and a way to do it harm.
type Record struct {
	*store.DB
	driver, address string
}

// Opener gives a test a fresh, empty record, which is closed after the test.
type Opener func(t testing.TB) Record

// SQLite opens a record in a folder of the test's own.
func SQLite(t testing.TB) Record {
	t.Helper()
	dir := t.TempDir()
	return Record{open(t, store.Config{DataDir: dir}), "sqlite", filepath.Join(dir, "hecai.db")}
}

func open(t testing.TB, cfg store.Config) *store.DB {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	db, err := store.Open(ctx, cfg)
	if err != nil {
		t.Fatalf("open record: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close record: %v", err)
		}
	})
	return db
}

// Harm runs a statement behind the record's back, as someone with the disk or
// the database in hand could.
func (r Record) Harm(t testing.TB, query string) {
	t.Helper()
	harm(t, r.driver, r.address, query)
}

// Raw opens a pool of the test's own on the database, as durable as the record's.
func (r Record) Raw(t testing.TB) *sql.DB {
	t.Helper()
	address := r.address
	if r.driver == "sqlite" {
		address = "file:" + address + "?_busy_timeout=10000&_synchronous=FULL&_txlock=immediate"
	}
	db, err := sql.Open(r.driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	return db
}

// Harm runs a statement on the SQLite file of a folder.
func Harm(t testing.TB, dir, query string) {
	t.Helper()
	harm(t, "sqlite", filepath.Join(dir, "hecai.db"), query)
}

func harm(t testing.TB, driver, address, query string) {
	t.Helper()
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}
