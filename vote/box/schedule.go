package box

import (
	"context"
	"time"

	"hecai/fault"
	"hecai/vote"
)

// maxNap is the longest the scheduler sleeps, so that it notices a wall clock
// that was set while no ballot was open.
const maxNap = time.Second

// schedule queues the openings and closings that are due. It never acts itself:
// a close must stand behind the casts that came before it.
func (b *Box) schedule(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-b.wake:
		}
		if due, nap := b.due(); due {
			if err := b.order(ctx, b.fire); err != nil && ctx.Err() == nil {
				b.cfg.Log.Error("ballot schedule", "err", err)
			}
			timer.Reset(drainPoll)
		} else {
			timer.Reset(nap)
		}
	}
}

// due reports whether an opening or a closing is due, else how long to sleep.
func (b *Box) due() (bool, time.Duration) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if !b.anyOpen() {
		b.clock.reset()
	}
	now, nap := b.now(), maxNap
	for _, s := range b.ballots {
		at := next(s.ballot)
		if at == 0 {
			continue
		}
		if at <= now {
			return true, 0
		}
		nap = min(nap, time.Duration(at-now)*time.Millisecond)
	}
	return false, nap
}

// anyOpen reports whether a ballot is open. The caller holds mu.
func (b *Box) anyOpen() bool {
	for _, s := range b.ballots {
		if s.ballot.State == vote.StateOpen {
			return true
		}
	}
	return false
}

// next is the instant at which the ballot changes by itself; 0 = never.
func next(ballot vote.Ballot) int64 {
	switch {
	case ballot.State == vote.StateOpen && ballot.Deadline != 0:
		return ballot.Deadline + 1 // the deadline's own millisecond still counts
	case ballot.State == vote.StateArmed && ballot.OpensAt != 0:
		return ballot.OpensAt
	}
	return 0
}

// fire opens and closes what is due. It runs in the writer.
func (b *Box) fire(ctx context.Context) error {
	now := b.now()
	for _, ballot := range b.Ballots() {
		at := next(ballot)
		if at == 0 || at > now {
			continue
		}
		var err error
		if ballot.State == vote.StateOpen {
			_, err = b.shut(ctx, ballot.ID)
		} else {
			_, err = b.open(ctx, ballot.ID, 0)
		}
		if err == nil {
			continue
		}
		if fault.KindOf(err) == fault.Internal {
			return err
		}
		// Refused: what we hold is not what is stored.
		b.cfg.Log.Warn("ballot schedule refused", "ballot", ballot.ID, "err", err)
		return b.reload(ctx)
	}
	return nil
}
