// Package hubtest starts what the hub's tests and its benchmark need: a hub
// behind a real HTTP server, sockets that behave and sockets that do not, a
// Redis of its own, and the contract that every broker keeps. A Rig is safe for
// concurrent use; only tests import it.
package hubtest

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"hecai/hub"
	"hecai/hub/client"
)

// Patience is how long a test waits for what must come. Machines are shared.
const Patience = time.Minute

// Rig is a running hub with an address, and its source.
type Rig struct {
	Hub   *hub.Hub
	URL   string // ws://…
	Shelf *Shelf // nil: the test has a source of its own
}

// Put puts a document on the shelf and says so to the hub.
func (r *Rig) Put(topic string, doc any) hub.Version {
	v := r.Shelf.Put(topic, doc)
	r.Hub.Changed(topic)
	return v
}

// Version is the newest version of a topic.
func (r *Rig) Version(topic string) hub.Version {
	_, newest := r.Hub.Version(topic)
	return newest
}

// Start runs a hub until the test ends. What cfg leaves out is filled: any
// ticket but "bad" names its holder, topics under "secret/" are forbidden, a
// request is answered with its own body, and the source is a shelf.
func Start(t testing.TB, cfg hub.Config) *Rig {
	t.Helper()
	if cfg.Source == nil {
		cfg.Source = &Shelf{}
	}
	if cfg.Authenticate == nil {
		cfg.Authenticate = func(_ context.Context, ticket string) (hub.Identity, error) {
			if ticket == "bad" {
				return hub.Identity{}, errors.New("no such ticket")
			}
			return hub.Identity{Role: "audience", Name: ticket, Key: ticket}, nil
		}
	}
	if cfg.Allow == nil {
		cfg.Allow = func(_ hub.Identity, topic string) bool { return !strings.HasPrefix(topic, "secret/") }
	}
	if cfg.Handle == nil {
		cfg.Handle = func(_ context.Context, _ *hub.Conn, _ string, body json.RawMessage) (any, error) { return body, nil }
	}
	h := hub.New(cfg)
	srv := httptest.NewServer(h)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := h.Run(ctx); err != nil {
			t.Errorf("hub.Run: %v", err)
		}
	})
	t.Cleanup(func() {
		end, done := context.WithTimeout(context.Background(), Patience)
		defer done()
		h.Drain(end, 0)
		cancel()
		running.Wait()
		srv.Close()
		if n := h.Count(); n != 0 {
			t.Errorf("%d sockets survive the drain", n)
		}
	})
	shelf, _ := cfg.Source.(*Shelf)
	return &Rig{Hub: h, URL: "ws" + strings.TrimPrefix(srv.URL, "http"), Shelf: shelf}
}

// Dial opens a well-behaved socket. At the end of the test it is closed, and
// the test fails when the server broke the protocol on it.
func (r *Rig) Dial(t testing.TB, ticket string, onFrame func(client.Frame)) *client.Client {
	t.Helper()
	c, err := client.Dial(t.Context(), client.Config{URL: r.URL, Ticket: ticket, OnFrame: onFrame})
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() {
		c.Close()
		if err := c.Err(); err != nil {
			t.Errorf("%s: the server broke the protocol: %v", ticket, err)
		}
	})
	return c
}

// Raw opens a socket that says nothing by itself. Its kernel buffer is small,
// so that one which does not read is soon full.
func (r *Rig) Raw(t testing.TB, header http.Header) *websocket.Conn {
	t.Helper()
	d := websocket.Dialer{NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if tcp, ok := c.(*net.TCPConn); ok {
			err = errors.Join(err, tcp.SetReadBuffer(32<<10))
		}
		return c, err
	}}
	ws, res, err := d.DialContext(t.Context(), r.URL, header)
	if err != nil {
		t.Fatalf("dial: %v (%v)", err, res)
	}
	t.Cleanup(func() { ws.Close() })
	return ws
}

// Say sends text frames as they are.
func Say(t testing.TB, ws *websocket.Conn, frames ...string) {
	t.Helper()
	for _, f := range frames {
		if err := ws.WriteMessage(websocket.TextMessage, []byte(f)); err != nil {
			t.Fatalf("send %.60s: %v", f, err)
		}
	}
}

// Next reads one frame.
func Next(t testing.TB, ws *websocket.Conn) client.Frame {
	t.Helper()
	ws.SetReadDeadline(time.Now().Add(Patience))
	_, data, err := ws.ReadMessage()
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	f := client.Frame{Raw: data}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatalf("frame %.60s: %v", data, err)
	}
	return f
}

// Closed reads until the server closes and returns the frames before it, the
// close code and its reason.
func Closed(t testing.TB, ws *websocket.Conn) (before []client.Frame, code int, reason string) {
	t.Helper()
	ws.SetReadDeadline(time.Now().Add(Patience))
	for {
		_, data, err := ws.ReadMessage()
		if ce := (*websocket.CloseError)(nil); errors.As(err, &ce) {
			return before, ce.Code, ce.Text
		}
		if err != nil {
			t.Fatalf("after %d frames no close frame but: %v", len(before), err)
		}
		f := client.Frame{Raw: data}
		if err := json.Unmarshal(data, &f); err != nil {
			t.Fatalf("frame %.60s: %v", data, err)
		}
		before = append(before, f)
	}
}

// Until waits until ok is true.
func Until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(Patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// Log keeps the frames of a socket in the order they came.
type Log struct {
	mu     sync.Mutex
	frames []client.Frame // guarded by mu
}

// Add is a client.Config.OnFrame.
func (l *Log) Add(f client.Frame) {
	l.mu.Lock()
	l.frames = append(l.frames, f)
	l.mu.Unlock()
}

// Of returns the frames so far of a type and a topic.
func (l *Log) Of(kind, topic string) []client.Frame {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []client.Frame
	for _, f := range l.frames {
		if f.T == kind && f.K == topic {
			out = append(out, f)
		}
	}
	return out
}
