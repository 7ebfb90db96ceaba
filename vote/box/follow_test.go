package box

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hecai/contest"
	"hecai/vote"
)

// counted is a memory that tells how often it was read.
type counted struct {
	*memory
	reads atomic.Int64
}

func (c *counted) LoadBallots(ctx context.Context) ([]vote.Ballot, error) {
	c.reads.Add(1)
	return c.memory.LoadBallots(ctx)
}

// pair starts two boxes on one store, as two nodes have them: the first opens and
// closes.
func pair(t *testing.T, m *memory, edit ...func(*Config)) (owner, other *Box) {
	t.Helper()
	others := func(c *Config) { c.Others = true }
	owner, stop := start(t, m, others)
	t.Cleanup(func() { stop() })
	other, stopOther := start(t, m, append(edit, others)...)
	t.Cleanup(func() { stopOther() })
	return owner, other
}

// TestABoxFollowsTheOthers: what one opens, the other takes votes for without a
// refusal; what one counts, the other shows; what one closes is closed.
func TestABoxFollowsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(testBallot("final"))
		var changes, counts atomic.Int64
		owner, other := pair(t, m, func(c *Config) {
			c.OnChange = func(vote.Ballot) { changes.Add(1) }
			c.OnCount = func(vote.Ballot) { counts.Add(1) }
		})
		mustOpen(t, owner, "final", 0)
		expect(t, "a vote that comes before the news", of(mustCast(t, other, "final", 1, 1, "e1")), "")
		expect(t, "a vote at the owner", of(mustCast(t, owner, "final", 2, 1, "e2")), "")
		time.Sleep(2 * followEvery)
		for who, b := range map[string]*Box{"owner": owner, "other": other} {
			if ballot, tally, _ := b.Ballot("final"); ballot.State != vote.StateOpen || tally.Voters != 2 || tally.Votes[0] != 1 || tally.Votes[1] != 1 {
				t.Errorf("the %s has %s with %+v", who, ballot.State, tally)
			}
		}
		if changes.Load() != 1 || counts.Load() != 2 { // its own vote, and the owner's
			t.Errorf("told of %d changes and %d counts, want 1 and 2", changes.Load(), counts.Load())
		}
		time.Sleep(time.Minute)
		if changes.Load() != 1 || counts.Load() != 2 {
			t.Errorf("told of %d changes and %d counts while nothing happened", changes.Load(), counts.Load())
		}
		if _, _, err := owner.Close(t.Context(), "final"); err != nil {
			t.Fatal(err)
		}
		expect(t, "a vote after the close", of(mustCast(t, other, "final", 3, 1, "e1")), "vote.closed")
		if _, err := owner.NewRound(t.Context(), "final", "示例"); err != nil {
			t.Fatal(err)
		}
		mustOpen(t, owner, "final", 0)
		expect(t, "a vote in the new round", of(mustCast(t, other, "final", 1, 1, "e1")), "")
		if ballot, tally, _ := other.Ballot("final"); ballot.Round != 2 || tally.Voters != 1 {
			t.Errorf("in the new round it has round %d with %+v", ballot.Round, tally)
		}
		late := testBallot("late")
		m.mu.Lock()
		m.ballots["late"], m.tallies["late"] = late, vote.NewTally(late)
		m.mu.Unlock()
		if _, _, known := other.Ballot("late"); known || !other.Refresh(t.Context()) {
			t.Errorf("before the look it is known: %v; or the look failed", known)
		}
		if _, _, known := other.Ballot("late"); !known {
			t.Error("what another node has made is not known after a look")
		}
	})
}

// TestABoxThatCannotFollow refuses nothing for good by what it remembers, and no count
// that can't be proven is shown.
func TestABoxThatCannotFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(testBallot("final"), testBallot("bad"))
		owner, other := pair(t, m)
		m.mu.Lock()
		m.away = errDisk
		m.mu.Unlock()
		for _, id := range []vote.BallotID{"final", "none"} {
			c := vote.Cast{Ballot: id, Voter: 1, Rev: 1, Choice: []contest.EntryID{"e1"}}
			_, err := other.Cast(t.Context(), c)
			expect(t, "while the record is away", err, "vote.busy")
			expect(t, "a look while the record is away", other.Check(t.Context(), c), "vote.busy")
		}
		if other.Refresh(t.Context()) {
			t.Error("a look that failed is told as good")
		}
		m.mu.Lock()
		m.away, m.miscount = nil, "bad"
		m.mu.Unlock()
		mustOpen(t, owner, "bad", 0)
		mustOpen(t, owner, "final", 0)
		expect(t, "when it is back", of(mustCast(t, other, "final", 1, 1, "e1")), "")
		if aside := other.Aside(); len(aside) != 1 || aside[0] != "bad" {
			t.Errorf("set aside are %v", aside)
		}
	})
}

// TestUnknownNamesDoNotMakeTheBoxRead without end: whoever asks for what is not there
// waits for a look that all share.
func TestUnknownNamesDoNotMakeTheBoxRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &counted{memory: newMemory(testBallot("final"))}
		b, stop := start(t, store.memory, func(c *Config) { c.Store, c.Others = store, true })
		defer stop()
		began, before := time.Now(), store.reads.Load()
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				for j := range 10 {
					id := vote.BallotID(fmt.Sprintf("none-%d-%d", i, j))
					if !b.Refresh(t.Context()) {
						t.Error("what others did is not known")
					}
					expect(t, "check", b.Check(t.Context(), vote.Cast{Ballot: id, Voter: 1, Rev: 1}), "vote.unknown_ballot")
					expect(t, "cast", of(mustCast(t, b, id, 1, 1)), "vote.unknown_ballot")
				}
			})
		}
		all.Wait()
		if reads, most := store.reads.Load()-before, int64(time.Since(began)/followEvery)+1; reads > most {
			t.Errorf("%d readings in %v, want up to %d", reads, time.Since(began), most)
		}
	})
}
