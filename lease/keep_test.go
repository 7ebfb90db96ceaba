package lease_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hecai/lease"
)

// shelf is a record with one lease, and a clock that is the bubble's.
type shelf struct {
	mu   sync.Mutex
	have lease.Lease
	away map[string]bool // nodes that cannot reach it
}

var errAway = errors.New("away")

func (s *shelf) TakeLease(_ context.Context, name string, by lease.Holder) (lease.Lease, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away[by.ID] {
		return lease.Lease{}, false, errAway
	}
	now := time.Now().UnixMilli()
	if s.have.ID != "" && s.have.Until > now {
		return s.have, false, nil
	}
	s.have = lease.Lease{Name: name, Epoch: s.have.Epoch + 1, Until: now + lease.Life.Milliseconds(), Holder: by}
	return s.have, true, nil
}

func (s *shelf) RenewLease(_ context.Context, own lease.Lease) (lease.Lease, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away[own.ID] {
		return lease.Lease{}, false, errAway
	}
	if s.have.Epoch != own.Epoch || s.have.ID == "" {
		return lease.Lease{}, false, nil
	}
	s.have.Until = time.Now().UnixMilli() + lease.Life.Milliseconds()
	return s.have, true, nil
}

func (s *shelf) ReleaseLease(_ context.Context, own lease.Lease) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away[own.ID] {
		return errAway
	}
	if s.have.Epoch == own.Epoch {
		s.have.Holder, s.have.Until = lease.Holder{}, 0
	}
	return nil
}

func (s *shelf) cut(node string, away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away == nil {
		s.away = map[string]bool{}
	}
	s.away[node] = away
}

// node keeps the lease of the shelf until it is stopped.
type node struct {
	mu     sync.Mutex
	own    lease.Lease // zero while it does not act
	others []string
	stop   context.CancelFunc
	ended  chan struct{}
}

func start(s *shelf, id string) *node {
	n := &node{ended: make(chan struct{})}
	ctx, stop := context.WithCancel(context.Background())
	n.stop = func() { stop(); <-n.ended }
	go func() {
		defer close(n.ended)
		lease.Keep(ctx, lease.Config{Store: s, Name: "x", By: lease.Holder{ID: id}, Other: func(l lease.Lease) {
			n.mu.Lock()
			n.others = append(n.others, l.ID)
			n.mu.Unlock()
		}}, func(ctx context.Context, own lease.Lease) {
			n.set(own)
			<-ctx.Done()
			n.set(lease.Lease{})
		})
	}()
	return n
}

func (n *node) set(l lease.Lease) { n.mu.Lock(); n.own = l; n.mu.Unlock() }

func (n *node) epoch() int64 { n.mu.Lock(); defer n.mu.Unlock(); return n.own.Epoch }

func wantEpochs(t *testing.T, a, b *node, inA, inB int64) {
	t.Helper()
	synctest.Wait()
	if a.epoch() != inA || b.epoch() != inB {
		t.Fatalf("they act at epochs %d and %d, want %d and %d", a.epoch(), b.epoch(), inA, inB)
	}
}

func TestALeaseIsKeptAndGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		a := start(s, "a")
		synctest.Wait()
		b := start(s, "b")
		defer b.stop()
		for range 20 {
			time.Sleep(lease.Life)
			wantEpochs(t, a, b, 1, 0)
		}
		if b.others[0] != "a" {
			t.Errorf("it is %q's", b.others[0])
		}
		a.stop() // it gives the lease back: the other has it at its next look
		time.Sleep(time.Second)
		wantEpochs(t, a, b, 0, 2)
	})
}

// TestAnOwnerThatIsCutOffStops before the lease has ended, and another takes it
// within its life.
func TestAnOwnerThatIsCutOffStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		a := start(s, "a")
		synctest.Wait()
		b := start(s, "b")
		defer a.stop()
		defer b.stop()
		time.Sleep(lease.Life / 2)
		s.cut("a", true)
		at := time.Now()
		for range 1000 {
			time.Sleep(10 * time.Millisecond)
			synctest.Wait()
			if a.epoch() != 0 && b.epoch() != 0 {
				t.Fatal("both act")
			}
			if b.epoch() == 2 {
				break
			}
		}
		if took := time.Since(at); took > lease.Life+time.Second || b.epoch() != 2 {
			t.Errorf("the other acts after %v, at epoch %d", took, b.epoch())
		}
		s.cut("a", false)
		time.Sleep(time.Minute)
		wantEpochs(t, a, b, 0, 2)
	})
}

// TestALostRenewalIsMadeUp: one that fails is tried again before the end.
func TestALostRenewalIsMadeUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		a := start(s, "a")
		defer a.stop()
		synctest.Wait()
		for range 10 {
			s.cut("a", true)
			time.Sleep(lease.Renewal)
			s.cut("a", false)
			time.Sleep(2 * lease.Renewal)
			wantEpochs(t, a, a, 1, 1)
		}
	})
}

// TestWhoLostTheLeaseStopsAtOnce when it asks: the clock of the record may have
// stepped.
func TestWhoLostTheLeaseStopsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		a := start(s, "a")
		defer a.stop()
		synctest.Wait()
		s.mu.Lock()
		s.have = lease.Lease{Name: "x", Epoch: 2, Until: time.Now().Add(lease.Life).UnixMilli(), Holder: lease.Holder{ID: "c"}}
		s.mu.Unlock()
		time.Sleep(lease.Renewal)
		wantEpochs(t, a, a, 0, 0)
		time.Sleep(2 * lease.Life)
		wantEpochs(t, a, a, 3, 3) // it waits for its turn
	})
}

func TestNamesOfLeases(t *testing.T) {
	l := lease.Alone(lease.Show("final"))
	if l.ShowOf() != "final" || lease.Alone(lease.Ballots).ShowOf() != "" {
		t.Errorf("%q %q", l.ShowOf(), lease.Alone(lease.Ballots).ShowOf())
	}
}
