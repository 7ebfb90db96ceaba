package cue

import (
	"slices"
	"strings"

	"hecai/contest"
	"hecai/fault"
	"hecai/strict"
	"hecai/vote"
)

// The decisions of the chair, each the key to something that blocks the seal.
// They are given with a reason, are in force until taken back or until the seal,
// and stand in the sealed text with the reason and who gave them.
const (
	DecideTie        = "tie"         // the order of exact equals, first place first
	DecideBallotOut  = "ballot_out"  // the ballot's votes don't count
	DecideOpenBallot = "open_ballot" // a ballot anyone could vote on (level 0) may count
	DecideEntryOut   = "entry_out"   // the entries are not ranked
	DecideQuorum     = "quorum"      // the sheets that are there are enough; without any the entry is not ranked
)

// The codes of blockers, beside those of score.Allocate.
const (
	BlockNotLocked  = "stage.not_locked"
	BlockBallotOpen = "stage.ballot_open"
	BlockUnfair     = "seal.ballot_unfair"
	BlockOpenBallot = "seal.open_ballot"
)

// maxDecided is the most entries of one decision.
const maxDecided = 200

// Decision is a decision in force.
type Decision struct {
	What    string            `json:"what"`
	Entries []contest.EntryID `json:"entries,omitempty"`
	Ballot  vote.BallotID     `json:"ballot,omitempty"`
	Reason  string            `json:"reason"`
	Actor   string            `json:"actor"` // "director:name"
	At      int64             `json:"at"`    // unix ms
}

// decided says that a decision was made, or with Undo taken back. It is not
// public: the order of a tie tells of the tie.
type decided struct {
	What    string            `json:"what"`
	Entries []contest.EntryID `json:"entries,omitempty"`
	Ballot  vote.BallotID     `json:"ballot,omitempty"`
	Reason  string            `json:"reason"`
	Undo    bool              `json:"undo,omitempty"`
}

func (decided) kind() string { return kindDecided }

// decide plans a decision. The same once more causes nothing.
func (s *State) decide(cmd Command) (Plan, *fault.Error) {
	var plan Plan
	if s.sealed {
		return plan, fault.New(fault.Conflict, "stage.sealed", "a decision after the seal")
	}
	reason, err := line(cmd.Reason, maxReason)
	if err != nil {
		return plan, err
	}
	if reason == "" {
		return plan, fault.New(fault.Invalid, "stage.reason", "a decision needs a reason")
	}
	d := decided{What: cmd.What, Entries: cmd.Entries, Ballot: cmd.Ballot.Of(s.catalog.Show), Reason: reason, Undo: cmd.Undo}
	if err := s.checkDecision(d); err != nil {
		return plan, err
	}
	i := s.decisionIndex(d)
	switch {
	case d.Undo && i < 0:
		return plan, fault.New(fault.Conflict, "stage.no_decision", "no such decision is in force")
	case !d.Undo && i >= 0 && s.decisions[i].Reason == d.Reason && slices.Equal(s.decisions[i].Entries, d.Entries):
		return plan, nil
	}
	plan.say(d)
	return plan, nil
}

func (s *State) checkDecision(d decided) *fault.Error {
	malformed := func(format string, args ...any) *fault.Error {
		return fault.New(fault.Invalid, "stage.decision", format, args...)
	}
	least := 1
	switch d.What {
	case DecideBallotOut, DecideOpenBallot:
		if len(d.Entries) > 0 {
			return malformed("%s names entries", d.What)
		}
		if _, known := s.ballots[d.Ballot]; !known && !slices.Contains(s.catalog.Ballots, d.Ballot) {
			return fault.New(fault.NotFound, "stage.unknown_ballot", "ballot %q", strict.Clip(string(d.Ballot))).With("ballot", strict.Clip(d.Ballot.Name()))
		}
		return nil
	case DecideTie:
		least = 2
	case DecideEntryOut, DecideQuorum:
	default:
		return malformed("decision %q", strict.Clip(d.What))
	}
	if d.Ballot != "" || len(d.Entries) < least || len(d.Entries) > maxDecided {
		return malformed("%s of %d entries", d.What, len(d.Entries))
	}
	for i, id := range d.Entries {
		if slices.Contains(d.Entries[:i], id) {
			return malformed("entry %q twice", id)
		}
		if _, known := s.catalog.card(id); !known {
			return fault.New(fault.NotFound, "stage.unknown_entry", "entry %q", strict.Clip(string(id))).With("entry", strict.Clip(string(id)))
		}
	}
	return nil
}

