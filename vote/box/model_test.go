package box

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
)

// promised is a vote that a client was told is counted.
type promised struct {
	round
	voter, rev int64
}

// night drives boxes over one store: bursts of casts at once, each sent one to
// three times, with openings, closings, clean restarts and restarts after a
// commit that failed or whose answer was lost.
type night struct {
	t    *rapid.T
	m    *memory
	box  *Box
	stop func()

	mu     sync.Mutex
	acked  map[promised]vote.Receipt
	finals map[round]vote.Tally // as Close returned them
	kept   map[round]int        // papers stored when the close returned
	wrong  []string             // found by the goroutines of a burst
}

// broken notes what a goroutine found; mu is held.
func (n *night) broken(format string, args ...any) {
	n.wrong = append(n.wrong, fmt.Sprintf(format, args...))
}

func (n *night) start() {
	var told sync.Map
	var b *Box
	tell := func(changed vote.Ballot) {
		_, tally, _ := b.Ballot(changed.ID)
		told.Store(changed.ID, tally)
	}
	b, err := New(context.Background(), Config{
		Store: n.m, Key: testKey, Pseudonyms: testPseudonym, Origin: testOrigin, Batch: 7,
		OnChange: tell, OnCount: tell,
	})
	if err != nil {
		n.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	n.box = b
	n.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			return
		}
		told.Range(func(id, tally any) bool { // what was told last is what is stored
			if got, want := tally.(vote.Tally), n.m.recount(id.(vote.BallotID)); !same(got, want) {
				n.t.Fatalf("told %+v, stored %+v", got, want)
			}
			return true
		})
	}
}

// cast sends one vote and notes an acknowledgement.
func (n *night) cast(c vote.Cast) {
	out, err := n.box.Cast(context.Background(), c)
	if err != nil || out.Fault != nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	key := promised{round{c.Ballot, out.Receipt.Round}, c.Voter, c.Rev}
	if first, ok := n.acked[key]; ok && first != out.Receipt {
		n.broken("%+v: receipts %+v and %+v", key, first, out.Receipt)
	}
	n.acked[key] = out.Receipt
}

func (n *night) burst() {
	var wg sync.WaitGroup
	for range rapid.IntRange(1, 12).Draw(n.t, "casts") {
		c := vote.Cast{
			Ballot: rapid.SampledFrom([]vote.BallotID{"final", "semi"}).Draw(n.t, "ballot"),
			Voter:  rapid.Int64Range(1, 4).Draw(n.t, "voter"),
			Rev:    rapid.Int64Range(1, 5).Draw(n.t, "rev"),
			Choice: []contest.EntryID{rapid.SampledFrom([]contest.EntryID{"e1", "e2", "e3"}).Draw(n.t, "choice")},
		}
		for range rapid.IntRange(1, 3).Draw(n.t, "sent") {
			wg.Go(func() { n.cast(c) })
		}
	}
	if rapid.IntRange(0, 3).Draw(n.t, "also") == 0 {
		id := rapid.SampledFrom([]vote.BallotID{"final", "semi"}).Draw(n.t, "closing")
		wg.Go(func() { n.close(id) })
	}
	wg.Wait()
}

func (n *night) close(id vote.BallotID) {
	b, tally, err := n.box.Close(context.Background(), id)
	if err != nil {
		return
	}
	key := round{id, b.Round}
	n.m.mu.Lock()
	papers := 0
	for _, list := range n.m.papers[key] {
		papers += len(list)
	}
	n.m.mu.Unlock()
	n.mu.Lock()
	defer n.mu.Unlock()
	if first, ok := n.finals[key]; ok && (!same(first, tally) || n.kept[key] != papers) {
		n.broken("%v changed after its close: %+v with %d papers, then %+v with %d", key, first, n.kept[key], tally, papers)
	}
	n.finals[key], n.kept[key] = tally, papers
}

func (n *night) restart() {
	switch rapid.IntRange(0, 2).Draw(n.t, "end") {
	case 0: // by hand
	case 1, 2:
		n.m.mu.Lock()
		n.m.failAfter = rapid.IntRange(1, 3).Draw(n.t, "failAfter")
		n.m.halfDone = rapid.Bool().Draw(n.t, "halfDone")
		n.m.fails = nil
		if !n.m.halfDone && rapid.Bool().Draw(n.t, "known") {
			n.m.fails = fault.New(fault.Unavailable, "store.busy", "no room")
		}
		n.m.mu.Unlock()
		n.burst()
		n.m.mu.Lock()
		n.m.failAfter = 0
		n.m.mu.Unlock()
		if rapid.Bool().Draw(n.t, "goes on") { // the same box heals
			return
		}
	}
	n.stop()
	n.start()
}

// check holds the books against each other.
func (n *night) check() {
	if len(n.wrong) > 0 {
		n.t.Fatal(n.wrong[0])
	}
	for key, receipt := range n.acked {
		papers := n.m.papers[key.round][key.voter]
		i := slices.IndexFunc(papers, func(p vote.Paper) bool { return p.Rev == key.rev })
		if i < 0 || papers[i].Receipt != receipt {
			n.t.Fatalf("%+v was acknowledged with %+v, stored are %+v", key, receipt, papers)
		}
	}
	for key, voters := range n.m.papers {
		for voter, papers := range voters {
			revs := map[int64]bool{}
			for i, p := range papers {
				if revs[p.Rev] || i > 0 && p.Rev < papers[i-1].Rev {
					n.t.Fatalf("%v voter %d: papers %+v", key, voter, papers)
				}
				revs[p.Rev] = true
			}
		}
	}
}

// TestANightOfFaults checks I-01 (the close is exact), I-02 (one vote each),
// I-03 (one receipt per revision), that whatever was acknowledged is stored,
// and that every count told is the recount.
func TestANightOfFaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		adding := testBallot("semi")
		adding.Quota = vote.Quota{MaxVotes: 2}
		n := &night{t: t, m: newMemory(testBallot("final"), adding), acked: map[promised]vote.Receipt{}, finals: map[round]vote.Tally{}, kept: map[round]int{}}
		n.start()
		defer func() { n.stop() }()
		for range rapid.IntRange(1, 15).Draw(t, "steps") {
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0:
				id := rapid.SampledFrom([]vote.BallotID{"final", "semi"}).Draw(t, "opening")
				_, err := n.box.Open(context.Background(), id, 0)
				if fault.CodeOf(err) == "ballot.closed" {
					if _, err = n.box.NewRound(context.Background(), id, "再投一次"); err == nil {
						_, err = n.box.Open(context.Background(), id, 0)
					}
				}
				if err != nil && fault.CodeOf(err) != "ballot.open" {
					t.Fatal(err)
				}
			case 1:
				n.restart()
			default:
				n.burst()
			}
			n.check()
		}
		for _, id := range []vote.BallotID{"final", "semi"} {
			n.close(id)
		}
		n.burst()
		for _, key := range slices.Collect(maps.Keys(n.finals)) {
			if b := n.m.ballots[key.ballot]; b.Round == key.no {
				n.close(key.ballot) // compares
				if tally := n.finals[key]; tally.Voters != int64(len(n.m.papers[key])) {
					t.Fatal(fmt.Sprintf("%v: %d voters counted, %d stored", key, tally.Voters, len(n.m.papers[key])))
				}
			}
		}
		n.check()
	})
}
