package node

import (
	"context"
	"time"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/office"
)

const (
	usesEvery    = 15 * time.Second // between two writes of when links were used
	usesPatience = 2 * time.Second  // with the last one, at a stop
)

// keepUses writes when links were used, in one go: nobody waits for it, and what is
// not written in time is told from memory meanwhile. A page that stays open is in use.
func (n *Node) keepUses(ctx context.Context) error {
	tick := time.NewTicker(usesEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), usesPatience)
			defer cancel()
			n.writeUses(last)
			return nil
		case <-tick.C:
			for _, id := range n.hub.Crew() {
				n.desk.Stays(identity(id))
			}
			n.writeUses(ctx)
		}
	}
}

func (n *Node) writeUses(ctx context.Context) {
	if err := n.desk.KeepUses(ctx); err != nil && fault.KindOf(err) != fault.Unavailable && ctx.Err() == nil {
		n.cfg.Log.Warn("the use of links can't be written", "err", err)
	}
}

// Here implements office.Shows.
func (s *shows) Here(id contest.ShowID) map[office.Seat]bool {
	out := map[office.Seat]bool{}
	sh, err := s.find(id)
	if err != nil {
		return out
	}
	for _, p := range sh.present() {
		out[office.Seat{Role: access.Role(p.Role), Name: p.Name}] = true
	}
	for _, c := range s.n.relay.Cameras(string(id)) {
		if c.State == "live" { // from OBS it has no page
			out[office.Seat{Role: access.Broadcaster, Name: c.Name}] = true
		}
	}
	return out
}
