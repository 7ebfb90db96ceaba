package box

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
)

// TestAnUnknownCommitIsReadAgain: the vote whose commit failed is told
// "unconfirmed", nothing is acknowledged on a guess, and the same box goes on.
func TestAnUnknownCommitIsReadAgain(t *testing.T) {
	for _, half := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory(testBallot("final"))
			b, stop := start(t, m)
			mustOpen(t, b, "final", 0)
			first := mustCast(t, b, "final", 1, 1, "e1")
			m.mu.Lock()
			m.failAfter, m.halfDone = 1, half
			m.mu.Unlock()
			_, err := b.Cast(t.Context(), vote.Cast{Ballot: "final", Voter: 2, Rev: 1, Choice: []contest.EntryID{"e2"}})
			expect(t, "cast in the failed commit", err, "vote.unconfirmed")
			synctest.Wait()
			if err := b.Trouble(); err != nil {
				t.Errorf("still in trouble: %v", err)
			}
			if out := mustCast(t, b, "final", 1, 1, "e1"); !out.Duplicate || out.Receipt != first.Receipt {
				t.Errorf("a vote of before: %+v", out)
			}
			if out := mustCast(t, b, "final", 2, 1, "e2"); out.Fault != nil || out.Duplicate != half {
				t.Errorf("retry of the unknown vote (stored: %v): %+v", half, out)
			}
			if _, tally, err := b.Close(t.Context(), "final"); err != nil || tally.Voters != 2 {
				t.Errorf("count %+v, %v", tally, err)
			}
			if err := stop(); err != nil {
				t.Errorf("Run returned %v", err)
			}
		})
	}
}

// TestWhileTheStoreIsAway: with a commit in doubt and a store that can't be
// read, everyone is told to come again, nobody waits, and the box takes votes
// by itself once the store is back.
func TestWhileTheStoreIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(testBallot("final"))
		b, stop := start(t, m)
		mustOpen(t, b, "final", 0)
		m.mu.Lock()
		m.away = errDisk
		m.mu.Unlock()
		cast := func(voter int64) error {
			_, err := b.Cast(t.Context(), vote.Cast{Ballot: "final", Voter: voter, Rev: 1, Choice: []contest.EntryID{"e2"}})
			return err
		}
		expect(t, "the first", cast(1), "vote.unconfirmed")
		for range 100 {
			time.Sleep(100 * time.Millisecond)
			expect(t, "the others", cast(2), "vote.busy")
		}
		if !errors.Is(b.Trouble(), errDisk) {
			t.Errorf("trouble: %v", b.Trouble())
		}
		_, err := b.Extend(t.Context(), "final", time.Minute)
		if kind := fault.KindOf(err); kind != fault.Unavailable {
			t.Errorf("a command: %v", err)
		}
		m.mu.Lock()
		m.away = nil
		m.mu.Unlock()
		time.Sleep(healLast)
		expect(t, "when it is back", cast(1), "")
		if b.Trouble() != nil {
			t.Errorf("trouble: %v", b.Trouble())
		}
		stop()
	})
}

// TestACommandWithoutAnAnswerIsUnconfirmed: whoever orders something of a box that
// ends is not told that it was done, nor that it was not; the next box knows.
func TestACommandWithoutAnAnswerIsUnconfirmed(t *testing.T) {
	m := newMemory(testBallot("final"))
	b, stop := start(t, m)
	mustOpen(t, b, "final", 0)
	stop()
	_, _, err := b.Close(t.Context(), "final")
	expect(t, "a close after the end", err, "ballot.unconfirmed")
	b, _ = start(t, m)
	_, _, err = b.Close(t.Context(), "final")
	expect(t, "the close of the next box", err, "")
}

