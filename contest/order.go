package contest

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"hecai/fault"
)

// RunningOrder returns the entries by their drawn order. It is the order of
// everything public before a result is revealed, since it cannot depend on one.
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

// maxReason bounds why an entry is out, in characters.
const maxReason = 200

// StateChange checks a change of an entry's state: who goes out does so for a
// reason.
func StateChange(to EntryState, reason string) error {
	switch {
	case to != Qualified && to != Withdrawn && to != Disqualified:
		return fault.New(fault.Invalid, "entry.state", "state %q", to)
	case to != Qualified && reason == "" || utf8.RuneCountInString(reason) > maxReason || !Legible(reason):
		return fault.New(fault.Invalid, "entry.reason", "%d bytes", len(reason)).With("max", maxReason)
	}
	return nil
}

// Validate checks a judge's row.
func (j Judge) Validate() error {
	ok := ValidID(string(j.ID)) && OneLine(j.Name) != "" && len([]rune(j.Name)) <= 40 && Legible(j.Name) &&
		len([]rune(j.Org)) <= MaxEntryName && Legible(j.Org) && slices.Contains(Sectors(), j.Sector)
	if !ok {
		return fault.New(fault.Invalid, "judge.invalid", "judge %q", j.ID).With("judge", string(j.ID))
	}
	return nil
}

// Like reports whether two judges read the same, by name and organisation.
func (j Judge) Like(o Judge) bool {
	return Fold(j.Name) == Fold(o.Name) && Fold(j.Org) == Fold(o.Org)
}
