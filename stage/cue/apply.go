package cue

import (
	"encoding/json"
	"fmt"
	"slices"

	"hecai/contest"
	"hecai/vote"
)

// Apply folds the next fact. It trusts facts of a known kind, which only this
// package and the stage make, and refuses a gap, an unknown kind or a body that
// can't be read. After an error the state is as before.
func (s *State) Apply(f Fact) error {
	if f.Seq != s.seq+1 {
		return fmt.Errorf("cue: fact %d after %d", f.Seq, s.seq)
	}
	if err := s.fold(f); err != nil {
		return fmt.Errorf("cue: fact %d, %s: %w", f.Seq, f.Kind, err)
	}
	s.seq, s.at = f.Seq, max(s.at, f.At)
	if f.moves() {
		s.rev++
		s.movedAt = s.at
	}
	return nil
}

// read decodes the fact's body and hands it on.
func read[B Body](f Fact, do func(at int64, b B)) error {
	var b B
	if err := json.Unmarshal(f.Body, &b); err != nil {
		return err
	}
	do(f.At, b)
	return nil
}

func (s *State) fold(f Fact) error {
	switch f.Kind {
	case kindArmed:
		return read(f, func(_ int64, b cueArmed) { s.armed = b.Cue })
	case kindDisarmed:
		return read(f, func(_ int64, b cueDisarmed) { s.disarm(b.Cue) })
	case kindFired:
		return read(f, s.onFired)
	case kindSkipped:
		return read(f, s.onSkipped)
	case kindRundown:
		return read(f, func(int64, RundownChanged) { s.sheets++ })
	case kindSession:
		return read(f, func(_ int64, b SessionOpened) {
			b.ID = b.ID.In(s.catalog.Show.Contest())
			s.session = b
		})
	case kindEnded:
		return read(f, func(int64, sessionEnded) { s.onEnded() })
	case kindReopened:
		return read(f, func(int64, sessionReopened) { s.onReopened() })
	case kindPanel: // for the record: who sits is the catalog's to say
		return read(f, func(int64, PanelSeated) {})
	case kindPurged: // for the record: nothing of it was the show's
		return read(f, func(int64, TakePurged) {})
	case kindDue:
		return read(f, func(_ int64, b BallotDue) { s.due[dueKey(b.Cue, s.own(b.Ballot))] = b.Round })
	case kindDecided:
		return read(f, func(at int64, b decided) {
			b.Ballot = s.own(b.Ballot)
			s.onDecided(f.Actor, at, b)
		})
	case kindSealed:
		return read(f, func(_ int64, b ResultSealed) {
			for i, id := range b.Ballots {
				b.Ballots[i] = s.own(id)
			}
			s.sealed, s.counted, s.ranked = true, b.Ballots, b.Ranked
			s.sheets++
		})
	case kindCamera:
		return read(f, func(_ int64, b CameraSwitched) { p := Program(b); s.program = &p })
	}
	return s.foldScreen(f)
}

// foldScreen folds what is shown.
func (s *State) foldScreen(f Fact) error {
	switch f.Kind {
	case kindScene:
		return read(f, func(at int64, b sceneShown) { s.scene = &Scene{Name: b.Name, At: at, Args: orEmpty(b.Args)} })
	case kindHidden:
		return read(f, func(at int64, b sceneHidden) {
			s.scene = &Scene{Name: "message", At: at, Args: map[string]string{"kind": "correction", "text": b.Reason}}
		})
	case kindEntry:
		return read(f, func(_ int64, b entryShown) { c := b.Card; s.entry, s.focus, s.shown[c.ID] = &c, c.ID, true })
	case kindTimer:
		return read(f, func(_ int64, b timerOn) {
			if s.timer == nil || s.timer.ID != b.ID {
				s.timers++
			}
			t := Timer(b)
			s.timer = &t
		})
	case kindTimerStop:
		return read(f, func(_ int64, b timerOff) { s.timer = nil })
	case kindBlackout:
		return read(f, func(_ int64, b blackoutSet) { s.blackout = b.On })
	case kindNotice:
		return read(f, func(_ int64, b noticeShown) {
			s.notice = nil
			if b.Text != "" {
				s.notice = &Notice{Text: b.Text}
			}
		})
	case kindDanmaku:
		return read(f, func(_ int64, b danmakuMode) { s.danmaku = b.Mode })
	}
	return s.foldWork(f)
}

