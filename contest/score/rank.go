package score

import (
	"cmp"
	"math/big"
	"slices"

	"hecai/contest"
)

// What a TieNote says: which step of the chain told equal totals apart, or why
// an entry has no place. The note of a criterion is TieCriterion plus its id.
const (
	TieJury        = "jury"
	TieCriterion   = "criterion:"
	TieUntrimmed   = "untrimmed"
	TieHeadToHead  = "head_to_head"
	TieVotes       = "votes"
	TieChair       = "chair"      // by the chair's recorded ballot
	TieUnbroken    = "unbroken"   // still equal, so they share the rank; matters at a quota boundary alone
	NoteIneligible = "ineligible" // withdrawn or disqualified
	NoteQuorum     = "quorum"     // too few sheets; the chair decides
	NoteLeftOut    = "left_out"   // not ranked, by the chair's recorded decision
)

// Rank orders the candidates by F = w_J·J + w_V·V, or by F = J when nobody has a
// vote: then there is no V, and nothing may move what the jury gave. Ineligible
// candidates, those left out, and those without a quorum are put aside before
// anything is counted and follow with rank 0. Exactly equal totals go through the chain: jury score, each
// criterion in the plan's order, the untrimmed mean, head to head, votes, the
// chair's recorded ballot; what is still equal shares its rank. Never entry number, time or chance. The order
// of input never matters; candidates of one rank come by entry id.
func Rank(rule contest.Scoring, criteria []contest.Criterion, in []Candidate) []Ranked {
	placed, unplaced := sift(in)
	r := ranker{criteria: criteria, placed: placed, rows: weigh(rule, placed)}
	all := make([]int, len(placed))
	for i := range all {
		all[i] = i
	}
	r.split(all, 0)
	return append(r.out, unplaced...)
}

// sift separates those who can be placed, by entry id, from those who can't.
func sift(in []Candidate) (placed []Candidate, unplaced []Ranked) {
	sorted := slices.Clone(in)
	slices.SortFunc(sorted, func(a, b Candidate) int { return cmp.Compare(a.Entry, b.Entry) })
	for _, c := range sorted {
		row := Ranked{Entry: c.Entry, Jury: c.Panel.Score, Votes: c.Votes}
		switch {
		case c.Ineligible:
			row.TieNote = NoteIneligible
			unplaced = append(unplaced, row)
		case c.LeftOut:
			row.TieNote = NoteLeftOut
			unplaced = append(unplaced, row)
		case !c.Panel.Rankable || c.Panel.Score == nil:
			row.TieNote = NoteQuorum
			unplaced = append(unplaced, row)
		default:
			placed = append(placed, c)
		}
	}
	return placed, unplaced
}

// weigh computes the totals of those who can be placed.
func weigh(rule contest.Scoring, placed []Candidate) []Ranked {
	rows := make([]Ranked, len(placed))
	jury, counts, cast := make([]*big.Rat, len(placed)), make([]int64, len(placed)), int64(0)
	for i, c := range placed {
		jury[i], counts[i] = c.Panel.Score, c.Votes
		cast += c.Votes
	}
	if cast == 0 {
		for i, c := range placed {
			rows[i] = Ranked{Entry: c.Entry, Total: jury[i], Jury: jury[i]}
		}
		return rows
	}
	points := VotePoints(rule.VoteMethod, rule.Floor, counts)
	if rule.SpreadMatch {
		points = matchSpread(jury, points)
	}
	for i, c := range placed {
		total := new(big.Rat).Mul(jury[i], big.NewRat(int64(rule.Weights.Jury), 100))
		total.Add(total, new(big.Rat).Mul(points[i], big.NewRat(int64(rule.Weights.Votes), 100)))
		rows[i] = Ranked{Entry: c.Entry, Total: total, Jury: jury[i], VotePoints: points[i], Votes: c.Votes}
	}
	return rows
}

// A ranker splits groups of equals, step by step, and appends them best first.
type ranker struct {
	criteria []contest.Criterion
	placed   []Candidate // by entry id
	rows     []Ranked    // in the same order
	out      []Ranked
}

