package hubtest

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hecai/hub"
	"hecai/hub/client"
)

// SourceFunc is a source made of a function.
type SourceFunc func(topic string) (any, hub.Version)

// Document implements hub.Source.
func (f SourceFunc) Document(topic string) (any, hub.Version) { return f(topic) }

// weighed is a value that counts how often it is encoded.
type weighed struct {
	value   int64
	encoded *atomic.Int64
}

// MarshalJSON implements json.Marshaler.
func (w weighed) MarshalJSON() ([]byte, error) {
	w.encoded.Add(1)
	return json.Marshal(w.value)
}

// TestSource is what a hub owes its source and its clients, whatever the source
// does and whichever bus joins the nodes.
func TestSource(t *testing.T, join func(t *testing.T) func() hub.Broker) {
	for name, test := range map[string]func(*testing.T, func() hub.Broker){
		"a slow source holds up its own topic only":                        slowSource,
		"a source that panics costs its topic one ask":                     panickingSource,
		"a document that cannot be encoded costs its topic one ask":        oddDocument,
		"nothing is no document, and takes none away":                      noDocument,
		"an older version changes nothing, however late and from wherever": olderVersion,
		"who comes back at the other node finds nothing older":             comesBack,
		"a storm of changes is one encoding a tick":                        storm,
	} {
		t.Run(name, func(t *testing.T) { test(t, join(t)) })
	}
}

func slowSource(t *testing.T, next func() hub.Broker) {
	release := make(chan struct{})
	free := sync.OnceFunc(func() { close(release) })
	var shelf Shelf
	r := Start(t, hub.Config{Broker: next(), Source: SourceFunc(func(topic string) (any, hub.Version) {
		if topic == "stage/slow" {
			<-release
		}
		return shelf.Document(topic)
	})})
	t.Cleanup(free) // before the hub ends
	c := r.Dial(t, "p", nil)
	subscribe(t, c, "stage/slow", "stage/a")
	put := func(topic string, n int) {
		shelf.Put(topic, map[string]any{"n": n})
		r.Hub.Changed(topic)
	}
	put("stage/slow", 1)
	for n := range 20 {
		put("stage/slow", n) // and nobody waits for it
		put("stage/a", n)
		shows(t, c, "stage/a", n)
	}
	free()
	shows(t, c, "stage/slow", 19)
}

func panickingSource(t *testing.T, next func() hub.Broker) {
	var shelf Shelf
	var bad atomic.Bool
	bad.Store(true)
	var asked atomic.Int64
	r := Start(t, hub.Config{Broker: next(), Source: SourceFunc(func(topic string) (any, hub.Version) {
		if topic == "stage/bad" && bad.Load() {
			asked.Add(1)
			panic("示例")
		}
		return shelf.Document(topic)
	})})
	c := r.Dial(t, "p", nil)
	subscribe(t, c, "stage/bad", "stage/a")
	shelf.Put("stage/bad", map[string]any{"n": 1})
	r.Hub.Changed("stage/bad")
	shelf.Put("stage/a", map[string]any{"n": 2})
	r.Hub.Changed("stage/a")
	shows(t, c, "stage/a", 2)
	Until(t, "it was asked", func() bool { return asked.Load() > 0 })
	bad.Store(false)
	r.Hub.Changed("stage/bad")
	shows(t, c, "stage/bad", 1)
}

func oddDocument(t *testing.T, next func() hub.Broker) {
	r := Start(t, hub.Config{Broker: next()})
	c := r.Dial(t, "p", nil)
	subscribe(t, c, "stage/a")
	for _, odd := range []any{map[string]any{"f": func() {}}, func() {}, []int{1}, "text", 7} {
		r.Put("stage/a", odd)
	}
	r.Put("stage/a", struct {
		N int `json:"n"`
	}{3})
	shows(t, c, "stage/a", 3)
}

func noDocument(t *testing.T, next func() hub.Broker) {
	r := Start(t, hub.Config{Broker: next()})
	var log Log
	c := r.Dial(t, "p", log.Add)
	subscribe(t, c, "stage/a", "stage/none")
	r.Hub.Changed("stage/none")
	Until(t, "it was asked", func() bool { return r.Shelf.Asked("stage/none") == 1 })
	r.Put("stage/a", map[string]any{"n": 1})
	shows(t, c, "stage/a", 1)
	r.Put("stage/a", nil)
	Until(t, "it was asked", func() bool { return r.Shelf.Asked("stage/a") == 2 })
	r.Put("stage/a", map[string]any{"n": 2})
	shows(t, c, "stage/a", 2)
	if n := len(log.Of("snap", "stage/none")); n != 0 {
		t.Errorf("%d snapshots of nothing", n)
	}
}

