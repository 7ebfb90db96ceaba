package vote

import "slices"

// NewTally returns the empty count of the ballot's current round.
func NewTally(b Ballot) Tally {
	return Tally{Ballot: b.ID, Round: b.Round, Votes: make([]int64, len(b.Options))}
}

// Apply counts an accepted paper; replaced is the paper it supersedes, or nil.
func (t *Tally) Apply(added Paper, replaced *Paper) {
	for _, no := range added.Choice {
		t.Votes[no-1]++
	}
	if replaced != nil {
		for _, no := range replaced.Choice {
			t.Votes[no-1]--
		}
		return
	}
	t.Papers++
	if added.First {
		t.Voters++
	}
}

// Clone returns a copy that shares nothing with t.
func (t Tally) Clone() Tally {
	t.Votes = slices.Clone(t.Votes)
	return t
}
