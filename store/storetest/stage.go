package storetest

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/fault"
	"hecai/stage"
	"hecai/stage/cue"
)

func sheet(entry contest.EntryID, judge contest.JudgeID) score.Sheet {
	return score.Sheet{Show: "final", Entry: entry, Judge: judge, Marks: map[contest.CriterionID]contest.Mark{"a": 9250, "b": 0},
		Comment: "示例评语", Rev: 1, State: score.SheetDraft, UpdatedAt: 5}
}

func sheetRevision(t *testing.T, db Record) {
	s := sheet("e1", "j1")
	must(t, db.SaveSheet(bg, own(t, db, "final"), s, 0))
	wantCode(t, db.SaveSheet(bg, own(t, db, "final"), s, 0), "sheet.stale_rev")
	wantCode(t, db.SaveSheet(bg, own(t, db, "final"), sheet("e2", "j1"), 3), "sheet.stale_rev")
	next := s
	next.Rev, next.State, next.Marks = 2, score.SheetSubmitted, map[contest.CriterionID]contest.Mark{"a": 1}
	must(t, db.SaveSheet(bg, own(t, db, "final"), next, 1))
	err := db.SaveSheet(bg, own(t, db, "final"), next, 1)
	wantCode(t, err, "sheet.stale_rev")
	same(t, "revision told", fault.Of(err).Args["rev"], any(int64(2)))

	empty := sheet("e1", "j2")
	empty.Marks = map[contest.CriterionID]contest.Mark{}
	must(t, db.SaveSheet(bg, own(t, db, "final"), empty, 0))
	all, err := db.Sheets(bg, "final")
	must(t, err)
	same(t, "sheets", all, []score.Sheet{next, empty})
}

func sheetLock(t *testing.T, db Record) {
	in, draft := sheet("e1", "j1"), sheet("e1", "j2")
	in.State = score.SheetSubmitted
	must(t, db.SaveSheet(bg, own(t, db, "final"), in, 0))
	must(t, db.SaveSheet(bg, own(t, db, "final"), draft, 0))
	locked, err := db.LockSheets(bg, own(t, db, "final"), []contest.EntryID{"e1"}, 9)
	must(t, err)
	in.State, in.Rev, in.UpdatedAt = score.SheetLocked, 2, 9
	same(t, "locked", locked, []score.Sheet{in, draft})
	again, err := db.LockSheets(bg, own(t, db, "final"), []contest.EntryID{"e1"}, 10)
	must(t, err)
	same(t, "locked again", again, locked)

	draft.Rev = 2
	wantCode(t, db.SaveSheet(bg, own(t, db, "final"), draft, 1), "sheet.locked")
	wantCode(t, db.SaveSheet(bg, own(t, db, "final"), sheet("e1", "j3"), 0), "sheet.locked")
	must(t, db.SaveSheet(bg, own(t, db, "final"), sheet("e2", "j1"), 0))
	_, err = db.LockSheets(bg, own(t, db, "final"), []contest.EntryID{"e3", "e2"}, 11)
	must(t, err)
	wantCode(t, db.SaveSheet(bg, own(t, db, "final"), sheet("e3", "j1"), 0), "sheet.locked")
	must(t, db.SaveSheet(bg, own(t, db, "final"), sheet("e4", "j1"), 0)) // an entry that came later
}

// lockRacesWithSheets: whatever is handed in while the lock falls is either in
// what the lock returned, or was refused.
func lockRacesWithSheets(t *testing.T, db Record) {
	const judges = 12
	mine := own(t, db, "final")
	var told [judges]error
	var all sync.WaitGroup
	for i := range judges {
		s := sheet("e1", contest.JudgeID(fmt.Sprintf("j%02d", i)))
		s.State = score.SheetSubmitted
		all.Go(func() { told[i] = db.SaveSheet(bg, mine, s, 0) })
	}
	locked, err := db.LockSheets(bg, mine, []contest.EntryID{"e1"}, 9)
	must(t, err)
	all.Wait()
	in := map[contest.JudgeID]bool{}
	for _, s := range locked {
		in[s.Judge] = true
	}
	for i, err := range told {
		id := contest.JudgeID(fmt.Sprintf("j%02d", i))
		if in[id] != (err == nil) {
			t.Errorf("judge %s: in the lock %v, told %v", id, in[id], err)
		}
		if err != nil {
			wantCode(t, err, "sheet.locked")
		}
	}
}

func fact(seq int64) cue.Fact {
	return cue.Fact{Seq: seq, At: 1000 + seq, Actor: "director:示例", Kind: "scene_shown", Body: json.RawMessage(fmt.Sprintf(`{"name":"idle","n":%d}`, seq))}
}

