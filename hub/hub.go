// Package hub carries one payload to every socket. It owns the WebSocket
// connections, the topics and who listens to which; what the payloads mean is
// not its business. Documents are asked for, events are told. A frame is encoded
// once and shared; a publisher never waits for a socket; a slow client of a state topic gets the latest value and
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
	// Inner is the topic that a socket calls by a name, Outer what every socket that
	// may hear a topic calls it. Nil: the name is the topic.
	Inner func(id Identity, name string) string
	Outer func(topic string) string
	// Source has the documents of the state topics. Nil: there are none but other
	// nodes'.
	Source Source
	// Conflate gives the tick of a state topic, the least time between two versions;
	// 0 asks for each change at once.
	Conflate func(topic string) time.Duration
	// Lossy says whether an event topic may drop its oldest for a slow client.
	Lossy func(topic string) bool
	// Broker carries frames between nodes. Nil: one node.
	Broker Broker

	// Idle is how long a socket may be silent, pongs included, before it is
	// closed; it is pinged every 20 s. 0: 60 s.
	Idle     time.Duration
	MaxConns int // 0: 50,000
	// Rank says how much a socket matters to the show, from 0 up; Kept[i] places
	// of MaxConns are for those who rank above i. Nil: all rank 0. So visitors are
	// refused first, and never use up what the crew needs.
	Rank func(Identity) int
	Kept []int
	// Share is how many sockets of one network there may be, but for those who rank
	// above all of Kept: so a crowd leaves places in what its network may open at
	// all. 0: no bound. Network names the network of a request. Nil: its
	// remote IP address.
	Share   int
	Network func(*http.Request) string
	// WriteTimeout is how long one small frame may take, in either direction, or all
	// that is left at the close, before the socket counts as dead; the kernel gives up
	// bytes that are not acknowledged after three times that. 0: 10 s.
	WriteTimeout time.Duration
	// MaxWaiting bounds the sockets that have not said yet who they are, and half of
	// it those of one network; beyond it the oldest goes, of the network that has most
	// or too many. 0: 4,096.
	MaxWaiting int
	Log        *slog.Logger // nil: discard
	Now        func() time.Time
}

// Hub is the switchboard.
type Hub struct {
	cfg      Config
	upgrader websocket.Upgrader
	lobby    *lobby
	asking   asking
	count    atomic.Int64

	mu       sync.Mutex
	conns    map[*Conn]struct{} // guarded by mu
	present  presence           // guarded by mu
	nets     map[string]int     // guarded by mu; of those who do not rank above all of Kept, by network
	topics   map[string]*topic  // guarded by mu
	draining bool               // guarded by mu
}

// nothing is the source of a hub that has none.
type nothing struct{}

// Document implements Source.
func (nothing) Document(string) (any, Version) { return nil, Version{} }

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
	if cfg.WriteTimeout == 0 {
		cfg.WriteTimeout = 10 * time.Second
	}
	if cfg.Broker == nil {
		cfg.Broker = NewMemoryBroker()
	}
	if cfg.MaxWaiting == 0 {
		cfg.MaxWaiting = 4096
	}
	if cfg.Inner == nil {
		cfg.Inner = func(_ Identity, name string) string { return name }
	}
	if cfg.Outer == nil {
		cfg.Outer = func(topic string) string { return topic }
	}
	if cfg.Network == nil {
		cfg.Network = remoteIP
	}
	if cfg.Source == nil {
		cfg.Source = nothing{}
	}
	h := &Hub{cfg: cfg, lobby: newLobby(cfg.MaxWaiting), asking: asking{topics: map[string]turn{}, wake: make(chan struct{}, 1)}, conns: map[*Conn]struct{}{}, present: presence{}, nets: map[string]int{}, topics: map[string]*topic{}}
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
	if err := bound(ws.NetConn(), 3*h.cfg.WriteTimeout); err != nil {
		h.cfg.Log.Debug("socket buffers not bounded", "err", err)
	}
	go h.serve(ws, h.cfg.Network(r))
}

