package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/fault"
	"hecai/stage"
	"hecai/stage/cue"
	"hecai/store"
	"hecai/vote"
)

const beginTake = "take/begin"

// rehearsable makes a session with a ballot of its own, and one that its rundown names.
func rehearsable(t *testing.T, db Record) {
	must(t, db.SavePlan(bg, code, []byte(`{"code":"X"}`), "h"))
	must(t, db.SaveSession(bg, store.Session{Contest: code, ID: "final", Title: "示例", Kind: "final", Order: 1}))
	r := cue.Blank("final", "示例")
	r.Cues = append(r.Cues, cue.Cue{ID: "vote", Title: "示例", Actions: []cue.Action{{Kind: "ballot_open", Ballot: "named"}}})
	must(t, db.SaveRundown(bg, code, r))
	for id, show := range map[vote.BallotID]contest.ShowID{"own": final, "named": "", "other": ""} {
		b := vote.Ballot{ID: id.In(code), Show: show, Title: "示例投票", Visibility: vote.Live, State: vote.StateArmed,
			OpensAt: opened + 1000, Note: "", Options: []vote.Option{{No: 1, Entry: "a", Track: "x"}, {No: 2, Entry: "b", Track: "x"}}}
		_, err := db.SaveBallot(bg, b)
		must(t, err)
	}
}

// takesOfTwoSessions: a ballot that the rundowns of two sessions name has a copy of its
// own in the takes of each, also when both are on, and whatever becomes of the other's.
func takesOfTwoSessions(t *testing.T, db Record) {
	rehearsable(t, db)
	r := cue.Blank("ceremony", "示例")
	r.Cues = append(r.Cues, cue.Cue{ID: "vote", Title: "示例", Actions: []cue.Action{{Kind: "ballot_open", Ballot: "named"}}})
	must(t, db.SaveRundown(bg, code, r))
	var takes []contest.ShowID
	for _, session := range []contest.SessionID{"final", "ceremony"} {
		take, err := db.BeginTake(acting(beginTake), contest.NewShow(code, session, 0), "示例", 1000)
		must(t, err)
		takes = append(takes, take.Show)
	}
	for range 2 { // whatever is saved meanwhile
		for i, take := range takes {
			must(t, db.TakeBallots(bg, take))
			b, err := db.LoadBallot(bg, vote.BallotID("named").Of(take))
			must(t, err)
			same(t, "the copy's show", b.Show, takes[i])
		}
	}
	_, err := db.EndTake(bg, takes[0], nil, 2000)
	must(t, err)
	_, err = db.ClearTake(bg, takes[0], 3000)
	must(t, err)
	_, err = db.LoadBallot(bg, vote.BallotID("named").Of(takes[1]))
	must(t, err)
	_, err = db.OpenBallot(bg, ballots(t, db), vote.BallotID("named").Of(takes[1]), opened, 0)
	must(t, err)
}