// decisionIndex finds the decision in force about the same thing: -1 for none.
// The order of entries is what a tie's decision says, not what it is about.
func (s *State) decisionIndex(d decided) int {
	return slices.IndexFunc(s.decisions, func(have Decision) bool {
		return have.What == d.What && have.Ballot == d.Ballot && sameSet(have.Entries, d.Entries)
	})
}

func sameSet(a, b []contest.EntryID) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// onDecided keeps the decision. A new order of a tie replaces every other that
// has one of its entries, so that no entry has two places.
func (s *State) onDecided(actor string, at int64, d decided) {
	s.decisions = slices.DeleteFunc(slices.Clone(s.decisions), func(have Decision) bool {
		if have.What != d.What || have.Ballot != d.Ballot {
			return false
		}
		clash := d.What == DecideTie && !d.Undo && slices.ContainsFunc(d.Entries, func(id contest.EntryID) bool { return slices.Contains(have.Entries, id) })
		return clash || sameSet(have.Entries, d.Entries)
	})
	if !d.Undo {
		s.decisions = append(s.decisions, Decision{What: d.What, Entries: d.Entries, Ballot: d.Ballot, Reason: d.Reason, Actor: actor, At: at})
	}
}

// Decisions returns the decisions in force, in the order in which they were made.
func (s *State) Decisions() []Decision { return s.decisions }

// decidedFor reports whether a decision of the kind names the entry.
func decidedFor(list []Decision, what string, id contest.EntryID) bool {
	return slices.ContainsFunc(list, func(d Decision) bool { return d.What == what && slices.Contains(d.Entries, id) })
}

// decidedBallot reports whether a decision of the kind names the ballot.
func decidedBallot(list []Decision, what string, id vote.BallotID) bool {
	return slices.ContainsFunc(list, func(d Decision) bool { return d.What == what && d.Ballot == id })
}

// chairPlace is the entry's place in the chair's order of a tie, from 1; 0 = none.
func chairPlace(list []Decision, id contest.EntryID) int {
	for _, d := range list {
		if d.What == DecideTie {
			if i := slices.Index(d.Entries, id); i >= 0 {
				return i + 1
			}
		}
	}
	return 0
}

// sessionReopened takes the end of the session back.
type sessionReopened struct {
	Reason string `json:"reason,omitempty"`
}

func (sessionReopened) kind() string { return kindReopened }

// reopen plans to take the end back.
func (s *State) reopen(cmd Command) (Plan, *fault.Error) {
	var plan Plan
	if !s.ended {
		return plan, fault.New(fault.Conflict, "stage.not_ended", "session goes on")
	}
	reason, err := line(cmd.Reason, maxReason)
	if err != nil {
		return plan, err
	}
	plan.say(sessionReopened{Reason: strings.TrimSpace(reason)})
	return plan, nil
}

// onEnded remembers where the rundown stood before the cue that ended it.
func (s *State) onEnded() {
	s.ended, s.endedBy = true, s.last
	s.sheets++
}

// onReopened puts the rundown back where it stood: the cue that ended the session
// can be fired again.
func (s *State) onReopened() {
	s.ended = false
	s.sheets++
	if s.endedBy != "" {
		delete(s.cues, s.endedBy)
		s.last = s.before
	}
	s.endedBy = ""
}
