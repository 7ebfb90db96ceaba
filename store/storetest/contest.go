package storetest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"hecai/access"
	"hecai/contest"
	"hecai/contest/score"
	"hecai/stage/cue"
	"hecai/store"
	"hecai/vote"
)

// bg is the context of questions; none of them is cancelled.
var bg = context.Background()

const (
	code  contest.Code   = "JL-2024"
	final contest.ShowID = "JL-2024/final"
	more  contest.ShowID = "JL-2024/more"
)

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
	_, _, err := db.Plan(bg, code)
	wantCode(t, err, "store.none")
	must(t, db.SavePlan(bg, code, []byte(`{"a":1}`), "h1"))
	must(t, db.SavePlan(bg, code, []byte(`{"a":2}`), "h2"))
	must(t, db.SavePlan(bg, code, []byte(`{"a":2}`), "h2"))
	body, hash, err := db.Plan(bg, code)
	must(t, err)
	same(t, "plan", []string{string(body), hash}, []string{`{"a":2}`, "h2"})
}

// contestIsAdded: plan, sessions, right and rows of the act, or none of it.
func contestIsAdded(t *testing.T, db Record) {
	must(t, db.SavePlan(bg, code, []byte(`{}`), "h"))
	who := access.User{ID: "u1", Name: "示例", Founder: true, In: map[contest.Code]access.Membership{code: {Roles: []string{"organiser"}}}}
	must(t, db.SaveUser(bg, who))
	act := access.Acting(bg, access.Act{At: 1, Actor: "示例", Contest: string(code), Verb: access.MakeContest})
	runs := who
	runs.In = map[contest.Code]access.Membership{"Next": {Roles: []string{"organiser"}}}
	p := &contest.Plan{Code: "Next", Name: "示例第二届", From: "2026-01-05", To: "2026-02-01", Events: []contest.Event{{ID: "salon", Kind: "salon", Title: "示例沙龙"}}}
	must(t, db.AddContest(act, p, []byte(`{"code":"Next"}`), runs))
	codes, err := db.Contests(bg)
	must(t, err)
	same(t, "contests", codes, []contest.Code{code, "Next"})
	body, _, err := db.Plan(bg, "Next")
	must(t, err)
	same(t, "its plan", string(body), `{"code":"Next"}`)
	var ids []contest.ShowID
	rows, err := db.Sessions(bg)
	must(t, err)
	for _, row := range rows {
		ids = append(ids, row.Show())
	}
	same(t, "its shows", ids, []contest.ShowID{"Next/final", "Next/salon"})
	r, err := db.Rundown(bg, "Next/salon")
	must(t, err)
	same(t, "its rundown", r.Title, "示例沙龙")
	u, err := db.UserByID(bg, "u1")
	must(t, err)
	if !u.Organises("Next") || !u.Organises(code) {
		t.Errorf("its maker is %+v", u.In)
	}
	for _, in := range []contest.Code{code, "Next"} {
		list, err := db.Changes(bg, access.ChangeFilter{Contest: string(in), Limit: 9})
		must(t, err)
		if len(list) != 1 || list[0].Verb != access.MakeContest || list[0].ID != "Next" {
			t.Errorf("in %s it left %+v", in, list)
		}
	}
	p.Code = "NEXT" // the same address to a person
	wantCode(t, db.AddContest(act, p, []byte(`{}`), runs), "contest.code_taken")
}

func entry(no int) contest.Entry {
	id := contest.EntryID("e" + string(rune('a'+no)))
	return contest.Entry{ID: id, No: no, Title: "示例项目 " + string(id), Track: "t1", Direction: 2, Team: "示例团队", Lead: "示例单位 \"引号\"",
		Partners: []string{"示例一", "示例二"}, Summary: "换行\n与'引号'", Order: no, State: contest.Qualified, Sample: true}
}

func entriesRoundTrip(t *testing.T, db Record) {
	got, err := db.Entries(bg, code)
	must(t, err)
	same(t, "no entries", got, []contest.Entry{})
	want := []contest.Entry{entry(1), entry(2), entry(3)}
	want[1].Partners = []string{}
	want[2].Sample = false
	must(t, db.ReplaceEntries(bg, code, want))
	got, err = db.Entries(bg, code)
	must(t, err)
	same(t, "entries", got, want)

	must(t, db.SaveSession(bg, store.Session{Contest: code, ID: "final", Title: "决赛"}))
	must(t, db.SetSessionEntries(bg, final, []contest.EntryID{want[2].ID}))
	wantCode(t, db.ReplaceEntries(bg, code, want[:1]), "entry.in_use")
	got, err = db.Entries(bg, code)
	must(t, err)
	same(t, "entries after a refusal", got, want)
	must(t, db.ReplaceEntries(bg, code, want[1:]))
	got, err = db.Entries(bg, code)
	must(t, err)
	same(t, "entries after one went", got, want[1:])
}

