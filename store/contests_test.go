package store_test

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hecai/contest"
	"hecai/contest/plan"
	"hecai/stage/cue"
	"hecai/store"
	"hecai/store/storetest"
	"hecai/vote"
	"hecai/vote/ledger"
)

// older is the record of a whole evening by the program of schema 2: a sealed and
// revealed final with marks, votes and a closed log.
const older = "testdata/version2.sql.gz"

// TestAnOlderRecordBecomesItsContests brings a record of before there were several
// contests to this program's schema, from each schema that it may have by now. Its
// hashes, its signatures and its seal hold, and everything belongs to the contest of
// its plan.
func TestAnOlderRecordBecomesItsContests(t *testing.T) {
	files, err := filepath.Glob("migrations/0*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	// Who was shut out could do nothing, and does not become a founder.
	since := []string{`INSERT INTO staff (id, name, hash, roles, disabled) VALUES ('left', '示例离任', '', '["organiser"]', TRUE)`}
	for from := 2; ; from++ {
		t.Run(fmt.Sprint("sqlite ", from), func(t *testing.T) {
			dir := storetest.OldFolder(t, older, since...)
			holds(t, storetest.Open(t, store.Config{DataDir: dir}), storetest.SQLite(t).DB)
			if copies, err := filepath.Glob(filepath.Join(dir, fmt.Sprintf("hecai.db.schema%d-*", from))); err != nil || len(copies) != 1 {
				t.Errorf("copies of before: %v, %v", copies, err)
			}
		})
		t.Run(fmt.Sprint("postgres ", from), func(t *testing.T) {
			p := postgres(t)
			holds(t, storetest.Open(t, store.Config{Database: p.OldDatabase(t, older, since...)}), p.Open(t).DB)
		})
		if from > len(files) { // the last brought it to this program's
			t.Fatalf("no migration names a contest of %q", files)
		}
		step, err := os.ReadFile(files[from-1]) // the first is to schema 2
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(step), "$CODE") {
			return
		}
		since = append(since, string(step), fmt.Sprintf("UPDATE schema_version SET version = %d", from+1))
	}
}

func holds(t *testing.T, db, fresh *store.DB) {
	t.Helper()
	const show contest.ShowID = "JL-2024/final"
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	have, err := db.Columns(bg)
	must(err)
	want, err := fresh.Columns(bg)
	must(err)
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("columns (-fresh +migrated):\n%s", d)
	}

	codes, err := db.Contests(bg)
	must(err)
	if len(codes) != 1 || codes[0] != show.Contest() {
		t.Fatalf("contests %v", codes)
	}
	n, _, err := db.VerifyFacts(bg, show)
	if err != nil || n != 128 {
		t.Errorf("chain of %d facts: %v", n, err)
	}
	facts, err := db.LoadFacts(bg, show, 0)
	must(err)
	rundown, err := db.Rundown(bg, show)
	must(err)
	entries, err := db.SessionEntries(bg, show)
	must(err)
	judges, err := db.SessionJudges(bg, show)
	must(err)
	ballots, err := db.LoadBallots(bg)
	must(err)
	if len(entries) != 36 || len(judges) != 7 || len(ballots) != 1 {
		t.Fatalf("%d entries, %d judges, %d ballots", len(entries), len(judges), len(ballots))
	}
	b := ballots[0]
	if b.ID != "JL-2024/popularity" || b.Show != show || b.LogName() != "popularity" {
		t.Errorf("ballot %q of %q, logged as %q", b.ID, b.Show, b.LogName())
	}
	catalog := cue.Catalog{Show: show, Entries: entries, Judges: judges, Ballots: []vote.BallotID{b.ID}}
	catalog.Plan = planOf(t, db, show.Contest())
	state, err := cue.Fold(rundown, catalog, facts)
	must(err)
	if !state.Verified() || !state.FiguresPublic(b.ID, 1) || state.Session().ID != show || len(state.Counted()) != 1 || state.Counted()[0] != b.ID {
		t.Errorf("the evening is not over: %v, %v, %q, %v", state.Verified(), state.FiguresPublic(b.ID, 1), state.Session().ID, state.Counted())
	}
	if v := cue.Public(state).Session; v.Mode != "live" || !v.Begun || !strings.Contains(string(facts[0].Body), `"mode":"rehearsal"`) {
		t.Errorf("a show that once was called a rehearsal, by %s: %+v", facts[0].Body, v)
	}
	_, text, root, err := db.LoadSeal(bg, show)
	must(err)
	sealed, err := cue.Unseal(&catalog, text, root)
	must(err)
	if told := sealed.Told(); len(told.Ballots) != 1 || told.Ballots[0] != b.ID || told.Ranked != 36 {
		t.Errorf("the seal counts %+v", told)
	}

	seed, err := db.Secret(bg, "ledger", ed25519.SeedSize)
	must(err)
	names, err := db.Secret(bg, "pseudonyms", 32)
	must(err)
	pseudonym := func(voter int64) string { return ledger.Pseudonym(names, b.LogName(), 1, voter) }
	must(db.VerifyVotes(bg, b.ID, 1, pseudonym))
	if _, err := db.LoadTally(bg, b.ID); err != nil {
		t.Error(err)
	}
	round, err := db.Round(bg, b.ID, 1)
	must(err)
	var tree ledger.Tree
	for _, leaf := range round.Leaves() {
		tree.Append(leaf)
	}
	key := ed25519.NewKeyFromSeed(seed)
	signed, err := ledger.SignRound(key, "hecai/jl-2024", tree.Size(), tree.Root())
	if err != nil || signed != round.Checkpoint {
		t.Errorf("the log has another head than the one that was signed: %v", err)
	}
	papers, err := db.MyPapers(bg, b.ID, 1)
	must(err)
	if len(papers) == 0 {
		t.Fatal("the first voter has no paper")
	}
	for _, p := range papers {
		if !ledger.CheckPromise(key.Public().(ed25519.PublicKey), "hecai/jl-2024", p.Receipt.Leaf, p.Receipt.Promise) {
			t.Errorf("the promise of revision %d does not hold", p.Rev)
		}
	}

	users, err := db.Users(bg)
	must(err)
	for _, u := range users {
		if u.Founder != u.Organises(show.Contest()) || len(u.In) != 1 {
			t.Errorf("account %q: founder %v, %v", u.Name, u.Founder, u.In)
		}
	}
	links, err := db.Links(bg)
	must(err)
	sheets, err := db.Sheets(bg, show)
	must(err)
	cameras, err := db.Cameras(bg)
	must(err)
	messages, err := db.Messages(bg, show, "", 10)
	must(err)
	if len(links) != 10 || links[0].Show != show || len(sheets) != 252 || len(cameras) != 3 || cameras[0].Show != show || len(messages) != 2 {
		t.Errorf("%d links, %d sheets, %d cameras, %d messages", len(links), len(sheets), len(cameras), len(messages))
	}
	if n, err := db.Counter(bg, "ballot"); err != nil || n != 2 {
		t.Errorf("the next ballot has number %d, %v", n, err)
	}
}

func planOf(t *testing.T, db *store.DB, code contest.Code) *contest.Plan {
	t.Helper()
	body, _, err := db.Plan(bg, code)
	if err != nil {
		t.Fatal(err)
	}
	p, problems := plan.Parse(body)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p
}