// serve is the life of a socket.
func (h *Hub) serve(ws *websocket.Conn, network string) {
	leave := h.lobby.enter(ws, network)
	defer leave() // one that is refused waits in the lobby until it is gone
	id, code := h.authenticate(ws)
	if code != 0 {
		sendClose(ws, code)
		linger(ws)
		return
	}
	c := &Conn{
		ID: newID(), Identity: id, network: network, hub: h, ws: ws, wake: make(chan struct{}, 1), done: make(chan struct{}),
		limit: rate.NewLimiter(frameRate, frameBurst), pending: map[*topic]*delta{}, topics: map[*topic]*place{},
	}
	if !h.add(c) {
		sendClose(ws, wire.CloseTooMany)
		linger(ws)
		return
	}
	leave()
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
	late := time.Now().Add(authTimeout)
	ws.SetReadDeadline(late)
	in, err := readFrame(ws, func() time.Time { return late })
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
	rank := h.rank(c.Identity)
	if h.draining || len(h.conns) >= h.places(rank) {
		return false
	}
	if rank < len(h.cfg.Kept) {
		if h.cfg.Share > 0 && h.nets[c.network] >= h.cfg.Share {
			return false
		}
		h.nets[c.network]++
	} else {
		h.present.enter(c)
	}
	h.conns[c] = struct{}{}
	h.count.Store(int64(len(h.conns)))
	return true
}

func (h *Hub) rank(id Identity) int {
	if h.cfg.Rank == nil {
		return 0
	}
	return h.cfg.Rank(id)
}

// places is how many sockets there may be for one of the rank to come in.
func (h *Hub) places(rank int) int {
	n := h.cfg.MaxConns
	for above, kept := range h.cfg.Kept {
		if rank <= above {
			n -= kept
		}
	}
	return n
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
	if h.rank(c.Identity) < len(h.cfg.Kept) {
		if h.nets[c.network]--; h.nets[c.network] == 0 {
			delete(h.nets, c.network)
		}
	} else {
		h.present.leave(c)
	}
	h.count.Store(int64(len(h.conns)))
	h.mu.Unlock()
}

func (h *Hub) topic(name string) *topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	t, ok := h.topics[name]
	if !ok {
		t = &topic{name: name, said: h.cfg.Outer(name), subs: map[*Conn]struct{}{}, roles: map[string]int{}}
		h.topics[name] = t
	}
	return t
}

func (h *Hub) subscribe(c *Conn, name string, since map[string]int64) error {
	if !h.cfg.Allow(c.Identity, name) {
		return fault.New(fault.Forbidden, "wire.topic", "%s may not hear %s", c.Identity.Role, name).With("topic", h.cfg.Outer(name))
	}
	seq, resume := since[h.cfg.Outer(name)]
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

// Event sends an event. Numbers grow; one that does not is a repeat.
func (h *Hub) Event(name string, seq int64, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	t := h.topic(name)
	t.pub.Lock()
	defer t.pub.Unlock()
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
	t.take(m.Doc, m.Version)
}

// Run beats the heart, asks for what has changed and mirrors other nodes until
// ctx ends.
func (h *Hub) Run(ctx context.Context) error {
	var ask sync.WaitGroup
	ask.Go(func() { h.askAll(ctx) })
	defer ask.Wait()
	done := make(chan error, 1)
	go func() { done <- h.cfg.Broker.Run(ctx, h.mirror) }()
	tick := time.NewTicker(wire.Heartbeat * time.Millisecond)
	defer tick.Stop()
	ended := false
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			if !ended {
				<-done
			}
			return nil
		case err := <-done:
			// Phones here are served on; only the other nodes are not heard.
			h.cfg.Log.Error("the broker ended", "err", err)
			ended, done = true, nil
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

// Version is the version since which a state topic shows what it shows, and the
// newest, at which it still did; both zero without a document.
func (h *Hub) Version(name string) (since, newest Version) {
	t := h.topic(name)
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.since, t.version
}

// Drain tells every socket when to come back, spread over the window, and
// closes them; a request in hand is answered first. Nobody new comes in after
// it. When ctx ends it waits no longer.
func (h *Hub) Drain(ctx context.Context, window time.Duration) {
	h.mu.Lock()
	h.draining = true
	h.mu.Unlock()
	for _, c := range h.list() {
		after := time.Second + time.Duration(mathrand.Int64N(int64(window)+1))
		c.retire(wire.Bye(wire.CloseRestart, after.Milliseconds()), wire.CloseRestart)
	}
	for h.Count() > 0 && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	for _, c := range h.list() { // those whose request has no answer yet
		c.Close(wire.CloseRestart)
	}
}
