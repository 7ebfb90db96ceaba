package theatre_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/lease"
	"hecai/stage"
	"hecai/stage/cue"
	"hecai/stage/theatre"
	"hecai/vote"
)

// shelf is a record of leases, whose clock is the bubble's.
type shelf struct {
	mu   sync.Mutex
	have map[string]lease.Lease
}

func (s *shelf) TakeLease(_ context.Context, name string, by lease.Holder) (lease.Lease, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.have[name]
	if l.ID != "" && l.ID != by.ID && l.Until > time.Now().UnixMilli() {
		return l, false, nil
	}
	l = lease.Lease{Name: name, Epoch: l.Epoch + 1, Until: time.Now().Add(lease.Life).UnixMilli(), Holder: by}
	s.have[name] = l
	return l, true, nil
}

func (s *shelf) RenewLease(_ context.Context, own lease.Lease) (lease.Lease, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.have[own.Name]
	if l.Epoch != own.Epoch || l.ID == "" {
		return lease.Lease{}, false, nil
	}
	l.Until = time.Now().Add(lease.Life).UnixMilli()
	s.have[own.Name] = l
	return l, true, nil
}

func (s *shelf) ReleaseLease(_ context.Context, own lease.Lease) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.have[own.Name]; l.Epoch == own.Epoch {
		s.have[own.Name] = lease.Lease{Name: own.Name, Epoch: l.Epoch}
	}
	return nil
}

// give makes a lease another's, as if the clock of the record had stepped.
func (s *shelf) give(name, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.have[name] = lease.Lease{Name: name, Epoch: s.have[name].Epoch + 1, Until: time.Now().Add(lease.Life).UnixMilli(),
		Holder: lease.Holder{ID: to, Address: "http://" + to}}
}

// held lists what a node has.
func (s *shelf) held(by string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []string{}
	for name, l := range s.have {
		if l.ID == by {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// empty is a record in which nothing has happened.
type empty struct {
	stage.Store
	stage.MessageStore
	stage.Box
}

func (empty) LoadFacts(context.Context, contest.ShowID, int64) ([]cue.Fact, error) { return nil, nil }
func (empty) AppendFacts(context.Context, lease.Lease, int64, []cue.Fact) error    { return nil }
func (empty) Sheets(context.Context, contest.ShowID) ([]score.Sheet, error)        { return nil, nil }
func (empty) Ballots() []vote.Ballot                                               { return nil }
func (empty) Changed(string)                                                       {}
func (empty) Event(string, int64, any)                                             {}
func (empty) Messages(context.Context, contest.ShowID, string, int) ([]stage.Message, error) {
	return nil, nil
}

// house is a theatre and what it was asked for.
type house struct {
	*theatre.Theatre
	leases *shelf
	ended  chan struct{}

	mu     sync.Mutex
	begun  int
	opened map[contest.ShowID][]int64 // epochs
	shows  []contest.ShowID
	fails  error // of Begin and Open
}

func open(t *testing.T, leases *shelf, id string, shows ...contest.ShowID) *house {
	t.Helper()
	h := &house{leases: leases, ended: make(chan struct{}), opened: map[contest.ShowID][]int64{}, shows: shows}
	h.Theatre = theatre.New(theatre.Config{
		Leases: leases, By: lease.Holder{ID: id, Address: "http://" + id},
		Shows: func(context.Context) ([]contest.ShowID, error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			return slices.Clone(h.shows), nil
		},
		Begin: func(_ context.Context, ballots lease.Lease) error {
			h.mu.Lock()
			defer h.mu.Unlock()
			if ballots.Name != lease.Ballots || ballots.Epoch == 0 {
				t.Errorf("it begins under %+v", ballots)
			}
			if h.Here() {
				t.Error("the shows are told to be here before it has begun")
			}
			h.begun++
			return h.fails
		},
		Open: func(ctx context.Context, show contest.ShowID, own lease.Lease) (*stage.Stage, error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			if own.Name != lease.Show(show) || !h.Here() || h.begun == 0 {
				t.Errorf("%s is opened under %+v, here: %v, begun: %d", show, own, h.Here(), h.begun)
			}
			h.opened[show] = append(h.opened[show], own.Epoch)
			if h.fails != nil {
				return nil, h.fails
			}
			return stage.New(ctx, stage.Config{Catalog: cue.Catalog{Show: show, Plan: &contest.Plan{}}, Lease: own,
				Store: empty{}, Messages: empty{}, Box: empty{}, Publisher: empty{}})
		},
	})
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		defer close(h.ended)
		if err := h.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { stop(); <-h.ended })
	return h
}

func (h *house) set(fails error, shows ...contest.ShowID) {
	h.mu.Lock()
	h.fails, h.shows = fails, shows
	h.mu.Unlock()
}

// want compares the epochs under which shows were opened.
func (h *house) want(t *testing.T, want map[contest.ShowID][]int64) {
	t.Helper()
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !maps.EqualFunc(h.opened, want, slices.Equal[[]int64]) {
		t.Fatalf("opened %v, want %v", h.opened, want)
	}
}

type epochs = map[contest.ShowID][]int64

func TestShowsRunUnderTheBallots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leases := &shelf{have: map[string]lease.Lease{}}
		h := open(t, leases, "a", "one", "two")
		h.want(t, epochs{"one": {1}, "two": {1}})
		if !h.Here() || h.Owner().ID != "a" || h.Ballots().Epoch != 1 {
			t.Errorf("here: %v, of %+v, ballots %+v", h.Here(), h.Owner(), h.Ballots())
		}
		<-h.Known()
		h.set(nil, "one", "two", "late") // a show that is new is found by itself
		time.Sleep(2 * time.Second)
		h.want(t, epochs{"one": {1}, "two": {1}, "late": {1}})
		time.Sleep(time.Minute)
		h.want(t, epochs{"one": {1}, "two": {1}, "late": {1}})

		other := open(t, leases, "b", "one", "two", "late") // and waits
		time.Sleep(time.Minute)
		other.want(t, epochs{})
		<-other.Known()
		if other.Here() || other.Owner().Address != "http://a" {
			t.Errorf("the other: here %v, of %+v", other.Here(), other.Owner())
		}
		h.Stop(t.Context()) // gives all away at once
		if held := leases.held("a"); len(held) > 0 || h.Here() {
			t.Errorf("it stopped and has %v, here: %v", held, h.Here())
		}
		time.Sleep(time.Second)
		other.want(t, epochs{"one": {2}, "two": {2}, "late": {2}})
	})
}

