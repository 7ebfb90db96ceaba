package stage_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/lease"
	"hecai/stage"
	"hecai/stage/cue"
	"hecai/vote"
)

// shelf is a record in memory. Autoplay is tested in a bubble of simulated time,
// which a disk is not part of.
type shelf struct {
	facts  []cue.Fact
	sheets []score.Sheet
	text   []byte
	root   string
	deny   int // appends to refuse
}

func (s *shelf) AppendFacts(_ context.Context, _ lease.Lease, expect int64, facts []cue.Fact) error {
	if s.deny > 0 {
		s.deny--
		return errDisk
	}
	if int64(len(s.facts)) != expect {
		return errors.New("gap")
	}
	s.facts = append(s.facts, facts...)
	return nil
}

func (s *shelf) PurgeTake(context.Context, lease.Lease, int64, contest.ShowID, []cue.Fact) error {
	return errDisk
}

func (s *shelf) LoadFacts(_ context.Context, _ contest.ShowID, after int64) ([]cue.Fact, error) {
	return append([]cue.Fact{}, s.facts[after:]...), nil
}

func (s *shelf) Sheets(context.Context, contest.ShowID) ([]score.Sheet, error) {
	return s.sheets, nil
}
func (s *shelf) SaveSheet(context.Context, lease.Lease, score.Sheet, int64) error { return errDisk }

func (s *shelf) LockSheets(context.Context, lease.Lease, []contest.EntryID, int64) ([]score.Sheet, error) {
	return s.sheets, nil
}

func (s *shelf) SaveSeal(_ context.Context, _ lease.Lease, _ int, text json.RawMessage, root string) error {
	s.text, s.root = text, root
	return nil
}

func (s *shelf) LoadSeal(context.Context, contest.ShowID) (int, json.RawMessage, string, error) {
	return 1, s.text, s.root, nil
}

func (s *shelf) SaveMessage(context.Context, stage.Message) error      { return nil }
func (s *shelf) SetMessageState(context.Context, string, string) error { return nil }
func (s *shelf) Messages(context.Context, contest.ShowID, string, int) ([]stage.Message, error) {
	return nil, nil
}

// urn is a ballot box with one ballot and votes that are there already.
type urn struct{ b vote.Ballot }

func (u *urn) Open(_ context.Context, _ vote.BallotID, d time.Duration) (vote.Ballot, error) {
	now := time.Now().UnixMilli()
	b, err := u.b.Opened(now, now+d.Milliseconds()+vote.Grace)
	u.b = b
	return b, err
}

func (u *urn) Close(context.Context, vote.BallotID) (vote.Ballot, vote.Tally, error) {
	b, err := u.b.Shut()
	u.b = b
	return b, vote.NewTally(b), err
}

func (u *urn) Extend(context.Context, vote.BallotID, time.Duration) (vote.Ballot, error) {
	return u.b, nil
}
func (u *urn) Reveal(context.Context, vote.BallotID) (vote.Ballot, error) {
	u.b.State = vote.StateRevealed
	return u.b, nil
}
func (u *urn) Ballot(vote.BallotID) (vote.Ballot, vote.Tally, bool) {
	return u.b, vote.NewTally(u.b), true
}
func (u *urn) Ballots() []vote.Ballot { return []vote.Ballot{u.b} }

// played is an evening that runs by itself in simulated time.
type played struct {
	s     *stage.Stage
	shelf *shelf
	stop  func()
}

func play(t *testing.T, edit func(*cue.Rundown)) *played {
	t.Helper()
	c := catalog(t, 9, 5)
	p := &played{shelf: &shelf{}}
	u := &urn{vote.Ballot{ID: "b", Show: "final", Title: "人气", Visibility: vote.Hidden, Level: 2, State: vote.StateArmed}}
	for i, e := range c.Entries {
		u.b.Options = append(u.b.Options, vote.Option{No: i + 1, Entry: e.ID, Track: e.Track})
		for j, judge := range c.Judges {
			s := score.Sheet{Show: "final", Entry: e.ID, Judge: judge.ID, Rev: 1, State: score.SheetSubmitted, Marks: map[contest.CriterionID]contest.Mark{}}
			for _, k := range c.Plan.Criteria {
				s.Marks[k.ID] = markOf(i, j)
			}
			p.shelf.sheets = append(p.shelf.sheets, s)
		}
	}
	r := parse(t, evening)
	if edit != nil {
		edit(&r)
	}
	var err error
	p.s, err = stage.New(bg, stage.Config{
		Rundown: r, Catalog: c, Store: p.shelf, Messages: p.shelf, Box: u, Publisher: &listener{docs: map[string]string{}},
		Cameras: &cameras{list: []cue.Camera{{Name: "main", State: "live"}}},
	})
	must(t, err)
	p.stop = run(t, p.s.Run)
	synctest.Wait()
	return p
}

