package box

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"hecai/vote"
)

// plan is one run of TestNoVoteOutsideTheWindow.
type plan struct {
	opens, lasts time.Duration // lasts 0: no scheduled end
	boots        []boot
}

// boot is one life of the server: pauses before each vote, and how long it is
// off afterwards.
type boot struct {
	pauses []time.Duration
	off    time.Duration
}

// TestNoVoteOutsideTheWindow tries every order of opening, closing, boots of the
// server and votes: a ballot that nobody opened by hand takes votes within its
// schedule and its grace, and never without an end if it has one.
func TestNoVoteOutsideTheWindow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		minutes := func(name string, from, to int) time.Duration {
			return time.Duration(rapid.IntRange(from, to).Draw(rt, name)) * time.Minute
		}
		p := plan{opens: minutes("opens", -30, 60), lasts: minutes("lasts", 0, 60)}
		for range rapid.IntRange(1, 5).Draw(rt, "boots") {
			var life boot
			for range rapid.IntRange(1, 6).Draw(rt, "votes") {
				life.pauses = append(life.pauses, time.Duration(rapid.IntRange(0, 20*60_000).Draw(rt, "pause"))*time.Millisecond)
			}
			life.off = minutes("off", 0, 90)
			p.boots = append(p.boots, life)
		}
		var wrong string
		synctest.Test(t, func(t *testing.T) { wrong = p.run(t) })
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
}

// run says what went wrong.
func (p plan) run(t *testing.T) (wrong string) {
	base := time.Now()
	opens, closes := base.Add(p.opens), base.Add(p.opens+p.lasts)
	ballot := testBallot("online")
	ballot.OpensAt = opens.UnixMilli()
	if p.lasts > 0 {
		ballot.ClosesAt = closes.UnixMilli()
	}
	m := newMemory(ballot)
	voter := int64(0)
	for _, life := range p.boots {
		b, stop := start(t, m)
		for _, pause := range life.pauses {
			time.Sleep(pause)
			synctest.Wait()
			voter++
			at := time.Now()
			out := mustCast(t, b, "online", voter, 1, "e1")
			got, _, _ := b.Ballot("online")
			if got.State == vote.StateOpen && p.lasts > 0 && got.Deadline != ballot.ClosesAt+vote.Grace {
				wrong = fmt.Sprintf("open with deadline %d, scheduled end %d", got.Deadline, ballot.ClosesAt)
			}
			if out.Fault == nil && (at.Before(opens) || p.lasts > 0 && at.After(closes.Add(Grace))) {
				wrong = fmt.Sprintf("a vote at %v, window %v to %v", at.Sub(base), p.opens, p.opens+p.lasts)
			}
		}
		stop()
		time.Sleep(life.off)
	}
	return wrong
}

// TestAMissedWindowStaysShut: the server was down from before the opening until
// after the end.
func TestAMissedWindowStaysShut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ballot := testBallot("online")
		now := time.Now()
		ballot.OpensAt = now.Add(-2 * time.Hour).UnixMilli()
		ballot.ClosesAt = now.Add(-time.Hour).UnixMilli()
		m := newMemory(ballot)
		b, stop := start(t, m)
		synctest.Wait()
		got, _, _ := b.Ballot("online")
		if !got.Missed() {
			t.Fatalf("state %s, round %d", got.State, got.Round)
		}
		expect(t, "a vote", of(mustCast(t, b, "online", 1, 1, "e1")), "vote.closed")
		stop()
		b, stop = start(t, m) // and after the next start
		synctest.Wait()
		expect(t, "a vote", of(mustCast(t, b, "online", 1, 1, "e1")), "vote.closed")
		mustOpen(t, b, "online", time.Minute) // a person may
		expect(t, "opened by hand", of(mustCast(t, b, "online", 1, 1, "e1")), "")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got, _, _ := b.Ballot("online"); got.State != vote.StateClosed || got.Round != 1 {
			t.Errorf("state %s, round %d", got.State, got.Round)
		}
		stop()
	})
}

// TestTheScheduleWaitsForTheStore: an end that comes while the store is away is
// no end that is forgotten, and takes no vote meanwhile.
func TestTheScheduleWaitsForTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(testBallot("final"))
		b, stop := start(t, m)
		mustOpen(t, b, "final", time.Minute)
		m.mu.Lock()
		m.away = errors.New("gone")
		m.mu.Unlock()
		time.Sleep(5 * time.Minute)
		m.mu.Lock()
		m.away = nil
		m.mu.Unlock()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		expect(t, "a late vote", of(mustCast(t, b, "final", 1, 1, "e1")), "vote.closed")
		if got, _, _ := b.Ballot("final"); got.State != vote.StateClosed {
			t.Errorf("state %s", got.State)
		}
		stop()
	})
}
