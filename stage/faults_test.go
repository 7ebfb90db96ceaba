package stage_test

import (
	"context"

	"hecai/contest"
	"hecai/stage"
	"hecai/stage/cue"
)

// prefix is a record that has only so many facts.
type prefix struct {
	stage.Store
	facts []cue.Fact
}

func (p prefix) LoadFacts(context.Context, contest.SessionID, int64) ([]cue.Fact, error) {
	return p.facts, nil
}
