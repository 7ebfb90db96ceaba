package score

import (
	"cmp"
	"slices"

	"hecai/contest"
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
func Allocate(awards []contest.Award, ranked []Ranked, order []contest.EntryID) AwardList {
	running := make(map[contest.EntryID]int, len(order))
	for i, id := range order {
		running[id] = i
	}
	byOrder := func(a, b contest.EntryID) int {
		return cmp.Or(cmp.Compare(runningPlace(running, a), runningPlace(running, b)), cmp.Compare(a, b))
	}
	list := AwardList{Levels: make([]AwardLevel, len(awards))}
	ends := make([]int, len(awards)) // the level i holds places ends[i-1]..ends[i]-1
	end := 0
	for i, a := range awards {
		end += a.Quota
		ends[i] = end
		list.Levels[i] = AwardLevel{Award: a.ID, Name: a.Name, Quota: a.Quota, Mode: a.Mode, Winners: []contest.EntryID{}}
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
		if level.Mode == contest.AwardListed {
			slices.SortFunc(level.Winners, byOrder)
		}
	}
	if len(waiting) > 0 {
		list.Blockers = append(list.Blockers, Blocker{Code: BlockQuorum, Entries: waiting})
	}
	return list
}

// runningPlace puts entries without a running order last.
func runningPlace(running map[contest.EntryID]int, id contest.EntryID) int {
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
func ties(ranked []Ranked, byOrder func(a, b contest.EntryID) int) (groups [][]contest.EntryID, waiting []contest.EntryID) {
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
			groups, last = append(groups, []contest.EntryID{r.Entry}), r.Rank
		}
	}
	return groups, waiting
}

// AwardList is a proposal of winners. It may be sealed only without blockers.
type AwardList struct {
	Levels   []AwardLevel
	Blockers []Blocker
}

// AwardLevel is one level's winners: best first, or in running order when the
// mode is AwardListed.
type AwardLevel struct {
	Award   contest.AwardID
	Name    string
	Quota   int
	Mode    contest.AwardMode
	Winners []contest.EntryID
}

// Blocker is a reason why the list can't be sealed.
type Blocker struct {
	Code    string            // "award.boundary_tie", "award.not_rankable"
	Award   contest.AwardID   // the best level concerned, may be empty
	Entries []contest.EntryID // in running order
}
