package e2e

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hecai/needtest"
	"hecai/store"
	"hecai/store/storetest"
)

// base is a database on a small disk of its own, which a test does harm to while
// the program works on it. Each harm returns what ends it.
type base struct {
	t    *testing.T
	cfg  store.Config
	disk string          // where the disk is mounted
	wire *storetest.Wire // to the PostgreSQL server; nil on SQLite
	real string          // address of the PostgreSQL database, past the wire
	pid  func() int      // of the program
}

func sqliteBase(t *testing.T) *base {
	t.Helper()
	disk := mountDisk(t, "32m")
	return &base{t: t, cfg: store.Config{DataDir: filepath.Join(disk, "data")}, disk: disk}
}

// postgresBase has its tables on the small disk and its log elsewhere, as a
// server that lives through a full disk has it.
func postgresBase(t *testing.T) *base {
	t.Helper()
	disk := mountDisk(t, "32m")
	pg := startPostgres(t)
	if u, err := user.Lookup("postgres"); err == nil && os.Getuid() == 0 {
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(disk, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	b := &base{t: t, disk: disk, real: pg.Database(t)}
	b.ask(b.elsewhere(), `CREATE TABLESPACE small LOCATION '`+disk+`'`)
	b.ask(b.elsewhere(), `ALTER DATABASE `+b.name()+` SET TABLESPACE small`)
	b.wire = storetest.NewWire(t, b.real)
	b.cfg = store.Config{DataDir: t.TempDir(), Database: b.wire.Address}
	return b
}

// mountDisk mounts a small disk for the length of the test.
func mountDisk(t *testing.T, size string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hecai-disk-") // t.TempDir is not for others to enter
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		os.Remove(dir)
		needtest.Missing(t, "a small disk cannot be mounted: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
		os.Remove(dir)
	})
	return dir
}

// connect opens a connection of the test's own. Nothing of it has to last.
func (b *base) connect() *sql.Conn {
	b.t.Helper()
	driver, address := "pgx", b.real
	if b.wire == nil {
		driver, address = "sqlite", "file:"+filepath.Join(b.cfg.DataDir, "hecai.db")+"?_busy_timeout=10000&_synchronous=OFF&_pragma=wal_autocheckpoint(0)"
	}
	return b.open(driver, address)
}

// elsewhere connects to another database of the PostgreSQL server.
func (b *base) elsewhere() *sql.Conn {
	b.t.Helper()
	u, err := url.Parse(b.real)
	if err != nil {
		b.t.Fatal(err)
	}
	u.Path = "/postgres"
	return b.open("pgx", u.String())
}

func (b *base) open(driver, address string) *sql.Conn {
	b.t.Helper()
	db, err := sql.Open(driver, address)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { db.Close() })
	c, err := db.Conn(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { c.Close() })
	return c
}

// name is the PostgreSQL database's.
func (b *base) name() string {
	return b.real[strings.LastIndex(b.real, "/")+1 : strings.Index(b.real, "?")]
}

func (b *base) ask(c *sql.Conn, statements ...string) {
	b.t.Helper()
	for _, s := range statements {
		if _, err := c.ExecContext(context.Background(), s); err != nil {
			b.t.Fatalf("%s: %v", s, err)
		}
	}
}

// full leaves nothing of the disk. A reader keeps all that was from being
// overwritten, and what files and pages have left is used up.
func (b *base) full() (end func()) {
	b.t.Helper()
	reader, writer := b.connect(), b.connect()
	begin := `BEGIN`
	if b.wire != nil {
		begin += ` ISOLATION LEVEL REPEATABLE READ`
	}
	b.ask(reader, begin)
	var n int
	if err := reader.QueryRowContext(context.Background(), `SELECT COUNT(*) FROM counter`).Scan(&n); err != nil {
		b.t.Fatal(err)
	}
	b.fill()
	same := []string{`UPDATE counter SET value = value + 1 WHERE name = 'probe'`}
	if b.wire != nil {
		same = nil
		for _, table := range []struct{ name, column string }{{"counter", "value"}, {"tally", "votes"}, {"vote_event", "leaf"}, {"fact", "body"}} {
			same = append(same, fmt.Sprintf(`UPDATE %s SET %s = %[2]s WHERE ctid = (SELECT ctid FROM %[1]s LIMIT 1)`, table.name, table.column))
		}
	}
	for _, s := range same {
		var err error
		for err == nil {
			_, err = writer.ExecContext(b.t.Context(), s)
		}
		if !strings.Contains(err.Error(), "full") && !strings.Contains(err.Error(), "No space left") {
			b.t.Fatalf("%s: %v", s, err)
		}
	}
	return func() {
		b.clear()
		reader.Close()
		writer.Close()
	}
}

