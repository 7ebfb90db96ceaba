// Package box is the ballot box: it puts all casts, openings and closings into
// one order, has each batch of casts decided and stored in one transaction, and
// acknowledges a vote only after its commit. The rules are vote's, the disk is
// the Store's; the box owns the order, the clock, the receipts and the count in
// memory.
//
// One goroutine, the writer, takes everything from one bounded queue. Casts
// that wait while a transaction runs make up the next one (natural group
// commit), so nothing lingers when the hall is quiet and batches grow when it
// is not. A close is an entry of the same queue: what came before it is
// counted, what comes after it is told so, and there is no third outcome.
//
// A waiter that gives up never cancels a transaction; it asks again with the
// same revision and gets the receipt that is stored. After a commit whose
// outcome is unknown the box is poisoned: it acknowledges nothing more, Failed
// is closed, and the process should restart and recount.
//
// All methods are safe for concurrent use. OnChange is called by the writer and
// must neither block nor call Open, Close, Extend, Add or Reload.
package box

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"hecai/fault"
	"hecai/vote"
	"hecai/vote/ledger"
)

// Grace is how long a ballot still takes votes after the deadline that clients
// are told.
const Grace = time.Duration(vote.Grace) * time.Millisecond

// Config says what a box works with. Store, Key, Pseudonyms and Origin are
// needed.
type Config struct {
	Store      Store
	Key        ed25519.PrivateKey // signs promises
	Pseudonyms []byte             // HMAC key of the contest, at least 16 bytes: names voters in the ledger
	Origin     string             // name of the log, see ledger.ValidOrigin

	Now      func() time.Time              // nil = time.Now
	OnChange func(vote.Ballot, vote.Tally) // after every change of a ballot or its count; nil = none
	Queue    int                           // most casts in flight, above that vote.busy; 0 = 16384
	Batch    int                           // most casts in one transaction; 0 = 2000
	Log      *slog.Logger                  // nil = discard
}

func (c *Config) complete() error {
	switch {
	case c.Store == nil:
		return errors.New("box: no store")
	case len(c.Key) != ed25519.PrivateKeySize:
		return fmt.Errorf("box: signing key has %d bytes", len(c.Key))
	case len(c.Pseudonyms) < 16:
		return fmt.Errorf("box: pseudonym key has %d bytes, want at least 16", len(c.Pseudonyms))
	case !ledger.ValidOrigin(c.Origin):
		return fmt.Errorf("box: origin %q cannot name a log", c.Origin)
	case c.Queue < 0 || c.Batch < 0:
		return fmt.Errorf("box: queue %d, batch %d", c.Queue, c.Batch)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.OnChange == nil {
		c.OnChange = func(vote.Ballot, vote.Tally) {}
	}
	if c.Queue == 0 {
		c.Queue = 16384
	}
	if c.Batch == 0 {
		c.Batch = 2000
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Box is a ballot box. New makes one; it works while Run runs.
type Box struct {
	cfg   Config
	clock *clock
	queue chan item // casts and commands, in the order they count

	pending  atomic.Int64  // casts reserved and not yet answered, at most cfg.Queue
	stopping atomic.Bool   // Run was told to end: no new casts
	running  atomic.Bool   // Run was called
	done     chan struct{} // closed when the writer has ended
	failed   chan struct{} // closed when the box is poisoned
	wake     chan struct{} // tells the scheduler that a ballot changed

	mu      sync.RWMutex // guards ballots and fatal; written by the writer only
	ballots map[vote.BallotID]standing
	fatal   error // why the box is poisoned; set once

	acks latencies
}

// standing is a ballot and its count as of the last commit.
type standing struct {
	ballot vote.Ballot
	tally  vote.Tally
}

// New makes a box and loads the ballots and their counts.
func New(ctx context.Context, cfg Config) (*Box, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	b := &Box{
		cfg:    cfg,
		clock:  newClock(cfg.Now),
		queue:  make(chan item, cfg.Queue+commands),
		done:   make(chan struct{}),
		failed: make(chan struct{}),
		wake:   make(chan struct{}, 1),
	}
	ballots, err := b.load(ctx)
	if err != nil {
		return nil, err
	}
	b.ballots = ballots
	return b, nil
}

// load reads every ballot with its count.
func (b *Box) load(ctx context.Context) (map[vote.BallotID]standing, error) {
	list, err := b.cfg.Store.LoadBallots(ctx)
	if err != nil {
		return nil, fmt.Errorf("load ballots: %w", err)
	}
	out := make(map[vote.BallotID]standing, len(list))
	for _, ballot := range list {
		if err := ballot.Validate(); err != nil {
			return nil, fmt.Errorf("load ballot %q: %w", ballot.ID, err)
		}
		tally, err := b.tally(ctx, ballot)
		if err != nil {
			return nil, err
		}
		out[ballot.ID] = standing{ballot, tally}
	}
	return out, nil
}

// tally reads the count of the ballot's present round.
func (b *Box) tally(ctx context.Context, ballot vote.Ballot) (vote.Tally, error) {
	if ballot.Round == 0 {
		return vote.NewTally(ballot), nil
	}
	t, err := b.cfg.Store.LoadTally(ctx, ballot.ID)
	if err != nil {
		return vote.Tally{}, fmt.Errorf("load tally of %q: %w", ballot.ID, err)
	}
	if t.Round != ballot.Round || len(t.Votes) != len(ballot.Options) {
		return vote.Tally{}, fmt.Errorf("load tally of %q: round %d with %d options, ballot has round %d with %d",
			ballot.ID, t.Round, len(t.Votes), ballot.Round, len(ballot.Options))
	}
	return t, nil
}

// Ballot returns a ballot and its count as of the last commit. The options are
// shared: read them only.
func (b *Box) Ballot(id vote.BallotID) (vote.Ballot, vote.Tally, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s, ok := b.ballots[id]
	return s.ballot, s.tally.Clone(), ok
}

// Failed is closed when a commit's outcome is unknown. Readiness must turn
// false and the process should restart.
func (b *Box) Failed() <-chan struct{} { return b.failed }

// now is the box's time in unix milliseconds.
func (b *Box) now() int64 { return b.clock.read().UnixMilli() }

// put keeps a ballot's new standing and tells the world. Writer only.
func (b *Box) put(s standing) {
	b.mu.Lock()
	b.ballots[s.ballot.ID] = s
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
	b.cfg.OnChange(s.ballot, s.tally.Clone())
}

// errUnconfirmed answers a voter whose vote may or may not be stored. Asking
// again with the same revision settles it.
func errUnconfirmed(cause error) *fault.Error {
	return fault.Wrap(fault.Internal, "vote.unconfirmed", cause, "no word from the box")
}
