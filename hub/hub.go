// Package hub carries one payload to every socket. It owns the WebSocket
// connections, the topics and who listens to which; what the payloads mean is
// not its business. A frame is encoded once and shared; a publisher never
// waits for a socket; a slow client of a state topic gets the latest value and
// skips those between, and a client that cannot keep up with events is told to
// come back. All methods are safe for concurrent use.
package hub

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"hecai/fault"
	"hecai/hub/wire"
)

// authTimeout is how long a socket may stay silent before it says who it is.
const authTimeout = 5 * time.Second

// Config of a Hub. Authenticate, Allow and Handle are required.
type Config struct {
	// Origin says whether the Origin header may open a socket. Nil: same host,
	// or none at all; a socket is opened by a one-use ticket and not by a
	// cookie, so a client that is no browser need not send one.
	Origin func(*http.Request) bool
	// Authenticate spends the ticket of the first frame.
	Authenticate func(ctx context.Context, ticket string) (Identity, error)
	// Allow says who may listen to a topic.
	Allow func(id Identity, topic string) bool
	// Handle answers a request of a client.
	Handle func(ctx context.Context, c *Conn, method string, body json.RawMessage) (any, error)
	// Conflate gives the least time between two versions of a state topic; 0
	// sends each at once.
	Conflate func(topic string) time.Duration
	// Lossy says whether an event topic may drop its oldest for a slow client.
	Lossy func(topic string) bool
	// Broker carries frames between nodes. Nil: one node.
	Broker Broker

	// Idle is how long a socket may be silent, pongs included, before it is
	// closed; it is pinged every 20 s. 0: 60 s.
	Idle     time.Duration
	MaxConns int          // 0: 50,000
	Log      *slog.Logger // nil: discard
	Now      func() time.Time
}

// Hub is the switchboard.
type Hub struct {
	cfg      Config
	upgrader websocket.Upgrader
	epoch    int64 // first version and lossy sequence: unix ms of the start
	count    atomic.Int64

	mu       sync.Mutex
	conns    map[*Conn]struct{} // guarded by mu
	topics   map[string]*topic  // guarded by mu
	draining bool               // guarded by mu
}

// New returns a Hub.
func New(cfg Config) *Hub {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.MaxConns == 0 {
		cfg.MaxConns = 50_000
	}
	if cfg.Idle == 0 {
		cfg.Idle = time.Minute
	}
	if cfg.Broker == nil {
		cfg.Broker = NewMemoryBroker()
	}
	h := &Hub{cfg: cfg, epoch: cfg.Now().UnixMilli(), conns: map[*Conn]struct{}{}, topics: map[string]*topic{}}
	h.upgrader = websocket.Upgrader{
		HandshakeTimeout: authTimeout, ReadBufferSize: 512, WriteBufferPool: &sync.Pool{}, WriteBufferSize: 4096,
		CheckOrigin: cfg.Origin,
	}
	return h
}

// ServeHTTP upgrades a request to a socket and returns; the socket lives on in
// its own goroutines.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ws, err := h.upgrader.Upgrade(w, r, nil)
	if err != nil {
		h.cfg.Log.Debug("no upgrade", "err", err)
		return
	}
	go h.serve(ws)
}

// serve is the life of a socket.
func (h *Hub) serve(ws *websocket.Conn) {
	id, code := h.authenticate(ws)
	if code != 0 {
		sendClose(ws, code)
		linger(ws)
		return
	}
	c := &Conn{
		ID: newID(), Identity: id, hub: h, ws: ws, wake: make(chan struct{}, 1), done: make(chan struct{}),
		limit: rate.NewLimiter(20, 60), pending: map[*topic]*delta{}, topics: map[*topic]*place{},
	}
	if !h.add(c) {
		sendClose(ws, wire.CloseTooMany)
		linger(ws)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c.push(entry{data: wire.Hello(c.ID, id.Role, h.cfg.Now().UnixMilli())})
	writer := make(chan struct{})
	go func() { defer close(writer); c.write() }()
	c.read(ctx)
	h.remove(c)
	// A close that was asked for still goes out; a dead socket ends the writer.
	if !c.ending() {
		close(c.done)
		ws.Close()
	}
	<-writer
	linger(ws)
}

func (h *Hub) authenticate(ws *websocket.Conn) (Identity, int) {
	ws.SetReadDeadline(time.Now().Add(authTimeout))
	in, err := readFrame(ws)
	if code := closeCode(err, wire.CloseLate); code != 0 {
		return Identity{}, code
	}
	if err != nil || in.T != "auth" {
		return Identity{}, wire.CloseMalformed
	}
	ctx, cancel := context.WithTimeout(context.Background(), authTimeout)
	defer cancel()
	id, err := h.cfg.Authenticate(ctx, in.Ticket)
	if err != nil {
		return Identity{}, wire.CloseTicket
	}
	return id, 0
}

func newID() string {
	b := make([]byte, 8)
	rand.Read(b)
	return hex.EncodeToString(b)
}

func (h *Hub) add(c *Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining || len(h.conns) >= h.cfg.MaxConns {
		return false
	}
	h.conns[c] = struct{}{}
	h.count.Store(int64(len(h.conns)))
	return true
}

func (h *Hub) remove(c *Conn) {
	c.mu.Lock()
	topics := make([]*topic, 0, len(c.topics))
	for t := range c.topics {
		topics = append(topics, t)
	}
	c.mu.Unlock()
	for _, t := range topics {
		t.leave(c)
	}
	h.mu.Lock()
	delete(h.conns, c)
	h.count.Store(int64(len(h.conns)))
	h.mu.Unlock()
}

func (h *Hub) topic(name string) *topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	t, ok := h.topics[name]
	if !ok {
		t = &topic{name: name, subs: map[*Conn]struct{}{}}
		h.topics[name] = t
	}
	return t
}

