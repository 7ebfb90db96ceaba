package box

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hecai/contest"
	"hecai/fault"
	"hecai/lease"
	"hecai/vote"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDisk = errors.New("disk on fire")

// memory is a Store that keeps everything it was told to keep, as a disk does:
// it outlives the boxes that work on it.
type memory struct {
	mu      sync.Mutex
	ballots map[vote.BallotID]vote.Ballot
	tallies map[vote.BallotID]vote.Tally
	papers  map[round]map[int64][]vote.Paper
	casts   map[string]vote.Cast // by leaf
	batches []int

	gate      chan struct{} // if set, each CastBatch takes one value first
	entered   chan struct{} // if set, each CastBatch says it has begun
	failAfter int           // if > 0, that CastBatch from now fails …
	halfDone  bool          // … after it was stored
	fails     error         // … with this; nil = errDisk
	away      error         // if set, every call fails with it and does nothing
	miscount  vote.BallotID // whose count can't be proven
	sealed    vote.BallotID // stands in a sealed result
	recounts  int           // LoadTally and CloseBallot
	cancelled bool          // a transaction saw its context end
}

type round struct {
	ballot vote.BallotID
	no     int
}

func newMemory(ballots ...vote.Ballot) *memory {
	m := &memory{ballots: map[vote.BallotID]vote.Ballot{}, tallies: map[vote.BallotID]vote.Tally{}, papers: map[round]map[int64][]vote.Paper{}, casts: map[string]vote.Cast{}}
	for i, b := range ballots {
		b.No = int64(i + 1)
		m.ballots[b.ID] = b
		m.tallies[b.ID] = vote.NewTally(b)
	}
	return m
}

func (m *memory) LoadBallots(context.Context) ([]vote.Ballot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away != nil {
		return nil, m.away
	}
	var out []vote.Ballot
	for _, b := range m.ballots {
		out = append(out, b)
	}
	return out, nil
}

func (m *memory) LoadTally(_ context.Context, id vote.BallotID) (vote.Tally, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away != nil {
		return vote.Tally{}, m.away
	}
	if id == m.miscount {
		return vote.Tally{}, fault.New(fault.Internal, "vote.miscount", "ballot %s", id)
	}
	m.recounts++
	return m.recount(id), nil
}

func (m *memory) Counts(context.Context) (map[vote.BallotID]vote.Tally, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away != nil {
		return nil, m.away
	}
	out := map[vote.BallotID]vote.Tally{}
	for id, b := range m.ballots {
		if b.State == vote.StateOpen {
			out[id] = m.recount(id)
		}
	}
	return out, nil
}

// recount counts the papers, without the rules' help.
func (m *memory) recount(id vote.BallotID) vote.Tally {
	b := m.ballots[id]
	t := vote.Tally{Ballot: id, Round: b.Round, Votes: make([]int64, len(b.Options))}
	for _, papers := range m.papers[round{id, b.Round}] {
		t.Voters++
		last := map[string]int64{}
		for _, p := range papers {
			last[p.Window] = max(last[p.Window], p.Rev)
		}
		for _, p := range papers {
			if b.Quota.AllowChange && p.Rev != last[p.Window] {
				continue
			}
			t.Papers++
			for _, no := range p.Choice {
				t.Votes[no-1]++
			}
		}
	}
	return t
}