// takesFollow: one take of a session is on, numbers are never given again, and a take
// has the ballots that its show has.
func takesFollow(t *testing.T, db Record) {
	rehearsable(t, db)
	var all sync.WaitGroup
	told := make([]error, 4)
	for i := range told {
		all.Go(func() { _, told[i] = db.BeginTake(acting(beginTake), final, "示例", 1000) })
	}
	all.Wait()
	began := 0
	for _, err := range told {
		if err == nil {
			began++
			continue
		}
		wantCode(t, err, "take.on")
	}
	same(t, "takes that began at once", began, 1)

	take := contest.NewShow(code, "final", 1)
	of := func() (out []vote.Ballot) {
		all, err := db.LoadBallots(bg)
		must(t, err)
		for _, b := range all {
			if b.Show == take {
				out = append(out, b)
			}
		}
		slices.SortFunc(out, func(a, b vote.Ballot) int { return len(a.ID) - len(b.ID) })
		return out
	}
	copies := of()
	if len(copies) != 2 || copies[0].ID != vote.BallotID("own").Of(take) || copies[1].ID != vote.BallotID("named").Of(take) {
		t.Fatalf("ballots of the take: %+v", copies)
	}
	if b := copies[0]; b.State != vote.StateArmed || b.OpensAt != 0 || b.Round != 0 || len(b.Options) != 2 {
		t.Errorf("a copy is %+v", b)
	}

	late := copies[0]
	late.ID, late.Show, late.Title = vote.BallotID("latecomer").In(code), final, "示例后加"
	_, err := db.SaveBallot(bg, late)
	must(t, err)
	changed := copies[0]
	changed.ID, changed.Show, changed.Title = vote.BallotID("own").In(code), final, "示例改名"
	_, err = db.SaveBallot(bg, changed)
	must(t, err)
	for range 2 {
		must(t, db.TakeBallots(bg, take))
	}
	copies = of()
	if len(copies) != 3 || copies[0].Title != "示例改名" || copies[2].ID != vote.BallotID("latecomer").Of(take) {
		t.Errorf("ballots of the take after changes: %+v", copies)
	}

	_, err = db.OpenBallot(bg, ballots(t, db), copies[0].ID, opened, 0)
	must(t, err)
	_, err = db.EndTake(bg, take, nil, 2000)
	wantCode(t, err, "take.ballot_open")
	_, _, err = db.CloseBallot(bg, ballots(t, db), copies[0].ID, opened+1)
	must(t, err)
	first, err := db.EndTake(bg, take, nil, 2000)
	must(t, err)
	again, err := db.EndTake(bg, take, nil, 3000)
	must(t, err)
	same(t, "ended twice", again, first)

	_, err = db.OpenBallot(bg, ballots(t, db), vote.BallotID("own").In(code), opened, 0)
	must(t, err)
	_, err = db.BeginTake(bg, final, "示例", 4000)
	wantCode(t, err, "take.ballot_open")
	_, _, err = db.CloseBallot(bg, ballots(t, db), vote.BallotID("own").In(code), opened+1)
	must(t, err)
	second, err := db.BeginTake(bg, final, "示例", 4000)
	must(t, err)
	same(t, "number of the next", second.No, 2)
	_, err = db.ClearTake(bg, second.Show, 5000)
	wantCode(t, err, "take.not_ended")
	_, err = db.EndTake(bg, contest.NewShow(code, "final", 9), nil, 5000)
	wantCode(t, err, "take.unknown")
	list, err := db.Takes(bg)
	must(t, err)
	same(t, "takes", list, []contest.Take{first, second})
}

// playTake begins a take and leaves rows of every kind in it.
func playTake(t *testing.T, db Record, votes int) contest.ShowID {
	take, err := db.BeginTake(acting(beginTake), final, "示例", 1000)
	must(t, err)
	show := take.Show
	id := vote.BallotID("own").Of(show)
	_, err = db.OpenBallot(bg, ballots(t, db), id, opened, 0)
	must(t, err)
	casts := make([]vote.Cast, votes)
	for i := range casts {
		casts[i] = cast(id, int64(i+1), 1, "a")
	}
	for chunk := range slices.Chunk(casts, 2000) {
		castAll(t, db, 1, chunk...)
	}
	_, _, err = db.CloseBallot(bg, ballots(t, db), id, opened+1)
	must(t, err)
	must(t, db.SaveCheckpoint(bg, id, 1, opened+2, "示例"))
	must(t, db.AppendFacts(bg, own(t, db, show), 0, []cue.Fact{fact(1), fact(2)}))
	s := sheet("e1", "j1")
	s.Show = show
	must(t, db.SaveSheet(bg, own(t, db, show), s, 0))
	_, err = db.LockSheets(bg, own(t, db, show), []contest.EntryID{"e1"}, 9)
	must(t, err)
	must(t, db.SaveSeal(bg, own(t, db, show), 1, []byte(`{"ballots":[]}`), "root"))
	must(t, db.SaveMessage(bg, stage.Message{ID: fmt.Sprintf("m-%s", show), Show: show, Text: "示例", State: stage.MessagePending}))
	return show
}

