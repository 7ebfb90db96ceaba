package office

import (
	"slices"
	"strings"
	"testing"
)

// TestSeats: without seats of their own, judges sit in the order of their ids as
// a person reads it.
func TestSeats(t *testing.T) {
	for _, want := range []string{
		"j1 j2 j9 j10 j11 j15",
		"j01 j2 j10",
		"a a1 a1b a1b2 a1b10 a2 b",
		"1 2 10 a",
		"评委1 评委2 评委10",
		"j99999999999999999999999 j99999999999999999999998x", // beyond a uint64: by letters, and still the same always
	} {
		in := strings.Fields(want)
		got := slices.Clone(in)
		slices.Reverse(got)
		slices.SortFunc(got, naturally)
		again := slices.Clone(got)
		slices.SortFunc(again, naturally)
		if !slices.Equal(got, again) {
			t.Errorf("sorting %v again gives %v", got, again)
		}
		if !strings.Contains(want, "999") && !slices.Equal(got, in) {
			t.Errorf("got %v, want %v", got, in)
		}
	}
}
