package store

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"

	"hecai/fault"
)

const (
	probeEvery    = time.Second // an answer of Probe is this old at most
	probePatience = time.Second // for which an answer is waited for
)

// probe is what Probe remembers.
type probe struct {
	mu   sync.Mutex
	at   time.Time     // of the last answer; guarded by mu
	err  error         // the last answer; guarded by mu
	warn error         // what the last one saw coming; guarded by mu
	busy chan struct{} // closed when the one that runs has ended, nil if none does; guarded by mu
	all  sync.WaitGroup
}

// Probe reports whether a vote could be stored now: it writes a row. It answers
// within a second, and asks the base once a second at most.
func (db *DB) Probe(ctx context.Context) error {
	p := &db.probe
	p.mu.Lock()
	if p.busy == nil && (p.at.IsZero() || time.Since(p.at) >= probeEvery) {
		p.busy = make(chan struct{})
		p.all.Go(func() { db.runProbe(context.WithoutCancel(ctx)) })
	}
	busy, err := p.busy, p.err
	p.mu.Unlock()
	if busy == nil {
		return err
	}
	patient := time.NewTimer(probePatience)
	defer patient.Stop()
	select {
	case <-busy:
		return db.Trouble()
	case <-ctx.Done():
	case <-patient.C:
	}
	return fault.New(fault.Unavailable, "store.busy", "a row was not written within %v", probePatience)
}

// Trouble is the last answer of Probe.
func (db *DB) Trouble() error {
	db.probe.mu.Lock()
	defer db.probe.mu.Unlock()
	return db.probe.err
}

// Warning is what the last Probe saw coming while rows are still written:
// store.low, with the megabytes that are left, or store.checkpoint.
func (db *DB) Warning() error {
	db.probe.mu.Lock()
	defer db.probe.mu.Unlock()
	return db.probe.warn
}

func (db *DB) runProbe(ctx context.Context) {
	err := db.named()
	if err == nil {
		_, err = db.Counter(ctx, "probe")
	}
	warn := db.look()
	p := &db.probe
	p.mu.Lock()
	defer p.mu.Unlock()
	if (err == nil) != (p.err == nil) {
		if err != nil {
			db.log.Error("nothing can be stored", "err", err)
		} else {
			db.log.Info("the record takes writes again")
		}
	}
	if fault.CodeOf(warn) != fault.CodeOf(p.warn) {
		db.log.Warn("writes may soon fail", "err", warn)
	}
	p.at, p.err, p.warn = time.Now(), err, warn
	close(p.busy)
	p.busy = nil
}

// named reports a file that has no name any more: what is written to it is gone
// when we end, however well writes go.
func (db *DB) named() error {
	f := db.file
	if f == nil {
		return nil
	}
	if now, err := os.Stat(f.path); err != nil || f.info != nil && !os.SameFile(f.info, now) {
		return fault.Wrap(fault.Unavailable, "store.folder", err, "%s was taken away while it is in use", f.path)
	}
	log, err := os.Stat(f.path + "-wal")
	if first := f.logInfo.Load(); first != nil && (err != nil || !os.SameFile(*first, log)) {
		return fault.Wrap(fault.Unavailable, "store.folder", err, "the log of %s was taken away while it is in use", f.path)
	} else if first == nil && err == nil {
		f.logInfo.Store(&log)
	}
	return nil
}

// look reports what a write that succeeds does not show: that the log cannot be
// brought into the file, that the disk is almost full.
func (db *DB) look() error {
	f := db.file
	if f == nil {
		return nil
	}
	if err := f.trouble(); err != nil {
		return fault.Wrap(fault.Unavailable, "store.checkpoint", err, "write-ahead log")
	}
	if free, size := space(filepath.Dir(f.path)); size > 0 && free < lowSpace(size) {
		return fault.New(fault.Unavailable, "store.low", "%d bytes are left of %d", free, size).With("megabytes", free>>20)
	}
	return nil
}

// lowSpace is how many bytes of a disk should be free: what a busy evening may
// still write, but no more than a share of a small volume.
func lowSpace(size int64) int64 { return min(64<<20, size/20) }
