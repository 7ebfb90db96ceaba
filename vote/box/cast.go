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

// retryAfter is what a refused voter is told to wait, before
// its own jitter.
const retryAfter = 500 * time.Millisecond

var (
	errStopped = errors.New("box: stopped")
	errFull    = errors.New("box: queue is full or closing")
	errStalled = errors.New("box: the oldest vote waits too long")
	errSlow    = errors.New("box: no answer in time")
	errUnheard = errors.New("box: what other nodes did is not known")
)

// Cast puts a vote into the box and waits until it is on disk or refused, at
// most cfg.Patience. The arrival is stamped here, so call it as soon as the
// frame is read. A refusal is Outcome.Fault and no error. An error means that
// nothing is known to be stored: vote.busy was not taken at all,
// vote.unconfirmed may have been; the client repeats either with the same
// revision.
func (b *Box) Cast(ctx context.Context, c vote.Cast) (vote.Outcome, error) {
	start := time.Now()
	c.At = b.now()
	out, err := b.cast(ctx, c, start)
	if err != nil || !b.stale(out.Fault) {
		return out, err
	}
	if !b.followed(ctx, start) { // the vote may be open elsewhere, and longer than this box knows
		return vote.Outcome{}, errBusy(errUnheard)
	}
	return b.cast(ctx, c, start)
}

