package node

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"hecai/fault"
	"hecai/vote"
	"hecai/vote/logbook"
)

// logsRetry is how long a log that could not be read waits for the next try.
const logsRetry = 2 * time.Second

// logs sees to it that every closed round has its log checked and signed, at the
// start and at each close, and knows the fingerprints to show.
type logs struct {
	n    *Node
	book *logbook.Book
	wake chan struct{} // buffer 1

	mu      sync.Mutex
	waiting []logKey          // guarded by mu; to be checked, oldest first
	shown   map[logKey]string // guarded by mu; fingerprints of those that hold
	broken  map[logKey]bool   // guarded by mu; rows that do not give what was signed
}

type logKey struct {
	ballot vote.BallotID
	round  int
}

func newLogs(n *Node, book *logbook.Book) *logs {
	return &logs{n: n, book: book, wake: make(chan struct{}, 1), shown: map[logKey]string{}, broken: map[logKey]bool{}}
}

// look queues the closed rounds of a ballot that were not checked yet. It does
// not block.
func (l *logs) look(b vote.Ballot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range b.ClosedRounds() {
		k := logKey{b.ID, r}
		if _, done := l.shown[k]; done || l.broken[k] || l.queued(k) {
			continue
		}
		l.waiting = append(l.waiting, k)
	}
	if len(l.waiting) > 0 {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// queued reports whether the round waits already. The caller holds mu.
func (l *logs) queued(k logKey) bool {
	for _, have := range l.waiting {
		if have == k {
			return true
		}
	}
	return false
}

// run checks and signs until ctx ends.
func (l *logs) run(ctx context.Context) error {
	retry := time.NewTicker(logsRetry)
	defer retry.Stop()
	l.checkOpen(ctx)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.wake:
		case <-retry.C:
		}
		for ctx.Err() == nil {
			k, ok := l.next()
			if !ok || !l.check(ctx, k) {
				break
			}
		}
	}
}

// checkOpen compares the votes of the rounds that were open at the start with
// their leaves: better known now than when the ballot closes.
func (l *logs) checkOpen(ctx context.Context) {
	for _, b := range l.n.box.Ballots() {
		if b.State != vote.StateOpen {
			continue
		}
		name := func(voter int64) string { return l.n.box.Pseudonym(b.LogName(), b.Round, voter) }
		err := l.n.db.VerifyVotes(ctx, b.ID, b.Round, name)
		for ; fault.KindOf(err) == fault.Unavailable && sleep(ctx, logsRetry); err = l.n.db.VerifyVotes(ctx, b.ID, b.Round, name) {
		}
		if fault.CodeOf(err) == "vote.miscount" {
			l.n.cfg.Log.Error("the votes of an open round", "ballot_id", b.ID, "round", b.Round, "err", err)
			l.mu.Lock()
			l.broken[logKey{b.ID, b.Round}] = true
			l.mu.Unlock()
		}
	}
}

// sleep reports whether the time passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (l *logs) next() (logKey, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		return logKey{}, false
	}
	return l.waiting[0], true
}

// check has one log built, and reports whether the next may follow at once.
func (l *logs) check(ctx context.Context, k logKey) bool {
	log, err := l.book.Closed(ctx, k.ballot, k.round)
	gone := fault.KindOf(err) == fault.NotFound // with the rehearsal that it was of
	known := err == nil || gone || fault.CodeOf(err) == "vote.miscount"
	l.mu.Lock()
	if known {
		l.waiting = l.waiting[1:]
	}
	switch {
	case err == nil:
		l.shown[k] = log.Fingerprint()
	case known && !gone:
		l.broken[k] = true
	}
	l.mu.Unlock()
	if err == nil {
		l.n.shows.Announce(k.ballot)
		return true
	}
	if ctx.Err() == nil && !gone {
		l.n.cfg.Log.Error("the log of a closed round", "ballot_id", k.ballot, "round", k.round, "err", err)
	}
	return known
}

// fingerprint is what is shown of a closed round's log; "" = not yet.
func (l *logs) fingerprint(b vote.Ballot) string {
	if b.State != vote.StateClosed && b.State != vote.StateRevealed {
		return ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shown[logKey{b.ID, b.Round}]
}

// forget forgets a ballot that is no more.
func (l *logs) forget(id vote.BallotID) {
	l.book.Forget(id)
	l.mu.Lock()
	defer l.mu.Unlock()
	of := func(k logKey) bool { return k.ballot == id }
	maps.DeleteFunc(l.shown, func(k logKey, _ string) bool { return of(k) })
	maps.DeleteFunc(l.broken, func(k logKey, _ bool) bool { return of(k) })
}

// changed lists the ballots whose stored votes are not those that were signed.
func (l *logs) changed() []vote.BallotID {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []vote.BallotID
	for k := range l.broken {
		out = append(out, k.ballot)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
