package roster

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hecai/contest"
	"hecai/contest/plan"
)

func rowOf(line int, e contest.Entry) Row {
	return Row{
		Line: line, Code: string(e.ID), Title: e.Title, Track: string(e.Track), Direction: strconv.Itoa(e.Direction),
		Team: e.Team, Lead: e.Lead, Partners: strings.Join(e.Partners, "；"), Summary: e.Summary,
	}
}

func TestSampleIsPlainlySample(t *testing.T) {
	p := jilin(t)
	entries, judges := contest.Sample()
	perTrack := make(map[contest.TrackID]int)
	var orders []int
	for i, e := range entries {
		perTrack[e.Track]++
		orders = append(orders, e.Order)
		names := append([]string{e.Team, e.Lead}, e.Partners...)
		for _, name := range names {
			if !strings.Contains(name, "示例") {
				t.Errorf("%s: %q does not say that it is made up", e.ID, name)
			}
		}
		if !e.Sample || e.No != i+1 || !e.Eligible() || !strings.Contains(e.Summary, "示例") {
			t.Errorf("%s: sample %v, no %d, state %s", e.ID, e.Sample, e.No, e.State)
		}
	}
	slices.Sort(orders)
	for i, o := range orders {
		if o != i+1 {
			t.Fatalf("the running order is not 1..%d: %v", len(orders), orders)
		}
	}
	for _, track := range p.Tracks {
		if perTrack[track.ID] != 3 {
			t.Errorf("%s has %d entries", track.ID, perTrack[track.ID])
		}
	}
	sectors := make(map[string]bool)
	for _, j := range judges {
		sectors[j.Sector] = true
		if !j.Sample || !strings.HasPrefix(j.Name, "示例评委") || !slices.Contains(contest.Sectors(), j.Sector) {
			t.Errorf("judge %+v", j)
		}
	}
	if len(entries) != 36 || len(judges) != 7 || len(sectors) != 5 {
		t.Errorf("%d entries, %d judges from %d sectors", len(entries), len(judges), len(sectors))
	}
	// The samples obey the rules of a real import.
	var rows []Row
	for i, e := range entries {
		rows = append(rows, rowOf(i+2, e))
	}
	if got := Import(p, nil, rows); len(got.Problems) > 0 || len(got.Add) != 36 {
		t.Errorf("%d would be added; %v", len(got.Add), got.Problems)
	}
	card := p.Card(entries[0])
	if card.TrackName != "先进制造业" || card.Title != entries[0].Title || card.Partners == nil {
		t.Errorf("card %+v", card)
	}
}

func TestImport(t *testing.T) {
	p := jilin(t)
	existing, _ := contest.Sample()
	change := rowOf(3, existing[1])
	change.Team, change.Direction = "示例新队", "1"
	uncoded := rowOf(4, existing[2])
	uncoded.Code = ""
	fresh := Row{
		Line: 5, Title: "示例新项目", Track: "赛道十二", Direction: "促进生产减排降碳", Team: "示例甲队", Lead: "示例单位",
		Partners: "示例乙单位；示例丙单位 、",
	}
	fresh.Track = "绿色低碳赛道"
	got := Import(p, existing, []Row{rowOf(2, existing[0]), change, uncoded, fresh})
	if len(got.Problems) > 0 {
		t.Fatal(got.Problems)
	}
	if diff := cmp.Diff([]contest.EntryID{"s01", "s03"}, got.Same); diff != "" {
		t.Error(diff)
	}
	wantFields := []FieldDiff{
		{Field: "direction", Old: "3", New: "1", Frozen: true},
		{Field: "team", Old: existing[1].Team, New: "示例新队"},
	}
	if len(got.Change) != 1 || got.Change[0].Entry.Order != existing[1].Order || !got.Change[0].Entry.Sample {
		t.Fatalf("changes %+v", got.Change)
	}
	if diff := cmp.Diff(wantFields, got.Change[0].Fields); diff != "" {
		t.Error(diff)
	}
	want := []contest.Entry{{
		ID: "e037", No: 37, Order: 37, Title: "示例新项目", Track: "green", Direction: 4, Team: "示例甲队", Lead: "示例单位",
		Partners: []string{"示例乙单位", "示例丙单位"}, State: contest.Qualified,
	}}
	if diff := cmp.Diff(want, got.Add); diff != "" {
		t.Error(diff)
	}
}

