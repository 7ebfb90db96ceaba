package storetest

import (
	"compress/gzip"
	"io"
	"os"
	"testing"

	"hecai/store"
)

// text reads a record that an older program wrote, as statements for either engine.
func text(t testing.TB, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// OldFolder makes a SQLite folder of the older record, which has gone through some
// migrations since.
func OldFolder(t testing.TB, path string, since ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, statements := range append([]string{text(t, path)}, since...) {
		Harm(t, dir, statements)
	}
	return dir
}

// OldDatabase is OldFolder of a PostgreSQL database.
func (p *Postgres) OldDatabase(t testing.TB, path string, since ...string) (address string) {
	t.Helper()
	address = p.Database(t)
	for _, statements := range append([]string{text(t, path)}, since...) {
		harm(t, "pgx", address, statements)
	}
	return address
}

// Open opens a record that is there already.
func Open(t testing.TB, cfg store.Config) *store.DB {
	t.Helper()
	return open(t, cfg)
}