func importIsWhole(t *testing.T, db Record) {
	must(t, db.ReplaceEntries(bg, code, []contest.Entry{entry(1), entry(2)}))
	changed := entry(1)
	changed.Title = "示例 新名"
	taken := entry(2)
	wantCode(t, db.ApplyImport(bg, code, seen(t, db), []contest.Entry{entry(3), taken}, []contest.Entry{changed}), "entry.stale_import")
	got, err := db.Entries(bg, code)
	must(t, err)
	same(t, "after a refused import", got, []contest.Entry{entry(1), entry(2)})

	was := seen(t, db)
	must(t, db.ApplyImport(bg, code, was, []contest.Entry{entry(3)}, []contest.Entry{changed}))
	got, err = db.Entries(bg, code)
	must(t, err)
	same(t, "after an import", got, []contest.Entry{changed, entry(2), entry(3)})

	// What another has changed meanwhile is not written over.
	changed.Title = "示例 更新的名"
	wantCode(t, db.ApplyImport(bg, code, was, nil, []contest.Entry{changed}), "entry.stale_import")
	again, err := db.Entries(bg, code)
	must(t, err)
	same(t, "after a late import", again, got)
}

// seen are the entries as they are.
func seen(t *testing.T, db Record) []contest.Entry {
	t.Helper()
	all, err := db.Entries(bg, code)
	must(t, err)
	return all
}

func numbersMove(t *testing.T, db Record) {
	a, b, c := entry(1), entry(2), entry(3)
	must(t, db.ReplaceEntries(bg, code, []contest.Entry{a, b, c}))
	a.No, b.No, c.No = 3, 1, 2
	must(t, db.ReplaceEntries(bg, code, []contest.Entry{a, b, c}))
	got, err := db.Entries(bg, code)
	must(t, err)
	same(t, "moved", got, []contest.Entry{b, c, a})
	b.No = 2 // c has it
	wantCode(t, db.ApplyImport(bg, code, seen(t, db), nil, []contest.Entry{b}), "entry.number_taken")
}

func entryLeaves(t *testing.T, db Record) {
	must(t, db.ReplaceEntries(bg, code, []contest.Entry{entry(1), entry(2), entry(3)}))
	on := func(id vote.BallotID, nos ...int) {
		b := vote.Ballot{ID: id, Title: "示例", Quota: vote.Quota{Window: vote.PerBallot, MaxVotes: 1}, Visibility: vote.Hidden, State: vote.StateArmed}
		for i, no := range nos {
			b.Options = append(b.Options, vote.Option{No: i + 1, Entry: entry(no).ID, Track: "t1"})
		}
		_, err := db.SaveBallot(bg, b)
		must(t, err)
	}
	on("JL-2024/to-come", 1, 2, 3)
	on("JL-2024/running", 1, 2)
	on("JL-2024/others", 1, 3)
	_, err := db.OpenBallot(bg, ballots(t, db), "JL-2024/running", 1, 0)
	must(t, err)
	left, err := db.SetEntryState(bg, code, entry(2).ID, contest.Withdrawn, "示例：设备损坏")
	must(t, err)
	b, err := db.LoadBallot(bg, "JL-2024/to-come")
	must(t, err)
	same(t, "ballots that it left", left, []vote.Ballot{b})
	same(t, "options", b.Options, []vote.Option{{No: 1, Entry: entry(1).ID, Track: "t1"}, {No: 2, Entry: entry(3).ID, Track: "t1"}})
	b, err = db.LoadBallot(bg, "JL-2024/running")
	must(t, err)
	same(t, "options of a ballot that has opened", len(b.Options), 2)
	state := func() (contest.EntryState, string) {
		all, err := db.Entries(bg, code)
		must(t, err)
		return all[1].State, all[1].Reason
	}
	out := entry(2)
	out.State = contest.Withdrawn
	must(t, db.ApplyImport(bg, code, seen(t, db), nil, []contest.Entry{out})) // an import knows no reasons
	if s, why := state(); s != contest.Withdrawn || why != "示例：设备损坏" {
		t.Errorf("state %q, reason %q", s, why)
	}
	_, err = db.SetEntryState(bg, code, entry(2).ID, contest.Qualified, "")
	must(t, err)
	if s, why := state(); s != contest.Qualified || why != "" {
		t.Errorf("restored: state %q, reason %q", s, why)
	}
	_, err = db.SetEntryState(bg, code, "nobody", contest.Withdrawn, "示例")
	wantCode(t, err, "entry.unknown")
	_, err = db.SetEntryState(bg, code, entry(1).ID, contest.Disqualified, "示例")
	must(t, err)
	_, err = db.SetEntryState(bg, code, entry(3).ID, contest.Disqualified, "示例")
	wantCode(t, err, "entry.alone_on_ballot") // nothing would be left on it
	all, err := db.Entries(bg, code)
	must(t, err)
	same(t, "the refused one", all[2], entry(3))
}

