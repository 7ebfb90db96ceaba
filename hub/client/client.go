// Package client is the WebSocket client in Go: the synthetic phones of the
// demo, the load tests and the proofs use it. It applies snapshots and deltas,
// checks the sequence rules of PROTOCOL.md, and resumes. A Client is safe for
// concurrent use.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"hecai/hub/wire"
)

// Frame is a frame of the server.
type Frame struct {
	T    string          `json:"t"`
	K    string          `json:"k"`
	B    int64           `json:"b"`
	V    int64           `json:"v"`
	S    int64           `json:"s"`
	D    json.RawMessage `json:"d"`
	ID   int64           `json:"id"`
	Err  *wire.Refusal   `json:"err"`
	Now  int64           `json:"now"`
	Code int             `json:"code"`
	Wait int64           `json:"retryAfter"`
	Role string          `json:"role"`
	Raw  []byte          `json:"-"` // as it came

	Taken bool `json:"-"` // it changed a document, or is an event that was new
}

// lag is how long a node may be behind another: then an older document is asked
// for again, and believed the second time.
const lag = 3 * time.Second

// Config of a Client.
type Config struct {
	URL     string        // ws://host/ws
	Ticket  string        // one-use
	OnFrame func(Frame)   // every frame, in order, from the reader; nil: none
	After   *Client       // the socket before it, closed: it goes on from its documents and events; nil: there was none
	Quiet   time.Duration // without a frame until the socket counts as dead; 0: for ever
}

// Client is one socket.
type Client struct {
	ws  *websocket.Conn
	cfg Config

	mu      sync.Mutex
	next    int64                                 // guarded by mu
	waiting map[int64]chan Frame                  // guarded by mu
	docs    map[string]map[string]json.RawMessage // guarded by mu
	vers    map[string]int64                      // guarded by mu
	seqs    map[string]int64                      // guarded by mu
	counts  map[string]int64                      // guarded by mu; events by topic
	asked   map[string]bool                       // guarded by mu; a snapshot is on its way, and what comes before it is old
	older   map[string]bool                       // guarded by mu; a snapshot was older than what we have, and is asked for again
	broken  error                                 // guarded by mu; first breach of the protocol
	changed chan struct{}                         // guarded by mu; closed at each frame

	write sync.Mutex
	done  chan struct{}
	code  int // close code, valid after done
}

// Dial connects and authenticates.
func Dial(ctx context.Context, cfg Config) (*Client, error) {
	ws, _, err := websocket.DefaultDialer.DialContext(ctx, cfg.URL, nil)
	if err != nil {
		return nil, err
	}
	c := &Client{ws: ws, cfg: cfg, waiting: map[int64]chan Frame{}, docs: map[string]map[string]json.RawMessage{},
		vers: map[string]int64{}, seqs: map[string]int64{}, counts: map[string]int64{}, asked: map[string]bool{}, older: map[string]bool{},
		done: make(chan struct{}), changed: make(chan struct{})}
	if last := cfg.After; last != nil {
		c.docs, c.vers, c.seqs, c.counts, c.older = last.docs, last.vers, last.seqs, last.counts, last.older
	}
	if err := c.Send(map[string]any{"t": "auth", "ticket": cfg.Ticket}); err != nil {
		ws.Close()
		return nil, err
	}
	go c.read()
	return c, nil
}

// Send writes one frame.
func (c *Client) Send(v any) error {
	c.write.Lock()
	defer c.write.Unlock()
	c.ws.SetWriteDeadline(time.Now().Add(10 * time.Second))
	return c.ws.WriteJSON(v)
}

// Sub listens to topics; since holds the last event seen of those to resume.
func (c *Client) Sub(since map[string]int64, topics ...string) error {
	c.mu.Lock()
	for _, t := range topics {
		c.asked[t] = true
	}
	c.mu.Unlock()
	return c.Send(map[string]any{"t": "sub", "k": topics, "since": since})
}

// Refused is the error of a request.
type Refused struct{ wire.Refusal }

func (e *Refused) Error() string { return e.Code }

