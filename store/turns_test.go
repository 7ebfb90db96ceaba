package store

import (
	"context"
	"strings"
	"sync"
	"testing"

	"hecai/fault"
)

// TestVotesGoFirst: votes pass other writes that wait, but no more than so many
// in a row, and each kind keeps its order.
func TestVotesGoFirst(t *testing.T) {
	ctx := context.Background()
	q := newTurns(1)
	release, err := q.wait(ctx, ctx, false)
	if err != nil {
		t.Fatal(err)
	}
	var order strings.Builder // written by whoever has the only place
	var all sync.WaitGroup
	waiting := func() int {
		q.mu.Lock()
		defer q.mu.Unlock()
		return len(q.votes) + len(q.others)
	}
	line := strings.Repeat("o", 2) + strings.Repeat("v", votesInARow+3)
	for i, kind := range line {
		all.Go(func() {
			release, err := q.wait(ctx, ctx, kind == 'v')
			if err != nil {
				t.Error(err)
				return
			}
			order.WriteRune(kind)
			release()
		})
		for waiting() <= i { // the next comes after it
		}
	}
	release()
	all.Wait()
	want := strings.Repeat("v", votesInARow) + "o" + "vvv" + "o"
	if got := order.String(); got != want {
		t.Errorf("turns %s, want %s", got, want)
	}
	if q.free != 1 {
		t.Errorf("%d places are free", q.free)
	}
}

// TestATurnThatNeverComes: who gives up leaves no gap.
func TestATurnThatNeverComes(t *testing.T) {
	ctx := context.Background()
	q := newTurns(1)
	release, err := q.wait(ctx, ctx, true)
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancelCause(ctx)
	cancel(errPatience)
	if _, err := q.wait(ctx, over, true); fault.CodeOf(err) != "store.busy" {
		t.Errorf("the limit is over: %v", err)
	}
	gone, leave := context.WithCancel(ctx)
	leave()
	if _, err := q.wait(gone, ctx, true); err != context.Canceled {
		t.Errorf("the caller is gone: %v", err)
	}
	release()
	if q.free != 1 || len(q.votes) != 0 {
		t.Errorf("%d free, %d wait", q.free, len(q.votes))
	}
}
