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

	session SessionOpened
	ended   bool
	scene   *Scene
	timer   *Timer
	timers  int // timers started, for their ids
	entry   *EntryCard
	focus   contest.EntryID // whose dots and marks are shown

	ballots  map[vote.BallotID]ballotState
	ballot   vote.BallotID // on stage
	panels   map[contest.EntryID]panelState
	marks    map[contest.EntryID]Marks
	lastMark JudgeMark
	sealed   bool

	board    *Board
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
	judges []Dot // not recused, by id; once locked, those counted
	open   bool
	locked bool
	trim   bool
}

// NewState returns the state before the first fact.
func NewState(r Rundown, c Catalog) *State {
	return &State{
		rundown: r, catalog: c, danmaku: DanmakuOff,
		cues:    map[string]progress{},
		ballots: map[vote.BallotID]ballotState{},
		panels:  map[contest.EntryID]panelState{},
		marks:   map[contest.EntryID]Marks{},
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
	c.ballots = maps.Clone(s.ballots)
	c.panels = maps.Clone(s.panels)
	c.marks = maps.Clone(s.marks)
	return &c
}

// Replace puts another rundown and catalog under the same facts. Cues keep
// their progress by id. The caller must tell it with RundownChanged.
func (s *State) Replace(r Rundown, c Catalog) { s.rundown, s.catalog = r, c }

// Seq is the number of facts, Rev the revision that commands must name, and
// Time the instant of the last fact.
func (s *State) Seq() int64  { return s.seq }
func (s *State) Rev() int64  { return s.rev }
func (s *State) Time() int64 { return s.at }

// Ended reports whether the session is over.
func (s *State) Ended() bool { return s.ended }

// IsSealed reports whether the result is sealed.
func (s *State) IsSealed() bool { return s.sealed }

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

// RevealedRound is the round of the ballot whose tally is public; 0 = none.
func (s *State) RevealedRound(id vote.BallotID) int { return s.ballots[id].revealed }

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
