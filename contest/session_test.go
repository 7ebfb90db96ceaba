package contest

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hecai/fault"
)

func TestSessionValidate(t *testing.T) {
	good := Session{Show: "JL/am", Title: "决赛答辩 · 上午场", Kind: "defence", Date: "2024-09-06", Time: "09:00", Place: "示例会议中心"}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string][]func(*Session){
		"id": {func(s *Session) { s.Show = "JL/a b" }, func(s *Session) { s.Show = "JL/am~1" }, func(s *Session) { s.Show = "JL/" }},
		"title": {func(s *Session) { s.Title = "" }, func(s *Session) { s.Title = strings.Repeat("长", 61) },
			func(s *Session) { s.Title = "两\n行" }, func(s *Session) { s.Title = " 空 " }, func(s *Session) { s.Title = "\u202e" }},
		"subtitle": {func(s *Session) { s.Subtitle = strings.Repeat("长", 61) }},
		"place":    {func(s *Session) { s.Place = "a\x00" }},
		"kind":     {func(s *Session) { s.Kind = "" }, func(s *Session) { s.Kind = "party" }},
		"date":     {func(s *Session) { s.Date = "2024-02-30" }, func(s *Session) { s.Date = "6 Sep" }},
		"time": {func(s *Session) { s.Time = "25:00" }, func(s *Session) { s.Time = "9:00" }, func(s *Session) { s.Time = "09:00:00" },
			func(s *Session) { s.Date = "" }},
	} {
		for i, f := range change {
			s := good
			f(&s)
			if err := s.Validate(); fault.CodeOf(err) != "session.invalid" || fault.Of(err).Public()["field"] != field {
				t.Errorf("%s %d: %v", field, i, err)
			}
		}
	}
}

func TestSessionsAreInOrder(t *testing.T) {
	want := []Session{{Date: "2024-09-06"}, {Date: "2024-09-06", Time: "09:00"}, {Date: "2024-09-06", Time: "14:00"}, {Date: "2024-10-01"}, {}}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortStableFunc(got, Session.Compare)
	if !slices.EqualFunc(got, want, func(a, b Session) bool { return a.Date == b.Date && a.Time == b.Time }) {
		t.Errorf("%v", got)
	}
}

// TestThePageHasTheKinds: the office's form offers what is kept, and nothing else.
func TestThePageHasTheKinds(t *testing.T) {
	body, err := os.ReadFile("../static/admin/sessions.js")
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`const KINDS = \[(.*)\]`).FindSubmatch(body)
	if list == nil {
		t.Fatal("no list of kinds")
	}
	kinds := strings.Split(strings.ReplaceAll(string(list[1]), "'", ""), ", ")
	if !slices.Equal(kinds, sessionKinds[:]) {
		t.Errorf("%q, and %q", kinds, sessionKinds)
	}
}
