package cue

import (
	"encoding/json"
	"strings"
	"testing"

	"hecai/contest"
)

// TestNobodyIsAnnouncedForAVacantPlace: when a place or a whole level turns out
// vacant, the prompter says so, and never reads the line of a winner with holes
// in it.
func TestNobodyIsAnnouncedForAVacantPlace(t *testing.T) {
	plan := &contest.Plan{Awards: []contest.Award{{ID: "third", Name: "三等奖", Quota: 2, Mode: contest.AwardOne}, {ID: "merit", Name: "优秀奖", Quota: 9, Mode: contest.AwardListed}}}
	line := map[string]string{"turn": "获得{award}的是：《{winner}》，来自{winnerLead}！"}
	r := Rundown{Session: "final", Cues: []Cue{
		{ID: "third", Lines: line, Actions: []Action{{Kind: doReveal, What: RevealAward, Award: "third"}}},
		{ID: "merit", Line: "获得{award}的是{winners}。", Actions: []Action{{Kind: doReveal, What: RevealAward, Award: "merit"}}},
	}}
	hold := func(place int) awardHeld {
		return awardHeld{Award: "third", Name: "三等奖", Mode: "one", Quota: 2, Place: place, Of: 2}
	}
	merit := awardHeld{Award: "merit", Name: "优秀奖", Mode: string(contest.AwardListed), Quota: 9}
	won := []Winner{{Entry: "E1", Title: "示例", Lead: "示例单位"}}
	for _, tc := range []struct {
		name, cue string
		step      int
		facts     []Body
		vacant    string
		line      string
	}{
		{"held", "third", 1, []Body{hold(2)}, "", ""},
		{"a vacant place", "third", 2, []Body{hold(2), awardRevealed{awardHeld: hold(2)}}, "三等奖", ""},
		{"a place with a winner", "third", 4, []Body{awardRevealed{awardHeld: hold(2)}, awardRevealed{awardHeld: hold(1), Winners: won}}, "", "获得三等奖的是：《示例》，来自示例单位！"},
		{"an empty list", "merit", 1, []Body{awardRevealed{awardHeld: merit}}, "优秀奖", ""},
		{"a list", "merit", 1, []Body{awardRevealed{awardHeld: merit, Winners: won}}, "", "获得优秀奖的是示例。"},
	} {
		s := NewState(r, Catalog{Plan: plan, Entries: []contest.Entry{{ID: "E1", State: contest.Qualified}, {ID: "E2", State: contest.Qualified}}})
		for i, b := range append([]Body{cueFired{Cue: tc.cue, Step: tc.step, Steps: 9}}, tc.facts...) {
			f := Make(b)
			f.Seq = int64(i + 1)
			if err := s.Apply(f); err != nil {
				t.Fatal(err)
			}
		}
		h := Host(s)
		if h.Now.Vacant != tc.vacant {
			t.Errorf("%s: vacant %q, want %q", tc.name, h.Now.Vacant, tc.vacant)
		}
		if tc.line != "" && h.Now.Line != tc.line {
			t.Errorf("%s: line %q, want %q", tc.name, h.Now.Line, tc.line)
		}
		raw, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		if tc.line != "" && strings.Contains(string(raw), "《……》") {
			t.Errorf("%s: %s", tc.name, raw)
		}
	}
}
