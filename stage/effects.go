package stage

import (
	"context"
	"crypto/rand"
	lots "math/rand/v2"
	"slices"
	"time"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/fault"
	"hecai/stage/cue"
	"hecai/vote"
	"hecai/vote/ledger"
)

// carryOut does what a plan says, in order, and returns its facts. After an
// error nothing of the plan is told; what already happened outside is found by
// catchUp, and doing it again does no harm.
func (s *Stage) carryOut(ctx context.Context, actor Actor, plan cue.Plan) ([]cue.Fact, error) {
	var facts []cue.Fact
	for _, e := range plan.Effects {
		more, err := s.effect(ctx, actor, e)
		if err != nil {
			return nil, err
		}
		facts = append(facts, more...)
	}
	return facts, nil
}

func (s *Stage) effect(ctx context.Context, actor Actor, e cue.Effect) ([]cue.Fact, error) {
	switch e.Op {
	case cue.OpNone:
		return e.Facts, nil
	case cue.OpBallotOpen:
		return s.openBallot(ctx, actor, e)
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
	case cue.OpSheetsOpen, cue.OpSheetsLock:
		if s.sealedElsewhere() {
			return nil, fault.New(fault.Conflict, "stage.sealed", "sheets after the seal")
		}
	}
	switch e.Op {
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

// openBallot opens a ballot for a cue. One that is open already is taken as it is,
// and so is the round that this cue has opened before, if we ended or the record
// failed between the opening and its facts. Any other ballot that has closed stays
// closed (ballot.closed).
func (s *Stage) openBallot(ctx context.Context, actor Actor, e cue.Effect) ([]cue.Fact, error) {
	b, _, known := s.cfg.Box.Ballot(e.Ballot)
	ours := e.Round > 0 && b.Round >= e.Round
	if known && !ours && b.State != vote.StateOpen {
		if waits := !closed(b) || b.Missed(); waits && e.Round != b.Round+1 {
			due := said(cue.BallotDue{Cue: e.Cue, Ballot: e.Ballot, Round: b.Round + 1})
			if err := s.record(ctx, actor.String(), due); err != nil {
				return nil, err
			}
		}
	}
	if !ours && b.State != vote.StateOpen {
		var err error
		b, err = s.cfg.Box.Open(ctx, e.Ballot, time.Duration(e.Seconds)*time.Second)
		if fault.CodeOf(err) == "ballot.open" { // by hand, just now
			b, _, _ = s.cfg.Box.Ballot(e.Ballot)
		} else if err != nil {
			return nil, err
		}
	}
	round, open, _ := s.state.BallotFacts(e.Ballot)
	switch {
	case round == b.Round && open == (b.State == vote.StateOpen) && s.state.OnStage() == e.Ballot:
		return nil, nil // all is told
	case b.State == vote.StateOpen:
		return said(opened(b)), nil
	}
	return append(said(opened(b)), cue.Make(cue.BallotClosed{Ballot: b.ID})), nil
}

func opened(b vote.Ballot) cue.BallotOpened {
	return cue.BallotOpened{Ballot: b.ID, Title: b.Title, Round: b.Round, Deadline: b.PublicDeadline()}
}

// inPlay lists the entries that an action on sheets means now: never one that was
// withdrawn or left out.
func (s *Stage) inPlay(id contest.EntryID) []contest.EntryID {
	if id == cue.AllEntries {
		return s.state.InPlay()
	}
	if s.state.TakesPart(id) {
		return []contest.EntryID{id}
	}
	return nil
}

func (s *Stage) openSheets(ctx context.Context, id contest.EntryID) ([]cue.Fact, error) {
	return s.tellSheets(ctx, s.inPlay(id), s.cfg.Catalog.Judges)
}

// tellSheets is the fact that the sheets of the entries are open to the judges.
func (s *Stage) tellSheets(ctx context.Context, entries []contest.EntryID, judges []contest.Judge) ([]cue.Fact, error) {
	sheets, err := s.cfg.Store.Sheets(ctx, s.id)
	if err != nil {
		return nil, err
	}
	body := cue.SheetsOpened{Panels: []cue.OpenPanel{}}
	for _, entry := range entries {
		body.Panels = append(body.Panels, openPanel(entry, judges, sheets))
	}
	return said(body), nil
}

// openPanel says who of the panel has handed in and who is recused.
func openPanel(entry contest.EntryID, judges []contest.Judge, sheets []score.Sheet) cue.OpenPanel {
	out := cue.OpenPanel{Entry: entry, Judges: []cue.Dot{}}
	for _, j := range judges {
		sheet := find(sheets, entry, j.ID)
		if sheet.State == score.SheetRecused {
			out.Recused = append(out.Recused, j.ID)
		} else {
			out.Judges = append(out.Judges, cue.Dot{ID: j.ID, Name: j.Name, Done: handedIn(sheet)})
		}
	}
	return out
}

func handedIn(s score.Sheet) bool {
	return s.State == score.SheetSubmitted || s.State == score.SheetLocked
}

func find(sheets []score.Sheet, entry contest.EntryID, judge contest.JudgeID) score.Sheet {
	for _, s := range sheets {
		if s.Entry == entry && s.Judge == judge {
			return s
		}
	}
	return score.Sheet{}
}

// lockSheets locks the sheets that are in, if they make a quorum or the chair has
// decided that they are enough. All means those that are in play now.
func (s *Stage) lockSheets(ctx context.Context, id contest.EntryID) ([]cue.Fact, error) {
	sheets, err := s.cfg.Store.Sheets(ctx, s.id)
	if err != nil {
		return nil, err
	}
	entries := s.inPlay(id)
	short := cue.Blocker{Code: "stage.quorum"}
	var refusal *fault.Error
	for _, entry := range entries {
		panel, need, ok := s.state.Lock(entry, sheets)
		if ok {
			continue
		}
		if short.Entries = append(short.Entries, entry); refusal == nil {
			refusal = fault.New(fault.Conflict, "stage.quorum", "entry %q has %d sheets of %d", entry, len(panel.Judges), need).
				With("entry", string(entry)).With("title", panel.Title).With("have", len(panel.Judges)).With("need", need)
		}
	}
	if refusal != nil {
		s.block(short)
		return nil, refusal.With("entries", len(short.Entries))
	}
	if len(entries) > 0 {
		if sheets, err = s.cfg.Store.LockSheets(ctx, s.cfg.Lease, entries, s.now()); err != nil {
			return nil, err
		}
	}
	s.block()
	body := cue.SheetsLocked{Panels: []cue.LockedPanel{}}
	for _, entry := range entries {
		panel, _, _ := s.state.Lock(entry, sheets)
		body.Panels = append(body.Panels, panel)
	}
	return said(body), nil
}

// seal computes and stores the result. What stands in the way is kept for the
// desk; each has a command that clears it.
func (s *Stage) seal(ctx context.Context, named vote.BallotID) ([]cue.Fact, error) {
	if of := s.cfg.Catalog.Reveals; of.Show != "" {
		return s.takeOver(ctx, of)
	}
	if open := s.state.InPlay(); len(open) > 0 {
		s.block(cue.Blocker{Code: cue.BlockNotLocked, Entries: open})
		return nil, fault.New(fault.Conflict, "stage.not_locked", "sheets of %q are not locked", open[0]).With("entry", string(open[0]))
	}
	sheets, err := s.cfg.Store.Sheets(ctx, s.id)
	if err != nil {
		return nil, err
	}
	parts, err := s.parts(ctx)
	if err != nil {
		return nil, err
	}
	ballots, err := s.counted(ctx, named, parts)
	if err != nil {
		return nil, err
	}
	salt := make([]byte, 32)
	rand.Read(salt) // never fails: crypto/rand ends the process instead
	sealed, blockers, err := s.state.Seal(sheets, ballots, salt, parts...)
	if err != nil {
		return nil, err
	}
	if len(blockers) > 0 {
		var list []cue.Blocker
		for _, b := range blockers {
			list = append(list, cue.Blocker{Code: b.Code, Award: b.Award, Entries: b.Entries})
		}
		return nil, s.blocked(list)
	}
	return s.keep(ctx, sealed)
}

// parts are the scores of the joined shows, all of which must be locked
// (stage.joined_open). A rehearsal draws lots instead: what it shows tells nothing of
// them.
func (s *Stage) parts(ctx context.Context) ([]cue.Part, error) {
	var out []cue.Part
	if twice := s.state.Twice(); len(twice) > 0 && s.id.Take() == 0 {
		s.block(cue.Blocker{Code: "stage.joined_twice", Entries: twice})
		return nil, fault.New(fault.Conflict, "stage.joined_twice", "%d entries are in more than one of the joined sessions", len(twice)).With("entries", len(twice))
	}
	drawn := 0
	for _, j := range s.cfg.Catalog.Joined {
		drawn += len(j.Entries)
	}
	lot := lots.Perm(drawn) // one for all: no two of them are equal
	for _, j := range s.cfg.Catalog.Joined {
		if s.id.Take() > 0 {
			n := len(j.Entries)
			out = append(out, cue.Part{Lot: lot[:n], Of: drawn})
			lot = lot[n:]
			continue
		}
		state, err := s.cfg.Other(j.Show)
		if err != nil {
			return nil, err
		}
		if open := slices.DeleteFunc(state.InPlay(), s.state.LeftOut); len(open) > 0 {
			s.block(cue.Blocker{Code: cue.BlockNotLocked, Entries: open})
			return nil, fault.New(fault.Conflict, "stage.joined_open", "%s has %d entries that are not locked", j.Show, len(open)).With("session", j.Title).With("entries", len(open))
		}
		sheets, err := s.cfg.Store.Sheets(ctx, j.Show)
		if err != nil {
			return nil, err
		}
		out = append(out, cue.Part{State: state, Sheets: sheets})
	}
	return out, nil
}

// sealedElsewhere reports whether the scores of this show stand in a sealed result of
// another.
func (s *Stage) sealedElsewhere() bool {
	in := s.cfg.Catalog.JoinedIn.Show
	if in == "" || s.id.Take() > 0 || s.cfg.Other == nil {
		return false
	}
	state, err := s.cfg.Other(in)
	return err == nil && state.IsSealed()
}

// keep stores a result as the show's own.
func (s *Stage) keep(ctx context.Context, sealed cue.Sealed) ([]cue.Fact, error) {
	version, _, _, err := s.cfg.Store.LoadSeal(ctx, s.id)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	text, root := sealed.Text()
	if err := s.cfg.Store.SaveSeal(ctx, s.cfg.Lease, version+1, text, root); err != nil {
		return nil, err
	}
	s.block()
	return said(sealed.Told()), nil
}

// takeOver makes the sealed result of another show this one's, byte by byte. A
// rehearsal makes one up: what it shows tells nothing of the real one.
func (s *Stage) takeOver(ctx context.Context, of cue.Other) ([]cue.Fact, error) {
	if s.id.Take() > 0 {
		salt := make([]byte, 32)
		rand.Read(salt) // never fails, as above
		sealed, err := s.state.SealByLot(salt, lots.Perm(s.state.InResult()))
		if err != nil {
			return nil, err
		}
		return s.keep(ctx, sealed)
	}
	state, err := s.cfg.Other(of.Show)
	if err != nil {
		return nil, err
	}
	if !state.IsSealed() { // a text without its fact may yet be replaced
		return nil, fault.New(fault.Conflict, "stage.other_not_sealed", "%s is not sealed", of.Show).With("session", of.Title)
	}
	_, text, root, err := s.cfg.Store.LoadSeal(ctx, of.Show)
	if err != nil {
		return nil, err
	}
	sealed, err := cue.Unseal(&s.cfg.Catalog, text, root)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "stage.seal_broken", err, "read the seal of %s", of.Show)
	}
	return s.keep(ctx, sealed)
}

