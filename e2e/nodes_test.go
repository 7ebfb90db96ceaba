package e2e

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"hecai/hub/client"
	"hecai/hub/hubtest"
	"hecai/store/storetest"
)

// town is several nodes of one record, with real PostgreSQL, Redis and processes.
type town struct {
	t        testing.TB
	postgres *storetest.Postgres
	database string // its address
	redis    *hubtest.Redis
	wires    []*hubtest.Wire // of each node to Redis, where there are some
	nodes    []*Node
	org      *Client
	ids      []string // of the entries
}

func newTown(t testing.TB, nodes int) *town {
	t.Helper()
	return newTownBy(t, nodes, func(h *town) string { return h.redis.URL() })
}

// newWiredTown is newTown, with a wire of its own from each node to Redis.
func newWiredTown(t testing.TB, nodes int) *town {
	t.Helper()
	return newTownBy(t, nodes, func(h *town) string {
		w := hubtest.NewWire(t, h.redis.Addr)
		h.wires = append(h.wires, w)
		return "redis://" + w.Addr
	})
}

// newTownBy is newTown, with the address of Redis that each node is given.
func newTownBy(t testing.TB, nodes int, redis func(*town) string) *town {
	t.Helper()
	h := &town{t: t, redis: hubtest.StartRedis(t), postgres: startPostgres(t)}
	h.database = h.postgres.Database(t)
	for range nodes {
		h.nodes = append(h.nodes, newNode(t, "--database", h.database, "--redis", redis(h)))
		if h.org == nil { // before another start makes another link
			h.org = h.nodes[0].organiser()
			h.org.patient = true
		}
	}
	h.ids = importEntries(h.org, 12)
	h.org.Do("POST", "/v1/admin/ballots", object{
		"id": "crash", "title": "示例选票", "session": "final", "entries": h.ids, "visibility": "live",
		"quota": object{"window": "ballot", "max": 3, "change": true},
	}, nil)
	return h
}

// at is the same person at another node.
func (c *Client) at(n *Node) *Client {
	other := *c
	other.url = n.url
	return &other
}

// try asks until it is answered, as a page does while the shows move.
func (c *Client) try(method, path string, in, out any) {
	c.t.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err = c.Try(method, path, in, out); err == nil {
			return
		}
	}
	c.t.Fatalf("%s %s: %v", method, path, err)
}

// owner is the node that has the shows.
func (h *town) owner() *Node {
	h.t.Helper()
	var owner *Node
	eventually(h.t, "one node has the shows", func() bool {
		owner = nil
		n := 0
		for _, node := range h.nodes {
			if node.cmd != nil && h.has(node) {
				owner = node
				n++
			}
		}
		return n == 1
	})
	return owner
}

// has reports whether the node says that the shows are there.
func (h *town) has(n *Node) bool {
	var ready struct{ Shows bool }
	c := n.client()
	return c.Try("GET", "/readyz", nil, &ready) == nil && ready.Shows
}

// facts reads the show's facts, which must be dense and told once.
func (h *town) facts(c *Client) int {
	h.t.Helper()
	var facts []struct {
		Seq  int64
		Kind string
	}
	c.try("GET", "/v1/stage/final/facts", nil, &facts)
	last := int64(0)
	for _, f := range facts {
		if f.Seq <= last {
			h.t.Fatalf("fact %d comes after %d", f.Seq, last)
		}
		last = f.Seq
	}
	return len(facts)
}