// TestAutoplayWalksTheRundown from the first cue to the end, each step at its
// time, with the dangerous ones armed just before.
func TestAutoplayWalksTheRundown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := play(t, nil)
		defer p.stop()
		began := time.Now()
		must(t, stage.Autoplay(t.Context(), p.s))
		took := time.Since(began)
		if !p.s.HostView().Ended || p.s.View().Verify == nil || len(p.s.View().Awards) != 3 {
			t.Errorf("stands at %s", text(t, p.s.HostView()))
		}
		for _, c := range p.s.StaffView().Cues {
			if c.State != "done" {
				t.Errorf("cue %s is %s", c.ID, c.State)
			}
		}
		// 1 card, 2 open, 5 close, 1 lock, 1+2·6 marks, 1 tally, 3 seal, 1 frozen,
		// 4·1 third, 4·1 second, 2·1 first, 1 verify, 1 end.
		if want := 39 * time.Second; took != want {
			t.Errorf("took %v, want %v", took, want)
		}
		armed := int64(0)
		for _, f := range p.shelf.facts {
			switch f.Kind {
			case "cue_armed":
				armed = f.At
			case "cue_fired":
				if armed > 0 && f.At-armed != 1000 {
					t.Errorf("fired %d ms after arming", f.At-armed)
				}
				armed = 0
			}
			if f.Kind == "cue_fired" && f.Actor != "director:autoplay" {
				t.Errorf("fact %d is %s's", f.Seq, f.Actor)
			}
		}
	})
}

// TestAutoplayYields: an operator who steps in is not overrun; it counts anew
// from what they did, and leaves out what they skipped.
func TestAutoplayYields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := play(t, nil)
		defer p.stop()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- stage.Autoplay(ctx, p.s) }()
		do := func(kind, name string) {
			t.Helper()
			_, err := p.s.Do(bg, director, cue.Command{Rev: p.s.Rev(), Kind: kind, Cue: name})
			must(t, err)
			synctest.Wait()
		}
		fired := func() (out string) {
			for _, c := range p.s.StaffView().Cues {
				if c.State != "planned" && c.State != "armed" {
					out += c.ID + " "
				}
			}
			return out
		}
		time.Sleep(2500 * time.Millisecond) // card at 1 s; open would come at 3 s
		do("fire", "open")
		time.Sleep(3 * time.Second)
		if got := fired(); got != "card open " {
			t.Errorf("at 5.5 s: %s", got)
		}
		do("skip", "close") // at 5.5 s; the lock comes 1 s after
		time.Sleep(1100 * time.Millisecond)
		if got := fired(); got != "card open close lock " {
			t.Errorf("at 6.6 s: %s", got)
		}
		// The ballot was never closed, so its tally waits for somebody who does.
		time.Sleep(time.Minute)
		if got := fired(); got != "card open close lock marks " {
			t.Errorf("after a minute: %s", got)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestAutoplayTriesAgain after a refusal, and ends when it is told to.
func TestAutoplayTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := play(t, nil)
		defer p.stop()
		p.shelf.deny = 3
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- stage.Autoplay(ctx, p.s) }()
		time.Sleep(10100 * time.Millisecond) // between two steps
		if p.s.View().Entry == nil {
			t.Error("it has given up")
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("told to end: %v", err)
		}
		rev := p.s.Rev()
		time.Sleep(time.Minute)
		if p.s.Rev() != rev {
			t.Error("it went on after the end")
		}
	})
}

// TestAutoplayOfNothing is over at once.
func TestAutoplayOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := play(t, func(r *cue.Rundown) { r.Cues = []cue.Cue{} })
		defer p.stop()
		must(t, stage.Autoplay(t.Context(), p.s))
	})
}
