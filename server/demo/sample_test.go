package demo

import (
	"testing"

	"hecai/contest"
	"hecai/contest/plan"
)

// TestSampleLevelsDiffer keeps the demo from hanging on an award that only the
// organisers could decide.
func TestSampleLevelsDiffer(t *testing.T) {
	plan, problems := plan.Parse(plan.Jilin2024)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	entries, _ := contest.Sample()
	if len(entries) > tonightsLevel {
		t.Fatalf("%d entries reach the level of tonight's", len(entries))
	}
	for judge := range 7 {
		seen := map[contest.Mark]int{}
		for level := range tonightsLevel + 1 {
			m := sampleMarks(plan.Criteria, level, judge)
			for _, c := range plan.Criteria {
				if m[c.ID] < 7000 || m[c.ID] > contest.Mark(c.Max)*100 {
					t.Errorf("level %d, judge %d: mark %d", level, judge, m[c.ID])
				}
			}
			first := m[plan.Criteria[0].ID]
			if other, ok := seen[first]; ok {
				t.Errorf("levels %d and %d have the same mark %d", other, level, first)
			}
			seen[first] = level
		}
	}
}
