package cue

import (
	"slices"
	"strings"
	"testing"

	"hecai/fault"
)

// TestDecideCues: each row is a show that has come to a point, and one command.
// A refusal is told by its code, a plan by what it does.
func TestDecideCues(t *testing.T) {
	locked := []string{"fire card", "fire sheets", "fire vote", "fire close", "fire lock"}
	sealed := append(slices.Clone(locked), "arm seal", "fire seal")
	for _, c := range []struct {
		name   string
		before []string
		cmd    string
		want   string // what the plan does, or "!" and the refusal's code
	}{
		{"any cue may be fired first", nil, "fire card", "cue_fired entry_shown scene_shown timer_started"},
		{"the host's lane", nil, "host:fire idle", "cue_fired scene_shown danmaku_mode"},
		{"next is the first", nil, "host:next", "cue_fired scene_shown danmaku_mode"},
		{"next goes on after the last fired", []string{"fire other"}, "next", "cue_fired :sheets_open"},
		{"next passes over the skipped", []string{"fire idle", "skip card"}, "next", "cue_fired timer_stopped entry_shown"},
		{"unknown cue", nil, "fire nothing", "!stage.unknown_cue"},
		{"unknown cue to arm", nil, "arm nothing", "!stage.unknown_cue"},
		{"no cue named", nil, "fire", "!stage.unknown_cue"},
		{"done", []string{"fire idle"}, "fire idle", "!stage.done"},
		{"skipped is done", []string{"skip idle"}, "fire idle", "!stage.done"},
		{"skip", nil, "skip vote", "cue_skipped"},

		{"arm", nil, "arm seal", "cue_armed"},
		{"arm what needs none", nil, "arm idle", "cue_armed"},
		{"arm twice", []string{"arm seal"}, "arm seal", "!stage.armed"},
		{"arm another", []string{"arm seal"}, "arm first", "!stage.other_armed"},
		{"arm after disarm", []string{"arm seal", "disarm seal"}, "arm first", "cue_armed"},
		{"disarm", []string{"arm seal"}, "disarm seal", "cue_disarmed"},
		{"disarm what is not", []string{"arm seal"}, "disarm first", "!stage.not_armed"},
		{"fire unarmed", locked, "fire seal", "!stage.not_armed"},
		{"fire armed", append(slices.Clone(locked), "arm seal"), "fire seal", "cue_fired :seal"},
		{"next is the armed one", append(slices.Clone(locked), "arm seal"), "next", "cue_fired :seal"},
		{"disarmed is not armed", append(slices.Clone(locked), "arm seal", "disarm seal"), "fire seal", "!stage.not_armed"},
		{"firing disarms", sealed, "disarm seal", "!stage.done"},
		{"a confirmed cue needs no second arming between steps", append(slices.Clone(sealed), "arm third", "fire third"), "fire third", "cue_fired :reveal"},

		{"marks before any entry", nil, "fire marks", "!stage.not_locked"},
		{"marks before the lock", locked[:2], "fire marks", "!stage.not_locked"},
		{"marks", append(slices.Clone(locked), "arm marks"), "fire marks", "cue_fired scene_shown :reveal"},
		{"marks unarmed", locked, "fire marks", "!stage.not_armed"},
		{"tally before the opening", nil, "fire tally", "!stage.ballot_open"},
		{"tally of an open ballot", locked[:3], "fire tally", "!stage.ballot_open"},
		{"tally", append(slices.Clone(locked[:4]), "arm tally"), "fire tally", "cue_fired :reveal"},
		{"tally unarmed", locked[:4], "fire tally", "!stage.not_armed"},
		{"board before the seal", locked, "fire frozen", "!stage.not_sealed"},
		{"award before the seal", append(slices.Clone(locked), "arm first"), "fire first", "!stage.not_sealed"},
		{"verify before the seal", locked, "fire verify", "!stage.not_sealed"},
		{"award", append(slices.Clone(sealed), "arm first"), "fire first", "cue_fired :reveal"},
		{"two reveals at once", append(slices.Clone(sealed), "fire marks"), "fire frozen", "!stage.running"},
		{"a scene amid a reveal", append(slices.Clone(sealed), "fire marks"), "fire idle", "cue_fired scene_shown danmaku_mode"},
		{"next is the one with steps to come", append(slices.Clone(sealed), "fire marks", "fire idle"), "next", "cue_fired :reveal"},
		{"arm what runs", append(slices.Clone(sealed), "fire marks"), "arm marks", "!stage.running"},
		{"skip what runs", append(slices.Clone(sealed), "fire marks", "skip marks", "arm frozen"), "fire frozen", "cue_fired :reveal"},
		{"a board unarmed", sealed, "fire frozen", "!stage.not_armed"},
		{"verify before the awards", append(slices.Clone(sealed), "arm verify"), "fire verify", "!stage.awards_left"},
		{"verify of an award that was begun", append(slices.Clone(sealed), "skip listed", "skip second", "skip first", "fire third", "arm verify"), "fire verify", "!stage.running"},
		{"verify without awards", append(slices.Clone(sealed), "skip listed", "skip third", "skip second", "skip first", "arm verify"), "fire verify", "cue_fired :reveal"},
		{"the host verifies nothing", append(slices.Clone(sealed), "skip listed", "skip third", "skip second", "skip first", "arm verify"), "host:fire verify", "!stage.forbidden"},
		{"the end while something remains", nil, "fire end", "!stage.not_armed"},
		{"the host's end", nil, "host:fire end", "!stage.forbidden"},
		{"the host's end, armed", []string{"arm end"}, "host:fire end", "cue_fired session_ended"},

		{"ballot after the seal", append(slices.Clone(locked[:2]), "fire lock", "arm seal", "fire seal"), "fire vote", "!stage.sealed"},
		{"sheets after the seal", append([]string{"fire lock"}, "arm seal", "fire seal"), "fire sheets", "!stage.sealed"},
		{"no cue left", []string{"fire verify2", "next"}, "next", "!stage.ended"},

		{"the director's lane", nil, "host:fire card2", "!stage.forbidden"},
		{"the host and what is not armed", locked, "host:fire seal", "!stage.forbidden"},
		{"the host and what is armed", append(slices.Clone(locked), "arm seal"), "host:fire seal", "cue_fired :seal"},
		{"the host goes on with what was armed", append(slices.Clone(sealed), "arm third", "fire third"), "host:next", "cue_fired :reveal"},
		{"the organiser is a director", nil, "organiser:fire card", "cue_fired entry_shown scene_shown timer_started"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := smallRundown()
			// Two more, out of the way of the rest: next to end, and the director's.
			r.Cues = slices.Insert(r.Cues, len(r.Cues)-1,
				Cue{ID: "verify2", Title: "示例", Actions: []Action{{Kind: doScene, Scene: "verify"}}})
			r.Cues = slices.Insert(r.Cues, 0, Cue{ID: "card2", Title: "示例", Actions: []Action{{Kind: doScene, Scene: "entry"}}})
			if strings.HasPrefix(c.name, "next is the first") {
				r.Cues = r.Cues[1:]
			}
			p := newPlay(t, r, newNight(smallCatalog(t, 9, 5))).run(c.before...)
			role, cmd := p.parse(c.cmd)
			decideAgrees(t, p, role, cmd, c.want)
		})
	}
}

