package stage

import (
	"bytes"
	"context"
	"reflect"
	"slices"
	"sync"

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
	return s.recordBy(ctx, actor, facts, func(before int64) error { return s.cfg.Store.AppendFacts(ctx, s.cfg.Lease, before, facts) })
}

// recordBy is record with another way to store the facts.
func (s *Stage) recordBy(ctx context.Context, actor string, facts []cue.Fact, store func(before int64) error) error {
	next, at := s.state.Clone(), max(s.now(), s.state.Time())
	for i := range facts {
		facts[i].Seq, facts[i].At, facts[i].Actor = next.Seq()+1, at, actor
		if err := next.Apply(facts[i]); err != nil {
			return fault.Wrap(fault.Internal, "internal", err, "a fact can't be applied")
		}
	}
	before, began := s.state.Seq(), s.ticks()
	if err := store(before); err != nil {
		s.cfg.Log.Error("stage: store facts", "err", err, "seq", before)
		s.leave(began)
		if fault.KindOf(err) == fault.Unavailable { // it knows that it has nothing
			return fault.Wrap(fault.Unavailable, "stage.not_stored", err, "store facts")
		}
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

// leave lets a record that failed be for twice as long as it took to say so: the
// actor has other things to do than to wait for it.
func (s *Stage) leave(began int64) {
	now := s.ticks()
	s.rest = now + 2*(now-began)
}

// find reads the facts that the store holds beyond ours and tells them. It
// reports whether we know again where we stand.
func (s *Stage) find(ctx context.Context) bool {
	began := s.ticks()
	more, err := s.cfg.Store.LoadFacts(ctx, s.id, s.told)
	if err != nil {
		s.cfg.Log.Error("stage: read facts back", "err", err)
		s.leave(began)
		return false
	}
	next := s.state.Clone()
	for _, f := range more {
		if f.Seq <= s.state.Seq() {
			continue
		}
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
			s.cfg.Publisher.Event("show/"+string(s.id), s.said.add(f.Seq), f.Event())
		}
	}
}

// spoken numbers the public facts among themselves, from 1: that one is missing
// between two of them would tell of a fact that is not public.
type spoken struct {
	mu  sync.RWMutex
	seq []int64 // guarded by mu; of each in the chain
}

// add returns the number of the next one.
func (s *spoken) add(seq int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq = append(s.seq, seq)
	return int64(len(s.seq))
}

// before returns the last one that is known and not after a number, and where it
// stands in the chain; 0, 0 for none.
func (s *spoken) before(after int64) (no, seq int64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if no = min(after, int64(len(s.seq))); no <= 0 {
		return 0, 0
	}
	return no, s.seq[no-1]
}

// picture is where the show stands, for whoever asks: the actor goes on meanwhile.
type picture struct {
	state    *cue.State
	blockers []cue.Blocker // of the last refused seal
	public   int64         // grows with what everyone is shown, and with nothing else: it is as public
	host     int64         // likewise with what the host is shown
}

// publish says which documents show something else.
func (s *Stage) publish() {
	was := s.shown.Load()
	now := &picture{s.state, s.blockers, was.public, was.host}
	if !reflect.DeepEqual(cue.Public(now.state), cue.Public(was.state)) {
		now.public++
	}
	if !reflect.DeepEqual(cue.Host(now.state), cue.Host(was.state)) {
		now.host++
	}
	s.shown.Store(now)
	if now.public != was.public {
		s.cfg.Publisher.Changed("stage/" + string(s.id))
	}
	if now.host != was.host {
		s.cfg.Publisher.Changed("host/" + string(s.id))
	}
	s.staffChanged()
}

// blocks shows the director's desk what stands in the way.
func (s *Stage) blocks() {
	p := *s.shown.Load()
	p.blockers = s.blockers
	s.shown.Store(&p)
	s.staffChanged()
}

// staffChanged says that the director's desk has something new.
func (s *Stage) staffChanged() { s.cfg.Publisher.Changed("staff/" + string(s.id)) }

// Document is what a topic of the show shows now, made where it is asked for and
// not by the actor, and a number that grows with what it shows. It is nil for a
// topic that is not the show's.
func (s *Stage) Document(topic string) (doc map[string]any, number int64) {
	p := s.shown.Load()
	switch topic {
	case "stage/" + string(s.id):
		return cue.Public(p.state).Doc(), p.public
	case "host/" + string(s.id):
		return cue.Host(p.state).Doc(), p.host
	case "staff/" + string(s.id):
		number = s.looks.Add(1) // before the look: what is measured moves by itself
		return s.StaffView().Doc(), number
	}
	return nil, 0
}

// StaffView is the director's desk, of the facts and of what is measured.
func (s *Stage) StaffView() cue.StaffView {
	p := s.shown.Load()
	v := cue.Staff(p.state)
	for _, b := range s.cfg.Box.Ballots() {
		if s.concerned(p.state, b) {
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
		v.Alarms = append(v.Alarms, live.Alarms...)
		for i, j := range v.Judges {
			v.Judges[i].Online = live.Online[j.ID]
		}
	}
	v.Block(p.state, p.blockers)
	v.Queue = append(v.Queue, s.danmaku.queue()...)
	return v
}

// concerns reports whether the ballot is part of this show.
func (s *Stage) concerns(b vote.Ballot) bool { return s.concerned(s.state, b) }

func (s *Stage) concerned(state *cue.State, b vote.Ballot) bool {
	return b.Show == s.id || slices.Contains(state.Ballots(), b.ID)
}
