package storetest

import (
	"testing"

	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
)

// badBallotAlone: what one row or another of a ballot has become keeps nobody
// from the other ballots.
func badBallotAlone(t *testing.T, db Record) {
	openBallot(t, db, "bad", 2, vote.Quota{AllowChange: true})
	openBallot(t, db, "good", 2, vote.Quota{})
	castAll(t, db, 1, cast("bad", 1, 1, "a"))
	voter := int64(10)
	for _, h := range []struct{ harm, mend string }{
		{`UPDATE ballot SET options = 'x' WHERE id = 'bad'`, `UPDATE ballot SET options = (SELECT options FROM ballot WHERE id = 'good') WHERE id = 'bad'`},
		{`UPDATE ballot SET quota = '[' WHERE id = 'bad'`, `UPDATE ballot SET quota = '{"change":true}' WHERE id = 'bad'`},
		{`UPDATE tally SET votes = '?' WHERE no = 1`, `UPDATE tally SET votes = '[1,0]' WHERE no = 1`},
		{`UPDATE tally SET votes = '[1]' WHERE no = 1`, `UPDATE tally SET votes = '[1,0]' WHERE no = 1`},
		{`UPDATE tally SET round = 9 WHERE no = 1`, `UPDATE tally SET round = 1 WHERE no = 1`},
		{`UPDATE vote_event SET choice = '7' WHERE rev = 1 AND slot % 8 = 1`, `UPDATE vote_event SET choice = '1' WHERE rev = 1 AND slot % 8 = 1`},
	} {
		db.Harm(t, h.harm)
		voter++
		out, _ := castAll(t, db, 1, cast("bad", 1, 2, "b"), cast("good", voter, 1, "a"))
		wantCode(t, out[0].Fault, "ballot.aside")
		if out[1].Fault != nil {
			t.Fatalf("%s: the other ballot's vote: %v", h.harm, out[1].Fault)
		}
		all, err := db.LoadBallots(bg)
		must(t, err)
		same(t, "ballots", len(all), 2)
		_, err = db.LoadTally(bg, "bad")
		wantCode(t, err, "store.broken")
		same(t, "kind", fault.KindOf(err), fault.Internal)
		_, err = db.LoadTally(bg, "good")
		must(t, err)
		db.Harm(t, h.mend)
	}
	out, _ := castAll(t, db, 1, cast("bad", 1, 2, "b"))
	if out[0].Fault != nil {
		t.Fatalf("mended: %v", out[0].Fault)
	}
}

// changesAreBounded: every accepted change stays in the ledger for ever.
func changesAreBounded(t *testing.T, db Record) {
	openBallot(t, db, "a", 2, vote.Quota{AllowChange: true, MaxVotes: 1})
	pick := func(n int64) contest.EntryID { return contest.EntryID(rune('a' + n%2)) }
	for rev := int64(1); rev <= vote.MaxChanges+1; rev++ {
		if out, _ := castAll(t, db, 1, cast("a", 1, rev, pick(rev))); out[0].Fault != nil {
			t.Fatalf("rev %d: %v", rev, out[0].Fault)
		}
	}
	out, _ := castAll(t, db, 1, cast("a", 1, 99, "a"), cast("a", 1, vote.MaxChanges+1, pick(vote.MaxChanges+1)))
	wantCode(t, out[0].Fault, "vote.changes")
	same(t, "what stands", []any{out[0].Rev, out[0].Choice}, []any{int64(vote.MaxChanges + 1), []contest.EntryID{pick(vote.MaxChanges + 1)}})
	if !out[1].Duplicate {
		t.Errorf("a retry of the last one: %+v", out[1])
	}
	mine, err := db.MyPapers(bg, "a", 1)
	must(t, err)
	same(t, "own papers", len(mine), vote.MaxChanges+1)
}
