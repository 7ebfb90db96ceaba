package vote

import (
	"maps"
	"slices"

	"hecai/contest"
	"hecai/fault"
)

// maxRev is the largest revision a client may choose: what a JavaScript number
// holds exactly.
const maxRev = 1<<53 - 1

// MaxChanges is how often a voter may change the paper of a window: each stays in
// the ledger for ever.
const MaxChanges = 50

// maxClientSalt bounds the client's salt, in hex digits.
const maxClientSalt = 64

// Admit checks everything about a cast that needs no papers: its form, its
// options and its level. It does not look at the ballot's state, because a
// retry is answered with its receipt even after the close.
func (b *Ballot) Admit(c Cast) *fault.Error {
	_, err := b.admit(c)
	return err
}

// admit is Admit, and returns the choice as ascending option numbers.
func (b *Ballot) admit(c Cast) ([]int, *fault.Error) {
	switch {
	case c.Ballot != b.ID:
		return nil, fault.New(fault.NotFound, "vote.unknown_ballot", "cast for %q met ballot %q", c.Ballot, b.ID)
	case c.Rev < 1 || c.Rev > maxRev:
		return nil, fault.New(fault.Invalid, "vote.bad_rev", "rev %d", c.Rev)
	case !isHex(c.ClientSalt, maxClientSalt):
		return nil, fault.New(fault.Invalid, "vote.bad_salt", "client salt is not 0..%d hex digits", maxClientSalt)
	case len(c.Choice) == 0:
		return nil, fault.New(fault.Invalid, "vote.empty", "no entry chosen")
	case len(c.Choice) > b.maxVotes():
		return nil, fault.New(fault.Conflict, "vote.quota", "%d picks", len(c.Choice)).With("max", b.maxVotes())
	case c.Round != 0 && c.Round != b.Round: // a late retry must not become a vote of the next round
		return nil, fault.New(fault.Closed, "vote.closed", "cast for round %d in round %d", c.Round, b.Round)
	case c.Level < b.Level:
		return nil, fault.New(fault.Forbidden, "vote.level", "level %d, ballot asks %d", c.Level, b.Level).With("level", b.Level)
	}
	choice := make([]int, 0, len(c.Choice))
	for _, id := range c.Choice {
		i := slices.IndexFunc(b.Options, func(o Option) bool { return o.Entry == id })
		if i < 0 {
			return nil, fault.New(fault.Invalid, "vote.unknown_entry", "%q is not on the ballot", id).With("entry", string(id))
		}
		choice = append(choice, b.Options[i].No)
	}
	slices.Sort(choice)
	return choice, nil
}

// Decide says whether the cast counts. prior are the papers of this voter in
// this round that decide, in any order: all that count in the cast's window (with
// AllowChange the newest of it), the newest of the round, and the one with the
// cast's revision. Others may be among them and change nothing. Exactly one of accepted, err and
// duplicateOf has meaning: err is nil and duplicateOf is nil for an accepted
// paper, whose Receipt the caller fills in. replaced is the paper that the
// accepted one supersedes, nil if there is none.
func Decide(b Ballot, prior []Paper, c Cast) (accepted Paper, replaced *Paper, err *fault.Error, duplicateOf *Paper) {
	choice, err := b.admit(c)
	if err != nil {
		return Paper{}, nil, err, nil
	}
	if i := slices.IndexFunc(prior, func(p Paper) bool { return p.Rev == c.Rev }); i >= 0 {
		if slices.Equal(prior[i].Choice, choice) {
			p := prior[i]
			return Paper{}, nil, nil, &p
		}
		return Paper{}, nil, fault.New(fault.Conflict, "vote.rev_conflict", "rev %d is stored with another choice", c.Rev).With("rev", c.Rev), nil
	}
	if err := b.inWindow(c.At); err != nil {
		return Paper{}, nil, err, nil
	}
	if high := highest(prior); c.Rev < high {
		return Paper{}, nil, fault.New(fault.Conflict, "vote.rev_stale", "rev %d after %d", c.Rev, high).With("rev", high), nil
	}
	accepted = Paper{Rev: c.Rev, Window: b.Window(c.At), Choice: choice, First: len(prior) == 0}
	current := b.current(prior, accepted.Window)
	if b.Quota.AllowChange && len(current) > 0 {
		old := current[len(current)-1]
		replaced, current = &old, nil
		if accepted.Changes = old.Changes + 1; accepted.Changes > MaxChanges {
			return Paper{}, nil, fault.New(fault.Conflict, "vote.changes", "%d changes", MaxChanges).With("max", MaxChanges), nil
		}
	}
	if err := b.within(current, choice); err != nil {
		return Paper{}, nil, err, nil
	}
	return accepted, replaced, nil, nil
}

