package cue

import (
	"hecai/contest"
	"hecai/vote"
)

// Command is what a console asks for. Rev is the revision that the console saw
// (View of staff or host); arm, disarm, fire, skip and next are refused with
// stage.stale_rev when the rundown has moved since, so that two consoles can't
// both advance. The other kinds don't look at it.
type Command struct {
	Rev     int64  `json:"rev"`
	Kind    string `json:"kind"`    // arm, disarm, fire, skip, next, extend, timer_add, blackout, camera, danmaku, notice, hide, decide, reopen, publish
	Cue     string `json:"cue"`     // arm, disarm, fire, skip
	Text    string `json:"text"`    // notice ("" takes it away); danmaku mode
	Name    string `json:"name"`    // camera; extend: ballot, "" = the one on stage
	Seconds int    `json:"seconds"` // extend, timer_add; may be negative
	On      bool   `json:"on"`      // blackout
	Reason  string `json:"reason"`  // hide, decide; reopen may give one

	What    string            `json:"what"`    // decide: tie, ballot_out, open_ballot, entry_out, quorum
	Entries []contest.EntryID `json:"entries"` // decide
	Ballot  vote.BallotID     `json:"ballot"`  // decide
	Undo    bool              `json:"undo"`    // decide: takes it back
}

// Commands lists the kinds of commands.
func Commands() []string {
	return []string{"arm", "disarm", "fire", "skip", "next", "extend", "timer_add", "blackout", "camera", "danmaku", "notice", "hide", "decide", "reopen", "publish"}
}

// The roles that act on stage. Judges hand in sheets and command nothing.
const (
	RoleDirector  = "director"
	RoleOrganiser = "organiser"
	RoleHost      = "host"
	RoleModerator = "moderator"
	RoleJudge     = "judge"
)

// The operations that need the world outside; each gives facts of its own.
const (
	OpNone         = ""
	OpBallotOpen   = "ballot_open"
	OpBallotClose  = "ballot_close"
	OpBallotExtend = "ballot_extend"
	OpSheetsOpen   = "sheets_open"
	OpSheetsLock   = "sheets_lock"
	OpSeal         = "seal"
	OpReveal       = "reveal"
	OpCamera       = "camera"
)

// Effect is one thing to do, in order: facts that are known already, or an
// operation whose facts its outcome gives.
type Effect struct {
	Op      string
	Facts   []Fact          // OpNone
	Ballot  vote.BallotID   // ballot operations; seal: the one that counts, "" = those fair to all
	Seconds int             // OpBallotOpen, OpBallotExtend
	Entry   contest.EntryID // sheets operations; AllEntries = all
	Camera  string          // OpCamera
	Fired   Fired           // OpReveal
	Cue     string          // OpBallotOpen: for which cue
	Round   int             // OpBallotOpen: the round that the cue set out to open before; 0 = it has not
}

// Plan is what a command causes. Its facts are stored together or not at all.
type Plan struct {
	Effects []Effect
}

func (p *Plan) say(bodies ...Body) {
	for _, b := range bodies {
		p.Effects = append(p.Effects, Effect{Facts: []Fact{Make(b)}})
	}
}
