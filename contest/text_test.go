package contest

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func TestTidy(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"line ends", "一\r\n二\r三\n四\u2028五\v六", "一\n二\n三\n四\n五\n六"},
		{"a tab", "一\t二", "一 二"},
		{"zero width", "吉\u200b林\u2060大\ufeff学\u00ad", "吉林大学"},
		{"turned text", "\u202e反字文向项目\u202c\u2067\u200f", "反字文向项目"},
		{"radicals of a PDF", "⽓象⻋⻰⻓", "气象车龙长"},
		{"joiners between Han", "吉\u200d林\u200c大", "吉林大"},
		{"a family", "👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"},
		{"a rainbow flag", "🏳\ufe0f\u200d🌈", "🏳\ufe0f\u200d🌈"},
		{"a nodding face", "🙂\u200d↕\ufe0f", "🙂\u200d↕\ufe0f"},
		{"skin", "👩🏽\u200d🚀", "👩🏽\u200d🚀"},
		{"the flag of Wales", "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f", "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"},
		{"tags elsewhere", "吉\U000e0067\U000e0062林", "吉林"},
		{"a Persian word", "می\u200cخواهم", "می\u200cخواهم"},
		{"a conjunct", "क्\u200dष", "क्\u200dष"},
		{"joiners that join nothing", "\u200d吉\u200c 林\u200d", "吉 林"},
		{"fillers", "\u3164\u3164\u2800a", "   a"},
		{"an ideographic variant", "葛\U000e0100城", "葛\U000e0100城"},
		{"a selector of nothing", "\ufe0f 葛", " 葛"},
		{"a key", "1\ufe0f\u20e3", "1\ufe0f\u20e3"},
		{"control characters stay to be refused", "a\x00b\x1b", "a\x00b\x1b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Tidy(tt.in); got != tt.want {
				t.Errorf("%+q, want %+q", got, tt.want)
			}
		})
	}
}

// TestFold: in each set all look alike; no two sets do.
func TestFold(t *testing.T) {
	sets := [][]string{
		{"示例(长春)公司", "示例（长春）公司", "示例〔长春〕公司", "示例【长春】公司", "示例（长春） 公司\u200b"},
		{"阿依·古丽队", "阿依•古丽队", "阿依・古丽队", "阿依‧古丽队", "阿依．古丽队", "阿依.古丽队"},
		{"气象服务", "⽓象服务", "气\u200b象服务", "气 象\u3000服务", "\u202d气象服务"},
		{"E001", "e001", "ｅ００１", "Ｅ００１"},
		{"项目-A", "项目－A", "项目—a", "项目‑A"},
		{"“智慧”", "\"智慧\"", "「智慧」"},
		{"e1", "ｅ①"},
		{"一号队"}, {"壹号队"}, {"队"}, {""},
	}
	owner := map[string]int{}
	for i, set := range sets {
		for _, s := range set {
			if j, taken := owner[Fold(s)]; taken && j != i {
				t.Errorf("%q folds as %q does", s, sets[j])
			}
			owner[Fold(s)] = i
			if Fold(s) != Fold(set[0]) {
				t.Errorf("%q folds to %q, %q to %q", s, Fold(s), set[0], Fold(set[0]))
			}
		}
	}
}

// TestFormsAreStable tries every character that is assigned.
func TestFormsAreStable(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf) ||
			r >= 0x4e10 && r < 0x9f00 || r >= 0x20010 && r < 0x2f800 || r >= 0xac80 && r < 0xd700 {
			continue // the middle of the large blocks is like their ends
		}
		s := "吉" + string(r) + "林"
		if tidy := Tidy(s); Tidy(tidy) != tidy {
			t.Fatalf("U+%04X: Tidy is %+q, then %+q", r, tidy, Tidy(tidy))
		}
		if fold := Fold(s); Fold(fold) != fold || Fold(Tidy(s)) != fold {
			t.Fatalf("U+%04X: Fold is %+q, then %+q", r, fold, Fold(fold))
		}
	}
}

// odd draws texts in which the characters that matter are frequent.
func odd() *rapid.Generator[string] {
	special := []rune("吉a👨🏳🌈🏽🏴می क्•(（\ufe0f\u200d\u200c\u200b\u202e\u2800\u3164\ufeff\r\n\t\v\u2028\U000e0067\U000e007f\U000e0100⽓⻓ﬁİ①́")
	return rapid.Custom(func(t *rapid.T) string {
		runes := rapid.SliceOf(rapid.OneOf(rapid.SampledFrom(special), rapid.Rune())).Draw(t, "runes")
		return string(runes)
	})
}

func TestFormsOfAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := odd().Draw(t, "text")
		tidy, fold := Tidy(s), Fold(s)
		if Tidy(tidy) != tidy {
			t.Fatalf("Tidy is %+q, then %+q", tidy, Tidy(tidy))
		}
		if Fold(fold) != fold || Fold(tidy) != fold {
			t.Fatalf("Fold is %+q, then %+q; of the tidy text %+q", fold, Fold(fold), Fold(tidy))
		}
		if one := OneLine(s); OneLine(one) != one || strings.ContainsAny(one, "\r\n\t") {
			t.Fatalf("OneLine is %+q", one)
		}
		if !HasControl(tidy) && !Legible(tidy) {
			t.Fatalf("%+q is tidy and not legible", tidy)
		}
		if strings.ContainsFunc(tidy, func(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) || r == '\u200b' }) {
			t.Fatalf("%+q turns or hides", tidy)
		}
	})
}
