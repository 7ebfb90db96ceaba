package store_test

import (
	"errors"
	"flag"
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"hecai/needtest"
	"hecai/store/storetest"
)

// server is the PostgreSQL server of these tests, started by the first that
// asks.
var (
	started bool
	server  = sync.OnceValues(func() (*storetest.Postgres, error) {
		started = true
		return storetest.StartPostgres()
	})
)

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if started {
		if pg, err := server(); err == nil {
			pg.Stop()
		}
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			code = 1
		}
	}
	os.Exit(code)
}

// postgres returns the server, or skips the test where there is none.
func postgres(t testing.TB) *storetest.Postgres {
	t.Helper()
	pg, err := server()
	if errors.Is(err, storetest.ErrNoPostgres) {
		needtest.Missing(t, "no PostgreSQL on this machine: its half of the contract was not tested")
	}
	if err != nil {
		t.Fatal(err)
	}
	return pg
}

func TestSQLite(t *testing.T) { storetest.Run(t, storetest.SQLite) }

func TestPostgres(t *testing.T) { storetest.Run(t, postgres(t).Open) }
