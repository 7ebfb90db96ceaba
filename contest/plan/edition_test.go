package plan

import (
	"reflect"
	"testing"

	"hecai/contest"
)

// TestACopyOfThePlan: what is not named stays as it is, and all days move together.
func TestACopyOfThePlan(t *testing.T) {
	old, problems := Parse(Jilin2024)
	if problems != nil {
		t.Fatal(problems)
	}
	same, body, problems := Edition{}.Of(old)
	if problems != nil || !reflect.DeepEqual(same, old) {
		t.Fatalf("a copy is another: %v", problems)
	}
	if again, problems := Parse(body); problems != nil || !reflect.DeepEqual(again, old) {
		t.Fatalf("its file is another plan: %v", problems)
	}
	next, _, problems := Edition{Code: "JL-2028", Name: "示例大赛", ShortName: "示例", From: "2028-02-20"}.Of(old)
	if problems != nil {
		t.Fatal(problems)
	}
	if next.Code != "JL-2028" || next.Name != "示例大赛" || next.ShortName != "示例" || next.Theme != old.Theme {
		t.Errorf("it is called %s %s %s", next.Code, next.Name, next.ShortName)
	}
	days := func(p *contest.Plan) (out []int) { // from the first one on
		for _, d := range []contest.Date{p.To, p.Phases[1].From, p.Phases[1].To, p.Events[2].Date} {
			out = append(out, p.From.DaysUntil(d))
		}
		return out
	}
	if next.From != "2028-02-20" || !reflect.DeepEqual(days(next), days(old)) {
		t.Errorf("days %v from %s, want %v", days(next), next.From, days(old))
	}
	for _, w := range Warnings(next) {
		if w.ID == "W-01" {
			t.Errorf("a day of the week of the old season: %s", w.En)
		}
	}
	if old.From != "2024-08-01" || old.Events[0].Weekday == "" {
		t.Error("the old plan was changed")
	}
}

func TestABadCopyIsRefused(t *testing.T) {
	old, _ := Parse(Jilin2024)
	for path, e := range map[string]Edition{"code": {Code: "a b"}, "name": {Name: "\x01"}, "from": {From: "2028-02-30"}} {
		p, _, problems := e.Of(old)
		if p != nil || len(problems) == 0 || problems[0].Path != path || problems[0].Line != 0 {
			t.Errorf("%+v: %v", e, problems)
		}
	}
}
