package hub

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"hecai/fault"
	"hecai/hub/wire"
)

// Bounds of one connection.
const (
	maxQueueBytes = 256 << 10        // of events and replies; beyond it the client is too slow
	maxQueue      = 1 << 15          // frames of any kind; beyond it the client is too slow
	maxLossy      = 64               // danmaku waiting; beyond it the oldest go
	writeTimeout  = 10 * time.Second // of one frame
	lingerTimeout = time.Second      // for the client to answer a close frame
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

	mu      sync.Mutex
	queue   []entry           // guarded by mu
	bytes   int               // guarded by mu; of counted frames in queue
	lossy   int               // guarded by mu
	pending map[*topic]*delta // guarded by mu; state topics in queue
	topics  map[*topic]*place // guarded by mu; what is subscribed
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
	state   *topic
	data    []byte
	counted bool // against maxQueueBytes
	lossy   bool
	ping    bool
}

// place is how far a subscription is. Each sub makes its own, so that a frame
// that was on its way before is not taken for one of the new subscription.
type place struct {
	v int64 // guarded by Conn.mu; last version written
}

// delta is the newest unwritten change of a state topic. A nil frame means that
// more than one change waits, so the snapshot is sent in their place.
type delta struct {
	v     int64
	frame []byte
}

// push queues a frame. It never blocks; an event that does not fit ends the
// connection, because an event is never dropped while connected. What a resume
// sends again is not counted: the bytes are the ring's, and a client that is far
// behind would be closed each time it comes back.
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
	case len(c.queue) >= maxQueue:
		c.end(wire.CloseSlow)
		return
	case e.counted:
		// One frame always fits, however large: it could never be sent else.
		if c.bytes > 0 && c.bytes+len(e.data) > maxQueueBytes {
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

// write is the connection's writer goroutine: the only one that writes frames.
func (c *Conn) write() {
	for {
		select {
		case <-c.wake:
		case <-c.done:
			return
		}
		batch, code := c.take()
		for _, e := range batch {
			c.ws.SetWriteDeadline(time.Now().Add(writeTimeout))
			if err := c.writeEntry(e); err != nil {
				c.ws.Close()
				return
			}
		}
		if code != 0 {
			sendClose(c.ws, code)
			return
		}
	}
}

// sendClose writes a close frame and gives the client a moment to answer it. A
// socket that is closed with bytes unread is reset, and the reset can overtake
// the close frame; so the reader reads on meanwhile.
func sendClose(ws *websocket.Conn, code int) {
	now := time.Now()
	if ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, wire.Reason(code)), now.Add(lingerTimeout)) != nil {
		ws.Close()
	}
	ws.SetReadDeadline(now.Add(lingerTimeout))
}

// linger reads until the client has answered the close frame, and closes.
func linger(ws *websocket.Conn) {
	defer ws.Close()
	for {
		if _, _, err := ws.NextReader(); err != nil {
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
	at := c.topics[e.state]
	if p == nil || at == nil || p.v <= at.v {
		c.mu.Unlock()
		return nil
	}
	v, frame := p.v, p.frame
	if at.v != v-1 {
		frame = nil
	}
	c.mu.Unlock()
	if frame == nil {
		v, frame = e.state.snap()
	}
	if err := c.ws.WriteMessage(websocket.TextMessage, frame); err != nil {
		return err
	}
	c.mu.Lock()
	at.v = v
	c.mu.Unlock()
	return nil
}

var errTooLarge = errors.New("frame over the limit")

// readFrame reads one frame. gorilla's own limit would answer with 1009, which
// a client cannot tell from a proxy's.
func readFrame(ws *websocket.Conn) (wire.Inbound, error) {
	kind, r, err := ws.NextReader()
	if err != nil {
		return wire.Inbound{}, err
	}
	data, err := io.ReadAll(io.LimitReader(r, wire.MaxFrame+1))
	if err != nil {
		return wire.Inbound{}, err
	}
	if len(data) > wire.MaxFrame {
		return wire.Inbound{}, errTooLarge
	}
	if kind != websocket.TextMessage {
		return wire.Inbound{}, fault.New(fault.Invalid, "wire.malformed", "binary frame")
	}
	return wire.Decode(data)
}

// closeCode is how a socket ends whose reader met err; 0: it is gone.
func closeCode(err error, silent int) int {
	var network net.Error
	switch {
	case errors.Is(err, errTooLarge):
		return wire.CloseTooLarge
	case fault.CodeOf(err) == "wire.malformed":
		return wire.CloseMalformed
	case errors.As(err, &network) && network.Timeout():
		return silent
	}
	return 0
}

// extend gives the client another while to be heard from; one that is being
// closed gets none.
func (c *Conn) extend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closing {
		c.ws.SetReadDeadline(time.Now().Add(c.hub.cfg.Idle))
	}
}

// read is the connection's reader: it ends when the socket does, or with the
// close code asked for.
func (c *Conn) read(ctx context.Context) {
	c.extend()
	c.ws.SetPongHandler(func(string) error { c.extend(); return nil })
	for {
		in, err := readFrame(c.ws)
		if err != nil {
			if code := closeCode(err, wire.CloseIdle); code != 0 {
				c.Close(code)
			}
			return
		}
		c.extend()
		if c.ending() {
			return
		}
		if !c.limit.Allow() {
			c.refuse(in.ID, fault.New(fault.Limited, "access.too_fast", "frames").With("seconds", 1))
			continue
		}
		c.handle(ctx, in)
	}
}

func (c *Conn) ending() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing
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
		out, err := c.answer(ctx, in)
		if err != nil {
			c.refuse(in.ID, err)
			return
		}
		c.push(entry{data: wire.Reply(in.ID, out), counted: true})
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

// answer calls the handler. A panic in it is a bug, and costs this request; it
// would take every socket of the node with it else.
func (c *Conn) answer(ctx context.Context, in wire.Inbound) (out any, err error) {
	defer func() {
		if p := recover(); p != nil {
			c.hub.cfg.Log.Error("request handler panicked", "conn", c.ID, "method", in.Method, "panic", p, "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, "internal", "%v", p)
		}
	}()
	return c.hub.cfg.Handle(ctx, c, in.Method, in.Body)
}

func (c *Conn) refuse(id int64, err error) {
	f := fault.Of(err)
	c.push(entry{data: wire.Refuse(id, wire.Refusal{Code: f.Code, Kind: string(f.Kind), Args: f.Args}), counted: true})
}
