package box

import (
	"context"
	"crypto/ed25519"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
	"hecai/vote/ledger"
)

func TestConfigIsChecked(t *testing.T) {
	good := Config{Store: newMemory(), Key: testKey, Pseudonyms: testPseudonym, Origin: testOrigin}
	for name, edit := range map[string]func(*Config){
		"no store":            func(c *Config) { c.Store = nil },
		"no key":              func(c *Config) { c.Key = nil },
		"short pseudonym key": func(c *Config) { c.Pseudonyms = c.Pseudonyms[:15] },
		"origin with a space": func(c *Config) { c.Origin = "a b" },
		"negative queue":      func(c *Config) { c.Queue = -1 },
		"negative patience":   func(c *Config) { c.Patience = -1 },
	} {
		c := good
		edit(&c)
		if _, err := New(t.Context(), c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestRefusedWithoutTheQueue(t *testing.T) {
	draft := testBallot("draft")
	draft.State = vote.StateDraft
	b, _ := start(t, newMemory(testBallot("final"), draft))
	expect(t, "unknown", of(mustCast(t, b, "nope", 1, 1, "e1")), "vote.unknown_ballot")
	expect(t, "draft", of(mustCast(t, b, "draft", 1, 1, "e1")), "vote.unknown_ballot")
	expect(t, "armed", of(mustCast(t, b, "final", 1, 1, "e1")), "vote.not_open")
	expect(t, "empty", of(mustCast(t, b, "final", 1, 1)), "vote.empty")
	expect(t, "foreign entry", of(mustCast(t, b, "final", 1, 1, "e9")), "vote.unknown_entry")
	if n := b.Stats().Answered; n != 0 {
		t.Errorf("%d casts reached the store", n)
	}
}

func TestAReceiptOpensToTheStoredVoteAndIsPromised(t *testing.T) {
	m := newMemory(testBallot("final"))
	b, _ := start(t, m)
	mustOpen(t, b, "final", 0)
	out, err := b.Cast(t.Context(), vote.Cast{Ballot: "final", Voter: 7, Rev: 1, Choice: []contest.EntryID{"e2"}, ClientSalt: "beef"})
	if err != nil || out.Fault != nil {
		t.Fatal(out.Fault, err)
	}
	r, ok := m.stored("final", 7, 1)
	if !ok || r != out.Receipt {
		t.Fatalf("stored %+v, acknowledged %+v", r, out.Receipt)
	}
	opening := ledger.Opening{Ballot: "final", Round: 1, Voter: ledger.Pseudonym(testPseudonym, "final", 1, 7), Rev: 1,
		Choice: out.Choice, ClientSalt: "beef", Salt: r.Salt}
	if got := ledger.Hex(ledger.Leaf(opening.Record().Text())); got != r.Leaf {
		t.Errorf("leaf %s, opening gives %s", r.Leaf, got)
	}
	if !ledger.CheckPromise(testKey.Public().(ed25519.PublicKey), testOrigin, r.Leaf, r.Promise) {
		t.Error("promise does not verify")
	}
	other := mustCast(t, b, "final", 8, 1, "e2")
	if other.Receipt.Salt == r.Salt || other.Receipt.Leaf == r.Leaf {
		t.Error("two votes share a salt or a leaf")
	}
}

// TestNoAckBeforeTheCommit holds a transaction open: the waiter must not be
// answered, and giving up must not cancel it.
func TestNoAckBeforeTheCommit(t *testing.T) {
	m := newMemory(testBallot("final"))
	m.gate, m.entered = make(chan struct{}), make(chan struct{}, 9)
	b, stop := start(t, m)
	mustOpen(t, b, "final", 0)
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan error, 1)
	go func() {
		_, err := b.Cast(ctx, vote.Cast{Ballot: "final", Voter: 1, Rev: 1, Choice: []contest.EntryID{"e1"}})
		got <- err
	}()
	<-m.entered
	select {
	case err := <-got:
		t.Fatalf("answered before the commit: %v", err)
	case <-time.After(10 * time.Millisecond):
	}
	cancel()
	err := <-got
	expect(t, "waiter that gave up", err, "vote.unconfirmed")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cause is %v", err)
	}
	close(m.gate)
	again := mustCast(t, b, "final", 1, 1, "e1")
	if r, _ := m.stored("final", 1, 1); !again.Duplicate || again.Receipt != r {
		t.Errorf("retry got %+v, stored %+v", again, r)
	}
	if err := stop(); err != nil || m.cancelled {
		t.Errorf("stop: %v; transaction cancelled: %v", err, m.cancelled)
	}
}

// TestGroupCommit shows that what waits during one transaction is the next.
func TestGroupCommit(t *testing.T) {
	m := newMemory(testBallot("final"))
	m.gate, m.entered = make(chan struct{}), make(chan struct{}, 9)
	b, _ := start(t, m, func(c *Config) { c.Queue = 100; c.Batch = 60 })
	mustOpen(t, b, "final", 0)
	var wg sync.WaitGroup
	castAll := func(from, to int64) {
		for v := from; v < to; v++ {
			wg.Go(func() {
				if out, err := b.Cast(context.Background(), vote.Cast{Ballot: "final", Voter: v, Rev: 1, Choice: []contest.EntryID{"e1"}}); err != nil || out.Fault != nil {
					t.Error(out.Fault, err)
				}
			})
		}
	}
	castAll(0, 1)
	<-m.entered
	castAll(1, 100)
	for len(b.queue) < 99 {
		time.Sleep(time.Millisecond)
	}
	_, err := b.Cast(t.Context(), vote.Cast{Ballot: "final", Voter: 200, Rev: 1, Choice: []contest.EntryID{"e1"}})
	expect(t, "101st in flight", err, "vote.busy")
	if fault.Of(err).RetryAfter == 0 {
		t.Error("busy does not say when to come back")
	}
	close(m.gate)
	wg.Wait()
	if want := []int{1, 60, 39}; !slices.Equal(m.batches, want) {
		t.Errorf("batches %v, want %v", m.batches, want)
	}
	if s := b.Stats(); s.Answered != 100 || s.Batches != 3 || s.P99 < s.P50 || s.P50 <= 0 || s.Queue != 0 || s.Capacity != 100 {
		t.Errorf("stats %+v", s)
	}
}

// TestCloseIsAPlaceInTheQueue puts casts before and after a close that waits.
func TestCloseIsAPlaceInTheQueue(t *testing.T) {
	m := newMemory(testBallot("final"))
	m.gate, m.entered = make(chan struct{}), make(chan struct{}, 9)
	b, _ := start(t, m)
	mustOpen(t, b, "final", 0)
	outs := make([]vote.Outcome, 20)
	var wg sync.WaitGroup
	put := func(i int) {
		depth := len(b.queue)
		wg.Go(func() { outs[i] = mustCast(t, b, "final", int64(i), 1, "e1") })
		if i == 0 {
			<-m.entered
			return
		}
		for len(b.queue) == depth {
			time.Sleep(100 * time.Microsecond)
		}
	}
	for i := range 10 {
		put(i)
	}
	var final vote.Tally
	depth := len(b.queue)
	wg.Go(func() {
		var err error
		if _, final, err = b.Close(context.Background(), "final"); err != nil {
			t.Error(err)
		}
	})
	for len(b.queue) == depth {
		time.Sleep(100 * time.Microsecond)
	}
	for i := 10; i < 20; i++ {
		put(i)
	}
	close(m.gate)
	wg.Wait()
	for i, out := range outs {
		want := ""
		if i >= 10 {
			want = "vote.closed"
		}
		expect(t, "cast", of(out), want)
	}
	if final.Voters != 10 || final.Votes[0] != 10 {
		t.Errorf("final count %+v", final)
	}
	retry := mustCast(t, b, "final", 3, 1, "e1")
	if !retry.Duplicate || retry.Receipt != outs[3].Receipt {
		t.Errorf("retry after the close: %+v", retry)
	}
}

// TestStopFlushes ends the box while a transaction runs and others wait.
func TestStopFlushes(t *testing.T) {
	m := newMemory(testBallot("final"))
	m.gate, m.entered = make(chan struct{}), make(chan struct{}, 9)
	b, stop := start(t, m)
	mustOpen(t, b, "final", 0)
	var wg sync.WaitGroup
	for v := range int64(50) {
		wg.Go(func() { expect(t, "cast in flight", of(mustCast(t, b, "final", v, 1, "e1")), "") })
	}
	<-m.entered
	for b.pending.Load() < 50 {
		time.Sleep(time.Millisecond)
	}
	ended := make(chan error)
	go func() { ended <- stop() }()
	time.Sleep(5 * time.Millisecond)
	close(m.gate)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	wg.Wait()
	if m.cancelled {
		t.Error("the end of Run cancelled a transaction")
	}
	if n := m.recount("final").Voters; n != 50 {
		t.Errorf("%d votes stored, want 50", n)
	}
	_, err := b.Cast(t.Context(), vote.Cast{Ballot: "final", Voter: 99, Rev: 1, Choice: []contest.EntryID{"e1"}})
	expect(t, "after the end", err, "vote.busy")
	if err := b.Run(t.Context()); err == nil {
		t.Error("Run ran twice")
	}
}

func TestCommandsAreChecked(t *testing.T) {
	b, _ := start(t, newMemory(testBallot("final"), testBallot("semi")))
	do := func(what string, err error, code string) { t.Helper(); expect(t, what, err, code) }
	_, err := b.Open(t.Context(), "nope", 0)
	do("open unknown", err, "vote.unknown_ballot")
	_, err = b.Open(t.Context(), "final", -time.Second)
	do("open for less than nothing", err, "ballot.duration")
	_, err = b.Extend(t.Context(), "final", time.Second)
	do("extend before opening", err, "vote.not_open")
	_, _, err = b.Close(t.Context(), "final")
	do("close before opening", err, "vote.not_open")
	mustOpen(t, b, "final", time.Minute)
	_, err = b.Open(t.Context(), "final", time.Minute)
	do("open twice", err, "ballot.open")
	_, err = b.Extend(t.Context(), "final", -2*time.Minute)
	do("extend into the past", err, "ballot.deadline")
	mustOpen(t, b, "semi", 0)
	_, err = b.Extend(t.Context(), "semi", time.Minute)
	do("extend without a deadline", err, "ballot.no_deadline")
	_, _, err = b.Close(t.Context(), "nope")
	do("close unknown", err, "vote.unknown_ballot")
	_, first, err := b.Close(t.Context(), "final")
	do("close", err, "")
	_, second, err := b.Close(t.Context(), "final")
	do("close twice", err, "")
	if !same(first, second) {
		t.Errorf("counts differ: %+v, %+v", first, second)
	}
	if list := b.Ballots(); len(list) != 2 || list[0].ID != "final" || list[1].ID != "semi" {
		t.Errorf("ballots %+v", list)
	}
}

func TestAddAndReload(t *testing.T) {
	m := newMemory(testBallot("final"))
	b, _ := start(t, m)
	mustOpen(t, b, "final", 0)
	mustCast(t, b, "final", 1, 1, "e1")

	edited := testBallot("final")
	edited.Title = "新标题"
	if err := b.Add(t.Context(), edited); err != nil {
		t.Fatal(err)
	}
	if got, tally, _ := b.Ballot("final"); got.Title != "新标题" || got.State != vote.StateOpen || got.Round != 1 || tally.Voters != 1 {
		t.Errorf("edited: %+v %+v", got, tally)
	}
	edited.Quota.MaxVotes = 2
	expect(t, "rules after votes", b.Add(t.Context(), edited), "ballot.frozen")
	expect(t, "nonsense", b.Add(t.Context(), vote.Ballot{}), "ballot.id")

	if _, _, err := b.Close(t.Context(), "final"); err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	revealed := m.ballots["final"]
	m.mu.Unlock()
	revealed.State = vote.StateRevealed
	if err := b.Add(t.Context(), revealed); err != nil {
		t.Fatal(err)
	}
	if got, tally, _ := b.Ballot("final"); got.State != vote.StateRevealed || tally.Voters != 1 {
		t.Errorf("revealed: %s %+v", got.State, tally)
	}

	late := testBallot("late")
	m.mu.Lock()
	m.ballots["late"], m.tallies["late"] = late, vote.NewTally(late)
	m.mu.Unlock()
	if err := b.Add(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, b, "late", 0)
	expect(t, "vote on an added ballot", of(mustCast(t, b, "late", 1, 1, "e1")), "")

	m.mu.Lock()
	changed := m.ballots["late"]
	changed.Title = "别处改过"
	m.ballots["late"] = changed
	m.mu.Unlock()
	if err := b.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, tally, _ := b.Ballot("late"); got.Title != "别处改过" || tally.Voters != 1 {
		t.Errorf("reloaded: %+v %+v", got, tally)
	}
}

// TestARepeatDestroysNothing fires every command of a ballot twice, in each of
// its states: what was acknowledged stays counted.
func TestARepeatDestroysNothing(t *testing.T) {
	m := newMemory(testBallot("final"))
	b, stop := start(t, m)
	mustOpen(t, b, "final", 0)
	one := mustCast(t, b, "final", 1, 5, "e1")
	intact := func(when string) {
		t.Helper()
		if ballot, tally, _ := b.Ballot("final"); ballot.Round != 1 || tally.Round != 1 || tally.Voters != 1 {
			t.Errorf("%s: round %d, count %+v", when, ballot.Round, tally)
		}
		if out := mustCast(t, b, "final", 1, 5, "e1"); !out.Duplicate || out.Receipt != one.Receipt {
			t.Errorf("%s: the receipt is %+v", when, out)
		}
	}
	_, err := b.Open(t.Context(), "final", 0)
	expect(t, "opened twice", err, "ballot.open")
	intact("opened twice")
	_, err = b.NewRound(t.Context(), "final", "再来一次")
	expect(t, "a new round of an open ballot", err, "ballot.not_closed")
	intact("new round while open")
	for range 2 {
		if _, _, err := b.Close(t.Context(), "final"); err != nil {
			t.Fatal(err)
		}
		intact("closed")
	}
	for range 2 {
		_, err = b.Open(t.Context(), "final", time.Minute)
		expect(t, "opened after the close", err, "ballot.closed")
		intact("opened after the close")
	}
	_, err = b.NewRound(t.Context(), "final", " ")
	expect(t, "a new round without a reason", err, "ballot.note")
	m.mu.Lock()
	m.sealed = "final"
	m.mu.Unlock()
	_, err = b.NewRound(t.Context(), "final", "再来一次")
	expect(t, "a new round of a sealed ballot", err, "ballot.sealed")
	intact("a refused round")
	stop()

	m.mu.Lock()
	revealed := m.ballots["final"]
	revealed.State = vote.StateRevealed
	m.ballots["final"] = revealed
	m.mu.Unlock()
	b, _ = start(t, m)
	_, err = b.NewRound(t.Context(), "final", "再来一次")
	expect(t, "a new round after the reveal", err, "ballot.revealed")
	intact("revealed")
}

func TestANewRoundStartsFromZero(t *testing.T) {
	b, _ := start(t, newMemory(testBallot("final")))
	mustOpen(t, b, "final", 0)
	one := mustCast(t, b, "final", 1, 5, "e1")
	if _, _, err := b.Close(t.Context(), "final"); err != nil {
		t.Fatal(err)
	}
	armed, err := b.NewRound(t.Context(), "final", "设备故障，重新投票")
	if err != nil || armed.State != vote.StateArmed || armed.Note == "" {
		t.Fatalf("armed: %+v, %v", armed, err)
	}
	if out := mustCast(t, b, "final", 1, 5, "e1"); !out.Duplicate {
		t.Errorf("a retry while the new round waits: %+v", out)
	}
	mustOpen(t, b, "final", 0)
	if _, tally, _ := b.Ballot("final"); tally.Round != 2 || tally.Voters != 0 {
		t.Errorf("second round starts with %+v", tally)
	}
	late, err := b.Cast(t.Context(), vote.Cast{Ballot: "final", Round: 1, Voter: 1, Rev: 5, Choice: []contest.EntryID{"e1"}})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "late retry of the first round", of(late), "vote.closed")
	two := mustCast(t, b, "final", 1, 1, "e1")
	if two.Fault != nil || two.Duplicate || two.Receipt.Round != 2 || two.Receipt.Leaf == one.Receipt.Leaf {
		t.Errorf("vote in the second round: %+v", two)
	}
}

