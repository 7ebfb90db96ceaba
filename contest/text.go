package contest

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Three forms of a text. Tidy is how it is kept, Legible says whether it may be
// kept, Fold is how it is compared. Every name and every line of text that comes
// in passes through here, whichever way it came.

// Tidy returns the text as it is kept: every line end is a line feed, a tab is a
// space, a radical is the character that it looks like (PDF copies have them),
// and what shows as nothing or turns the reading direction is dropped. A joiner
// stays where it has a meaning: within an emoji, and between letters of scripts
// that join. Control characters stay too: see Legible. Tidy of Tidy is Tidy.
func Tidy(s string) string {
	if plainASCII(s) {
		return s
	}
	in := []rune(lineEnds.Replace(s))
	out := make([]rune, 0, len(in))
	for i, r := range in {
		switch to := shown(r); {
		case isJoiner(r):
			if next := nextShown(in[i+1:]); next > 0 && joins(base(out), next) {
				out = append(out, r)
			}
		case isSelector(r):
			if n := len(out); n > 0 && selects(out[n-1], r) {
				out = append(out, r)
			}
		case isTag(r):
			if tagged(out) {
				out = append(out, r)
			}
		case to >= 0:
			out = append(out, to)
		}
	}
	for n := len(out); n > 0 && isJoiner(out[n-1]); n-- { // what it joined was dropped
		out = out[:n-1]
	}
	return string(out)
}

// Legible reports whether the text holds nothing but what shows: it is UTF-8, has
// no control character but the line feed, and Tidy would change nothing.
func Legible(s string) bool {
	return utf8.ValidString(s) && !HasControl(s) && Tidy(s) == s
}

// HasControl reports whether a control character other than the line feed is in
// the text. No text may hold one: some databases can't store it, and none shows.
func HasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' })
}

// OneLine is Tidy for a text of one line: blanks and line ends become one space.
func OneLine(s string) string { return strings.Join(strings.Fields(Tidy(s)), " ") }

// Fold returns the one form in which names, codes and the like are compared:
// texts that look alike have the same. It is the compatibility form (NFKC, so
// full-width and half-width are one) in lower case, without blanks and joiners,
// all round and square brackets, middle dots, dashes and quotes being one each.
// It is a key and never shown. Fold of Fold is Fold.
func Fold(s string) string {
	s = Tidy(s)
	for range 8 { // twice is enough for all that is known; the test tries every character
		next := strings.Map(foldRune, norm.NFKC.String(s))
		if next == s {
			break
		}
		s = next
	}
	return s
}

// Compact is the text in the compatibility form, trimmed: for codes and numbers,
// which a Chinese keyboard may type in full width.
func Compact(s string) string { return strings.TrimSpace(norm.NFKC.String(Tidy(s))) }

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n",
	"\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

func plainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf || s[i] >= '\t' && s[i] <= '\r' && s[i] != '\n' {
			return false
		}
	}
	return true
}

// silent are characters that show as nothing, beside those of the category Cf.
var silent = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x034f, Hi: 0x034f, Stride: 1}, // combining grapheme joiner
	{Lo: 0x115f, Hi: 0x1160, Stride: 1}, // Hangul fillers
	{Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, // Khmer inherent vowels
}}

// blank are characters that show as an empty place but are no spaces by category.
var blank = map[rune]bool{'\t': true, '\u2800': true, '\u3164': true, '\uffa0': true, '\U0001d159': true}

// shown returns what r becomes, -1 for nothing.
func shown(r rune) rune {
	switch {
	case blank[r]:
		return ' '
	case unicode.Is(silent, r):
		return -1
	case unicode.Is(unicode.Cf, r):
		if unicode.Is(unicode.Prepended_Concatenation_Mark, r) {
			return r // Arabic signs that do show
		}
		return -1
	case r >= 0x2e80 && r <= 0x2fd5:
		return radical(r)
	}
	return r
}

func isJoiner(r rune) bool   { return r == '\u200c' || r == '\u200d' }
func isSelector(r rune) bool { return unicode.Is(unicode.Variation_Selector, r) }
func isTag(r rune) bool      { return r >= 0xe0020 && r <= 0xe007f }