// TestASecondNodeWorks (case second-node): what one node does to ballots and the
// stage is known to the other at once, and a director may be at either.
func TestASecondNodeWorks(t *testing.T) {
	t.Parallel()
	h := newTown(t, 2)
	owner := h.owner()
	other := h.nodes[0]
	if other == owner {
		other = h.nodes[1]
	}
	var board struct{ State string }
	h.org.at(other).Do("GET", "/v1/ballots/crash", nil, &board)
	if board.State != "armed" {
		t.Fatalf("the board is %q at the other node", board.State)
	}
	phone := other.phone()
	ws, err := phone.socket(t.Context(), client.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	if err := ws.Sub(nil, "ballot/crash", "stage/final"); err != nil {
		t.Fatal(err)
	}
	h.org.at(other).Do("POST", "/v1/admin/ballots/crash/open", object{"seconds": 0}, nil)
	for i, n := range []*Node{owner, other} { // no node says that it is not open
		n.phone().Do("POST", "/v1/votes", object{"ballot": "crash", "rev": 1, "choice": h.ids[i : i+1]}, nil)
	}
	t.Cleanup(func() {
		if t.Failed() {
			doc, _ := ws.Doc("ballot/crash")
			show, _ := ws.Doc("stage/final")
			t.Logf("the phone has %s, %.200s, %v\nowner:\n%s\nother:\n%s", doc, show, ws.Err(), owner.Output(), other.Output())
		}
	})
	hubtest.Until(t, "both votes on the other node's phone", func() bool {
		var b struct{ Votes []int64 }
		doc, _ := ws.Doc("ballot/crash")
		_ = json.Unmarshal(doc, &b)
		return len(b.Votes) > 1 && b.Votes[0] == 1 && b.Votes[1] == 1
	})
	h.org.at(other).Do("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": "示例"}, nil)
	hubtest.Until(t, "the notice on the other node's phone", func() bool {
		doc, _ := ws.Doc("stage/final")
		return len(doc) > 0 && slices.Contains([]string{"示例"}, noticeOf(doc))
	})
	h.org.at(other).Do("POST", "/v1/admin/ballots/crash/close", object{}, nil)
	for _, n := range h.nodes {
		n.phone().Refused("vote.closed", "POST", "/v1/votes", object{"ballot": "crash", "rev": 1, "choice": h.ids[:1]})
	}
	// A node that stops gives the shows away while it still serves.
	if code := owner.Stop(30 * time.Second); code != 0 {
		t.Errorf("it stopped with code %d", code)
	}
	h.org.at(other).try("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": "示例二"}, nil)
	hubtest.Until(t, "the notice of the new owner", func() bool {
		doc, _ := ws.Doc("stage/final")
		return noticeOf(doc) == "示例二"
	})
	h.facts(h.org.at(other))
}

// TestAShowsLeaseAloneIsLost: a show that its node has to take again, while it keeps
// the ballots, goes on above what it told before.
func TestAShowsLeaseAloneIsLost(t *testing.T) {
	t.Parallel()
	h := newTown(t, 1)
	node := h.owner()
	ws, err := node.phone().socket(t.Context(), client.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	if err := ws.Sub(nil, "stage/final"); err != nil {
		t.Fatal(err)
	}
	told := func(text string) {
		t.Helper()
		h.org.try("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": text}, nil)
		hubtest.Until(t, "the notice "+text, func() bool { doc, _ := ws.Doc("stage/final"); return noticeOf(doc) == text })
	}
	for i := range 10 { // the new stage's own numbers stay below these
		told(fmt.Sprint("示例", i))
	}
	db, err := sql.Open("pgx", h.database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var epoch, now int64
	if err := db.QueryRow(`UPDATE lease SET epoch = epoch + 1, holder = 'another', until = 0 WHERE name LIKE 'show/%/final' RETURNING epoch`).Scan(&epoch); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the show is taken again", func() bool {
		return db.QueryRow(`SELECT epoch FROM lease WHERE name LIKE 'show/%/final' AND holder <> 'another'`).Scan(&now) == nil && now > epoch
	})
	told("示例之后")
}

func noticeOf(doc []byte) string {
	var v struct{ Notice any }
	_ = json.Unmarshal(doc, &v)
	switch n := v.Notice.(type) {
	case string:
		return n
	case map[string]any:
		s, _ := n["text"].(string)
		return s
	}
	return ""
}

// TestVotesAtThreeNodes casts at three nodes at once and closes at one of them.
func TestVotesAtThreeNodes(t *testing.T) {
	t.Parallel()
	h := newTown(t, 3)
	h.owner()
	h.org.Do("POST", "/v1/admin/ballots/crash/open", object{"seconds": 0}, nil)
	voters := make([]*voter, 30)
	var all sync.WaitGroup
	stop := make(chan struct{})
	for i := range voters {
		voters[i] = &voter{c: h.nodes[i%3].phone()}
		rng := rand.New(rand.NewPCG(uint64(i), 7))
		all.Go(func() { voters[i].burst("crash", h.ids, rng, stop) })
	}
	time.Sleep(2 * time.Second)
	h.org.at(h.nodes[1]).Do("POST", "/v1/admin/ballots/crash/close", object{}, nil)
	close(stop)
	all.Wait()
	acked := int64(0)
	want := map[string]int64{}
	for i, v := range voters {
		acked += v.acked
		var got struct {
			Receipts []struct{ Rev int64 }
		}
		v.c.at(h.nodes[(i+1)%3]).Do("GET", "/v1/votes/mine?ballot=crash", nil, &got) // another node knows it
		if last := int64(len(got.Receipts)); last != v.acked && last != v.rev {
			t.Errorf("voter %d holds %d votes, %d were acknowledged, %d sent", i, last, v.acked, v.rev)
		} else if last == v.acked {
			for _, e := range v.held {
				want[e]++
			}
		} else {
			for _, e := range v.sent {
				want[e]++
			}
		}
	}
	t.Logf("%d acknowledged votes at three nodes", acked)
	for _, n := range h.nodes {
		checkCountSoon(t, 0, h.org.at(n), want)
	}
}
