package box

import (
	"context"
	"time"

	"hecai/fault"
	"hecai/vote"
)

// maxNap is the longest the scheduler sleeps, so that it notices a clock that
// has moved.
const maxNap = time.Second

// scheduleRetry is how long the scheduler waits after the store was away.
const scheduleRetry = 250 * time.Millisecond

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
			again := drainPoll
			if err := b.order(ctx, b.fire); err != nil && ctx.Err() == nil {
				b.cfg.Log.Error("ballot schedule", "err", err)
				again = scheduleRetry
			}
			timer.Reset(again)
		} else {
			timer.Reset(nap)
		}
	}
}

// due reports whether an opening or a closing is due, else how long to sleep.
func (b *Box) due() (bool, time.Duration) {
	if b.cfg.Lease().Epoch == 0 { // whoever has it does
		return false, maxNap
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	now, nap := b.now(), maxNap
	for _, s := range b.ballots {
		at := s.ballot.NextDue()
		if at == 0 || s.bad != nil {
			continue
		}
		if at <= now {
			return true, 0
		}
		nap = min(nap, time.Duration(at-now)*time.Millisecond)
	}
	return false, nap
}

// anyOpen reports whether a ballot is open. Writer only.
func (b *Box) anyOpen() bool {
	for _, s := range b.ballots {
		if s.ballot.State == vote.StateOpen {
			return true
		}
	}
	return false
}

// fire opens, closes and skips what is due. It runs in the writer.
func (b *Box) fire(ctx context.Context) error {
	now := b.now()
	for _, ballot := range b.Ballots() {
		s, fail := b.find(ballot.ID)
		if fail != nil {
			continue
		}
		var err error
		switch what, deadline := s.ballot.Due(now); what {
		case vote.ScheduleClose:
			_, err = b.shut(ctx, ballot.ID)
		case vote.ScheduleOpen:
			_, err = b.setDeadline(ctx, s, now, deadline)
		case vote.ScheduleSkip:
			err = b.skip(ctx, s)
		}
		switch fault.KindOf(err) {
		case "":
		case fault.Internal, fault.Unavailable:
			return err
		default: // refused: what we hold is not what is stored
			b.cfg.Log.Warn("ballot schedule refused", "ballot", ballot.ID, "err", err)
			return b.reload(ctx)
		}
	}
	return nil
}