// decideAgrees also holds Decide to its promise that it changes nothing.
func decideAgrees(t *testing.T, p *play, role string, cmd Command, want string) {
	t.Helper()
	before := p.seen()
	plan, err := Decide(p.s, role, cmd, p.now)
	got := strings.Join(kinds(plan), " ")
	if err != nil {
		if len(plan.Effects) > 0 {
			t.Errorf("refused with %s, and yet a plan: %s", err.Code, got)
		}
		got = "!" + err.Code
	}
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	sameDocs(t, "before and after deciding", before, p.seen())
}

func sameDocs(t tb, what string, a, b map[string]string) {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%s: %d and %d documents", what, len(a), len(b))
	}
	for name := range a {
		if a[name] != b[name] {
			t.Fatalf("%s: %s differs:\n%s\n%s", what, name, a[name], b[name])
		}
	}
}

// TestAStaleRevisionMovesNothing: every command that moves the rundown names the
// revision it saw; the refusal tells the present one.
func TestAStaleRevisionMovesNothing(t *testing.T) {
	p := newPlay(t, smallRundown(), newNight(smallCatalog(t, 9, 5))).run("fire idle", "arm seal")
	for _, text := range []string{"arm first", "disarm seal", "fire card", "skip card", "next", "fire nothing", "fire idle"} {
		for _, off := range []int64{-1, 1, -p.s.Rev()} {
			role, cmd := p.parse(text)
			cmd.Rev += off
			err := p.do(role, cmd)
			if err == nil || err.Code != "stage.stale_rev" || err.Kind != fault.Conflict || err.Args["rev"] != p.s.Rev() {
				t.Errorf("%s at %+d: %v", text, off, err)
			}
		}
	}
	// Emergency keys do not look at it: a late blackout is still a blackout.
	if err := p.do(RoleDirector, Command{Rev: -7, Kind: "blackout", On: true}); err != nil || !Public(p.s).Blackout {
		t.Errorf("blackout: %v", err)
	}
}