// fill leaves no room for a file to grow.
func (b *base) fill() {
	b.t.Helper()
	f, err := os.OpenFile(b.filler(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 4
		}
	}
}

// clear makes room again.
func (b *base) clear() {
	b.t.Helper()
	if err := os.Remove(b.filler()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *base) filler() string { return filepath.Join(b.disk, "filler") }

// shut lets nobody begin a transaction: another process has SQLite's lock,
// PostgreSQL takes no connections to the database.
func (b *base) shut() (end func()) {
	b.t.Helper()
	if b.wire == nil {
		db := b.connect()
		b.ask(db, `BEGIN IMMEDIATE`)
		return func() { b.ask(db, `ROLLBACK`); db.Close() }
	}
	db := b.elsewhere()
	b.ask(db, `ALTER DATABASE `+b.name()+` ALLOW_CONNECTIONS false`,
		`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '`+b.name()+`'`)
	return func() { b.ask(db, `ALTER DATABASE `+b.name()+` ALLOW_CONNECTIONS true`); db.Close() }
}

// mumble keeps the outcome of every COMMIT from the program: the disk does not
// say that it has it, the connection ends before the answer.
func (b *base) mumble() (end func()) {
	b.t.Helper()
	if b.wire == nil {
		return b.inject("fsync,fdatasync:error=EIO")
	}
	b.wire.CutCommits(true)
	return func() { b.wire.CutCommits(false) }
}

// silent answers nothing.
func (b *base) silent() (end func()) {
	b.t.Helper()
	if b.wire == nil {
		return b.inject("pwrite64,fsync,fdatasync,ftruncate:delay_enter=600s")
	}
	b.wire.Hush()
	return b.wire.Speak
}

// away is a disk that takes no writes any more, a server that is gone.
func (b *base) away() (end func()) {
	b.t.Helper()
	if b.wire == nil {
		return b.inject("pwrite64,fsync,fdatasync,ftruncate:error=EIO")
	}
	b.wire.Refuse(true)
	return func() { b.wire.Refuse(false) }
}

// spoil makes the rows of a ballot contradict each other.
func (b *base) spoil(ballot string) (end func()) {
	b.t.Helper()
	db := b.connect()
	const of = ` WHERE ballot_no = (SELECT no FROM ballot WHERE id = 'JL-2024/%s')`
	b.ask(db, fmt.Sprintf(`UPDATE tally SET votes = '?' || votes`+of, ballot))
	return func() { b.ask(db, fmt.Sprintf(`UPDATE tally SET votes = substr(votes, 2)`+of, ballot)); db.Close() }
}

// inject has the kernel refuse the program's calls on SQLite's files.
func (b *base) inject(what string) (end func()) {
	b.t.Helper()
	calls, _, _ := strings.Cut(what, ":")
	file := filepath.Join(b.cfg.DataDir, "hecai.db")
	said := &strings.Builder{}
	cmd := exec.Command(needtest.Program(b.t, "strace"), "-f", "-p", strconv.Itoa(b.pid()), "-o", os.DevNull,
		"-P", file, "-P", file+"-wal", "-e", "trace="+calls, "-e", "inject="+what)
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	traced := func() bool {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.pid()))
		return !strings.Contains(string(status), "TracerPid:\t0\n")
	}
	for deadline := time.Now().Add(patience); !traced(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("strace: %s", said)
		}
	}
	return func() {
		cmd.Process.Signal(syscall.SIGINT) // it lets go of the program
		cmd.Wait()
	}
}