// split orders the group by the step's value and passes what is still equal to
// the next step. Step 0 is the total itself; the chain follows.
func (r *ranker) split(group []int, step int) {
	if len(group) == 0 {
		return
	}
	if len(group) == 1 || step > len(r.criteria)+5 {
		r.place(group)
		return
	}
	value, note := r.step(group, step)
	slices.SortStableFunc(group, func(a, b int) int { return value(b).Cmp(value(a)) })
	for from := 0; from < len(group); {
		to := from + 1
		for to < len(group) && value(group[to]).Cmp(value(group[from])) == 0 {
			to++
		}
		part := slices.Clone(group[from:to])
		if len(part) < len(group) {
			for _, i := range part {
				r.rows[i].TieNote = note
			}
		}
		r.split(part, step+1)
		from = to
	}
}

// place gives one rank to the whole group.
func (r *ranker) place(group []int) {
	rank := len(r.out) + 1
	for _, i := range group {
		row := r.rows[i]
		row.Rank = rank
		if len(group) > 1 {
			row.TieNote = TieUnbroken
		}
		r.out = append(r.out, row)
	}
}

// step returns the value that a step of the chain compares, greater is better,
// and its note.
func (r *ranker) step(group []int, step int) (func(i int) *big.Rat, string) {
	k := len(r.criteria)
	switch {
	case step == 0:
		return func(i int) *big.Rat { return r.rows[i].Total }, ""
	case step == 1:
		return func(i int) *big.Rat { return r.rows[i].Jury }, TieJury
	case step < k+2:
		id := r.criteria[step-2].ID
		return func(i int) *big.Rat { return orZero(r.placed[i].Panel.Criteria[id]) }, TieCriterion + string(id)
	case step == k+2:
		return func(i int) *big.Rat { return orZero(r.placed[i].Panel.Untrimmed) }, TieUntrimmed
	case step == k+3:
		wins := r.headToHead(group)
		return func(i int) *big.Rat { return wins[i] }, TieHeadToHead
	case step == k+4:
		return func(i int) *big.Rat { return big.NewRat(r.rows[i].Votes, 1) }, TieVotes
	}
	return func(i int) *big.Rat { return chairValue(r.placed[i].Chair) }, TieChair
}

// chairValue makes the chair's first place the greatest value and no place the
// least.
func chairValue(place int) *big.Rat {
	if place <= 0 {
		return new(big.Rat)
	}
	return big.NewRat(1, int64(place))
}

// headToHead counts, within the group, how often a judge placed the entry above
// another less how often below. Over more than two entries this sum, unlike
// pairwise majorities, can't go round in a circle.
func (r *ranker) headToHead(group []int) map[int]*big.Rat {
	wins := make(map[int]int64, len(group))
	for _, a := range group {
		for _, b := range group {
			if a != b {
				wins[a] += duels(r.placed[a].Panel.Totals, r.placed[b].Panel.Totals)
			}
		}
	}
	out := make(map[int]*big.Rat, len(group))
	for _, i := range group {
		out[i] = big.NewRat(wins[i], 1)
	}
	return out
}

// duels counts the judges who placed a above b, less those who placed it below.
func duels(a, b []JudgeTotal) (n int64) {
	for _, x := range a {
		for _, y := range b {
			if x.Judge == y.Judge {
				n += int64(x.Total.Cmp(y.Total))
			}
		}
	}
	return n
}

func orZero(r *big.Rat) *big.Rat {
	if r == nil {
		return new(big.Rat)
	}
	return r
}

// Candidate is one entry of a ranking.
type Candidate struct {
	Entry      contest.EntryID
	Track      contest.TrackID
	Panel      PanelScore
	Votes      int64
	Chair      int  // the chair's recorded ballot among exact equals: 1 first; 0 none
	Ineligible bool // withdrawn or disqualified: put aside before anything is counted
	LeftOut    bool // not ranked, by the chair's recorded decision: likewise
}

// Ranked is a candidate's place. Rank 0 means unplaced: see TieNote.
type Ranked struct {
	Entry      contest.EntryID
	Rank       int      // from 1; exact ties share it, "1-2-2-4"
	Total      *big.Rat // nil when unplaced
	Jury       *big.Rat
	VotePoints *big.Rat // as weighted, so after spread matching; nil when nobody has a vote
	Votes      int64
	TieNote    string // "", or one of the Tie… texts: what decided among equal totals
}
