package score

import (
	"math/big"
	"strings"

	"hecai/contest"
)

// Decimal writes r with the given number of decimals, "87.89". It is the one
// place of rounding: results are kept exact and never rounded twice. "half_up"
// rounds a half away from zero (四舍五入); "gbt8170" rounds a half to the even
// digit (GB/T 8170, 四舍六入五成双). A nil r gives "".
func Decimal(r *big.Rat, places int, rounding string) string {
	if r == nil {
		return ""
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(places, 0))), nil)
	scaled := new(big.Int).Mul(new(big.Int).Abs(r.Num()), scale)
	whole, rest := new(big.Int).QuoRem(scaled, r.Denom(), new(big.Int))
	half := rest.Lsh(rest, 1).Cmp(r.Denom())
	if half > 0 || half == 0 && (rounding != contest.RoundGBT8170 || whole.Bit(0) == 1) {
		whole.Add(whole, big.NewInt(1))
	}
	digits := whole.String()
	if pad := places + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	if places > 0 {
		digits = digits[:len(digits)-places] + "." + digits[len(digits)-places:]
	}
	if r.Sign() < 0 && whole.Sign() != 0 {
		digits = "-" + digits
	}
	return digits
}

// maxPlaces is how far DecimalsApart goes to tell two results apart.
const maxPlaces = 4

// DecimalsApart writes the values as Decimal does, but gives those that differ
// and would look the same as many decimals as tell them apart, up to four, as
// boards do. nil values give "".
func DecimalsApart(values []*big.Rat, places int, rounding string) []string {
	out := make([]string, len(values))
	alike := make(map[string][]int)
	for i, v := range values {
		out[i] = Decimal(v, places, rounding)
		alike[out[i]] = append(alike[out[i]], i)
	}
	for _, group := range alike {
		for p := places + 1; p <= maxPlaces && hidesDifference(values, out, group); p++ {
			for _, i := range group {
				out[i] = Decimal(values[i], p, rounding)
			}
		}
	}
	return out
}

// hidesDifference reports whether two values of the group differ but read the
// same.
func hidesDifference(values []*big.Rat, texts []string, group []int) bool {
	first := make(map[string]*big.Rat, len(group))
	for _, i := range group {
		other, ok := first[texts[i]]
		if !ok {
			first[texts[i]] = values[i]
			continue
		}
		if values[i] != nil && values[i].Cmp(other) != 0 {
			return true
		}
	}
	return false
}
