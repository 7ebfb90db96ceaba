package box

import (
	"cmp"
	"context"
	"slices"
	"time"

	"hecai/fault"
	"hecai/vote"
)

// maxDuration bounds an opening and an extension.
const maxDuration = 100 * 24 * time.Hour

// Open opens the ballot by hand. With a duration, clients are told it ends that
// long from now; with 0 it ends at its ClosesAt if that is still to come, else
// it is closed by hand. One that has closed is refused (ballot.closed).
func (b *Box) Open(ctx context.Context, id vote.BallotID, duration time.Duration) (vote.Ballot, error) {
	if duration < 0 || duration > maxDuration {
		return vote.Ballot{}, fault.New(fault.Invalid, "ballot.duration", "%v", duration)
	}
	var out vote.Ballot
	err := b.order(ctx, func(ctx context.Context) (err error) {
		out, err = b.open(ctx, id, duration)
		return err
	})
	return out, err
}

// open runs in the writer.
func (b *Box) open(ctx context.Context, id vote.BallotID, duration time.Duration) (vote.Ballot, error) {
	s, fail := b.find(id)
	if fail != nil {
		return vote.Ballot{}, fail
	}
	if s.ballot.State == vote.StateOpen {
		return s.ballot, fault.New(fault.Conflict, "ballot.open", "ballot %s is open", id)
	}
	now, deadline := b.now(), int64(0)
	switch {
	case duration > 0:
		deadline = now + duration.Milliseconds() + vote.Grace
	case s.ballot.ClosesAt > now:
		deadline = s.ballot.ClosesAt + vote.Grace
	}
	return b.setDeadline(ctx, s, now, deadline)
}

// skip runs in the writer.
func (b *Box) skip(ctx context.Context, s standing) error {
	ballot, err := b.cfg.Store.SkipBallot(ctx, b.cfg.Lease(), s.ballot.ID)
	if err != nil {
		return b.refused("skip ballot", err)
	}
	b.cfg.Log.Error("ballot missed its window and stays closed; it can be opened by hand", "ballot", ballot.ID,
		"opensAt", ballot.OpensAt, "closesAt", ballot.ClosesAt)
	s.ballot = ballot
	b.put(s)
	return nil
}

// NewRound arms a closed ballot for another round, whose votes will count in
// place of those before it; note says to everyone why. It is refused once the
// ballot was revealed (ballot.revealed) or stands in a sealed result
// (ballot.sealed).
func (b *Box) NewRound(ctx context.Context, id vote.BallotID, note string) (vote.Ballot, error) {
	var out vote.Ballot
	err := b.order(ctx, func(ctx context.Context) error {
		s, fail := b.find(id)
		if fail != nil {
			return fail
		}
		if _, err := s.ballot.Rearmed(note); err != nil {
			return err
		}
		ballot, err := b.cfg.Store.RearmBallot(ctx, b.cfg.Lease(), id, note)
		if err != nil {
			return b.refused("new round", err)
		}
		s.ballot, out = ballot, ballot
		b.put(s)
		return nil
	})
	return out, err
}

// Reveal marks a closed ballot whose figures are public: it takes no other round.
// Once is enough.
func (b *Box) Reveal(ctx context.Context, id vote.BallotID) (vote.Ballot, error) {
	var out vote.Ballot
	err := b.order(ctx, func(ctx context.Context) error {
		s, fail := b.find(id)
		if fail != nil {
			return fail
		}
		if out = s.ballot; out.State == vote.StateRevealed {
			return nil
		}
		ballot, err := b.cfg.Store.RevealBallot(ctx, b.cfg.Lease(), id)
		if err != nil {
			return b.refused("reveal ballot", err)
		}
		s.ballot, out = ballot, ballot
		b.put(s)
		return nil
	})
	return out, err
}

// Extend moves the deadline of an open ballot by the duration, which may be
// negative but must leave the deadline in the future.
func (b *Box) Extend(ctx context.Context, id vote.BallotID, by time.Duration) (vote.Ballot, error) {
	if by.Abs() > maxDuration {
		return vote.Ballot{}, fault.New(fault.Invalid, "ballot.duration", "%v", by)
	}
	var out vote.Ballot
	err := b.order(ctx, func(ctx context.Context) (err error) {
		s, fail := b.find(id)
		now := b.now()
		switch {
		case fail != nil:
			return fail
		case s.ballot.State != vote.StateOpen || s.ballot.Deadline != 0 && now > s.ballot.Deadline:
			return fault.New(fault.Conflict, "vote.not_open", "ballot %s is %s", id, s.ballot.State).With("opensAt", s.ballot.OpensAt)
		case s.ballot.Deadline == 0:
			return fault.New(fault.Conflict, "ballot.no_deadline", "ballot %s is closed by hand", id)
		}
		out, err = b.setDeadline(ctx, s, now, s.ballot.Deadline+by.Milliseconds())
		return err
	})
	return out, err
}

// setDeadline stores an opening or a new deadline.
func (b *Box) setDeadline(ctx context.Context, s standing, now, deadline int64) (vote.Ballot, error) {
	if _, err := s.ballot.Opened(now, deadline); err != nil {
		return s.ballot, err
	}
	ballot, err := b.cfg.Store.OpenBallot(ctx, b.cfg.Lease(), s.ballot.ID, now, deadline)
	if err != nil {
		return s.ballot, b.refused("open ballot", err)
	}
	if ballot.Round != s.ballot.Round {
		s.tally = vote.NewTally(ballot)
	}
	s.ballot = ballot
	b.put(s)
	return ballot, nil
}

