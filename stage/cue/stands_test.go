package cue

import (
	"testing"

	"hecai/contest"
)

// TestWhereASessionStands: it begins with the first cue that is fired, and with nothing
// else; it goes on until it is ended, and again if that is taken back. A rehearsal that
// is on is what is on.
func TestWhereASessionStands(t *testing.T) {
	for _, c := range []struct {
		name      string
		steps     []string
		commands  []Command
		rehearsed bool
		want      contest.SessionState
	}{
		{"a rundown alone", nil, nil, false, contest.SessionPlanned},
		{"rehearsed before", nil, nil, true, contest.SessionRehearsing},
		{"a cue passed over", []string{"skip idle"}, nil, false, contest.SessionPlanned},
		{"a cue armed", []string{"arm seal"}, nil, false, contest.SessionPlanned},
		{"what was tried", nil, []Command{{Kind: "blackout", On: true}, {Kind: "camera", Name: "close"}, {Kind: "danmaku", Text: DanmakuOpen}, {Kind: "notice", Text: "请就座"}}, false, contest.SessionPlanned},
		{"a cue", []string{"fire idle"}, nil, false, contest.SessionLive},
		{"a cue that is not the first", []string{"fire card"}, nil, false, contest.SessionLive},
		{"cues, and others passed over", []string{"fire idle", "skip card"}, nil, false, contest.SessionLive},
		{"rehearsed in between", []string{"fire idle"}, nil, true, contest.SessionRehearsing},
		{"an end", []string{"fire idle", "arm end", "fire end"}, nil, false, contest.SessionEnded},
		{"an end alone", []string{"arm end", "fire end"}, nil, false, contest.SessionEnded},
		{"rehearsed after", []string{"fire idle", "arm end", "fire end"}, nil, true, contest.SessionRehearsing},
		{"an end taken back", []string{"fire idle", "arm end", "fire end"}, []Command{{Kind: "reopen", Reason: "误触"}}, false, contest.SessionLive},
		{"an end alone taken back", []string{"arm end", "fire end"}, []Command{{Kind: "reopen", Reason: "误触"}}, false, contest.SessionPlanned},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlay(t, smallRundown(), newNight(smallCatalog(t, 9, 5))).run(c.steps...)
			for _, cmd := range c.commands {
				if err := p.do(RoleDirector, cmd); err != nil {
					t.Fatal(err)
				}
			}
			if got := p.s.Stands(c.rehearsed); got != c.want {
				t.Errorf("stands %s, want %s", got, c.want)
			}
			v := Public(p.s).Session
			if c.rehearsed {
				return
			}
			if v.Begun != (c.want != contest.SessionPlanned) || v.Ended != (c.want == contest.SessionEnded) || p.s.UnderWay() != (c.want == contest.SessionLive) {
				t.Errorf("the view says begun %v, ended %v; under way %v", v.Begun, v.Ended, p.s.UnderWay())
			}
			p.s.Replace(Rundown{Session: "final", Title: "另一份"}, newNight(smallCatalog(t, 9, 5)).catalog)
			if got := p.s.Stands(false); got != c.want {
				t.Errorf("with another rundown it stands %s, want %s", got, c.want)
			}
		})
	}
}
