package cue

import (
	"testing"

	"hecai/contest"
	"hecai/contest/plan"
	"hecai/vote"
)

// sampleCatalog is the demo's world: the plan of record and the sample entries.
func sampleCatalog(tb testing.TB, ballots ...vote.BallotID) Catalog {
	tb.Helper()
	plan, problems := plan.Parse(plan.Jilin2024)
	if len(problems) > 0 {
		tb.Fatal(problems[0].Error())
	}
	entries, judges := contest.Sample()
	return Catalog{Plan: plan, Entries: entries, Judges: judges, Ballots: ballots}
}

func demoRundown() Rundown {
	return Demo(DemoIDs{Session: "final", Title: "示例决赛", Entry: "s22", Ballot: "live", Counted: "live"})
}

func TestDemoIsSoundAndTakesThreeMinutes(t *testing.T) {
	c := sampleCatalog(t, "live")
	r := demoRundown()
	for _, p := range r.Validate(c) {
		t.Error(p.Error())
	}
	s, total := NewState(r, c), 0
	for i := range r.Cues {
		cue := &r.Cues[i]
		steps := s.steps(cue)
		total += cue.Auto
		if cue.AutoStep > 0 {
			total += (steps - 1) * cue.AutoStep
		}
		if cue.AutoStep == 0 && steps > 1 {
			t.Errorf("cue %s has %d steps and no pace", cue.ID, steps)
		}
	}
	if total < 165 || total > 190 {
		t.Errorf("autoplay takes %d s, want about 180", total)
	}
}
