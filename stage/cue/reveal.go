package cue

import (
	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
)

// Fired is the right to one step of one reveal. Decide makes it when the step
// fires, and nothing else does; the zero value opens nothing.
type Fired struct {
	what   string
	entry  contest.EntryID
	award  contest.Award
	places int // of the award, that are not vacant
	ballot vote.BallotID
	title  string
	from   int
	top    int
	beat   beat
}

// What is the kind of reveal, "" for the zero value.
func (f Fired) What() string { return f.what }

// Entry is the entry whose marks are revealed.
func (f Fired) Entry() contest.EntryID { return f.entry }

// Ballot is the ballot whose tally is revealed.
func (f Fired) Ballot() vote.BallotID { return f.ballot }

// The beats of a reveal.
const (
	beatMark   = "mark"   // one judge's total
	beatTrim   = "trim"   // the extremes go
	beatScore  = "score"  // the panel's score
	beatBoard  = "board"  //
	beatTally  = "tally"  //
	beatVerify = "verify" //
	beatHold   = "hold"   // the card is there, closed
	beatTurn   = "turn"   // and turns
	beatList   = "list"   // all winners of a level at once
)

// beat is one step of a reveal: what it is about, but not what it says.
type beat struct {
	name  string
	judge contest.JudgeID
	place int
}

// beats lists the steps of a reveal. They follow from the panel that handed in
// and from quotas, so they are the same whatever the result is. Before the
// sheets of an entry are locked the list is a forecast.
func (s *State) beats(a Action) []beat {
	switch a.What {
	case RevealMarks:
		return s.markBeats(s.marksOf(a))
	case RevealAward:
		award, _ := s.catalog.award(a.Award)
		if award.Mode == contest.AwardListed {
			return []beat{{name: beatList}}
		}
		var out []beat
		for place := s.places(award); place >= 1; place-- {
			out = append(out, beat{name: beatHold, place: place}, beat{name: beatTurn, place: place})
		}
		return out
	case RevealTally:
		return []beat{{name: beatTally}}
	case RevealVerify:
		return []beat{{name: beatVerify}}
	}
	return []beat{{name: beatBoard}}
}

func (s *State) markBeats(id contest.EntryID) []beat {
	p, ok := s.panels[id]
	var out []beat
	for _, d := range p.judges {
		out = append(out, beat{name: beatMark, judge: d.ID})
	}
	if !ok {
		for _, j := range s.catalog.Judges {
			out = append(out, beat{name: beatMark, judge: j.ID})
		}
	}
	if !p.locked || p.trim {
		out = append(out, beat{name: beatTrim})
	}
	return append(out, beat{name: beatScore})
}

// marksOf is the entry of a marks reveal.
func (s *State) marksOf(a Action) contest.EntryID {
	if a.Entry == "" && s.entry != nil {
		return s.entry.ID
	}
	return a.Entry
}

// steps returns how many times a cue is fired.
func (s *State) steps(c *Cue) int {
	a, ok := c.reveal()
	if !ok {
		return 1
	}
	return max(1, len(s.beats(a)))
}

// fireReveal checks a reveal and returns the right to its step, from 1. None of
// the refusals depends on a result.
func (s *State) fireReveal(a Action, step int) (Fired, *fault.Error) {
	f := Fired{what: a.What, title: a.Label, from: a.From, top: a.Top, ballot: a.Ballot}
	switch a.What {
	case RevealMarks:
		f.entry = s.marksOf(a)
		if !s.panels[f.entry].locked {
			return Fired{}, fault.New(fault.Conflict, "stage.not_locked", "sheets of %q are not locked", f.entry).With("entry", string(f.entry))
		}
	case RevealTally:
		b := s.ballots[a.Ballot]
		if b.round == 0 || b.open {
			return Fired{}, fault.New(fault.Conflict, "stage.ballot_open", "ballot %q is not closed", a.Ballot).With("ballot", a.Ballot)
		}
	case RevealAward, RevealBoard, RevealVerify:
		if in := s.catalog.RevealedIn; in.another() {
			return Fired{}, fault.New(fault.Conflict, "stage.revealed_elsewhere", "%s is for %s", a.What, in.Show).With("session", in.Title)
		}
		if !s.sealed {
			return Fired{}, fault.New(fault.Conflict, "stage.not_sealed", "%s before the seal", a.What)
		}
	default:
		return Fired{}, fault.New(fault.Invalid, "stage.unknown_action", "reveal of %q", a.What)
	}
	if a.What == RevealAward {
		award, ok := s.catalog.award(a.Award)
		if !ok {
			return Fired{}, fault.New(fault.NotFound, "stage.unknown_award", "award %q", a.Award)
		}
		f.award, f.places = award, s.places(award)
	}
	if left := s.awardsLeft(); a.What == RevealVerify && left != "" {
		return Fired{}, fault.New(fault.Conflict, "stage.awards_left", "cue %q has winners to tell", left).With("cue", left)
	}
	if step == 1 && s.revealed(f) {
		return Fired{}, fault.New(fault.Conflict, "stage.revealed", "%s is revealed", a.What)
	}
	beats := s.beats(a)
	if step < 1 || step > len(beats) {
		return Fired{}, fault.New(fault.Conflict, "stage.done", "step %d of %d", step, len(beats))
	}
	f.beat = beats[step-1]
	return f, nil
}

// revealed reports whether the reveal has been begun before, so that nothing is
// revealed twice. A board may be shown again with other bounds.
func (s *State) revealed(f Fired) bool {
	switch f.what {
	case RevealMarks:
		for _, j := range s.marks[f.entry].Judges {
			if j.Total != nil {
				return true
			}
		}
	case RevealAward:
		for _, l := range s.awards {
			if l.Level == f.award.ID {
				return true
			}
		}
	case RevealTally:
		b := s.ballots[f.ballot]
		return b.revealed == b.round
	case RevealVerify:
		return s.verify != nil
	}
	return false
}
