// Package cue is the show as a pure state machine: the rundown of cues, the
// commands of consoles, the facts that they cause, and what each role sees.
// It is called by the actor in package stage, by the store (facts as rows) and
// by the edge (views as JSON). It has no clock, no I/O and no goroutine: time
// comes as unix milliseconds, and the same facts give the same state and the
// same views, byte for byte.
//
// Secrecy is in the types. Views are folded from facts alone. A fact that
// carries a result can be built only inside this package, by Sealed.Step, from
// a Sealed result and a Fired reveal step; Decide is the only maker of Fired,
// when a reveal fires. Which steps a reveal has follows from quotas and from
// the judges who handed in, never from a result.
//
// A State belongs to one goroutine; every other value is safe to share as long
// as nobody changes it.
package cue

import (
	"slices"

	"hecai/contest"
	"hecai/vote"
)

// The modes of a show: itself, or a take in which it is rehearsed.
const (
	modeLive      = "live"
	modeRehearsal = "rehearsal"
)

// The lanes: who may fire a cue that needs no arming.
const (
	laneDirector = "director"
	laneHost     = "host" // the host too
)

// Rundown is the plan of one session (流程单).
type Rundown struct {
	Session  contest.SessionID `json:"session"`
	Title    string            `json:"title"`
	Subtitle string            `json:"subtitle"`
	Cues     []Cue             `json:"cues"`
}

// Cue is one line of the rundown. Line is what the host says when it fires;
// Lines replaces it beat by beat in a reveal of several steps ("mark", "trim",
// "score", "hold", "turn"). Both may name revealed values, see host.go.
type Cue struct {
	ID       string            `json:"id"`
	Title    string            `json:"title"`
	Detail   string            `json:"detail"`
	Line     string            `json:"line"`
	Lines    map[string]string `json:"lines,omitempty"`
	Group    string            `json:"group,omitempty"` // the part of the night that it stands in, as people call it
	Plan     int               `json:"plan"`            // planned start, seconds from the session's
	Takes    int               `json:"takes,omitempty"` // seconds that it is planned to take; 0 = until the next one starts
	Fixed    bool              `json:"fixed,omitempty"` // it starts at its time on the clock, whatever those before it take
	Actions  []Action          `json:"actions"`
	Confirm  bool              `json:"confirm"`            // dangerous: armed before it is fired, and held
	Lane     string            `json:"lane"`               // LaneDirector or LaneHost; "" is the director's
	Auto     int               `json:"auto"`               // seconds that autoplay waits before the first step
	AutoStep int               `json:"autoStep,omitempty"` // and before each further step; 0 = Auto
}

// Action is one effect of a cue. Which fields count depends on the kind.
type Action struct {
	Kind    string            `json:"kind"`
	Scene   string            `json:"scene,omitempty"`   // scene
	Args    map[string]string `json:"args,omitempty"`    // scene
	Entry   contest.EntryID   `json:"entry,omitempty"`   // entry, sheets_open, sheets_lock ("*" = all), reveal marks ("" = the one shown)
	Label   string            `json:"label,omitempty"`   // timer; title of a board
	Seconds int               `json:"seconds,omitempty"` // timer; ballot_open (0 = until closed by hand)
	Ballot  vote.BallotID     `json:"ballot,omitempty"`  // ballot_open, ballot_close, reveal tally; seal: the one that counts
	What    string            `json:"what,omitempty"`    // reveal: marks, board, award, tally, verify
	Award   contest.AwardID   `json:"award,omitempty"`   // reveal award
	From    int               `json:"from,omitempty"`    // reveal board: better ranks stay frozen (封榜); 0 = none
	Top     int               `json:"top,omitempty"`     // reveal board: last rank shown; 0 = all
	Mode    string            `json:"mode,omitempty"`    // danmaku: off, review, open
	Camera  string            `json:"camera,omitempty"`  // camera
}

// The kinds of action.
const (
	doScene       = "scene"
	doEntry       = "entry"
	doTimer       = "timer"
	doTimerStop   = "timer_stop"
	doBallotOpen  = "ballot_open"
	doBallotClose = "ballot_close"
	doSheetsOpen  = "sheets_open"
	doSheetsLock  = "sheets_lock"
	doSeal        = "seal"
	doReveal      = "reveal"
	doDanmaku     = "danmaku"
	doCamera      = "camera"
	doEnd         = "end"
)

// What a reveal reveals.
const (
	RevealMarks  = "marks"
	RevealBoard  = "board"
	RevealAward  = "award"
	RevealTally  = "tally"
	RevealVerify = "verify"
)

// AllEntries stands for every entry of the session in sheets_open and
// sheets_lock.
const AllEntries contest.EntryID = "*"

// The modes of danmaku.
const (
	DanmakuOff    = "off"
	DanmakuReview = "review" // shown after a moderator's yes
	DanmakuOpen   = "open"   // shown at once
)

// scenes returns the names of the venue screen's scenes.
func scenes() []string {
	return []string{"idle", "title", "entry", "timer", "vote", "marks", "board", "list", "award", "podium", "verify", "message", "align"}
}

// Catalog is the public knowledge that cues refer to: which show it is, the plan,
// the session's entries, its panel, and the ballots that exist.
type Catalog struct {
	Show    contest.ShowID
	Starts  int64 // when the session is planned to begin, unix ms; 0 = not known, as in a rehearsal
	Plan    *contest.Plan
	Entries []contest.Entry
	Judges  []contest.Judge
	Ballots []vote.BallotID

	Reveals    Other // whose result is revealed here, in place of one of its own
	RevealedIn Other // where this one's result is revealed, and nowhere else

	Joined   []Joined // the shows whose scores are in this one's result too, in order
	JoinedIn Other    // the show whose result this one's scores are in: nothing is sealed here
}

