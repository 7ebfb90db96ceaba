package redisbus_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
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

func TestSources(t *testing.T) {
	t.Parallel()
	r := hubtest.StartRedis(t)
	hubtest.TestSource(t, func(t *testing.T) func() hub.Broker {
		return func() hub.Broker { return open(t, r, t.Name()) }
	})
}

// TestRefusedAtTheStart: an address that is none, a wrong password and a port
// that answers something else are mistakes that a person has to mend.
func TestRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	r := hubtest.StartRedis(t)
	r.Ask(t, "CONFIG SET requirepass secret")
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	for url, code := range map[string]string{
		"http://x":                                 "config.flag",
		"redis://:wrong@" + r.Addr:                 "store.unreachable",
		"redis://" + r.Addr:                        "store.unreachable",
		"rediss://" + web.Listener.Addr().String(): "store.unreachable",
	} {
		b, err := redisbus.New(t.Context(), redisbus.Config{URL: url})
		if fault.CodeOf(err) != code {
			t.Errorf("%s: %v, want %s", url, err, code)
		}
		if b != nil {
			b.Close()
		}
	}
}

// has reports whether a node has a document.
func has(r *hubtest.Rig, topic string) bool {
	return r.Version(topic) != hub.Version{}
}

// spoken is a log that tests read.
type spoken struct {
	mu   sync.Mutex
	text strings.Builder // guarded by mu
}

func (s *spoken) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *spoken) says(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.text.String(), what)
}

// TestSilentAtTheStart: a port that takes connections and says nothing, with TLS
// or without, holds the start for a few seconds at most and is named in the log.
func TestSilentAtTheStart(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	for _, scheme := range []string{"redis://", "rediss://"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			var log spoken
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			b, err := redisbus.New(ctx, redisbus.Config{URL: scheme + l.Addr().String(), Log: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			b.Close()
			if ctx.Err() != nil {
				t.Error("the start waited for more than half a minute")
			}
			if !log.says("redis does not answer") || log.says("TLS port") != (scheme == "rediss://") {
				t.Errorf("said %q", log.text.String())
			}
		})
	}
}

// TestRedisComesLater: a node that starts while Redis is away is alone, and joins
// the others when it comes, in both directions; it says both.
func TestRedisComesLater(t *testing.T) {
	t.Parallel()
	r := hubtest.StartRedis(t)
	r.Kill(t)
	var log spoken
	start := func() *hubtest.Rig {
		b, err := redisbus.New(t.Context(), redisbus.Config{URL: r.URL(), Prefix: "p", Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		return hubtest.Start(t, hub.Config{Broker: b})
	}
	one, two := start(), start()
	for i, r := range []*hubtest.Rig{one, two} {
		r.Put(fmt.Sprint("stage/", i), map[string]any{"n": i})
	}
	if !log.says("redis does not answer") {
		t.Errorf("said %q", log.text.String())
	}
	r.Start(t)
	hubtest.Until(t, "both documents on both nodes", func() bool {
		return has(one, "stage/1") && has(two, "stage/0")
	})
	hubtest.Until(t, "a word of it", func() bool { return log.says("has joined") })
}

// TestForged: whoever can write to Redis, and has not the nodes' key, puts
// nothing on a screen, neither live nor for who joins later.
func TestForged(t *testing.T) {
	t.Parallel()
	r := hubtest.StartRedis(t)
	node := func(key string) *hubtest.Rig {
		b, err := redisbus.New(t.Context(), redisbus.Config{URL: r.URL(), Prefix: "p", Key: []byte(key)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		return hubtest.Start(t, hub.Config{Broker: b})
	}
	ours, forger := node("ours"), node("theirs")
	for _, topic := range []string{"stage/a", "stage/b"} {
		forger.Put(topic, map[string]any{"title": "forged"})
	}
	hubtest.Until(t, "the forgery is in Redis", func() bool { return r.Ask(t, "HLEN {p}:state") == ":2" })
	late := node("ours")
	late.Put("stage/c", map[string]any{"title": "true"})
	// What is published after the forgeries on the same channel has come through.
	hubtest.Until(t, "the true document", func() bool { return has(ours, "stage/c") })
	for _, r := range []*hubtest.Rig{ours, late} {
		if has(r, "stage/a") || has(r, "stage/b") {
			t.Error("a forged document was taken")
		}
	}
}

// TestDocumentsExpire: what a show left in Redis is gone a while after its last
// node.
func TestDocumentsExpire(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	var seconds int
	if _, err := fmt.Sscanf(p.redis.Ask(t, "TTL {p}:state"), ":%d", &seconds); err != nil || seconds < 1 || seconds > 60 {
		t.Errorf("the documents expire in %d s, %v; want 1 to 60", seconds, err)
	}
}

// pair is two nodes of one show, and a phone on the second.
type pair struct {
	redis    *hubtest.Redis
	one, two *hubtest.Rig
	phone    *client.Client
	n        int
	slow     int // publications that took long
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
	p.one.Put("stage/a", map[string]any{"n": p.n})
	if took := time.Since(begin); took > time.Second {
		p.slow++
	}
	if p.slow > 2 { // a machine may stand still once or twice, Redis is away for all of them
		t.Errorf("publishing took over a second %d times: it waits for Redis", p.slow)
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
	seq := int64(0)
	hubtest.Until(t, "events flow again", func() bool {
		seq++
		if err := p.one.Hub.Event("show/a", seq, "after"); err != nil {
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

// TestTheOldOwnerFallsSilent: a node whose topic another has taken over does not
// go on to send its last document each second: who joins late would find it.
func TestTheOldOwnerFallsSilent(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	late := open(t, p.redis, "p")
	heard := make(chan int64, 1024)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- late.Run(ctx, func(m hub.Message) {
			if m.Topic == "stage/a" {
				heard <- m.Version.Epoch
			}
		})
	}()
	defer func() { cancel(); <-done }()
	next := func() int64 {
		t.Helper()
		select {
		case epoch := <-heard:
			return epoch
		case <-time.After(hubtest.Patience):
			t.Fatal("nobody sends the document again")
			return 0
		}
	}
	if epoch := next(); epoch != 1 {
		t.Fatalf("the first owner speaks in epoch %d", epoch)
	}
	p.two.Shelf.Epoch = 2
	p.two.Put("stage/a", map[string]any{"n": 77})
	for said := 0; said < 2; { // the first may have been on its way
		if next() == 2 {
			said++
		}
	}
	for range 3 {
		if epoch := next(); epoch != 2 {
			t.Errorf("after the takeover epoch %d is heard", epoch)
		}
	}
}

// TestContestsDoNotMix: another prefix on the same server is another bus.
func TestContestsDoNotMix(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	other := hubtest.Start(t, hub.Config{Broker: open(t, p.redis, "q")})
	p.publish(t)
	p.arrives(t)
	time.Sleep(1200 * time.Millisecond) // one refresh
	if has(other, "stage/a") {
		t.Error("another contest's document arrived")
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
