package score

import (
	"testing"

	"hecai/contest"
	"hecai/contest/plan"
)

// jilin is the built-in plan.
func jilin(t testing.TB) *contest.Plan {
	t.Helper()
	p, problems := plan.Parse(plan.Jilin2024)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p
}
