package score

import (
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hecai/contest"
)

var criteriaForTest = []contest.Criterion{
	{ID: "innovation", Weight: 30, Max: 100},
	{ID: "practicality", Weight: 30, Max: 100},
	{ID: "technology", Weight: 25, Max: 100},
	{ID: "sustainability", Weight: 15, Max: 100},
}

var ruleForTest = contest.Scoring{
	Trim: contest.TrimJudge, TrimFrom: 5, VoteMethod: contest.MethodRank, Floor: 60, SpreadMatch: true,
	Weights: contest.Weights{Jury: 85, Votes: 15}, Rounding: contest.RoundHalfUp, Places: 2,
}

// candidate has one set of marks (in points, by criterion) per judge.
func candidate(id string, votes int64, marks ...[4]int64) Candidate {
	var sheets []Sheet
	for j, list := range marks {
		s := Sheet{Judge: contest.JudgeID(fmt.Sprint("j", j)), State: SheetSubmitted, Marks: map[contest.CriterionID]contest.Mark{}}
		for i, c := range criteriaForTest {
			s.Marks[c.ID] = contest.Mark(list[i] * 100)
		}
		sheets = append(sheets, s)
	}
	return Candidate{
		Entry: contest.EntryID(id), Votes: votes,
		Panel: Panel(ruleForTest, criteriaForTest, sheets, len(marks)),
	}
}

func summary(rows []Ranked) (out []string) {
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%d %s %s", r.Rank, r.Entry, r.TieNote))
	}
	return out
}

func same(v int64) [4]int64 { return [4]int64{v, v, v, v} }

