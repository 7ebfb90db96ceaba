package storetest

import (
	"bytes"
	"math"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// Wire is a line to a PostgreSQL server that a test can make go silent or cut.
type Wire struct {
	Address string // of the database, through the wire

	mu     sync.Mutex
	wake   *sync.Cond
	up     bool // false: no byte passes to the server
	down   bool // false: no byte comes back
	refuse bool // new connections end at once
	lose   bool // the next COMMIT passes, its answer does not
	cut    int  // as many COMMITs pass and then their connection ends
	conns  map[net.Conn]bool
}

// NewWire makes a wire to the database of the address.
func NewWire(t testing.TB, database string) *Wire {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &Wire{Address: strings.Replace(database, u.Host, l.Addr().String(), 1), up: true, down: true, conns: map[net.Conn]bool{}}
	w.wake = sync.NewCond(&w.mu)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", u.Host)
			w.mu.Lock()
			if err != nil || w.refuse {
				near.Close()
				if far != nil {
					far.Close()
				}
				w.mu.Unlock()
				continue
			}
			w.conns[near], w.conns[far] = true, true
			w.mu.Unlock()
			all.Go(func() { w.pump(far, near, true) })
			all.Go(func() { w.pump(near, far, false) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		w.Speak()
		w.Cut()
		all.Wait()
	})
	return w
}

// pump moves bytes until either side ends.
func (w *Wire) pump(to, from net.Conn, up bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		w.mu.Lock()
		commit := up && bytes.Contains(buf[:n], []byte("Q\x00\x00\x00\x0bcommit\x00"))
		if commit && w.lose {
			w.lose, w.down = false, false
		}
		end := commit && w.cut > 0
		if end {
			w.cut--
		}
		for up && !w.up || !up && !w.down {
			w.wake.Wait()
		}
		w.mu.Unlock()
		if _, werr := to.Write(buf[:n]); werr != nil || err != nil || end {
			return
		}
	}
}

// Hush lets no byte pass in either direction until Speak.
func (w *Wire) Hush() { w.set(func() { w.up, w.down = false, false }) }

// Speak lets everything pass that was held back.
func (w *Wire) Speak() { w.set(func() { w.up, w.down = true, true }) }

// Refuse ends all connections, and with on every new one too.
func (w *Wire) Refuse(on bool) { w.set(func() { w.refuse = on }); w.Cut() }

// Cut ends all connections of the moment.
func (w *Wire) Cut() {
	w.set(func() {
		for c := range w.conns {
			c.Close()
			delete(w.conns, c)
		}
	})
}

// LoseCommit lets the next COMMIT pass to the server and, from then on, no
// answer of it until Speak.
func (w *Wire) LoseCommit() { w.set(func() { w.lose = true }) }

// CutCommit lets the next COMMIT pass to the server and ends its connection.
func (w *Wire) CutCommit() { w.set(func() { w.cut = 1 }) }

// CutCommits does so with every COMMIT while it is on.
func (w *Wire) CutCommits(on bool) {
	w.set(func() {
		if w.cut = 0; on {
			w.cut = math.MaxInt
		}
	})
}

func (w *Wire) set(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do()
	w.wake.Broadcast()
}
