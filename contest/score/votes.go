package score

import (
	"math/big"
	"slices"

	"hecai/contest"
)

// spreadUnit is the denominator of the factor in MatchSpread.
const spreadUnit = 10_000

// VotePoints turns counts of valid votes into points, 0..100, in the order of
// the input. floor is the least that "rank" and "min_max" give.
//
//	share      100·v/Σv
//	max_ratio  100·v/max
//	min_max    L+(100−L)(v−min)/(max−min)
//	rank       L+(100−L)(N−r)/(N−1), r the mid-rank: ties share the average place
//
// rank is the default because fraud then moves its neighbours by one place
// only. Where a formula divides by zero nothing tells the entries apart: share
// and max_ratio give 0 to all, min_max and a lone entry under rank give 100. An
// unknown method counts as rank.
func VotePoints(method string, floor int, votes []int64) []*big.Rat {
	if len(votes) == 0 {
		return nil
	}
	switch method {
	case contest.MethodShare:
		sum := new(big.Rat)
		for _, v := range votes {
			sum.Add(sum, big.NewRat(v, 1))
		}
		return scale(votes, 0, sum, 0, 0)
	case contest.MethodMaxRatio:
		return scale(votes, 0, big.NewRat(slices.Max(votes), 1), 0, 0)
	case contest.MethodMinMax:
		low := slices.Min(votes)
		span := big.NewRat(slices.Max(votes), 1)
		return scale(votes, low, span.Sub(span, big.NewRat(low, 1)), int64(floor), 100)
	}
	return rankPoints(floor, votes)
}

// scale returns floor + (100−floor)(v−low)/span, and flat for all when the span
// is zero.
func scale(votes []int64, low int64, span *big.Rat, floor, flat int64) []*big.Rat {
	out := make([]*big.Rat, len(votes))
	for i, v := range votes {
		if span.Sign() == 0 {
			out[i] = big.NewRat(flat, 1)
			continue
		}
		p := new(big.Rat).Sub(big.NewRat(v, 1), big.NewRat(low, 1))
		p.Quo(p, span).Mul(p, big.NewRat(100-floor, 1))
		out[i] = p.Add(p, big.NewRat(floor, 1))
	}
	return out
}

func rankPoints(floor int, votes []int64) []*big.Rat {
	out := make([]*big.Rat, len(votes))
	n := int64(len(votes))
	if n == 1 {
		out[0] = big.NewRat(100, 1)
		return out
	}
	sorted := slices.Clone(votes)
	slices.Sort(sorted)
	for i, v := range votes {
		first, _ := slices.BinarySearch(sorted, v)
		after, _ := slices.BinarySearch(sorted, v+1)
		// Counted from the bottom, the places first+1..after average to
		// (first+1+after)/2, so that N−r = (first+after−1)/2.
		below := big.NewRat(int64(first+after-1), 2)
		below.Mul(below, big.NewRat(100-int64(floor), n-1))
		out[i] = below.Add(below, big.NewRat(int64(floor), 1))
	}
	return out
}

// MatchSpread gives the vote points the jury's own mean and spread, so that the
// nominal weight of the votes is about the effective one:
// V* = μ_J + k·(V−μ_V), with k = σ_J/σ_V rounded down to 1/10000, so that every
// verifier gets the same result without a square root of its own. Points may
// leave 0..100. Without any spread of votes all get μ_J. Both lists are in the
// same order and of the same length.
func matchSpread(jury, votes []*big.Rat) []*big.Rat {
	if len(votes) == 0 {
		return nil
	}
	meanJ, meanV := mean(jury), mean(votes)
	k := spreadFactor(squares(jury, meanJ), squares(votes, meanV))
	out := make([]*big.Rat, len(votes))
	for i, v := range votes {
		p := new(big.Rat).Sub(v, meanV)
		p.Mul(p, k)
		out[i] = p.Add(p, meanJ)
	}
	return out
}

// squares returns the sum of squared distances from the mean.
func squares(values []*big.Rat, mean *big.Rat) *big.Rat {
	sum := new(big.Rat)
	for _, v := range values {
		d := new(big.Rat).Sub(v, mean)
		sum.Add(sum, d.Mul(d, d))
	}
	return sum
}

// spreadFactor returns √(a/b) rounded down to a multiple of 1/spreadUnit, 0 for
// b = 0.
func spreadFactor(a, b *big.Rat) *big.Rat {
	if b.Sign() == 0 {
		return new(big.Rat)
	}
	q := new(big.Rat).Quo(a, b)
	q.Mul(q, big.NewRat(spreadUnit*spreadUnit, 1))
	// ⌊√x⌋ = ⌊√⌊x⌋⌋ for whole results, so integer arithmetic is exact here.
	root := new(big.Int).Quo(q.Num(), q.Denom())
	root.Sqrt(root)
	return new(big.Rat).SetFrac(root, big.NewInt(spreadUnit))
}