// endedTakeIsShut: nothing is written to a take that has ended, by whoever acts for it.
func endedTakeIsShut(t *testing.T, db Record) {
	rehearsable(t, db)
	show := playTake(t, db, 1)
	named := vote.BallotID("named").Of(show)
	stored, err := db.LoadBallot(bg, named)
	must(t, err)
	_, err = db.EndTake(bg, show, nil, 2000)
	must(t, err)
	before := db.tables(t)
	late := sheet("e2", "j1")
	late.Show = show
	for what, do := range map[string]func(ctx context.Context) error{
		"facts":    func(ctx context.Context) error { return db.AppendFacts(ctx, own(t, db, show), 2, []cue.Fact{fact(3)}) },
		"a sheet":  func(ctx context.Context) error { return db.SaveSheet(ctx, own(t, db, show), late, 0) },
		"a seal":   func(ctx context.Context) error { return db.SaveSeal(ctx, own(t, db, show), 2, []byte(`{}`), "root") },
		"a ballot": func(ctx context.Context) error { _, err := db.SaveBallot(ctx, stored); return err },
		"more":     func(ctx context.Context) error { return db.TakeBallots(ctx, show) },
		"a line": func(ctx context.Context) error {
			return db.SaveMessage(ctx, stage.Message{ID: "late", Show: show, State: stage.MessagePending})
		},
		"a lock": func(ctx context.Context) error {
			_, err := db.LockSheets(ctx, own(t, db, show), []contest.EntryID{"e2"}, 9)
			return err
		},
		"an opening": func(ctx context.Context) error {
			_, err := db.OpenBallot(ctx, ballots(t, db), named, opened, 0)
			return err
		},
		"a reveal": func(ctx context.Context) error {
			_, err := db.RevealBallot(ctx, ballots(t, db), vote.BallotID("own").Of(show))
			return err
		},
		"a round": func(ctx context.Context) error {
			_, err := db.RearmBallot(ctx, ballots(t, db), vote.BallotID("own").Of(show), "示例")
			return err
		},
	} {
		if err := do(bg); fault.CodeOf(err) != "take.over" {
			t.Errorf("%s of a take that has ended: %v", what, err)
		}
	}
	same(t, "the record", db.tables(t), before)
}

// purgedTakeIsGone: all that a take has left is its number and one fact of the show,
// however often the purge was begun and cut off.
func purgedTakeIsGone(t *testing.T, db Record) {
	rehearsable(t, db)
	must(t, db.AppendFacts(bg, own(t, db, final), 0, []cue.Fact{fact(1)}))
	kept := sheet("e1", "j1")
	kept.Show = final
	must(t, db.SaveSheet(bg, own(t, db, final), kept, 0))
	before := db.tables(t)
	show := playTake(t, db, 6000) // in more than one piece
	_, err := db.EndTake(acting("take/end"), show, nil, 2000)
	must(t, err)
	gone, err := db.VerifyTake(bg, show)
	must(t, err)
	same(t, "gone before", gone, false)

	_, head, err := db.VerifyFacts(bg, show)
	must(t, err)
	var said cue.TakePurged
	for range 2 { // the first was cut off behind it
		said, err = db.ClearTake(bg, show, 3000)
		must(t, err)
		same(t, "what is said", said, cue.TakePurged{Take: show, Began: 1000, Ended: 2000, Facts: 2, Head: head, Ballots: 2, Papers: 6000})
		if _, err := db.VerifyTake(bg, show); fault.CodeOf(err) != "stage.broken_chain" {
			t.Errorf("a purge that is not finished: %v", err)
		}
		all, err := db.LoadBallots(bg)
		must(t, err)
		if slices.ContainsFunc(all, func(b vote.Ballot) bool { return b.Show == show }) {
			t.Error("ballots of a take are still seen while they are purged")
		}
	}
	told := cue.Make(said)
	told.Seq, told.At, told.Actor = 2, 4000, "organiser:示例"
	wantCode(t, db.PurgeTake(bg, own(t, db, final), 0, show, []cue.Fact{told}), "stage.conflict")
	must(t, db.PurgeTake(acting("take/purge"), own(t, db, final), 1, show, []cue.Fact{told}))
	wantCode(t, db.PurgeTake(bg, own(t, db, final), 2, show, []cue.Fact{told}), "take.over")
	_, err = db.ClearTake(bg, show, 5000)
	wantCode(t, err, "take.over")
	gone, err = db.VerifyTake(bg, show)
	must(t, err)
	same(t, "gone", gone, true)
	_, _, err = db.VerifyFacts(bg, final)
	must(t, err)

	after := db.tables(t)
	facts := after["fact"]
	same(t, "facts", len(facts), len(before["fact"])+1)
	for table, rows := range before {
		switch table {
		case "show", "take", "change", "counter", "lease":
		case "fact":
			same(t, table, without(facts, rows), 1)
		default:
			same(t, table, after[table], rows)
		}
	}

	db.Harm(t, `INSERT INTO message (no, id, show, voter_no, name, body, at, state) VALUES (900, 'x', '`+string(show)+`', 0, '', '', 0, 'pending')`)
	if _, err := db.VerifyTake(bg, show); fault.CodeOf(err) != "stage.broken_chain" {
		t.Errorf("a row is left of a take that was purged: %v", err)
	}
	db.Harm(t, `DELETE FROM message WHERE no = 900`)
	db.Harm(t, `UPDATE take SET purged = 0, told = 0`)
	if _, err := db.VerifyTake(bg, show); fault.CodeOf(err) != "stage.broken_chain" {
		t.Errorf("a take that was purged stands as one that was not: %v", err)
	}
	must(t, db.VerifyTakes(bg))
	db.Harm(t, `UPDATE change SET id = id || '9' WHERE verb = 'take/begin'`)
	if err := db.VerifyTakes(bg); fault.CodeOf(err) != "stage.broken_chain" {
		t.Errorf("a take that began is not there: %v", err)
	}
	next, err := db.BeginTake(bg, final, "示例", 6000)
	must(t, err)
	same(t, "the next", next.No, 2)
}