// TestABeginningThatFails is tried again, and nothing runs before.
func TestABeginningThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, &shelf{have: map[string]lease.Lease{}}, "a", "one")
		h.set(errors.New("the record is away"), "one")
		time.Sleep(10 * time.Second)
		h.mu.Lock()
		begun := h.begun
		h.mu.Unlock()
		if h.set(nil, "one"); begun < 5 {
			t.Errorf("it tried to begin %d times in ten seconds", begun)
		}
		time.Sleep(2 * time.Second)
		if synctest.Wait(); !h.Here() {
			t.Error("it does not begin")
		}
	})
}

// TestAShowThatCannotBeOpened keeps no other one, and is tried again.
func TestAShowThatCannotBeOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, &shelf{have: map[string]lease.Lease{}}, "a", "one")
		h.want(t, epochs{"one": {1}})
		h.set(errors.New("no rundown"), "one", "bad")
		time.Sleep(5500 * time.Millisecond)
		h.set(nil, "one", "bad")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		h.mu.Lock()
		defer h.mu.Unlock()
		if n := len(h.opened["bad"]); n < 5 || n > 8 || len(h.opened["one"]) != 1 {
			t.Errorf("opened %v", h.opened)
		}
	})
}

// TestLeasesThatAreLost: with a show's the show is opened anew when it can be had
// again; with the ballots' all end.
func TestLeasesThatAreLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leases := &shelf{have: map[string]lease.Lease{}}
		h := open(t, leases, "a", "one", "two")
		h.want(t, epochs{"one": {1}, "two": {1}})
		leases.give(lease.Show("one"), "c")
		time.Sleep(lease.Life + lease.Renewal)
		h.want(t, epochs{"one": {1, 3}, "two": {1}})
		if !h.Here() {
			t.Error("the shows are not here any more")
		}
		leases.give(lease.Ballots, "c")
		time.Sleep(lease.Renewal + time.Second)
		if synctest.Wait(); h.Here() || h.Owner().ID != "c" {
			t.Errorf("here: %v, of %+v", h.Here(), h.Owner())
		}
		if held := leases.held("a"); len(held) > 0 {
			t.Errorf("without the ballots it has %v", held)
		}
		time.Sleep(lease.Life)
		h.want(t, epochs{"one": {1, 3, 4}, "two": {1, 2}})
	})
}
