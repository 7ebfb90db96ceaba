package stage_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hecai/contest"
	"hecai/contest/plan"
	"hecai/contest/score"
	"hecai/fault"
	"hecai/lease"
	"hecai/stage"
	"hecai/stage/cue"
	"hecai/store/storetest"
	"hecai/vote"
	"hecai/vote/box"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

var bg = context.Background()

var (
	director  = stage.Actor{Role: cue.RoleDirector, Name: "示例导演"}
	moderator = stage.Actor{Role: cue.RoleModerator, Name: "示例审核"}
)

// rig is a stage with the record and the ballot box that it has in production,
// and a world outside that writes down what it is told.
type rig struct {
	still   time.Time // if set, time passes by pass alone
	t       testing.TB
	db      storetest.Record
	store   *shaky
	box     *box.Box
	now     atomic.Int64 // added to the wall clock, ns
	ticks   atomic.Int64 // added to the time that passes, ns
	catalog cue.Catalog
	rundown cue.Rundown
	pub     *listener
	cams    *cameras
	free    bool // the ballot is of no session
	other   func(contest.ShowID) (*cue.State, error)

	current atomic.Pointer[stage.Stage]
	stop    func()
}

type option func(*rig)

func withRundown(text string) option {
	return func(r *rig) { r.rundown = parse(r.t, text) }
}

