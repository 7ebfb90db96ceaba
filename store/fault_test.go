package store_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"hecai/contest"
	"hecai/fault"
	"hecai/store"
	"hecai/store/storetest"
	"hecai/vote"
)

// answerWithin is what no write may take, whatever the base does; the margin is
// for a busy machine.
const answerWithin = 5*time.Second + 25*time.Second

func openRecord(t *testing.T, cfg store.Config) *store.DB {
	t.Helper()
	db, err := store.Open(bg, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// castOne casts one vote of a voter in the ballot of storetest.SomeVotes.
func castOne(db *store.DB, voter int64) (vote.Outcome, error) {
	start := time.Now()
	casts := []vote.Cast{{Ballot: "votes", Voter: voter, Rev: 1, Choice: []contest.EntryID{"b"}, At: time.Now().UnixMilli()}}
	receipts := []vote.Receipt{{Ballot: "votes", Round: 1, Rev: 1, Leaf: fmt.Sprintf("%064x", voter), Salt: "aa", Promise: "p"}}
	out, _, err := db.CastBatch(bg, casts, receipts)
	if took := time.Since(start); took > answerWithin {
		return vote.Outcome{}, fmt.Errorf("answered after %v: %w", took, err)
	}
	if err != nil {
		return vote.Outcome{}, err
	}
	return out[0], nil
}

func wantFault(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	if fault.KindOf(err) != kind || fault.CodeOf(err) != code {
		t.Fatalf("error %v is %s %s, want %s %s", err, fault.KindOf(err), fault.CodeOf(err), kind, code)
	}
}

// wantStored checks that the votes of the record are exactly those that were
// acknowledged, and that casting goes on.
func wantStored(t *testing.T, db *store.DB, voters int64) {
	t.Helper()
	tally, err := db.LoadTally(bg, "votes")
	if err != nil {
		t.Fatal(err)
	}
	if tally.Voters != voters {
		t.Fatalf("%d voters are stored, want %d", tally.Voters, voters)
	}
	if out, err := castOne(db, 900_000+voters); err != nil || out.Fault != nil {
		t.Fatalf("the next vote: %+v, %v", out.Fault, err)
	}
}

// hold has another process do something in a transaction that it leaves open.
func hold(t *testing.T, db storetest.Record, query string) (end func()) {
	t.Helper()
	tx, err := db.Raw(t).Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(query); err != nil {
		t.Fatal(err)
	}
	return func() { tx.Rollback() }
}

// These go through what can fail before COMMIT was sent. The vote is known not
// to be stored, and the record works on when the trouble is over.

func TestALockedBaseIsBusy(t *testing.T) {
	for name, open := range engines() {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			storetest.SomeVotes(t, db, 3)
			harm := `UPDATE counter SET value = value`
			if db.Engine() == "postgres" {
				harm = `LOCK TABLE vote_event`
			}
			end := hold(t, db, harm)
			_, err := castOne(db.DB, 7)
			wantFault(t, err, fault.Unavailable, "store.busy")
			end()
			wantStored(t, db.DB, 3)
		})
	}
}

func TestAFullFileIsFull(t *testing.T) {
	db := storetest.SQLite(t)
	storetest.SomeVotes(t, db, 3)
	if err := db.LimitPages(bg, 1); err != nil {
		t.Fatal(err)
	}
	var err error
	stored := int64(2)
	for ; err == nil; stored++ { // until the last page is full
		_, err = castOne(db.DB, 100+stored)
	}
	wantFault(t, err, fault.Unavailable, "store.full")
	if err := db.LimitPages(bg, 1<<30); err != nil {
		t.Fatal(err)
	}
	wantStored(t, db.DB, stored)
}