func (h *Hub) subscribe(c *Conn, name string, since map[string]int64) error {
	if !h.cfg.Allow(c.Identity, name) {
		return fault.New(fault.Forbidden, "wire.topic", "%s may not hear %s", c.Identity.Role, name).With("topic", name)
	}
	seq, resume := since[name]
	h.topic(name).join(c, seq, resume)
	return nil
}

// unsubscribe makes no topic: names that a client invents must not stay.
func (h *Hub) unsubscribe(c *Conn, name string) {
	h.mu.Lock()
	t := h.topics[name]
	h.mu.Unlock()
	if t != nil {
		t.leave(c)
	}
}

// State makes doc the document of a state topic. Values are marshalled here;
// only top-level keys that changed are sent to who is in step.
func (h *Hub) State(name string, doc map[string]any) error {
	raw := make(map[string]json.RawMessage, len(doc))
	for k, v := range doc {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		raw[k] = b
	}
	t := h.topic(name)
	var every time.Duration
	if h.cfg.Conflate != nil {
		every = h.cfg.Conflate(name)
	}
	t.pub.Lock()
	defer t.pub.Unlock()
	// The first change after quiet goes out at once; then one a tick.
	t.mu.Lock()
	now := time.Now()
	rest := every - now.Sub(t.sent)
	queued := t.waiting != nil
	if queued || rest > 0 {
		t.waiting = raw
	} else {
		t.sent = now
	}
	t.mu.Unlock()
	switch {
	case queued:
	case rest > 0:
		time.AfterFunc(rest, func() { h.tick(t) })
	default:
		h.publish(t, raw)
	}
	return nil
}

// tick publishes the conflated document that waits.
func (h *Hub) tick(t *topic) {
	t.pub.Lock()
	defer t.pub.Unlock()
	t.mu.Lock()
	doc := t.waiting
	t.waiting, t.sent = nil, time.Now()
	t.mu.Unlock()
	h.publish(t, doc)
}

// publish needs t.pub: a version goes to the other nodes with its own document,
// and they hear versions in order.
func (h *Hub) publish(t *topic, doc map[string]json.RawMessage) {
	v := t.replace(doc, h.epoch)
	h.cfg.Broker.Publish(Message{Topic: t.name, Version: v, Doc: doc})
}

// Event sends an event. A seq of 0 lets the hub number it.
func (h *Hub) Event(name string, seq int64, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	t := h.topic(name)
	t.pub.Lock()
	defer t.pub.Unlock()
	if seq == 0 {
		t.mu.Lock()
		seq = max(t.seq+1, h.epoch)
		t.mu.Unlock()
	}
	t.event(seq, b, h.cfg.Lossy != nil && h.cfg.Lossy(name))
	h.cfg.Broker.Publish(Message{Topic: name, Seq: seq, Body: b})
	return nil
}

// mirror applies what another node published.
func (h *Hub) mirror(m Message) {
	t := h.topic(m.Topic)
	if m.Doc == nil {
		t.event(m.Seq, m.Body, h.cfg.Lossy != nil && h.cfg.Lossy(m.Topic))
		return
	}
	t.mirror(m.Doc, m.Version)
}

// Run beats the heart and mirrors other nodes until ctx ends.
func (h *Hub) Run(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- h.cfg.Broker.Run(ctx, h.mirror) }()
	tick := time.NewTicker(wire.Heartbeat * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			<-done
			return nil
		case err := <-done:
			return err
		case <-tick.C:
			beat := wire.Beat(h.cfg.Now().UnixMilli())
			for _, c := range h.list() {
				c.push(entry{data: beat, lossy: true})
				if n%4 == 3 {
					c.push(entry{ping: true, lossy: true})
				}
			}
		}
	}
}

func (h *Hub) list() []*Conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]*Conn, 0, len(h.conns))
	for c := range h.conns {
		out = append(out, c)
	}
	return out
}

// Count is the number of open sockets.
func (h *Hub) Count() int { return int(h.count.Load()) }

// Listeners is the number of sockets on a topic.
func (h *Hub) Listeners(name string) int {
	t := h.topic(name)
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.subs)
}

// Kick ends every socket of an identity key.
func (h *Hub) Kick(key string, code int) {
	for _, c := range h.list() {
		if c.Identity.Key == key {
			c.Close(code)
		}
	}
}

// Peer is an open socket of staff, a screen or a judge.
type Peer struct {
	Identity Identity
	Seen     Seen
}

// Peers lists the open sockets that want accepts.
func (h *Hub) Peers(want func(Identity) bool) []Peer {
	var out []Peer
	for _, c := range h.list() {
		if want(c.Identity) {
			c.mu.Lock()
			out = append(out, Peer{Identity: c.Identity, Seen: c.seen})
			c.mu.Unlock()
		}
	}
	return out
}

// Version is the newest version of a state topic.
func (h *Hub) Version(name string) int64 {
	t := h.topic(name)
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.version
}

// Drain tells every socket when to come back, spread over the window, and
// closes them. Nobody new comes in after it.
func (h *Hub) Drain(ctx context.Context, window time.Duration) {
	h.mu.Lock()
	h.draining = true
	h.mu.Unlock()
	for _, c := range h.list() {
		after := time.Second + time.Duration(mathrand.Int64N(int64(window)+1))
		c.push(entry{data: wire.Bye(wire.CloseRestart, after.Milliseconds())})
		c.Close(wire.CloseRestart)
	}
	for h.Count() > 0 && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
}