// TestAnEditCountsNothingAgain: what saving a ballot costs the writer does not
// grow with the votes of the contest.
func TestAnEditCountsNothingAgain(t *testing.T) {
	m := newMemory(testBallot("final"), testBallot("semi"))
	b, _ := start(t, m)
	for _, id := range []vote.BallotID{"final", "semi"} {
		mustOpen(t, b, id, 0)
		mustCast(t, b, id, 1, 1, "e1")
		if _, _, err := b.Close(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	m.mu.Lock()
	before := m.recounts
	edited := m.ballots["semi"]
	m.mu.Unlock()
	edited.Title = "新标题"
	if err := b.Add(t.Context(), edited); err != nil {
		t.Fatal(err)
	}
	if got, tally, _ := b.Ballot("semi"); got.Title != "新标题" || tally.Voters != 1 {
		t.Errorf("%+v %+v", got, tally)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.recounts != before {
		t.Errorf("%d counts for an edit", m.recounts-before)
	}
}

// record keeps what OnChange told.
type record struct {
	mu  sync.Mutex
	all []vote.Ballot
}

func (r *record) add(b vote.Ballot) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, b)
}

func (r *record) last() vote.Ballot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all[len(r.all)-1]
}

// TestClosesByItself walks over the deadline with a fake clock: the grace
// counts, the millisecond after it does not, and the close is told.
func TestClosesByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told record
		b, stop := start(t, newMemory(testBallot("final")), func(c *Config) { c.OnChange = told.add })
		opened := mustOpen(t, b, "final", time.Minute)
		if got := time.Until(time.UnixMilli(opened.PublicDeadline())); got != time.Minute {
			t.Errorf("clients are told %v", got)
		}
		time.Sleep(time.Minute + Grace)
		expect(t, "in the last millisecond", of(mustCast(t, b, "final", 1, 1, "e1")), "")
		time.Sleep(time.Millisecond)
		expect(t, "a millisecond late", of(mustCast(t, b, "final", 2, 1, "e1")), "vote.closed")
		synctest.Wait()
		if got := told.last(); got.State != vote.StateClosed {
			t.Errorf("last told state is %s", got.State)
		}
		if _, tally, _ := b.Ballot("final"); tally.Voters != 1 {
			t.Errorf("count %+v", tally)
		}
		stop()
	})
}

func TestExtendMovesTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, stop := start(t, newMemory(testBallot("final")))
		mustOpen(t, b, "final", time.Minute)
		time.Sleep(50 * time.Second)
		if _, err := b.Extend(t.Context(), "final", 30*time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(35 * time.Second)
		expect(t, "in the extension", of(mustCast(t, b, "final", 1, 1, "e1")), "")
		time.Sleep(10 * time.Second)
		expect(t, "after it", of(mustCast(t, b, "final", 2, 1, "e1")), "vote.closed")
		stop()
	})
}

// TestSchedule opens and closes without a hand, also across a restart that
// slept over the end.
func TestSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := testBallot("prelim")
		now := time.Now()
		plan.OpensAt, plan.ClosesAt = now.Add(time.Hour).UnixMilli(), now.Add(3*time.Hour).UnixMilli()
		m := newMemory(plan)
		b, stop := start(t, m)
		time.Sleep(59 * time.Minute)
		expect(t, "before", of(mustCast(t, b, "prelim", 1, 1, "e1")), "vote.not_open")
		time.Sleep(time.Minute + time.Millisecond)
		out := mustCast(t, b, "prelim", 1, 1, "e1")
		expect(t, "after the opening", of(out), "")
		if got, _, _ := b.Ballot("prelim"); got.PublicDeadline() != plan.ClosesAt {
			t.Errorf("public end %d, want %d", got.PublicDeadline(), plan.ClosesAt)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Hour) // the machine was off

		b, stop = start(t, m)
		expect(t, "after the end", of(mustCast(t, b, "prelim", 2, 1, "e1")), "vote.closed")
		time.Sleep(time.Second)
		if got, tally, _ := b.Ballot("prelim"); got.State != vote.StateClosed || tally.Voters != 1 {
			t.Errorf("after restart: %s, %+v", got.State, tally)
		}
		if again := mustCast(t, b, "prelim", 1, 1, "e1"); again.Receipt != out.Receipt {
			t.Error("another receipt after the restart")
		}
		stop()
	})
}
