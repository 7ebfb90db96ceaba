package storetest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
	"hecai/vote/box"
)

// The record is what a ballot box needs.
var _ box.Store = Record{}

// opened is when the ballots of the suite open, unix ms.
const opened = 1_724_630_400_000

// newBallot saves a ballot with options a, b, c, … on two tracks, in turn.
func newBallot(t testing.TB, db Record, id vote.BallotID, options int, q vote.Quota) vote.Ballot {
	t.Helper()
	b := vote.Ballot{ID: id, Title: "示例投票", Quota: q, Visibility: vote.Hidden, State: vote.StateArmed}
	for i := range options {
		b.Options = append(b.Options, vote.Option{No: i + 1, Entry: contest.EntryID(rune('a' + i)), Track: contest.TrackID(rune('x' + i%2))})
	}
	b, err := db.SaveBallot(bg, b)
	must(t, err)
	return b
}

func openBallot(t testing.TB, db Record, id vote.BallotID, options int, q vote.Quota) vote.Ballot {
	t.Helper()
	newBallot(t, db, id, options, q)
	b, err := db.OpenBallot(bg, id, opened, 0)
	must(t, err)
	return b
}

func cast(id vote.BallotID, voter, rev int64, choice ...contest.EntryID) vote.Cast {
	return vote.Cast{Ballot: id, Voter: voter, Rev: rev, Choice: choice, At: opened + 1, ClientSalt: "0a0b"}
}

// receipts makes a receipt for each cast, as the box would; no two are alike.
func receipts(round int, casts []vote.Cast) []vote.Receipt {
	out := make([]vote.Receipt, len(casts))
	for i, c := range casts {
		sum := sha256.Sum256([]byte(rand.Text()))
		leaf := hex.EncodeToString(sum[:])
		out[i] = vote.Receipt{Ballot: c.Ballot, Round: round, Rev: c.Rev, Leaf: leaf, Salt: leaf[:32], Promise: "p" + leaf[:8]}
	}
	return out
}

// SomeVotes opens the ballot "votes" and casts one vote of each of n voters.
func SomeVotes(t testing.TB, db Record, n int) {
	t.Helper()
	openBallot(t, db, "votes", 3, vote.Quota{})
	casts := make([]vote.Cast, n)
	for i := range casts {
		casts[i] = cast("votes", int64(i+1), 1, contest.EntryID(rune('a'+i%3)))
	}
	castAll(t, db, 1, casts...)
}

func castAll(t testing.TB, db Record, round int, casts ...vote.Cast) ([]vote.Outcome, []vote.Receipt) {
	t.Helper()
	r := receipts(round, casts)
	out, _, err := db.CastBatch(bg, casts, r)
	must(t, err)
	return out, r
}

func wantTally(t testing.TB, db Record, id vote.BallotID, want vote.Tally) {
	t.Helper()
	want.Ballot = id
	kept, err := db.LoadTally(bg, id)
	must(t, err)
	same(t, "tally", kept, want)
	fresh, err := db.Recount(bg, id)
	must(t, err)
	same(t, "recount", fresh, want)
}

func ballotFreezes(t *testing.T, db Record) {
	a := newBallot(t, db, "a", 3, vote.Quota{MaxVotes: 2})
	b := newBallot(t, db, "b", 2, vote.Quota{})
	same(t, "numbers", []int64{a.No, b.No}, []int64{1, 2})
	a.Title, a.Quota.MaxVotes, a.OpensAt, a.Visibility, a.Session = "示例改名", 1, opened, vote.Live, "final"
	saved, err := db.SaveBallot(bg, a)
	must(t, err)
	same(t, "saved", saved, a)
	all, err := db.LoadBallots(bg)
	must(t, err)
	same(t, "ballots", all, []vote.Ballot{a, b})
	wrong := a
	wrong.State = vote.StateOpen
	_, err = db.SaveBallot(bg, wrong)
	wantCode(t, err, "ballot.state")
	_, err = db.SaveBallot(bg, vote.Ballot{ID: "c"})
	wantCode(t, err, "ballot.title")

	o, err := db.OpenBallot(bg, "a", opened, opened+5000)
	must(t, err)
	same(t, "open", []any{o.State, o.Round, o.OpenedAt, o.Deadline}, []any{vote.StateOpen, 1, int64(opened), int64(opened + 5000)})
	_, err = db.SaveBallot(bg, a)
	wantCode(t, err, "vote.ballot_frozen")
	later, err := db.OpenBallot(bg, "a", opened+100, opened+9000)
	must(t, err)
	same(t, "extended", []any{later.Round, later.OpenedAt, later.Deadline}, []any{1, int64(opened), int64(opened + 9000)})
	one, err := db.LoadBallot(bg, "a")
	must(t, err)
	same(t, "as stored", one, later)
	_, err = db.OpenBallot(bg, "none", opened, 0)
	wantCode(t, err, "vote.unknown_ballot")
}