func judgeGoes(t *testing.T, db Record) {
	must(t, db.ReplaceEntries(bg, code, []contest.Entry{entry(1)}))
	must(t, db.SaveJudges(bg, code, []contest.Judge{{ID: "j10"}, {ID: "j2"}, {ID: "j1"}}))
	must(t, db.SaveSession(bg, store.Session{Contest: code, ID: "final", Title: "决赛"}))
	must(t, db.SetSessionJudges(bg, final, []contest.JudgeID{"j10", "j2"}))
	must(t, db.SaveSheet(bg, own(t, db, final), score.Sheet{Show: final, Entry: entry(1).ID, Judge: "j2", Rev: 1, State: score.SheetDraft}, 0))
	wantCode(t, db.DropJudge(bg, code, "j2"), "judge.has_sheets")
	must(t, db.DropJudge(bg, code, "j10"))
	wantCode(t, db.DropJudge(bg, code, "j10"), "judge.unknown")
	panel, err := db.SessionJudges(bg, final)
	must(t, err)
	same(t, "panel", panel, []contest.Judge{{ID: "j2"}})
	must(t, db.SaveJudges(bg, code, []contest.Judge{{ID: "j10"}}))
	all, err := db.Judges(bg, code)
	must(t, err)
	same(t, "judges", all, []contest.Judge{{ID: "j1"}, {ID: "j2"}, {ID: "j10"}})
}

func judgesRoundTrip(t *testing.T, db Record) {
	want := []contest.Judge{
		{ID: "j1", Name: "示例评委一", Org: "示例大学", Sector: "高校", Sample: true},
		{ID: "j2", Name: "示例评委二", Org: "示例协会", Sector: "行业协会"},
	}
	must(t, db.SaveJudges(bg, code, want))
	want[1].Org = "示例企业"
	must(t, db.SaveJudges(bg, code, want[1:]))
	got, err := db.Judges(bg, code)
	must(t, err)
	same(t, "judges", got, want)
}

func sessionHasOrderAndPanel(t *testing.T, db Record) {
	must(t, db.ReplaceEntries(bg, code, []contest.Entry{entry(1), entry(2), entry(3)}))
	must(t, db.SaveJudges(bg, code, []contest.Judge{{ID: "j1"}, {ID: "j2"}}))
	whole := store.Session{Contest: code, ID: "final", Title: "决赛", Subtitle: "下午场", Kind: "final", Order: 2}
	must(t, db.SaveSession(bg, whole))
	must(t, db.SaveSession(bg, store.Session{Contest: code, ID: "prelim", Title: "初赛", Order: 1}))
	must(t, db.SetSessionEntries(bg, final, []contest.EntryID{entry(3).ID, entry(1).ID}))
	must(t, db.SetSessionJudges(bg, final, []contest.JudgeID{"j2", "j1"}))

	entries, err := db.SessionEntries(bg, final)
	must(t, err)
	first, second := entry(3), entry(1)
	first.Order, second.Order = 1, 2
	same(t, "running order", entries, []contest.Entry{first, second})
	judges, err := db.SessionJudges(bg, final)
	must(t, err)
	same(t, "panel", judges, []contest.Judge{{ID: "j2"}, {ID: "j1"}})
	must(t, db.SetSessionJudges(bg, final, nil))
	judges, err = db.SessionJudges(bg, final)
	must(t, err)
	same(t, "no panel", judges, []contest.Judge{})

	list, err := db.Sessions(bg)
	must(t, err)
	same(t, "sessions", []contest.SessionID{list[0].ID, list[1].ID}, []contest.SessionID{"prelim", "final"})
	got, err := db.Session(bg, final)
	must(t, err)
	same(t, "session", got, whole)
	_, err = db.Session(bg, "none")
	wantCode(t, err, "store.none")
	if db.SetSessionEntries(bg, final, []contest.EntryID{"nobody"}) == nil {
		t.Error("a session took an entry that is not there")
	}
}