func olderVersion(t *testing.T, next func() hub.Broker) {
	r := Start(t, hub.Config{Broker: next(), Source: &Shelf{Epoch: 5}})
	other := run(t, next())
	c := r.Dial(t, "p", nil)
	subscribe(t, c, "stage/a", "stage/b")
	for n := range 4 {
		r.Put("stage/a", map[string]any{"n": n})
		shows(t, c, "stage/a", n)
	}
	Until(t, "the nodes hear one another", func() bool {
		other.Publish(document("stage/b", time.Now().UnixNano()>>20, "probe"))
		return r.Version("stage/b") != hub.Version{}
	})
	for _, old := range []hub.Version{{Epoch: 4, Number: 1 << 30}, {Epoch: 5, Number: 1}, {Epoch: 5, Number: 4}} {
		other.Publish(hub.Message{Topic: "stage/a", Version: old, Doc: map[string]json.RawMessage{"n": json.RawMessage("-1")}})
	}
	before := r.Version("stage/b")
	Until(t, "what came after them", func() bool { // on the same bus
		other.Publish(document("stage/b", time.Now().UnixNano()>>20, "probe"))
		return r.Version("stage/b") != before
	})
	shows(t, c, "stage/a", 3)
	if v := r.Version("stage/a"); v != (hub.Version{Epoch: 5, Number: 4}) {
		t.Errorf("the document is at %v, want 4 of epoch 5", v)
	}
	other.Publish(hub.Message{Topic: "stage/a", Version: hub.Version{Epoch: 6, Number: 1}, Doc: map[string]json.RawMessage{"n": json.RawMessage("60")}})
	shows(t, c, "stage/a", 60)
	r.Put("stage/a", map[string]any{"n": -2}) // it has lost the topic, and is not heard
	Until(t, "it was asked", func() bool { return r.Shelf.Asked("stage/a") >= 5 })
	other.Publish(hub.Message{Topic: "stage/a", Version: hub.Version{Epoch: 6, Number: 2}, Doc: map[string]json.RawMessage{"n": json.RawMessage("61")}})
	shows(t, c, "stage/a", 61)
}

func comesBack(t *testing.T, next func() hub.Broker) {
	one, two := Start(t, hub.Config{Broker: next()}), Start(t, hub.Config{Broker: next(), Source: &Shelf{Epoch: 2}})
	newest := int64(0)
	for n := range 10 {
		at := []*Rig{one, two}[n%2]
		from := one
		if n >= 5 {
			from = two // has taken over
		}
		v := from.Put("stage/a", map[string]any{"n": n})
		Until(t, "both nodes have it", func() bool { return one.Version("stage/a") == v && two.Version("stage/a") == v })
		c := at.Dial(t, "p", nil)
		subscribe(t, c, "stage/a")
		shows(t, c, "stage/a", n)
		_, got := c.Doc("stage/a")
		if got <= newest {
			t.Errorf("document %d is at %d, the one before at %d", n, got, newest)
		}
		newest = got
		c.Close()
	}
}

func storm(t *testing.T, next func() hub.Broker) {
	const tick = 50 * time.Millisecond
	const changes, sockets = 1_000_000, 20
	var now, encoded atomic.Int64
	r := Start(t, hub.Config{
		Broker: next(), Conflate: func(string) time.Duration { return tick },
		Source: SourceFunc(func(string) (any, hub.Version) {
			n := now.Load()
			return map[string]any{"n": weighed{n, &encoded}}, hub.Version{Epoch: 1, Number: n}
		}),
	})
	var phones []*client.Client
	for range sockets {
		c := r.Dial(t, "p", nil)
		subscribe(t, c, "ballot/a")
		phones = append(phones, c)
	}
	Until(t, "all listen", func() bool { return r.Hub.Listeners("ballot/a") == sockets })
	begin := time.Now()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range changes / 4 {
				now.Add(1)
				r.Hub.Changed("ballot/a")
			}
		})
	}
	wg.Wait()
	for _, c := range phones {
		shows(t, c, "ballot/a", changes)
	}
	if most := int64(time.Since(begin)/tick) + 2; encoded.Load() > most {
		t.Errorf("%d encodings in %v, want %d at most", encoded.Load(), time.Since(begin), most)
	}
	before := encoded.Load()
	r.Hub.Changed("ballot/a") // and nothing has
	late := r.Dial(t, "late", nil)
	subscribe(t, late, "ballot/a")
	shows(t, late, "ballot/a", changes)
	time.Sleep(2 * tick)
	if n := encoded.Load() - before; n != 0 {
		t.Errorf("the same version was encoded %d times more", n)
	}
}

func subscribe(t *testing.T, c *client.Client, topics ...string) {
	t.Helper()
	if err := c.Sub(nil, topics...); err != nil {
		t.Fatal(err)
	}
}

// shows waits until the socket's document of a topic is n.
func shows(t *testing.T, c *client.Client, topic string, n int) {
	t.Helper()
	var got json.RawMessage
	Until(t, fmt.Sprintf("%s shows %d", topic, n), func() bool {
		got, _ = c.Doc(topic)
		return string(got) == fmt.Sprintf(`{"n":%d}`, n)
	})
}
