package box

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hecai/fault"
	"hecai/vote"
)

// commands is how many commands the queue holds beside the casts.
const commands = 64

// drainPoll is how often a stopping box looks whether callers that had
// reserved a place still come.
const drainPoll = 2 * time.Millisecond

// item is an entry of the queue: a cast, or a command if do is set.
type item struct {
	cast    vote.Cast
	receipt vote.Receipt
	start   time.Time
	reply   chan vote.Outcome // holds one

	do func(ctx context.Context) // runs in the writer, alone
}

// Run takes and stores votes, and opens and closes ballots on their schedule,
// until ctx is done or a commit's outcome is unknown. Told to end, it takes no
// new casts, finishes those in flight and returns nil; a poisoned box returns
// the cause. It may be called once.
func (b *Box) Run(ctx context.Context) error {
	if b.running.Swap(true) {
		return errors.New("box: Run was called before")
	}
	defer close(b.done)
	// No transaction may be cancelled halfway: its outcome would be unknown.
	work := context.WithoutCancel(ctx)
	ctx, stop := context.WithCancel(ctx)
	var schedule sync.WaitGroup
	schedule.Go(func() { b.schedule(ctx) })
	defer schedule.Wait()
	defer stop()

	batch := make([]item, 0, b.cfg.Batch)
	for {
		select {
		case it := <-b.queue:
			if !b.take(work, it, &batch) {
				return b.cause()
			}
		case <-ctx.Done():
			b.stopping.Store(true)
			if !b.drain(work, &batch) {
				return b.cause()
			}
			return nil
		}
	}
}

// take works off one entry and, if it is a cast, all casts that wait behind it
// up to the next command. It reports whether the box may go on.
func (b *Box) take(ctx context.Context, it item, batch *[]item) bool {
	list := (*batch)[:0]
	defer func() { clear(list); *batch = list[:0] }()
	for it.do == nil {
		list = append(list, it)
		if len(list) == b.cfg.Batch {
			return b.commit(ctx, list)
		}
		select {
		case it = <-b.queue:
		default:
			return b.commit(ctx, list)
		}
	}
	if len(list) > 0 && !b.commit(ctx, list) {
		return false // the command's caller sees done
	}
	it.do(ctx)
	return !b.poisoned()
}

// drain works off what is in flight.
func (b *Box) drain(ctx context.Context, batch *[]item) bool {
	poll := time.NewTicker(drainPoll)
	defer poll.Stop()
	for b.pending.Load() > 0 || len(b.queue) > 0 {
		select {
		case it := <-b.queue:
			if !b.take(ctx, it, batch) {
				return false
			}
		case <-poll.C:
		}
	}
	return true
}

// poison stops all acknowledgements. Writer only.
func (b *Box) poison(what string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fatal != nil {
		return
	}
	b.fatal = fmt.Errorf("%s: %w", what, err)
	b.stopping.Store(true)
	b.cfg.Log.Error("ballot box stopped: outcome of a commit is unknown", "what", what, "err", err)
	close(b.failed)
}

func (b *Box) cause() error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.fatal
}

func (b *Box) poisoned() bool { return b.cause() != nil }

// order queues a command and waits until the writer has run it. The command
// runs even if its caller has gone.
func (b *Box) order(ctx context.Context, do func(ctx context.Context) error) error {
	reply := make(chan error, 1)
	it := item{do: func(ctx context.Context) { reply <- do(ctx) }}
	select {
	case b.queue <- it:
	case <-b.done:
		return unavailable(errStopped)
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return unavailable(ctx.Err())
	case <-b.done:
	}
	select {
	case err := <-reply:
		return err
	default:
		return unavailable(errStopped)
	}
}

// unavailable answers a command that may or may not have run.
func unavailable(cause error) error {
	return fault.Wrap(fault.Internal, "ballot.unconfirmed", cause, "no word from the box")
}
