package storetest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
	"hecai/vote/box"
	"hecai/vote/ledger"
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
	return calm(t, func() (vote.Ballot, error) { return db.SaveBallot(bg, b) })
}

// calm asks again while the record has no time, as on a slow machine: nothing was stored.
func calm[T any](t testing.TB, do func() (T, error)) T {
	t.Helper()
	v, err := do()
	for end := time.Now().Add(time.Minute); fault.CodeOf(err) == "store.busy" && time.Now().Before(end); {
		v, err = do()
	}
	must(t, err)
	return v
}

func openBallot(t testing.TB, db Record, id vote.BallotID, options int, q vote.Quota) vote.Ballot {
	t.Helper()
	newBallot(t, db, id, options, q)
	return calm(t, func() (vote.Ballot, error) { return db.OpenBallot(bg, ballots(t, db), id, opened, 0) })
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
		out[i] = vote.Receipt{Ballot: c.Ballot, Round: round, Rev: c.Rev, Leaf: leaf, Salt: leaf[:32], Promise: "p" + leaf[:8], ClientSalt: c.ClientSalt}
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
	a.Title, a.OpensAt, a.ClosesAt, a.Visibility, a.Show, a.Level, a.Weight = "示例改名", opened, opened+90_000, vote.Live, "final", 1, 1
	a.Quota = vote.Quota{Window: vote.PerDay, MaxVotes: 1, PerEntry: 1, PerTrack: 1, MinPicks: 1, AllowChange: true, TZ: "UTC"}
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

	o, err := db.OpenBallot(bg, ballots(t, db), "a", opened, opened+5000)
	must(t, err)
	same(t, "open", []any{o.State, o.Round, o.OpenedAt, o.Deadline}, []any{vote.StateOpen, 1, int64(opened), int64(opened + 5000)})
	_, err = db.SaveBallot(bg, a)
	wantCode(t, err, "vote.ballot_frozen")
	later, err := db.OpenBallot(bg, ballots(t, db), "a", opened+100, opened+9000)
	must(t, err)
	same(t, "extended", []any{later.Round, later.OpenedAt, later.Deadline}, []any{1, int64(opened), int64(opened + 9000)})
	one, err := db.LoadBallot(bg, "a")
	must(t, err)
	same(t, "as stored", one, later)
	one.Note, one.Logged = "of a later round", "of an older record"
	for _, v := range []reflect.Value{reflect.ValueOf(one), reflect.ValueOf(one.Quota)} {
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("%s has no value here: nobody would see that it is not stored", v.Type().Field(i).Name)
			}
		}
	}
	_, err = db.OpenBallot(bg, ballots(t, db), "none", opened, 0)
	wantCode(t, err, "vote.unknown_ballot")
}

func roundsStartFromZero(t *testing.T, db Record) {
	openBallot(t, db, "a", 2, vote.Quota{})
	castAll(t, db, 1, cast("a", 1, 1, "a"), cast("a", 2, 1, "b"))
	b, tally, err := db.CloseBallot(bg, ballots(t, db), "a", opened+9)
	must(t, err)
	first := vote.Tally{Ballot: "a", Round: 1, Votes: []int64{1, 1}, Voters: 2, Papers: 2}
	same(t, "count at the close", tally, first)
	same(t, "state", b.State, vote.StateClosed)
	_, tally, err = db.CloseBallot(bg, ballots(t, db), "a", opened+10)
	must(t, err)
	same(t, "closed again", tally, first)

	_, err = db.OpenBallot(bg, ballots(t, db), "a", opened, 0)
	wantCode(t, err, "ballot.closed")
	_, err = db.RearmBallot(bg, ballots(t, db), "a", "")
	wantCode(t, err, "ballot.note")
	b, err = db.RearmBallot(bg, ballots(t, db), "a", "设备故障")
	must(t, err)
	same(t, "armed again", []any{b.State, b.Round, b.Note}, []any{vote.StateArmed, 1, "设备故障"})
	b.Options = b.Options[:1]
	_, err = db.SaveBallot(bg, b)
	wantCode(t, err, "vote.ballot_frozen")
	_, err = db.OpenBallot(bg, ballots(t, db), "a", opened, 0)
	must(t, err)
	wantTally(t, db, "a", vote.Tally{Round: 2, Votes: []int64{0, 0}})
	out, _ := castAll(t, db, 2, cast("a", 1, 1, "b"))
	if out[0].Fault != nil || out[0].Duplicate {
		t.Errorf("a vote of the second round: %+v", out[0])
	}
	wantTally(t, db, "a", vote.Tally{Round: 2, Votes: []int64{0, 1}, Voters: 1, Papers: 1})
	leaves, err := db.Leaves(bg, "a", 1)
	must(t, err)
	same(t, "leaves of the first round, with its opening and its close", len(leaves), 4)
}

