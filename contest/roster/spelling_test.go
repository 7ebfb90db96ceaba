package roster

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hecai/contest"
	"hecai/strict"
)

// TestLookAlikes is "names-that-look-alike": what looks the same is the same
// entry, team or track.
func TestLookAlikes(t *testing.T) {
	p := jilin(t)
	row := func(line int, code, title, track, team, lead string) Row {
		return Row{Line: line, Code: code, Title: title, Track: track, Direction: "1", Team: team, Lead: lead}
	}
	for _, tt := range []struct {
		name string
		rows []Row
		want []string // problems
	}{
		{"brackets", []Row{row(2, "", "示例项目1", "气象服务", "示例队1", "示例(长春)公司"), row(3, "", "示例项目1", "气象服务", "示例队1", "示例（长春）公司")},
			[]string{"3 title entry.duplicate"}},
		{"dots", []Row{row(2, "", "示例项目1", "气象服务", "阿依·古丽队", "示例单位"), row(3, "", "示例项目2", "气象服务", "阿依•古丽队", "示例单位")},
			[]string{"3 team entry.duplicate_team"}},
		{"a radical in the track", []Row{row(2, "", "示例项目1", "⽓象服务", "示例队1", "示例单位1")}, nil},
		{"case of codes", []Row{row(2, "E001", "示例项目1", "气象服务", "示例队1", "示例单位1"), row(3, "e001", "示例项目2", "气象服务", "示例队2", "示例单位2")},
			[]string{"3 code entry.duplicate"}},
		{"zero width", []Row{row(2, "", "示例项目1", "气象服务", "示例队1", "吉林大学"), row(3, "", "示例项目1", "气象服务", "示例队2", "吉\u200b林大学")},
			[]string{"3 title entry.duplicate"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Import(p, nil, tt.rows)
			if at := problemsAt(got.Problems); !slices.Equal(at, tt.want) {
				t.Errorf("problems %q, want %q", at, tt.want)
			}
			for _, e := range got.Add {
				if !contest.Legible(e.Title) || !contest.Legible(e.Team) || !contest.Legible(e.Lead) {
					t.Errorf("%+v is kept as it came", e)
				}
			}
		})
	}
	// The same against the record: no second entry under another spelling.
	existing := Import(p, nil, []Row{row(2, "E001", "示例(一)", "气象服务", "示例·队", "示例单位")}).Add
	for _, r := range []Row{
		row(2, "e001", "示例(一)", "气象服务", "示例·队", "示例单位"),
		row(2, "", "示例（一）", "气象服务", "示例•队", "示例单位"),
	} {
		if got := Import(p, existing, []Row{r}); len(got.Add)+len(got.Problems) > 0 {
			t.Errorf("%+v: added %d, problems %v", r, len(got.Add), got.Problems)
		}
	}
}

func problemsAt(problems []strict.Problem) []string {
	var out []string
	for _, p := range problems {
		out = append(out, fmt.Sprintf("%d %s %s", p.Line, p.Path, p.Code))
	}
	return out
}

// TestPartners is "partners-parted-by-commas": every usual sign parts partners,
// and an organising body is found behind any.
func TestPartners(t *testing.T) {
	p := jilin(t)
	const host = "吉林省科学技术厅"
	good := Row{Line: 2, Title: "示例项目", Track: "气象服务", Direction: "1", Team: "示例队", Lead: "示例单位"}
	for _, sign := range []string{"；", ";", "，", ",", "、", "\n", "\r\n", " ", "\u3000", "/", "|", "和 ", "\t", " · ", "＋"} {
		for _, column := range []string{"partners", "lead"} {
			r := good
			if column == "partners" {
				r.Partners = "甲单位" + sign + host
			} else if r.Lead = host + sign + "甲单位"; strings.HasPrefix(sign, "和") {
				continue
			}
			got := Import(p, nil, []Row{r})
			if at := problemsAt(got.Problems); !slices.Equal(at, []string{"2 " + column + " entry.organiser"}) {
				t.Errorf("%q in %s: %q", sign, column, at)
			}
		}
	}
	for in, want := range map[string][]string{
		"甲单位，乙单位,丙单位；丁单位、戊单位\n己单位":     {"甲单位", "乙单位", "丙单位", "丁单位", "戊单位", "己单位"},
		"Example Co., Ltd.，示例, Inc.；甲": {"Example Co., Ltd.", "示例, Inc.", "甲"},
		"，；":                           {},
	} {
		r := good
		r.Partners = in
		got := Import(p, nil, []Row{r})
		if len(got.Add) != 1 || !slices.Equal(got.Add[0].Partners, want) {
			t.Errorf("%q: %+v, want %q", in, got, want)
		}
	}
	// A longer name may be another body: a person looks, nothing is refused.
	for _, unit := range []string{host + "信息中心", "甲单位及" + host} {
		r := good
		r.Partners = unit
		got := Import(p, nil, []Row{r})
		if at := problemsAt(got.Notices); len(got.Problems) > 0 || !slices.Equal(at, []string{"2 partners entry.like_organiser"}) {
			t.Errorf("%q: problems %v, notices %q", unit, got.Problems, at)
		}
	}
}

// TestNumbersAsTyped is "fullwidth-digits" and "xlsx-number-1.0" on the side of
// the rules.
func TestNumbersAsTyped(t *testing.T) {
	p := jilin(t)
	for _, spelt := range []string{"2", "２", "2.0", "02", "2E0", "２．０", " 2 "} {
		got := Import(p, nil, []Row{{Line: 2, Code: "ｅ００２", Title: "示例", Track: "气象服务", Direction: spelt, Team: "示例队", Lead: "示例单位"}})
		if len(got.Add) != 1 || got.Add[0].Direction != 2 || got.Add[0].ID != "e002" {
			t.Errorf("%q: %+v", spelt, got)
		}
	}
	for _, wrong := range []string{"1.5", "-1", "1e99", "NaN", "Inf", "0x1", "1,0"} {
		got := Import(p, nil, []Row{{Line: 2, Title: "示例", Track: "气象服务", Direction: wrong, Team: "示例队", Lead: "示例单位"}})
		if at := problemsAt(got.Problems); !slices.Equal(at, []string{"2 direction entry.unknown_direction"}) {
			t.Errorf("%q: %q", wrong, at)
		}
	}
}