// without counts the rows that are not among those of before, which must all be there.
func without(rows, before []string) int {
	n := len(rows)
	for _, r := range before {
		if slices.Contains(rows, r) {
			n--
		}
	}
	return n
}

// rehearsedIsNotHeld: what was done in a rehearsal is held against nobody.
func rehearsedIsNotHeld(t *testing.T, db Record) {
	rehearsable(t, db)
	must(t, db.SaveJudges(bg, code, []contest.Judge{{ID: "j1", Name: "示例"}}))
	take, err := db.BeginTake(bg, final, "示例", 1000)
	must(t, err)
	s := sheet("e1", "j1")
	s.Show, s.State = take.Show, score.SheetSubmitted
	must(t, db.SaveSheet(bg, own(t, db, take.Show), s, 0))
	must(t, db.DropJudge(bg, code, "j1"))
}

// Tables are all rows of the SQLite record in a folder, by table.
func Tables(t testing.TB, dir string) map[string][]string {
	t.Helper()
	pool, err := sql.Open("sqlite", filepath.Join(dir, "hecai.db"))
	must(t, err)
	defer pool.Close()
	return rowsOf(t, pool, false)
}

func (r Record) tables(t testing.TB) map[string][]string {
	t.Helper()
	return rowsOf(t, r.Raw(t), r.Engine() == "postgres")
}

func rowsOf(t testing.TB, pool *sql.DB, postgres bool) map[string][]string {
	t.Helper()
	query := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	if postgres {
		query = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
	}
	out := map[string][]string{}
	names, err := pool.Query(query)
	must(t, err)
	for names.Next() {
		var name string
		must(t, names.Scan(&name))
		out[name] = nil
	}
	must(t, names.Err())
	names.Close()
	for name := range out {
		rows, err := pool.Query(`SELECT * FROM ` + name)
		must(t, err)
		columns, err := rows.Columns()
		must(t, err)
		for rows.Next() {
			fields := make([]any, len(columns))
			into := make([]any, len(columns))
			for i := range fields {
				into[i] = &fields[i]
			}
			must(t, rows.Scan(into...))
			out[name] = append(out[name], fmt.Sprint(fields...))
		}
		must(t, rows.Err())
		rows.Close()
		slices.Sort(out[name])
	}
	return out
}