func TestRankBreaksExactTies(t *testing.T) {
	juryOnly := ruleForTest
	juryOnly.Weights = contest.Weights{Jury: 100}
	three := func(id string, votes int64, a, b, c int64) Candidate {
		return candidate(id, votes, same(a), same(b), same(c))
	}
	chair := three("b", 0, 80, 80, 80)
	chair.Chair = 1
	gone := three("z", 99, 99, 99, 99)
	gone.Ineligible = true
	tests := []struct {
		name string
		rule contest.Scoring
		in   []Candidate
		want []string
	}{
		{"higher total first", juryOnly, []Candidate{three("a", 0, 80, 80, 80), three("b", 0, 81, 80, 80)},
			[]string{"1 b ", "2 a "}},
		{"then the first criterion", juryOnly, []Candidate{
			candidate("a", 0, same(80), same(80), same(80)),
			candidate("b", 0, same(80), same(80), [4]int64{81, 79, 80, 80})},
			[]string{"1 b criterion:innovation", "2 a criterion:innovation"}},
		{"then head to head", juryOnly, []Candidate{three("a", 0, 79, 79, 82), three("b", 0, 80, 80, 80)},
			[]string{"1 b head_to_head", "2 a head_to_head"}},
		{"then votes", juryOnly, []Candidate{three("a", 1, 80, 80, 80), three("b", 2, 80, 80, 80)},
			[]string{"1 b votes", "2 a votes"}},
		{"then the chair", juryOnly, []Candidate{three("a", 0, 80, 80, 80), chair},
			[]string{"1 b chair", "2 a chair"}},
		{"else the rank is shared, 1-2-2-4", juryOnly,
			[]Candidate{three("d", 0, 70, 70, 70), three("c", 0, 80, 80, 80), three("b", 0, 80, 80, 80), three("a", 0, 90, 90, 90)},
			[]string{"1 a ", "2 b unbroken", "2 c unbroken", "4 d "}},
		{"without a place: too few judges, out of the contest", juryOnly,
			[]Candidate{gone, candidate("y", 0, same(90), same(90)), three("a", 0, 80, 80, 80)},
			[]string{"1 a ", "0 y quorum", "0 z ineligible"}},
		{"nobody", juryOnly, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, summary(Rank(tt.rule, criteriaForTest, tt.in))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheUntrimmedMeanBreaksTies(t *testing.T) {
	juryOnly := ruleForTest
	juryOnly.Weights = contest.Weights{Jury: 100}
	in := []Candidate{
		candidate("a", 9, same(70), same(80), same(80), same(80), same(90)),
		candidate("b", 0, same(75), same(80), same(80), same(80), same(90)),
	}
	want := []string{"1 b untrimmed", "2 a untrimmed"}
	if diff := cmp.Diff(want, summary(Rank(juryOnly, criteriaForTest, in))); diff != "" {
		t.Error(diff)
	}
}

func TestAWithdrawnEntryMovesNobodysPoints(t *testing.T) {
	in := []Candidate{
		candidate("a", 10, same(80), same(82), same(84)), candidate("b", 20, same(85), same(85), same(85)),
	}
	gone := candidate("c", 15, same(99), same(99), same(99))
	gone.Ineligible = true
	alone := Rank(ruleForTest, criteriaForTest, in)
	beside := Rank(ruleForTest, criteriaForTest, append(slices.Clone(in), gone))
	ratEqual := cmp.Comparer(func(a, b *big.Rat) bool { return a == b || a != nil && b != nil && a.Cmp(b) == 0 })
	if diff := cmp.Diff(alone, beside[:2], ratEqual); diff != "" {
		t.Error(diff)
	}
}

// drawCandidates makes few distinct marks, so that ties are common.
func drawCandidates(t *rapid.T) []Candidate {
	n := rapid.IntRange(0, 12).Draw(t, "entries")
	out := make([]Candidate, n)
	for i := range out {
		var marks [][4]int64
		for range rapid.IntRange(2, 7).Draw(t, "judges") {
			v := rapid.Int64Range(80, 82).Draw(t, "mark")
			marks = append(marks, [4]int64{v, v, rapid.Int64Range(80, 81).Draw(t, "third"), v})
		}
		out[i] = candidate(fmt.Sprintf("e%02d", i), rapid.Int64Range(0, 3).Draw(t, "votes"), marks...)
		out[i].Ineligible = rapid.IntRange(0, 5).Draw(t, "out") == 0
	}
	return out
}

func TestOrderOfInputNeverChangesTheRanking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawCandidates(t)
		shuffled := rapid.Permutation(in).Draw(t, "shuffled")
		a, b := Rank(ruleForTest, criteriaForTest, in), Rank(ruleForTest, criteriaForTest, shuffled)
		if diff := cmp.Diff(summary(a), summary(b)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestRenamingEntriesRenamesTheRanking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawCandidates(t)
		ids := make([]contest.EntryID, len(in))
		for i, c := range in {
			ids[i] = c.Entry
		}
		swapped := rapid.Permutation(ids).Draw(t, "names")
		rename := make(map[contest.EntryID]contest.EntryID)
		renamed := slices.Clone(in)
		for i := range renamed {
			rename[ids[i]] = swapped[i]
			renamed[i].Entry = swapped[i]
		}
		ranks := func(rows []Ranked) map[contest.EntryID]string {
			out := make(map[contest.EntryID]string)
			for _, r := range rows {
				out[r.Entry] = fmt.Sprint(r.Rank, r.TieNote, Decimal(r.Total, 9, contest.RoundHalfUp))
			}
			return out
		}
		want := make(map[contest.EntryID]string)
		for id, r := range ranks(Rank(ruleForTest, criteriaForTest, in)) {
			want[rename[id]] = r
		}
		if diff := cmp.Diff(want, ranks(Rank(ruleForTest, criteriaForTest, renamed))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestOrderOfSheetsNeverChangesThePanel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sheets []Sheet
		for range rapid.IntRange(0, 12).Draw(t, "sheets") {
			s := Sheet{
				Judge: contest.JudgeID(rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g", "h", "i"}).Draw(t, "judge")),
				Rev:   rapid.Int64Range(0, 1).Draw(t, "rev"),
				State: rapid.SampledFrom([]SheetState{SheetDraft, SheetSubmitted, SheetLocked, SheetRecused}).Draw(t, "state"),
				Marks: map[contest.CriterionID]contest.Mark{},
			}
			for _, c := range criteriaForTest {
				if rapid.IntRange(0, 9).Draw(t, "missing") > 0 {
					s.Marks[c.ID] = contest.Mark(rapid.Int64Range(8000, 8100).Draw(t, "mark"))
				}
			}
			sheets = append(sheets, s)
		}
		rule := ruleForTest
		rule.Trim = rapid.SampledFrom([]string{contest.TrimJudge, contest.TrimCriterion}).Draw(t, "trim")
		rule.TrimWideFrom = rapid.SampledFrom([]int{0, 7}).Draw(t, "wide")
		show := func(p PanelScore) string {
			text := fmt.Sprint(p.Counted, p.Rankable, p.Score, p.Untrimmed)
			for _, jt := range p.Totals {
				text += fmt.Sprint(" ", jt.Judge, jt.Total, jt.Dropped)
			}
			for _, c := range criteriaForTest {
				text += fmt.Sprint(" ", p.Criteria[c.ID])
			}
			return text
		}
		a := Panel(rule, criteriaForTest, sheets, 9)
		b := Panel(rule, criteriaForTest, rapid.Permutation(sheets).Draw(t, "shuffled"), 9)
		if show(a) != show(b) {
			t.Fatalf("%s\n%s", show(a), show(b))
		}
		for _, jt := range a.Totals {
			if jt.Total.Sign() < 0 || jt.Total.Cmp(big.NewRat(100, 1)) > 0 {
				t.Fatalf("total %v", jt.Total)
			}
		}
	})
}

// TestWithoutVotesTheJuryDecidesAlone: whatever the rule, when nobody has a vote
// the total is the jury's score, to the last digit.
func TestWithoutVotesTheJuryDecidesAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := contest.Scoring{
			Weights: contest.Weights{Jury: 85, Votes: 15}, Quorum: 3, Floor: rapid.IntRange(0, 90).Draw(t, "floor"), Places: 2, Rounding: contest.RoundHalfUp,
			VoteMethod:  rapid.SampledFrom([]string{contest.MethodRank, contest.MethodShare, contest.MethodMaxRatio, contest.MethodMinMax}).Draw(t, "method"),
			SpreadMatch: rapid.Bool().Draw(t, "spread"),
		}
		var in []Candidate
		for i := range rapid.IntRange(1, 8).Draw(t, "entries") {
			var marks [][4]int64
			for range 3 {
				m := rapid.Int64Range(0, 100).Draw(t, "mark")
				marks = append(marks, [4]int64{m, m, m, m})
			}
			c := candidate(fmt.Sprintf("e%02d", i), 0, marks...)
			if i > 0 && rapid.IntRange(0, 3).Draw(t, "out") == 0 { // votes of those who are not ranked count for nothing
				c.Votes, c.LeftOut = 5, true
			}
			in = append(in, c)
		}
		for _, row := range Rank(rule, criteriaForTest, in) {
			switch {
			case row.TieNote == NoteLeftOut:
				if row.Rank != 0 || row.Total != nil {
					t.Fatalf("left out, and yet %+v", row)
				}
			case row.Total.Cmp(row.Jury) != 0 || row.VotePoints != nil:
				t.Fatalf("%s: jury %s, total %s, vote points %v", row.Entry, row.Jury, row.Total, row.VotePoints)
			}
		}
	})
}
