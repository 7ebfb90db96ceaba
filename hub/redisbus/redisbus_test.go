package redisbus_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hecai/fault"
	"hecai/hub"
	"hecai/hub/client"
	"hecai/hub/hubtest"
	"hecai/hub/redisbus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, r *hubtest.Redis, prefix string) *redisbus.Bus {
	t.Helper()
	b, err := redisbus.New(t.Context(), redisbus.Config{URL: r.URL(), Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func TestContract(t *testing.T) {
	t.Parallel()
	r := hubtest.StartRedis(t)
	hubtest.TestBroker(t, func(t *testing.T) func() hub.Broker {
		// Tests share the server as contests do: each has its own prefix.
		return func() hub.Broker { return open(t, r, t.Name()) }
	})
}

func TestUnreachableAtTheStartIsAnError(t *testing.T) {
	t.Parallel()
	for url, code := range map[string]string{"redis://127.0.0.1:1": "store.unreachable", "http://x": "config.flag"} {
		b, err := redisbus.New(t.Context(), redisbus.Config{URL: url})
		if fault.CodeOf(err) != code {
			t.Errorf("%s: %v, want %s", url, err, code)
		}
		if b != nil {
			b.Close()
		}
	}
}

// pair is two nodes of one show, and a phone on the second.
type pair struct {
	redis    *hubtest.Redis
	one, two *hubtest.Rig
	phone    *client.Client
	n        int
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{redis: hubtest.StartRedis(t)}
	p.one = hubtest.Start(t, hub.Config{Broker: open(t, p.redis, "p")})
	p.two = hubtest.Start(t, hub.Config{Broker: open(t, p.redis, "p")})
	p.phone = p.two.Dial(t, "phone", nil)
	if err := p.phone.Sub(nil, "stage/a", "show/a"); err != nil {
		t.Fatal(err)
	}
	p.publish(t)
	p.arrives(t)
	return p
}

// publish makes a new document on the first node.
func (p *pair) publish(t *testing.T) {
	t.Helper()
	p.n++
	begin := time.Now()
	if err := p.one.Hub.State("stage/a", map[string]any{"n": p.n}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("publishing took %v: it waits for Redis", took)
	}
}

// arrives waits until the newest document is on the second node's phone.
func (p *pair) arrives(t *testing.T) time.Duration {
	t.Helper()
	begin := time.Now()
	hubtest.Until(t, fmt.Sprintf("document %d on the other node", p.n), func() bool {
		d, _ := p.phone.Doc("stage/a")
		return string(d) == fmt.Sprintf(`{"n":%d}`, p.n)
	})
	return time.Since(begin)
}

// TestRestart: Redis dies with all it held while the show goes on, and is
// started again. What was published meanwhile arrives without a new change, and
// events of after it flow.
func TestRestart(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.redis.Kill(t)
	for range 50 {
		p.publish(t)
		time.Sleep(5 * time.Millisecond)
	}
	p.redis.Start(t)
	t.Logf("healed %v after Redis answered", p.arrives(t))
	hubtest.Until(t, "events flow again", func() bool {
		if err := p.one.Hub.Event("show/a", 0, "after"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
		return p.phone.Count("show/a") > 0
	})
	// A node that joins after it is filled, too.
	late := hubtest.Start(t, hub.Config{Broker: open(t, p.redis, "p")})
	c := late.Dial(t, "late", nil)
	if err := c.Sub(nil, "stage/a"); err != nil {
		t.Fatal(err)
	}
	hubtest.Until(t, "the late node's phone", func() bool {
		d, _ := c.Doc("stage/a")
		return string(d) == fmt.Sprintf(`{"n":%d}`, p.n)
	})
}

// TestFlushAll: emptying Redis loses no later message, and the hash is filled
// again for who joins.
func TestFlushAll(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	for range 10 {
		p.redis.FlushAll(t)
		p.publish(t)
		p.arrives(t)
	}
	for s := int64(1); s <= 100; s++ {
		if s%25 == 0 {
			p.redis.FlushAll(t)
		}
		if err := p.one.Hub.Event("show/a", s, s); err != nil {
			t.Fatal(err)
		}
	}
	hubtest.Until(t, "all events", func() bool { return p.phone.Seq("show/a") == 100 })
	if n := p.phone.Count("show/a"); n != 100 {
		t.Errorf("%d of 100 events", n)
	}
	p.redis.FlushAll(t)
	late := hubtest.Start(t, hub.Config{Broker: open(t, p.redis, "p")})
	c := late.Dial(t, "late", nil)
	if err := c.Sub(nil, "stage/a"); err != nil {
		t.Fatal(err)
	}
	hubtest.Until(t, "a node that joins an emptied Redis", func() bool {
		d, _ := c.Doc("stage/a")
		return string(d) == fmt.Sprintf(`{"n":%d}`, p.n)
	})
}

// TestContestsDoNotMix: another prefix on the same server is another bus.
func TestContestsDoNotMix(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	other := hubtest.Start(t, hub.Config{Broker: open(t, p.redis, "q")})
	p.publish(t)
	p.arrives(t)
	time.Sleep(1200 * time.Millisecond) // one refresh
	if v := other.Hub.Version("stage/a"); v != 0 {
		t.Errorf("another contest's document arrived as version %d", v)
	}
}

// TestRunEndsWhileRedisIsDown: a node must be able to stop without Redis.
func TestRunEndsWhileRedisIsDown(t *testing.T) {
	t.Parallel()
	r := hubtest.StartRedis(t)
	b := open(t, r, "p")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx, func(hub.Message) {}) }()
	b.Publish(hub.Message{Topic: "show/a", Seq: 1})
	r.Kill(t)
	b.Publish(hub.Message{Topic: "show/a", Seq: 2})
	time.Sleep(50 * time.Millisecond)
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Run: %v", err)
		}
	case <-time.After(hubtest.Patience):
		t.Error("Run goes on after its context ended")
	}
}
