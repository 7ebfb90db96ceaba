package box

import (
	"context"
	"reflect"
	"time"

	"hecai/fault"
	"hecai/vote"
)

// Where several nodes have one record, each has a box of its own and takes votes;
// who has the lease of the ballots opens and closes them. Every box reads what the
// others did, several times a second, and once more before it refuses a vote by
// what it remembers. It reads in the writer, so that what is read is never older
// than what this box has stored.

// followEvery is how often a box looks for what other nodes did, followRead how long
// it waits for the record.
const (
	followEvery = 250 * time.Millisecond
	followRead  = 2 * time.Second
)

// keepUp follows the other nodes until ctx ends. It alone reads, and tells all who
// wait: whatever is asked for, and by however many, the writer reads no more often.
func (b *Box) keepUp(ctx context.Context) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		began := time.Now()
		err := b.follow(ctx)
		b.mu.Lock()
		b.read, b.heard = began, err == nil
		close(b.told)
		b.told = make(chan struct{})
		b.mu.Unlock()
	}
}

// followed waits until a reading of what other nodes did has ended that began after
// the instant, and reports whether it is known.
func (b *Box) followed(ctx context.Context, since time.Time) bool {
	for {
		b.mu.RLock()
		read, heard, told := b.read, b.heard, b.told
		b.mu.RUnlock()
		if read.After(since) {
			return heard
		}
		select {
		case <-told:
		case <-ctx.Done():
			return false
		case <-b.done:
			return false
		}
	}
}

// Refresh waits until it is read what other nodes did until now, where there are any,
// and reports whether it is known.
func (b *Box) Refresh(ctx context.Context) bool {
	return b.cfg.Others && b.followed(ctx, time.Now())
}

// follow takes over what other nodes did to ballots and counts.
func (b *Box) follow(ctx context.Context) error {
	return b.order(ctx, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, followRead)
		defer cancel()
		list, err := b.cfg.Store.LoadBallots(ctx)
		if err != nil {
			return err
		}
		counts, err := b.cfg.Store.Counts(ctx)
		if err != nil {
			return err
		}
		for _, ballot := range list {
			if err := b.followOne(ctx, ballot, counts[ballot.ID]); err != nil {
				return err
			}
		}
		return nil
	})
}

// followOne takes over one ballot. count is that of an open round.
func (b *Box) followOne(ctx context.Context, ballot vote.Ballot, count vote.Tally) error {
	b.mu.RLock()
	had, known := b.ballots[ballot.ID]
	b.mu.RUnlock()
	if known && had.bad != nil {
		return nil
	}
	if !known || !reflect.DeepEqual(had.ballot, ballot) {
		s := standing{ballot: ballot, tally: had.tally, bad: ballot.Validate()}
		if s.bad == nil && (!known || had.ballot.Round != ballot.Round || had.ballot.State != ballot.State || len(had.ballot.Options) != len(ballot.Options)) {
			tally, err := b.tally(ctx, ballot)
			if fault.KindOf(err) == fault.Unavailable || ctx.Err() != nil {
				return err
			}
			s.tally, s.bad = tally, err
		}
		b.put(s)
		return nil
	}
	if ballot.State == vote.StateOpen && count.Round == ballot.Round && !same(count, had.tally) {
		for _, counted := range b.count([]vote.Tally{count}) {
			b.cfg.OnCount(counted)
		}
	}
	return nil
}

// stale reports whether a refusal may only say that this box has not heard yet of
// what another node did.
func (b *Box) stale(refusal *fault.Error) bool {
	if !b.cfg.Others || refusal == nil {
		return false
	}
	switch refusal.Code {
	case "vote.unknown_ballot", "vote.not_open", "vote.closed":
		return true
	}
	return false
}
