package cue

import (
	"maps"
	"slices"

	"hecai/contest"
	"hecai/vote"
)

// State is a session's show: the fold of its facts over a rundown. Apply is the
// only way to change it. What Apply replaces it replaces whole, so a Clone and
// the views made before share nothing that moves.
type State struct {
	rundown Rundown
	catalog Catalog

	seq, at int64 // of the last fact
	rev     int64 // facts that moved the rundown
	movedAt int64 // time of the last of them

	cues    map[string]progress
	armed   string // cue, "" = none
	running string // cue with steps to come, "" = none
	last    string // cue fired last
	before  string // cue fired before that one
	endedBy string // cue that ended the session, while it is over

	decisions []Decision // in force

	session SessionOpened
	ended   bool
	scene   *Scene
	timer   *Timer
	timers  int // timers started, for their ids
	entry   *EntryCard
	focus   contest.EntryID          // whose dots and marks are shown
	shown   map[contest.EntryID]bool // entries that were on stage

	due      map[string]int // by dueKey: the round that a cue set out to open
	ballots  map[vote.BallotID]ballotState
	ballot   vote.BallotID // on stage
	panels   map[contest.EntryID]panelState
	marks    map[contest.EntryID]Marks
	lastMark JudgeMark
	sheets   int64 // facts that opened, locked or moved what judges may score
	sealed   bool
	counted  []vote.BallotID // ballots in the seal
	ranked   int             // entries ranked in the seal

	board    *Board
	boarded  map[int]bool // ranks that a board has shown
	awards   []AwardLevel
	award    *AwardCard
	tally    *Tally
	verify   *Verify
	program  *Program
	danmaku  string
	blackout bool
	notice   *Notice
}

// progress is how far a cue is.
type progress struct {
	step, steps int
	skipped     bool
	entry       contest.EntryID // whose marks it reveals: the one shown when it began
	what        string          // what it reveals, as it was when it began; "" = nothing
	at          int64           // when its first step was fired, unix ms
}

func (p progress) done() bool { return p.skipped || p.step > 0 && p.step >= p.steps }

type ballotState struct {
	title    string
	round    int
	open     bool
	deadline int64
	revealed int // the round whose tally is public; 0 = none
}

type panelState struct {
	judges  []Dot // not recused, by seat; once locked, those counted
	recused []contest.JudgeID
	open    bool
	locked  bool
	trim    bool
}

// NewState returns the state before the first fact.
func NewState(r Rundown, c Catalog) *State {
	c = c.of(r)
	return &State{
		rundown: r.Of(c.Show), catalog: c, danmaku: DanmakuOff,
		cues:    map[string]progress{},
		ballots: map[vote.BallotID]ballotState{},
		panels:  map[contest.EntryID]panelState{},
		marks:   map[contest.EntryID]Marks{},
		boarded: map[int]bool{},
		due:     map[string]int{},
		shown:   map[contest.EntryID]bool{},
	}
}