// TestAKnownFailureStopsNothing: the store says that nothing was stored.
func TestAKnownFailureStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(testBallot("final"))
		b, stop := start(t, m)
		mustOpen(t, b, "final", 0)
		m.mu.Lock()
		m.failAfter, m.fails = 1, fault.New(fault.Unavailable, "store.busy", "no room")
		m.mu.Unlock()
		_, err := b.Cast(t.Context(), vote.Cast{Ballot: "final", Voter: 1, Rev: 1, Choice: []contest.EntryID{"e2"}})
		expect(t, "refused by the store", err, "vote.busy")
		if fault.KindOf(err) != fault.Unavailable || fault.Of(err).RetryAfter == 0 {
			t.Errorf("busy is %v with %v", fault.KindOf(err), fault.Of(err).Args)
		}
		if b.Trouble() == nil {
			t.Error("no trouble after a refusal of the store")
		}
		if out := mustCast(t, b, "final", 1, 1, "e2"); out.Fault != nil || out.Duplicate {
			t.Errorf("again: %+v", out)
		}
		if b.Trouble() != nil {
			t.Errorf("trouble after a stored vote: %v", b.Trouble())
		}
		stop()
	})
}

// TestNobodyWaitsForASilentStore: whoever waits is answered in time, and while
// the oldest waits too long nobody else is made to.
func TestNobodyWaitsForASilentStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(testBallot("final"))
		b, stop := start(t, m)
		mustOpen(t, b, "final", 0)
		m.gate, m.entered = make(chan struct{}), make(chan struct{}, 9)
		var wg sync.WaitGroup
		began := time.Now()
		wg.Go(func() {
			_, err := b.Cast(t.Context(), vote.Cast{Ballot: "final", Voter: 1, Rev: 1, Choice: []contest.EntryID{"e2"}})
			expect(t, "who waits", err, "vote.unconfirmed")
			if took := time.Since(began); took != 5*time.Second {
				t.Errorf("answered after %v", took)
			}
		})
		<-m.entered
		time.Sleep(3 * time.Second)
		_, err := b.Cast(t.Context(), vote.Cast{Ballot: "final", Voter: 2, Rev: 1, Choice: []contest.EntryID{"e2"}})
		expect(t, "a newcomer", err, "vote.busy")
		if time.Since(began) != 3*time.Second {
			t.Error("the newcomer was made to wait")
		}
		if b.Trouble() == nil {
			t.Error("no trouble while the store is silent")
		}
		wg.Wait()
		m.gate <- struct{}{} // it wakes up
		synctest.Wait()
		close(m.gate)
		if out := mustCast(t, b, "final", 1, 1, "e2"); !out.Duplicate {
			t.Errorf("the transaction went on without its waiter: %+v", out)
		}
		stop()
	})
}

// TestOneBadBallotIsSetAside: the others start and take votes.
func TestOneBadBallotIsSetAside(t *testing.T) {
	m := newMemory(testBallot("final"), testBallot("semi"))
	b, stop := start(t, m)
	mustOpen(t, b, "final", 0)
	mustOpen(t, b, "semi", 0)
	stop()
	m.mu.Lock()
	m.miscount = "semi"
	m.mu.Unlock()

	b, _ = start(t, m)
	if got := b.Aside(); !slices.Equal(got, []vote.BallotID{"semi"}) {
		t.Fatalf("set aside: %v", got)
	}
	expect(t, "vote on the sound one", of(mustCast(t, b, "final", 1, 1, "e1")), "")
	_, err := b.Cast(t.Context(), vote.Cast{Ballot: "semi", Voter: 1, Rev: 1, Choice: []contest.EntryID{"e2"}})
	expect(t, "vote on the bad one", err, "ballot.aside")
	_, _, err = b.Close(t.Context(), "semi")
	expect(t, "close of the bad one", err, "ballot.aside")

	m.mu.Lock()
	m.miscount = ""
	mended := m.ballots["semi"]
	m.mu.Unlock()
	if err := b.Add(t.Context(), mended); err != nil || len(b.Aside()) != 0 {
		t.Fatalf("mended: %v, aside %v", err, b.Aside())
	}
	expect(t, "vote on the mended one", of(mustCast(t, b, "semi", 1, 1, "e1")), "")
}
