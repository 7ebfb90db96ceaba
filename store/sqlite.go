package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
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
	// written for a moment, or when it gets this big, in bytes; on a small disk
	// it may take a share of what is free.
	maxWAL     = 64 << 20
	minWAL     = 1 << 20
	shareWAL   = 8
	checkEvery = time.Second
)

// file is what a SQLite record has beside its pools: the lock that keeps other
// processes away, and the goroutine that brings the write-ahead log into the
// main file. SQLite would do that inside some unlucky commit and keep its
// errors to itself.
type file struct {
	path string
	info os.FileInfo // of path when it was opened

	logInfo atomic.Pointer[os.FileInfo] // of the write-ahead log when it was first seen; it stays while we run
	lock    io.Closer

	writes atomic.Int64          // transactions so far
	last   atomic.Pointer[error] // of the last checkpoint; nil or to nil = fine
	bound  atomic.Int64          // of the write-ahead log for now
	grown  chan struct{}         // holds one: the log is above its bound
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
	if err := whole(dir); err != nil {
		lock.Close()
		return nil, err
	}
	f := &file{path: filepath.Join(dir, fileName), lock: lock, stop: make(chan struct{}), grown: make(chan struct{}, 1)}
	f.bound.Store(minWAL)
	db := &DB{file: f, log: cfg.Log, turns: newTurns(1)}
	if err := db.openPools(ctx); err != nil {
		lock.Close()
		return nil, folderFault(err, dir)
	}
	if f.info, err = os.Stat(f.path); err != nil {
		db.reader.Close()
		db.writer.Close()
		lock.Close()
		return nil, folderFault(err, dir)
	}
	f.done.Go(func() { f.keep(db) })
	return db, nil
}

// whole refuses a folder whose record was lost: SQLite would take a file without a
// byte for a new one, and a write-ahead log without its file for nothing.
func whole(dir string) error {
	path := filepath.Join(dir, fileName)
	info, err := os.Stat(path)
	if err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		return fault.New(fault.Invalid, "store.lost", "%s is empty: put a copy of the record in its place; for a new record, remove it", path).With("path", path)
	}
	if log, fail := os.Stat(path + "-wal"); errors.Is(err, os.ErrNotExist) && fail == nil && log.Size() > 0 {
		return fault.New(fault.Invalid, "store.lost", "%s is gone and its log %s-wal is there: put a copy of the record in its place; for a new record, remove the log", path, fileName).
			With("path", path)
	}
	return nil
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

// openPool opens connections that wait three seconds for another process's lock,
// less than a write's patience, and that keep temporary data in memory: a
// statement journal needs neither a writable folder nor a descriptor.
func openPool(ctx context.Context, path string, size int, options string) (*sqlx.DB, error) {
	pool, err := sqlx.Open(driverSQLite, fileURL(path)+"?_busy_timeout=3000&_pragma=temp_store(2)&_foreign_keys=1&_defensive=1&"+options)
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
// works on every system that SQLite works on. A file can be removed, and then the
// next process locks another one; so where folders can be locked, this one is too.
func lockFolder(ctx context.Context, dir string) (io.Closer, error) {
	folder, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	file, err := lockFile(ctx, dir)
	if err != nil {
		folder.Close()
		return nil, err
	}
	return locks{file, folder}, nil
}

type locks []io.Closer

func (l locks) Close() error {
	var failed []error
	for _, c := range l {
		failed = append(failed, c.Close())
	}
	return errors.Join(failed...)
}

func lockFile(ctx context.Context, dir string) (io.Closer, error) {
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
		return nil, inUse(dir)
	}
	return nil, folderFault(err, dir)
}

func inUse(dir string) error {
	return fault.New(fault.Conflict, "store.in_use", "%s is in use by another process", dir).With("folder", dir)
}

func folderFault(err error, dir string) error {
	return fault.Wrap(fault.Invalid, "store.folder", err, "data folder %s", dir).With("folder", dir)
}

// wrote notes a commit. With room enough, the clock alone decides about the
// next checkpoint: the log's file keeps its size when it is used from its
// beginning again, which is faster than to make it grow again.
func (f *file) wrote() {
	f.writes.Add(1)
	if bound := f.bound.Load(); bound == maxWAL || f.walSize() < bound {
		return
	}
	select {
	case f.grown <- struct{}{}:
	default:
	}
}

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
	var last time.Time
	for {
		select {
		case <-f.stop:
			return
		case <-tick.C:
		case <-f.grown:
			if time.Since(last) < checkEvery/20 { // a reader holds it up
				continue
			}
		}
		free, _ := space(filepath.Dir(f.path))
		f.bound.Store(min(maxWAL, max(minWAL, (free+f.walSize())/shareWAL)))
		now := f.writes.Load()
		idle := now == seen
		seen = now
		again := f.trouble() != nil // until it is known that it works
		if !again && (now == kept || !idle && f.walSize() < f.bound.Load()) {
			continue
		}
		last = time.Now()
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
	release, err := db.turns.wait(context.Background(), context.Background(), false)
	if err != nil {
		return err
	}
	defer release()
	limit := -1 // the log's file keeps its size
	if db.file.bound.Load() < maxWAL {
		limit = minWAL / 2
	}
	if _, err := db.writer.Exec("PRAGMA journal_size_limit = " + strconv.Itoa(limit)); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
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