// TestOnlyTheRundownMovesTheRevision, so that a notice or a vote does not take
// the finger off the director's key.
func TestOnlyTheRundownMovesTheRevision(t *testing.T) {
	p := newPlay(t, smallRundown(), newNight(smallCatalog(t, 9, 5))).run("fire sheets", "fire vote")
	rev := p.s.Rev()
	p.tell(Make(SheetNoted{Entry: "e1", Judge: "j1", Done: true}), Make(BallotClosed{"b"}))
	if err := p.do(RoleDirector, Command{Kind: "notice", Text: "请稍候"}); err != nil || p.s.Rev() != rev {
		t.Errorf("%v: revision %d, was %d", err, p.s.Rev(), rev)
	}
	for _, text := range []string{"arm seal", "disarm seal", "skip marks", "fire idle"} {
		if rev = p.s.Rev(); p.run(text).s.Rev() != rev+1 {
			t.Errorf("%s: revision %d, was %d", text, p.s.Rev(), rev)
		}
	}
	if p.tell(Make(RundownChanged{3})); p.s.Rev() != rev+2 {
		t.Error("a replaced rundown must move the revision")
	}
}

func TestDecideDesk(t *testing.T) {
	long := strings.Repeat("长", maxNotice+1)
	for _, c := range []struct {
		name   string
		before []string
		role   string
		cmd    Command
		want   string
	}{
		{"blackout", nil, RoleDirector, Command{Kind: "blackout", On: true}, "blackout_set"},
		{"camera", nil, RoleOrganiser, Command{Kind: "camera", Name: "close"}, ":camera"},
		{"no camera", nil, RoleDirector, Command{Kind: "camera"}, "!stage.camera"},
		{"danmaku", []string{"fire idle"}, RoleModerator, Command{Kind: "danmaku", Text: DanmakuOff}, "danmaku_mode"},
		{"danmaku is off", nil, RoleModerator, Command{Kind: "danmaku", Text: DanmakuOff}, ""},
		{"danmaku mode", nil, RoleModerator, Command{Kind: "danmaku", Text: "loud"}, "!stage.danmaku"},
		{"notice", nil, RoleDirector, Command{Kind: "notice", Text: "  请勿　拍照 "}, "notice_shown"},
		{"no notice to take away", nil, RoleDirector, Command{Kind: "notice"}, ""},
		{"notice of two lines", nil, RoleDirector, Command{Kind: "notice", Text: "a\nb"}, "!stage.text"},
		{"notice that turns around", nil, RoleDirector, Command{Kind: "notice", Text: "a\u202eb"}, "!stage.text"},
		{"notice not in UTF-8", nil, RoleDirector, Command{Kind: "notice", Text: "\xff"}, "!stage.text"},
		{"long notice", nil, RoleDirector, Command{Kind: "notice", Text: long}, "!stage.text"},
		{"hide", nil, RoleDirector, Command{Kind: "hide", Reason: "更正"}, "scene_hidden"},
		{"hide without a reason", nil, RoleDirector, Command{Kind: "hide", Reason: " "}, "!stage.reason"},
		{"hide with a long reason", nil, RoleDirector, Command{Kind: "hide", Reason: long}, "!stage.text"},
		{"extend nothing", nil, RoleDirector, Command{Kind: "extend", Seconds: 10}, "!stage.no_ballot"},
		{"extend a ballot unknown", []string{"fire vote"}, RoleDirector, Command{Kind: "extend", Name: "zz", Seconds: 10}, "!stage.no_ballot"},
		{"extend", []string{"fire vote"}, RoleDirector, Command{Kind: "extend", Seconds: -10}, ":ballot_extend"},
		{"extend by name", []string{"fire vote"}, RoleDirector, Command{Kind: "extend", Name: "b", Seconds: 10}, ":ballot_extend"},
		{"extend by nothing", []string{"fire vote"}, RoleDirector, Command{Kind: "extend"}, "!stage.seconds"},
		{"extend by ages", []string{"fire vote"}, RoleDirector, Command{Kind: "extend", Seconds: maxSeconds + 1}, "!stage.seconds"},
		{"extend what is closed", []string{"fire vote", "fire close"}, RoleDirector, Command{Kind: "extend", Seconds: 10}, "!stage.no_ballot"},
		{"time for no timer", nil, RoleDirector, Command{Kind: "timer_add", Seconds: 10}, "!stage.no_timer"},
		{"time", []string{"fire card"}, RoleDirector, Command{Kind: "timer_add", Seconds: 10}, "timer_started"},
		{"no time", []string{"fire card"}, RoleDirector, Command{Kind: "timer_add"}, "!stage.seconds"},
		{"too much time", []string{"fire card"}, RoleDirector, Command{Kind: "timer_add", Seconds: -maxSeconds - 1}, "!stage.seconds"},
		{"time after the stop", []string{"fire card", "fire other"}, RoleDirector, Command{Kind: "timer_add", Seconds: 1}, "!stage.no_timer"},
		{"unknown", nil, RoleDirector, Command{Kind: "explode"}, "!stage.unknown_command"},
		{"after the end", []string{"fire end"}, RoleDirector, Command{Kind: "blackout"}, "!stage.ended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlay(t, smallRundown(), newNight(smallCatalog(t, 9, 5))).run(c.before...)
			decideAgrees(t, p, c.role, c.cmd, c.want)
		})
	}
}

