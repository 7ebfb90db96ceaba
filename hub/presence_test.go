package hub

import (
	"fmt"
	"testing"

	"golang.org/x/time/rate"
)

// TestPresenceCostsTheCrew: who asks for the crew does not walk through the house:
// a hall of phones makes it no dearer.
func TestPresenceCostsTheCrew(t *testing.T) {
	h := New(Config{Kept: []int{10}, Rank: func(id Identity) int { return len(id.Name) }})
	join := func(n int, role, name string) {
		for i := range n {
			c := &Conn{Identity: Identity{Role: role, Name: name, Session: "final"}, network: fmt.Sprint(i), hub: h,
				limit: rate.NewLimiter(1, 1), pending: map[*topic]*delta{}, topics: map[*topic]*place{}}
			if !h.add(c) {
				t.Fatal("no place")
			}
			h.topic("stage/final").join(c, 0, false)
		}
	}
	join(5, "screen", "m")
	ask := func() float64 {
		return testing.AllocsPerRun(20, func() {
			if p := h.Present("final"); len(p) != 1 || p[0].Sockets != 5 || len(h.Crew()) != 5 {
				t.Fatalf("present: %+v", p)
			}
			h.Crowd("stage/final", "audience", "visitor")
		})
	}
	alone := ask()
	join(2000, "audience", "")
	if n := h.Crowd("stage/final", "audience", "visitor"); n != 2000 {
		t.Errorf("%d in the audience, want 2000", n)
	}
	if full := ask(); full != alone {
		t.Errorf("%v allocations with 2000 phones, %v without", full, alone)
	}
}

// TestAStormOfChangesIsSmall: however often a topic changes before it is asked
// for, the hub remembers one name.
func TestAStormOfChangesIsSmall(t *testing.T) {
	h := New(Config{})
	h.Changed("ballot/a")
	if n := testing.AllocsPerRun(1_000_000, func() { h.Changed("ballot/a") }); n != 0 {
		t.Errorf("%v allocations a change", n)
	}
	if len(h.asking.topics) != 1 || len(h.asking.fresh) != 1 {
		t.Errorf("%d topics and %d names are remembered, want one", len(h.asking.topics), len(h.asking.fresh))
	}
}
