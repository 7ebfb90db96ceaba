package cue

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hecai/contest"
	"hecai/contest/plan"
	"hecai/contest/score"
	"hecai/fault"
	"hecai/vote"
)

// tb is what testing.T and rapid.T have in common.
type tb interface {
	Helper()
	Fatalf(format string, args ...any)
}

// smallCatalog is a contest of n entries and few judges whose quotas are
// 1, 2, 2 and 3, so that a list of seven leaves nothing vacant and a shorter one
// does.
func smallCatalog(t tb, entries, judges int) Catalog {
	t.Helper()
	p, problems := plan.Parse(plan.Jilin2024)
	if len(problems) > 0 {
		t.Fatalf("%v", problems[0].Error())
	}
	plan := *p
	plan.Awards = []contest.Award{
		{ID: "first", Name: "一等奖", Quota: 1, Mode: contest.AwardOne},
		{ID: "second", Name: "二等奖", Quota: 2, Mode: contest.AwardOne},
		{ID: "third", Name: "三等奖", Quota: 2, Mode: contest.AwardOne},
		{ID: "listed", Name: "优秀奖", Quota: 3, Mode: contest.AwardListed},
	}
	plan.Scoring.Quorum, plan.Scoring.TrimFrom = 3, 5
	c := Catalog{Plan: &plan, Ballots: []vote.BallotID{"b"}}
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

// smallRundown has every kind of action and of reveal.
func smallRundown() Rundown {
	cue := func(id string, actions ...Action) Cue {
		return Cue{ID: id, Title: "环节 " + id, Line: "请看大屏幕：{entry}", Actions: actions}
	}
	grave := func(c Cue) Cue { c.Confirm = true; return c }
	host := func(c Cue) Cue { c.Lane = laneHost; return c }
	scene := func(name string) Action { return Action{Kind: doScene, Scene: name} }
	third := grave(cue("third", scene("award"), Action{Kind: doReveal, What: RevealAward, Award: "third"}))
	third.Lines = map[string]string{beatHold: "下一个{award}是……", beatTurn: "《{winner}》，{total}分，{winners}"}
	marks := cue("marks", scene("marks"), Action{Kind: doReveal, What: RevealMarks})
	marks.Lines = map[string]string{beatMark: "{judge}：{mark}", beatTrim: "去掉{high}和{low}", beatScore: "{entry}：{score}"}
	return Rundown{Session: "final", Title: "示例场次", Cues: []Cue{
		host(cue("idle", Action{Kind: doScene, Scene: "idle", Args: map[string]string{"text": "欢迎"}}, Action{Kind: doDanmaku, Mode: DanmakuReview})),
		host(cue("card", Action{Kind: doEntry, Entry: "e1"}, scene("entry"), Action{Kind: doTimer, Label: "展示", Seconds: 60})),
		cue("other", Action{Kind: doTimerStop}, Action{Kind: doEntry, Entry: "e2"}),
		cue("sheets", Action{Kind: doSheetsOpen, Entry: AllEntries}),
		cue("vote", Action{Kind: doBallotOpen, Ballot: "b", Seconds: 60}, scene("vote")),
		cue("close", Action{Kind: doBallotClose, Ballot: "b"}),
		cue("camera", Action{Kind: doCamera, Camera: "close"}),
		cue("lock", Action{Kind: doSheetsLock, Entry: AllEntries}),
		marks,
		cue("tally", Action{Kind: doReveal, What: RevealTally, Ballot: "b"}),
		grave(cue("seal", Action{Kind: doSeal, Ballot: "b"})),
		cue("frozen", Action{Kind: doReveal, What: RevealBoard, Label: "榜", From: 4}),
		grave(cue("listed", Action{Kind: doReveal, What: RevealAward, Award: "listed"})),
		third,
		grave(cue("second", Action{Kind: doReveal, What: RevealAward, Award: "second"})),
		grave(cue("first", Action{Kind: doReveal, What: RevealAward, Award: "first"})),
		cue("board", Action{Kind: doReveal, What: RevealBoard, Label: "总榜"}),
		cue("verify", Action{Kind: doReveal, What: RevealVerify}),
		host(cue("end", Action{Kind: doEnd})),
	}}
}

// night is what judges and voters have said by the end.
type night struct {
	catalog Catalog
	sheets  []score.Sheet
	ballots map[vote.BallotID]vote.Ballot
	votes   []int64 // by option of ballot b
	salt    byte
}

// newNight gives every entry marks that differ from those of every other, the
// later entry the better ones.
func newNight(c Catalog) *night {
	n := &night{catalog: c, ballots: map[vote.BallotID]vote.Ballot{}}
	b := vote.Ballot{ID: "b", Show: "final", Title: "人气", Visibility: vote.Hidden, Level: 2, State: vote.StateArmed, Quota: vote.Quota{MaxVotes: 1}}
	for i, e := range c.Entries {
		b.Options = append(b.Options, vote.Option{No: i + 1, Entry: e.ID, Track: e.Track})
		n.votes = append(n.votes, int64(10+i))
		for j, judge := range c.Judges {
			n.sheets = append(n.sheets, n.sheet(e.ID, judge.ID, contest.Mark(6000+i*200+j*17)))
		}
	}
	n.ballots["b"] = b
	return n
}

func (n *night) sheet(entry contest.EntryID, judge contest.JudgeID, mark contest.Mark) score.Sheet {
	s := score.Sheet{Show: "final", Entry: entry, Judge: judge, Rev: 1, State: score.SheetSubmitted, Marks: map[contest.CriterionID]contest.Mark{}}
	for _, c := range n.catalog.Plan.Criteria {
		s.Marks[c.ID] = mark
	}
	return s
}

func (n *night) tally(b vote.Ballot) vote.Tally {
	t := vote.NewTally(b)
	copy(t.Votes, n.votes)
	for _, v := range n.votes {
		t.Voters += v
	}
	return t
}

// play is a show on a night's results: a stage without disk and clock.
type play struct {
	t      tb
	s      *State
	n      *night
	sealed *Sealed
	now    int64
	facts  []Fact
	last   []Fact // of the last command
	fired  Fired  // of the last command; zero if it revealed nothing
}

func newPlay(t tb, r Rundown, n *night) *play {
	own := *n
	own.ballots = map[vote.BallotID]vote.Ballot{}
	for id, b := range n.ballots {
		own.ballots[id] = b
	}
	p := &play{t: t, s: NewState(r, n.catalog), n: &own, now: 1_000_000}
	p.tell(Make(SessionOpened{ID: contest.ShowID(r.Session), Title: r.Title}))
	return p
}

// tell stores and applies facts as the stage does.
func (p *play) tell(facts ...Fact) {
	p.t.Helper()
	p.last = facts
	for i := range facts {
		facts[i].Seq, facts[i].At, facts[i].Actor = p.s.Seq()+1, p.now, "director:示例"
		if err := p.s.Apply(facts[i]); err != nil {
			p.t.Fatalf("apply: %v", err)
		}
	}
	p.facts = append(p.facts, facts...)
}

func (p *play) do(role string, cmd Command) *fault.Error {
	p.t.Helper()
	p.now += 1000
	p.last, p.fired = nil, Fired{}
	plan, err := Decide(p.s, role, cmd, p.now)
	if err != nil {
		return err
	}
	var facts []Fact
	for _, e := range plan.Effects {
		facts = append(facts, p.effect(e)...)
	}
	p.tell(facts...)
	return nil
}

func (p *play) effect(e Effect) []Fact {
	p.t.Helper()
	c := &p.n.catalog
	switch e.Op {
	case OpNone:
		return e.Facts
	case OpBallotOpen, OpBallotClose, OpBallotExtend:
		return p.ballot(e)
	case OpSheetsOpen:
		body := SheetsOpened{}
		for _, entry := range c.Entries {
			if e.Entry == AllEntries && !p.s.SheetsLocked(entry.ID) || e.Entry == entry.ID {
				panel := OpenPanel{Entry: entry.ID}
				for _, j := range c.Judges {
					panel.Judges = append(panel.Judges, Dot{ID: j.ID, Name: j.Name})
				}
				body.Panels = append(body.Panels, panel)
			}
		}
		return []Fact{Make(body)}
	case OpSheetsLock:
		body := SheetsLocked{}
		for _, entry := range c.Entries {
			if e.Entry == AllEntries || e.Entry == entry.ID {
				panel, _, _ := p.s.Lock(entry.ID, p.n.sheets)
				body.Panels = append(body.Panels, panel)
			}
		}
		return []Fact{Make(body)}
	case OpSeal:
		p.seal()
		return []Fact{Make(p.sealed.Told())}
	case OpReveal:
		return p.reveal(e.Fired)
	case OpCamera:
		return []Fact{Make(CameraSwitched{Camera: e.Camera, Label: "机位", State: "live"})}
	}
	p.t.Fatalf("operation %q", e.Op)
	return nil
}

func (p *play) ballot(e Effect) []Fact {
	p.t.Helper()
	b, err := p.n.ballots[e.Ballot], error(nil)
	deadline := int64(0)
	switch {
	case e.Op == OpBallotClose:
		b, err = b.Shut()
	case e.Op == OpBallotExtend:
		b, err = b.Opened(p.now, b.Deadline+int64(e.Seconds)*1000)
	default:
		if e.Seconds > 0 {
			deadline = p.now + int64(e.Seconds)*1000 + vote.Grace
		}
		b, err = b.Opened(p.now, deadline)
	}
	if err != nil {
		return nil // nothing to tell: the box refused
	}
	p.n.ballots[e.Ballot] = b
	switch e.Op {
	case OpBallotClose:
		return []Fact{Make(BallotClosed{b.ID})}
	case OpBallotExtend:
		return []Fact{Make(BallotExtended{b.ID, b.PublicDeadline()})}
	}
	return []Fact{Make(BallotOpened{b.ID, b.Title, b.Round, b.PublicDeadline()})}
}

func (p *play) seal() {
	p.t.Helper()
	b := p.n.ballots["b"]
	b.State, b.Round = vote.StateClosed, max(b.Round, 1) // the votes count, however the show went
	counted := []CountedBallot{{Ballot: b, Tally: p.n.tally(b), Root: "ab", Leaves: 9}}
	salt := make([]byte, 32)
	salt[0] = p.n.salt
	sealed, blockers, err := p.s.Seal(p.n.sheets, counted, salt)
	if err != nil || len(blockers) > 0 {
		p.t.Fatalf("seal: %v %v", blockers, err)
	}
	p.sealed = &sealed
}

func (p *play) reveal(f Fired) []Fact {
	p.t.Helper()
	p.fired = f
	var sealed Sealed
	switch f.What() {
	case RevealMarks:
		sealed = p.s.SealPanel(f.Entry(), p.n.sheets)
	case RevealTally:
		b := p.n.ballots[f.Ballot()]
		sealed = SealTally(&p.n.catalog, b, p.n.tally(b))
	default:
		sealed = *p.sealed
	}
	facts, err := sealed.Step(f)
	if err != nil {
		p.t.Fatalf("step: %v", err)
	}
	return facts
}

// run gives commands as text, "arm seal", by the director unless it begins with
// another role, "host:next". Each must be accepted. What must be armed is.
func (p *play) run(texts ...string) *play {
	p.t.Helper()
	for _, text := range texts {
		role, cmd := p.parse(text)
		if id, _, arm, _ := p.s.Next(); cmd.Kind == "next" && arm && role == RoleDirector {
			p.run("arm " + id)
			cmd.Rev = p.s.Rev()
		}
		if c := p.s.cue(cmd.Cue); cmd.Kind == "fire" && c != nil && role == RoleDirector && p.s.armed == "" && p.s.progress(c).step == 0 && p.s.mustArm(c) {
			p.run("arm " + cmd.Cue)
			cmd.Rev = p.s.Rev()
		}
		if err := p.do(role, cmd); err != nil {
			p.t.Fatalf("%s: %v", text, err)
		}
	}
	return p
}

func (p *play) parse(text string) (role string, cmd Command) {
	role = RoleDirector
	if who, rest, ok := strings.Cut(text, ":"); ok {
		role, text = who, rest
	}
	kind, cue, _ := strings.Cut(text, " ")
	return role, Command{Rev: p.s.Rev(), Kind: kind, Cue: cue}
}

// upTo fires cue after cue, arming what needs it, until the named one is done.
func (p *play) upTo(cue string) *play {
	p.t.Helper()
	for range 500 {
		if p.s.cues[cue].done() {
			return p
		}
		if _, _, arm, _ := p.s.Next(); arm {
			p.run("arm " + p.s.next())
		}
		p.run("next")
	}
	p.t.Fatalf("%s is not reached", cue)
	return p
}

// seen is all that leaves the state: the views, and the public facts of the last
// command.
func (p *play) seen() map[string]string {
	p.t.Helper()
	out := map[string]string{}
	docs := map[string]any{
		"public": Public(p.s).Doc(), "host": Host(p.s).Doc(), "staff": Staff(p.s).Doc(),
		"view": Public(p.s), "desk": Staff(p.s), "prompter": Host(p.s),
	}
	for i, f := range p.last {
		if f.Public() {
			docs[fmt.Sprintf("fact %02d", i)] = f.Event()
		}
	}
	for name, doc := range docs {
		text, err := json.Marshal(doc)
		if err != nil {
			p.t.Fatalf("%s: %v", name, err)
		}
		out[name] = string(text)
	}
	return out
}

// kinds lists what a plan does: kinds of facts, and operations with a colon.
func kinds(plan Plan) []string {
	var out []string
	for _, e := range plan.Effects {
		if e.Op != OpNone {
			out = append(out, ":"+e.Op)
		}
		for _, f := range e.Facts {
			out = append(out, f.Kind)
		}
	}
	return out
}

func TestTheSmallRundownIsSoundAndPlays(t *testing.T) {
	c := smallCatalog(t, 9, 5)
	r := smallRundown()
	for _, p := range r.Validate(c) {
		t.Error(p.Error())
	}
	p := newPlay(t, r, newNight(c)).upTo("end")
	if !p.s.Ended() || len(Public(p.s).Awards) != 4 {
		t.Errorf("ended %v with %d levels", p.s.Ended(), len(Public(p.s).Awards))
	}
	got := []string{}
	for _, l := range Public(p.s).Awards {
		for _, w := range l.Winners {
			got = append(got, string(l.Level)+" "+string(w.Entry))
		}
	}
	// The later entry is the better one; listed winners come in running order,
	// which is the reverse of the entries'.
	want := []string{"listed e4", "listed e3", "listed e2", "third e6", "third e5", "second e8", "second e7", "first e9"}
	if !slices.Equal(got, want) {
		t.Errorf("winners %v, want %v", got, want)
	}
}