// TestWhatValidateKeepsOut is refused all the same when a rundown of before comes to
// it; and a rundown may run out.
func TestWhatValidateKeepsOut(t *testing.T) {
	odd := func(a ...Action) Cue { return Cue{ID: "odd", Title: "示例", Confirm: true, Actions: a} }
	for _, c := range []struct {
		cue  Cue
		want string
	}{
		{odd(Action{Kind: "dance"}), "stage.unknown_action"},
		{odd(Action{Kind: doReveal, What: "fortune"}), "stage.unknown_action"},
		{odd(Action{Kind: doReveal, What: RevealAward, Award: "none"}), "stage.unknown_award"},
		{odd(Action{Kind: doEntry, Entry: "e77"}), "stage.unknown_entry"},
	} {
		r := smallRundown()
		r.Cues = append(r.Cues, c.cue)
		p := newPlay(t, r, newNight(smallCatalog(t, 9, 5))).upTo("seal").run("arm odd")
		if _, cmd := p.parse("fire odd"); p.do(RoleDirector, cmd).Code != c.want {
			t.Errorf("%+v: want %s", c.cue.Actions, c.want)
		}
	}
	r := smallRundown()
	r.Cues = r.Cues[:1]
	p := newPlay(t, r, newNight(smallCatalog(t, 9, 5))).run("next")
	if _, cmd := p.parse("next"); p.do(RoleDirector, cmd).Code != "stage.no_next" {
		t.Error("something comes after the last")
	}
}

// TestTimerMoves: an added timer keeps its name, never ends before now because of
// a cut, and one in overtime is not pulled back into the past.
func TestTimerMoves(t *testing.T) {
	p := newPlay(t, smallRundown(), newNight(smallCatalog(t, 9, 5))).run("fire card")
	start := *Public(p.s).Timer
	for _, c := range []struct{ add, ends, total int }{{30, 90, 90}, {-80, 10, 10}, {-80, 4, 1}} {
		if err := p.do(RoleDirector, Command{Kind: "timer_add", Seconds: c.add}); err != nil {
			t.Fatal(err)
		}
		got := *Public(p.s).Timer
		want := start
		want.Ends, want.Total = start.Ends+int64(c.ends-60)*1000, c.total
		if c.ends == 4 { // cut to the present, which is the fourth command's
			want.Ends = p.now
		}
		if got != want {
			t.Errorf("%+d s: %+v, want %+v", c.add, got, want)
		}
	}
	p.now += 60_000
	over := Public(p.s).Timer.Ends
	if err := p.do(RoleDirector, Command{Kind: "timer_add", Seconds: -5}); err != nil || Public(p.s).Timer.Ends != over {
		t.Errorf("%v: overtime of %d became %d", err, over, Public(p.s).Timer.Ends)
	}
}

// TestMarksStayWithTheirEntry: the reveal is of the entry that was shown when it
// began. A card fired in between once sent its later steps to another entry.
func TestMarksStayWithTheirEntry(t *testing.T) {
	p := newPlay(t, smallRundown(), newNight(smallCatalog(t, 9, 5)))
	p.run("fire card", "fire sheets", "fire lock", "fire marks", "fire marks", "fire other").upTo("marks")
	for _, f := range p.facts {
		switch f.Kind {
		case kindMark, kindTrim, kindScore:
			if e := f.Event()["entry"]; string(asJSON(t, e)) != `"e1"` {
				t.Errorf("%s of %s", f.Kind, asJSON(t, e))
			}
		}
	}
	m := Public(p.s).Marks
	if m == nil || m.Entry != "e1" || m.Score == nil {
		t.Fatalf("marks are %+v", m)
	}
	if got, want := Host(p.s).Now.Line, "示例项目1："+*m.Score; got != want {
		t.Errorf("the host says %q, want %q", got, want)
	}
}
