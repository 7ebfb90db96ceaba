package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"hecai/hub/client"
	"hecai/vote"
)

// partings are the ways in which nodes lose Redis, and each returns what ends it.
// The wires are of the node that has the shows, and of the other.
var partings = []struct {
	name string
	part func(t *testing.T, h *town, owner, other int) (mend func())
}{
	{"Redis is silent", func(t *testing.T, h *town, _, _ int) func() {
		h.redis.Pause(t)
		return func() { h.redis.Resume(t) }
	}},
	{"Redis refuses both", func(_ *testing.T, h *town, _, _ int) func() {
		h.wires[0].Refuse()
		h.wires[1].Refuse()
		return func() { h.wires[0].Mend(); h.wires[1].Mend() }
	}},
	{"the node that has the shows is cut off in silence", func(_ *testing.T, h *town, owner, _ int) func() {
		h.wires[owner].Part()
		return h.wires[owner].Mend
	}},
	{"the other node is cut off in silence", func(_ *testing.T, h *town, _, other int) func() {
		h.wires[other].Part()
		return h.wires[other].Mend
	}},
	{"Redis refuses the other node, and is empty then", func(t *testing.T, h *town, _, other int) func() {
		h.wires[other].Refuse()
		return func() { h.redis.FlushAll(t); h.wires[other].Mend() }
	}},
}

// TestRedisIsParted parts two nodes from Redis, both or one of them, again and again
// while votes run at both and a show goes on. Nothing waits for Redis: each vote is
// taken, each command carried out, each phone let in. What one sees of it at the other
// node may be late, and is right soon after the end without anybody doing anything.
func TestRedisIsParted(t *testing.T) {
	t.Parallel()
	towns, each := 4, len(partings)               // each way in each town
	if raced || os.Getenv("REQUIRE_ALL") != "1" { // minutes less for whoever runs all tests by hand
		towns, each = 1, 2
	}
	for i := range towns {
		t.Run(fmt.Sprint("town ", i), func(t *testing.T) {
			t.Parallel()
			partTown(t, each)
		})
	}
}

func partTown(t *testing.T, times int) {
	h := newWiredTown(t, 2)
	owner := slices.Index(h.nodes, h.owner())
	other := 1 - owner
	h.org.Do("POST", "/v1/admin/ballots/crash/open", object{"seconds": 0}, nil)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 3))
	var watchers []*client.Client
	for _, n := range h.nodes {
		watchers = append(watchers, n.phone().join("audience", "ballot/crash", "stage/final", "show/final"))
	}
	var voters, every []*voter
	for i := range 6 {
		voters = append(voters, &voter{c: h.nodes[i%2].phone()})
	}
	every = slices.Clone(voters)
	var said []string // what the director was told is on the screens
	say := func(n *Node) {
		t.Helper()
		text := fmt.Sprint("示例", len(said))
		h.org.at(n).try("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": text}, nil) // once more says nothing new
		said = append(said, text)
	}
	longest := time.Duration(0)
	for round, at := range rng.Perm(len(partings))[:times] {
		p := partings[at]
		for i, v := range voters { // it may change its vote so often and no more
			if v.acked > vote.MaxChanges/2 {
				voters[i] = &voter{c: h.nodes[i%2].phone()}
				every = append(every, voters[i])
			}
		}
		stop := make(chan struct{})
		var all sync.WaitGroup
		for _, v := range voters {
			own := rand.New(rand.NewPCG(rng.Uint64(), 2))
			all.Go(func() { v.persist(h.ids, own, stop) })
		}
		say(h.nodes[other])
		mend := sync.OnceFunc(p.part(t, h, owner, other))
		t.Cleanup(mend) // a server that is stopped can't be stopped
		since := time.Now()
		for _, n := range h.nodes {
			say(n)
			newcomer := &voter{c: n.phone(), rev: 1, sent: h.ids[:1]}
			eventually(t, "a newcomer is let in, with another ticket if the machine is busy", func() bool {
				return n.opens(ticketOf(newcomer.c, "audience"))
			})
			eventually(t, "a newcomer's vote is taken", func() bool { return newcomer.send("crash") })
			every = append(every, newcomer)
		}
		if rest := time.Duration(rng.IntN(4500))*time.Millisecond - time.Since(since); rest > 0 { // some last longer than silence is borne
			time.Sleep(rest)
		}
		say(h.nodes[round%2])
		close(stop)
		all.Wait()
		lasted := time.Since(since)
		mend()
		since = time.Now()
		want := checkVoters(t, round, every)
		for i, ws := range watchers {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			if err := ws.Wait(ctx, func() bool {
				show, _ := ws.Doc("stage/final")
				board, _ := ws.Doc("ballot/crash")
				return noticeOf(show) == said[len(said)-1] && shows(board, want)
			}); err != nil {
				show, _ := ws.Doc("stage/final")
				board, _ := ws.Doc("ballot/crash")
				t.Fatalf("%s for %v: a phone at node %d (%d has the shows) never shows what is: %v\nwant %s, %v\n%.300s\n%s\n%s",
					p.name, lasted, i, owner, err, said[len(said)-1], want, show, board, h.nodes[i].Output())
			}
			cancel()
			if err := ws.Err(); err != nil {
				t.Fatalf("%s: the phone at node %d: %v", p.name, i, err)
			}
		}
		took := time.Since(since)
		longest = max(longest, took)
		t.Logf("%s for %v: all was seen %v after the end", p.name, lasted, took)
		for _, n := range h.nodes {
			checkCountSoon(t, round, h.org.at(n), want)
		}
		h.saidOnce(said)
	}
	acked := int64(0)
	for _, v := range every {
		acked += v.acked
	}
	t.Logf("%d partings, %d commands, %d acknowledged votes; the longest until all was seen again: %v", times, len(said), acked, longest)
}

// shows reports whether a phone's board has the figures.
func shows(board json.RawMessage, want map[string]int64) bool {
	rows := field[[]struct{ Entry string }](board, "rows")
	votes := field[[]int64](board, "votes")
	if len(rows) == 0 || len(rows) != len(votes) {
		return false
	}
	for i, row := range rows {
		if votes[i] != want[row.Entry] {
			return false
		}
	}
	return true
}

// saidOnce holds the notices among the show's facts against those that were said.
func (h *town) saidOnce(said []string) {
	h.t.Helper()
	for _, n := range h.nodes {
		var facts []struct {
			Seq  int64
			Kind string
			Body struct{ Text string }
		}
		h.org.at(n).Do("GET", "/v1/stage/final/facts", nil, &facts)
		var got []string
		for i, f := range facts {
			if i > 0 && f.Seq <= facts[i-1].Seq {
				h.t.Fatalf("fact %d comes after %d", f.Seq, facts[i-1].Seq)
			}
			if f.Kind == "notice_shown" {
				got = append(got, f.Body.Text)
			}
		}
		if !slices.Equal(got, said) {
			h.t.Fatalf("the facts tell %q, the director said %q", got, said)
		}
	}
}
