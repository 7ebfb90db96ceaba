// Package score turns sheets into panel scores, votes into points, both into a
// ranking, and the ranking into awards. All arithmetic is exact (integers in
// hundredths, or math/big.Rat) and is rounded once, by Decimal: the same input
// gives the same output, whatever its order.
package score

import (
	"cmp"
	"math/big"
	"slices"

	"hecai/contest"
)

// Total returns the weighted total of one sheet's marks, 0..100:
// Σ weight·mark/max. A missing mark counts as zero, so a draft shows what it
// has so far; Panel counts complete sheets only.
func Total(criteria []contest.Criterion, marks map[contest.CriterionID]contest.Mark) *big.Rat {
	sum := new(big.Rat)
	for _, c := range criteria {
		if c.Max > 0 {
			sum.Add(sum, big.NewRat(int64(c.Weight)*int64(marks[c.ID]), 100*int64(c.Max)))
		}
	}
	return sum
}

// Panel turns the sheets of one entry into its panel score. Sheets that
// are submitted or locked, and complete, count; drafts, recusals and absent
// judges do not, and are never imputed. assigned is the number of judges on the
// panel; it only sets the quorum when the rule names none. Of two sheets by one
// judge the newer counts. The order of sheets never matters.
func Panel(rule contest.Scoring, criteria []contest.Criterion, sheets []Sheet, assigned int) PanelScore {
	counted, recused := counting(criteria, sheets)
	n := len(counted)
	score := PanelScore{Counted: n, Totals: make([]JudgeTotal, n), Criteria: make(map[contest.CriterionID]*big.Rat)}
	score.Rankable = n >= Quorum(rule, assigned, recused)
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
	if rule.Trim == contest.TrimCriterion {
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
func counting(criteria []contest.Criterion, sheets []Sheet) (counted []Sheet, recused int) {
	latest := make(map[contest.JudgeID]Sheet, len(sheets))
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
func newer(criteria []contest.Criterion, a, b Sheet) bool {
	order := cmp.Or(cmp.Compare(a.Rev, b.Rev), cmp.Compare(a.UpdatedAt, b.UpdatedAt), cmp.Compare(a.State, b.State))
	for _, c := range criteria {
		order = cmp.Or(order, cmp.Compare(a.Marks[c.ID], b.Marks[c.ID]))
	}
	return order > 0
}

// Quorum is how many sheets an entry must have to be placed, with so many judges
// on its panel and so many of them recused.
func Quorum(rule contest.Scoring, assigned, recused int) int {
	if rule.Quorum > 0 {
		return max(contest.MinQuorum, rule.Quorum)
	}
	return max(contest.MinQuorum, (2*(assigned-recused)+2)/3)
}

// trimCount returns how many to drop on each side of n.
func trimCount(rule contest.Scoring, n int) int {
	switch {
	case rule.TrimWideFrom > 0 && n >= max(rule.TrimWideFrom, contest.MinTrimWide):
		return 2
	case rule.TrimFrom > 0 && n >= max(rule.TrimFrom, contest.MinTrim):
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

// JudgeTotal is one counted judge's weighted total, 0..100.
type JudgeTotal struct {
	Judge   contest.JudgeID
	Total   *big.Rat
	Dropped string // "", "high" or "low"
}

// PanelScore is what a panel says of one entry.
type PanelScore struct {
	Totals    []JudgeTotal                     // counted judges, by judge id
	Score     *big.Rat                         // after trimming, 0..100; nil when nobody counts
	Counted   int                              // judges counted, before trimming
	Rankable  bool                             // enough judges for a ranking
	Criteria  map[contest.CriterionID]*big.Rat // each criterion's own trimmed mean, in points
	Untrimmed *big.Rat                         // mean of all totals; nil when nobody counts
}
