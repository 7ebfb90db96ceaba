package storetest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
)

// model is a ballot in memory, decided one cast at a time.
type model struct {
	ballot vote.Ballot
	papers map[int64][]vote.Paper
	tally  vote.Tally
	events int
}

func (m *model) cast(c vote.Cast, r vote.Receipt) vote.Outcome {
	res := vote.Resolve(m.ballot, m.papers[c.Voter], c, r)
	if res.Added != nil {
		m.papers[c.Voter] = append(m.papers[c.Voter], *res.Added)
		m.tally.Apply(*res.Added, res.Replaced)
		m.events++
	}
	return res.Outcome
}

// tallyAgrees plays random votes in random batches under random quotas, and
// compares every answer and every count with the model's.
func tallyAgrees(t *testing.T, db Record) {
	ballots := 0
	rapid.Check(t, func(rt *rapid.T) {
		ballots++
		m := newModel(rt, t, db, vote.BallotID(fmt.Sprintf("b%d", ballots)))
		for range rapid.IntRange(1, 6).Draw(rt, "batches") {
			casts := rapid.SliceOfN(drawCast(m.ballot), 1, 12).Draw(rt, "casts")
			r := receipts(m.ballot.Round, casts)
			out, tallies, err := db.CastBatch(bg, casts, r)
			if err != nil {
				rt.Fatal(err)
			}
			before := m.tally.Papers
			for i, c := range casts {
				if d := cmp.Diff(m.cast(c, r[i]), out[i], cmp.Comparer(sameFault)); d != "" {
					rt.Fatalf("cast %+v (-model +record):\n%s", c, d)
				}
			}
			if len(tallies) == 1 {
				check(rt, "tally of the batch", tallies[0], m.tally)
			} else if m.tally.Papers != before {
				rt.Fatal("papers were counted and no tally came")
			}
		}
		kept, err := db.LoadTally(bg, m.ballot.ID)
		if err != nil {
			rt.Fatal(err)
		}
		check(rt, "tally", kept, m.tally)
		fresh, err := db.Recount(bg, m.ballot.ID)
		if err != nil {
			rt.Fatal(err)
		}
		check(rt, "recount", fresh, m.tally)
		round, err := db.Round(bg, m.ballot.ID, m.ballot.Round)
		if err != nil || len(round.Votes) != m.events {
			rt.Fatalf("%d leaves of %d, %v", len(round.Votes), m.events, err)
		}
	})
}

func newModel(rt *rapid.T, t *testing.T, db Record, id vote.BallotID) *model {
	q := vote.Quota{
		Window:      rapid.SampledFrom([]string{"", vote.PerBallot, vote.PerDay}).Draw(rt, "window"),
		MaxVotes:    rapid.IntRange(0, 4).Draw(rt, "max"),
		PerEntry:    rapid.IntRange(0, 2).Draw(rt, "per entry"),
		PerTrack:    rapid.IntRange(0, 2).Draw(rt, "per track"),
		AllowChange: rapid.Bool().Draw(rt, "change"),
	}
	b := openBallot(t, db, id, rapid.IntRange(1, 4).Draw(rt, "options"), q)
	return &model{ballot: b, papers: map[int64][]vote.Paper{}, tally: vote.NewTally(b)}
}

func drawCast(b vote.Ballot) *rapid.Generator[vote.Cast] {
	return rapid.Custom(func(rt *rapid.T) vote.Cast {
		c := cast(b.ID, rapid.Int64Range(1, 3).Draw(rt, "voter"), rapid.Int64Range(0, 5).Draw(rt, "rev"))
		c.At += rapid.SampledFrom([]int64{-10, 0, 0, 0, 24 * 3600 * 1000}).Draw(rt, "after")
		c.Choice = rapid.SliceOfN(rapid.Map(rapid.IntRange(0, len(b.Options)), func(i int) contest.EntryID {
			return contest.EntryID(rune('a' + i)) // one beyond the last is unknown
		}), 0, 4).Draw(rt, "choice")
		return c
	})
}

// sameFault compares what a voter is told, not the log's detail.
func sameFault(x, y *fault.Error) bool {
	if x == nil || y == nil {
		return x == y
	}
	return x.Code == y.Code && cmp.Equal(x.Args, y.Args)
}

func check(rt *rapid.T, what string, got, want vote.Tally) {
	rt.Helper()
	if d := cmp.Diff(want, got); d != "" {
		rt.Fatalf("%s (-model +record):\n%s", what, d)
	}
}
