package hub_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hecai/hub"
	"hecai/hub/client"
	"hecai/hub/hubtest"
)

// model is the publisher's truth, and phones that come, go and lose their
// connection at random.
type model struct {
	t      *rapid.T
	nodes  [2]*hubtest.Rig
	probes [2]*client.Client // hear every event of their node
	docs   map[string]doc    // by state topic
	seqs   map[string]int64
	phones []*phone
}

// phone is one audience member over all its connections.
type phone struct {
	ws    *client.Client
	wants map[string]bool
	mu    sync.Mutex
	seen  map[string][]int64 // guarded by mu; events by topic, since its first sub
	first map[string]int64   // newest event before its first sub
}

var (
	stateTopics = []string{"stage/a", "ballot/a"} // the second is conflated
	eventTopics = []string{"show/a", "show/b"}
)

const phones = 3

func (m *model) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// connect opens a phone's socket at a random node and asks for what it missed.
func (m *model) connect(p *phone) {
	node := m.nodes[rapid.IntRange(0, len(m.nodes)-1).Draw(m.t, "node")]
	ws, err := client.Dial(context.Background(), client.Config{URL: node.URL, Ticket: "p", OnFrame: p.frame})
	m.must(err)
	p.ws = ws
	if len(p.wants) > 0 {
		m.must(ws.Sub(p.since(), slices.Sorted(maps.Keys(p.wants))...))
	}
}

func (p *phone) frame(f client.Frame) {
	if f.T == "ev" {
		p.mu.Lock()
		p.seen[f.K] = append(p.seen[f.K], f.S)
		p.mu.Unlock()
	}
}

// since is the newest event of each event topic that the phone knows.
func (p *phone) since() map[string]int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[string]int64{}
	for _, k := range eventTopics {
		if p.wants[k] {
			out[k] = p.first[k]
			if s := p.seen[k]; len(s) > 0 {
				out[k] = s[len(s)-1]
			}
		}
	}
	return out
}

// settle waits until the socket's earlier frames are handled: the server
// answers in order.
func (m *model) settle(p *phone) {
	ctx, cancel := context.WithTimeout(context.Background(), hubtest.Patience)
	defer cancel()
	m.must(p.ws.Req(ctx, "echo", nil, nil))
}

func (m *model) lose(p *phone) {
	p.ws.Close()
	m.must(p.ws.Err())
}

func (m *model) publishState(t *rapid.T) {
	topic := rapid.SampledFrom(stateTopics).Draw(t, "topic")
	d := maps.Clone(m.docs[topic])
	if d == nil {
		d = doc{}
	}
	for k, v := range rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), rapid.IntRange(-1, 3), 0, 3).Draw(t, "change") {
		if v < 0 {
			delete(d, k)
		} else {
			d[k] = v
		}
	}
	m.docs[topic] = d
	m.nodes[0].Put(topic, d)
}

func (m *model) publishEvents(t *rapid.T) {
	topic := rapid.SampledFrom(eventTopics).Draw(t, "topic")
	for range rapid.IntRange(1, 40).Draw(t, "events") {
		m.seqs[topic]++
		m.must(m.nodes[0].Hub.Event(topic, m.seqs[topic], m.seqs[topic]))
	}
	m.level(topic)
}

// level waits until both nodes have the newest event: a phone that moves to a
// node which has not would be told of a gap, rightly.
func (m *model) level(topic string) {
	for _, probe := range m.probes {
		ctx, cancel := context.WithTimeout(context.Background(), hubtest.Patience)
		m.must(probe.Wait(ctx, func() bool { return probe.Seq(topic) >= m.seqs[topic] }))
		cancel()
	}
}

func (m *model) subscribe(t *rapid.T) {
	p := m.phones[rapid.IntRange(0, phones-1).Draw(t, "phone")]
	topic := rapid.SampledFrom(append(stateTopics, eventTopics...)).Draw(t, "topic")
	if !p.wants[topic] {
		p.wants[topic] = true
		p.mu.Lock()
		p.first[topic] = m.seqs[topic]
		p.seen[topic] = nil
		p.mu.Unlock()
	}
	m.settle(p) // or events on their way would be asked for again
	m.must(p.ws.Sub(p.since(), topic))
	m.settle(p)
}

