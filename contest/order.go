package contest

import (
	"cmp"
	"slices"
	"strings"

	"hecai/fault"
)

// RunningOrder returns the entries by their drawn order. It is the order of
// everything public before a result is revealed, since it cannot depend on one
// (invariant I-05).
func RunningOrder(entries []Entry) []Entry {
	out := slices.Clone(entries)
	slices.SortFunc(out, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.No, b.No))
	})
	return out
}

// OnBallot returns the entries of a ballot in the order the public sees: those
// named, or all qualified ones, in running order. An entry that does not exist
// or is not qualified is refused.
func OnBallot(entries []Entry, named []EntryID) ([]Entry, error) {
	byID := make(map[EntryID]Entry, len(entries))
	for _, e := range entries {
		byID[e.ID] = e
	}
	var out []Entry
	if len(named) == 0 {
		for _, e := range entries {
			if e.Eligible() {
				out = append(out, e)
			}
		}
		return RunningOrder(out), nil
	}
	seen := make(map[EntryID]bool, len(named))
	for _, id := range named {
		e, ok := byID[id]
		if !ok || !e.Eligible() || seen[id] {
			return nil, fault.New(fault.Invalid, "entry.not_qualified", "entry %s", id).With("entry", string(id))
		}
		seen[id] = true
		out = append(out, e)
	}
	return RunningOrder(out), nil
}

// Validate checks a judge's row.
func (j Judge) Validate() error {
	ok := ValidID(string(j.ID)) && strings.TrimSpace(j.Name) != "" && len([]rune(j.Name)) <= 40 &&
		len([]rune(j.Org)) <= MaxEntryName && slices.Contains(Sectors(), j.Sector)
	if !ok {
		return fault.New(fault.Invalid, "judge.invalid", "judge %q", j.ID).With("judge", string(j.ID))
	}
	return nil
}