func sealedTakesNoRound(t *testing.T, db Record) {
	for _, id := range []vote.BallotID{"a", "b"} {
		openBallot(t, db, id, 2, vote.Quota{})
		_, _, err := db.CloseBallot(bg, ballots(t, db), id, opened)
		must(t, err)
	}
	must(t, db.SaveSeal(bg, own(t, db, "final"), 1, json.RawMessage(`{"ballots":[{"ballot":"a","round":1}]}`), "00"))
	_, err := db.RearmBallot(bg, ballots(t, db), "a", "再来")
	wantCode(t, err, "ballot.sealed")
	_, err = db.RearmBallot(bg, ballots(t, db), "b", "再来")
	must(t, err)
}

func missedStaysShut(t *testing.T, db Record) {
	a := newBallot(t, db, "a", 2, vote.Quota{})
	b, err := db.SkipBallot(bg, ballots(t, db), "a")
	must(t, err)
	same(t, "missed", []any{b.State, b.Round}, []any{vote.StateClosed, 0})
	_, err = db.SkipBallot(bg, ballots(t, db), "a")
	wantCode(t, err, "vote.not_open")
	b, err = db.SaveBallot(bg, a) // with another time
	must(t, err)
	same(t, "armed again", []any{b.State, b.Round}, []any{vote.StateArmed, 0})
	_, err = db.SkipBallot(bg, ballots(t, db), "a")
	must(t, err)
	b, err = db.OpenBallot(bg, ballots(t, db), "a", opened, 0)
	must(t, err)
	same(t, "opened by hand", []any{b.State, b.Round}, []any{vote.StateOpen, 1})
}

