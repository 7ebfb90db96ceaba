package hub

// Presence is the open sockets of one name in a role of a session: of a screen, a
// judge.
type Presence struct {
	Role, Name string
	Sockets    int
	Seen       Seen // of the one that is furthest behind, of those that said
}

// With is the presence of the same one here and at another node.
func (p Presence) With(o Presence) Presence {
	p.Sockets += o.Sockets
	if o.Seen.At > 0 && (p.Seen.At == 0 || o.Seen.V < p.Seen.V) {
		p.Seen = o.Seen
	}
	return p
}

// presence is who of the crew is here, counted. The crew are those who rank above
// all of Kept: few, so that who asks for them does not walk through the house.
type presence map[seat]map[*Conn]struct{}

type seat struct{ session, role, name string }

func seatOf(id Identity) seat { return seat{id.Session, id.Role, id.Name} }

func (p presence) enter(c *Conn) {
	s := seatOf(c.Identity)
	if p[s] == nil {
		p[s] = map[*Conn]struct{}{}
	}
	p[s][c] = struct{}{}
}

func (p presence) leave(c *Conn) {
	s := seatOf(c.Identity)
	if delete(p[s], c); len(p[s]) == 0 {
		delete(p, s)
	}
}

// Present lists the crew of a session, each name once.
func (h *Hub) Present(session string) []Presence {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []Presence
	for s, conns := range h.present {
		if s.session != session {
			continue
		}
		p := Presence{Role: s.role, Name: s.name}
		for c := range conns {
			p = p.With(Presence{Sockets: 1, Seen: c.saw()})
		}
		out = append(out, p)
	}
	return out
}

// Crew lists the identities of the crew's sockets, one a socket.
func (h *Hub) Crew() []Identity {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []Identity
	for _, conns := range h.present {
		for c := range conns {
			out = append(out, c.Identity)
		}
	}
	return out
}

// Crowd is the number of sockets on a topic, of the roles.
func (h *Hub) Crowd(name string, roles ...string) int {
	t := h.topic(name)
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, role := range roles {
		n += t.roles[role]
	}
	return n
}
