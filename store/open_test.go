package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"hecai/fault"
	"hecai/store"
	"hecai/store/storetest"
)

var bg = context.Background()

func TestBothEnginesHaveTheSameColumns(t *testing.T) {
	lite, err := storetest.SQLite(t).Columns(bg)
	if err != nil {
		t.Fatal(err)
	}
	if len(lite) < 100 {
		t.Fatalf("only %d columns: %v", len(lite), lite)
	}
	pg, err := postgres(t).Open(t).Columns(bg)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(lite, pg); d != "" {
		t.Errorf("columns (-sqlite +postgres):\n%s", d)
	}
}

func TestOpenTellsWhatIsWrong(t *testing.T) {
	plain := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "hecai.db"), []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		cfg  store.Config
		code string
	}{
		{"the folder is a file", store.Config{DataDir: plain}, "store.folder"},
		{"the file is no database", store.Config{DataDir: foreign}, "store.folder"},
		{"another kind of database", store.Config{Database: "mysql://a/b"}, "store.unreachable"},
		{"a malformed address", store.Config{Database: "postgres://u:secret@:notaport/b"}, "store.unreachable"},
		{"nobody listens", store.Config{Database: "postgres://u:secret@127.0.0.1:1/b"}, "store.unreachable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			db, err := store.Open(bg, tt.cfg)
			if err == nil {
				db.Close()
			}
			if fault.CodeOf(err) != tt.code {
				t.Fatalf("error %v, want %s", err, tt.code)
			}
			if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
				t.Errorf("the error tells the password or has several lines: %q", err)
			}
		})
	}
}

func TestFolderNamesMayHoldAnything(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "数据 100% #1?", "a&b")
	db, err := store.Open(bg, store.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := os.Stat(filepath.Join(dir, "hecai.db")); err != nil {
		t.Error(err)
	}
}

