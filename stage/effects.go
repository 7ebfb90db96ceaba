package stage

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"hecai/contest"
	"hecai/fault"
	"hecai/stage/cue"
	"hecai/vote"
	"hecai/vote/ledger"
)

// carryOut does what a plan says, in order, and returns its facts. After an
// error nothing of the plan is told; what already happened outside is found by
// catchUp, and doing it again does no harm.
func (s *Stage) carryOut(ctx context.Context, plan cue.Plan) ([]cue.Fact, error) {
	var facts []cue.Fact
	for _, e := range plan.Effects {
		more, err := s.effect(ctx, e)
		if err != nil {
			return nil, err
		}
		facts = append(facts, more...)
	}
	return facts, nil
}

func (s *Stage) effect(ctx context.Context, e cue.Effect) ([]cue.Fact, error) {
	switch e.Op {
	case cue.OpNone:
		return e.Facts, nil
	case cue.OpBallotOpen:
		return s.openBallot(ctx, e)
	case cue.OpBallotClose:
		if _, _, err := s.cfg.Box.Close(ctx, e.Ballot); err != nil {
			return nil, err
		}
		if _, open, _ := s.state.BallotFacts(e.Ballot); open {
			return said(cue.BallotClosed{Ballot: e.Ballot}), nil
		}
		return nil, nil
	case cue.OpBallotExtend:
		b, err := s.cfg.Box.Extend(ctx, e.Ballot, time.Duration(e.Seconds)*time.Second)
		if err != nil {
			return nil, err
		}
		return said(cue.BallotExtended{Ballot: b.ID, Deadline: b.PublicDeadline()}), nil
	case cue.OpSheetsOpen:
		return s.openSheets(ctx, e.Entry)
	case cue.OpSheetsLock:
		return s.lockSheets(ctx, e.Entry)
	case cue.OpSeal:
		return s.seal(ctx, e.Ballot)
	case cue.OpReveal:
		return s.reveal(ctx, e.Fired)
	case cue.OpCamera:
		return s.switchCamera(e.Camera)
	}
	return nil, fault.New(fault.Internal, "internal", "operation %q", e.Op)
}

func said(b cue.Body) []cue.Fact { return []cue.Fact{cue.Make(b)} }

// openBallot opens a ballot. One that is open already, because we ended between
// the opening and its fact, is taken as it is.
func (s *Stage) openBallot(ctx context.Context, e cue.Effect) ([]cue.Fact, error) {
	b, err := s.cfg.Box.Open(ctx, e.Ballot, time.Duration(e.Seconds)*time.Second)
	if fault.CodeOf(err) == "ballot.open" {
		b, _, _ = s.cfg.Box.Ballot(e.Ballot)
	} else if err != nil {
		return nil, err
	}
	return said(opened(b)), nil
}

func opened(b vote.Ballot) cue.BallotOpened {
	return cue.BallotOpened{Ballot: b.ID, Title: b.Title, Round: b.Round, Deadline: b.PublicDeadline()}
}

// inPlay lists the entries that an action on sheets means.
func (s *Stage) inPlay(id contest.EntryID) []contest.EntryID {
	if id != cue.AllEntries {
		return []contest.EntryID{id}
	}
	var out []contest.EntryID
	for _, e := range s.cfg.Catalog.Entries {
		if e.Eligible() && !s.state.SheetsLocked(e.ID) {
			out = append(out, e.ID)
		}
	}
	slices.Sort(out)
	return out
}

func (s *Stage) openSheets(ctx context.Context, id contest.EntryID) ([]cue.Fact, error) {
	sheets, err := s.cfg.Store.Sheets(ctx, s.id)
	if err != nil {
		return nil, err
	}
	body := cue.SheetsOpened{Panels: []cue.OpenPanel{}}
	for _, entry := range s.inPlay(id) {
		body.Panels = append(body.Panels, cue.OpenPanel{Entry: entry, Judges: s.dots(entry, sheets)})
	}
	return said(body), nil
}

