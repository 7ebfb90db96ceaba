package score

import (
	"encoding/json"
	"math/big"
	"os"
	"slices"
	"testing"

	"hecai/contest"
)

type vectors struct {
	Marks map[contest.JudgeID][]int64
	V1    struct {
		Totals []string
		Mean   string
	}
	V2 struct {
		Score     string
		High, Low contest.JudgeID
	}
	V3 struct {
		Criteria []string
		Score    string
	}
	V4 struct {
		Recused, Absent, Low contest.JudgeID
		Counted              int
		Score                string
	}
	V5 []struct {
		In      string
		HalfUp  string `json:"half_up"`
		GBT8170 string `json:"gbt8170"`
	}
	V6 []struct {
		Votes    []int64
		Share    []string
		MaxRatio []string `json:"max_ratio"`
		MinMax   []string `json:"min_max"`
		Rank     []string
	}
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func sheetsOf(plan *contest.Plan, marks map[contest.JudgeID][]int64) []Sheet {
	var out []Sheet
	for judge, list := range marks {
		s := Sheet{Judge: judge, State: SheetLocked, Rev: 1, Marks: map[contest.CriterionID]contest.Mark{}}
		for i, c := range plan.Criteria {
			s.Marks[c.ID] = contest.Mark(list[i] * 100)
		}
		out = append(out, s)
	}
	return out
}

func rat(t testing.TB, s string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("%q is no number", s)
	}
	return r
}

func equal(t testing.TB, what string, got *big.Rat, want string) {
	t.Helper()
	if got == nil || got.Cmp(rat(t, want)) != 0 {
		t.Errorf("%s = %v, want %s", what, got, want)
	}
}

func dropped(p PanelScore, which string) contest.JudgeID {
	for _, jt := range p.Totals {
		if jt.Dropped == which {
			return jt.Judge
		}
	}
	return ""
}

func TestVectorsOfThePanel(t *testing.T) {
	v, plan := readVectors(t), jilin(t)
	sheets := sheetsOf(plan, v.Marks)
	a := Panel(plan.Scoring, plan.Criteria, sheets, 7)
	for i, want := range v.V1.Totals {
		equal(t, "V1 total of "+string(a.Totals[i].Judge), a.Totals[i].Total, want)
	}
	equal(t, "V1 mean", a.Untrimmed, v.V1.Mean)
	equal(t, "V2 score", a.Score, v.V2.Score)
	if h, l := dropped(a, "high"), dropped(a, "low"); h != v.V2.High || l != v.V2.Low {
		t.Errorf("V2 drops %s and %s, want %s and %s", h, l, v.V2.High, v.V2.Low)
	}

	byCriterion := plan.Scoring
	byCriterion.Trim = contest.TrimCriterion
	b := Panel(byCriterion, plan.Criteria, sheets, 7)
	for i, want := range v.V3.Criteria {
		id := plan.Criteria[i].ID
		equal(t, "V3 "+string(id), b.Criteria[id], want)
	}
	equal(t, "V3 score", b.Score, v.V3.Score)
	if h := dropped(b, "high"); h != "" {
		t.Errorf("V3 drops the whole sheet of %s", h)
	}
}

func TestVectorOfMissingJudges(t *testing.T) {
	v, plan := readVectors(t), jilin(t)
	sheets := sheetsOf(plan, v.Marks)
	for i := range sheets {
		switch sheets[i].Judge {
		case v.V4.Recused:
			sheets[i].State = SheetRecused
		case v.V4.Absent:
			sheets[i].State = SheetDraft
		}
	}
	for _, quorum := range []int{0, 5} {
		rule := plan.Scoring
		rule.Quorum = quorum
		p := Panel(rule, plan.Criteria, sheets, 7)
		equal(t, "V4 score", p.Score, v.V4.Score)
		if p.Counted != v.V4.Counted || !p.Rankable {
			t.Errorf("V4 counts %d, rankable %v", p.Counted, p.Rankable)
		}
		drops := 0
		for _, jt := range p.Totals {
			if jt.Dropped != "" {
				drops++
			}
		}
		if l := dropped(p, "low"); l != v.V4.Low || drops != 2 {
			t.Errorf("V4 drops %d sheets, the low one of %s", drops, l)
		}
	}
}

func TestVectorsOfRounding(t *testing.T) {
	for _, v := range readVectors(t).V5 {
		if got := Decimal(rat(t, v.In), 2, contest.RoundHalfUp); got != v.HalfUp {
			t.Errorf("half up: %s → %s, want %s", v.In, got, v.HalfUp)
		}
		if got := Decimal(rat(t, v.In), 2, contest.RoundGBT8170); got != v.GBT8170 {
			t.Errorf("GB/T 8170: %s → %s, want %s", v.In, got, v.GBT8170)
		}
	}
}

func TestVectorsOfVotes(t *testing.T) {
	for _, v := range readVectors(t).V6 {
		for method, want := range map[string][]string{
			contest.MethodShare: v.Share, contest.MethodMaxRatio: v.MaxRatio, contest.MethodMinMax: v.MinMax, contest.MethodRank: v.Rank,
		} {
			if want == nil {
				continue
			}
			var got []string
			for _, p := range VotePoints(method, 60, v.Votes) {
				got = append(got, Decimal(p, 2, contest.RoundHalfUp))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s of %v = %v, want %v", method, v.Votes, got, want)
			}
		}
	}
}

func TestVotePointsWhereNothingTellsApart(t *testing.T) {
	tests := []struct {
		method string
		votes  []int64
		want   string
	}{
		{contest.MethodRank, []int64{0}, "100"},
		{contest.MethodRank, []int64{7, 7, 7}, "80"},
		{contest.MethodShare, []int64{0, 0}, "0"},
		{contest.MethodMaxRatio, []int64{0, 0}, "0"},
		{contest.MethodMinMax, []int64{3, 3}, "100"},
	}
	for _, tt := range tests {
		for _, got := range VotePoints(tt.method, 60, tt.votes) {
			equal(t, tt.method, got, tt.want)
		}
	}
	if got := VotePoints(contest.MethodRank, 60, nil); len(got) != 0 {
		t.Errorf("no votes give %v", got)
	}
}

func TestMatchSpread(t *testing.T) {
	jury := []*big.Rat{rat(t, "90"), rat(t, "88"), rat(t, "86")}
	votes := []*big.Rat{rat(t, "60"), rat(t, "80"), rat(t, "100")}
	got := matchSpread(jury, votes)
	for i, want := range []string{"86", "88", "90"} { // σ_J/σ_V is exactly 1/10
		equal(t, "matched", got[i], want)
	}
	for _, p := range matchSpread(jury, []*big.Rat{rat(t, "80"), rat(t, "80"), rat(t, "80")}) {
		equal(t, "without spread", p, "88")
	}
	// √2 = 1.41421…, rounded down to 1.4142.
	equal(t, "factor", spreadFactor(rat(t, "2"), rat(t, "1")), "1.4142")
	equal(t, "exact factor", spreadFactor(rat(t, "9/4"), rat(t, "1")), "1.5")
}

func TestDecimalsApart(t *testing.T) {
	in := []*big.Rat{rat(t, "88.1201"), rat(t, "88.1204"), rat(t, "88.12"), rat(t, "88.12"), nil, rat(t, "90")}
	want := []string{"88.1201", "88.1204", "88.1200", "88.1200", "", "90.00"}
	if got := DecimalsApart(in, 2, contest.RoundHalfUp); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Decimal(rat(t, "88.5"), 0, contest.RoundGBT8170); got != "88" {
		t.Errorf("no places: %s", got)
	}
}
