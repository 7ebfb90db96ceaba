package hub

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"hecai/fault"
	"hecai/hub/wire"
)

// Bounds of one connection.
const (
	maxQueueBytes = 256 << 10 // of events; beyond it the client is too slow
	maxLossy      = 64        // danmaku waiting; beyond it the oldest go
	writeTimeout  = 10 * time.Second
	idleTimeout   = 60 * time.Second // without a pong or a frame
)

// Identity is who a socket speaks for, as Authenticate found.
type Identity struct {
	Role    string
	Roles   []string
	Name    string
	Session string
	Voter   int64
	Level   int
	Key     string // what Kick names
	Any     any    // the caller's own
}

// Conn is one socket.
type Conn struct {
	ID       string
	Identity Identity

	hub   *Hub
	ws    *websocket.Conn
	wake  chan struct{} // buffer 1
	done  chan struct{}
	limit *rate.Limiter
	pings atomic.Int32

	mu      sync.Mutex
	queue   []entry           // guarded by mu
	bytes   int               // guarded by mu; of events in queue
	lossy   int               // guarded by mu
	pending map[*topic]*delta // guarded by mu; state topics in queue
	topics  map[*topic]int64  // guarded by mu; last version written
	closing bool              // guarded by mu
	code    int               // guarded by mu; close code
	seen    Seen              // guarded by mu
}

// Seen is what a screen said it shows.
type Seen struct {
	Topic string
	V     int64
	Scene string
	At    int64 // unix ms
}

// entry is one thing to write: a state topic that changed, or a frame.
type entry struct {
	state *topic
	data  []byte
	event bool
	lossy bool
	ping  bool
}

// delta is the newest unwritten change of a state topic. A nil frame means that
// more than one change waits, so the snapshot is sent in their place.
type delta struct {
	v     int64
	frame []byte
}

// push queues a frame. It never blocks; an event that does not fit ends the
// connection, because an event is never dropped while connected.
func (c *Conn) push(e entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	switch {
	case e.lossy:
		if c.lossy >= maxLossy {
			c.dropLossy()
		}
		c.lossy++
	case e.event:
		if c.bytes+len(e.data) > maxQueueBytes {
			c.end(wire.CloseSlow)
			return
		}
		c.bytes += len(e.data)
	}
	c.queue = append(c.queue, e)
	c.signal()
}

// dropLossy removes the oldest lossy frame.
func (c *Conn) dropLossy() {
	for i, e := range c.queue {
		if e.lossy {
			c.queue = append(c.queue[:i], c.queue[i+1:]...)
			c.lossy--
			return
		}
	}
}

// pushState queues a change of a state topic, or folds it into the one that
// waits: a slow client gets the latest value and skips the ones between.
func (c *Conn) pushState(t *topic, v int64, frame []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	if p, waiting := c.pending[t]; waiting {
		p.v, p.frame = v, nil
		return
	}
	c.pending[t] = &delta{v: v, frame: frame}
	c.queue = append(c.queue, entry{state: t})
	c.signal()
}

func (c *Conn) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Close ends the connection with a close code, after what is queued.
func (c *Conn) Close(code int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end(code)
}

func (c *Conn) end(code int) {
	if c.closing {
		return
	}
	c.closing, c.code = true, code
	if code == wire.CloseSlow {
		c.queue = nil
	}
	c.signal()
}

// take returns what waits, and whether the connection ends after it.
func (c *Conn) take() (batch []entry, code int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	batch, c.queue, c.bytes, c.lossy = c.queue, nil, 0, 0
	if c.closing {
		code = c.code
	}
	return batch, code
}

// write is the connection's writer goroutine: the only one that writes.
func (c *Conn) write() {
	defer c.ws.Close()
	for {
		select {
		case <-c.wake:
		case <-c.done:
			return
		}
		batch, code := c.take()
		c.ws.SetWriteDeadline(time.Now().Add(writeTimeout))
		for _, e := range batch {
			if err := c.writeEntry(e); err != nil {
				return
			}
		}
		if code != 0 {
			reason := wire.Reason(code)
			c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(time.Second))
			return
		}
	}
}

func (c *Conn) writeEntry(e entry) error {
	switch {
	case e.ping:
		return c.ws.WriteMessage(websocket.PingMessage, nil)
	case e.state == nil:
		return c.ws.WriteMessage(websocket.TextMessage, e.data)
	}
	c.mu.Lock()
	p := c.pending[e.state]
	delete(c.pending, e.state)
	at, subscribed := c.topics[e.state]
	c.mu.Unlock()
	if p == nil || !subscribed || p.v <= at {
		return nil
	}
	v, frame := p.v, p.frame
	if frame == nil || at != p.v-1 {
		v, frame = e.state.snap()
	}
	if err := c.ws.WriteMessage(websocket.TextMessage, frame); err != nil {
		return err
	}
	c.mu.Lock()
	if _, still := c.topics[e.state]; still {
		c.topics[e.state] = v
	}
	c.mu.Unlock()
	return nil
}

// read is the connection's reader: it ends when the socket does.
func (c *Conn) read(ctx context.Context) {
	extend := func(string) error { return c.ws.SetReadDeadline(time.Now().Add(idleTimeout)) }
	extend("")
	c.ws.SetPongHandler(extend)
	for {
		kind, data, err := c.ws.ReadMessage()
		if err != nil {
			if errors.Is(err, websocket.ErrReadLimit) {
				c.Close(wire.CloseTooLarge)
			}
			return
		}
		extend("")
		if kind != websocket.TextMessage {
			c.Close(wire.CloseMalformed)
			return
		}
		in, err := wire.Decode(data)
		if err != nil {
			c.Close(wire.CloseMalformed)
			return
		}
		if !c.limit.Allow() {
			c.refuse(in.ID, fault.New(fault.Limited, "access.too_fast", "frames").With("seconds", 1))
			continue
		}
		c.handle(ctx, in)
	}
}

func (c *Conn) handle(ctx context.Context, in wire.Inbound) {
	switch in.T {
	case "sub", "unsub":
		names, err := in.Names()
		if err != nil {
			c.refuse(in.ID, err)
			return
		}
		for _, name := range names {
			if in.T == "unsub" {
				c.hub.unsubscribe(c, name)
			} else if err := c.hub.subscribe(c, name, in.Since); err != nil {
				c.refuse(in.ID, err)
			}
		}
	case "req":
		out, err := c.hub.cfg.Handle(ctx, c, in.Method, in.Body)
		if err != nil {
			c.refuse(in.ID, err)
			return
		}
		c.push(entry{data: wire.Reply(in.ID, out)})
	case "seen":
		var name string
		if json.Unmarshal(in.Topics, &name) == nil {
			c.mu.Lock()
			c.seen = Seen{Topic: name, V: in.V, Scene: in.Scene, At: c.hub.cfg.Now().UnixMilli()}
			c.mu.Unlock()
		}
	default:
		c.refuse(in.ID, fault.New(fault.Invalid, "wire.unknown_type", "type %q", in.T))
	}
}

func (c *Conn) refuse(id int64, err error) {
	f := fault.Of(err)
	c.push(entry{data: wire.Refuse(id, wire.Refusal{Code: f.Code, Kind: string(f.Kind), Args: f.Args})})
}
