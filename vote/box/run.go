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

// commandPatience is the longest that a command waits for its answer; a close
// counts all votes of its round before it answers.
const commandPatience = 30 * time.Second

// drainPoll is how often a stopping box looks whether callers that had
// reserved a place still come.
const drainPoll = 2 * time.Millisecond

// item is an entry of the queue: a cast, or a command if do is set.
type item struct {
	cast    vote.Cast
	receipt vote.Receipt
	start   time.Time
	reply   chan vote.Outcome // holds one

	do     func(ctx context.Context) // runs in the writer, alone
	refuse func(error)               // answers in place of do
}

// Run takes and stores votes, and opens and closes ballots on their schedule,
// until ctx is done. Told to end, it takes no new casts, finishes those in
// flight and returns nil. It may be called once.
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
	if b.cfg.Others {
		schedule.Go(func() { b.keepUp(ctx) })
	}
	defer schedule.Wait()
	defer stop()

	batch := make([]item, 0, b.cfg.Batch)
	for {
		select {
		case it := <-b.queue:
			b.take(work, it, &batch)
		case <-ctx.Done():
			b.stopping.Store(true)
			b.drain(work, &batch)
			return nil
		}
		if b.isUnknown() {
			b.heal(ctx)
		}
	}
}

// take works off one entry and, if it is a cast, all casts that wait behind it
// up to the next command.
func (b *Box) take(ctx context.Context, it item, batch *[]item) {
	list := (*batch)[:0]
	defer func() { clear(list); *batch = list[:0] }()
	for it.do == nil {
		list = append(list, it)
		if len(list) == b.cfg.Batch {
			b.commit(ctx, list)
			return
		}
		select {
		case it = <-b.queue:
		default:
			b.commit(ctx, list)
			return
		}
	}
	if len(list) > 0 {
		b.commit(ctx, list)
	}
	if err := b.unread(); err != nil {
		b.turnAway(it, err)
		return
	}
	it.do(ctx)
}

// drain works off what is in flight.
func (b *Box) drain(ctx context.Context, batch *[]item) {
	poll := time.NewTicker(drainPoll)
	defer poll.Stop()
	for b.pending.Load() > 0 || len(b.queue) > 0 {
		select {
		case it := <-b.queue:
			if err := b.unread(); err != nil {
				b.turnAway(it, err)
				continue
			}
			b.take(ctx, it, batch)
		case <-poll.C:
		}
	}
}

// nothingDone reports whether the store knows that nothing was stored.
func nothingDone(err error) bool { return fault.KindOf(err) != fault.Internal }

// noteStore keeps what the store said last. Writer only.
func (b *Box) noteStore(what string, err error) {
	if kind := fault.KindOf(err); err != nil && kind != fault.Internal && kind != fault.Unavailable {
		return // a refusal of the rules
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.since = time.Now()
	switch {
	case err == nil:
		if b.trouble != nil {
			b.cfg.Log.Info("ballot box: the store takes votes again")
		}
		b.trouble, b.unknown = nil, false
	case nothingDone(err):
		if b.trouble == nil {
			b.cfg.Log.Error("ballot box: nothing was stored, votes are told to come again", "what", what, "err", err)
		}
		b.trouble = fmt.Errorf("%s: %w", what, err)
	default:
		b.cfg.Log.Error("ballot box: the outcome of a commit is unknown, reading everything again", "what", what, "err", err)
		b.trouble, b.unknown = fmt.Errorf("%s: %w", what, err), true
	}
}

func (b *Box) isUnknown() bool { return b.unread() != nil }

// unread is why everything has to be read again, if so.
func (b *Box) unread() error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.unknown {
		return b.trouble
	}
	return nil
}

// How often and how long the box tries to read everything again.
const (
	healFirst = 50 * time.Millisecond
	healLast  = 2 * time.Second
	healRead  = 30 * time.Second // of one reading: a count of a million votes takes seconds
)

// heal reads all ballots and counts again after a commit whose outcome is
// unknown. Whoever asks meanwhile is told to come again. Votes that were stored
// all the same are found by their revision.
func (b *Box) heal(ctx context.Context) {
	for wait := healFirst; ; wait = min(2*wait, healLast) {
		read, cancel := context.WithTimeout(ctx, healRead)
		err := b.reload(read)
		cancel()
		if err == nil {
			b.noteStore("read again", nil)
			return
		}
		timer := time.NewTimer(wait)
		for waiting := true; waiting; {
			select {
			case it := <-b.queue:
				b.turnAway(it, err)
			case <-timer.C:
				waiting = false
			case <-ctx.Done():
				timer.Stop()
				return
			}
		}
	}
}

// turnAway answers an entry of the queue that is not taken.
func (b *Box) turnAway(it item, err error) {
	if it.do != nil {
		it.refuse(fault.Wrap(fault.Unavailable, "store.busy", err, "nothing was done").After(retryAfter))
		return
	}
	b.answer(it, vote.Outcome{Fault: errBusy(err)})
}

// order queues a command and waits until the writer has run it. The command
// runs even if its caller has gone; the record learns from its context whose act it
// is.
func (b *Box) order(ctx context.Context, do func(ctx context.Context) error) error {
	work := context.WithoutCancel(ctx)
	ctx, cancel := context.WithTimeout(ctx, commandPatience)
	defer cancel()
	reply := make(chan error, 1)
	it := item{
		do:     func(context.Context) { reply <- do(work) },
		refuse: func(err error) { reply <- err },
	}
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
