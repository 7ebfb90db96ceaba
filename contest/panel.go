package contest

import (
	"cmp"
	"math/big"
	"slices"
)

// The least numbers of judges: below minQuorum nobody is ranked; trimming one
// of each side leaves at least one mark, and needs minTrim; two need
// minTrimWide.
const (
	minQuorum   = 3
	minTrim     = 4
	minTrimWide = 6
)

// Total returns the weighted total of one sheet's marks, 0..100:
// Σ weight·mark/max. A missing mark counts as zero, so a draft shows what it
// has so far; ScorePanel counts complete sheets only.
func Total(criteria []Criterion, marks map[CriterionID]Mark) *big.Rat {
	sum := new(big.Rat)
	for _, c := range criteria {
		if c.Max > 0 {
			sum.Add(sum, big.NewRat(int64(c.Weight)*int64(marks[c.ID]), 100*int64(c.Max)))
		}
	}
	return sum
}

// ScorePanel turns the sheets of one entry into its panel score. Sheets that
// are submitted or locked, and complete, count; drafts, recusals and absent
// judges do not, and are never imputed. assigned is the number of judges on the
// panel; it only sets the quorum when the rule names none. Of two sheets by one
// judge the newer counts. The order of sheets never matters.
func ScorePanel(rule Scoring, criteria []Criterion, sheets []Sheet, assigned int) PanelScore {
	counted, recused := counting(criteria, sheets)
	n := len(counted)
	score := PanelScore{Counted: n, Totals: make([]JudgeTotal, n), Criteria: make(map[CriterionID]*big.Rat)}
	score.Rankable = n >= quorum(rule, assigned, recused)
	if n == 0 {
		return score
	}
	totals := make([]*big.Rat, n)
	for i, s := range counted {
		totals[i] = Total(criteria, s.Marks)
		score.Totals[i] = JudgeTotal{Judge: s.Judge, Total: totals[i]}
	}
	score.Untrimmed = mean(totals)
	drop := trimCount(rule, n)
	byCriterion := new(big.Rat)
	for _, c := range criteria {
		marks := make([]*big.Rat, n)
		for i, s := range counted {
			marks[i] = big.NewRat(int64(s.Marks[c.ID]), 100)
		}
		trimmed, _ := trimmedMean(marks, drop)
		score.Criteria[c.ID] = trimmed
		if c.Max > 0 {
			byCriterion.Add(byCriterion, new(big.Rat).Mul(trimmed, big.NewRat(int64(c.Weight), int64(c.Max))))
		}
	}
	if rule.Trim == TrimCriterion {
		score.Score = byCriterion
		return score
	}
	var dropped []string
	score.Score, dropped = trimmedMean(totals, drop)
	for i := range score.Totals {
		score.Totals[i].Dropped = dropped[i]
	}
	return score
}

// counting returns the sheets that count, by judge id, and the number of
// recused judges.
func counting(criteria []Criterion, sheets []Sheet) (counted []Sheet, recused int) {
	latest := make(map[JudgeID]Sheet, len(sheets))
	for _, s := range sheets {
		if old, ok := latest[s.Judge]; !ok || newer(criteria, s, old) {
			latest[s.Judge] = s
		}
	}
	for _, s := range latest {
		switch {
		case s.State == SheetRecused:
			recused++
		case (s.State == SheetSubmitted || s.State == SheetLocked) && missing(criteria, s.Marks) == "":
			counted = append(counted, s)
		}
	}
	slices.SortFunc(counted, func(a, b Sheet) int { return cmp.Compare(a.Judge, b.Judge) })
	return counted, recused
}

// newer orders sheets of one judge; it looks at every field that could make a
// difference, so that the order of input can't.
func newer(criteria []Criterion, a, b Sheet) bool {
	order := cmp.Or(cmp.Compare(a.Rev, b.Rev), cmp.Compare(a.UpdatedAt, b.UpdatedAt), cmp.Compare(a.State, b.State))
	for _, c := range criteria {
		order = cmp.Or(order, cmp.Compare(a.Marks[c.ID], b.Marks[c.ID]))
	}
	return order > 0
}

func quorum(rule Scoring, assigned, recused int) int {
	if rule.Quorum > 0 {
		return max(minQuorum, rule.Quorum)
	}
	return max(minQuorum, (2*(assigned-recused)+2)/3)
}

// trimCount returns how many to drop on each side of n.
func trimCount(rule Scoring, n int) int {
	switch {
	case rule.TrimWideFrom > 0 && n >= max(rule.TrimWideFrom, minTrimWide):
		return 2
	case rule.TrimFrom > 0 && n >= max(rule.TrimFrom, minTrim):
		return 1
	}
	return 0
}

// trimmedMean drops the given number of values on each side and returns the
// mean of the rest with "", "high" or "low" for each value. Of equal extremes
// exactly as many are dropped as asked: the earlier ones among the highest, the
// later ones among the lowest, which can't be the same as long as some remain.
func trimmedMean(values []*big.Rat, drop int) (*big.Rat, []string) {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return values[b].Cmp(values[a]) })
	dropped := make([]string, len(values))
	kept := make([]*big.Rat, 0, len(values))
	for place, i := range order {
		switch {
		case place < drop:
			dropped[i] = "high"
		case place >= len(values)-drop:
			dropped[i] = "low"
		default:
			kept = append(kept, values[i])
		}
	}
	return mean(kept), dropped
}

// mean of at least one value.
func mean(values []*big.Rat) *big.Rat {
	sum := new(big.Rat)
	for _, v := range values {
		sum.Add(sum, v)
	}
	return sum.Quo(sum, big.NewRat(int64(len(values)), 1))
}
