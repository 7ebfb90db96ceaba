package storetest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"hecai/needtest"
	"hecai/store"
)

// ErrNoPostgres says that this machine has no PostgreSQL server to test with.
var ErrNoPostgres = errors.New("storetest: no initdb and postgres in PATH or /usr/lib/postgresql")

// Postgres is a server of the tests' own, on a free port and in a temporary
// folder. It is made by StartPostgres and ended by Stop.
type Postgres struct {
	dir  string
	port int
	cmd  *exec.Cmd
	made atomic.Int64
}

// StartPostgres makes a cluster and starts its server, with fsync on.
func StartPostgres() (*Postgres, error) {
	initdb, server := findPrograms()
	if initdb == "" {
		return nil, ErrNoPostgres
	}
	dir, err := os.MkdirTemp("", "hecai-pg-")
	if err != nil {
		return nil, err
	}
	p := &Postgres{dir: dir}
	if err := p.start(initdb, server); err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

func (p *Postgres) start(initdb, server string) error {
	owner, err := unprivileged(p.dir)
	if err != nil {
		return err
	}
	data := filepath.Join(p.dir, "data")
	cmd := exec.Command(initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	cmd.SysProcAttr, cmd.Dir = owner, p.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	if p.port, err = needtest.Port(); err != nil {
		return err
	}
	var log bytes.Buffer
	p.cmd = exec.Command(server, "-D", data, "-p", strconv.Itoa(p.port), "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "shared_buffers=32MB", "-c", "max_connections=400")
	p.cmd.SysProcAttr, p.cmd.Dir, p.cmd.Stderr = owner, p.dir, &log
	if err := p.cmd.Start(); err != nil {
		p.cmd = nil
		return err
	}
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		err := p.admin(`SELECT 1`)
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("postgres does not answer: %w", err)
		}
	}
}

// findPrograms returns the newest initdb with its postgres, or "".
func findPrograms() (initdb, server string) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.SortFunc(found, func(a, b string) int { return len(a) - len(b) })
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	for _, initdb := range slices.Backward(found) {
		server := filepath.Join(filepath.Dir(initdb), "postgres")
		if _, err := os.Stat(server); err == nil {
			return initdb, server
		}
	}
	return "", ""
}

// Stop ends the server and removes its folder.
func (p *Postgres) Stop() {
	if p.cmd != nil {
		p.cmd.Process.Signal(syscall.SIGINT) // fast shutdown
		p.cmd.Wait()
	}
	os.RemoveAll(p.dir)
}

func (p *Postgres) address(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", p.port, database)
}

// admin runs a statement outside all test databases.
func (p *Postgres) admin(query string) error {
	db, err := sql.Open("pgx", p.address("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, err = db.ExecContext(ctx, query)
	return err
}

// Processes are the server's, by number.
func (p *Postgres) Processes() []int {
	out := []int{p.cmd.Process.Pid}
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range all {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended since
		}
		var pid, parent int
		fmt.Sscan(string(text), &pid)
		_, rest, _ := strings.Cut(string(text), ") ")
		if _, err := fmt.Sscanf(rest, "%1s %d", new(string), &parent); err == nil && parent == p.cmd.Process.Pid {
			out = append(out, pid)
		}
	}
	return out
}

// Database makes a fresh database and returns its address.
func (p *Postgres) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("t%d", p.made.Add(1))
	if err := p.admin(`CREATE DATABASE ` + name); err != nil {
		t.Fatalf("make database: %v", err)
	}
	return p.address(name)
}

// Copy makes another database of one that nobody has open, and returns its address.
func (p *Postgres) Copy(t testing.TB, address string) string {
	t.Helper()
	from, name := strings.TrimSuffix(address[strings.LastIndexByte(address, '/')+1:], "?sslmode=disable"), fmt.Sprintf("t%d", p.made.Add(1))
	if err := p.admin(`CREATE DATABASE ` + name + ` TEMPLATE ` + from); err != nil {
		t.Fatalf("copy database: %v", err)
	}
	return p.address(name)
}

// Open opens a record in a fresh database.
func (p *Postgres) Open(t testing.TB) Record {
	t.Helper()
	address := p.Database(t)
	return Record{open(t, store.Config{Database: address, Shared: true}), "pgx", address}
}
