package hub

import (
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// lobby holds the sockets that have not said yet who they are, and those that
// were turned away and are not gone. Opening one costs a stranger nothing, so
// their number is bounded, in all and from one network, and whoever fills the
// lobby turns out their own oldest: an honest client needs one round trip and is
// in, behind the same address too.
type lobby struct {
	most int

	mu   sync.Mutex
	from map[string][]*guest // guarded by mu; oldest first
	n    int                 // guarded by mu
}

type guest struct {
	ws *websocket.Conn
}

func newLobby(most int) *lobby { return &lobby{most: most, from: map[string][]*guest{}} }

// enter takes a socket in; leave lets go of it, and may be called twice.
func (l *lobby) enter(ws *websocket.Conn, from string) (leave func()) {
	g := &guest{ws}
	l.mu.Lock()
	var out *guest
	switch {
	case len(l.from[from]) >= max(1, l.most/2):
		out = l.from[from][0]
		l.drop(from, out)
	case l.n >= l.most:
		out = l.crowded()
	}
	l.from[from] = append(l.from[from], g)
	l.n++
	l.mu.Unlock()
	if out != nil {
		out.ws.Close()
	}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.drop(from, g)
	}
}

// crowded takes out the oldest of the address that has most; the caller holds
// mu.
func (l *lobby) crowded() *guest {
	from := ""
	for a, list := range l.from {
		if len(list) > len(l.from[from]) {
			from = a
		}
	}
	g := l.from[from][0]
	l.drop(from, g)
	return g
}

func (l *lobby) drop(from string, g *guest) {
	list := l.from[from]
	for i, have := range list {
		if have == g {
			l.n--
			if list = append(list[:i:i], list[i+1:]...); len(list) == 0 {
				delete(l.from, from)
			} else {
				l.from[from] = list
			}
			return
		}
	}
}

func remoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// sendBuffer is what the kernel queues for a socket, bytes; Linux doubles it for
// its own needs. Without it, it takes megabytes of one that does not read before
// a write blocks and anyone notices.
const sendBuffer = 32 << 10

// bound limits what the kernel queues for the socket, and how long it keeps
// trying to deliver it, or waits for a window that stays shut.
func bound(c net.Conn, patience time.Duration) error {
	for { // TLS and the like wrap the connection
		inner, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		c = inner.NetConn()
	}
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return nil
	}
	if err := tcp.SetWriteBuffer(sendBuffer); err != nil {
		return err
	}
	return setUserTimeout(tcp, patience)
}