func (b *Box) cast(ctx context.Context, c vote.Cast, start time.Time) (vote.Outcome, error) {
	ballot, refusal := b.admit(c)
	if refusal != nil {
		if refusal.Kind == fault.Unavailable {
			return vote.Outcome{}, refusal
		}
		return vote.Outcome{Fault: refusal}, nil
	}
	if err := b.overloaded(); err != nil {
		return vote.Outcome{}, errBusy(err)
	}
	if b.pending.Add(1) > int64(b.cfg.Queue) || b.stopping.Load() {
		b.pending.Add(-1)
		return vote.Outcome{}, errBusy(errFull)
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
	patience := time.NewTimer(b.cfg.Patience - time.Since(start))
	defer patience.Stop()
	select {
	case out := <-it.reply:
		return b.settled(ballot, c, out)
	case <-patience.C:
		return vote.Outcome{}, errUnconfirmed(errSlow)
	case <-ctx.Done():
		return vote.Outcome{}, errUnconfirmed(ctx.Err())
	case <-b.done:
	}
	select { // the answer may have come with the end
	case out := <-it.reply:
		return b.settled(ballot, c, out)
	default:
		return vote.Outcome{}, errUnconfirmed(errStopped)
	}
}

// overloaded says why no newcomer is taken now, if so: it could only wait behind
// those that wait too long already, and its phone would give up and ask again.
func (b *Box) overloaded() error {
	if b.stalled() {
		return errStalled
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.unknown {
		return b.trouble
	}
	return nil
}

// stalled reports whether the oldest cast of the running batch waits too long.
func (b *Box) stalled() bool {
	oldest := b.oldest.Load()
	return oldest != 0 && time.Since(b.began)-time.Duration(oldest) > b.cfg.Backlog
}

// settled turns the writer's "not stored" and "unknown" into an error, and gives
// the receipt of an earlier cast its record.
func (b *Box) settled(ballot vote.Ballot, c vote.Cast, out vote.Outcome) (vote.Outcome, error) {
	if out.Fault != nil && (out.Fault.Kind == fault.Internal || out.Fault.Kind == fault.Unavailable) {
		return vote.Outcome{}, out.Fault
	}
	if out.Duplicate {
		out.Receipt = b.Recorded(ballot, c.Voter, c.Choice, out.Receipt)
	}
	return out, nil
}

// Recorded returns a stored receipt with the text of its record. A receipt whose
// leaf is not this vote's, which nothing but a changed database explains, stays
// without.
func (b *Box) Recorded(ballot vote.Ballot, voter int64, choice []contest.EntryID, r vote.Receipt) vote.Receipt {
	leaf, err := ledger.ParseHex(r.Leaf)
	if err != nil {
		return r
	}
	opening := ledger.Opening{
		Ballot: ballot.LogName(), Round: r.Round, Voter: b.Pseudonym(ballot.LogName(), r.Round, voter), Rev: r.Rev,
		Choice: inOptionOrder(ballot, choice), ClientSalt: r.ClientSalt, Salt: r.Salt,
	}
	if record, ours := opening.Find(leaf); ours {
		r.Record = record.Text()
	}
	return r
}

// Pseudonym names a voter in the log of a round of the ballot that the log calls so.
func (b *Box) Pseudonym(ballot string, round int, voter int64) string {
	return ledger.Pseudonym(b.cfg.Pseudonyms, ballot, round, voter)
}

// admit refuses, without touching the queue, what can never count. A closed
// ballot passes: a retry must still find its receipt.
func (b *Box) admit(c vote.Cast) (vote.Ballot, *fault.Error) {
	s, err := b.find(c.Ballot)
	if err != nil {
		return vote.Ballot{}, err
	}
	if s.ballot.State == vote.StateDraft && s.ballot.Round == 0 {
		return vote.Ballot{}, fault.New(fault.NotFound, "vote.unknown_ballot", "no ballot %q", c.Ballot)
	}
	if err := s.ballot.Admit(c); err != nil {
		return vote.Ballot{}, err
	}
	if s.ballot.Missed() {
		return vote.Ballot{}, fault.New(fault.Closed, "vote.closed", "ballot %s was never opened", c.Ballot)
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
		Ballot:     ballot.LogName(),
		Round:      ballot.Round,
		Voter:      b.Pseudonym(ballot.LogName(), ballot.Round, c.Voter),
		Rev:        c.Rev,
		Choice:     inOptionOrder(ballot, c.Choice),
		ClientSalt: c.ClientSalt,
		Salt:       hex.EncodeToString(salt[:]),
	}
	record := opening.Record().Text()
	leaf := ledger.Hex(ledger.Leaf(record))
	return vote.Receipt{
		Ballot:     ballot.ID,
		Round:      ballot.Round,
		Rev:        c.Rev,
		Leaf:       leaf,
		Record:     record,
		Salt:       opening.Salt,
		ClientSalt: c.ClientSalt,
		Promise:    ledger.Promise(b.cfg.Key, b.cfg.Origin, leaf),
	}
}

// inOptionOrder sorts picks as the store keeps them, so that an opening can be
// made again from the stored paper.
func inOptionOrder(ballot vote.Ballot, choice []contest.EntryID) []contest.EntryID {
	at := make([]int, len(choice)) // looked up once a pick: there may be thousands
	for i, id := range choice {
		at[i] = slices.IndexFunc(ballot.Options, func(o vote.Option) bool { return o.Entry == id })
	}
	slices.Sort(at)
	out := make([]contest.EntryID, 0, len(at))
	for _, i := range at {
		if i >= 0 {
			out = append(out, ballot.Options[i].Entry)
		}
	}
	return out
}

// commit has a batch decided and stored, counts it and answers it.
func (b *Box) commit(ctx context.Context, batch []item) {
	casts := make([]vote.Cast, len(batch))
	receipts := make([]vote.Receipt, len(batch))
	for i, it := range batch {
		casts[i], receipts[i] = it.cast, it.receipt
	}
	b.oldest.Store(max(1, int64(batch[0].start.Sub(b.began))))
	outcomes, tallies, err := b.cfg.Store.CastBatch(ctx, casts, receipts)
	b.oldest.Store(0)
	if err == nil && len(outcomes) != len(casts) {
		err = errors.New("store answered another number of casts")
	}
	b.noteStore("votes", err)
	if err != nil {
		answer := errUnconfirmed(err)
		if nothingDone(err) {
			answer = errBusy(err)
		}
		for _, it := range batch {
			b.answer(it, vote.Outcome{Fault: answer})
		}
		return
	}
	changed := b.count(tallies)
	for i, it := range batch {
		b.answer(it, outcomes[i])
	}
	b.acks.add(time.Now(), batch)
	for _, ballot := range changed {
		b.cfg.OnCount(ballot)
	}
}

// count takes over the committed counts and returns the changed ballots.
func (b *Box) count(tallies []vote.Tally) []vote.Ballot {
	b.mu.Lock()
	defer b.mu.Unlock()
	changed := make([]vote.Ballot, 0, len(tallies))
	for _, t := range tallies {
		s, ok := b.ballots[t.Ballot]
		if !ok || s.ballot.Round != t.Round {
			continue
		}
		s.tally = t
		b.ballots[t.Ballot] = s
		changed = append(changed, s.ballot)
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
