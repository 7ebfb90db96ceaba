package node

import (
	"context"
	"sync"
	"time"

	"hecai/contest"
	"hecai/fault"
)

// facts remembers the sessions whose stored facts are not what was written.
type facts struct {
	mu  sync.Mutex
	bad map[contest.ShowID]bool // guarded by mu
}

func (f *facts) forged(id contest.ShowID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.bad[id]
}

func (f *facts) any() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.bad) > 0
}

// checkFacts checks every session's facts against their chain, once after the
// start and beside the traffic, as soon as the record can be read.
func (n *Node) checkFacts(ctx context.Context) error {
	for _, s := range n.shows.list() {
		for {
			_, _, err := n.db.VerifyFacts(ctx, s.id)
			if fault.CodeOf(err) == "stage.broken_chain" {
				n.cfg.Log.Error("stored facts do not follow their chain", "session", s.id, "err", err)
				n.facts.mu.Lock()
				if n.facts.bad == nil {
					n.facts.bad = map[contest.ShowID]bool{}
				}
				n.facts.bad[s.id] = true
				n.facts.mu.Unlock()
			}
			if fault.KindOf(err) != fault.Unavailable {
				break
			}
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(logsRetry):
			}
		}
	}
	<-ctx.Done()
	return nil
}

// watchStore keeps asking whether votes could be stored, so that the desk knows
// before a voter does.
func (n *Node) watchStore(ctx context.Context) error {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		_ = n.db.Probe(ctx) // it remembers
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
