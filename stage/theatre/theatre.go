// Package theatre says which shows run on this node. It takes the lease of the
// ballots and, under it, that of each show, so that a show is where its ballots are
// opened; it starts the stages, also of a show that is new, ends them when a lease
// is lost, and gives the leases back when the node stops. Where they are another
// node's, it knows whose. A Theatre is safe for concurrent use.
package theatre

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"hecai/contest"
	"hecai/lease"
	"hecai/stage"
)

// Config says what a theatre works with. Log may be nil.
type Config struct {
	Leases lease.Store
	By     lease.Holder

	// Shows lists the shows that there are; it is asked again while they run, and one
	// that is there no more ends.
	Shows func(ctx context.Context) ([]contest.ShowID, error)
	// Begin prepares the node for what another one did until now, before any stage.
	Begin func(ctx context.Context, ballots lease.Lease) error
	// Open makes the stage of a show, of what is stored.
	Open func(ctx context.Context, show contest.ShowID, own lease.Lease) (*stage.Stage, error)
	Log  *slog.Logger
}

// lookAround is how often the theatre looks whether there are new shows, and how
// long it rests after something failed.
const lookAround = time.Second

// Theatre runs shows. New makes one; it works while Run runs.
type Theatre struct {
	cfg     Config
	stop    context.CancelFunc
	stopped context.Context
	known   chan struct{} // closed once it is known where the shows are
	ended   chan struct{}

	first sync.Once
	look  chan struct{} // buffer 1: there may be other shows

	mu      sync.Mutex
	ballots lease.Lease // guarded by mu; zero while they are not ours
	owner   lease.Holder
}

// New returns a theatre that has not begun.
func New(cfg Config) *Theatre {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	t := &Theatre{cfg: cfg, known: make(chan struct{}), ended: make(chan struct{}), look: make(chan struct{}, 1)}
	t.stopped, t.stop = context.WithCancel(context.Background())
	return t
}

// Ballots is the lease of the ballots, zero while another node has it.
func (t *Theatre) Ballots() lease.Lease {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ballots
}

// Here reports whether the shows run on this node.
func (t *Theatre) Here() bool { return t.Ballots().Epoch != 0 }

// Known is closed once it is known where the shows are, here or elsewhere.
func (t *Theatre) Known() <-chan struct{} { return t.known }

// Owner is the node on which the shows run, as far as it is known: its address is
// "" between two.
func (t *Theatre) Owner() lease.Holder {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.owner
}

func (t *Theatre) set(ballots lease.Lease, owner lease.Holder) {
	t.mu.Lock()
	t.ballots, t.owner = ballots, owner
	t.mu.Unlock()
	if owner.Address != "" {
		t.first.Do(func() { close(t.known) })
	}
}

// Run runs what is this node's until ctx ends or Stop is called. It may be called
// once.
func (t *Theatre) Run(ctx context.Context) error {
	defer close(t.ended)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(t.stopped, cancel)()
	lease.Keep(ctx, lease.Config{
		Store: t.cfg.Leases, Name: lease.Ballots, By: t.cfg.By, Log: t.cfg.Log,
		Other: func(l lease.Lease) { t.set(lease.Lease{}, l.Holder) },
	}, t.play)
	return nil
}

// Stop ends the shows of this node and gives them away at once, while the node
// itself still serves. It waits until they have ended or ctx has.
func (t *Theatre) Stop(ctx context.Context) {
	t.stop()
	select {
	case <-t.ended:
	case <-ctx.Done():
	}
}

// play runs the shows while the ballots are ours.
func (t *Theatre) play(ctx context.Context, ballots lease.Lease) {
	for {
		err := t.cfg.Begin(ctx, ballots)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return
		}
		t.cfg.Log.Error("the shows cannot begin here yet", "err", err)
		if !rest(ctx) {
			return
		}
	}
	t.set(ballots, t.cfg.By)
	var running sync.WaitGroup
	known := map[contest.ShowID]context.CancelFunc{}
	for again := true; again; again = t.wait(ctx) {
		shows, err := t.cfg.Shows(ctx)
		if err != nil {
			t.cfg.Log.Warn("shows not listed", "err", err)
		}
		for _, id := range shows {
			if known[id] == nil {
				ctx, end := context.WithCancel(ctx)
				known[id] = end
				running.Go(func() { t.show(ctx, id) })
			}
		}
		for id, end := range known {
			if err == nil && !slices.Contains(shows, id) {
				end()
				delete(known, id)
			}
		}
	}
	for _, end := range known {
		end()
	}
	t.set(lease.Lease{}, lease.Holder{}) // nothing is opened or closed from here on
	running.Wait()
}

// show runs one show while its lease is ours.
func (t *Theatre) show(ctx context.Context, id contest.ShowID) {
	lease.Keep(ctx, lease.Config{Store: t.cfg.Leases, Name: lease.Show(id), By: t.cfg.By, Log: t.cfg.Log}, func(ctx context.Context, own lease.Lease) {
		for ctx.Err() == nil {
			s, err := t.cfg.Open(ctx, id, own)
			if err == nil {
				err = s.Run(ctx)
			}
			if err != nil && ctx.Err() == nil {
				t.cfg.Log.Error("the show does not run", "show", id, "err", err)
			}
			rest(ctx)
		}
	})
}

// Look has the theatre look at once whether there are other shows. It does not block.
func (t *Theatre) Look() {
	select {
	case t.look <- struct{}{}:
	default:
	}
}

// wait is rest, but for a Look.
func (t *Theatre) wait(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-t.look:
		return true
	case <-time.After(lookAround):
		return true
	}
}

// rest waits a moment; false: ctx has ended.
func rest(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(lookAround):
		return true
	}
}