func roundsStartFromZero(t *testing.T, db Record) {
	openBallot(t, db, "a", 2, vote.Quota{})
	castAll(t, db, 1, cast("a", 1, 1, "a"), cast("a", 2, 1, "b"))
	b, tally, err := db.CloseBallot(bg, "a", opened+9)
	must(t, err)
	first := vote.Tally{Ballot: "a", Round: 1, Votes: []int64{1, 1}, Voters: 2, Papers: 2}
	same(t, "count at the close", tally, first)
	same(t, "state", b.State, vote.StateClosed)
	_, tally, err = db.CloseBallot(bg, "a", opened+10)
	must(t, err)
	same(t, "closed again", tally, first)

	b, err = db.NewRound(bg, "a")
	must(t, err)
	same(t, "armed again", []any{b.State, b.Round}, []any{vote.StateArmed, 1})
	b.Options = b.Options[:1]
	_, err = db.SaveBallot(bg, b)
	wantCode(t, err, "vote.ballot_frozen")
	_, err = db.OpenBallot(bg, "a", opened, 0)
	must(t, err)
	wantTally(t, db, "a", vote.Tally{Round: 2, Votes: []int64{0, 0}})
	out, _ := castAll(t, db, 2, cast("a", 1, 1, "b"))
	if out[0].Fault != nil || out[0].Duplicate {
		t.Errorf("a vote of the second round: %+v", out[0])
	}
	wantTally(t, db, "a", vote.Tally{Round: 2, Votes: []int64{0, 1}, Voters: 1, Papers: 1})
	leaves, err := db.Leaves(bg, "a", 1)
	must(t, err)
	same(t, "leaves of the first round", len(leaves), 2)
}

func revealedStays(t *testing.T, db Record) {
	openBallot(t, db, "a", 2, vote.Quota{})
	_, err := db.RevealBallot(bg, "a")
	wantCode(t, err, "vote.not_closed")
	_, _, err = db.CloseBallot(bg, "a", opened)
	must(t, err)
	for range 2 {
		b, err := db.RevealBallot(bg, "a")
		must(t, err)
		same(t, "state", b.State, vote.StateRevealed)
	}
	_, err = db.OpenBallot(bg, "a", opened, 0)
	wantCode(t, err, "ballot.revealed")
	_, err = db.NewRound(bg, "a")
	wantCode(t, err, "vote.not_closed")
}

func retryGetsReceipt(t *testing.T, db Record) {
	openBallot(t, db, "a", 3, vote.Quota{AllowChange: true})
	first, made := castAll(t, db, 1, cast("a", 7, 1, "b", "a"))
	same(t, "receipt", first[0].Receipt, made[0])
	for _, state := range []string{"open", "closed"} {
		out, _ := castAll(t, db, 1, cast("a", 7, 1, "a", "b"), cast("a", 7, 1, "c"))
		same(t, "retry while "+state, out[0], vote.Outcome{Receipt: made[0], Duplicate: true, Rev: 1, Choice: []contest.EntryID{"a", "b"}})
		wantCode(t, out[1].Fault, "vote.rev_conflict")
		if state == "open" {
			_, _, err := db.CloseBallot(bg, "a", opened)
			must(t, err)
		}
	}
	out, _ := castAll(t, db, 1, cast("a", 7, 2, "c"), cast("a", 8, 1, "c"), cast("none", 8, 1, "c"))
	wantCode(t, out[0].Fault, "vote.closed")
	wantCode(t, out[1].Fault, "vote.closed")
	wantCode(t, out[2].Fault, "vote.unknown_ballot")
	wantTally(t, db, "a", vote.Tally{Round: 1, Votes: []int64{1, 1, 0}, Voters: 1, Papers: 1})
	papers, err := db.MyPapers(bg, "a", 7)
	must(t, err)
	same(t, "papers", papers, []vote.Paper{{Rev: 1, Choice: []int{1, 2}, First: true, Receipt: made[0]}})
}

