package stage

import (
	"hecai/contest"
	"hecai/vote"
)

// Info is a session of the contest (场次) as lists show it.
type Info struct {
	ID       contest.ShowID  `json:"id"`
	Title    string          `json:"title"`
	Subtitle string          `json:"subtitle"`
	Kind     string          `json:"kind"`
	Mode     string          `json:"mode"`
	Sample   bool            `json:"sample"` // the entries are made up
	Ballots  []vote.BallotID `json:"ballots"`
}
