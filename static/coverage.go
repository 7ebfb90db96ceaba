package static

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// drawn reads fonts/coverage.txt: every range of characters that the fonts of the
// venue screens have, in order.
func drawn() [][2]rune {
	text, err := tree.ReadFile("fonts/coverage.txt")
	if err != nil {
		return nil // the test of the manifest finds it
	}
	var out [][2]rune
	for line := range strings.Lines(string(text)) {
		from, to, is := strings.Cut(strings.TrimSpace(line), "-")
		if !is {
			to = from
		}
		a, _ := strconv.ParseInt(from, 16, 32)
		b, _ := strconv.ParseInt(to, 16, 32)
		out = append(out, [2]rune{rune(a), rune(b)})
	}
	return out
}

// Undrawn returns the characters of the text that the venue screens can draw only
// where the machine has a font of its own for them, each once.
func (s *Site) Undrawn(text string) string {
	var out []rune
	for _, r := range text {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || slices.Contains(out, r) {
			continue
		}
		_, found := slices.BinarySearchFunc(s.drawn, r, func(span [2]rune, r rune) int {
			switch {
			case span[1] < r:
				return -1
			case span[0] > r:
				return 1
			}
			return 0
		})
		if !found {
			out = append(out, r)
		}
	}
	return string(out)
}
