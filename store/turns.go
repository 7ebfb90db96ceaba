package store

import (
	"context"
	"sync"

	"hecai/fault"
)

// votesInARow is how many turns votes may take while another write waits.
const votesInARow = 8

// turns hands out the places for writing transactions: votes before other
// writes, each kind in order of arrival. A write that waits is passed by at most
// votesInARow votes for each write before it, so nothing starves.
type turns struct {
	mu     sync.Mutex
	free   int
	row    int // votes in a row that passed a waiting write
	votes  []chan struct{}
	others []chan struct{}
}

func newTurns(places int) *turns { return &turns{free: places} }

// wait waits for a place until the caller or the limit is done. Call release
// when the place is free again.
func (t *turns) wait(caller, limit context.Context, votes bool) (release func(), err error) {
	if err := caller.Err(); err != nil {
		return nil, err
	}
	t.mu.Lock()
	if t.free > 0 {
		t.free--
		t.mu.Unlock()
		return t.release, nil
	}
	place := make(chan struct{})
	queue := &t.others
	if votes {
		queue = &t.votes
	}
	*queue = append(*queue, place)
	t.mu.Unlock()
	select {
	case <-place:
		if err := caller.Err(); err != nil {
			t.release()
			return nil, err
		}
		return t.release, nil
	case <-caller.Done():
		err = caller.Err()
	case <-limit.Done():
		err = fault.Wrap(fault.Unavailable, "store.busy", context.Cause(limit), "waiting for a turn")
	}
	t.leave(queue, place)
	return nil, err
}

// leave takes a place out of its queue; if it was given meanwhile, it goes to
// the next.
func (t *turns) leave(queue *[]chan struct{}, place chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, p := range *queue {
		if p == place {
			*queue = append((*queue)[:i:i], (*queue)[i+1:]...)
			return
		}
	}
	t.next()
}

func (t *turns) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next()
}

// next gives a place to whom it is due. The caller holds mu.
func (t *turns) next() {
	queue := &t.votes
	if len(t.votes) == 0 || len(t.others) > 0 && t.row >= votesInARow {
		queue = &t.others
	}
	switch {
	case len(*queue) == 0:
		t.free++
		return
	case queue == &t.votes && len(t.others) > 0:
		t.row++
	default:
		t.row = 0
	}
	place := (*queue)[0]
	*queue = (*queue)[1:]
	close(place)
}