// Joined is a show whose scores are in another's result: a half-day of a final, say.
type Joined struct {
	Other
	Entries []contest.Entry
	Judges  []contest.Judge
}

// Other is the show of another session of the contest; the zero value is none.
type Other struct {
	Show  contest.ShowID
	Title string
}

// another reports whether there is one.
func (o Other) another() bool { return o.Show != "" }

// of names the show of a catalog that names none by its session alone.
func (c Catalog) of(r Rundown) Catalog {
	if c.Show == "" {
		c.Show = contest.ShowID(r.Session)
	}
	return c
}

// card is of an entry that is in the result: of the show's own, or a joined one's.
func (c *Catalog) card(id contest.EntryID) (contest.Card, bool) {
	for _, e := range c.Entries {
		if e.ID == id {
			return c.Plan.Card(e), true
		}
	}
	for _, j := range c.Joined {
		for _, e := range j.Entries {
			if e.ID == id {
				return c.Plan.Card(e), true
			}
		}
	}
	return contest.Card{}, false
}

// own reports whether the entry is on the session itself.
func (c *Catalog) own(id contest.EntryID) bool {
	return slices.ContainsFunc(c.Entries, func(e contest.Entry) bool { return e.ID == id })
}

// twice lists the entries that more than one of the joined shows and this one have.
func (c *Catalog) twice() (out []contest.EntryID) {
	seen := map[contest.EntryID]bool{}
	for _, e := range c.Entries {
		seen[e.ID] = true
	}
	for _, j := range c.Joined {
		for _, e := range j.Entries {
			if seen[e.ID] {
				out = append(out, e.ID)
			}
			seen[e.ID] = true
		}
	}
	return out
}

// InResult lists the entries that are in the result, each once, in running order: those
// of the joined shows, and then the show's own.
func (c *Catalog) InResult() []contest.Entry {
	if len(c.Joined) == 0 {
		return inOrder(c.Entries)
	}
	var out []contest.Entry
	for _, j := range c.Joined {
		for _, e := range inOrder(j.Entries) {
			if !c.own(e.ID) && !slices.ContainsFunc(out, func(had contest.Entry) bool { return had.ID == e.ID }) {
				out = append(out, e)
			}
		}
	}
	return append(out, inOrder(c.Entries)...)
}

func (c *Catalog) judgeName(id contest.JudgeID) string {
	panels := [][]contest.Judge{c.Judges}
	for _, j := range c.Joined {
		panels = append(panels, j.Judges)
	}
	for _, panel := range panels {
		for _, j := range panel {
			if j.ID == id {
				return j.Name
			}
		}
	}
	return string(id)
}

// seat is where the judge sits, from 0; unknown ones sit last.
func (c *Catalog) seat(id contest.JudgeID) int {
	if i := slices.IndexFunc(c.Judges, func(j contest.Judge) bool { return j.ID == id }); i >= 0 {
		return i
	}
	return len(c.Judges)
}

// sample reports whether the entries are made up.
func (c *Catalog) sample() bool {
	return slices.ContainsFunc(c.Entries, func(e contest.Entry) bool { return e.Sample })
}

func (c *Catalog) award(id contest.AwardID) (contest.Award, bool) {
	for _, a := range c.Plan.Awards {
		if a.ID == id {
			return a, true
		}
	}
	return contest.Award{}, false
}

func (c *Catalog) trackName(id contest.TrackID) string {
	t, _ := c.Plan.Track(id)
	return t.Short
}

// reveal returns the cue's reveal, if it has one. A sound cue has at most one.
func (c *Cue) reveal() (Action, bool) {
	for _, a := range c.Actions {
		if a.Kind == doReveal {
			return a, true
		}
	}
	return Action{}, false
}

// Of returns the rundown as a show runs it: what its cues call a ballot is the
// show's own. The rundown itself stays as it is.
func (r Rundown) Of(show contest.ShowID) Rundown {
	r.Cues = slices.Clone(r.Cues)
	for i := range r.Cues {
		c := &r.Cues[i]
		c.Actions = slices.Clone(c.Actions)
		for j := range c.Actions {
			c.Actions[j].Ballot = c.Actions[j].Ballot.Of(show)
		}
	}
	return r
}

// Marked reports whether judges mark in the rundown.
func (r *Rundown) Marked() bool {
	return slices.ContainsFunc(r.Cues, func(c Cue) bool {
		return slices.ContainsFunc(c.Actions, func(a Action) bool { return a.Kind == doSheetsOpen })
	})
}

// Seals reports whether a cue seals the result.
func (r *Rundown) Seals() bool {
	return slices.ContainsFunc(r.Cues, func(c Cue) bool {
		return slices.ContainsFunc(c.Actions, func(a Action) bool { return a.Kind == doSeal })
	})
}

// Ballots returns the ballots that the rundown opens, closes, reveals or counts in
// its seal, each once, in order.
func (r *Rundown) Ballots() []vote.BallotID {
	var out []vote.BallotID
	seen := map[vote.BallotID]bool{}
	for _, c := range r.Cues {
		for _, a := range c.Actions {
			ours := a.Kind == doBallotOpen || a.Kind == doBallotClose || a.Kind == doSeal || a.Kind == doReveal && a.What == RevealTally
			if ours && a.Ballot != "" && !seen[a.Ballot] {
				seen[a.Ballot] = true
				out = append(out, a.Ballot)
			}
		}
	}
	return out
}
