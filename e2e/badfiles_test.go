package e2e

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hecai/strict"
)

// mistakes are problems as they come: what is wrong, and where.
type mistakes []strict.Problem

func (m mistakes) at() []string {
	var out []string
	for _, p := range m {
		out = append(out, fmt.Sprintf("%d %s %s", p.Line, p.Path, p.Code))
	}
	return out
}

// TestBadSheet imports a list with mistakes: each is named by row and column,
// and nothing is applied.
func TestBadSheet(t *testing.T) {
	t.Parallel()
	p := openPoll(t, nil)
	var before, after any
	p.org.Do("GET", "/v1/admin/entries", nil, &before)
	csv := "项目编号,项目名称,赛道,赛题方向,团队名称,牵头参赛单位,项目简介\n" +
		"N1,示例新项目,先进制造业,1,示例新队,示例新单位,好\n" + // nothing wrong
		"N 2,示例项目甲,先进制造业,1,示例队甲,示例单位,\n" +
		"N3,,先进制造业,1,示例队乙,示例单位,\n" +
		"N4,示例项目丁,魔法,1,示例队丁,示例单位,\n" +
		"N5,示例项目戊,先进制造业,99,示例队戊,示例单位,\n" +
		"N6,示例项目己,先进制造业,1,示例队己,国家数据局,\n" +
		"N7," + strings.Repeat("长", 61) + ",先进制造业,1,示例队庚,示例单位,\n" +
		"N1,示例项目辛,先进制造业,1,示例队辛,示例单位,\n" +
		"N9,示例项目壬,先进制造业,1,示例新队,示例新单位,\n"
	want := []string{"3 code entry.bad_code", "4 title entry.required", "5 track entry.unknown_track", "6 direction entry.unknown_direction",
		"7 lead entry.organiser", "8 title entry.too_long", "9 code entry.duplicate", "10 team entry.duplicate_team"}
	for _, apply := range []string{"", "?apply=1"} {
		var reply struct {
			Applied  bool
			Problems mistakes
		}
		if err := p.org.upload("/v1/admin/entries/import"+apply, "名单.csv", csv, &reply); err != nil {
			t.Fatal(err)
		}
		if got := reply.Problems.at(); reply.Applied || !slices.Equal(got, want) {
			t.Errorf("applied %v, problems %q, want %q", reply.Applied, got, want)
		}
		for _, m := range reply.Problems {
			wantText(t, m.Code, m.Args)
		}
	}
	for _, tt := range []struct{ name, content, want string }{
		{"nothing", "", "0  sheet.empty"},
		{"no heading", "甲,乙\n丙,丁\n", "0  sheet.no_heading"},
		{"a quote that never ends", "项目名称,赛道\n\"甲,乙\n", "2  sheet.quotes"},
		{"bytes", "\x00\x01\x02\xff", "0  sheet.encoding"},
		{"an archive that is none", "PK\x03\x04 not one", "0  sheet.broken"},
		{"old Excel", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "0  sheet.old_or_locked"},
	} {
		var reply struct {
			Applied  bool
			Problems mistakes
		}
		if err := p.org.upload("/v1/admin/entries/import?apply=1", tt.name, tt.content, &reply); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if got := reply.Problems.at(); reply.Applied || len(got) == 0 || got[0] != tt.want {
			t.Errorf("%s: applied %v, problems %q, want %q", tt.name, reply.Applied, got, tt.want)
		}
		for _, m := range reply.Problems {
			wantText(t, m.Code, m.Args)
		}
	}
	if p.org.Do("GET", "/v1/admin/entries", nil, &after); !reflect.DeepEqual(before, after) {
		t.Error("a list with mistakes changed the entries")
	}
	p.goesOn("bad lists")
}

