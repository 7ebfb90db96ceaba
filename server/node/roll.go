package node

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"hecai/access"
	"hecai/contest"
	"hecai/hub"
	"hecai/hub/redisbus"
)

// roll is the roll call of the nodes of a record, over the bus: each says once a
// second who is there with it, and at once what the others should look at. Nothing
// rests on its being heard. Who was not heard for a while is not counted, rights
// are looked up in the record once a second anyhow, and a node that is deaf
// remembers nothing of devices.
type roll struct {
	n *Node
	*redisbus.Bus

	mu     sync.Mutex
	others map[string]called    // guarded by mu; by node
	heard  map[string]time.Time // guarded by mu; when a node called last
	proven []device             // guarded by mu; lately, the oldest first
	deaf   time.Time            // guarded by mu; when the others were last not heard
	double time.Time            // guarded by mu; when another one said last that it is where this one is
}

// device is one that has proven something else, and when that was.
type device struct {
	uid string
	at  time.Time
}

// called is who was there with another node when it was heard last.
type called struct {
	here map[contest.ShowID]there
	at   time.Time
}

// there is who is at a show by one node: sockets of the audience, and the crew.
type there struct {
	Audience int            `json:"n,omitempty"`
	Crew     []hub.Presence `json:"crew,omitempty"`
}

// call is what a node says to the others. All of it may be lost, or come twice.
type call struct {
	Node   string                   `json:"node"`
	At     string                   `json:"at,omitempty"`     // its address
	Here   map[contest.ShowID]there `json:"here,omitempty"`   // nil: it does not say
	Look   bool                     `json:"look,omitempty"`   // the back office has changed something
	Kick   string                   `json:"kick,omitempty"`   // the key of one whose right may have ended
	Proven []string                 `json:"proven,omitempty"` // uids of devices
}

const (
	rollTopic = "nodes"          // which is no topic of the hub
	rollEvery = time.Second      //
	rollLife  = 3 * time.Second  // that a node is counted which is not heard
	tellAgain = 10 * time.Second // that a proven device is told of, since the bus may lose a word

	ticketSpan    = 2 * time.Minute // longer than any socket ticket is good, whatever the clocks say
	spendPatience = 2 * time.Second // with the record

	maxProven = 2000 // devices in one call; who is not told of is looked up by the way
)

func newRoll(n *Node, bus *redisbus.Bus) *roll {
	return &roll{n: n, Bus: bus, others: map[string]called{}, heard: map[string]time.Time{}, deaf: time.Now()}
}

// Run implements hub.Broker: the hub hears all but the calls, and by another way what
// the bus does not bring.
func (r *roll) Run(ctx context.Context, deliver func(hub.Message)) error {
	var fetching sync.WaitGroup
	defer fetching.Wait()
	fetching.Go(func() { r.fetch(ctx, deliver) })
	return r.Bus.Run(ctx, func(m hub.Message) {
		if m.Topic != rollTopic {
			deliver(m)
			return
		}
		var c call
		if err := json.Unmarshal(m.Body, &c); err != nil {
			r.n.cfg.Log.Warn("a call of another node is not understood", "err", err)
			return
		}
		r.hear(c)
	})
}

func (r *roll) say(c call) {
	c.Node, c.At = r.n.me.ID, r.n.me.Address
	body, err := json.Marshal(c)
	if err != nil {
		r.n.cfg.Log.Error("a call can't be encoded", "err", err)
		return
	}
	r.Publish(hub.Message{Topic: rollTopic, Body: body})
}

func (r *roll) hear(c call) {
	if c.At == r.n.me.Address && c.Node != r.n.me.ID {
		r.mu.Lock()
		if r.double.IsZero() {
			r.n.cfg.Log.Error("another node says that it is reached at this one's address: give each its own --node-url", "address", c.At, "node", c.Node)
		}
		r.double = time.Now()
		r.mu.Unlock()
	}
	r.mu.Lock()
	r.heard[c.Node] = time.Now()
	r.mu.Unlock()
	if c.Here != nil {
		r.mu.Lock()
		r.others[c.Node] = called{c.Here, time.Now()}
		r.mu.Unlock()
	}
	for _, uid := range c.Proven {
		r.n.desk.Forget(uid)
	}
	if c.Look {
		r.n.feed.look()
	}
	if c.Kick != "" {
		go r.n.sweepKey(c.Kick) // which asks the record
	}
}