// Fold applies the facts in order to a new state.
func Fold(r Rundown, c Catalog, facts []Fact) (*State, error) {
	s := NewState(r, c)
	for _, f := range facts {
		if err := s.Apply(f); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Clone returns a state that moves on its own.
func (s *State) Clone() *State {
	c := *s
	c.cues = maps.Clone(s.cues)
	c.due = maps.Clone(s.due)
	c.shown = maps.Clone(s.shown)
	c.ballots = maps.Clone(s.ballots)
	c.panels = maps.Clone(s.panels)
	c.marks = maps.Clone(s.marks)
	c.boarded = maps.Clone(s.boarded)
	return &c
}

// Replace puts another rundown and catalog under the same facts. Cues keep
// their progress by id. The caller must tell it with RundownChanged.
func (s *State) Replace(r Rundown, c Catalog) {
	c = c.of(r)
	s.rundown, s.catalog = r.Of(c.Show), c
}

// Seq is the number of facts, Rev the revision that commands must name, and
// Time the instant of the last fact.
func (s *State) Seq() int64  { return s.seq }
func (s *State) Rev() int64  { return s.rev }
func (s *State) Time() int64 { return s.at }

// Ended reports whether the session is over.
func (s *State) Ended() bool { return s.ended }

// Begun reports whether the session has begun: a cue of it was fired. Nothing else
// begins it, neither a rundown that was saved nor a cue that was passed over, a camera
// or a notice that was tried; and one whose only cue was its end, which was taken back,
// has not begun.
func (s *State) Begun() bool { return s.last != "" }

// UnderWay reports whether the session has begun, and goes on.
func (s *State) UnderWay() bool { return s.Begun() && !s.ended }

// Stands says where the session stands. While it is rehearsed that is what is on,
// whatever became of the show itself.
func (s *State) Stands(rehearsed bool) contest.SessionState {
	switch {
	case rehearsed:
		return contest.SessionRehearsing
	case s.ended:
		return contest.SessionEnded
	case s.Begun():
		return contest.SessionLive
	}
	return contest.SessionPlanned
}

// IsSealed reports whether the result is sealed.
func (s *State) IsSealed() bool { return s.sealed }

// OnRecord reports whether the entry was on stage, was scored or stands in the seal:
// by then people have seen it under its name.
func (s *State) OnRecord(id contest.EntryID) bool {
	_, scored := s.panels[id]
	return scored || s.shown[id] || s.sealed && slices.ContainsFunc(s.catalog.Entries, func(e contest.Entry) bool { return e.ID == id })
}

// Counted returns the ballots that count in the seal; none before it.
func (s *State) Counted() []vote.BallotID { return s.counted }

// Verified reports whether the seal's root is public, so that its content may
// be.
func (s *State) Verified() bool { return s.verify != nil }

// Danmaku is the mode of the audience's messages.
func (s *State) Danmaku() string { return s.danmaku }

// Session returns what the last session_opened said; its ID is "" before.
func (s *State) Session() SessionOpened { return s.session }

// Program returns what the programme shows, as last told.
func (s *State) Program() CameraSwitched {
	if s.program == nil {
		return CameraSwitched{}
	}
	return CameraSwitched(*s.program)
}

// BallotFacts returns what the facts say of a ballot.
func (s *State) BallotFacts(id vote.BallotID) (round int, open bool, deadline int64) {
	b := s.ballots[id]
	return b.round, b.open, b.deadline
}

func dueKey(cue string, ballot vote.BallotID) string { return cue + "/" + string(ballot) }

// OnStage is the ballot that pages show.
func (s *State) OnStage() vote.BallotID { return s.ballot }

// FiguresPublic reports whether the ballot's figures are public, by its tally or by
// the seal that was verified and in which it counts.
func (s *State) FiguresPublic(id vote.BallotID, round int) bool {
	if s.verify != nil && (s.counted == nil || slices.Contains(s.counted, id)) { // nil: a seal of before it named them
		return true
	}
	return round > 0 && s.ballots[id].revealed == round
}

// Ballots returns every ballot that the rundown or a fact names, by id.
func (s *State) Ballots() []vote.BallotID {
	ids := s.rundown.Ballots()
	for id := range s.ballots {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// SheetsOpen reports whether the judges may change their sheets of the entry.
func (s *State) SheetsOpen(id contest.EntryID) bool {
	p := s.panels[id]
	return p.open && !p.locked && !s.sealed && !s.ended
}

// SheetsLocked reports whether the sheets of the entry are final.
func (s *State) SheetsLocked(id contest.EntryID) bool { return s.panels[id].locked }

// Panel returns the dots of the entry as last told; nil before its sheets open.
func (s *State) Panel(id contest.EntryID) []Dot { return s.panels[id].judges }

// OpenEntries returns the entries whose sheets are open, by id.
func (s *State) OpenEntries() []contest.EntryID {
	var out []contest.EntryID
	for id := range s.panels {
		if s.SheetsOpen(id) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}
