package storetest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"hecai/contest"
	"hecai/stage/cue"
	"hecai/store"
)

// bg is the context of questions; none of them is cancelled.
var bg = context.Background()

func secretIsKept(t *testing.T, db Record) {
	a, err := db.Secret(bg, "device", 32)
	must(t, err)
	b, err := db.Secret(bg, "device", 32)
	must(t, err)
	c, err := db.Secret(bg, "ledger", 32)
	must(t, err)
	if len(a) != 32 || !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Errorf("secrets %x, %x and %x", a, b, c)
	}
	if _, err := db.Secret(bg, "device", 16); err == nil {
		t.Error("a secret of another length was accepted")
	}
}

func counterIsDense(t *testing.T, db Record) {
	const each, callers = 10, 8
	var got [callers][]int64
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			for range each {
				n, err := db.Counter(bg, "x")
				if err != nil {
					t.Error(err)
					return
				}
				got[i] = append(got[i], n)
			}
		})
	}
	all.Wait()
	flat := slices.Concat(got[:]...)
	slices.Sort(flat)
	for i, n := range flat {
		if n != int64(i+1) {
			t.Fatalf("numbers %v", flat)
		}
	}
}

func planIsReplaced(t *testing.T, db Record) {
	_, _, err := db.Plan(bg)
	wantCode(t, err, "store.none")
	must(t, db.SavePlan(bg, []byte(`{"a":1}`), "h1"))
	must(t, db.SavePlan(bg, []byte(`{"a":2}`), "h2"))
	must(t, db.SavePlan(bg, []byte(`{"a":2}`), "h2"))
	body, hash, err := db.Plan(bg)
	must(t, err)
	same(t, "plan", []string{string(body), hash}, []string{`{"a":2}`, "h2"})
}

func entry(no int) contest.Entry {
	id := contest.EntryID("e" + string(rune('a'+no)))
	return contest.Entry{ID: id, No: no, Title: "示例项目 " + string(id), Track: "t1", Direction: 2, Team: "示例团队", Lead: "示例单位 \"引号\"",
		Partners: []string{"示例一", "示例二"}, Summary: "换行\n与'引号'", Order: no, State: contest.Qualified, Sample: true}
}

func entriesRoundTrip(t *testing.T, db Record) {
	got, err := db.Entries(bg)
	must(t, err)
	same(t, "no entries", got, []contest.Entry{})
	want := []contest.Entry{entry(1), entry(2), entry(3)}
	want[1].Partners = []string{}
	want[2].Sample = false
	must(t, db.ReplaceEntries(bg, want))
	got, err = db.Entries(bg)
	must(t, err)
	same(t, "entries", got, want)

	must(t, db.SaveSession(bg, store.Session{ID: "final", Title: "决赛", Mode: cue.ModeLive}))
	must(t, db.SetSessionEntries(bg, "final", []contest.EntryID{want[2].ID}))
	wantCode(t, db.ReplaceEntries(bg, want[:1]), "entry.in_use")
	got, err = db.Entries(bg)
	must(t, err)
	same(t, "entries after a refusal", got, want)
	must(t, db.ReplaceEntries(bg, want[1:]))
	got, err = db.Entries(bg)
	must(t, err)
	same(t, "entries after one went", got, want[1:])
}

func importIsWhole(t *testing.T, db Record) {
	must(t, db.ReplaceEntries(bg, []contest.Entry{entry(1), entry(2)}))
	changed := entry(1)
	changed.Title = "示例 新名"
	taken := entry(2)
	wantCode(t, db.ApplyImport(bg, []contest.Entry{entry(3), taken}, []contest.Entry{changed}), "entry.stale_import")
	got, err := db.Entries(bg)
	must(t, err)
	same(t, "after a refused import", got, []contest.Entry{entry(1), entry(2)})

	must(t, db.ApplyImport(bg, []contest.Entry{entry(3)}, []contest.Entry{changed}))
	got, err = db.Entries(bg)
	must(t, err)
	same(t, "after an import", got, []contest.Entry{changed, entry(2), entry(3)})
}

func numbersMove(t *testing.T, db Record) {
	a, b, c := entry(1), entry(2), entry(3)
	must(t, db.ReplaceEntries(bg, []contest.Entry{a, b, c}))
	a.No, b.No, c.No = 3, 1, 2
	must(t, db.ReplaceEntries(bg, []contest.Entry{a, b, c}))
	got, err := db.Entries(bg)
	must(t, err)
	same(t, "moved", got, []contest.Entry{b, c, a})
	b.No = 2 // c has it
	wantCode(t, db.ApplyImport(bg, nil, []contest.Entry{b}), "entry.number_taken")
}