// run calls until ctx ends.
func (r *roll) run(ctx context.Context) error {
	tick := time.NewTicker(rollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if !r.Heard() {
			r.n.desk.Forget("")
			r.mu.Lock()
			r.deaf = time.Now()
			r.mu.Unlock()
		}
		c := call{Here: map[contest.ShowID]there{}}
		for _, sh := range r.n.shows.list() {
			if now := (there{sh.audienceHere(), r.n.hub.Present(string(sh.id))}); now.Audience > 0 || len(now.Crew) > 0 {
				c.Here[sh.id] = now
			}
		}
		r.mu.Lock()
		for len(r.proven) > 0 && time.Since(r.proven[0].at) > tellAgain {
			r.proven = r.proven[1:]
		}
		for _, d := range r.proven[max(0, len(r.proven)-maxProven):] {
			c.Proven = append(c.Proven, d.uid)
		}
		for node, last := range r.others {
			if time.Since(last.at) > rollLife {
				delete(r.others, node)
			}
		}
		for node, at := range r.heard {
			if time.Since(at) > rollLife {
				delete(r.heard, node)
			}
		}
		r.mu.Unlock()
		r.say(c)
	}
}

// doubled reports whether another node has said lately that it is reached where this
// one is: what is of the shows may be passed on to the wrong one.
func (r *roll) doubled() bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.double.IsZero() && time.Since(r.double) <= rollLife
}

// elsewhere is who is at a show by the other nodes, one entry a node. There is
// nobody for a node that is alone.
func (r *roll) elsewhere(show contest.ShowID) []there {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []there
	for _, last := range r.others {
		if at, ok := last.here[show]; ok && time.Since(last.at) <= rollLife {
			out = append(out, at)
		}
	}
	return out
}

// present lists the crew of a show at all nodes, each name once.
func (sh *show) present() []hub.Presence {
	type seat struct{ role, name string }
	seen := map[seat]int{}
	links := sh.id.Live() // whose links let them in, where they rehearse too
	out := sh.n.hub.Present(string(links))
	for i, p := range out {
		seen[seat{p.Role, p.Name}] = i
	}
	for _, at := range sh.n.roll.elsewhere(links) {
		for _, p := range at.Crew {
			i, known := seen[seat{p.Role, p.Name}]
			if !known {
				seen[seat{p.Role, p.Name}] = len(out)
				out = append(out, p)
				continue
			}
			out[i] = out[i].With(p)
		}
	}
	return out
}

// Proven implements access.Others.
func (r *roll) Proven(uid string) {
	r.mu.Lock()
	r.proven = append(r.proven, device{uid, time.Now()})
	r.mu.Unlock()
	r.say(call{Proven: []string{uid}})
}

// Spend implements access.Others. The audience comes by the thousand: its tickets are
// spent in Redis. Those of the crew are few, and are spent in the record as well, as
// are all while Redis is away and until those of that time are late: whoever says
// that a ticket was spent is believed. When neither answers none is good. So one
// that was spent before Redis lost its memory, or while it was away for some nodes
// only, may be good once more at another node, within its minute.
func (r *roll) Spend(ctx context.Context, nonce string, crew bool, until int64) (fresh bool, err error) {
	r.mu.Lock()
	sure := r.Heard() && time.Since(r.deaf) > ticketSpan
	r.mu.Unlock()
	ways := []func() (bool, error){func() (bool, error) { return r.Once(ctx, nonce, ticketSpan) }}
	if crew || !sure {
		ways = append(ways, func() (bool, error) {
			limited, cancel := context.WithTimeout(ctx, spendPatience)
			defer cancel()
			return r.n.db.SpendOnce(limited, nonce, until, r.n.cfg.Now().Add(-time.Minute).UnixMilli())
		})
	}
	for _, way := range ways {
		first, failed := way()
		if failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		if !first {
			return false, nil
		}
		fresh = true
	}
	if fresh {
		return true, nil
	}
	return false, err
}

var _ access.Others = (*roll)(nil)