func batchDecidesInOrder(t *testing.T, db Record) {
	openBallot(t, db, "a", 3, vote.Quota{AllowChange: true, MaxVotes: 1})
	openBallot(t, db, "b", 2, vote.Quota{})
	newBallot(t, db, "c", 2, vote.Quota{})
	casts := []vote.Cast{
		cast("a", 1, 2, "a"), cast("b", 1, 1, "b"), cast("a", 1, 1, "b"), cast("a", 1, 2, "a"),
		cast("a", 1, 3, "c"), cast("a", 2, 1, "c"), cast("c", 1, 1, "a"),
	}
	r := receipts(1, casts)
	out, tallies, err := db.CastBatch(bg, casts, r)
	must(t, err)
	var codes []string
	for _, o := range out {
		code := ""
		if o.Fault != nil {
			code = o.Fault.Code
		} else if o.Duplicate {
			code = "duplicate"
		}
		codes = append(codes, code)
	}
	same(t, "outcomes", codes, []string{"", "", "vote.rev_stale", "duplicate", "", "", "vote.not_open"})
	same(t, "receipt inside the batch", out[3].Receipt, r[0])
	same(t, "tallies", tallies, []vote.Tally{
		{Ballot: "a", Round: 1, Votes: []int64{0, 0, 2}, Voters: 2, Papers: 2},
		{Ballot: "b", Round: 1, Votes: []int64{0, 1}, Voters: 1, Papers: 1},
	})
	wantTally(t, db, "a", tallies[0])

	leaves, err := db.Leaves(bg, "a", 1)
	must(t, err)
	var got []string
	for _, l := range leaves {
		got = append(got, hex.EncodeToString(l[:]))
	}
	slices.Sort(got)
	want := []string{r[0].Leaf, r[4].Leaf, r[5].Leaf}
	slices.Sort(want)
	same(t, "leaves", got, want)
	openings, voters, err := db.Openings(bg, "a", 1)
	must(t, err)
	for i, o := range openings {
		if voters[i] == 2 {
			same(t, "opening", []any{o.Rev, o.Choice, o.ClientSalt, o.Salt}, []any{int64(1), []contest.EntryID{"c"}, "0a0b", r[5].Salt})
		}
	}
}

func papersAddUp(t *testing.T, db Record) {
	openBallot(t, db, "a", 4, vote.Quota{Window: vote.PerDay, MaxVotes: 3, PerTrack: 2})
	day2 := cast("a", 1, 4, "a")
	day2.At += 24 * 3600 * 1000
	out, _ := castAll(t, db, 1,
		cast("a", 1, 1, "a", "b"), cast("a", 1, 2, "a"), cast("a", 1, 2, "c"), cast("a", 1, 3, "d"), day2)
	var codes []string
	for _, o := range out {
		if o.Fault == nil {
			codes = append(codes, "")
		} else {
			codes = append(codes, o.Fault.Code)
		}
	}
	same(t, "outcomes", codes, []string{"", "vote.per_entry", "", "vote.quota", ""})
	wantTally(t, db, "a", vote.Tally{Round: 1, Votes: []int64{2, 1, 1, 0}, Voters: 1, Papers: 3})
}