func judgesRoundTrip(t *testing.T, db Record) {
	want := []contest.Judge{
		{ID: "j1", Name: "示例评委一", Org: "示例大学", Sector: "高校", Sample: true},
		{ID: "j2", Name: "示例评委二", Org: "示例协会", Sector: "行业协会"},
	}
	must(t, db.SaveJudges(bg, want))
	want[1].Org = "示例企业"
	must(t, db.SaveJudges(bg, want[1:]))
	got, err := db.Judges(bg)
	must(t, err)
	same(t, "judges", got, want)
}

func sessionHasOrderAndPanel(t *testing.T, db Record) {
	must(t, db.ReplaceEntries(bg, []contest.Entry{entry(1), entry(2), entry(3)}))
	must(t, db.SaveJudges(bg, []contest.Judge{{ID: "j1"}, {ID: "j2"}}))
	final := store.Session{ID: "final", Title: "决赛", Subtitle: "下午场", Kind: "final", Mode: cue.ModeRehearsal, Order: 2}
	must(t, db.SaveSession(bg, final))
	must(t, db.SaveSession(bg, store.Session{ID: "prelim", Title: "初赛", Mode: cue.ModeLive, Order: 1}))
	must(t, db.SetSessionEntries(bg, "final", []contest.EntryID{entry(3).ID, entry(1).ID}))
	must(t, db.SetSessionJudges(bg, "final", []contest.JudgeID{"j2", "j1"}))

	entries, err := db.SessionEntries(bg, "final")
	must(t, err)
	first, second := entry(3), entry(1)
	first.Order, second.Order = 1, 2
	same(t, "running order", entries, []contest.Entry{first, second})
	judges, err := db.SessionJudges(bg, "final")
	must(t, err)
	same(t, "panel", judges, []contest.Judge{{ID: "j2"}, {ID: "j1"}})
	must(t, db.SetSessionJudges(bg, "final", nil))
	judges, err = db.SessionJudges(bg, "final")
	must(t, err)
	same(t, "no panel", judges, []contest.Judge{})

	list, err := db.Sessions(bg)
	must(t, err)
	same(t, "sessions", []contest.SessionID{list[0].ID, list[1].ID}, []contest.SessionID{"prelim", "final"})
	got, err := db.Session(bg, "final")
	must(t, err)
	same(t, "session", got, final)
	_, err = db.Session(bg, "none")
	wantCode(t, err, "store.none")
	if db.SetSessionEntries(bg, "final", []contest.EntryID{"nobody"}) == nil {
		t.Error("a session took an entry that is not there")
	}
}

func rundownRevision(t *testing.T, db Record) {
	r := cue.Rundown{Session: "final", Title: "决赛", Mode: cue.ModeLive, Cues: []cue.Cue{{ID: "c1", Title: "开场", Lines: map[string]string{"hold": "请看"}}}}
	_, err := db.Rundown(bg, "final")
	wantCode(t, err, "store.none")
	rev, err := db.SaveRundownAt(bg, r, 0)
	must(t, err)
	r.Title, r.Cues[0].Title = "总决赛", "入场"
	if rev, err = db.SaveRundownAt(bg, r, rev); err != nil || rev != 2 {
		t.Fatalf("revision %d, %v", rev, err)
	}
	_, err = db.SaveRundownAt(bg, cue.Rundown{Session: "final", Mode: cue.ModeLive}, 1)
	wantCode(t, err, "rundown.stale_rev")
	got, err := db.Rundown(bg, "final")
	must(t, err)
	same(t, "rundown", got, r)
	must(t, db.SaveSession(bg, store.Session{ID: "final", Title: "决赛", Mode: cue.ModeLive, Order: 4}))
	must(t, db.SaveRundown(bg, r))
	s, err := db.Session(bg, "final")
	must(t, err)
	same(t, "session", s, store.Session{ID: "final", Title: "总决赛", Mode: cue.ModeLive, Order: 4, Rev: 3})
}

func camerasKeepOrder(t *testing.T, db Record) {
	must(t, db.SaveSession(bg, store.Session{ID: "final", Title: "决赛", Mode: cue.ModeLive, Order: 1}))
	for _, c := range []store.Camera{{Session: "final", Name: "stage", Label: "主舞台"}, {Session: "final", Name: "close", Label: "特写"},
		{Session: "final", Name: "stage", Label: "舞台"}} {
		must(t, db.SaveCamera(bg, c))
	}
	list, err := db.Cameras(bg)
	must(t, err)
	same(t, "cameras", list, []store.Camera{{Session: "final", Name: "stage", Label: "舞台"}, {Session: "final", Name: "close", Label: "特写"}})
}
