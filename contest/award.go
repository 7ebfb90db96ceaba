package contest

import (
	"cmp"
	"slices"
)

// The codes of blockers.
const (
	BlockTie    = "award.boundary_tie"
	BlockQuorum = "award.not_rankable"
)

// Allocate deals the places of the ranking to the levels, best level first.
// Entries without a rank neither receive nor use up an award. A tie that
// straddles the edge of a level blocks: its entries are on no level until the
// chair has broken it, though their places stay taken. So does an entry that
// lacks a quorum, because its result could still move everyone. order is the
// running order; it orders the winners of listed levels, those who share a rank,
// and the entries of blockers.
func Allocate(awards []Award, ranked []Ranked, order []EntryID) AwardList {
	running := make(map[EntryID]int, len(order))
	for i, id := range order {
		running[id] = i
	}
	byOrder := func(a, b EntryID) int {
		return cmp.Or(cmp.Compare(runningPlace(running, a), runningPlace(running, b)), cmp.Compare(a, b))
	}
	list := AwardList{Levels: make([]AwardLevel, len(awards))}
	ends := make([]int, len(awards)) // the level i holds places ends[i-1]..ends[i]-1
	end := 0
	for i, a := range awards {
		end += a.Quota
		ends[i] = end
		list.Levels[i] = AwardLevel{Award: a.ID, Name: a.Name, Quota: a.Quota, Mode: a.Mode, Winners: []EntryID{}}
	}
	groups, waiting := ties(ranked, byOrder)
	at := 0
	for _, group := range groups {
		first, last := levelOf(ends, at), levelOf(ends, at+len(group)-1)
		at += len(group)
		switch {
		case first == len(awards):
			// beyond the last award
		case first == last:
			list.Levels[first].Winners = append(list.Levels[first].Winners, group...)
		default:
			list.Blockers = append(list.Blockers, Blocker{Code: BlockTie, Award: awards[first].ID, Entries: group})
		}
	}
	for _, level := range list.Levels {
		if level.Mode == AwardListed {
			slices.SortFunc(level.Winners, byOrder)
		}
	}
	if len(waiting) > 0 {
		list.Blockers = append(list.Blockers, Blocker{Code: BlockQuorum, Entries: waiting})
	}
	return list
}

// runningPlace puts entries without a running order last.
func runningPlace(running map[EntryID]int, id EntryID) int {
	if i, ok := running[id]; ok {
		return i
	}
	return len(running)
}

// levelOf returns the level that holds the place, from 0; len(ends) for none.
func levelOf(ends []int, at int) int {
	i, _ := slices.BinarySearch(ends, at+1)
	return i
}

// ties groups the placed entries by rank, best first, and lists those who wait
// for a quorum.
func ties(ranked []Ranked, byOrder func(a, b EntryID) int) (groups [][]EntryID, waiting []EntryID) {
	sorted := slices.Clone(ranked)
	slices.SortFunc(sorted, func(a, b Ranked) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), byOrder(a.Entry, b.Entry))
	})
	last := 0
	for _, r := range sorted {
		switch {
		case r.Rank == 0 && r.TieNote == NoteQuorum:
			waiting = append(waiting, r.Entry)
		case r.Rank == 0:
			// ineligible
		case r.Rank == last:
			groups[len(groups)-1] = append(groups[len(groups)-1], r.Entry)
		default:
			groups, last = append(groups, []EntryID{r.Entry}), r.Rank
		}
	}
	return groups, waiting
}
