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

// TestOwnerIsKilled kills the node that has the shows, again and again while votes
// run at both, and Redis between. Each time the other goes on, or the same one that
// is back at once: no fact is told twice, no vote that was acknowledged is lost or
// counted twice, and no phone's board goes back.
func TestOwnerIsKilled(t *testing.T) {
	t.Parallel()
	towns, kills := 4, 5
	if raced || os.Getenv("REQUIRE_ALL") != "1" { // minutes less for whoever runs all tests by hand
		towns, kills = 2, 2
	}
	for i := range towns { // which wait for leases at the same time
		t.Run(fmt.Sprint("town ", i), func(t *testing.T) {
			t.Parallel()
			killOwners(t, kills)
		})
	}
}

func killOwners(t *testing.T, kills int) {
	h := newTown(t, 2)
	h.owner()
	h.org.Do("POST", "/v1/admin/ballots/crash/open", object{"seconds": 0}, nil)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	var voters, every []*voter
	for i := range 12 {
		voters = append(voters, &voter{c: h.nodes[i%2].phone()})
	}
	every = slices.Clone(voters)
	facts, longest := 0, time.Duration(0)
	for round := range kills {
		owner := h.owner()
		survivor := h.nodes[0]
		if survivor == owner {
			survivor = h.nodes[1]
		}
		watch := h.watch(survivor)
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
		h.org.at(survivor).try("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": fmt.Sprint("示例", round)}, nil)
		time.Sleep(time.Duration(rng.IntN(400)) * time.Millisecond)
		if round%2 == 1 {
			h.redis.Kill(t)
		}
		owner.Kill()
		began := time.Now()
		if round%4 >= 2 { // it comes back at once, and has the shows again if it is quicker
			owner.Start()
		}
		h.org.at(survivor).try("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": fmt.Sprint("示例", round, "b")}, nil)
		took := time.Since(began)
		longest = max(longest, took)
		if round%2 == 1 {
			h.redis.Start(t)
		}
		if owner.cmd == nil {
			owner.Start()
		}
		close(stop)
		all.Wait()
		watch(round)
		t.Logf("round %d: the show went on after %v", round, took)
		if now := h.facts(h.org.at(survivor)); now < facts {
			t.Fatalf("round %d: %d facts, there were %d", round, now, facts)
		} else {
			facts = now
		}
		want := checkVoters(t, round, every)
		for _, n := range h.nodes {
			checkCountSoon(t, round, h.org.at(n), want)
		}
	}
	total := int64(0)
	for _, v := range every {
		total += v.acked
	}
	t.Logf("%d kills, %d facts, %d acknowledged votes; the longest pause was %v", kills, facts, total, longest)
}

// watch follows the board and the stage on a phone at the node, and says at the end
// that neither went back.
func (h *town) watch(n *Node) (end func(round int)) {
	h.t.Helper()
	var mu sync.Mutex
	versions, back := map[string]int64{}, ""
	ws, err := n.phone().socket(h.t.Context(), client.Config{OnFrame: func(f client.Frame) {
		mu.Lock()
		defer mu.Unlock()
		if f.V != 0 && f.V < versions[f.K] {
			back = fmt.Sprintf("%s went from %d to %d", f.K, versions[f.K], f.V)
		}
		versions[f.K] = max(f.V, versions[f.K])
	}})
	if err != nil {
		h.t.Fatal(err)
	}
	if err := ws.Sub(nil, "ballot/crash", "stage/final"); err != nil {
		h.t.Fatal(err)
	}
	return func(round int) {
		h.t.Helper()
		ctx, cancel := context.WithTimeout(h.t.Context(), patience)
		defer cancel()
		want := showState(h.org.at(n))
		if err := ws.Wait(ctx, func() bool {
			doc, _ := ws.Doc("stage/final")
			notice, _ := json.Marshal(want["notice"])
			return noticeOf(doc) == noticeOf([]byte(fmt.Sprintf(`{"notice":%s}`, notice)))
		}); err != nil {
			h.t.Fatalf("round %d: the phone does not show the newest: %v", round, err)
		}
		ws.Close()
		mu.Lock()
		defer mu.Unlock()
		if back != "" {
			h.t.Fatalf("round %d: %s", round, back)
		}
	}
}

// persist votes until it is told to stop, and until the last vote is acknowledged.
func (v *voter) persist(entries []string, rng *rand.Rand, stop <-chan struct{}) {
	for {
		if v.rev == v.acked {
			select {
			case <-stop:
				return
			default:
			}
			if v.rev > vote.MaxChanges {
				return
			}
			v.rev++
			v.sent = pick(entries, 3, rng)
		}
		if !v.send("crash") {
			time.Sleep(50 * time.Millisecond)
		}
	}
}