func (m *model) unsubscribe(t *rapid.T) {
	p := m.phones[rapid.IntRange(0, phones-1).Draw(t, "phone")]
	topic := rapid.SampledFrom(append(stateTopics, eventTopics...)).Draw(t, "topic")
	delete(p.wants, topic)
	m.must(p.ws.Send(doc{"t": "unsub", "k": []string{topic}}))
	m.settle(p)
}

func (m *model) reconnect(t *rapid.T) {
	p := m.phones[rapid.IntRange(0, phones-1).Draw(t, "phone")]
	m.lose(p)
	for range rapid.IntRange(0, 2).Draw(t, "missed") {
		m.publishState(t)
		m.publishEvents(t)
	}
	m.connect(p)
}

// check: every phone ends with the publisher's documents, and with every event
// since it first asked, once and in order.
func (m *model) check() {
	for i, p := range m.phones {
		ctx, cancel := context.WithTimeout(context.Background(), hubtest.Patience)
		for topic := range p.wants {
			if slices.Contains(stateTopics, topic) {
				if m.docs[topic] == nil {
					continue
				}
				want, err := json.Marshal(m.docs[topic])
				m.must(err)
				if err := p.ws.Wait(ctx, func() bool { got, _ := p.ws.Doc(topic); return string(got) == string(want) }); err != nil {
					got, v := p.ws.Doc(topic)
					m.t.Fatalf("phone %d: %s is %s at version %d, want %s (%v)", i, topic, got, v, want, err)
				}
				continue
			}
			want := upTo(p.first[topic]+1, m.seqs[topic])
			var got []int64
			if err := p.ws.Wait(ctx, func() bool {
				p.mu.Lock()
				defer p.mu.Unlock()
				got = slices.Clone(p.seen[topic])
				return slices.Equal(got, want)
			}); err != nil {
				m.t.Fatalf("phone %d: %s came as %v, want %v (%v)", i, topic, got, want, err)
			}
		}
		cancel()
		m.must(p.ws.Err())
	}
}

// TestModel: whatever happens in whatever order, on two nodes, what a phone
// shows ends equal to what was published.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &model{t: t, docs: map[string]doc{}, seqs: map[string]int64{}}
		broker := hub.NewMemoryBroker()
		for i := range m.nodes {
			rig, stop := startNode(broker.Attach())
			defer stop()
			m.nodes[i] = rig
			probe, err := client.Dial(context.Background(), client.Config{URL: rig.URL, Ticket: "probe"})
			m.must(err)
			defer probe.Close()
			m.must(probe.Sub(nil, eventTopics...))
			m.probes[i] = probe
			m.settle(&phone{ws: probe})
		}
		for range phones {
			p := &phone{wants: map[string]bool{}, seen: map[string][]int64{}, first: map[string]int64{}}
			m.connect(p)
			m.phones = append(m.phones, p)
			defer func() { p.ws.Close() }()
		}
		t.Repeat(map[string]func(*rapid.T){
			"state": m.publishState, "events": m.publishEvents, "sub": m.subscribe, "unsub": m.unsubscribe, "reconnect": m.reconnect,
		})
		m.check()
	})
}

// startNode is hubtest.Start for a test that runs many times.
func startNode(b hub.Broker) (*hubtest.Rig, func()) {
	shelf := &hubtest.Shelf{}
	h := hub.New(hub.Config{
		Broker:       b,
		Source:       shelf,
		Authenticate: func(_ context.Context, ticket string) (hub.Identity, error) { return hub.Identity{Name: ticket}, nil },
		Allow:        func(hub.Identity, string) bool { return true },
		Handle: func(_ context.Context, _ *hub.Conn, _ string, body json.RawMessage) (any, error) {
			return body, nil
		},
		Conflate: func(topic string) time.Duration {
			if strings.HasPrefix(topic, "ballot/") {
				return 5 * time.Millisecond
			}
			return 0
		},
	})
	srv := httptest.NewServer(h)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { h.Run(ctx) })
	return &hubtest.Rig{Hub: h, URL: "ws" + strings.TrimPrefix(srv.URL, "http"), Shelf: shelf}, func() {
		end, done := context.WithTimeout(context.Background(), hubtest.Patience)
		defer done()
		h.Drain(end, 0)
		cancel()
		running.Wait()
		srv.Close()
	}
}