func newRig(t testing.TB, options ...option) *rig {
	t.Helper()
	r := &rig{t: t, db: storetest.SQLite(t), pub: &listener{docs: map[string]string{}}, catalog: catalog(t, 9, 5)}
	r.store = &shaky{Record: r.db}
	r.cams = &cameras{list: []cue.Camera{{Name: "main", Label: "主舞台", State: "live"}, {Name: "close", Label: "特写", State: "live"}}}
	r.rundown = parse(t, evening)
	for _, o := range options {
		o(r)
	}
	ballot := vote.Ballot{ID: "b", Show: "final", Title: "人气", Visibility: vote.Hidden, Level: 2, State: vote.StateArmed, Quota: vote.Quota{MaxVotes: 1, AllowChange: true}}
	if r.free {
		ballot.Show = ""
	}
	for i, e := range r.catalog.Entries {
		ballot.Options = append(ballot.Options, vote.Option{No: i + 1, Entry: e.ID, Track: e.Track})
	}
	if _, err := r.db.SaveBallot(bg, ballot); err != nil {
		t.Fatal(err)
	}
	for range 12 { // people with a ticket, from number 1
		v, err := r.db.CreateVoter(bg, rand.Text(), 1)
		if err == nil {
			err = r.db.SetVoterLevel(bg, "", v.No, 2)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	r.box, err = box.New(bg, box.Config{
		Store: r.db, Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), Pseudonyms: []byte("0123456789abcdef"),
		Origin: "example.com/hecai", OnChange: func(b vote.Ballot) {
			if s := r.current.Load(); s != nil {
				s.BallotChanged(b)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, w := range r.pub.wrong {
			t.Errorf("the number of a document is as public as it is: %s", w)
		}
	})
	t.Cleanup(run(t, r.box.Run))
	t.Cleanup(func() { r.halt() })
	return r
}

// run starts something that runs, and returns how to end it.
func run(t testing.TB, what func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(bg)
	ended := make(chan error, 1)
	go func() { ended <- what(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("ended with %v", err)
		}
	})
}

func (r *rig) config() stage.Config {
	began := time.Now().UnixNano()
	return stage.Config{
		Rundown: r.rundown, Catalog: r.catalog, Store: r.store, Messages: r.store, Box: r.box, Publisher: r.pub,
		Ledger: r.db, Cameras: r.cams, Live: func() stage.Live {
			return stage.Live{Online: map[contest.JudgeID]bool{"j2": true}, Audience: 42, AckP99: 1500 * time.Microsecond}
		},
		Other: r.other,
		Ticks: func() time.Duration {
			if !r.still.IsZero() {
				return time.Duration(r.ticks.Load())
			}
			return time.Duration(time.Now().UnixNano()-began) + time.Duration(r.ticks.Load())
		},
		Now: func() time.Time {
			if !r.still.IsZero() {
				return r.still.Add(time.Duration(r.now.Load()))
			}
			return time.Now().Add(time.Duration(r.now.Load()))
		},
	}
}

// start starts a stage on what is stored, and waits until it has looked around.
func (r *rig) start() *stage.Stage {
	r.t.Helper()
	s, err := stage.New(bg, r.config())
	if err != nil {
		r.t.Fatal(err)
	}
	r.current.Store(s)
	r.pub.source.Store(s)
	r.stop = run(r.t, s.Run)
	r.settle()
	return s
}

// settle waits until the actor has done what it had to do: it is asked for
// something, and answers in turn.
func (r *rig) settle() {
	r.t.Helper()
	if _, err := r.s().Judging().Sheets(bg, "j1"); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) halt() {
	if r.stop != nil {
		r.stop()
		r.stop = nil
	}
}

// restart ends the stage and starts another on the same record.
func (r *rig) restart() *stage.Stage {
	r.t.Helper()
	r.halt()
	return r.start()
}

func (r *rig) s() *stage.Stage { return r.current.Load() }

// do gives a command of the director with the present revision.
func (r *rig) do(kind, name string) error {
	_, err := r.s().Do(bg, director, cue.Command{Rev: r.s().Rev(), Kind: kind, Cue: name})
	return err
}

// fire fires cues, arming those that need it.
func (r *rig) fire(cues ...string) {
	r.t.Helper()
	for _, c := range cues {
		err := r.do("fire", c)
		if fault.CodeOf(err) == "stage.not_armed" {
			must(r.t, r.do("arm", c))
			err = r.do("fire", c)
		}
		if err != nil {
			r.t.Fatalf("fire %s: %v", c, err)
		}
	}
}

// finish fires a cue until it is done.
func (r *rig) finish(cues ...string) {
	r.t.Helper()
	for _, c := range cues {
		r.fire(c)
		for range 50 {
			if err := r.do("fire", c); fault.CodeOf(err) == "stage.done" {
				break
			} else if err != nil {
				r.t.Fatalf("fire %s: %v", c, err)
			}
		}
	}
}

// cast has voters vote, each for one entry.
func (r *rig) cast(choices map[int64]contest.EntryID) {
	r.t.Helper()
	for voter, entry := range choices {
		out, err := r.box.Cast(bg, vote.Cast{Ballot: "b", Voter: voter, Level: 2, Rev: 1, Choice: []contest.EntryID{entry}})
		if err != nil || out.Fault != nil {
			r.t.Fatalf("voter %d: %v %v", voter, out.Fault, err)
		}
	}
}

// marks are the same on every criterion, so that a total is the mark itself.
func (r *rig) marks(mark contest.Mark) map[contest.CriterionID]contest.Mark {
	out := map[contest.CriterionID]contest.Mark{}
	for _, c := range r.catalog.Plan.Criteria {
		out[c.ID] = mark
	}
	return out
}

// markOf is what the judge gives the entry: the later entry the better ones.
func markOf(entry, judge int) contest.Mark { return contest.Mark(6000 + entry*200 + judge*17) }

// score has every judge hand in every sheet, or those of the named entries.
func (r *rig) score(only ...contest.EntryID) {
	r.t.Helper()
	for i, e := range r.catalog.Entries {
		if len(only) > 0 && !slices.Contains(only, e.ID) {
			continue
		}
		for j, judge := range r.catalog.Judges {
			sheet, err := r.s().Judging().Save(bg, judge.ID, e.ID, 0, r.marks(markOf(i, j)), "")
			must(r.t, err)
			_, err = r.s().Judging().Submit(bg, judge.ID, e.ID, sheet.Rev)
			must(r.t, err)
		}
	}
}

func (r *rig) facts() []cue.Fact {
	r.t.Helper()
	facts, err := r.db.LoadFacts(bg, "final", 0)
	must(r.t, err)
	return facts
}

// honest checks that everything that was told is stored, was told once and in
// order, and that nothing public that is stored was kept back. The numbers are those
// of public facts alone, so that they tell of no other.
func (r *rig) honest() {
	r.t.Helper()
	stored := r.public()
	told := r.pub.told("show/final")
	for i, e := range told {
		if e.seq != int64(i+1) {
			r.t.Fatalf("event %d was told as the public's %d.", e.seq, i+1)
		}
		if i >= len(stored) || stored[i] != e.body {
			r.t.Fatalf("event %d was told as\n%s\nof the stored\n%s", e.seq, e.body, stored)
		}
	}
	if len(told) != len(stored) {
		r.t.Fatalf("%d events were told of %d public facts", len(told), len(stored))
	}
	for _, after := range []int{0, len(stored) / 2, len(stored), len(stored) + 1} {
		facts, err := r.s().Facts(bg, int64(after))
		must(r.t, err)
		if want := max(0, len(stored)-after); len(facts) != want {
			r.t.Fatalf("%d facts after %d of %d", len(facts), after, len(stored))
		}
		for i, f := range facts {
			if f.Seq != int64(after+i+1) || f.Actor != "" || text(r.t, f.Event()) != stored[after+i] {
				r.t.Fatalf("fact %d after %d is %+v", i, after, f)
			}
		}
	}
}

// public are the public facts as they are stored, as events.
func (r *rig) public() (out []string) {
	r.t.Helper()
	for _, f := range r.facts() {
		if f.Public() {
			out = append(out, text(r.t, f.Event()))
		}
	}
	return out
}

// shown checks that the published documents are what the stored facts say.
func (r *rig) shown() {
	r.t.Helper()
	// A view is there before it is told, so that who hears a fact and asks finds it
	// told. What the stage does by itself is told when its turn is over.
	_, _ = r.s().Judging().Sheets(bg, "j1")
	state, err := cue.Fold(r.rundown, r.catalog, r.facts())
	must(r.t, err)
	same(r.t, "stage topic", r.pub.doc("stage/final"), text(r.t, cue.Public(state).Doc()))
	same(r.t, "host topic", r.pub.doc("host/final"), text(r.t, cue.Host(state).Doc()))
}

// standing is where the show stands, as everyone sees it. The desk's queue and
// figures are apart: they are measured.
func (r *rig) standing() string {
	v := r.s().StaffView()
	v.Blockers, v.Names = nil, nil // of the last refused cue, which is no fact
	v.Cameras = nil                // what is on air is measured too
	return text(r.t, []any{r.s().View(), r.s().HostView(), r.s().Rev(), v})
}

// The ways of a record to fail.
const (
	sound    = ""
	refuses  = "refuses"  // stores nothing and says so
	halfway  = "halfway"  // as refuses, but what a cue sets out to do is stored
	mumbles  = "mumbles"  // stores, and says that it failed
	readOnly = "readOnly" // as refuses, and sheets, seals and messages too
	busy     = "busy"     // stores nothing, knows it and says so
)

var errDisk = errors.New("示例：磁盘写入失败")

// shaky is the record on a disk that fails.
type shaky struct {
	storetest.Record
	mu    sync.Mutex
	mode  string
	blind bool          // facts can't be read
	slow  chan struct{} // facts wait for it, and say there that they do; nil = they don't
	gate  chan struct{} // verdicts wait for it; nil = they don't
}

func (s *shaky) set(mode string, blind bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode, s.blind = mode, blind
}

func (s *shaky) how() (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mode, s.blind
}

// write carries out a write as the mode has it.
func (s *shaky) write(do func() error) error {
	switch mode, _ := s.how(); mode {
	case refuses, readOnly, halfway:
		return errDisk
	case busy:
		return fault.New(fault.Unavailable, "store.busy", "示例：没有回应")
	case mumbles:
		return errors.Join(do(), errDisk)
	}
	return do()
}

func (s *shaky) AppendFacts(ctx context.Context, own lease.Lease, expect int64, facts []cue.Fact) error {
	s.mu.Lock()
	slow := s.slow
	s.mu.Unlock()
	if slow != nil {
		slow <- struct{}{}
		<-slow
	}
	if mode, _ := s.how(); mode == halfway && facts[0].Kind == "ballot_due" {
		return s.Record.AppendFacts(ctx, own, expect, facts)
	}
	return s.write(func() error { return s.Record.AppendFacts(ctx, own, expect, facts) })
}

func (s *shaky) LoadFacts(ctx context.Context, id contest.ShowID, after int64) ([]cue.Fact, error) {
	if _, blind := s.how(); blind {
		return nil, errDisk
	}
	return s.Record.LoadFacts(ctx, id, after)
}

func (s *shaky) others(do func() error) error {
	if mode, _ := s.how(); mode == refuses || mode == halfway {
		return do()
	}
	return s.write(do)
}

func (s *shaky) SaveSheet(ctx context.Context, own lease.Lease, sheet score.Sheet, rev int64) error {
	return s.others(func() error { return s.Record.SaveSheet(ctx, own, sheet, rev) })
}

func (s *shaky) SaveSeal(ctx context.Context, own lease.Lease, version int, body json.RawMessage, root string) error {
	return s.others(func() error { return s.Record.SaveSeal(ctx, own, version, body, root) })
}

func (s *shaky) SaveMessage(ctx context.Context, m stage.Message) error {
	return s.others(func() error { return s.Record.SaveMessage(ctx, m) })
}

func (s *shaky) SetMessageState(ctx context.Context, id, state string) error {
	s.mu.Lock()
	gate := s.gate
	s.mu.Unlock()
	if gate != nil {
		<-gate
	}
	return s.others(func() error { return s.Record.SetMessageState(ctx, id, state) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t testing.TB, what string, err error, code string) {
	t.Helper()
	if got := fault.CodeOf(err); got != code {
		t.Errorf("%s: %q (%v), want %q", what, got, err, code)
	}
}

func same(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Fatalf("%s:\n%s\nwant\n%s", what, got, want)
	}
}

func text(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	must(t, err)
	return string(b)
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if ok() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("it did not come to this: %s", what)
}

func parse(t testing.TB, text string) cue.Rundown {
	t.Helper()
	r, problems := cue.ParseRundown([]byte(text))
	if len(problems) > 0 {
		t.Fatal(problems[0].Error())
	}
	return r
}

// catalog is a contest of n entries with quotas of 1, 2, 2 and 3.
func catalog(t testing.TB, entries, judges int) cue.Catalog {
	t.Helper()
	p, problems := plan.Parse(plan.Jilin2024)
	if len(problems) > 0 {
		t.Fatal(problems[0].Error())
	}
	plan := *p
	plan.Awards = []contest.Award{
		{ID: "first", Name: "一等奖", Quota: 1, Mode: contest.AwardOne},
		{ID: "second", Name: "二等奖", Quota: 2, Mode: contest.AwardOne},
		{ID: "third", Name: "三等奖", Quota: 2, Mode: contest.AwardOne},
		{ID: "listed", Name: "优秀奖", Quota: 3, Mode: contest.AwardListed},
	}
	plan.Scoring.Quorum, plan.Scoring.TrimFrom = 3, 5
	c := cue.Catalog{Plan: &plan, Ballots: []vote.BallotID{"b"}}
	for i := range entries {
		c.Entries = append(c.Entries, contest.Entry{
			ID: contest.EntryID(fmt.Sprintf("e%d", i+1)), No: i + 1, Order: entries - i, Title: fmt.Sprintf("示例项目%d", i+1),
			Team: fmt.Sprintf("示例队%d", i+1), Lead: fmt.Sprintf("示例单位%d", i+1), Partners: []string{},
			Track: plan.Tracks[i%len(plan.Tracks)].ID, State: contest.Qualified,
		})
	}
	for i := range judges {
		c.Judges = append(c.Judges, contest.Judge{ID: contest.JudgeID(fmt.Sprintf("j%d", i+1)), Name: fmt.Sprintf("示例评委%d", i+1)})
	}
	return c
}

// evening is the rundown of a final.
const evening = `{"session": "final", "title": "决赛", "cues": [
  {"id": "card", "title": "项目展示", "auto": 1, "line": "有请{team}，《{entry}》", "actions": [
    {"kind": "entry", "entry": "e1"}, {"kind": "scene", "scene": "entry"}, {"kind": "timer", "label": "展示", "seconds": 60}, {"kind": "camera", "camera": "main"}]},
  {"id": "open", "title": "打分与投票", "auto": 2, "actions": [
    {"kind": "timer_stop"}, {"kind": "danmaku", "mode": "open"}, {"kind": "sheets_open", "entry": "*"}, {"kind": "ballot_open", "ballot": "b", "seconds": 40}, {"kind": "scene", "scene": "vote"}]},
  {"id": "close", "title": "截止", "auto": 5, "actions": [{"kind": "ballot_close", "ballot": "b"}]},
  {"id": "lock", "title": "锁分", "auto": 1, "actions": [{"kind": "sheets_lock", "entry": "*"}]},
  {"id": "marks", "title": "亮分", "auto": 1, "autoStep": 2, "lines": {"mark": "{judge}：{mark}", "score": "{score}"},
    "actions": [{"kind": "scene", "scene": "marks"}, {"kind": "reveal", "what": "marks"}]},
  {"id": "tally", "title": "人气", "auto": 1, "actions": [{"kind": "reveal", "what": "tally", "ballot": "b"}]},
  {"id": "seal", "title": "密封", "auto": 3, "confirm": true, "actions": [{"kind": "seal", "ballot": "b"}]},
  {"id": "frozen", "title": "封榜", "auto": 1, "actions": [{"kind": "scene", "scene": "board"}, {"kind": "reveal", "what": "board", "label": "总榜", "from": 4}]},
  {"id": "third", "title": "三等奖", "auto": 1, "confirm": true, "actions": [{"kind": "scene", "scene": "award"}, {"kind": "reveal", "what": "award", "award": "third"}]},
  {"id": "second", "title": "二等奖", "auto": 1, "confirm": true, "actions": [{"kind": "reveal", "what": "award", "award": "second"}]},
  {"id": "first", "title": "一等奖", "auto": 1, "confirm": true, "actions": [{"kind": "reveal", "what": "award", "award": "first"}]},
  {"id": "verify", "title": "验证", "auto": 1, "actions": [{"kind": "reveal", "what": "verify"}]},
  {"id": "end", "title": "结束", "lane": "host", "auto": 1, "actions": [{"kind": "end"}]}
]}`
