package cue

import (
	"fmt"
	"math/big"
	"slices"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/vote"
)

// Step returns the facts of one fired step, and nothing of any other. It is the
// only way out of a Sealed.
func (s Sealed) Step(f Fired) ([]Fact, error) {
	switch {
	case f.what == RevealMarks && s.panel != nil && s.panel.entry == f.entry:
		return s.stepMarks(f)
	case f.what == RevealTally && s.tally != nil && s.tally.ballot.ID == f.ballot:
		return s.stepTally()
	case f.what == RevealAward && s.result != nil:
		return s.stepAward(f)
	case f.what == RevealBoard && s.result != nil:
		return []Fact{Make(s.board(f))}, nil
	case f.what == RevealVerify && s.result != nil:
		v := verificationShown{Root: Root(s.text)}
		for _, b := range s.result.Ballots {
			v.Leaves += b.Leaves
		}
		return []Fact{Make(v)}, nil
	}
	return nil, fmt.Errorf("cue: the seal holds nothing for a reveal of %q", f.what)
}

func (s Sealed) stepMarks(f Fired) ([]Fact, error) {
	p := s.panel
	decimal := func(r *big.Rat) string { return score.Decimal(r, p.rule.Places, p.rule.Rounding) }
	switch f.beat.name {
	case beatMark:
		for _, t := range p.score.Totals {
			if t.Judge == f.beat.judge {
				return []Fact{Make(markRevealed{p.entry, t.Judge, p.names[t.Judge], decimal(t.Total)})}, nil
			}
		}
		return nil, fmt.Errorf("cue: judge %q has no counted sheet of %q", f.beat.judge, p.entry)
	case beatTrim:
		b := marksTrimmed{Entry: p.entry, Dropped: []drop{}}
		for _, t := range p.score.Totals {
			if t.Dropped != "" {
				b.Dropped = append(b.Dropped, drop{t.Judge, t.Dropped})
			}
		}
		return []Fact{Make(b)}, nil
	case beatScore:
		return []Fact{Make(scoreRevealed{p.entry, decimal(p.score.Score)})}, nil
	}
	return nil, fmt.Errorf("cue: marks have no beat %q", f.beat.name)
}

func (s Sealed) stepTally() ([]Fact, error) {
	token, err := vote.Reveal(s.tally.ballot)
	if err != nil {
		return nil, err
	}
	votes, voters, ok := token.Counts(s.tally.tally)
	if !ok {
		return nil, fmt.Errorf("cue: tally of %q is of another round", s.tally.ballot.ID)
	}
	b := tallyRevealed{Ballot: s.tally.ballot.ID, Round: s.tally.ballot.Round, Title: s.tally.ballot.Title, Rows: []TallyRow{}, Voters: voters}
	for i, o := range s.tally.ballot.Options {
		card, _ := s.catalog.card(o.Entry)
		b.Rows = append(b.Rows, TallyRow{
			Entry: o.Entry, Title: card.Title, Track: o.Track, TrackName: s.catalog.trackName(o.Track), Votes: votes[i],
		})
	}
	return []Fact{Make(b)}, nil
}

func (s Sealed) stepAward(f Fired) ([]Fact, error) {
	i := slices.IndexFunc(s.result.Awards, func(l sealedLevel) bool { return l.Award == f.award.ID })
	if i < 0 {
		return nil, fmt.Errorf("cue: award %q is not in the seal", f.award.ID)
	}
	winners := s.result.Awards[i].Winners
	held := awardHeld{
		Award: f.award.ID, Name: f.award.Name, Mode: string(f.award.Mode), Quota: f.award.Quota,
		Place: f.beat.place, Of: f.places,
	}
	told := awardRevealed{awardHeld: held, Winners: []Winner{}}
	switch f.beat.name {
	case beatHold:
		return []Fact{Make(held)}, nil
	case beatTurn:
		if f.beat.place <= len(winners) { // else the place is vacant (空缺)
			told.Winners = append(told.Winners, s.winner(winners[f.beat.place-1]))
		}
	case beatList:
		for _, id := range winners {
			told.Winners = append(told.Winners, s.winner(id))
		}
	}
	return []Fact{Make(told)}, nil
}

// winner rounds by itself. More decimals, to tell it from a close one, would tell
// of the close one before its reveal.
func (s Sealed) winner(id contest.EntryID) Winner {
	card, known := s.catalog.card(id)
	if !known {
		card.Title = string(id)
	}
	row := s.row(id)
	rule := s.result.Scoring
	return Winner{
		Entry: id, Title: card.Title, Team: card.Team, Lead: card.Lead, Partners: card.Partners,
		Track: card.Track, TrackName: card.TrackName, Votes: row.Votes,
		Total: score.Decimal(ratio(row.Total), rule.Places, rule.Rounding),
		Jury:  score.Decimal(ratio(row.Jury), rule.Places, rule.Rounding),
	}
}

func (s Sealed) row(id contest.EntryID) sealedEntry {
	for _, e := range s.result.Entries {
		if e.Entry == id {
			return e
		}
	}
	return sealedEntry{}
}

// board shows the ranks from..top; better ones are frozen. How many rows there
// are follows from the number of ranked entries. A row that ties with a frozen one
// has the first rank that is shown: its own would tell of the frozen one.
func (s Sealed) board(f Fired) boardRevealed {
	rows := make([]sealedEntry, 0, len(s.result.Entries))
	for _, e := range s.result.Entries {
		if e.Rank > 0 {
			rows = append(rows, e)
		}
	}
	slices.SortStableFunc(rows, func(a, b sealedEntry) int { return a.Rank - b.Rank })
	if f.top > 0 && f.top < len(rows) {
		rows = rows[:f.top]
	}
	frozen := min(max(f.from-1, 0), len(rows))
	totals := make([]*big.Rat, 0, len(rows))
	for _, e := range rows[frozen:] {
		totals = append(totals, ratio(e.Total))
	}
	scores := score.DecimalsApart(totals, s.result.Scoring.Places, s.result.Scoring.Rounding)
	b := boardRevealed{Title: f.title, Rows: []BoardRow{}}
	for i, e := range rows {
		if i < frozen {
			b.Rows = append(b.Rows, BoardRow{Rank: i + 1, Frozen: true})
			continue
		}
		card, _ := s.catalog.card(e.Entry)
		b.Rows = append(b.Rows, BoardRow{
			Rank: max(e.Rank, frozen+1), Entry: e.Entry, Title: card.Title, Track: card.Track, TrackName: card.TrackName,
			Lead: card.Lead, Score: scores[i-frozen],
		})
	}
	return b
}

// ratio reads what exact wrote; nil for "".
func ratio(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil
	}
	return r
}