func nextShown(rest []rune) rune {
	for _, r := range rest {
		if to := shown(r); to >= 0 && !isSelector(r) {
			return to
		}
		if isJoiner(r) {
			return 0
		}
	}
	return 0
}

// base returns the last character that is no selector and no mark on another.
func base(out []rune) rune {
	for i := len(out) - 1; i >= 0; i-- {
		if r := out[i]; !isSelector(r) && !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Me, r) {
			return r
		}
	}
	return 0
}

// apart are scripts whose letters never join.
var apart = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo, unicode.Hangul, unicode.Latin, unicode.Greek, unicode.Cyrillic,
}

// joins reports whether a joiner between the two has a meaning.
func joins(a, b rune) bool {
	letter := func(r rune) bool { return (unicode.IsLetter(r) || unicode.IsMark(r)) && !unicode.In(r, apart...) }
	return isPicture(a) && isPicture(b) || letter(a) && letter(b)
}

// isPicture reports whether r can be a part of an emoji; ↔ and ↕ are the ones
// that Unicode counts as mathematics.
func isPicture(r rune) bool {
	return unicode.Is(unicode.So, r) || r >= 0x1f3fb && r <= 0x1f3ff || r == '\u2194' || r == '\u2195'
}

// selects reports whether a variation selector after r has a meaning.
func selects(r, selector rune) bool {
	if isSelector(r) || isJoiner(r) {
		return false
	}
	if selector >= 0xe0100 {
		return unicode.Is(unicode.Han, r)
	}
	return unicode.IsGraphic(r) && !unicode.IsSpace(r)
}

// tagged reports whether out ends with a black flag and perhaps tags: the only
// place of a tag is the flag of a region.
func tagged(out []rune) bool {
	i := len(out) - 1
	for i >= 0 && isTag(out[i]) {
		i--
	}
	return i >= 0 && out[i] == '\U0001f3f4'
}

// radicals of the supplement that stand for a whole character and that NFKC does
// not know; from Unicode's EquivalentUnifiedIdeograph.txt.
const radicals = "⺌小⺍小⺎兀⺐尢⺒巳⺓幺⺖忄⺘扌⺙攵⺛旡⺜日⺝月⺟母⺠民⺡氵⺢氺⺣灬⺤爫⺥爫⺦丬⺧牛⺨犭⺩王⺫目⺬示⺭礻⺰纟⺱罓⺲罒⺵" +
	"𦉫⺶羊⺹耂⺺聿⺻聿⺼肉⺾艹⺿艹⻀艹⻁虎⻂衤⻃覀⻄西⻅见⻆角⻈讠⻉贝⻋车⻌辶⻍辶⻎辶⻏邑⻐钅⻑長⻒镸⻓长⻔门⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食" +
	"⻟飠⻠饣⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟"

// radical returns the character that a radical looks like, or r.
func radical(r rune) rune {
	if r >= 0x2f00 { // the Kangxi radicals, which NFKC knows
		to, _ := utf8.DecodeRuneInString(norm.NFKC.String(string(r)))
		return to
	}
	odd := rune(-1)
	for _, c := range radicals {
		if odd == r {
			return c
		}
		if odd = c; c < 0x2e80 || c > 0x2eff {
			odd = -1
		}
	}
	return r
}

// alike maps characters that look alike to one of them.
var alike = func() map[rune]rune {
	out := map[rune]rune{}
	for _, set := range [...]string{
		"([{〔【〖〘〚⟦⦅〈《⟨⟪<‹«", ")]}〕】〗〙〛⟧⦆〉》⟩⟫>›»",
		"·.•‧∙⋅・●⸱⸳﹒。ꞏ᛫‥", "-‐‑‒–—―−﹣⁃", "'\"‘’‚‛“”„‟′″`´「」『』〝〞",
	} {
		set := []rune(set)
		for _, r := range set {
			out[r] = set[0]
		}
	}
	return out
}()

func foldRune(r rune) rune {
	if unicode.IsSpace(r) || isJoiner(r) || isSelector(r) || isTag(r) || shown(r) < 0 {
		return -1
	}
	if to, ok := alike[r]; ok {
		return to
	}
	return unicode.ToLower(shown(r))
}
