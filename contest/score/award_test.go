package score

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hecai/contest"
)

var awardsForTest = []contest.Award{
	{ID: "first", Name: "一等奖", Quota: 1, Mode: contest.AwardOne},
	{ID: "second", Name: "二等奖", Quota: 2, Mode: contest.AwardOne},
	{ID: "excellence", Name: "优秀奖", Quota: 2, Mode: contest.AwardListed},
}

func TestAllocate(t *testing.T) {
	row := func(id string, rank int) Ranked { return Ranked{Entry: contest.EntryID(id), Rank: rank} }
	order := []contest.EntryID{"f", "e", "d", "c", "b", "a"}
	tests := []struct {
		name     string
		in       []Ranked
		winners  [][]contest.EntryID
		blockers []Blocker
	}{
		{"best first, the list in running order",
			[]Ranked{row("d", 4), row("e", 5), row("a", 1), row("b", 2), row("c", 3), row("f", 6)},
			[][]contest.EntryID{{"a"}, {"b", "c"}, {"e", "d"}}, nil},
		{"a tie inside a level is no matter",
			[]Ranked{row("a", 1), row("b", 2), row("c", 2), row("d", 4)},
			[][]contest.EntryID{{"a"}, {"c", "b"}, {"d"}}, nil},
		{"a tie at the edge blocks and is on no level",
			[]Ranked{row("a", 1), row("b", 1), row("c", 3), row("d", 4)},
			[][]contest.EntryID{{}, {"c"}, {"d"}}, []Blocker{{BlockTie, "first", []contest.EntryID{"b", "a"}}}},
		{"a tie for the last award blocks",
			[]Ranked{row("a", 1), row("b", 2), row("c", 3), row("d", 4), row("e", 5), row("f", 5)},
			[][]contest.EntryID{{"a"}, {"b", "c"}, {"d"}}, []Blocker{{BlockTie, "excellence", []contest.EntryID{"f", "e"}}}},
		{"a tie beyond the awards is no matter",
			[]Ranked{row("a", 1), row("b", 2), row("c", 3), row("d", 4), row("e", 5), row("f", 6), row("g", 6)},
			[][]contest.EntryID{{"a"}, {"b", "c"}, {"e", "d"}}, nil},
		{"the ineligible neither receive nor use up, a missing quorum blocks",
			[]Ranked{{Entry: "f", TieNote: NoteIneligible}, {Entry: "e", TieNote: NoteQuorum}, row("a", 1), row("b", 2)},
			[][]contest.EntryID{{"a"}, {"b"}, {}}, []Blocker{{BlockQuorum, "", []contest.EntryID{"e"}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Allocate(awardsForTest, tt.in, order)
			var winners [][]contest.EntryID
			for _, level := range got.Levels {
				winners = append(winners, level.Winners)
			}
			if diff := cmp.Diff(tt.winners, winners); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.blockers, got.Blockers); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAwardsNeverExceedTheirQuotas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawCandidates(t)
		ranked := Rank(ruleForTest, criteriaForTest, in)
		var order []contest.EntryID
		out := make(map[contest.EntryID]bool)
		for _, c := range in {
			order = append(order, c.Entry)
			out[c.Entry] = c.Ineligible || !c.Panel.Rankable
		}
		order = rapid.Permutation(order).Draw(t, "order")
		list := Allocate(awardsForTest, ranked, order)
		seen := make(map[contest.EntryID]bool)
		awarded := 0
		for _, level := range list.Levels {
			if len(level.Winners) > level.Quota {
				t.Fatalf("%s has %d winners for %d places", level.Name, len(level.Winners), level.Quota)
			}
			for _, id := range level.Winners {
				if seen[id] || out[id] {
					t.Fatalf("%s wins twice or may not win", id)
				}
				seen[id] = true
				awarded++
			}
		}
		eligible := 0
		for _, gone := range out {
			if !gone {
				eligible++
			}
		}
		tied := slices.ContainsFunc(list.Blockers, func(b Blocker) bool { return b.Code == BlockTie })
		if want := min(eligible, 5); !tied && awarded != want {
			t.Fatalf("%d awards for %d eligible entries", awarded, eligible)
		}
		again := Allocate(awardsForTest, rapid.Permutation(ranked).Draw(t, "shuffled"), order)
		if diff := cmp.Diff(list, again); diff != "" {
			t.Fatal(diff)
		}
		// Without those who may not win nothing changes but the blocker.
		kept := slices.DeleteFunc(slices.Clone(in), func(c Candidate) bool { return out[c.Entry] })
		without := Allocate(awardsForTest, Rank(ruleForTest, criteriaForTest, kept), order)
		if diff := cmp.Diff(fmt.Sprint(list.Levels), fmt.Sprint(without.Levels)); diff != "" {
			t.Fatal(diff)
		}
	})
}
