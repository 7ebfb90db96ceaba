package webrtc

import (
	"time"

	"hecai/fault"
)

// Guest is whom a connection is for, as Authorize found.
type Guest struct {
	Key  string // the identity that Kick names; "" for the public, which has none
	From string // where it comes from, for the bound on one address; "" is an address too
	Crew bool   // may take the places kept for who runs the show

	owner string // digest of the credentials: who may patch or delete; "" anyone with the id
}

// Bounds of who watches, as parts of Config.MaxViewers. An offer costs its
// sender nothing, so a place is the guest's only once the connection stands;
// and no one address can have all of them, however many phones are behind it.
const (
	waitingPart = 4 // offers whose connection does not stand yet: a quarter
	crowdPart   = 4 // what one address leaves to all others: a quarter
	keptMost    = 100
)

// crowd counts the viewers; the server's mu guards it.
type crowd struct {
	all     int
	from    map[string]int // viewers that are not crew, by address
	waiting map[string]int // of those, whose connection does not stand yet
	pending int            // all that wait
}

// kept is how many places are for the crew alone.
func (s *Server) kept() int { return min(keptMost, s.cfg.MaxViewers/10) }

// full refuses a viewer for whom there is no place; the caller holds mu.
func (s *Server) full(g Guest) error {
	most, one := s.cfg.MaxViewers, s.cfg.MaxViewers
	if !g.Crew {
		most -= s.kept()
		one -= s.cfg.MaxViewers / crowdPart
	}
	if s.crowd.all >= most || !g.Crew && s.crowd.from[g.From] >= max(one, 1) {
		return fault.New(fault.Unavailable, "stream.full", "%d viewers, %d from %q", s.crowd.all, s.crowd.from[g.From], g.From).After(10 * time.Second)
	}
	return nil
}

// seat gives the viewer a place. When too many offers wait for a connection, it
// returns the one to end for it: the oldest of the address that has most. The
// caller holds mu.
func (s *Server) seat(p *peer) (out *peer, err error) {
	if err := s.full(p.guest); err != nil {
		return nil, err
	}
	s.crowd.all++
	if p.guest.Crew {
		return nil, nil
	}
	s.crowd.from[p.guest.From]++
	if p.connected.Load() {
		return nil, nil
	}
	if s.crowd.pending >= max(s.cfg.MaxViewers/waitingPart, 1) {
		out = s.eldest()
	}
	p.waits = true
	s.crowd.waiting[p.guest.From]++
	s.crowd.pending++
	return out, nil
}

// eldest is the oldest waiting offer of the address with most of them.
func (s *Server) eldest() *peer {
	from, most := "", 0
	for a, n := range s.crowd.waiting {
		if n > most {
			from, most = a, n
		}
	}
	var out *peer
	for _, p := range s.peers {
		if p.waits && p.guest.From == from && (out == nil || p.born.Before(out.born)) {
			out = p
		}
	}
	return out
}

// unseat frees the viewer's place; the caller holds mu.
func (s *Server) unseat(p *peer) {
	s.stands(p)
	s.crowd.all--
	if !p.guest.Crew {
		less(s.crowd.from, p.guest.From)
	}
}

// stands notes that the viewer no longer waits; the caller holds mu.
func (s *Server) stands(p *peer) {
	if p.waits {
		p.waits = false
		s.crowd.pending--
		less(s.crowd.waiting, p.guest.From)
	}
}

// less takes one from a count; a count of none is no key, for addresses come
// and go without end.
func less(m map[string]int, key string) {
	if m[key]--; m[key] <= 0 {
		delete(m, key)
	}
}

// Kick ends every connection of an identity, cameras and previews alike. Whoever
// calls it has taken the identity's rights away before, so that it can't come
// back; the relay's Kick lets go of the slots held for it.
func (s *Server) Kick(key string) {
	if key == "" {
		return
	}
	for _, p := range s.list(func(p *peer) bool { return p.guest.Key == key }) {
		s.drop(p, true)
	}
}