func TestImportNamesEveryProblem(t *testing.T) {
	p := jilin(t)
	existing, _ := contest.Sample()
	good := Row{Title: "示例项目", Track: "气象服务", Direction: "1", Team: "示例队", Lead: "示例单位"}
	tests := []struct {
		name   string
		spoil  func(r *Row)
		column string
		code   string
	}{
		{"no title", func(r *Row) { r.Title = " " }, "title", "entry.required"},
		{"long title", func(r *Row) { r.Title = strings.Repeat("长", 61) }, "title", "entry.too_long"},
		{"no team", func(r *Row) { r.Team = "" }, "team", "entry.required"},
		{"control characters", func(r *Row) { r.Lead = "示\x07例" }, "lead", "entry.control_character"},
		{"no track", func(r *Row) { r.Track = "" }, "track", "entry.required"},
		{"unknown track", func(r *Row) { r.Track = "航海" }, "track", "entry.unknown_track"},
		{"no direction", func(r *Row) { r.Direction = "" }, "direction", "entry.required"},
		{"a direction of another track", func(r *Row) { r.Direction = "3" }, "direction", "entry.unknown_direction"},
		{"a bad code", func(r *Row) { r.Code = "../x" }, "code", "entry.bad_code"},
		{"a host takes part", func(r *Row) { r.Lead = "吉林省气象局" }, "lead", "entry.organiser"},
		{"a host is a partner", func(r *Row) { r.Partners = "示例；吉林省商务厅" }, "partners", "entry.organiser"},
		{"too many partners", func(r *Row) { r.Partners = strings.Repeat("示例；", 11) }, "partners", "entry.too_many_partners"},
		{"long summary", func(r *Row) { r.Summary = strings.Repeat("长", 201) }, "summary", "entry.too_long"},
		{"a project that exists under another code", func(r *Row) {
			r.Code, r.Title, r.Lead = "new", existing[0].Title, existing[0].Lead
		}, "title", "entry.exists"},
		{"a team that has an entry", func(r *Row) { r.Team, r.Lead = existing[0].Team, existing[0].Lead }, "team", "entry.team_exists"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			row := good
			row.Line = 9
			tt.spoil(&row)
			got := Import(p, existing, []Row{row})
			if len(got.Problems) != 1 || len(got.Add)+len(got.Change)+len(got.Same) != 0 {
				t.Fatalf("%+v", got)
			}
			if pr := got.Problems[0]; pr.Path != tt.column || pr.Code != tt.code || pr.Line != 9 {
				t.Errorf("got %v", pr)
			}
		})
	}
	twice := Import(p, nil, []Row{good, good})
	if len(twice.Add) != 1 || len(twice.Problems) != 1 || twice.Problems[0].Code != "entry.duplicate" {
		t.Errorf("the same row twice: %+v", twice)
	}
	second := good
	second.Title = "示例另一项目"
	team := Import(p, nil, []Row{good, second})
	if len(team.Problems) != 1 || team.Problems[0].Code != "entry.duplicate_team" {
		t.Errorf("a team with two projects: %+v", team.Problems)
	}
}

func TestImportingWhatIsThereChangesNothing(t *testing.T) {
	p := jilin(t)
	entries, _ := contest.Sample()
	rapid.Check(t, func(t *rapid.T) {
		shuffled := rapid.Permutation(entries).Draw(t, "order")
		n := rapid.IntRange(0, len(shuffled)).Draw(t, "rows")
		var rows []Row
		for i, e := range shuffled[:n] {
			row := rowOf(i+2, e)
			if rapid.Bool().Draw(t, "uncoded") {
				row.Code = ""
			}
			rows = append(rows, row)
		}
		got := Import(p, entries, rows)
		if len(got.Same) != n || len(got.Add)+len(got.Change)+len(got.Problems) != 0 {
			t.Fatalf("%d rows: %+v", n, got)
		}
	})
}

// TestLookAlikesOfAnotherUnit: the name of another's project or team under
// another unit is for a person to look at, in the file and against the record.
func TestLookAlikesOfAnotherUnit(t *testing.T) {
	p, problems := plan.Parse(plan.Jilin2024)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	track := p.Tracks[0]
	row := func(line int, title, team, lead string) Row {
		return Row{Line: line, Title: title, Track: track.Name, Direction: "1", Team: team, Lead: lead, Summary: "示例"}
	}
	codes := func(im Preview) (out []string) {
		for _, n := range im.Notices {
			out = append(out, n.Code)
		}
		return out
	}
	first := Import(p, nil, []Row{row(2, "示例AI平台", "示例一队", "示例甲单位"), row(3, "示例ＡＩ平台", "示例二队", "示例乙单位"), row(4, "示例另一项目", "示例一队", "示例丙单位")})
	if got, want := codes(first), []string{"entry.same_title", "entry.same_team"}; !slices.Equal(got, want) || len(first.Problems) > 0 {
		t.Errorf("in one file: %v, want %v; problems %v", got, want, first.Problems)
	}
	have := first.Add[:1]
	have[0].ID = "e001"
	again := Import(p, have, []Row{row(2, "示例AI平台", "示例一队", "示例甲公司")})
	if got, want := codes(again), []string{"entry.same_title", "entry.same_team"}; !slices.Equal(got, want) {
		t.Errorf("against the record: %v, want %v", got, want)
	}
	same := row(2, "示例AI平台", "示例一队", "示例甲公司")
	same.Code = "E001"
	if got := codes(Import(p, have, []Row{same})); len(got) > 0 {
		t.Errorf("the entry itself, corrected: %v", got)
	}
}