// Close closes the ballot behind every cast that is in the queue, and returns
// its final count. Closing a closed ballot returns the same again.
func (b *Box) Close(ctx context.Context, id vote.BallotID) (vote.Ballot, vote.Tally, error) {
	var s standing
	err := b.order(ctx, func(ctx context.Context) (err error) {
		s, err = b.shut(ctx, id)
		return err
	})
	return s.ballot, s.tally.Clone(), err
}

// shut runs in the writer.
func (b *Box) shut(ctx context.Context, id vote.BallotID) (standing, error) {
	s, fail := b.find(id)
	if fail != nil {
		return standing{}, fail
	}
	was := s.ballot.State
	if _, err := s.ballot.Shut(); err != nil || was != vote.StateOpen {
		return s, err
	}
	ballot, tally, err := b.cfg.Store.CloseBallot(ctx, b.cfg.Lease(), id, b.now())
	if err != nil {
		return s, b.refused("close ballot", err)
	}
	if !b.cfg.Others && !same(tally, s.tally) { // a defect
		b.cfg.Log.Error("final count differs from the live one; the final one stands", "ballot", id)
	}
	s = standing{ballot: ballot, tally: tally}
	b.put(s)
	return s, nil
}

func same(x, y vote.Tally) bool {
	return x.Ballot == y.Ballot && x.Round == y.Round && x.Voters == y.Voters && x.Papers == y.Papers && slices.Equal(x.Votes, y.Votes)
}

// refused passes on what the store said of a command. Unless it is known that
// nothing was done, everything is read again.
func (b *Box) refused(what string, err error) error {
	b.noteStore(what, err)
	if fault.KindOf(err) == fault.Internal {
		return unavailable(err)
	}
	return err
}

// Add takes over a ballot as the store has just returned it: a new one, an
// edited one, one that was revealed or armed for another round. An open ballot
// keeps its state and deadline, and once opened a ballot keeps its rules.
func (b *Box) Add(ctx context.Context, ballot vote.Ballot) error {
	if err := ballot.Validate(); err != nil {
		return err
	}
	return b.order(ctx, func(ctx context.Context) error {
		s, known := b.ballots[ballot.ID]
		if known && s.ballot.Frozen(ballot) {
			return fault.New(fault.Conflict, "ballot.frozen", "ballot %s has taken votes", ballot.ID)
		}
		kept := s.ballot
		if kept.State == vote.StateOpen {
			ballot.State, ballot.Round = kept.State, kept.Round
			ballot.OpenedAt, ballot.Deadline = kept.OpenedAt, kept.Deadline
		}
		if known && s.bad == nil && kept.Round == ballot.Round && len(kept.Options) == len(ballot.Options) {
			b.put(standing{ballot: ballot, tally: s.tally}) // no recount: it grows with the contest
			return nil
		}
		tally, err := b.tally(ctx, ballot)
		if err != nil {
			return err
		}
		b.put(standing{ballot: ballot, tally: tally})
		return nil
	})
}

// Drop forgets a ballot once remove has taken it from the record, in the writer's
// order, so that it does not open meanwhile.
func (b *Box) Drop(ctx context.Context, id vote.BallotID, remove func(ctx context.Context) error) error {
	return b.order(ctx, func(ctx context.Context) error {
		if _, fail := b.find(id); fail != nil && fail.Kind == fault.NotFound { // one that is set aside may go
			return fail
		}
		if err := remove(ctx); err != nil {
			return b.refused("drop ballot", err)
		}
		b.mu.Lock()
		delete(b.ballots, id)
		b.mu.Unlock()
		return nil
	})
}

// Quiet runs do in the writer if no ballot is open, so that none can open
// meanwhile, and reports whether it did.
func (b *Box) Quiet(ctx context.Context, do func()) (ran bool, err error) {
	err = b.order(ctx, func(context.Context) error {
		if ran = !b.anyOpen(); ran {
			do()
		}
		return nil
	})
	return ran, err
}

// Reload reads all ballots and counts again, in the writer's order.
func (b *Box) Reload(ctx context.Context) error {
	return b.order(ctx, b.reload)
}

// reload runs in the writer.
func (b *Box) reload(ctx context.Context) error {
	fresh, err := b.load(ctx)
	if err != nil {
		return err
	}
	b.mu.Lock()
	b.ballots = fresh
	b.mu.Unlock()
	for _, s := range fresh {
		b.put(s)
	}
	return nil
}

// Ballots returns all ballots by their number.
func (b *Box) Ballots() []vote.Ballot {
	b.mu.RLock()
	defer b.mu.RUnlock()
	out := make([]vote.Ballot, 0, len(b.ballots))
	for _, s := range b.ballots {
		out = append(out, s.ballot)
	}
	slices.SortFunc(out, func(x, y vote.Ballot) int {
		return cmp.Or(cmp.Compare(x.No, y.No), cmp.Compare(x.ID, y.ID))
	})
	return out
}