func revealedStays(t *testing.T, db Record) {
	openBallot(t, db, "a", 2, vote.Quota{})
	_, err := db.RevealBallot(bg, ballots(t, db), "a")
	wantCode(t, err, "vote.not_closed")
	_, _, err = db.CloseBallot(bg, ballots(t, db), "a", opened)
	must(t, err)
	for range 2 {
		b, err := db.RevealBallot(bg, ballots(t, db), "a")
		must(t, err)
		same(t, "state", b.State, vote.StateRevealed)
	}
	_, err = db.OpenBallot(bg, ballots(t, db), "a", opened, 0)
	wantCode(t, err, "ballot.revealed")
	_, err = db.RearmBallot(bg, ballots(t, db), "a", "再来")
	wantCode(t, err, "ballot.revealed")
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
			_, _, err := db.CloseBallot(bg, ballots(t, db), "a", opened)
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

	round, err := db.Round(bg, "a", 1)
	must(t, err)
	var got []string
	for _, l := range round.Votes {
		got = append(got, hex.EncodeToString(l[:]))
	}
	slices.Sort(got)
	want := []string{r[0].Leaf, r[4].Leaf, r[5].Leaf}
	slices.Sort(want)
	same(t, "leaves", got, want)
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
	_, tally, err := db.CloseBallot(bg, ballots(t, db), "a", opened+2)
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

// rewrittenIsFound: someone with the database in hand changes votes and the
// count to fit. The leaves do not fit any more.
func rewrittenIsFound(t *testing.T, db Record) {
	key := []byte("0123456789abcdef")
	openBallot(t, db, "a", 3, vote.Quota{AllowChange: true})
	name := func(voter int64) string { return ledger.Pseudonym(key, "a", 1, voter) }
	casts := []vote.Cast{cast("a", 1, 1, "a"), cast("a", 2, 1, "b"), cast("a", 2, 2, "c", "a")}
	made := receipts(1, casts)
	for i, c := range casts {
		choice := slices.Sorted(slices.Values(c.Choice))
		o := ledger.Opening{Ballot: "a", Round: 1, Voter: name(c.Voter), Rev: c.Rev, Choice: choice, ClientSalt: c.ClientSalt, Salt: made[i].Salt}
		made[i].Leaf = ledger.Hex(ledger.Leaf(o.Record().Text()))
	}
	_, _, err := db.CastBatch(bg, casts, made)
	must(t, err)
	check := func() error { return db.VerifyVotes(bg, "a", 1, name) }
	must(t, check())
	wantCode(t, db.VerifyVotes(bg, "a", 2, name), "vote.unknown_ballot")
	for column, other := range map[string]string{
		"choice": "'3'", "salt": "'00'", "client_salt": "'0b'", "leaf": "'" + made[2].Leaf + "'", "pos": "7", "rev": "9", "slot": "slot + 5",
	} {
		db.Harm(t, `CREATE TABLE kept AS SELECT * FROM vote_event`)
		db.Harm(t, `UPDATE vote_event SET `+column+` = `+other+` WHERE slot % 8 = 1`)
		if err := check(); fault.CodeOf(err) != "vote.miscount" {
			t.Errorf("changed %s: %v", column, err)
		}
		db.Harm(t, `DELETE FROM vote_event`)
		db.Harm(t, `INSERT INTO vote_event SELECT * FROM kept`)
		db.Harm(t, `DROP TABLE kept`)
		must(t, check())
	}
	db.Harm(t, `CREATE TABLE kept AS SELECT * FROM vote_event`)
	db.Harm(t, `DELETE FROM vote_event WHERE pos = 2`) // the last leaves no gap
	wantCode(t, check(), "vote.miscount")
	db.Harm(t, `DELETE FROM vote_event`)
	wantCode(t, check(), "vote.miscount")
	db.Harm(t, `INSERT INTO vote_event SELECT * FROM kept`)
	db.Harm(t, `DROP TABLE kept`)
	must(t, check())
	db.Harm(t, `DELETE FROM vote_event WHERE pos = 0`)
	wantCode(t, check(), "vote.miscount")
}

// aRoundHasItsRecords: the opening, the close and the head are kept once.
func aRoundHasItsRecords(t *testing.T, db Record) {
	b := openBallot(t, db, "a", 2, vote.Quota{})
	r, err := db.Round(bg, "a", 1)
	must(t, err)
	same(t, "definition", r.Definition, ledger.Definition(b))
	same(t, "close while open", r.Close, "")
	castAll(t, db, 1, cast("a", 1, 1, "a"), cast("a", 2, 1, "b"))
	_, err = db.OpenBallot(bg, ballots(t, db), "a", opened+5, opened+9000) // a later end changes nothing of it
	must(t, err)
	for range 2 {
		_, _, err = db.CloseBallot(bg, ballots(t, db), "a", opened+9)
		must(t, err)
	}
	r, err = db.Round(bg, "a", 1)
	must(t, err)
	c, err := ledger.ParseRecord(r.Close)
	must(t, err)
	same(t, "close", []any{c.Kind, c.Ballot, c.Round, c.Papers}, []any{ledger.KindClose, "a", 1, int64(2)})
	same(t, "leaves", len(r.Leaves()), 4)
	for range 2 {
		must(t, db.SaveCheckpoint(bg, "a", 1, opened, "head"))
	}
	wantCode(t, db.SaveCheckpoint(bg, "a", 1, opened, "another"), "vote.miscount")
	again, err := db.Round(bg, "a", 1)
	must(t, err)
	same(t, "head", again.Checkpoint, "head")
	same(t, "close again", again.Close, r.Close)
}

func bigBatch(t *testing.T, db Record) {
	openBallot(t, db, "a", 2, vote.Quota{AllowChange: true})
	casts := make([]vote.Cast, 2000)
	for i := range casts {
		casts[i] = cast("a", int64(i%1500+1), int64(i/1500+1), "a")
	}
	for range 2 {
		out, _, err := db.CastBatch(bg, casts, receipts(1, casts))
		for end := time.Now().Add(time.Minute); fault.CodeOf(err) == "store.busy" && time.Now().Before(end); { // a slow machine: nothing is stored
			out, _, err = db.CastBatch(bg, casts, receipts(1, casts))
		}
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
	same(t, "leaves", len(leaves), 2001) // and the opening
}