// inWindow refuses an arrival outside the time the ballot takes votes.
func (b *Ballot) inWindow(at int64) *fault.Error {
	switch {
	case b.State == StateClosed || b.State == StateRevealed:
		return fault.New(fault.Closed, "vote.closed", "ballot %s is %s", b.ID, b.State)
	case b.State != StateOpen:
		return fault.New(fault.Conflict, "vote.not_open", "ballot %s is %s", b.ID, b.State).With("opensAt", b.OpensAt)
	case at < b.OpenedAt:
		return fault.New(fault.Conflict, "vote.not_open", "arrived %d ms before the opening", b.OpenedAt-at).With("opensAt", b.OpensAt)
	case b.Deadline != 0 && at > b.Deadline:
		return fault.New(fault.Closed, "vote.closed", "arrived %d ms after the deadline", at-b.Deadline)
	}
	return nil
}

// current returns the papers that count in the window, by ascending rev. With
// AllowChange that is at most one.
func (b *Ballot) current(prior []Paper, window string) []Paper {
	var out []Paper
	for _, p := range prior {
		if p.Window == window {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(x, y Paper) int {
		if x.Rev < y.Rev {
			return -1
		}
		return 1
	})
	if b.Quota.AllowChange && len(out) > 1 {
		out = out[len(out)-1:]
	}
	return out
}

// within checks the quota for the picks of a window plus the new choice.
func (b *Ballot) within(current []Paper, choice []int) *fault.Error {
	picks := slices.Clone(choice)
	for _, p := range current {
		picks = append(picks, p.Choice...)
	}
	if most := b.maxVotes(); len(picks) > most {
		return fault.New(fault.Conflict, "vote.quota", "%d picks in the window", len(picks)).
			With("max", most).With("left", max(0, most-(len(picks)-len(choice))))
	}
	if least := max(1, b.Quota.MinPicks); len(picks) < least {
		return fault.New(fault.Invalid, "vote.too_few", "%d picks", len(picks)).With("min", least)
	}
	byEntry, byTrack := map[int]int{}, map[contest.TrackID]int{}
	for _, no := range picks {
		byEntry[no]++
		byTrack[b.Options[no-1].Track]++
	}
	if most := max(1, b.Quota.PerEntry); anyAbove(byEntry, most) {
		return fault.New(fault.Conflict, "vote.per_entry", "an entry has more than %d picks", most).With("max", most)
	}
	if most := b.Quota.PerTrack; most > 0 && anyAbove(byTrack, most) {
		return fault.New(fault.Conflict, "vote.per_track", "a track has more than %d picks", most).With("max", most)
	}
	return nil
}

// Resolution is what the store does with a cast: answer Outcome, and if Added
// is not nil, keep it and apply it to the tally in the same transaction.
type Resolution struct {
	Outcome  Outcome
	Added    *Paper
	Replaced *Paper
}

// Resolve decides the cast and makes the whole answer. receipt is the one
// prepared for this cast; it is used only if the cast is accepted. prior is as
// for Decide.
func Resolve(b Ballot, prior []Paper, c Cast, receipt Receipt) Resolution {
	accepted, replaced, err, dup := Decide(b, prior, c)
	switch {
	case err != nil:
		rev, choice := b.Standing(prior, c.At)
		return Resolution{Outcome: Outcome{Fault: err, Rev: rev, Choice: choice}}
	case dup != nil:
		rev, choice := b.Standing(prior, c.At)
		return Resolution{Outcome: Outcome{Receipt: dup.Receipt, Duplicate: true, Rev: rev, Choice: choice}}
	case receipt.Round != b.Round: // prepared for a round that is over
		err := fault.New(fault.Conflict, "vote.not_open", "receipt of round %d in round %d", receipt.Round, b.Round).With("opensAt", b.OpensAt)
		return Resolution{Outcome: Outcome{Fault: err}}
	}
	accepted.Receipt = receipt
	after := append(slices.Clone(prior), accepted)
	rev, choice := b.Standing(after, c.At)
	return Resolution{
		Outcome:  Outcome{Receipt: receipt, Rev: rev, Choice: choice},
		Added:    &accepted,
		Replaced: replaced,
	}
}

// Standing is what a voter has in the window of the instant: the highest
// revision of the round and the entries that count, in option order.
func (b *Ballot) Standing(papers []Paper, at int64) (rev int64, choice []contest.EntryID) {
	for _, p := range b.current(papers, b.Window(at)) {
		for _, no := range p.Choice {
			choice = append(choice, b.Options[no-1].Entry)
		}
	}
	return highest(papers), choice
}

// Picks are the entries of a paper, in option order.
func (b *Ballot) Picks(p Paper) []contest.EntryID {
	out := make([]contest.EntryID, 0, len(p.Choice))
	for _, no := range p.Choice {
		if no >= 1 && no <= len(b.Options) {
			out = append(out, b.Options[no-1].Entry)
		}
	}
	return out
}

func highest(papers []Paper) int64 {
	var high int64
	for _, p := range papers {
		high = max(high, p.Rev)
	}
	return high
}

func anyAbove[K comparable](counts map[K]int, most int) bool {
	for n := range maps.Values(counts) {
		if n > most {
			return true
		}
	}
	return false
}

// isHex reports whether s is at most n lower-case hex digits.
func isHex(s string, n int) bool {
	if len(s) > n {
		return false
	}
	for _, r := range []byte(s) {
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') {
			return false
		}
	}
	return true
}
