package node

import (
	"context"
	"slices"

	"hecai/contest"
	"hecai/stage/cue"
	"hecai/vote"
)

// sealedIn reports whether the scores of a session stand in a sealed result of another.
func (s *shows) sealedIn(id contest.ShowID) bool {
	return slices.ContainsFunc(s.list(), func(sh *show) bool {
		return sh.id.Contest() == id.Contest() && sh.id.Take() == 0 && slices.Contains(sh.row.Load().Joins, id.Session()) && sh.IsSealed()
	})
}

// revealing are the shows that may reveal a ballot: its own, and those whose result it
// counts in.
func (s *shows) revealing(b vote.Ballot) (out []*show) {
	for _, sh := range s.list() {
		if sh.id == b.Show || b.Show.Take() == 0 && sh.id.Take() == 0 && slices.Contains(sh.State().Counted(), b.ID) {
			out = append(out, sh)
		}
	}
	return out
}

// revealedIn are the shows that may reveal the result of one: itself, and the one that
// reveals its result.
func (s *shows) revealedIn(id contest.ShowID) []*show {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []*show
	for _, sh := range s.all {
		row := sh.row.Load()
		if sh.id == id || id.Take() == 0 && sh.id.Take() == 0 && row.Reveals != "" && contest.NewShow(row.Contest, row.Reveals, 0) == id {
			out = append(out, sh)
		}
	}
	return out
}

// state is how a show stands that runs here.
func (s *shows) state(id contest.ShowID) (*cue.State, error) {
	sh, err := s.current(id)
	if err != nil {
		return nil, err
	}
	return sh.State(), nil
}

// Report implements office.Shows.
func (s *shows) Report(ctx context.Context, id contest.ShowID) (in cue.Other, r cue.Report, err error) {
	if err := s.Known(id); err != nil {
		return in, r, err
	}
	for _, sh := range s.revealedIn(id) {
		if r, err = sh.Report(ctx); err == nil {
			return cue.Other{Show: sh.id, Title: sh.Info().Title}, r, nil
		}
	}
	return in, r, err
}