// TestNamesThatNoScreenDrawsAreTold: an entry is taken, and the characters that the
// hall would see as empty boxes are told by line and field, until they are mended.
func TestNamesThatNoScreenDrawsAreTold(t *testing.T) {
	t.Parallel()
	p := openPoll(t, nil)
	for title, want := range map[string][]string{"示例\U000f0000项目": {"1 title entry.undrawn"}, "示例项目庚": nil} {
		var reply struct {
			Applied bool
			Notices mistakes
		}
		p.org.Do("POST", "/v1/admin/entries", object{"rows": []object{{"code": "r001", "title": title, "track": "气象服务", "direction": "1", "team": "示例队庚", "lead": "示例单位", "summary": "示例"}}}, &reply)
		if got := reply.Notices.at(); !reply.Applied || !slices.Equal(got, want) {
			t.Errorf("%q: applied %v, told %q, want %q", title, reply.Applied, got, want)
		}
		for _, m := range reply.Notices {
			wantText(t, m.Code, m.Args)
		}
	}
}

// TestBadRundown puts rundowns with mistakes: each is named by path, and the
// show keeps the one it has.
func TestBadRundown(t *testing.T) {
	t.Parallel()
	p := openPoll(t, nil)
	var before, after any
	p.org.Do("GET", "/v1/admin/rundown/final", nil, &before)
	act := func(kv ...any) object {
		a := object{}
		for i := 0; i < len(kv); i += 2 {
			a[kv[i].(string)] = kv[i+1]
		}
		return a
	}
	cue := func(id string, actions ...object) object {
		return object{"id": id, "title": "示例", "actions": actions}
	}
	scene := act("kind", "scene", "scene", "idle")
	whole := object{"session": "final", "title": "", "cues": []object{
		cue("ok", scene), cue("ok", scene), cue("no id", scene), cue("none"),
		cue("kind", act("kind", "dance")), cue("scene", act("kind", "scene", "scene", "moon")),
		cue("entry", act("kind", "entry", "entry", "none")), cue("ballot", act("kind", "ballot_open", "ballot", "none")),
		cue("early", act("kind", "reveal", "what", "award", "award", "first")),
	}}
	want := []string{"title rundown.required", "cues[1].id rundown.duplicate_id", "cues[2].id rundown.bad_id", "cues[3].actions rundown.count",
		"cues[4].actions[0].kind rundown.unknown_kind", "cues[5].actions[0].scene rundown.one_of", "cues[6].actions[0].entry rundown.unknown_entry",
		"cues[7].actions[0].ballot rundown.unknown_ballot", "cues[8].actions[0] rundown.before_seal", "cues[8].confirm rundown.needs_confirm"}
	p.refusedRundown(t, "stage.rundown", whole, want)
	form := object{"session": 1, "title": "示例", "dance": true, "cues": []any{1, object{"id": "a", "plan": "soon", "actions": object{}}}}
	p.refusedRundown(t, "rundown.mistakes", form, []string{"session file.type", "dance file.unknown_field", "cues[0] file.type",
		"cues[1].plan file.type", "cues[1].actions file.type"})
	for name, body := range map[string]string{"words": "hello", "nothing": "", "deep": strings.Repeat("[", 99), "two": "{}{}"} {
		refusedWith(t, name, "rundown.mistakes", p.org.raw("PUT", "/v1/admin/rundown/final", "application/json", strings.NewReader(body), nil))
	}
	if p.org.Do("GET", "/v1/admin/rundown/final", nil, &after); !reflect.DeepEqual(before, after) {
		t.Error("a rundown with mistakes changed the one of record")
	}
	p.goesOn("bad rundowns")
}

// refusedRundown puts a rundown and checks which mistakes are named.
func (p *poll) refusedRundown(t *testing.T, code string, rundown object, want []string) {
	t.Helper()
	err := p.org.Try("PUT", "/v1/admin/rundown/final", rundown, nil)
	refusedWith(t, "rundown", code, err)
	e, ok := err.(*apiError)
	if !ok {
		return
	}
	raw, _ := json.Marshal(e.Args["problems"])
	var problems mistakes
	if err := json.Unmarshal(raw, &problems); err != nil {
		t.Fatalf("problems are %s", raw)
	}
	var got []string
	for _, m := range problems {
		got = append(got, m.Path+" "+m.Code)
		wantText(t, m.Code, m.Args)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(slices.Compact(got), want) {
		t.Errorf("problems %q, want %q", got, want)
	}
}
