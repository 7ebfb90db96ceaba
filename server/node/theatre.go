package node

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"hecai/contest"
	"hecai/lease"
	"hecai/stage"
	"hecai/stage/theatre"
)

// several reports whether other nodes may have the same record at the same time:
// they need a base that serves many, and a bus to hear one another.
func (n *Node) several() bool { return n.cfg.Database != "" && n.cfg.Redis != "" }

func (n *Node) openTheatre(ctx context.Context) (err error) {
	n.me = lease.Holder{ID: uuid.NewString(), Address: n.cfg.NodeURL}
	if n.me.Address == "" {
		n.me.Address = publicURL("", n.listener.Addr())
	}
	n.leases = &ours{db: n.db, taken: map[string]lease.Lease{}}
	if n.several() {
		n.leases = n.db
		if err := n.db.MoveIn(ctx); err != nil {
			return err
		}
		if err := alone(ctx, n.db, n.me); err != nil {
			return err
		}
		if n.others, err = n.openPeers(ctx); err != nil {
			return err
		}
	}
	n.theatre = theatre.New(theatre.Config{
		Leases: n.leases, By: n.me, Shows: n.listShows, Begin: n.beginShows, Open: n.openStage, Log: n.cfg.Log,
	})
	return nil
}

// looker tells whose a lease is, and gives it back (store.DB).
type looker interface {
	LookLease(ctx context.Context, name string) (lease.Lease, error)
	ReleaseLease(ctx context.Context, own lease.Lease) error
}

// alone refuses to start where another node of the record is reached already, as far
// as it is known: it has the ballots, and renews them. One that has them and does not
// was this one, in a life before: it is given back, so that nobody waits for its end.
func alone(ctx context.Context, db looker, me lease.Holder) error {
	first, err := db.LookLease(ctx, lease.Ballots)
	if err != nil || first.ID == "" || first.Address != me.Address {
		return err
	}
	for end := time.Now().Add(lease.Renewal + time.Second); time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lease.Renewal / 10):
		}
		now, err := db.LookLease(ctx, lease.Ballots)
		switch {
		case err != nil:
			return err
		case now.ID != first.ID:
			return nil
		case now.Until > first.Until:
			return badFlag("node-url", me.Address, "another node of the record is reached there: give each its own address")
		}
	}
	return db.ReleaseLease(ctx, first)
}

// ours are the leases of a record that this node has alone: each is taken once and
// stays its own, however long the base is away.
type ours struct {
	db lease.Store

	mu    sync.Mutex
	taken map[string]lease.Lease // guarded by mu
}

func (o *ours) TakeLease(ctx context.Context, name string, by lease.Holder) (own lease.Lease, ok bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if own, ok = o.taken[name]; ok {
		return own, true, nil
	}
	if own, ok, err = o.db.TakeLease(ctx, name, by); ok {
		o.taken[name] = own
	}
	return own, ok, err
}

func (*ours) RenewLease(_ context.Context, own lease.Lease) (lease.Lease, bool, error) {
	return own, true, nil
}

func (*ours) ReleaseLease(context.Context, lease.Lease) error { return nil }

// lease returns a lease that nobody else can have; among several nodes, none yet.
func (n *Node) lease(ctx context.Context, name string) (own lease.Lease, err error) {
	if !n.several() {
		own, _, err = n.leases.TakeLease(ctx, name, lease.Holder{ID: "alone"})
	}
	return own, err
}

func (n *Node) listShows(ctx context.Context) ([]contest.ShowID, error) {
	if err := n.loadPlans(ctx); err != nil { // it may hear of a new contest before the feed
		return nil, err
	}
	rows, _, err := n.shows.stored(ctx)
	return slices.Sorted(maps.Keys(rows)), err
}

// beginShows takes over from the node that had the shows: what it published is
// older than all that this one will, and what this one remembers is read again.
func (n *Node) beginShows(ctx context.Context, _ lease.Lease) error {
	if !n.several() {
		return nil
	}
	epoch, err := n.db.Counter(ctx, "start")
	if err != nil {
		return err
	}
	if err := n.box.Reload(ctx); err != nil {
		return err
	}
	if _, err := n.shows.loadCards(ctx); err != nil {
		return err
	}
	n.docs.begin(epoch)
	return n.openCameras(ctx)
}

// openStage makes the stage of a show that is to run here.
func (n *Node) openStage(ctx context.Context, id contest.ShowID, own lease.Lease) (*stage.Stage, error) {
	defer n.hub.Changed("on/" + string(id.Live())) // which this node says from now on
	n.shows.adding.Lock()
	defer n.shows.adding.Unlock()
	if sh, err := n.shows.find(id); err == nil && sh.own.Epoch == own.Epoch && !sh.ran.Swap(true) {
		return sh.Stage, nil
	}
	rows, _, err := n.shows.stored(ctx)
	if err != nil {
		return nil, err
	}
	if row, ok := rows[id]; ok {
		if err := n.shows.add(ctx, id, row, own); err != nil {
			return nil, err
		}
		if n.several() { // a new stage counts its documents anew, above what the one before told
			epoch, err := n.db.Counter(ctx, "start")
			if err != nil {
				return nil, err
			}
			n.docs.begin(epoch)
		}
		for _, b := range n.box.Ballots() {
			if b.Show == id {
				n.shows.Announce(b.ID)
			}
		}
	}
	sh, err := n.shows.find(id)
	if err != nil {
		return nil, err
	}
	sh.ran.Store(true)
	return sh.Stage, nil
}