// foldWork folds what the audience and the jury do.
func (s *State) foldWork(f Fact) error {
	switch f.Kind {
	case kindBallot:
		return read(f, func(_ int64, b BallotOpened) {
			b.Ballot = s.own(b.Ballot)
			revealed := s.ballots[b.Ballot].revealed
			s.ballots[b.Ballot] = ballotState{title: b.Title, round: b.Round, open: true, deadline: b.Deadline, revealed: revealed}
			s.ballot = b.Ballot
		})
	case kindExtended:
		return read(f, func(_ int64, b BallotExtended) {
			s.editBallot(s.own(b.Ballot), func(x *ballotState) { x.deadline = b.Deadline })
		})
	case kindClosed:
		return read(f, func(_ int64, b BallotClosed) {
			s.editBallot(s.own(b.Ballot), func(x *ballotState) { x.open = false })
		})
	case kindSheets:
		return read(f, s.onSheetsOpened)
	case kindNoted:
		return read(f, s.onNoted)
	case kindLocked:
		return read(f, s.onLocked)
	}
	return s.foldReveal(f)
}

// own is the ballot that a fact names: facts, like all documents, name it within
// the contest.
func (s *State) own(id vote.BallotID) vote.BallotID { return id.In(s.catalog.Show.Contest()) }

func (s *State) editBallot(id vote.BallotID, edit func(*ballotState)) {
	if b, ok := s.ballots[id]; ok {
		edit(&b)
		s.ballots[id] = b
	}
}

func (s *State) disarm(cue string) {
	if s.armed == cue {
		s.armed = ""
	}
}

func (s *State) onFired(at int64, b cueFired) {
	s.disarm(b.Cue)
	if b.Step > 1 {
		at = s.cues[b.Cue].at
	}
	s.cues[b.Cue] = progress{step: b.Step, steps: b.Steps, entry: b.Entry, what: b.What, at: at}
	if s.last != b.Cue {
		s.before, s.last = s.last, b.Cue
	}
	switch {
	case b.Step < b.Steps:
		s.running = b.Cue
	case s.running == b.Cue:
		s.running = ""
	}
}

func (s *State) onSkipped(_ int64, b cueSkipped) {
	s.disarm(b.Cue)
	p := s.cues[b.Cue]
	p.skipped = true
	s.cues[b.Cue] = p
	if s.running == b.Cue {
		s.running = ""
	}
}

func (s *State) onSheetsOpened(_ int64, b SheetsOpened) {
	s.sheets++
	for _, p := range b.Panels {
		s.panels[p.Entry] = panelState{judges: p.Judges, recused: p.Recused, open: true}
	}
	if len(b.Panels) == 1 && s.entry == nil {
		s.focus = b.Panels[0].Entry
	}
}

func (s *State) onNoted(_ int64, b SheetNoted) {
	p, ok := s.panels[b.Entry]
	if !ok {
		return
	}
	i := slices.IndexFunc(p.judges, func(d Dot) bool { return d.ID == b.Judge })
	if i < 0 {
		return
	}
	p.judges = slices.Clone(p.judges)
	if b.Recused {
		p.judges = slices.Delete(p.judges, i, i+1)
		p.recused = append(slices.Clone(p.recused), b.Judge)
	} else {
		p.judges[i].Done = b.Done
	}
	s.panels[b.Entry] = p
}

