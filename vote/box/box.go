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
// same revision and gets the receipt that is stored. When the store says that
// nothing was stored, the votes are answered vote.busy and the box goes on.
// After a commit whose outcome is unknown it acknowledges nothing more until it
// has read the ballots and counted again, in the same process; a vote that was
// stored all the same is then found by its revision. Nothing else stops for
// either.
//
// A ballot whose rows contradict each other is set aside: it takes no votes and
// no commands, and the others go on.
//
// All methods are safe for concurrent use. OnChange and OnCount are called by the
// writer and must neither block, nor encode, nor call Open, Close, Extend, Add or Reload.
package box

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"hecai/fault"
	"hecai/lease"
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

	Others   bool               // other nodes write the same record: this box reads what they did
	Lease    func() lease.Lease // of the ballots, under which they are opened and closed; nil = that of one who is alone
	Now      func() time.Time   // the one clock, see package clock; nil = time.Now
	OnChange func(vote.Ballot)  // after every change of a ballot; nil = none
	OnCount  func(vote.Ballot)  // after votes of it were counted; nil = none
	Queue    int                // most casts in flight, above that vote.busy; 0 = 16384
	Batch    int                // most casts in one transaction; 0 = 2000
	Patience time.Duration      // longest wait for an answer; 0 = 5 s
	Backlog  time.Duration      // no newcomers while the oldest cast waits longer; 0 = 2 s
	Log      *slog.Logger       // nil = discard
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
	case c.Queue < 0 || c.Batch < 0 || c.Patience < 0 || c.Backlog < 0:
		return fmt.Errorf("box: queue %d, batch %d, patience %v, backlog %v", c.Queue, c.Batch, c.Patience, c.Backlog)
	}
	if c.Lease == nil {
		c.Lease = func() lease.Lease { return lease.Alone(lease.Ballots) }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.OnChange == nil {
		c.OnChange = func(vote.Ballot) {}
	}
	if c.OnCount == nil {
		c.OnCount = func(vote.Ballot) {}
	}
	if c.Queue == 0 {
		c.Queue = 16384
	}
	if c.Batch == 0 {
		c.Batch = 2000
	}
	if c.Patience == 0 {
		c.Patience = 5 * time.Second
	}
	if c.Backlog == 0 {
		c.Backlog = 2 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Box is a ballot box. New makes one; it works while Run runs.
type Box struct {
	cfg   Config
	began time.Time // for ages, on the monotonic clock
	queue chan item // casts and commands, in the order they count

	pending  atomic.Int64  // casts reserved and not yet answered, at most cfg.Queue
	oldest   atomic.Int64  // age since began, in ns, of the oldest cast of the running batch; 0 = none runs
	stopping atomic.Bool   // Run was told to end: no new casts
	running  atomic.Bool   // Run was called
	done     chan struct{} // closed when the writer has ended
	wake     chan struct{} // tells the scheduler that a ballot changed

	mu      sync.RWMutex // guards ballots and trouble, which the writer alone writes
	ballots map[vote.BallotID]standing
	trouble error     // what the store last said, while it is not well
	since   time.Time // when it last said so
	unknown bool      // the outcome of a commit is unknown: nothing is taken until it is read

	read  time.Time     // guarded by mu; when the last reading of what other nodes did began
	heard bool          // guarded by mu; it succeeded
	told  chan struct{} // guarded by mu; closed when the next one has ended

	acks latencies
}

// standing is a ballot and its count as of the last commit.
type standing struct {
	ballot vote.Ballot
	tally  vote.Tally
	bad    error // why it is set aside; nil = sound
}

// New makes a box and loads the ballots and their counts.
func New(ctx context.Context, cfg Config) (*Box, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	b := &Box{
		cfg:   cfg,
		began: time.Now(),
		queue: make(chan item, cfg.Queue+commands),
		done:  make(chan struct{}),
		wake:  make(chan struct{}, 1),
		told:  make(chan struct{}),
	}
	ballots, err := b.load(ctx)
	if err != nil {
		return nil, err
	}
	b.ballots = ballots
	return b, nil
}

// load reads every ballot with its count. One that can't be right is set aside.
func (b *Box) load(ctx context.Context) (map[vote.BallotID]standing, error) {
	list, err := b.cfg.Store.LoadBallots(ctx)
	if err != nil {
		return nil, fmt.Errorf("load ballots: %w", err)
	}
	out := make(map[vote.BallotID]standing, len(list))
	for _, ballot := range list {
		s := standing{ballot: ballot, tally: vote.NewTally(ballot), bad: ballot.Validate()}
		if s.bad == nil {
			tally, err := b.tally(ctx, ballot)
			switch {
			case fault.KindOf(err) == fault.Unavailable || ctx.Err() != nil:
				return nil, err
			case err != nil:
				s.bad = err
			default:
				s.tally = tally
			}
		}
		if s.bad != nil {
			b.cfg.Log.Error("ballot set aside: its rows can't be right", "ballot", ballot.ID, "err", s.bad)
		}
		out[ballot.ID] = s
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

// recent is how long a refusal of the store counts as trouble when nobody has
// voted since: whether it is well again is then for the store to say.
const recent = 5 * time.Second

// Trouble says why votes are not taken now, nil when all is well.
func (b *Box) Trouble() error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	switch {
	case b.unknown, b.trouble != nil && time.Since(b.since) < recent:
		return b.trouble
	case b.stalled():
		return errStalled
	}
	return nil
}

// Aside lists the ballots that are set aside because their rows contradict each
// other.
func (b *Box) Aside() []vote.BallotID {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var out []vote.BallotID
	for id, s := range b.ballots {
		if s.bad != nil {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// find returns a sound ballot, or why there is none.
func (b *Box) find(id vote.BallotID) (standing, *fault.Error) {
	b.mu.RLock()
	s, ok := b.ballots[id]
	b.mu.RUnlock()
	switch {
	case !ok:
		return s, fault.New(fault.NotFound, "vote.unknown_ballot", "no ballot %q", id)
	case s.bad != nil:
		return s, fault.Wrap(fault.Unavailable, "ballot.aside", s.bad, "ballot %s is set aside", id)
	}
	return s, nil
}

// now is the time in unix milliseconds.
func (b *Box) now() int64 { return b.cfg.Now().UnixMilli() }

// put keeps a ballot's new standing and tells the world. Writer only.
func (b *Box) put(s standing) {
	b.mu.Lock()
	b.ballots[s.ballot.ID] = s
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
	b.cfg.OnChange(s.ballot)
}

// errUnconfirmed answers a voter whose vote may or may not be stored. Asking
// again with the same revision settles it.
func errUnconfirmed(cause error) *fault.Error {
	return fault.Wrap(fault.Internal, "vote.unconfirmed", cause, "no word from the box").After(retryAfter)
}

// errBusy answers a voter whose vote is certainly not stored.
func errBusy(cause error) *fault.Error {
	return fault.Wrap(fault.Unavailable, "vote.busy", cause, "nothing was stored").After(retryAfter)
}