// Req sends a request and waits for its answer.
func (c *Client) Req(ctx context.Context, method string, body, out any) error {
	reply := make(chan Frame, 1)
	c.mu.Lock()
	c.next++
	id := c.next
	c.waiting[id] = reply
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiting, id)
		c.mu.Unlock()
	}()
	if err := c.Send(map[string]any{"t": "req", "id": id, "m": method, "d": body}); err != nil {
		return err
	}
	var f Frame
	select {
	case f = <-reply:
	case <-c.done:
		select {
		case f = <-reply: // it came before the close
		default:
			return errors.New("socket closed")
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	if f.Err != nil {
		return &Refused{*f.Err}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(f.D, out)
}

func (c *Client) read() {
	defer close(c.done)
	for {
		if c.cfg.Quiet > 0 {
			c.ws.SetReadDeadline(time.Now().Add(c.cfg.Quiet))
		}
		_, data, err := c.ws.ReadMessage()
		if err != nil {
			var ce *websocket.CloseError
			if errors.As(err, &ce) {
				c.code = ce.Code
			}
			return
		}
		f := Frame{Raw: data}
		if err := json.Unmarshal(data, &f); err != nil {
			c.breach(fmt.Errorf("frame is no JSON: %w", err))
			continue
		}
		f.Taken = c.apply(f)
		if c.cfg.OnFrame != nil {
			c.cfg.OnFrame(f)
		}
	}
}

func (c *Client) breach(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken == nil {
		c.broken = err
	}
}

// apply takes a frame, and reports whether it changed a document or was a new
// event.
func (c *Client) apply(f Frame) (taken bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fail := func(format string, args ...any) {
		if c.broken == nil {
			c.broken = fmt.Errorf(format, args...)
		}
	}
	switch f.T {
	case "snap":
		doc := map[string]json.RawMessage{}
		if err := json.Unmarshal(f.D, &doc); err != nil {
			fail("snapshot of %s: %v", f.K, err)
		}
		c.asked[f.K] = false
		if f.V < c.vers[f.K] {
			if c.cfg.After == nil {
				fail("%s went back from version %d to %d", f.K, c.vers[f.K], f.V)
			}
			if !c.older[f.K] { // of a node that lags behind; when it stays so, the numbers began anew
				c.older[f.K] = true
				time.AfterFunc(lag, func() { c.askAgain(f.K) })
				break
			}
		}
		c.docs[f.K], c.vers[f.K], c.older[f.K] = doc, f.V, false
		taken = true
	case "delta":
		have := c.vers[f.K]
		if c.asked[f.K] {
			break
		}
		if f.V <= have || f.B > have {
			fail("%s: delta from %d to %d on %d", f.K, f.B, f.V, have)
		}
		if f.B > have { // missed one: a fresh snapshot
			c.asked[f.K] = true
			go c.Sub(nil, f.K)
		}
		if f.V <= have || f.B > have {
			break
		}
		changed := map[string]json.RawMessage{}
		if err := json.Unmarshal(f.D, &changed); err != nil {
			fail("delta of %s: %v", f.K, err)
		}
		for k, v := range changed {
			if string(v) == "null" {
				delete(c.docs[f.K], k)
			} else if c.docs[f.K] != nil {
				c.docs[f.K][k] = v
			}
		}
		c.vers[f.K], c.older[f.K] = f.V, false
		taken = true
	case "ev":
		if last := c.seqs[f.K]; f.S <= last {
			fail("%s: event %d after %d", f.K, f.S, last)
			break
		}
		c.seqs[f.K] = f.S
		c.counts[f.K]++
		taken = true
	case "gap":
		c.seqs[f.K] = f.S
	case "re":
		if ch := c.waiting[f.ID]; ch != nil {
			ch <- f
		}
	}
	close(c.changed)
	c.changed = make(chan struct{})
	return taken
}

// askAgain asks again for a document that was older than ours, unless a newer one
// has come.
func (c *Client) askAgain(topic string) {
	c.mu.Lock()
	older := c.older[topic]
	c.mu.Unlock()
	if older {
		c.Sub(nil, topic)
	}
}

// Doc returns the document of a state topic as JSON, and its version.
func (c *Client) Doc(topic string) (json.RawMessage, int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.docs[topic] == nil {
		return nil, 0
	}
	b, err := json.Marshal(c.docs[topic])
	if err != nil {
		return nil, 0
	}
	return b, c.vers[topic]
}

// Seq returns the last event of a topic.
func (c *Client) Seq(topic string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seqs[topic]
}

// Count returns how many events of a topic came.
func (c *Client) Count(topic string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts[topic]
}

// Wait waits until ok is true, looking after each frame.
func (c *Client) Wait(ctx context.Context, ok func() bool) error {
	for {
		c.mu.Lock()
		changed := c.changed
		c.mu.Unlock()
		if ok() {
			return nil
		}
		select {
		case <-changed:
		case <-c.done:
			return errors.New("socket closed")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Err is the first breach of the protocol that the server committed.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.broken
}

// Done is closed when the socket is; CloseCode tells why afterwards.
func (c *Client) Done() <-chan struct{} { return c.done }

// CloseCode is the close code, 0 when the socket broke without one. It is valid
// after Done.
func (c *Client) CloseCode() int { return c.code }

// Close closes the socket.
func (c *Client) Close() error {
	err := c.ws.Close()
	<-c.done
	return err
}
