package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"

	"hecai/fault"
)

const (
	driverSQLite = "sqlite"
	fileName     = "hecai.db"
	lockName     = "hecai.lock"
	readers      = 4

	// The write-ahead log is brought into the main file when nothing was
	// written for a moment, or when it gets this big, in bytes.
	maxWAL     = 64 << 20
	checkEvery = time.Second
)

// file is what a SQLite record has beside its pools: the lock that keeps other
// processes away, and the goroutine that brings the write-ahead log into the
// main file. SQLite would do that inside some unlucky commit and keep its
// errors to itself.
type file struct {
	path string
	lock *sqlx.DB

	writes atomic.Int64          // transactions so far
	last   atomic.Pointer[error] // of the last checkpoint; nil or to nil = fine
	stop   chan struct{}
	done   sync.WaitGroup
	once   sync.Once
}

// Exists reports whether Open would find a record and not make one. A
// PostgreSQL database is taken to be one.
func Exists(cfg Config) bool {
	if cfg.Database != "" {
		return true
	}
	_, err := os.Stat(filepath.Join(cfg.DataDir, fileName))
	return !errors.Is(err, os.ErrNotExist)
}

// openSQLite opens the file in the data folder. On Linux commits use fdatasync,
// a process-wide switch of the driver: the same durability for about half the
// wait.
func openSQLite(ctx context.Context, cfg Config) (*DB, error) {
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return nil, folderFault(err, cfg.DataDir)
	}
	dir, err := filepath.Abs(cfg.DataDir)
	if err != nil {
		return nil, folderFault(err, cfg.DataDir)
	}
	sqlx.BindDriver(driverSQLite, sqlx.QUESTION) // its table only knows sqlite3
	if _, err := sqlite.Fdatasync(true); err != nil && !errors.Is(err, sqlite.ErrFdatasyncUnavailable) {
		return nil, folderFault(err, dir)
	}
	lock, err := lockFolder(ctx, dir)
	if err != nil {
		return nil, err
	}
	f := &file{path: filepath.Join(dir, fileName), lock: lock, stop: make(chan struct{})}
	db := &DB{file: f, log: cfg.Log, turns: make(chan struct{}, 1)}
	if err := db.openPools(ctx); err != nil {
		lock.Close()
		return nil, folderFault(err, dir)
	}
	f.done.Go(func() { f.keep(db) })
	return db, nil
}

func (db *DB) openPools(ctx context.Context) (err error) {
	// The writer makes the file and turns WAL on, so it comes first.
	db.writer, err = openPool(ctx, db.file.path, 1, "_txlock=immediate&_journal_mode=WAL&_synchronous=FULL&_pragma=wal_autocheckpoint(0)")
	if err != nil {
		return err
	}
	db.reader, err = openPool(ctx, db.file.path, readers, "_query_only=1")
	if err != nil {
		db.writer.Close()
	}
	return err
}

func openPool(ctx context.Context, path string, size int, options string) (*sqlx.DB, error) {
	pool, err := sqlx.Open(driverSQLite, fileURL(path)+"?_busy_timeout=10000&_foreign_keys=1&_defensive=1&"+options)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	if err := pool.PingContext(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// fileURL is the file: form, which alone takes options, with the path escaped.
func fileURL(path string) string {
	path = filepath.ToSlash(path)
	if runtime.GOOS == "windows" {
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// lockFolder keeps other processes off the folder as long as this one lives,
// however it ends. The lock is SQLite's own, held on a file of its own, so it
// works on every system that SQLite works on.
func lockFolder(ctx context.Context, dir string) (*sqlx.DB, error) {
	lock, err := sqlx.Open(driverSQLite, fileURL(filepath.Join(dir, lockName)))
	if err != nil {
		return nil, folderFault(err, dir)
	}
	lock.SetMaxOpenConns(1)
	lock.SetConnMaxLifetime(0)
	if _, err = lock.ExecContext(ctx, "BEGIN EXCLUSIVE"); err == nil {
		return lock, nil
	}
	lock.Close()
	var busy *sqlite.Error
	if errors.As(err, &busy) && busy.Code()&0xff == sqliteBusy {
		return nil, fault.New(fault.Conflict, "store.in_use", "%s is in use by another process", dir).With("folder", dir)
	}
	return nil, folderFault(err, dir)
}

const sqliteBusy = 5

func folderFault(err error, dir string) error {
	return fault.Wrap(fault.Invalid, "store.folder", err, "data folder %s", dir).With("folder", dir)
}

// wrote notes a commit.
func (f *file) wrote() { f.writes.Add(1) }

func (f *file) trouble() error {
	if p := f.last.Load(); p != nil {
		return *p
	}
	return nil
}

// keep brings the write-ahead log into the main file from time to time.
func (f *file) keep(db *DB) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	var seen, kept int64
	for {
		select {
		case <-f.stop:
			return
		case <-tick.C:
		}
		now := f.writes.Load()
		idle := now == seen
		seen = now
		if now == kept || !idle && f.walSize() < maxWAL {
			continue
		}
		err := db.checkpoint("PASSIVE")
		f.last.Store(&err)
		if err != nil {
			db.log.Error("checkpoint", "err", err)
			continue
		}
		kept = now
	}
}

func (f *file) walSize() int64 {
	info, err := os.Stat(f.path + "-wal")
	if err != nil {
		return 0
	}
	return info.Size()
}

// checkpoint brings the write-ahead log into the main file, from the writer's
// connection. A PASSIVE one waits for nobody and leaves what readers still use.
func (db *DB) checkpoint(mode string) error {
	db.turns <- struct{}{}
	defer func() { <-db.turns }()
	var busy, frames, moved int
	row := db.writer.QueryRow("PRAGMA wal_checkpoint(" + mode + ")")
	if err := row.Scan(&busy, &frames, &moved); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

func (f *file) close(db *DB) (err error) {
	f.once.Do(func() {
		close(f.stop)
		f.done.Wait()
		err = errors.Join(db.reader.Close(), db.checkpoint("TRUNCATE"), db.writer.Close(), f.lock.Close())
	})
	return err
}