func TestAnEndedConnectionIsBusy(t *testing.T) {
	db := postgres(t).Open(t)
	storetest.SomeVotes(t, db, 3)
	defer hold(t, db, `LOCK TABLE vote_event`)()
	admin := db.Raw(t)
	ended := make(chan error, 1)
	go func() {
		for n := 0; n == 0; { // until the vote waits for the table
			err := admin.QueryRow(`SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
				WHERE application_name = 'hecai' AND wait_event_type = 'Lock' AND datname = current_database()`).Scan(&n)
			if err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	_, err := castOne(db.DB, 7)
	wantFault(t, err, fault.Unavailable, "store.busy")
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// TestAnAbsentBaseIsBusy stops the server under the record and starts it again.
func TestAnAbsentBaseIsBusy(t *testing.T) {
	wire := storetest.NewWire(t, postgres(t).Database(t))
	db := openRecord(t, store.Config{Database: wire.Address})
	storetest.SomeVotes(t, storetest.Record{DB: db}, 3)
	wire.Refuse(true)
	for range 2 {
		_, err := castOne(db, 7)
		wantFault(t, err, fault.Unavailable, "store.busy")
	}
	wire.Refuse(false)
	until(t, "votes are taken again", func() bool { _, err := castOne(db, 7); return err == nil })
	wantStored(t, db, 4)
}

func TestASilentBaseIsBusy(t *testing.T) {
	wire := storetest.NewWire(t, postgres(t).Database(t))
	db := openRecord(t, store.Config{Database: wire.Address})
	storetest.SomeVotes(t, storetest.Record{DB: db}, 3)
	wire.Hush()
	_, err := castOne(db, 7)
	wantFault(t, err, fault.Unavailable, "store.busy")
	wire.Speak()
	until(t, "votes are taken again", func() bool { _, err := castOne(db, 7); return err == nil })
	wantStored(t, db, 4)
}

// These lose the answer to COMMIT. Only that is unknown; asking again with the
// same revision settles it.

func TestACutCommitIsUnconfirmed(t *testing.T) {
	wire := storetest.NewWire(t, postgres(t).Database(t))
	db := openRecord(t, store.Config{Database: wire.Address})
	storetest.SomeVotes(t, storetest.Record{DB: db}, 3)
	wire.CutCommit()
	_, err := castOne(db, 7)
	wantFault(t, err, fault.Internal, "store.unconfirmed")
	var out vote.Outcome
	until(t, "it answers again", func() bool { out, err = castOne(db, 7); return err == nil })
	if out.Fault != nil {
		t.Fatalf("asked again: %+v", out.Fault)
	}
	wantStored(t, db, 4)
}

// TestASilentCommitGoesOn: the answer stays out, the caller is told so, and the
// commit is not cancelled.
func TestASilentCommitGoesOn(t *testing.T) {
	wire := storetest.NewWire(t, postgres(t).Database(t))
	db := openRecord(t, store.Config{Database: wire.Address})
	storetest.SomeVotes(t, storetest.Record{DB: db}, 3)
	wire.LoseCommit()
	_, err := castOne(db, 7)
	wantFault(t, err, fault.Internal, "store.unconfirmed")
	wire.Speak()
	var out vote.Outcome
	until(t, "it answers again", func() bool { out, err = castOne(db, 7); return err == nil })
	if out.Fault != nil || !out.Duplicate {
		t.Fatalf("asked again: %+v", out)
	}
	wantStored(t, db, 4)
}

func engines() map[string]func(t *testing.T) storetest.Record {
	return map[string]func(t *testing.T) storetest.Record{
		"sqlite":   func(t *testing.T) storetest.Record { return storetest.SQLite(t) },
		"postgres": func(t *testing.T) storetest.Record { return postgres(t).Open(t) },
	}
}

// volume mounts a small disk of its own.
func volume(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("needs the right to mount a small disk: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
	})
	return dir
}

// TestAFullDiskStopsNothingElse fills the disk of a record: votes are refused as
// not stored, it says that it is not ready, and it goes on once there is room.
func TestAFullDiskStopsNothingElse(t *testing.T) {
	dir := volume(t, "6m")
	db, err := store.Open(bg, store.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	storetest.SomeVotes(t, storetest.Record{DB: db}, 3)
	if err := db.Probe(bg); err != nil {
		t.Fatal(err)
	}
	filler, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = filler.Write(make([]byte, 64<<10))
	}
	stored := int64(3)
	for err = nil; err == nil; { // the log may have a little room of its own
		if _, err = castOne(db, 100+stored); err == nil {
			stored++
		}
	}
	wantFault(t, err, fault.Unavailable, "store.full")
	until(t, "it says that it is full", func() bool { return fault.CodeOf(db.Probe(bg)) == "store.full" })
	if err := errors.Join(filler.Close(), os.Remove(filler.Name())); err != nil {
		t.Fatal(err)
	}
	until(t, "it is ready again", func() bool { return db.Probe(bg) == nil })
	wantStored(t, db, stored)
}

// TestALogThatCannotBeBroughtInIsTold: a checkpoint that failed is told until one
// succeeds, while votes are taken.
func TestALogThatCannotBeBroughtInIsTold(t *testing.T) {
	db := storetest.SQLite(t)
	storetest.SomeVotes(t, db, 3)
	until(t, "it is told", func() bool {
		db.CheckpointFailed(errors.New("no room"))
		return db.Probe(bg) == nil && fault.CodeOf(db.Warning()) == "store.checkpoint"
	})
	if _, err := castOne(db.DB, 100); err != nil {
		t.Fatal(err)
	}
	until(t, "it is brought in", func() bool { return db.Probe(bg) == nil && db.Warning() == nil })
}

// TestASmallDiskHoldsManyVotes: the write-ahead log does not fill it, although
// votes come without a pause.
func TestASmallDiskHoldsManyVotes(t *testing.T) {
	dir := volume(t, "22m")
	db, err := store.Open(bg, store.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	storetest.SomeVotes(t, storetest.Record{DB: db}, 1)
	const votes = 5000 // in 9 kB of log each
	for voter := range int64(votes) {
		if out, err := castOne(db, voter+2); err != nil || out.Fault != nil {
			t.Fatalf("vote %d: %+v, %v", voter, out.Fault, err)
		}
	}
	wantStored(t, db, votes+1)
}

func TestAFolderThatIsGoneIsNoticed(t *testing.T) {
	dir := t.TempDir()
	db, err := store.Open(bg, store.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Probe(bg); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "hecai.db"), filepath.Join(dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	until(t, "it is noticed", func() bool { return fault.CodeOf(db.Probe(bg)) == "store.folder" })
	if err := os.Rename(filepath.Join(dir, "elsewhere"), filepath.Join(dir, "hecai.db")); err != nil {
		t.Fatal(err)
	}
	until(t, "it is back", func() bool { return db.Probe(bg) == nil })
}

// TestNothingIsWrittenIntoAFileThatIsGone: what is acknowledged must be there
// after the end, so a record without its file, or without its log, takes nothing.
func TestNothingIsWrittenIntoAFileThatIsGone(t *testing.T) {
	for _, name := range []string{"hecai.db", "hecai.db-wal"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			db, err := store.Open(bg, store.Config{DataDir: dir})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			storetest.SomeVotes(t, storetest.Record{DB: db}, 3)
			at := filepath.Join(dir, name)
			if err := os.Rename(at, at+".away"); err != nil {
				t.Fatal(err)
			}
			if _, err := castOne(db, 10); fault.CodeOf(err) != "store.folder" || fault.KindOf(err) != fault.Unavailable {
				t.Errorf("a vote without the file: %v", err)
			}
			if err := os.WriteFile(at, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := castOne(db, 10); fault.CodeOf(err) != "store.folder" {
				t.Errorf("a vote with another file in its place: %v", err)
			}
			if err := os.Rename(at+".away", at); err != nil {
				t.Fatal(err)
			}
			if out, err := castOne(db, 10); err != nil || out.Fault != nil {
				t.Errorf("a vote when the file is back: %+v, %v", out.Fault, err)
			}
		})
	}
}
