package stage

import (
	"bytes"
	"context"

	"hecai/fault"
	"hecai/stage/cue"
	"hecai/vote"
)

// record stores facts and then tells them. If the store fails nothing is told
// that it doesn't hold; if it turns out to hold them after all, that is no
// failure.
func (s *Stage) record(ctx context.Context, actor string, facts []cue.Fact) error {
	if len(facts) == 0 {
		return nil
	}
	next, at := s.state.Clone(), max(s.now(), s.state.Time())
	for i := range facts {
		facts[i].Seq, facts[i].At, facts[i].Actor = next.Seq()+1, at, actor
		if err := next.Apply(facts[i]); err != nil {
			return fault.Wrap(fault.Internal, "internal", err, "a fact can't be applied")
		}
	}
	before := s.state.Seq()
	if err := s.cfg.Store.AppendFacts(ctx, s.id, before, facts); err != nil {
		s.cfg.Log.Error("stage: store facts", "err", err, "seq", before)
		s.lost = true
		if s.find(ctx) && s.holds(ctx, before, facts) {
			return nil
		}
		if fault.KindOf(err) == fault.Conflict {
			return err
		}
		return fault.Wrap(fault.Internal, "stage.not_stored", err, "store facts")
	}
	s.state = next
	s.announce(facts)
	s.publish()
	return nil
}

// find reads the facts that the store holds beyond ours and tells them. It
// reports whether we know again where we stand.
func (s *Stage) find(ctx context.Context) bool {
	more, err := s.cfg.Store.LoadFacts(ctx, s.id, s.state.Seq())
	if err != nil {
		s.cfg.Log.Error("stage: read facts back", "err", err)
		return false
	}
	next := s.state.Clone()
	for _, f := range more {
		if err := next.Apply(f); err != nil {
			s.cfg.Log.Error("stage: read facts back", "err", err)
			return false
		}
	}
	s.lost, s.state = false, next
	s.announce(more)
	if len(more) > 0 {
		s.publish()
	}
	return true
}

// holds reports whether the store has exactly these facts after the number.
func (s *Stage) holds(ctx context.Context, after int64, facts []cue.Fact) bool {
	have, err := s.cfg.Store.LoadFacts(ctx, s.id, after)
	if err != nil || len(have) < len(facts) {
		return false
	}
	for i, f := range facts {
		h := have[i]
		if h.Seq != f.Seq || h.At != f.At || h.Actor != f.Actor || h.Kind != f.Kind || !bytes.Equal(h.Body, f.Body) {
			return false
		}
	}
	return true
}

// announce publishes stored facts as events, each once.
func (s *Stage) announce(facts []cue.Fact) {
	for _, f := range facts {
		if f.Seq <= s.told {
			continue
		}
		s.told = f.Seq
		if f.Public() {
			s.cfg.Publisher.Event("show/"+string(s.id), f.Seq, f.Event())
		}
	}
}

// publish replaces the documents of the state topics.
func (s *Stage) publish() {
	s.shown.Store(s.state)
	s.cfg.Publisher.State("stage/"+string(s.id), cue.Public(s.state).Doc())
	s.cfg.Publisher.State("host/"+string(s.id), cue.Host(s.state).Doc())
	s.publishStaff()
}

// publishStaff refreshes the director's desk.
func (s *Stage) publishStaff() {
	s.staff.Store(s.lookAround())
	s.cfg.Publisher.State("staff/"+string(s.id), s.staff.Load().Doc())
}

// StaffView is the director's desk as it was last told.
func (s *Stage) StaffView() cue.StaffView { return *s.staff.Load() }

// lookAround builds the director's desk from the facts and from what is measured.
func (s *Stage) lookAround() *cue.StaffView {
	v := cue.Staff(s.state)
	for _, b := range s.cfg.Box.Ballots() {
		if s.concerns(b) {
			if ballot, tally, ok := s.cfg.Box.Ballot(b.ID); ok {
				v.Ballots = append(v.Ballots, vote.Staff(ballot, tally))
			}
		}
	}
	if s.cfg.Cameras != nil {
		v.Cameras = append(v.Cameras, s.cfg.Cameras.Cameras(s.id)...)
	}
	if s.cfg.Live != nil {
		live := s.cfg.Live()
		v.Audience, v.AckP99Ms = live.Audience, float64(live.AckP99.Microseconds())/1000
		v.Screens = append(v.Screens, live.Screens...)
		for i, j := range v.Judges {
			v.Judges[i].Online = live.Online[j.ID]
		}
	}
	v.Blockers = append(v.Blockers, s.blockers...)
	v.Queue = append(v.Queue, s.danmaku.queue()...)
	return &v
}

// concerns reports whether the ballot is part of this show.
func (s *Stage) concerns(b vote.Ballot) bool {
	if b.Session == s.id {
		return true
	}
	for _, id := range s.state.Ballots() {
		if id == b.ID {
			return true
		}
	}
	return false
}