func factsFollow(t *testing.T, db Record) {
	must(t, db.AppendFacts(bg, own(t, db, "final"), 0, []cue.Fact{fact(1), fact(2)}))
	must(t, db.AppendFacts(bg, own(t, db, "final"), 2, []cue.Fact{fact(3)}))
	must(t, db.AppendFacts(bg, own(t, db, "other"), 0, []cue.Fact{fact(1)}))
	err := db.AppendFacts(bg, own(t, db, "final"), 2, []cue.Fact{fact(3)})
	wantCode(t, err, "stage.conflict")
	if args := fault.Of(err).Args; len(args) > 0 { // whoever is refused would learn how many facts are not public
		t.Errorf("the refusal tells %v", args)
	}
	wantCode(t, db.AppendFacts(bg, own(t, db, "final"), 9, []cue.Fact{fact(10)}), "stage.conflict")
	if err := db.AppendFacts(bg, own(t, db, "final"), 3, []cue.Fact{fact(4), fact(6)}); err == nil {
		t.Error("a gap was accepted")
	}
	all, err := db.LoadFacts(bg, "final", 0)
	must(t, err)
	same(t, "facts", all, []cue.Fact{fact(1), fact(2), fact(3)})
	rest, err := db.LoadFacts(bg, "final", 2)
	must(t, err)
	same(t, "facts after 2", rest, []cue.Fact{fact(3)})
	n, head, err := db.VerifyFacts(bg, "final")
	must(t, err)
	if n != 3 || len(head) != 64 {
		t.Errorf("chain of %d ends in %q", n, head)
	}
}

func factsRace(t *testing.T, db Record) {
	const writers = 8
	lease := own(t, db, "final")
	var won atomic.Int64
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			err := db.AppendFacts(bg, lease, 0, []cue.Fact{fact(1), fact(2)})
			switch {
			case err == nil:
				won.Add(1)
			case fault.CodeOf(err) != "stage.conflict":
				t.Error(err)
			}
		})
	}
	all.Wait()
	same(t, "writers that won", won.Load(), int64(1))
	n, _, err := db.VerifyFacts(bg, "final")
	must(t, err)
	same(t, "facts", n, int64(2))
}

func chainBreaks(t *testing.T, db Record) {
	must(t, db.AppendFacts(bg, own(t, db, "final"), 0, []cue.Fact{fact(1), fact(2), fact(3)}))
	for _, harm := range []string{
		`UPDATE fact SET body = '{"name":"board"}' WHERE seq = 2`,
		`UPDATE fact SET at = at + 1 WHERE seq = 3`,
		`UPDATE fact SET actor = 'host:' WHERE seq = 1`,
		`DELETE FROM fact WHERE seq = 2`,
	} {
		db.Harm(t, harm)
		_, _, err := db.VerifyFacts(bg, "final")
		wantCode(t, err, "stage.broken_chain")
		db.Harm(t, `DELETE FROM fact`)
		must(t, db.AppendFacts(bg, own(t, db, "final"), 0, []cue.Fact{fact(1), fact(2), fact(3)}))
	}
}

func sealStays(t *testing.T, db Record) {
	_, _, _, err := db.LoadSeal(bg, "final")
	wantCode(t, err, "store.none")
	must(t, db.SaveSeal(bg, own(t, db, "final"), 1, json.RawMessage(`{"w":["a"]}`), "r1"))
	must(t, db.SaveSeal(bg, own(t, db, "final"), 1, json.RawMessage(`{"w":["a"]}`), "r1"))
	wantCode(t, db.SaveSeal(bg, own(t, db, "final"), 1, json.RawMessage(`{"w":["b"]}`), "r2"), "seal.exists")
	wantCode(t, db.SaveSeal(bg, own(t, db, "final"), 3, nil, "r3"), "seal.version")
	must(t, db.SaveSeal(bg, own(t, db, "final"), 2, json.RawMessage(`{"w":["b"]}`), "r2"))
	version, body, root, err := db.LoadSeal(bg, "final")
	must(t, err)
	same(t, "seal", []any{version, string(body), root}, []any{2, `{"w":["b"]}`, "r2"})
}

func messagesKeepOrder(t *testing.T, db Record) {
	var want []stage.Message
	for i := range 5 {
		m := stage.Message{ID: fmt.Sprintf("m%d", 9-i), Show: "final", Voter: int64(i), Name: "示例", Text: "加油", At: 7, State: "pending"}
		must(t, db.SaveMessage(bg, m))
		want = append(want, m)
	}
	must(t, db.SaveMessage(bg, want[0]))
	must(t, db.SetMessageState(bg, "m7", "approved"))
	want[2].State = "approved"
	wantCode(t, db.SetMessageState(bg, "none", "approved"), "store.none")
	all, err := db.Messages(bg, "final", "", 10)
	must(t, err)
	same(t, "messages", all, want)
	last, err := db.Messages(bg, "final", "pending", 2)
	must(t, err)
	same(t, "the last two pending", last, want[3:])
}
