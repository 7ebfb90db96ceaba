package hubtest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"hecai/hub"
	"hecai/hub/client"
)

// node is a broker that runs and what it delivered.
type node struct {
	hub.Broker
	mu  sync.Mutex
	got []hub.Message // guarded by mu

	topics map[string]bool // guarded by mu; of all that was delivered
}

func (n *node) deliver(m hub.Message) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.got = append(n.got, m)
	n.topics[m.Topic] = true
}

// of returns what was delivered of a topic.
func (n *node) of(topic string) []hub.Message {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []hub.Message
	for _, m := range n.got {
		if m.Topic == topic {
			out = append(out, m)
		}
	}
	return out
}

func (n *node) version(topic string) int64 {
	newest := int64(0)
	for _, m := range n.of(topic) {
		newest = max(newest, m.Version.Number)
	}
	return newest
}

// run starts a broker and stops it with the test, which fails if it does not
// stop.
func run(t *testing.T, b hub.Broker) *node {
	t.Helper()
	n := &node{Broker: b, topics: map[string]bool{}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx, n.deliver) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(Patience):
			t.Error("Run goes on after its context ended")
		}
	})
	return n
}

func document(topic string, v int64, value string) hub.Message {
	raw, _ := json.Marshal(value)
	return hub.Message{Topic: topic, Version: hub.Version{Epoch: 1, Number: v}, Doc: map[string]json.RawMessage{"x": raw}}
}

// meet waits until each node hears the others: joining takes a broker a moment.
func meet(t *testing.T, nodes ...*node) {
	t.Helper()
	for i, from := range nodes {
		topic := fmt.Sprint("probe/", i)
		v := int64(0)
		Until(t, "the nodes hear one another", func() bool {
			v++
			from.Publish(document(topic, v, "probe"))
			time.Sleep(5 * time.Millisecond)
			return !slices.ContainsFunc(nodes, func(n *node) bool { return n != from && n.version(topic) == 0 })
		})
	}
}

// TestBroker is the contract of hub.Broker. join returns a new node on the bus
// of the test it is called with; it must not be running yet.
func TestBroker(t *testing.T, join func(t *testing.T) func() hub.Broker) {
	t.Run("others hear in order, the publisher does not", func(t *testing.T) {
		next := join(t)
		a, b, c := run(t, next()), run(t, next()), run(t, next())
		meet(t, a, b, c)
		const events = 500
		for s := int64(1); s <= events; s++ {
			a.Publish(hub.Message{Topic: "show/a", Seq: s, Body: json.RawMessage(fmt.Sprint(s))})
		}
		for _, n := range []*node{b, c} {
			Until(t, "all events", func() bool { return len(n.of("show/a")) >= events })
			for i, m := range n.of("show/a") {
				if m.Seq != int64(i+1) || string(m.Body) != fmt.Sprint(i+1) {
					t.Fatalf("event %d is %d %s", i+1, m.Seq, m.Body)
				}
			}
		}
		if got := a.of("show/a"); len(got) != 0 {
			t.Errorf("the publisher hears %d of its own", len(got))
		}
	})
	t.Run("a late node gets the newest documents", func(t *testing.T) {
		next := join(t)
		a, b := run(t, next()), run(t, next())
		meet(t, a, b)
		for v := int64(1); v <= 5; v++ {
			a.Publish(document("stage/a", v, fmt.Sprint(v)))
		}
		b.Publish(document("stage/b", 9, "nine"))
		Until(t, "the document on its way", func() bool { return b.version("stage/a") == 5 && a.version("stage/b") == 9 })
		late := run(t, next())
		Until(t, "the newest documents", func() bool { return late.version("stage/a") == 5 && late.version("stage/b") == 9 })
		newest := late.of("stage/a")
		if got := string(newest[len(newest)-1].Doc["x"]); got != `"5"` {
			t.Errorf("version 5 says %s", got)
		}
	})
	t.Run("publish never blocks", func(t *testing.T) {
		b := join(t)()
		done := make(chan struct{})
		go func() {
			defer close(done)
			for v := int64(1); v <= 20_000; v++ { // nobody runs it
				b.Publish(document("stage/a", v, "x"))
			}
		}()
		select {
		case <-done:
		case <-time.After(Patience):
			t.Fatal("Publish blocks")
		}
	})
	t.Run("a node that joins late to many documents gets them all", func(t *testing.T) {
		next := join(t)
		a := run(t, next())
		const topics = 5000
		for i := range topics {
			a.Publish(document(fmt.Sprint("stage/", i), 1, "x"))
		}
		late := run(t, next())
		Until(t, "all documents", func() bool {
			late.mu.Lock()
			defer late.mu.Unlock()
			return len(late.topics) == topics
		})
	})
	t.Run("two hubs see one another's frames", func(t *testing.T) {
		next := join(t)
		testTwoHubs(t, Start(t, hub.Config{Broker: next()}), Start(t, hub.Config{Broker: next(), Source: &Shelf{Epoch: 2}}))
	})
}

func testTwoHubs(t *testing.T, one, two *Rig) {
	onOne, onTwo := one.Dial(t, "on one", nil), two.Dial(t, "on two", nil)
	for _, c := range []*client.Client{onOne, onTwo} {
		if err := c.Sub(nil, "stage/a", "show/a"); err != nil {
			t.Fatal(err)
		}
	}
	Until(t, "both listen", func() bool { return one.Hub.Listeners("show/a") == 1 && two.Hub.Listeners("show/a") == 1 })
	shows := func(want int) {
		t.Helper()
		for _, c := range []*client.Client{onOne, onTwo} {
			Until(t, fmt.Sprintf("both show %d", want), func() bool {
				d, _ := c.Doc("stage/a")
				return string(d) == fmt.Sprintf(`{"n":%d}`, want)
			})
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for n := range 20 {
		one.Put("stage/a", map[string]any{"n": n})
	}
	shows(19)
	if a, b := one.Version("stage/a"), two.Version("stage/a"); a != b {
		t.Errorf("versions %v and %v of one document", a, b)
	}
	// The other node takes over, in an epoch of its own.
	two.Put("stage/a", map[string]any{"n": 100})
	shows(100)

	for s := int64(1); s <= 200; s++ {
		must(one.Hub.Event("show/a", s, s))
	}
	for _, c := range []*client.Client{onOne, onTwo} {
		Until(t, "all events", func() bool { return c.Seq("show/a") == 200 })
		if n := c.Count("show/a"); n != 200 {
			t.Errorf("%d of 200 events", n)
		}
	}
	// What one node sent can be resumed at the other.
	again := two.Dial(t, "moved", nil)
	must(again.Sub(map[string]int64{"show/a": 150}, "show/a"))
	Until(t, "the resumed events", func() bool { return again.Seq("show/a") == 200 })
	if n := again.Count("show/a"); n != 50 {
		t.Errorf("%d events resumed at the other node, want 50", n)
	}
}
