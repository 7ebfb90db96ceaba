package cue

import (
	_ "embed" // for the demo's rundown
	"strings"

	"hecai/contest"
	"hecai/vote"
)

//go:embed demo.json
var demoFile []byte

// DemoIDs are what the demo's rundown is about.
type DemoIDs struct {
	Session  contest.SessionID
	Title    string
	Subtitle string
	Entry    contest.EntryID // presented and scored on stage
	Ballot   vote.BallotID   // opened for 40 s
	Counted  vote.BallotID   // whose votes count in the result; "" = those that every entry is on
}

// Demo returns the rundown of the demo, which autoplay runs in three
// minutes: card, vote, marks, board with frozen top ten, awards, verification.
func Demo(d DemoIDs) Rundown {
	r, problems := ParseRundown(demoFile)
	if len(problems) > 0 {
		panic("cue: the embedded demo is broken: " + problems[0].Error())
	}
	values := strings.NewReplacer("$session", string(d.Session), "$title", d.Title, "$subtitle", d.Subtitle,
		"$entry", string(d.Entry), "$ballot", string(d.Ballot), "$count", string(d.Counted))
	r.Session, r.Title, r.Subtitle = d.Session, d.Title, d.Subtitle
	for i := range r.Cues {
		c := &r.Cues[i]
		c.Line = values.Replace(c.Line)
		for j := range c.Actions {
			a := &c.Actions[j]
			a.Entry = contest.EntryID(values.Replace(string(a.Entry)))
			a.Ballot = vote.BallotID(values.Replace(string(a.Ballot)))
		}
	}
	return r
}

// Blank returns a rundown without cues, for a session that is still planned.
func Blank(session contest.SessionID, title string) Rundown {
	return Rundown{Session: session, Title: title, Cues: []Cue{}}
}
