package cue

import (
	"slices"
	"testing"

	"hecai/fault"
)

// TestAResultOfAnotherSession: where one session reveals the result of another, the
// other reveals nothing of it and the first scores nothing; both are told in the rundown
// and on the night.
func TestAResultOfAnotherSession(t *testing.T) {
	other := Other{Show: "other", Title: "示例另一场"}
	codes := func(c Catalog) []string {
		r := smallRundown()
		var out []string
		for _, p := range r.Validate(c) {
			if p.Args["session"] != other.Title {
				t.Errorf("%s %s: %v", p.Path, p.Code, p.Args)
			}
			out = append(out, p.Code)
		}
		return slices.Compact(out)
	}
	for _, at := range []struct {
		name        string
		change      func(*Catalog)
		told        string
		upTo, fires string
		refused     string
	}{
		{"it is revealed there", func(c *Catalog) { c.RevealedIn = other }, "rundown.revealed_elsewhere", "seal", "frozen", "stage.revealed_elsewhere"},
		{"its scores are joined there", func(c *Catalog) { c.JoinedIn = other }, "rundown.sealed_elsewhere", "tally", "seal", "stage.sealed_elsewhere"},
		{"and here that one's", func(c *Catalog) { c.Reveals = other }, "rundown.others_result", "other", "sheets", "stage.others_result"},
	} {
		n := newNight(smallCatalog(t, 9, 5))
		at.change(&n.catalog)
		if got := codes(n.catalog); !slices.Equal(got, []string{at.told}) {
			t.Errorf("%s: the rundown is told %v", at.name, got)
		}
		p := newPlay(t, smallRundown(), n).upTo(at.upTo)
		c := p.s.cue(at.fires)
		if c == nil {
			t.Fatalf("no cue %q", at.fires)
		}
		if p.s.mustArm(c) {
			if err := p.do(RoleDirector, Command{Kind: "arm", Cue: at.fires, Rev: p.s.Rev()}); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.do(RoleDirector, Command{Kind: "fire", Cue: at.fires, Rev: p.s.Rev()}); fault.CodeOf(err) != at.refused {
			t.Errorf("%s: %v, want %s", at.name, err, at.refused)
		}
	}
}

// TestDrawnPartsAreAllApart: in a rehearsal no two entries of joined shows are equal, so
// that no draw is blocked by a tie, however many there are.
func TestDrawnPartsAreAllApart(t *testing.T) {
	n := newNight(smallCatalog(t, 9, 5))
	all := n.catalog.Entries
	n.catalog.Entries = all[8:]
	n.catalog.Joined = []Joined{{Other: Other{Show: "am"}, Entries: all[:4]}, {Other: Other{Show: "noon"}, Entries: all[4:8]}}
	s := newPlay(t, smallRundown(), n).s
	sealed, blockers, err := s.Seal(n.sheets, nil, make([]byte, saltBytes), Part{Lot: []int{3, 1, 6, 0}, Of: 8}, Part{Lot: []int{2, 7, 5, 4}, Of: 8})
	if err != nil || len(blockers) > 0 {
		t.Fatalf("%v %v", blockers, err)
	}
	ranks := map[int]bool{}
	for _, e := range sealed.result.Entries {
		if e.Rank == 0 || ranks[e.Rank] {
			t.Errorf("%s has rank %d", e.Entry, e.Rank)
		}
		ranks[e.Rank] = true
	}
}
