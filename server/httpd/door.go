package httpd

import (
	"net"
	"net/http"
	"sync"

	"hecai/access"
)

// Bounds of connections. A hall of 4,000 behind one address opens about two for
// each phone: the page's, and its socket.
const (
	defaultConns = 40_000
	mostShare    = 0.6 // of all, that one network may have open
)

// Connections is how many connections fit into a limit of descriptors, with a
// reserve kept for the record, the media port and the files.
func Connections(descriptors uint64) int {
	reserve := max(64, descriptors/8)
	if descriptors <= reserve {
		return 1
	}
	return int(min(descriptors-reserve, defaultConns))
}

// Share is how many of all connections one network may have open.
func Share(conns int) int { return max(1, int(float64(conns)*mostShare)) }

// door bounds the open connections, all together and by network. Where there is
// no more room a newcomer takes the place of a connection that asks nothing: the
// one that has been idle for the longest of the network that has the most. Only
// when all are busy is the newcomer turned away.
type door struct {
	max, share int
	proxies    []*net.IPNet // have no share: they speak for many

	mu    sync.Mutex
	conns map[net.Conn]*guest // guarded by mu
	nets  map[string]*lobby   // guarded by mu
}

// guest is an open connection.
type guest struct {
	conn       net.Conn
	net        *lobby
	prev, next *guest // neighbours in the lobby, when it is idle
	idle       bool
}

// lobby is a network's connections.
type lobby struct {
	name string
	n    int
	// The idle ones, from the longest to the last.
	first, last *guest
}

func newDoor(most int, proxies []*net.IPNet) *door {
	if most == 0 {
		most = defaultConns
	}
	return &door{max: most, share: Share(most), proxies: proxies,
		conns: map[net.Conn]*guest{}, nets: map[string]*lobby{}}
}

// Listen bounds what comes in over l.
func (s *Server) Listen(l net.Listener) net.Listener { return listener{l, s.door} }

type listener struct {
	net.Listener
	door *door
}

// Accept returns the next connection that there is room for.
func (l listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		held := &heldConn{Conn: c, door: l.door}
		if l.door.enter(held) {
			return held, nil
		}
		c.Close()
	}
}

// heldConn gives its place back when it is closed, whoever closes it.
type heldConn struct {
	net.Conn
	door *door
	once sync.Once
}

func (c *heldConn) Close() error {
	c.once.Do(func() { c.door.leave(c) })
	return c.Conn.Close()
}

// NetConn is what is held, for who sets its buffers.
func (c *heldConn) NetConn() net.Conn { return c.Conn }

func (d *door) enter(c net.Conn) bool {
	address := forwarder(c.RemoteAddr().String())
	name := access.Network(address)
	d.mu.Lock()
	net, ok := d.nets[name]
	if !ok {
		net = &lobby{name: name}
		d.nets[name] = net
	}
	var out *guest
	full := false
	switch {
	case net.n >= d.share && !trusted(address, d.proxies):
		full, out = true, net.first
	case len(d.conns) >= d.max:
		full, out = true, d.longest()
	}
	if out != nil {
		d.drop(out)
	} else if full {
		if net.n == 0 {
			delete(d.nets, name)
		}
		d.mu.Unlock()
		return false
	}
	net.n++
	d.nets[name] = net // dropping its only guest took it off
	g := &guest{conn: c, net: net}
	d.conns[c] = g
	net.rest(g)
	d.mu.Unlock()
	if out != nil {
		out.conn.Close()
	}
	return true
}

// longest finds whom to send away. The caller holds mu. It looks at every
// network, but only while the house is full.
func (d *door) longest() *guest {
	var most *lobby
	for _, l := range d.nets {
		if l.first != nil && (most == nil || l.n > most.n) {
			most = l
		}
	}
	if most == nil {
		return nil
	}
	return most.first
}

func (d *door) leave(c net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if g := d.conns[c]; g != nil {
		d.drop(g)
	}
}

// drop forgets a guest. The caller holds mu.
func (d *door) drop(g *guest) {
	delete(d.conns, g.conn)
	g.net.work(g)
	if g.net.n--; g.net.n == 0 {
		delete(d.nets, g.net.name)
	}
}

// state follows what a connection does: new and idle ones may be sent away, at
// work and sockets may not.
func (d *door) state(c net.Conn, s http.ConnState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.conns[c]
	if g == nil {
		return
	}
	switch s {
	case http.StateIdle:
		g.net.work(g)
		g.net.rest(g)
	case http.StateActive, http.StateHijacked:
		g.net.work(g)
	}
}

// rest puts a guest at the end of the idle ones.
func (l *lobby) rest(g *guest) {
	g.idle, g.prev, g.next = true, l.last, nil
	if l.last != nil {
		l.last.next = g
	} else {
		l.first = g
	}
	l.last = g
}

// work takes a guest off the idle ones.
func (l *lobby) work(g *guest) {
	if !g.idle {
		return
	}
	if g.prev != nil {
		g.prev.next = g.next
	} else {
		l.first = g.next
	}
	if g.next != nil {
		g.next.prev = g.prev
	} else {
		l.last = g.prev
	}
	g.idle, g.prev, g.next = false, nil, nil
}
