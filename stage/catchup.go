package stage

import (
	"context"
	"slices"

	"hecai/contest/score"
	"hecai/fault"
	"hecai/stage/cue"
	"hecai/vote"
)

// catchUp adds the facts that the world has moved on by: a ballot that closed
// at its deadline or was opened by hand, a sheet whose fact could not be
// stored, a camera that was lost. After a restart this is how the show finds
// its place.
func (s *Stage) catchUp(ctx context.Context) {
	if s.lost && !s.find(ctx) {
		return
	}
	s.markRevealed(ctx)
	if s.state.Ended() {
		s.unnoted = false
		return
	}
	facts := s.opening(s.cfg.Rundown)
	facts = append(facts, s.movedBallots()...)
	facts = append(facts, s.movedCamera()...)
	if s.unnoted {
		began := s.ticks()
		more, err := s.movedSheets(ctx)
		if err != nil {
			s.cfg.Log.Error("stage: read sheets", "err", err)
			if s.leave(began); fault.KindOf(err) == fault.Unavailable {
				return // nor is anything else known now
			}
		} else {
			facts, s.unnoted = append(facts, more...), false
		}
	}
	if err := s.record(ctx, system, facts); err != nil {
		s.cfg.Log.Error("stage: catch up", "err", err)
		s.unnoted = true
	}
}

// opening says which session this is, if that is not what everyone knows.
func (s *Stage) opening(r cue.Rundown) []cue.Fact {
	body := cue.SessionOpened{ID: s.id, Title: r.Title, Subtitle: r.Subtitle}
	if s.state.Session() == body {
		return nil
	}
	return said(body)
}

func (s *Stage) movedBallots() []cue.Fact {
	var facts []cue.Fact
	for _, b := range s.cfg.Box.Ballots() {
		if !s.concerns(b) {
			continue
		}
		round, open, deadline := s.state.BallotFacts(b.ID)
		switch {
		case b.State == vote.StateOpen && (!open || round != b.Round):
			facts = append(facts, cue.Make(opened(b)))
		case b.State == vote.StateOpen && deadline != b.PublicDeadline():
			facts = append(facts, cue.Make(cue.BallotExtended{Ballot: b.ID, Deadline: b.PublicDeadline()}))
		case closed(b) && round != b.Round: // it came and went unseen, maybe before the show was there
			facts = append(facts, cue.Make(opened(b)), cue.Make(cue.BallotClosed{Ballot: b.ID}))
		case b.State != vote.StateOpen && open:
			facts = append(facts, cue.Make(cue.BallotClosed{Ballot: b.ID}))
		}
	}
	return facts
}

// markRevealed tells the box of ballots whose figures are public: they are voted
// on no more.
func (s *Stage) markRevealed(ctx context.Context) {
	for _, b := range s.cfg.Box.Ballots() {
		if b.State != vote.StateClosed || b.Round == 0 || !s.concerns(b) && !slices.Contains(s.state.Counted(), b.ID) || !s.state.FiguresPublic(b.ID, b.Round) {
			continue
		}
		if _, err := s.cfg.Box.Reveal(ctx, b.ID); err != nil {
			s.cfg.Log.Error("stage: mark a ballot revealed", "ballot", b.ID, "err", err)
		}
	}
}

func closed(b vote.Ballot) bool {
	return b.State == vote.StateClosed || b.State == vote.StateRevealed
}

// movedCamera follows the programme: the camera on it may be lost or back, or
// the relay may have put the first one on by itself.
func (s *Stage) movedCamera() []cue.Fact {
	if s.cfg.Cameras == nil {
		return nil
	}
	was := s.state.Program()
	name := was.Camera
	for _, c := range s.cfg.Cameras.Cameras(s.id) {
		if c.OnAir {
			name = c.Name
		}
	}
	if name == "" {
		return nil
	}
	if is := s.onProgram(name); is != was {
		return said(is)
	}
	return nil
}

// movedSheets compares the dots with the stored sheets.
func (s *Stage) movedSheets(ctx context.Context) ([]cue.Fact, error) {
	entries := s.state.OpenEntries()
	if len(entries) == 0 {
		return nil, nil
	}
	sheets, err := s.cfg.Store.Sheets(ctx, s.id)
	if err != nil {
		return nil, err
	}
	var facts []cue.Fact
	for _, entry := range entries {
		for _, dot := range s.state.Panel(entry) {
			facts = append(facts, note(dot, find(sheets, entry, dot.ID))...)
		}
	}
	return facts, nil
}

// note is the fact that brings a dot up to its sheet, if there is a difference.
func note(dot cue.Dot, sheet score.Sheet) []cue.Fact {
	switch {
	case sheet.State == score.SheetRecused:
		return said(cue.SheetNoted{Entry: sheet.Entry, Judge: dot.ID, Recused: true})
	case sheet.Entry != "" && handedIn(sheet) != dot.Done:
		return said(cue.SheetNoted{Entry: sheet.Entry, Judge: dot.ID, Done: handedIn(sheet)})
	}
	return nil
}