func sameVoterInParallel(t *testing.T, db Record) {
	openBallot(t, db, "a", 3, vote.Quota{MaxVotes: 1})
	var counted, refused atomic.Int64
	wins(t, "", func(i int) error {
		c := []vote.Cast{cast("a", 1, int64(i/2+1), contest.EntryID(rune('a'+i%3)))}
		out, _, err := db.CastBatch(bg, c, receipts(1, c))
		if err != nil {
			return err
		}
		if out[0].Fault == nil && !out[0].Duplicate {
			counted.Add(1)
		} else {
			refused.Add(1)
		}
		return nil
	})
	same(t, "counted and refused", []int64{counted.Load(), refused.Load()}, []int64{1, 7})
	got, err := db.LoadTally(bg, "a")
	must(t, err)
	same(t, "voters and papers", []int64{got.Voters, got.Papers}, []int64{1, 1})
}

// closeRacesWithCasts: the count at the close is exactly what was acknowledged,
// and after it nothing is.
func closeRacesWithCasts(t *testing.T, db Record) {
	openBallot(t, db, "a", 2, vote.Quota{})
	const casters = 6
	var acked atomic.Int64
	var closed atomic.Bool
	var all sync.WaitGroup
	started := make(chan struct{}, casters)
	for i := range casters {
		all.Go(func() {
			for n := range int64(100_000) {
				late := closed.Load()
				c := []vote.Cast{cast("a", int64(i)*100_000+n+1, 1, "a"), cast("a", int64(i)*100_000+n+1, 1, "a")}
				out, _, err := db.CastBatch(bg, c, receipts(1, c))
				if err != nil {
					t.Error(err)
					return
				}
				if n == 3 {
					started <- struct{}{}
				}
				if f := out[0].Fault; f != nil {
					if f.Code != "vote.closed" {
						t.Error(f)
					}
					return
				}
				if late {
					t.Error("a vote was counted after the close")
				}
				acked.Add(1)
			}
		})
	}
	for range casters {
		<-started
	}
	_, tally, err := db.CloseBallot(bg, "a", opened+2)
	closed.Store(true)
	must(t, err)
	all.Wait()
	n := acked.Load()
	same(t, "count at the close", tally, vote.Tally{Ballot: "a", Round: 1, Votes: []int64{n, 0}, Voters: n, Papers: n})
	wantTally(t, db, "a", tally)
}

func miscountIsNoticed(t *testing.T, db Record) {
	openBallot(t, db, "a", 2, vote.Quota{})
	castAll(t, db, 1, cast("a", 1, 1, "a"), cast("a", 2, 1, "b"), cast("a", 3, 1, "b"))
	for _, harm := range []string{
		`UPDATE vote_event SET choice = '2' WHERE slot % 8 = 1`,
		`UPDATE tally SET votes = '[2,1]'`,
		`DELETE FROM vote_event WHERE slot % 8 = 2`,
	} {
		db.Harm(t, harm)
		_, err := db.LoadTally(bg, "a")
		wantCode(t, err, "vote.miscount")
		if fault.KindOf(err) != fault.Internal {
			t.Errorf("kind %s", fault.KindOf(err))
		}
		db.Harm(t, `UPDATE tally SET votes = '[1,2]'`)
		db.Harm(t, `UPDATE vote_event SET choice = '1' WHERE slot % 8 = 1`)
	}
	db.Harm(t, `DELETE FROM vote_event WHERE pos = 0`)
	_, err := db.Leaves(bg, "a", 1)
	wantCode(t, err, "vote.miscount")
}

func bigBatch(t *testing.T, db Record) {
	openBallot(t, db, "a", 2, vote.Quota{AllowChange: true})
	casts := make([]vote.Cast, 2000)
	for i := range casts {
		casts[i] = cast("a", int64(i%1500+1), int64(i/1500+1), "a")
	}
	for range 2 {
		out, _, err := db.CastBatch(bg, casts, receipts(1, casts))
		must(t, err)
		for i, o := range out {
			if o.Fault != nil {
				t.Fatalf("cast %d: %v", i, o.Fault)
			}
		}
	}
	wantTally(t, db, "a", vote.Tally{Round: 1, Votes: []int64{1500, 0}, Voters: 1500, Papers: 1500})
	leaves, err := db.Leaves(bg, "a", 1)
	must(t, err)
	same(t, "leaves", len(leaves), 2000)
}