func (s *State) onLocked(_ int64, b SheetsLocked) {
	s.sheets++
	for _, p := range b.Panels {
		was := s.panels[p.Entry]
		s.panels[p.Entry] = panelState{judges: p.Judges, recused: was.recused, open: was.open, locked: true, trim: p.Trim}
		if _, shown := s.marks[p.Entry]; shown {
			continue
		}
		m := Marks{Entry: p.Entry, Title: p.Title, Judges: []JudgeMark{}}
		for _, d := range p.Judges {
			m.Judges = append(m.Judges, JudgeMark{ID: d.ID, Name: d.Name})
		}
		s.marks[p.Entry] = m
	}
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// foldReveal folds what reveals have told.
func (s *State) foldReveal(f Fact) error {
	switch f.Kind {
	case kindMark:
		return read(f, s.onMark)
	case kindTrim:
		return read(f, s.onTrim)
	case kindScore:
		return read(f, func(_ int64, b scoreRevealed) {
			s.editMarks(b.Entry, func(m *Marks) { m.Score = &b.Score })
		})
	case kindBoard:
		return read(f, s.onBoard)
	case kindHeld:
		return read(f, s.onHeld)
	case kindAward:
		return read(f, s.onAward)
	case kindTally:
		return read(f, func(_ int64, b tallyRevealed) {
			b.Ballot = s.own(b.Ballot)
			s.tally = &Tally{Ballot: b.Ballot, Title: b.Title, Rows: b.Rows, Voters: b.Voters}
			x := s.ballots[b.Ballot]
			x.revealed = b.Round
			s.ballots[b.Ballot] = x
		})
	case kindVerify:
		return read(f, func(at int64, b verificationShown) {
			s.verify = &Verify{Root: b.Root, Leaves: b.Leaves, At: at}
		})
	}
	return fmt.Errorf("unknown kind")
}

func (s *State) editMarks(id contest.EntryID, edit func(*Marks)) {
	m, ok := s.marks[id]
	if !ok {
		return
	}
	m.Judges = slices.Clone(m.Judges)
	edit(&m)
	s.marks[id], s.focus = m, id
}

func (s *State) onBoard(_ int64, b boardRevealed) {
	s.board = &Board{Title: b.Title, Rows: b.Rows}
	for i, row := range b.Rows {
		if !row.Frozen {
			s.boarded[i+1] = true
		}
	}
}

func (s *State) onMark(_ int64, b markRevealed) {
	s.lastMark = JudgeMark{ID: b.Judge, Name: b.Name, Total: &b.Total}
	s.editMarks(b.Entry, func(m *Marks) {
		for i := range m.Judges {
			if m.Judges[i].ID == b.Judge {
				m.Judges[i].Total = &b.Total
			}
		}
	})
}

func (s *State) onTrim(_ int64, b marksTrimmed) {
	s.editMarks(b.Entry, func(m *Marks) {
		for _, d := range b.Dropped {
			for i := range m.Judges {
				if m.Judges[i].ID == d.Judge {
					m.Judges[i].Dropped = &d.Side
				}
			}
		}
	})
}

func (s *State) onHeld(_ int64, b awardHeld) {
	s.award = &AwardCard{Level: b.Award, Name: b.Name, Place: b.Place, Of: b.Of, Held: true}
	s.level(b)
}

func (s *State) onAward(_ int64, b awardRevealed) {
	s.award = &AwardCard{Level: b.Award, Name: b.Name, Place: b.Place, Of: b.Of}
	if b.Mode != string(contest.AwardListed) && len(b.Winners) > 0 {
		w := b.Winners[0]
		s.award.Winner = &w
	}
	i := s.level(b.awardHeld)
	// Places come from the last to the first, so the newest is the best.
	s.awards[i].Winners = append(slices.Clone(b.Winners), s.awards[i].Winners...)
}

// level returns the index of the award's level in a list of awards that the
// state has for itself.
func (s *State) level(b awardHeld) int {
	s.awards = slices.Clone(s.awards)
	i := slices.IndexFunc(s.awards, func(l AwardLevel) bool { return l.Level == b.Award })
	if i < 0 {
		s.awards = append(s.awards, AwardLevel{Level: b.Award, Name: b.Name, Mode: b.Mode, Quota: b.Quota, Winners: []Winner{}})
		i = len(s.awards) - 1
	}
	return i
}