// dots says who of the panel has handed in; recused judges are not on it.
func (s *Stage) dots(entry contest.EntryID, sheets []contest.Sheet) []cue.Dot {
	out := []cue.Dot{}
	for _, j := range s.cfg.Catalog.Judges {
		sheet := find(sheets, entry, j.ID)
		if sheet.State != contest.SheetRecused {
			out = append(out, cue.Dot{ID: j.ID, Name: j.Name, Done: handedIn(sheet)})
		}
	}
	slices.SortFunc(out, func(a, b cue.Dot) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return out
}

func handedIn(s contest.Sheet) bool {
	return s.State == contest.SheetSubmitted || s.State == contest.SheetLocked
}

func find(sheets []contest.Sheet, entry contest.EntryID, judge contest.JudgeID) contest.Sheet {
	for _, s := range sheets {
		if s.Entry == entry && s.Judge == judge {
			return s
		}
	}
	return contest.Sheet{}
}

// lockSheets locks the sheets that are in, if they make a quorum.
func (s *Stage) lockSheets(ctx context.Context, id contest.EntryID) ([]cue.Fact, error) {
	sheets, err := s.cfg.Store.Sheets(ctx, s.id)
	if err != nil {
		return nil, err
	}
	entries := s.inPlay(id)
	short := 0
	var first cue.LockedPanel
	for _, entry := range entries {
		if panel, ok := cue.Locked(&s.cfg.Catalog, entry, sheets); !ok {
			if short++; short == 1 {
				first = panel
			}
		}
	}
	if short > 0 {
		return nil, fault.New(fault.Conflict, "stage.quorum", "%d entries lack sheets", short).
			With("entries", short).With("entry", string(first.Entry)).With("title", first.Title).With("have", len(first.Judges))
	}
	if sheets, err = s.cfg.Store.LockSheets(ctx, s.id, id, s.now()); err != nil {
		return nil, err
	}
	body := cue.SheetsLocked{Panels: []cue.LockedPanel{}}
	for _, entry := range entries {
		panel, _ := cue.Locked(&s.cfg.Catalog, entry, sheets)
		body.Panels = append(body.Panels, panel)
	}
	return said(body), nil
}

// seal computes and stores the result. A refusal tells how many things stand in
// the way and of which kind, never whose result it is.
func (s *Stage) seal(ctx context.Context, counted vote.BallotID) ([]cue.Fact, error) {
	for _, e := range s.cfg.Catalog.Entries {
		if e.Eligible() && !s.state.SheetsLocked(e.ID) {
			s.block("stage.not_locked")
			return nil, fault.New(fault.Conflict, "stage.not_locked", "sheets of %q are not locked", e.ID).With("entry", string(e.ID))
		}
	}
	sheets, err := s.cfg.Store.Sheets(ctx, s.id)
	if err != nil {
		return nil, err
	}
	ballots, err := s.counted(ctx, counted)
	if err != nil {
		s.block(fault.CodeOf(err))
		return nil, err
	}
	salt := make([]byte, 32)
	rand.Read(salt) // never fails: crypto/rand ends the process instead
	sealed, blockers, err := cue.Seal(&s.cfg.Catalog, s.id, sheets, ballots, salt)
	if err != nil {
		return nil, err
	}
	if len(blockers) > 0 {
		codes := make([]string, len(blockers))
		for i, b := range blockers {
			codes[i] = b.Code
		}
		s.block(codes...)
		return nil, fault.New(fault.Conflict, "stage.blocked", "%d blockers: %v", len(codes), codes).With("codes", codes)
	}
	version, _, _, err := s.cfg.Store.LoadSeal(ctx, s.id)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	text, root := sealed.Text()
	if err := s.cfg.Store.SaveSeal(ctx, s.id, version+1, text, root); err != nil {
		return nil, err
	}
	s.blockers = nil
	return said(cue.ResultSealed{}), nil
}

// block keeps the reasons for the director's desk.
func (s *Stage) block(codes ...string) {
	texts := map[string]string{
		contest.BlockTie:    "奖项边界有并列，须由评委会表决",
		contest.BlockQuorum: "有项目的有效评分不足法定人数",
		"stage.not_locked":  "还有评分表没有锁定",
		"stage.ballot_open": "计入成绩的投票还没有关闭",
	}
	s.blockers = []cue.Blocker{}
	for _, c := range codes {
		s.blockers = append(s.blockers, cue.Blocker{Code: c, Text: texts[c]})
	}
}

// counted returns the ballots whose votes count: the named one, else each of
// the show's on which every entry stands, since anything less would be unequal.
func (s *Stage) counted(ctx context.Context, id vote.BallotID) ([]cue.CountedBallot, error) {
	ids := s.state.Ballots()
	if id != "" {
		ids = []vote.BallotID{id}
	}
	var out []cue.CountedBallot
	for _, one := range ids {
		b, tally, ok := s.cfg.Box.Ballot(one)
		if id == "" && (!ok || !s.fair(b)) {
			continue
		}
		if !closed(b) {
			return nil, fault.New(fault.Conflict, "stage.ballot_open", "ballot %q is %q", one, b.State).With("ballot", string(one))
		}
		c := cue.CountedBallot{Ballot: b, Tally: tally}
		if s.cfg.Ledger != nil {
			leaves, err := s.cfg.Ledger.Leaves(ctx, b.ID, b.Round)
			if err != nil {
				return nil, err
			}
			var tree ledger.Tree
			for _, leaf := range leaves {
				tree.Append(leaf)
			}
			c.Root, c.Leaves = ledger.Hex(tree.Root()), tree.Size()
		}
		out = append(out, c)
	}
	return out, nil
}

func (s *Stage) fair(b vote.Ballot) bool {
	for _, e := range s.cfg.Catalog.Entries {
		if e.Eligible() && !slices.ContainsFunc(b.Options, func(o vote.Option) bool { return o.Entry == e.ID }) {
			return false
		}
	}
	return b.Round > 0
}

// reveal takes one step's values out of what is sealed.
func (s *Stage) reveal(ctx context.Context, fired cue.Fired) ([]cue.Fact, error) {
	var sealed cue.Sealed
	switch fired.What() {
	case cue.RevealMarks:
		sheets, err := s.cfg.Store.Sheets(ctx, s.id)
		if err != nil {
			return nil, err
		}
		sealed = cue.SealPanel(&s.cfg.Catalog, fired.Entry(), sheets)
	case cue.RevealTally:
		b, tally, _ := s.cfg.Box.Ballot(fired.Ballot())
		sealed = cue.SealTally(&s.cfg.Catalog, b, tally)
	default:
		_, text, root, err := s.cfg.Store.LoadSeal(ctx, s.id)
		if err == nil {
			sealed, err = cue.Unseal(&s.cfg.Catalog, text, root)
		}
		if err != nil {
			return nil, fault.Wrap(fault.Internal, "stage.seal_broken", err, "read the seal")
		}
	}
	facts, err := sealed.Step(fired)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "stage.seal_broken", err, "reveal %s", fired.What())
	}
	return facts, nil
}

func (s *Stage) switchCamera(name string) ([]cue.Fact, error) {
	if s.cfg.Cameras == nil {
		return nil, fault.New(fault.NotFound, "stage.no_camera", "no camera %q", name).With("camera", name)
	}
	if err := s.cfg.Cameras.Switch(s.id, name); err != nil {
		return nil, err
	}
	return said(s.onProgram(name)), nil
}

// onProgram is what the programme shows of the camera.
func (s *Stage) onProgram(name string) cue.CameraSwitched {
	body := cue.CameraSwitched{Camera: name, State: "slate"}
	for _, c := range s.cfg.Cameras.Cameras(s.id) {
		if c.Name == name {
			body.Label = c.Label
			if c.State == "live" {
				body.State = "live"
			}
		}
	}
	return body
}