// blocked keeps the reasons for the desk and returns the refusal that names them.
func (s *Stage) blocked(list []cue.Blocker) error {
	s.block(list...)
	codes := make([]string, len(list))
	for i, b := range list {
		codes[i] = b.Code
	}
	return fault.New(fault.Conflict, "stage.blocked", "%d blockers: %v", len(codes), codes).With("codes", codes)
}

// block keeps the reasons for the director's desk, in place of those before.
func (s *Stage) block(list ...cue.Blocker) {
	texts := map[string]string{
		score.BlockTie:       "奖项边界有并列，须由评委会表决",
		score.BlockQuorum:    "有项目的有效评分不足法定人数",
		"stage.quorum":       "有项目的有效评分不足法定人数",
		cue.BlockNotLocked:   "还有评分表没有锁定",
		"stage.joined_twice": "有项目同时在几个合并的场次里",
		cue.BlockBallotOpen:  "计入成绩的投票还没有关闭",
		cue.BlockUnfair:      "有项目不在计入成绩的选票上",
		cue.BlockOpenBallot:  "计入成绩的投票任何人扫码即可参加",
	}
	s.blockers = list
	for i := range list {
		list[i].Text = texts[list[i].Code]
	}
}

// counted returns the ballots whose votes count, with the heads of their ledgers.
// One that ran and can't count as it is blocks; one that never ran has no votes to
// lose, unless the seal names it.
func (s *Stage) counted(ctx context.Context, named vote.BallotID, parts []cue.Part) ([]cue.CountedBallot, error) {
	var out []cue.CountedBallot
	var blockers []cue.Blocker
	for _, one := range s.state.Counting(named, parts...) {
		b, tally, known := s.cfg.Box.Ballot(one)
		if b.ID = one; named == "" && (!known || b.Round == 0) {
			continue
		}
		if list := s.state.CheckBallot(b); len(list) > 0 {
			blockers = append(blockers, list...)
			continue
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
	if len(blockers) == 1 && blockers[0].Code == cue.BlockBallotOpen {
		s.block(blockers...)
		return nil, fault.New(fault.Conflict, "stage.ballot_open", "ballot %q is not closed", blockers[0].Ballot).With("ballot", blockers[0].Ballot)
	}
	if len(blockers) > 0 {
		return nil, s.blocked(blockers)
	}
	return out, nil
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
		sealed = s.state.SealPanel(fired.Entry(), sheets)
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
	if is := s.onProgram(name); is != s.state.Program() {
		return said(is), nil
	}
	return nil, nil
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