// sessionsAreSetUp: the office makes sessions and changes them; the rundown has the
// same title, and keeps its cues. One of which something is kept stays.
func sessionsAreSetUp(t *testing.T, db Record) {
	in := func(s contest.Session, change func(*contest.Session)) contest.Session { change(&s); return s }
	am := contest.Session{Show: "JL-2024/am", Title: "示例上午场", Subtitle: "示例", Kind: "defence", Date: "2024-09-06", Time: "09:00", Place: "示例会议中心"}
	pm := in(am, func(s *contest.Session) { s.Show, s.Title, s.Time = "JL-2024/pm", "示例下午场", "14:00" })
	undated := in(am, func(s *contest.Session) { s.Show, s.Date, s.Time = "JL-2024/any", "", "" })
	for _, s := range []contest.Session{undated, pm, am} {
		must(t, db.SetUpSession(bg, s))
	}
	got, err := db.Setups(bg, code)
	must(t, err)
	same(t, "by day and time", got, []contest.Session{am, pm, undated})
	other, err := db.Setups(bg, "OTHER-1")
	must(t, err)
	same(t, "of another contest", other, []contest.Session{})

	r, err := db.Rundown(bg, pm.Show)
	must(t, err)
	r.Cues = []cue.Cue{{ID: "c1", Title: "开场"}}
	must(t, db.SaveRundown(bg, code, r))
	pm.Title = "示例下午"
	must(t, db.SetUpSession(bg, pm))
	r.Title = pm.Title
	have, err := db.Rundown(bg, pm.Show)
	must(t, err)
	same(t, "the rundown", have, r)
	r.Title = "示例午后"
	must(t, db.SaveRundown(bg, code, r))
	got, err = db.Setups(bg, code)
	must(t, err)
	same(t, "named by its rundown", got[1].Title, r.Title)

	must(t, db.SaveLink(bg, access.Link{ID: "l", TokenHash: "h", Role: "host", Show: undated.Show}))
	must(t, db.DropSession(bg, undated.Show))
	link, err := db.LinkByHash(bg, "h")
	must(t, err)
	same(t, "its link has ended", link.Revoked, true)
	wantCode(t, db.DropSession(bg, undated.Show), "store.none")
	must(t, db.SaveCamera(bg, store.Camera{Show: am.Show, Name: "stage", Label: "舞台"}))
	wantCode(t, db.DropSession(bg, am.Show), "session.in_use")
	_, err = db.SaveBallot(bg, vote.Ballot{ID: "b", Show: pm.Show, Title: "示例", Quota: vote.Quota{MaxVotes: 1}, Visibility: vote.Hidden, State: vote.StateArmed,
		Options: []vote.Option{{No: 1, Entry: "ea", Track: "t1"}}})
	must(t, err)
	wantCode(t, db.DropSession(bg, pm.Show), "session.in_use")
	must(t, db.DropBallot(bg, "b"))
	take, err := db.BeginTake(bg, pm.Show, "示例", 1)
	must(t, err)
	_, err = db.EndTake(bg, take.Show, nil, 2)
	must(t, err)
	wantCode(t, db.DropSession(bg, pm.Show), "session.in_use")
	must(t, db.DropCamera(bg, am.Show, "stage"))
	must(t, db.DropSession(bg, am.Show))
	must(t, db.SetUpSession(bg, am)) // and may be made again
	must(t, db.DropSession(bg, am.Show))
	wantCode(t, db.DropSession(bg, pm.Show), "session.in_use")
}

