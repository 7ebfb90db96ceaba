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
	maxQueueBytes = 256 << 10       // of events and replies; beyond it the client is too slow
	maxQueue      = 1 << 15         // frames of any kind; beyond it the client is too slow
	maxLossy      = 64              // danmaku waiting; beyond it the oldest go
	slowestLine   = 8 << 10         // bytes a second that a large frame may take in addition
	resumeEvery   = 5 * time.Second // between two resumes of a topic by one socket
	resumeUnit    = 128             // events sent again that cost as much as a frame
	frameRate     = 20              // frames of a client a second
	frameBurst    = 60              // and at once
	lingerTimeout = time.Second     // for the client to answer a close frame
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

	network string
	hub     *Hub
	ws      *websocket.Conn
	until   time.Time     // of the writer alone: all that is left is written by then
	wake    chan struct{} // buffer 1
	done    chan struct{}
	limit   *rate.Limiter

	mu      sync.Mutex
	queue   []entry              // guarded by mu
	bytes   int                  // guarded by mu; of counted frames in queue
	lossy   int                  // guarded by mu
	pending map[*topic]*delta    // guarded by mu; state topics in queue
	topics  map[*topic]*place    // guarded by mu; what is subscribed
	resumed map[*topic]time.Time // guarded by mu; last resume, also of topics left since
	closing bool                 // guarded by mu
	code    int                  // guarded by mu; close code
	busy    bool                 // guarded by mu; a frame is being handled
	retired *retirement          // guarded by mu; how to end when it is
	seen    Seen                 // guarded by mu
}

// retirement is an end that waits for the answer to the request in hand.
type retirement struct {
	last []byte // the frame before the close
	code int
}

// Seen is what a screen said it shows.
type Seen struct {
	Topic string
	V     int64
	Scene string
	At    int64 // unix ms
}

// entry is one thing to write: a state topic that changed, events to send
// again, or a frame.
type entry struct {
	state   *topic
	again   []ringed // shared with the topic and with other sockets
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

// delta is the newest unwritten change of a state topic: the frame turns any
// version from base up into v. A nil frame means that more than one change waits,
// or that there is none to start from, so the snapshot is sent in its place.
type delta struct {
	base, v int64
	frame   []byte
}

// push queues a frame. It never blocks; an event that does not fit ends the
// connection, because an event is never dropped while connected. What a resume
// sends again is one entry that is not counted: the bytes are the ring's, and a
// client that is far behind would be closed each time it comes back.
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
func (c *Conn) pushState(t *topic, d delta) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	if p, waiting := c.pending[t]; waiting {
		p.v, p.frame = d.v, nil
		return
	}
	c.pending[t] = &d
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
	c.signal()
}

// retire ends the connection with a last frame, after the request in hand is
// answered: the vote behind it may be counted, and its phone should know.
// Nothing new is handled.
func (c *Conn) retire(last []byte, code int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing || c.retired != nil {
		return
	}
	c.retired = &retirement{last, code}
	if !c.busy {
		c.leave()
	}
}

// leave carries out a retirement; the caller holds mu.
func (c *Conn) leave() {
	if c.closing {
		return
	}
	c.queue = append(c.queue, entry{data: c.retired.last})
	c.end(c.retired.code)
}

// begin says whether the next frame may be handled.
func (c *Conn) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = !c.closing && c.retired == nil
	return c.busy
}

// finish follows the handling of a frame, which may have lasted: the client
// gets its while to be heard from again.
func (c *Conn) finish() {
	c.mu.Lock()
	c.busy = false
	if c.retired != nil {
		c.leave()
	}
	c.mu.Unlock()
	c.extend()
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
		if code != 0 {
			c.until = time.Now().Add(c.hub.cfg.WriteTimeout)
		}
		for _, e := range batch {
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
		return c.send(websocket.PingMessage, nil)
	case e.again != nil:
		return c.writeAgain(e.again)
	case e.state == nil:
		return c.send(websocket.TextMessage, e.data)
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
	if at.v < p.base {
		frame = nil
	}
	c.mu.Unlock()
	if frame == nil {
		v, frame = e.state.snap()
	}
	if err := c.send(websocket.TextMessage, frame); err != nil {
		return err
	}
	c.mu.Lock()
	at.v = v
	c.mu.Unlock()
	return nil
}

// send writes one frame. The kernel holds little of it, so that a large frame
// gets the time it needs on a slow line.
func (c *Conn) send(kind int, frame []byte) error {
	deadline := c.until
	if deadline.IsZero() {
		deadline = time.Now().Add(c.hub.cfg.WriteTimeout + time.Duration(len(frame)/slowestLine)*time.Second)
	}
	c.ws.SetWriteDeadline(deadline)
	return c.ws.WriteMessage(kind, frame)
}

// mayResume charges n events to the client's rate. A topic is sent again once in
// resumeEvery: an honest client asks once a connection.
func (c *Conn) mayResume(t *topic, n int) bool {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if last, before := c.resumed[t]; before && now.Sub(last) < resumeEvery {
		return false
	}
	if !c.limit.AllowN(now, n/resumeUnit) {
		return false
	}
	if c.resumed == nil {
		c.resumed = map[*topic]time.Time{}
	}
	c.resumed[t] = now
	return true
}

// writeAgain writes what a resume asked for.
func (c *Conn) writeAgain(events []ringed) error {
	for _, r := range events {
		if err := c.send(websocket.TextMessage, r.frame); err != nil {
			return err
		}
	}
	return nil
}

var errTooLarge = errors.New("frame over the limit")

// readFrame reads one frame, which must be whole within a while of its first
// bytes: who claims more than ever comes would hold the socket until it is idle.
// gorilla's own limit would answer with 1009, which a client cannot tell from a
// proxy's.
func readFrame(ws *websocket.Conn, within func() time.Time) (wire.Inbound, error) {
	kind, r, err := ws.NextReader()
	if errors.Is(err, websocket.ErrReadLimit) { // 2⁶³ bytes and more
		return wire.Inbound{}, errTooLarge
	}
	if err != nil {
		return wire.Inbound{}, err
	}
	ws.SetReadDeadline(within())
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
		in, err := readFrame(c.ws, func() time.Time { return time.Now().Add(c.hub.cfg.WriteTimeout) })
		if err != nil {
			if code := closeCode(err, wire.CloseIdle); code != 0 {
				c.Close(code)
			}
			return
		}
		c.extend()
		if !c.begin() {
			return
		}
		if c.limit.Allow() {
			c.handle(ctx, in)
		} else {
			c.refuse(in.ID, fault.New(fault.Limited, "access.too_fast", "frames").After(time.Second))
		}
		c.finish()
	}
}

func (c *Conn) saw() Seen {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen
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
			topic := c.hub.cfg.Inner(c.Identity, name)
			if in.T == "unsub" {
				c.hub.unsubscribe(c, topic)
			} else if err := c.hub.subscribe(c, topic, in.Since); err != nil {
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
			c.seen = Seen{Topic: c.hub.cfg.Inner(c.Identity, name), V: in.V, Scene: in.Scene, At: c.hub.cfg.Now().UnixMilli()}
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
	c.push(entry{data: wire.Refuse(id, wire.Refusal{Code: f.Code, Kind: string(f.Kind), Args: f.Public()}), counted: true})
}
