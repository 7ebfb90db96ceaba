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
	Date     contest.Date    `json:"date"` // of the day, "" = not set yet
	Time     string          `json:"time"` // "09:30", "" = not set yet
	Place    string          `json:"place"`
	Reveals  contest.ShowID  `json:"reveals"` // the session whose result is revealed here, "" = its own
	Sample   bool            `json:"sample"`  // the entries are made up
	Ballots  []vote.BallotID `json:"ballots"`

	State contest.SessionState `json:"state"`
}