// sessionsRevealResults: a session may reveal the result of another, of one that has its
// own and that no third reveals; what is revealed somewhere stays there.
func sessionsRevealResults(t *testing.T, db Record) {
	set := func(name string, reveals contest.SessionID) error {
		return db.SetUpSession(bg, contest.Session{Show: contest.NewShow(code, contest.SessionID(name), 0), Title: "示例" + name, Kind: "other", Reveals: reveals})
	}
	for _, name := range []string{"final", "gala", "third"} {
		must(t, set(name, ""))
	}
	wantCode(t, set("gala", "nothing"), "session.invalid")
	must(t, set("gala", "final"))
	got, err := db.Setups(bg, code)
	must(t, err)
	i := slices.IndexFunc(got, func(s contest.Session) bool { return s.Show.Session() == "gala" })
	same(t, "whose result", got[i].Reveals, contest.SessionID("final"))
	must(t, set("gala", "final"))
	wantCode(t, set("third", "final"), "session.revealed_twice")
	wantCode(t, set("third", "gala"), "session.invalid")
	wantCode(t, set("final", "third"), "session.reveals_none")
	wantCode(t, db.DropSession(bg, "JL-2024/final"), "session.in_use")
	must(t, set("gala", ""))

	join := func(name string, parts ...contest.SessionID) error {
		return db.SetUpSession(bg, contest.Session{Show: contest.NewShow(code, contest.SessionID(name), 0), Title: "示例" + name, Kind: "other", Joins: parts})
	}
	must(t, set("am", ""))
	must(t, join("pm", "am"))
	got, err = db.Setups(bg, code)
	must(t, err)
	i = slices.IndexFunc(got, func(s contest.Session) bool { return s.Show.Session() == "pm" })
	same(t, "whose scores", got[i].Joins, []contest.SessionID{"am"})
	must(t, set("gala", "pm"))
	wantCode(t, set("third", "am"), "session.revealed_twice")
	wantCode(t, join("third", "am"), "session.revealed_twice")
	wantCode(t, join("third", "pm"), "session.revealed_twice")
	wantCode(t, join("am", "third"), "session.reveals_none")
	wantCode(t, join("third", "nothing"), "session.invalid")
	wantCode(t, db.DropSession(bg, "JL-2024/am"), "session.in_use")
	must(t, set("gala", ""))
	must(t, join("pm"))
	must(t, db.DropSession(bg, "JL-2024/am"))
	must(t, db.DropSession(bg, "JL-2024/pm"))

	must(t, set("third", "final"))
	must(t, db.SaveSeal(bg, own(t, db, "JL-2024/third"), 1, []byte(`{}`), "root"))
	wantCode(t, set("third", ""), "session.sealed")
	must(t, set("third", "final"))
	must(t, db.DropSession(bg, "JL-2024/gala"))
}

// theOnlySessionStays: a contest has one at least.
func theOnlySessionStays(t *testing.T, db Record) {
	must(t, db.SetUpSession(bg, contest.Session{Show: more, Title: "示例", Kind: "other"}))
	wantCode(t, db.DropSession(bg, more), "session.only")
}

func rundownRoundTrips(t *testing.T, db Record) {
	r := cue.Rundown{Session: "final", Title: "决赛", Cues: []cue.Cue{{ID: "c1", Title: "开场", Lines: map[string]string{"hold": "请看"}}}}
	_, err := db.Rundown(bg, final)
	wantCode(t, err, "store.none")
	must(t, db.SaveRundown(bg, code, r))
	r.Title, r.Cues[0].Title = "总决赛", "入场"
	must(t, db.SaveRundown(bg, code, r))
	got, err := db.Rundown(bg, final)
	must(t, err)
	same(t, "rundown", got, r)
	must(t, db.SaveSession(bg, store.Session{Contest: code, ID: "final", Title: "决赛", Order: 4}))
	must(t, db.SaveRundown(bg, code, r))
	s, err := db.Session(bg, final)
	must(t, err)
	same(t, "session", s, store.Session{Contest: code, ID: "final", Title: "总决赛", Order: 4, Rev: 3})

	// One that was stored when it said itself whether it was a rehearsal.
	db.Harm(t, `UPDATE session SET rundown = '{"session":"final","title":"决赛","subtitle":"","mode":"rehearsal","cues":[]}' WHERE id = 'final'`)
	got, err = db.Rundown(bg, final)
	must(t, err)
	same(t, "rundown of before", got, cue.Rundown{Session: "final", Title: "决赛", Cues: []cue.Cue{}})
}

func camerasKeepOrder(t *testing.T, db Record) {
	must(t, db.SaveSession(bg, store.Session{Contest: code, ID: "final", Title: "决赛", Order: 1}))
	for _, c := range []store.Camera{{Show: "final", Name: "stage", Label: "主舞台"}, {Show: "final", Name: "close", Label: "特写"},
		{Show: "final", Name: "stage", Label: "舞台"}} {
		must(t, db.SaveCamera(bg, c))
	}
	list, err := db.Cameras(bg)
	must(t, err)
	same(t, "cameras", list, []store.Camera{{Show: "final", Name: "stage", Label: "舞台"}, {Show: "final", Name: "close", Label: "特写"}})
}