func (m *memory) CastBatch(ctx context.Context, casts []vote.Cast, receipts []vote.Receipt) ([]vote.Outcome, []vote.Tally, error) {
	if m.entered != nil {
		m.entered <- struct{}{}
	}
	if m.gate != nil {
		<-m.gate
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cancelled = m.cancelled || ctx.Err() != nil
	m.batches = append(m.batches, len(casts))
	if m.away != nil {
		return nil, nil, m.away
	}
	fails := m.failAfter == 1
	m.failAfter = max(0, m.failAfter-1)
	failure := m.fails
	if failure == nil {
		failure = errDisk
	}
	if fails && !m.halfDone {
		return nil, nil, failure
	}
	outcomes := make([]vote.Outcome, len(casts))
	changed := map[vote.BallotID]bool{}
	for i, c := range casts {
		b, ok := m.ballots[c.Ballot]
		if !ok {
			outcomes[i] = vote.Outcome{Fault: fault.New(fault.NotFound, "vote.unknown_ballot", "")}
			continue
		}
		key := round{b.ID, b.Round}
		if m.papers[key] == nil {
			m.papers[key] = map[int64][]vote.Paper{}
		}
		res := vote.Resolve(b, m.papers[key][c.Voter], c, receipts[i])
		outcomes[i] = res.Outcome
		if res.Added == nil {
			continue
		}
		m.papers[key][c.Voter] = append(m.papers[key][c.Voter], *res.Added)
		m.casts[res.Added.Receipt.Leaf] = c
		t := m.tallies[b.ID].Clone()
		t.Apply(*res.Added, res.Replaced)
		m.tallies[b.ID] = t
		changed[b.ID] = true
	}
	var tallies []vote.Tally
	for id := range changed {
		tallies = append(tallies, m.tallies[id].Clone())
	}
	if fails {
		return nil, nil, failure
	}
	return outcomes, tallies, nil
}

func (m *memory) OpenBallot(_ context.Context, _ lease.Lease, id vote.BallotID, now, deadline int64) (vote.Ballot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.move(id, func(b vote.Ballot) (vote.Ballot, error) { return b.Opened(now, deadline) })
}

// move applies a rule to a ballot. The caller holds mu.
func (m *memory) move(id vote.BallotID, rule func(vote.Ballot) (vote.Ballot, error)) (vote.Ballot, error) {
	if m.away != nil {
		return vote.Ballot{}, m.away
	}
	b, err := rule(m.ballots[id])
	if err != nil {
		return vote.Ballot{}, err
	}
	if b.Round != m.ballots[id].Round {
		m.tallies[id] = vote.NewTally(b)
	}
	m.ballots[id] = b
	return b, nil
}

func (m *memory) SkipBallot(_ context.Context, _ lease.Lease, id vote.BallotID) (vote.Ballot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.move(id, vote.Ballot.Skipped)
}

func (m *memory) RevealBallot(_ context.Context, _ lease.Lease, id vote.BallotID) (vote.Ballot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.move(id, func(b vote.Ballot) (vote.Ballot, error) {
		if b.State != vote.StateClosed && b.State != vote.StateRevealed {
			return b, fault.New(fault.Conflict, "vote.not_closed", "%s is %s", id, b.State)
		}
		b.State = vote.StateRevealed
		return b, nil
	})
}

func (m *memory) RearmBallot(_ context.Context, _ lease.Lease, id vote.BallotID, note string) (vote.Ballot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.move(id, func(b vote.Ballot) (vote.Ballot, error) {
		if id == m.sealed {
			return b, fault.New(fault.Conflict, "ballot.sealed", "%s", id)
		}
		return b.Rearmed(note)
	})
}

func (m *memory) CloseBallot(_ context.Context, _ lease.Lease, id vote.BallotID, now int64) (vote.Ballot, vote.Tally, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := m.move(id, vote.Ballot.Shut)
	if err != nil {
		return vote.Ballot{}, vote.Tally{}, err
	}
	m.recounts++
	t := m.recount(id)
	if !reflect.DeepEqual(t, m.tallies[id]) {
		return vote.Ballot{}, vote.Tally{}, fmt.Errorf("papers say %+v, counter %+v", t, m.tallies[id])
	}
	return b, t, nil
}

// stored is the receipt of a voter's revision in the ballot's present round.
func (m *memory) stored(id vote.BallotID, voter, rev int64) (vote.Receipt, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.papers[round{id, m.ballots[id].Round}][voter] {
		if p.Rev == rev {
			return p.Receipt, true
		}
	}
	return vote.Receipt{}, false
}

const testOrigin = "example.com/hecai"

var (
	testKey       = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	testPseudonym = []byte("0123456789abcdef")
)

// testBallot is armed, with three entries, one pick, changes allowed.
func testBallot(id vote.BallotID) vote.Ballot {
	b := vote.Ballot{ID: id, Title: "示例投票", Visibility: vote.Hidden, State: vote.StateArmed, Quota: vote.Quota{MaxVotes: 1, AllowChange: true}}
	for i, e := range []contest.EntryID{"e1", "e2", "e3"} {
		b.Options = append(b.Options, vote.Option{No: i + 1, Entry: e, Track: "t1"})
	}
	return b
}

// start runs a box over the store until the test ends or stop is called. stop
// returns what Run returned.
func start(t testing.TB, m *memory, edit ...func(*Config)) (b *Box, stop func() error) {
	t.Helper()
	cfg := Config{Store: m, Key: testKey, Pseudonyms: testPseudonym, Origin: testOrigin}
	for _, f := range edit {
		f(&cfg)
	}
	b, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { stop() })
	return b, stop
}

func mustOpen(t testing.TB, b *Box, id vote.BallotID, d time.Duration) vote.Ballot {
	t.Helper()
	ballot, err := b.Open(t.Context(), id, d)
	if err != nil {
		t.Fatalf("open %s: %v", id, err)
	}
	return ballot
}

// mustCast returns the outcome of a cast that reaches the store.
func mustCast(t testing.TB, b *Box, id vote.BallotID, voter, rev int64, choice ...contest.EntryID) vote.Outcome {
	t.Helper()
	out, err := b.Cast(context.Background(), vote.Cast{Ballot: id, Voter: voter, Rev: rev, Choice: choice})
	if err != nil {
		t.Fatalf("cast: %v", err)
	}
	return out
}

// expect compares the code of an outcome or an error.
func expect(t testing.TB, what string, err error, code string) {
	t.Helper()
	if got := fault.CodeOf(err); got != code {
		t.Errorf("%s: got %q (%v), want %q", what, got, err, code)
	}
}

// of turns an outcome into an error without the typed-nil trap.
func of(out vote.Outcome) error {
	if out.Fault == nil {
		return nil
	}
	return out.Fault
}
