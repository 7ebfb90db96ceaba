package box

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
	"hecai/vote/ledger"
)

// retryAfter is what a refused voter is told to wait, in milliseconds, before
// its own jitter.
const retryAfter = 500

var errStopped = errors.New("box: stopped")

// Cast puts a vote into the box and waits until it is on disk or refused. The
// arrival is stamped here, so call it as soon as the frame is read. A refusal
// is Outcome.Fault and no error. An error means that nothing is known to be
// stored: vote.busy was not taken at all, vote.unconfirmed may have been; the
// client repeats either with the same revision.
func (b *Box) Cast(ctx context.Context, c vote.Cast) (vote.Outcome, error) {
	start := b.clock.read()
	c.At = start.UnixMilli()
	ballot, refusal := b.admit(c)
	if refusal != nil {
		return vote.Outcome{Fault: refusal}, nil
	}
	if b.pending.Add(1) > int64(b.cfg.Queue) || b.stopping.Load() {
		b.pending.Add(-1)
		return vote.Outcome{}, fault.New(fault.Limited, "vote.busy", "queue is full or closing").With("retryAfter", retryAfter)
	}
	it := item{cast: c, start: start, reply: make(chan vote.Outcome, 1)}
	if ballot.State == vote.StateOpen { // else it can only be a retry
		it.receipt = b.prepare(ballot, c)
	}
	select {
	case b.queue <- it:
	case <-b.done:
		b.pending.Add(-1)
		return vote.Outcome{}, errUnconfirmed(errStopped)
	}
	select {
	case out := <-it.reply:
		return settled(out)
	case <-ctx.Done():
		return vote.Outcome{}, errUnconfirmed(ctx.Err())
	case <-b.done:
	}
	select { // the answer may have come with the end
	case out := <-it.reply:
		return settled(out)
	default:
		return vote.Outcome{}, errUnconfirmed(errStopped)
	}
}

// settled turns the writer's "unknown" into an error.
func settled(out vote.Outcome) (vote.Outcome, error) {
	if out.Fault != nil && out.Fault.Kind == fault.Internal {
		return vote.Outcome{}, out.Fault
	}
	return out, nil
}

// admit refuses, without touching the queue, what can never count. A closed
// ballot passes: a retry must still find its receipt.
func (b *Box) admit(c vote.Cast) (vote.Ballot, *fault.Error) {
	b.mu.RLock()
	s, ok := b.ballots[c.Ballot]
	b.mu.RUnlock()
	if !ok || s.ballot.State == vote.StateDraft && s.ballot.Round == 0 {
		return vote.Ballot{}, fault.New(fault.NotFound, "vote.unknown_ballot", "no ballot %q", c.Ballot)
	}
	if err := s.ballot.Admit(c); err != nil {
		return vote.Ballot{}, err
	}
	if s.ballot.Round == 0 {
		return vote.Ballot{}, fault.New(fault.Conflict, "vote.not_open", "ballot %s is %s", c.Ballot, s.ballot.State).With("opensAt", s.ballot.OpensAt)
	}
	return s.ballot, nil
}

// prepare makes the receipt that the cast gets if it is accepted. It runs on
// the caller's goroutine: a signature costs more than the rest of a vote, and
// there is only one writer.
func (b *Box) prepare(ballot vote.Ballot, c vote.Cast) vote.Receipt {
	var salt [16]byte
	rand.Read(salt[:]) // never fails: crypto/rand ends the process instead
	opening := ledger.Opening{
		Ballot:     ballot.ID,
		Round:      ballot.Round,
		Voter:      ledger.Pseudonym(b.cfg.Pseudonyms, ballot.ID, ballot.Round, c.Voter),
		Rev:        c.Rev,
		Choice:     inOptionOrder(ballot, c.Choice),
		ClientSalt: c.ClientSalt,
		Salt:       hex.EncodeToString(salt[:]),
	}
	leaf := ledger.Hex(ledger.Leaf(opening.Record().Text()))
	return vote.Receipt{
		Ballot:  ballot.ID,
		Round:   ballot.Round,
		Rev:     c.Rev,
		Leaf:    leaf,
		Salt:    opening.Salt,
		Promise: ledger.Promise(b.cfg.Key, b.cfg.Origin, leaf),
	}
}

// inOptionOrder sorts picks as the store keeps them, so that an opening can be
// made again from the stored paper.
func inOptionOrder(ballot vote.Ballot, choice []contest.EntryID) []contest.EntryID {
	out := slices.Clone(choice)
	at := func(id contest.EntryID) int {
		return slices.IndexFunc(ballot.Options, func(o vote.Option) bool { return o.Entry == id })
	}
	slices.SortFunc(out, func(x, y contest.EntryID) int { return at(x) - at(y) })
	return out
}

// commit has a batch decided and stored, counts it and answers it. It reports
// whether the box may go on.
func (b *Box) commit(ctx context.Context, batch []item) bool {
	casts := make([]vote.Cast, len(batch))
	receipts := make([]vote.Receipt, len(batch))
	for i, it := range batch {
		casts[i], receipts[i] = it.cast, it.receipt
	}
	outcomes, tallies, err := b.cfg.Store.CastBatch(ctx, casts, receipts)
	if err == nil && len(outcomes) != len(casts) {
		err = errors.New("store answered another number of casts")
	}
	if err != nil {
		b.poison("commit votes", err)
		for _, it := range batch {
			b.answer(it, vote.Outcome{Fault: errUnconfirmed(err)})
		}
		return false
	}
	changed := b.count(tallies)
	for i, it := range batch {
		b.answer(it, outcomes[i])
	}
	b.acks.add(b.clock.read(), batch)
	for _, s := range changed {
		b.cfg.OnChange(s.ballot, s.tally.Clone())
	}
	return true
}

// count takes over the committed counts and returns the changed ballots.
func (b *Box) count(tallies []vote.Tally) []standing {
	b.mu.Lock()
	defer b.mu.Unlock()
	changed := make([]standing, 0, len(tallies))
	for _, t := range tallies {
		s, ok := b.ballots[t.Ballot]
		if !ok || s.ballot.Round != t.Round {
			continue
		}
		s.tally = t
		b.ballots[t.Ballot] = s
		changed = append(changed, s)
	}
	return changed
}

// answer frees the cast's place and tells its waiter, if one is still there.
func (b *Box) answer(it item, out vote.Outcome) {
	b.pending.Add(-1)
	it.reply <- out // one place, one answer
}

// ageAt is how long the cast has waited.
func (it item) ageAt(t time.Time) time.Duration { return max(0, t.Sub(it.start)) }
