package cue

import (
	"fmt"
	"slices"

	"hecai/contest"
)

// What a cue would publish is worked out here from the rundown, the facts and the
// number of entries ranked, never from a result. A cue that would tell anything
// that is not public yet must be armed, whatever it is called.

// told is one thing that the public may know of the result: "mark e1 j2",
// "place first 1", "rank 4".
type told string

// tells lists what firing the cue to its end would publish.
func (s *State) tells(c *Cue) []told {
	a, ok := c.reveal()
	if !ok {
		return nil
	}
	seen := s.afterEntry(c)
	var out []told
	add := func(format string, args ...any) { out = append(out, told(fmt.Sprintf(format, args...))) }
	switch a.What {
	case RevealMarks:
		id := seen.marksOf(a)
		for _, b := range seen.markBeats(id) {
			add("%s %s %s", b.name, id, b.judge)
		}
	case RevealTally:
		add("tally %s", a.Ballot)
	case RevealAward:
		award, _ := s.catalog.award(a.Award)
		for place := range s.places(award) {
			add("place %s %d", award.ID, place+1)
		}
	case RevealBoard:
		last := s.rankedEntries()
		if a.Top > 0 {
			last = min(last, a.Top)
		}
		for rank := max(a.From, 1); rank <= last; rank++ {
			add("rank %d", rank)
		}
	case RevealVerify:
		add("seal")
	}
	return out
}

// public lists what everyone knows of the result.
func (s *State) public() map[told]bool {
	out := map[told]bool{}
	add := func(format string, args ...any) { out[told(fmt.Sprintf(format, args...))] = true }
	for id, m := range s.marks {
		for _, j := range m.Judges {
			if j.Total != nil {
				add("%s %s %s", beatMark, id, j.ID)
			}
			if j.Dropped != nil {
				add("%s %s ", beatTrim, id)
			}
		}
		if m.Score != nil {
			add("%s %s ", beatTrim, id) // also where nobody was dropped
			add("%s %s ", beatScore, id)
		}
	}
	for id, b := range s.ballots {
		if b.revealed > 0 && b.revealed == b.round {
			add("tally %s", id)
		}
	}
	first := 1 // rank of the level's first place
	for _, award := range s.catalog.Plan.Awards {
		n := s.places(award)
		for place := n - s.turned(award) + 1; place <= n; place++ { // the last place is turned first
			add("place %s %d", award.ID, place)
			add("rank %d", first+place-1)
		}
		first += award.Quota
	}
	for rank := range s.boarded {
		add("rank %d", rank)
	}
	if s.verify != nil {
		add("seal")
	}
	return out
}

// mustArm reports whether the cue must be armed before it is fired: it would
// publish something, it can't be taken back, or the rundown says so.
func (s *State) mustArm(c *Cue) bool { return s.mustArmBeyond(c, s.public()) }

func (s *State) mustArmBeyond(c *Cue, known map[told]bool) bool {
	if c.Confirm || slices.ContainsFunc(c.Actions, func(a Action) bool { return a.Kind == doSeal }) {
		return true
	}
	if slices.ContainsFunc(c.Actions, func(a Action) bool { return a.Kind == doEnd }) && (c.Lane == laneHost || s.remains(c)) {
		return true
	}
	if known["seal"] { // it holds everything
		return false
	}
	return slices.ContainsFunc(s.tells(c), func(t told) bool { return !known[t] })
}

// remains reports whether a cue other than c is still planned.
func (s *State) remains(c *Cue) bool {
	return slices.ContainsFunc(s.rundown.Cues, func(other Cue) bool { return other.ID != c.ID && !s.progress(&other).done() })
}

// turned is how many places of the level are public.
func (s *State) turned(award contest.Award) int {
	for _, l := range s.awards {
		if l.Level == award.ID {
			return min(len(l.Winners), s.places(award))
		}
	}
	return 0
}

// places is how many places of the level have an entry: the lower ones stay
// vacant (空缺) when too few are ranked, which is no secret.
func (s *State) places(award contest.Award) int {
	before := 0
	for _, a := range s.catalog.Plan.Awards {
		if a.ID == award.ID {
			return min(max(s.rankedEntries()-before, 0), a.Quota)
		}
		before += a.Quota
	}
	return 0
}

// rankedEntries is how many entries are ranked; before the seal, how many can be.
func (s *State) rankedEntries() int {
	if s.sealed && s.ranked > 0 {
		return s.ranked
	}
	n := 0
	for _, e := range s.catalog.InResult() {
		if s.counts(e) {
			n++
		}
	}
	return n
}

// nobodyOn reports whether the cue reveals a level that nobody is on. It is passed
// over.
func (s *State) nobodyOn(c *Cue) bool {
	a, ok := c.reveal()
	award, known := s.catalog.award(a.Award)
	return ok && known && a.What == RevealAward && s.sealed && s.places(award) == 0
}

// shortLevels names the levels that the rundown reveals and that stay wholly or
// partly vacant.
func (s *State) shortLevels() (names []string) {
	for _, award := range s.catalog.Plan.Awards {
		shown := slices.ContainsFunc(s.rundown.Cues, func(c Cue) bool {
			a, ok := c.reveal()
			return ok && a.What == RevealAward && a.Award == award.ID
		})
		if shown && s.places(award) < award.Quota {
			names = append(names, award.Name)
		}
	}
	return names
}

// awardsLeft returns the first cue that still has a winner to tell, "" for none.
func (s *State) awardsLeft() string {
	for i := range s.rundown.Cues {
		c := &s.rundown.Cues[i]
		a, ok := c.reveal()
		if award, known := s.catalog.award(a.Award); ok && known && a.What == RevealAward && !s.progress(c).done() && s.turned(award) < s.places(award) {
			return c.ID
		}
	}
	return ""
}

// what names what the cue reveals, so that a reveal which was replaced halfway is
// known for another one; "" for a cue without a reveal.
func (c *Cue) what() string {
	a, ok := c.reveal()
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s %s%s%s %d %d", a.What, a.Entry, a.Award, a.Ballot.Name(), a.From, a.Top)
}

// progress is how far the cue is. One that reveals something else than what it
// began with has not begun.
func (s *State) progress(c *Cue) progress {
	p := s.cues[c.ID]
	if !p.done() && p.step > 0 && p.what != "" && p.what != c.what() {
		p = progress{}
	}
	if p.step == 0 && s.nobodyOn(c) {
		p.skipped = true
	}
	return p
}

// runningCue is the cue with steps to come; nil for none.
func (s *State) runningCue() *Cue {
	if c := s.cue(s.running); c != nil && s.progress(c).step > 0 {
		return c
	}
	return nil
}