func TestRecordOutlivesTheProcess(t *testing.T) {
	dir := t.TempDir()
	for want := int64(1); want <= 3; want++ {
		db, err := store.Open(bg, store.Config{DataDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := db.Counter(bg, "x"); err != nil || n != want {
			t.Errorf("counter %d, %v; want %d", n, err, want)
		}
		if err := errors.Join(db.Probe(bg), db.Close(), db.Close()); err != nil {
			t.Error(err)
		}
		if info, err := os.Stat(filepath.Join(dir, "hecai.db-wal")); err == nil && info.Size() > 0 {
			t.Errorf("%d bytes are left in the write-ahead log", info.Size())
		}
	}
}

// TestALostRecordIsNotBegunAnew: what is left of a record is told, not written over.
func TestALostRecordIsNotBegunAnew(t *testing.T) {
	dir := t.TempDir()
	db, err := store.Open(bg, store.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	must(t, db.Close())
	file := filepath.Join(dir, "hecai.db")
	must(t, os.Truncate(file, 0))
	lost := func(what string) {
		t.Helper()
		db, err := store.Open(bg, store.Config{DataDir: dir})
		if err == nil {
			db.Close()
		}
		if fault.CodeOf(err) != "store.lost" {
			t.Errorf("%s: %v", what, err)
		}
	}
	lost("a file without a byte")
	must(t, os.Remove(file))
	must(t, os.WriteFile(file+"-wal", []byte("frames"), 0o600))
	lost("a log without its file")
	must(t, os.Remove(file+"-wal"))
	if db, err = store.Open(bg, store.Config{DataDir: dir}); err != nil {
		t.Fatalf("an empty folder: %v", err)
	}
	must(t, db.Close())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestSecondProcessIsRefused opens the folder that this process has from
// another one, and once more after the first is done.
func TestSecondProcessIsRefused(t *testing.T) {
	const key = "HECAI_TEST_OPEN"
	if dir := os.Getenv(key); dir != "" {
		db, err := store.Open(bg, store.Config{DataDir: dir})
		fmt.Println("code:", fault.CodeOf(err))
		if err == nil {
			db.Close()
		}
		return
	}
	dir := t.TempDir()
	second := func() string {
		cmd := exec.Command(os.Args[0], "-test.run=^TestSecondProcessIsRefused$", "-test.v")
		cmd.Env = append(os.Environ(), key+"="+dir)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		_, code, _ := strings.Cut(string(out), "code: ")
		code, _, _ = strings.Cut(code, "\n")
		return code
	}
	db, err := store.Open(bg, store.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if got := second(); got != "store.in_use" {
		t.Errorf("the second process was told %q", got)
	}
	must(t, os.Remove(filepath.Join(dir, "hecai.lock")))
	if got := second(); got != "store.in_use" {
		t.Errorf("without the lock's file the second process was told %q", got)
	}
	if other, err := store.Open(bg, store.Config{DataDir: dir}); fault.CodeOf(err) != "store.in_use" {
		t.Errorf("opened twice in one process: %v, %v", other, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := second(); got != "" {
		t.Errorf("after the first was done the second was told %q", got)
	}
}

func TestSchemaSaysTheNewestVersion(t *testing.T) {
	db := storetest.SQLite(t)
	want, err := store.Newest()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := db.Version(bg); err != nil || got != want {
		t.Errorf("schema.sql says %d, %v; the migrations lead to %d", got, err, want)
	}
}

func TestMigrations(t *testing.T) {
	two := &fstest.MapFile{Data: []byte("ALTER TABLE judge ADD COLUMN seat BIGINT NOT NULL DEFAULT 0; -- why?\nCREATE TABLE x (a TEXT);")}
	three := &fstest.MapFile{Data: []byte("DROP TABLE x; UPDATE judge SET seat = 7;")}
	broken := &fstest.MapFile{Data: []byte("CREATE TABLE y (a TEXT); ALTER TABLE nobody ADD COLUMN a TEXT;")}
	for name, open := range map[string]func(t testing.TB) storetest.Record{
		"sqlite":   storetest.SQLite,
		"postgres": func(t testing.TB) storetest.Record { return postgres(t).Open(t) },
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			newest, err := store.Newest()
			if err != nil {
				t.Fatal(err)
			}
			// The steps stand behind those that the program has, which a fresh
			// record has taken.
			later := func(n int) string { return fmt.Sprintf("migrations/%04d-x.sql", newest+n) }
			step := func(files fstest.MapFS, code string, after int) {
				t.Helper()
				for n := 2; n <= newest; n++ {
					files[fmt.Sprintf("migrations/%04d-taken.sql", n)] = &fstest.MapFile{}
				}
				if err := db.Migrate(bg, files); fault.CodeOf(err) != code {
					t.Fatalf("migrate: %v, want %q", err, code)
				}
				if v, err := db.Version(bg); err != nil || v != newest+after {
					t.Fatalf("version %d, %v; want %d", v, err, newest+after)
				}
			}
			step(fstest.MapFS{}, "", 0)
			step(fstest.MapFS{later(1): two, later(2): broken}, "store.failed", 0)
			step(fstest.MapFS{later(1): two}, "", 1)
			step(fstest.MapFS{later(1): two}, "", 1)
			step(fstest.MapFS{later(2): three}, "internal", 1) // a gap in the numbers
			step(fstest.MapFS{later(1): two, later(2): three}, "", 2)
			step(fstest.MapFS{later(1): two}, "store.version", 2) // an older program
		})
	}
}

func TestForeignDatabaseIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	db, err := store.Open(bg, store.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	storetest.Harm(t, dir, `DROP TABLE schema_version`)
	if _, err := store.Open(bg, store.Config{DataDir: dir}); fault.CodeOf(err) != "store.version" {
		t.Errorf("error %v", err)
	}
}

func TestBackup(t *testing.T) {
	db := storetest.SQLite(t)
	storetest.SomeVotes(t, db, 50)
	dir := filepath.Join(t.TempDir(), "backup")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "hecai.db")
	if err := db.Backup(bg, path); err != nil {
		t.Fatal(err)
	}
	if err := db.Backup(bg, path); fault.CodeOf(err) != "backup.exists" {
		t.Errorf("a backup was written over: %v", err)
	}
	copied, err := store.Open(bg, store.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	tally, err := copied.LoadTally(bg, "votes")
	if err != nil || tally.Voters != 50 {
		t.Errorf("the copy has %+v, %v", tally, err)
	}

	db.Harm(t, `UPDATE tally SET voters = 49`)
	if err := db.Backup(bg, path+"2"); fault.CodeOf(err) != "vote.miscount" {
		t.Errorf("a copy that does not add up was accepted: %v", err)
	}
}

// TestABackupIsCheckedPageByPage: rows that the schema forbids make no backup.
func TestABackupIsCheckedPageByPage(t *testing.T) {
	db := storetest.SQLite(t)
	storetest.SomeVotes(t, db, 5)
	db.Harm(t, `PRAGMA ignore_check_constraints = 1; UPDATE ballot SET state = 'lost'`)
	if err := db.Backup(bg, filepath.Join(t.TempDir(), "copy")); fault.CodeOf(err) != "backup.broken" {
		t.Errorf("a broken copy was accepted: %v", err)
	}
}

func TestPostgresIsBackedUpByItsOwnTools(t *testing.T) {
	db := postgres(t).Open(t)
	if err := db.Backup(bg, filepath.Join(t.TempDir(), "copy")); fault.CodeOf(err) != "backup.engine" {
		t.Errorf("got %v", err)
	}
}

// TestWriteAheadLogIsBroughtIn waits for the keeper's turn after the last write.
func TestWriteAheadLogIsBroughtIn(t *testing.T) {
	dir := t.TempDir()
	db, err := store.Open(bg, store.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	main := func() int64 {
		info, err := os.Stat(filepath.Join(dir, "hecai.db"))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := main()
	for deadline := time.Now().Add(time.Minute); main() == before; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the main file did not grow")
		}
	}
	if err := errors.Join(db.Probe(bg), db.Checkpoint()); err != nil {
		t.Error(err)
	}
}

// TestFullDisk limits what the record may grow to, instead of filling a disk:
// the engine reports the same error. What was acknowledged before is kept, and
// the record goes on when there is room again.
func TestFullDisk(t *testing.T) {
	db := storetest.SQLite(t)
	storetest.SomeVotes(t, db, 10)
	if err := db.LimitPages(bg, 1); err != nil {
		t.Fatal(err)
	}
	var err error
	acked := 0
	for acked < 5000 && err == nil {
		if err = db.SavePlan(bg, "X", []byte(strings.Repeat("x", 4096)), fmt.Sprint(acked)); err == nil {
			acked++
		}
	}
	if fault.CodeOf(err) != "store.full" {
		t.Fatalf("error %v", err)
	}
	if _, hash, err := db.Plan(bg, "X"); acked > 0 && (err != nil || hash != fmt.Sprint(acked-1)) {
		t.Errorf("last plan %q, %v; want number %d", hash, err, acked-1)
	}
	if err := db.LimitPages(bg, 1<<30); err != nil {
		t.Fatal(err)
	}
	if err := db.SavePlan(bg, "X", []byte("y"), "after"); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if tally, err := db.LoadTally(bg, "votes"); err != nil || tally.Voters != 10 {
		t.Errorf("votes %+v, %v", tally, err)
	}
}

func TestAMigrationLeavesACopy(t *testing.T) {
	dir := t.TempDir()
	db := openRecord(t, store.Config{DataDir: dir})
	if !db.Fresh() {
		t.Error("a new record is not called new")
	}
	storetest.SomeVotes(t, storetest.Record{DB: db}, 3)
	newest, err := store.Newest()
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{fmt.Sprintf("migrations/%04d-x.sql", newest+1): {Data: []byte("DROP TABLE vote_event;")}}
	for n := 2; n <= newest; n++ {
		files[fmt.Sprintf("migrations/%04d-taken.sql", n)] = &fstest.MapFile{}
	}
	if err := db.Migrate(bg, files); err != nil {
		t.Fatal(err)
	}
	copies, err := filepath.Glob(filepath.Join(dir, "hecai.db.schema*"))
	if err != nil || len(copies) != 1 {
		t.Fatalf("copies %v, %v", copies, err)
	}
	old := t.TempDir()
	if err := os.Rename(copies[0], filepath.Join(old, "hecai.db")); err != nil {
		t.Fatal(err)
	}
	before := openRecord(t, store.Config{DataDir: old})
	if tally, err := before.LoadTally(bg, "votes"); err != nil || tally.Voters != 3 || before.Fresh() {
		t.Errorf("the copy has %+v, %v", tally, err)
	}
}
