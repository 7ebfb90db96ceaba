package cue

import (
	"errors"
	"math/big"
	"slices"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/fault"
	"hecai/vote"
)

// What a seal held, for people to read, once everyone may: after its root was shown.

// Results is the whole result of a session as the public reads it.
type Results struct {
	Root      string         `json:"root"`     // of the sealed text
	JuryOnly  bool           `json:"juryOnly"` // nobody had a vote: the total is the jury's score
	Rows      []ResultRow    `json:"rows"`     // best first; those without a place last, in running order
	Awards    []AwardLevel   `json:"awards"`   // with all winners
	Ballots   []ResultBallot `json:"ballots"`  // that count
	Decisions []Decision     `json:"decisions"`
}

// ResultRow is what became of one entry. Scores are decimal texts, rounded once; ""
// where there is none.
type ResultRow struct {
	contest.Card
	Rank       int             `json:"rank"`  // 0 = without a place
	Award      contest.AwardID `json:"award"` // "" = none
	Total      string          `json:"total"`
	Jury       string          `json:"jury"`
	VotePoints string          `json:"votePoints"`
	Votes      int64           `json:"votes"`
	Note       string          `json:"note"` // how a tie was broken, or why it has no place; see score.Ranked
}

// ResultBallot is a ballot that counts.
type ResultBallot struct {
	Ballot    vote.BallotID `json:"ballot"`
	Round     int           `json:"round"`
	Root      string        `json:"root"` // of its log
	Leaves    int64         `json:"leaves"`
	Votes     int64         `json:"votes"`
	Elsewhere int64         `json:"elsewhere"` // of them for entries that are not of this session
}

// Report is the result with the marks of each judge, for the office.
type Report struct {
	Results
	Rule  contest.Scoring
	Marks []ReportMark // in the order of the rows, then of seats
}

// ReportMark is what one judge gave one entry.
type ReportMark struct {
	Entry   contest.EntryID
	Judge   contest.JudgeID
	Name    string
	Total   string
	Dropped string // "high", "low", "" = it counts
}

// publish plans to show the root of a result after the end, where no cue did: all of
// it is public then.
func (s *State) publish() (Plan, *fault.Error) {
	switch in := s.catalog.RevealedIn; {
	case in.another():
		return Plan{}, fault.New(fault.Conflict, "stage.revealed_elsewhere", "it is for %s", in.Show).With("session", in.Title)
	case !s.ended:
		return Plan{}, fault.New(fault.Conflict, "stage.not_over", "session goes on")
	case !s.sealed:
		return Plan{}, fault.New(fault.Conflict, "stage.not_sealed", "published before the seal")
	case s.verify != nil:
		return Plan{}, fault.New(fault.Conflict, "stage.revealed", "verify is revealed")
	}
	return Plan{Effects: []Effect{{Op: OpReveal, Fired: Fired{what: RevealVerify, beat: beat{name: beatVerify}}}}}, nil
}

// Twice lists the entries that more than one of the joined shows and this one have.
func (s *State) Twice() []contest.EntryID { return s.catalog.twice() }

// LeftOut reports whether a decision leaves the entry out of the ranking.
func (s *State) LeftOut(id contest.EntryID) bool {
	return decidedFor(s.decisions, DecideEntryOut, id)
}

// InResult is how many entries are in the result.
func (s *State) InResult() int { return len(s.catalog.InResult()) }

// Catalog is what the show's cues may name.
func (s *State) Catalog() Catalog { return s.catalog }

// Published opens the seal for everyone, once the state has shown its root.
func (s Sealed) Published(st *State) (Report, error) {
	if s.result == nil || st.verify == nil || st.verify.Root != Root(s.text) {
		return Report{}, errors.New("cue: the seal is not open")
	}
	rule := s.result.Scoring
	decimal := func(text string) string {
		if r := ratio(text); r != nil {
			return score.Decimal(r, rule.Places, rule.Rounding)
		}
		return ""
	}
	out := Report{Rule: rule, Results: Results{Root: st.verify.Root, JuryOnly: s.result.JuryOnly, Rows: []ResultRow{}, Awards: []AwardLevel{}, Ballots: []ResultBallot{}, Decisions: s.result.Decisions}}
	rows := slices.Clone(s.result.Entries)
	slices.SortStableFunc(rows, func(a, b sealedEntry) int { return place(a) - place(b) })
	totals := s.totals(rows)
	for i, e := range rows {
		card, _ := s.catalog.card(e.Entry)
		row := ResultRow{Card: card, Rank: e.Rank, Jury: decimal(e.Jury), VotePoints: decimal(e.VotePoints), Votes: e.Votes, Note: e.Note}
		if i < len(totals) {
			row.Total = totals[i]
		}
		for _, l := range s.result.Awards {
			if slices.Contains(l.Winners, e.Entry) {
				row.Award = l.Award
			}
		}
		out.Rows = append(out.Rows, row)
		for _, m := range e.Judges {
			out.Marks = append(out.Marks, ReportMark{Entry: e.Entry, Judge: m.Judge, Name: st.judgeName(e.Entry, m.Judge), Total: decimal(m.Total), Dropped: m.Dropped})
		}
	}
	for _, l := range s.result.Awards {
		award, _ := s.catalog.award(l.Award)
		level := AwardLevel{Level: l.Award, Name: award.Name, Mode: string(award.Mode), Quota: award.Quota, Winners: []Winner{}}
		for _, id := range l.Winners {
			level.Winners = append(level.Winners, s.winner(id))
		}
		out.Awards = append(out.Awards, level)
	}
	for _, b := range s.result.Ballots {
		out.Ballots = append(out.Ballots, ResultBallot{vote.BallotID(b.Ballot).In(st.catalog.Show.Contest()), b.Round, b.Root, b.Leaves, b.Votes, b.Elsewhere})
	}
	return out, nil
}

// place orders those without a rank last.
func place(e sealedEntry) int {
	if e.Rank == 0 {
		return 1 << 30
	}
	return e.Rank
}

// totals writes the totals of the ranked, who come first, so that unequal ones differ.
func (s Sealed) totals(rows []sealedEntry) []string {
	var ranked []*big.Rat
	for _, e := range rows {
		if e.Rank > 0 {
			ranked = append(ranked, ratio(e.Total))
		}
	}
	return score.DecimalsApart(ranked, s.result.Scoring.Places, s.result.Scoring.Rounding)
}
