package hub

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"hecai/hub/wire"
)

// crowd is many sockets that read, and a count of the frames they read.
type crowd struct {
	hub  *Hub
	now  atomic.Int64 // what the board shows
	size int64
	left atomic.Int64  // frames until the round is over
	over chan struct{} // a round is over
}

func newCrowd(b *testing.B, size int) *crowd {
	b.Helper()
	c := &crowd{size: int64(size), over: make(chan struct{}, 1)}
	c.now.Store(1)
	c.hub = New(Config{
		Source:       c,
		Authenticate: func(context.Context, string) (Identity, error) { return Identity{}, nil },
		Allow:        func(Identity, string) bool { return true },
	})
	srv := httptest.NewServer(c.hub)
	b.Cleanup(srv.Close)
	c.left.Store(2 * c.size) // hello, and the snapshot
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { c.hub.Run(ctx) })
	b.Cleanup(func() { cancel(); run.Wait() })
	c.hub.Changed("stage/a")
	for range size {
		ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(srv.URL, "http"), nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { ws.Close() })
		for _, f := range []string{`{"t":"auth","ticket":"p"}`, `{"t":"sub","k":["stage/a"]}`} {
			if err := ws.WriteMessage(websocket.TextMessage, []byte(f)); err != nil {
				b.Fatal(err)
			}
		}
		go c.read(ws)
	}
	c.wait(b)
	return c
}

func (c *crowd) read(ws *websocket.Conn) {
	for {
		_, r, err := ws.NextReader()
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			return
		}
		if c.left.Add(-1) == 0 {
			c.over <- struct{}{}
		}
	}
}

func (c *crowd) wait(b *testing.B) {
	b.Helper()
	select {
	case <-c.over:
	case <-time.After(30 * time.Second):
		b.Fatalf("%d frames did not come", c.left.Load())
	}
}

// Document implements Source.
func (c *crowd) Document(string) (any, Version) {
	n := c.now.Load()
	return c.doc(int(n)), Version{1, n}
}

// doc is what a scoreboard of ten names looks like after one more vote.
func (c *crowd) doc(n int) map[string]any {
	rows := make([]map[string]any, 10)
	for i := range rows {
		rows[i] = map[string]any{"id": fmt.Sprint("entry-", i), "votes": n + i}
	}
	return map[string]any{"rows": rows, "title": "final"}
}

// textFrame is an unmasked text frame, RFC 6455 section 5.2.
func textFrame(data []byte) []byte {
	head := []byte{0x81, 126, 0, 0}
	if len(data) < 126 {
		head = []byte{0x81, byte(len(data))}
	} else {
		binary.BigEndian.PutUint16(head[2:], uint16(len(data)))
	}
	return append(head, data...)
}

// BenchmarkFanout compares one change of a state topic, from Changed until every
// socket has read it, with the least that could be done: one frame, prepared
// once, written to the same sockets in a bare loop, without goroutines, queues
// or a WebSocket library. Rounds alternate, so that a busy machine is busy for
// both.
func BenchmarkFanout(b *testing.B) {
	for _, size := range []int{200, 1000} {
		b.Run(fmt.Sprint("sockets=", size), func(b *testing.B) {
			c := newCrowd(b, size)
			conns := c.hub.list()
			var ours, publish, floor time.Duration
			n := 0
			for b.Loop() {
				n++
				doc := c.doc(n + 1)
				c.left.Store(c.size)
				begin := time.Now()
				c.now.Store(int64(n + 1))
				c.hub.Changed("stage/a")
				publish += time.Since(begin)
				c.wait(b)
				ours += time.Since(begin)

				rows, err := json.Marshal(doc["rows"])
				if err != nil {
					b.Fatal(err)
				}
				c.left.Store(c.size)
				begin = time.Now()
				frame := textFrame(wire.Delta("stage/a", int64(n), int64(n+1), map[string]json.RawMessage{"rows": rows}))
				for _, conn := range conns {
					if _, err := conn.ws.NetConn().Write(frame); err != nil {
						b.Fatal(err)
					}
				}
				c.wait(b)
				floor += time.Since(begin)
			}
			each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(n) }
			b.ReportMetric(0, "ns/op") // both halves in one: it says nothing
			b.ReportMetric(each(publish), "publish-µs")
			b.ReportMetric(each(ours), "hub-µs")
			b.ReportMetric(each(floor), "floor-µs")
			b.ReportMetric(float64(ours)/float64(floor), "ratio")
		})
	}
}
