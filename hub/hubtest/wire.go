package hubtest

import (
	"net"
	"sync"
	"testing"
)

// Wire stands between a node and a server, and can fall silent: what is sent over
// the connections of then is swallowed, and neither side learns of it. It can also
// refuse, which both sides learn at once.
type Wire struct {
	Addr string

	mu     sync.Mutex
	mute   bool                // guarded by mu; for new connections
	closed bool                // guarded by mu; to new connections
	conns  map[net.Conn]*gauge // guarded by mu
	done   sync.WaitGroup
}

type gauge struct {
	mu   sync.Mutex
	mute bool // guarded by mu
}

func (g *gauge) set(mute bool) { g.mu.Lock(); g.mute = mute; g.mu.Unlock() }

func (g *gauge) muted() bool { g.mu.Lock(); defer g.mu.Unlock(); return g.mute }

// NewWire starts a wire to the address, until the test ends.
func NewWire(t testing.TB, to string) *Wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &Wire{Addr: l.Addr().String(), conns: map[net.Conn]*gauge{}}
	w.done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.done.Go(func() { w.join(c, to) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		w.Cut()
		w.done.Wait()
	})
	return w
}

func (w *Wire) join(from net.Conn, address string) {
	defer from.Close()
	to, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer to.Close()
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return
	}
	g := &gauge{mute: w.mute}
	w.conns[from], w.conns[to] = g, g
	w.mu.Unlock()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
		both.Go(func() {
			defer from.Close()
			defer to.Close()
			buf := make([]byte, 32<<10)
			for {
				n, err := way[0].Read(buf)
				if err != nil {
					return
				}
				if g.muted() {
					continue
				}
				if _, err := way[1].Write(buf[:n]); err != nil {
					return
				}
			}
		})
	}
	both.Wait()
	w.mu.Lock()
	delete(w.conns, from)
	delete(w.conns, to)
	w.mu.Unlock()
}

// Hush swallows what goes over the connections that there are; new ones speak.
func (w *Wire) Hush() { w.each(func(_ net.Conn, g *gauge) { g.set(true) }) }

// Part swallows everything, on new connections too, until Mend. A connection that
// has lost bytes stays silent.
func (w *Wire) Part() { w.set(true, false); w.Hush() }

// Refuse ends all connections, and new ones at once, until Mend.
func (w *Wire) Refuse() { w.set(false, true); w.Cut() }

// Mend lets new connections speak.
func (w *Wire) Mend() { w.set(false, false) }

// Cut ends all connections.
func (w *Wire) Cut() { w.each(func(c net.Conn, _ *gauge) { c.Close() }) }

func (w *Wire) set(mute, closed bool) {
	w.mu.Lock()
	w.mute, w.closed = mute, closed
	w.mu.Unlock()
}

func (w *Wire) each(do func(net.Conn, *gauge)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c, g := range w.conns {
		do(c, g)
	}
}
