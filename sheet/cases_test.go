package sheet

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"hecai/contest"
	"hecai/contest/roster"
	"hecai/strict"
)

// at tells problems in short: place, column, code and what the cell shows.
func at(problems []strict.Problem) []string {
	var out []string
	for _, p := range problems {
		cell, _ := p.Args["cell"].(string)
		value, _ := p.Args["value"].(string)
		out = append(out, strings.TrimSpace(fmt.Sprintf("%d %s %s %s %s", p.Line, p.Path, p.Code, cell, value)))
	}
	return out
}

// outcome is an import of a file into an empty record, in short.
func outcome(t *testing.T, data []byte) (add []contest.Entry, problems, notices []string, table Table) {
	t.Helper()
	table, wrong := Read(data, "")
	got := roster.Import(jilin(t), nil, table.Rows)
	wrong = append(wrong, got.Problems...)
	told := append(table.Notices, got.Notices...)
	table.Locate(wrong)
	return got.Add, at(wrong), at(told), table
}

// TestCases reads the lists that users of other programs had trouble with, each
// in the folder of its case.
func TestCases(t *testing.T) {
	for _, tt := range []struct {
		file     string
		add      int
		problems []string
		check    func(t *testing.T, add []contest.Entry, table Table)
	}{
		{file: "xlsx-code-leading-zeros/input.xlsx", add: 2, check: func(t *testing.T, add []contest.Entry, _ Table) {
			if add[0].ID != "001" || add[1].ID != "002" {
				t.Errorf("codes %s, %s", add[0].ID, add[1].ID)
			}
		}},
		{file: "xlsx-cover-sheet-first/input.xlsx", add: 2, check: func(t *testing.T, _ []contest.Entry, table Table) {
			if table.Sheet == "" || table.Columns["title"] != "B" {
				t.Errorf("read from %q, columns %v", table.Sheet, table.Columns)
			}
		}},
		{file: "xlsx-crlf-in-a-cell/input.xlsx", add: 1, check: func(t *testing.T, add []contest.Entry, _ Table) {
			if strings.Count(add[0].Summary, "\n") != 1 || strings.Contains(add[0].Summary, "\r") {
				t.Errorf("summary %q", add[0].Summary)
			}
		}},
		{file: "xlsx-date-became-number/input.xlsx", problems: []string{"2 team sheet.date E2 2024/3/7", "3 title sheet.date B3 2024/10/1"}},
		{file: "xlsx-date-became-number/dates-direction.xlsx",
			problems: []string{"2 direction sheet.date D2 3月1日", "2 direction entry.unknown_direction D2 3月1日"}},
		{file: "xlsx-error-values/input.xlsx",
			problems: []string{"2 team sheet.error_value E2 #N/A", "3 partners sheet.error_value G3 #REF!", "4 title sheet.error_value B4 #NAME?"}},
		// The track of the merged cell has two directions, line 4 names a third.
		{file: "xlsx-merged-track/input.xlsx", add: 2, problems: []string{"4 direction entry.unknown_direction D4 3"},
			check: func(t *testing.T, _ []contest.Entry, table Table) {
				for _, r := range table.Rows {
					if r.Track != "气象服务" {
						t.Errorf("line %d has track %q", r.Line, r.Track)
					}
				}
			}},
		{file: "xlsx-number-1.0/input.xlsx", add: 2},
		{file: "xlsx-stray-cell-at-the-bottom/input.xlsx", add: 2},
		{file: "xlsx-stray-cell-at-the-bottom/input2.xlsx", add: 2},
		{file: "csv-cr-line-ends/input.csv", add: 2},
		{file: "csv-semicolons-inside/input.csv", add: 8, check: func(t *testing.T, add []contest.Entry, _ Table) {
			if len(add[0].Partners) != 10 {
				t.Errorf("partners %q", add[0].Partners)
			}
		}},
		{file: "csv-semicolons-inside/input2.csv", add: 4},
		{file: "fullwidth-digits/input.xlsx", add: 2, check: func(t *testing.T, add []contest.Entry, _ Table) {
			if add[0].Direction != 1 || add[1].Direction != 2 || add[1].ID != "e002" {
				t.Errorf("%+v", add)
			}
		}},
		{file: "names-that-look-alike/brackets.csv", add: 1, problems: []string{"3 title entry.duplicate B3 示例项目1"}},
		{file: "names-that-look-alike/dots.csv", add: 1, problems: []string{"3 team entry.duplicate_team E3 阿依•古丽队"}},
		{file: "names-that-look-alike/case.csv", add: 1, problems: []string{"3 code entry.duplicate A3 e001"}},
		{file: "names-that-look-alike/kangxi-track.csv", add: 1},
		{file: "partners-parted-by-commas/input.csv", problems: []string{"2 partners entry.organiser G2 吉林省科学技术厅",
			"3 partners entry.organiser G3 吉林省科学技术厅", "4 partners entry.organiser G4 甲单位 吉林省科学技术厅"}},
		{file: "rare-characters-on-the-screen/input.xlsx", add: 1},
	} {
		t.Run(tt.file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(tt.file)))
			if err != nil {
				t.Fatal(err)
			}
			add, problems, _, table := outcome(t, data)
			if len(add) != tt.add || !slices.Equal(problems, tt.problems) {
				t.Fatalf("%d added, want %d; problems %q, want %q", len(add), tt.add, problems, tt.problems)
			}
			if tt.check != nil {
				tt.check(t, add, table)
			}
		})
	}
}

const headings = "项目编号,项目名称,赛道,赛题方向,团队名称,牵头参赛单位,合作单位,项目简介"

// workbook makes an .xlsx file with a heading on the named sheets and lets fill
// change it.
func workbook(t *testing.T, fill func(f *excelize.File), sheets ...string) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // a test
	for i, name := range sheets {
		if i == 0 {
			check(t, f.SetSheetName("Sheet1", name))
		} else if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		head := strings.Split(headings, ",")
		check(t, f.SetSheetRow(name, "A1", &head))
		row := []any{"", "示例项目", "气象服务", "1", "示例队", "示例单位", "", ""}
		check(t, f.SetSheetRow(name, "A2", &row))
	}
	fill(f)
	var b bytes.Buffer
	_, err := f.WriteTo(&b)
	check(t, err)
	return b.Bytes()
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestWhatACellShows goes over the kinds of cells in a column of text and in the
// column of codes: what a person sees is read, or refused by cell.
func TestWhatACellShows(t *testing.T) {
	format := func(code string) func(*testing.T, *excelize.File, string) {
		return func(t *testing.T, f *excelize.File, cell string) {
			id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
			check(t, err)
			check(t, f.SetCellStyle("名单", cell, cell, id))
		}
	}
	plain := func(*testing.T, *excelize.File, string) {}
	for _, tt := range []struct {
		name       string
		value      any
		dress      func(*testing.T, *excelize.File, string)
		code, text string // what comes of it; with "!" a problem
	}{
		{"a text", "示例", plain, "! entry.bad_code 示例", "示例"},
		{"a text of digits", "007", plain, "007", "007"},
		{"a number", 7, plain, "7", "! sheet.not_text 7"},
		{"a number with zeros", 7, format("000"), "007", "! sheet.not_text 007"},
		{"a number with letters", 7, format(`"E"000`), "E007", "! sheet.not_text E007"},
		{"a large number", 20240827, plain, "20240827", "! sheet.not_text 20240827"},
		{"a number that lost digits", 2.2010219960308e17, plain, "! sheet.long_number 220102199603080000", "! sheet.long_number 220102199603080000"},
		{"a fraction", 1.5, plain, "! entry.bad_code 1.5", "! sheet.not_text 1.5"},
		{"a date", 45358, format("yyyy-mm-dd"), "! sheet.date 2024-03-07", "! sheet.date 2024-03-07"},
		{"a Chinese date", 45358, format(`m"月"d"日"`), "! sheet.date 3月7日", "! sheet.date 3月7日"},
		{"a time", 0.5, format("h:mm"), "! sheet.date 12:00", "! sheet.date 12:00"},
		{"hours", 1.5, format("[h]:mm"), "! sheet.date 36:00", "! sheet.date 36:00"},
		{"a colour is no hour", 7, format("[Red]0"), "7", "! sheet.not_text 7"},
		{"a truth", true, plain, "! sheet.not_text TRUE", "! sheet.not_text TRUE"},
		{"an error as text", "#N/A", plain, "! sheet.error_value #N/A", "! sheet.error_value #N/A"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for cell, want := range map[string]string{"A2": tt.code, "E2": tt.text} {
				data := workbook(t, func(f *excelize.File) {
					check(t, f.SetCellValue("名单", cell, tt.value))
					tt.dress(t, f, cell)
				}, "名单")
				add, problems, _, _ := outcome(t, data)
				column := map[string]string{"A2": "code", "E2": "team"}[cell]
				if says, refused := strings.CutPrefix(want, "! "); refused {
					code, value, _ := strings.Cut(says, " ")
					if line := fmt.Sprintf("2 %s %s %s %s", column, code, cell, value); len(problems) == 0 || problems[0] != line {
						t.Errorf("%s: problems %q, want %q", cell, problems, line)
					}
					continue
				}
				if len(add) != 1 || len(problems) > 0 {
					t.Fatalf("%s: problems %q", cell, problems)
				}
				if got := map[string]string{"A2": string(add[0].ID), "E2": add[0].Team}[cell]; got != want {
					t.Errorf("%s: read as %q, want %q", cell, got, want)
				}
			}
		})
	}
}

func TestFormulas(t *testing.T) {
	parts := unpack(t, workbook(t, func(*excelize.File) {}, "名单"))
	const part = "xl/worksheets/sheet1.xml"
	change := func(cell, xml string) []byte {
		text := string(parts[part])
		i := strings.Index(text, `<c r="`+cell+`"`)
		j := strings.Index(text[i:], "</c>")
		parts := map[string][]byte{part: []byte(text[:i] + xml + text[i+j+4:])}
		for name, data := range unpack(t, workbook(t, func(*excelize.File) {}, "名单")) {
			if name != part {
				parts[name] = data
			}
		}
		return pack(t, parts)
	}
	for _, tt := range []struct{ name, cell, xml, problem, notice string }{
		{"a text", "B2", `<c r="B2" t="str"><f>"示"&amp;"例"</f><v>示例</v></c>`, "", "2 title sheet.formula B2 示例"},
		{"a number in a name", "B2", `<c r="B2"><f>1+1</f><v>2</v></c>`, "2 title sheet.not_text B2 2", ""},
		{"a number as direction", "D2", `<c r="D2"><f>1+1</f><v>2</v></c>`, "", "2 direction sheet.formula D2 2"},
		{"an error", "E2", `<c r="E2" t="e"><f>VLOOKUP(A2,X:Y,2,0)</f><v>#N/A</v></c>`, "2 team sheet.error_value E2 #N/A", ""},
		{"no result", "E2", `<c r="E2"><f>A1</f></c>`, "2 team sheet.no_value E2", ""},
		{"1E0", "D2", `<c r="D2"><v>1E0</v></c>`, "", ""},
		{"a number of a text's kind that is none", "D2", `<c r="D2" t="n"><v>1.0</v></c>`, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, problems, notices, _ := outcome(t, change(tt.cell, tt.xml))
			if got := strings.Join(problems[:min(1, len(problems))], ""); got != tt.problem {
				t.Errorf("problems %q, want %q", problems, tt.problem)
			}
			if got := strings.Join(notices, ""); got != tt.notice {
				t.Errorf("notices %q, want %q", notices, tt.notice)
			}
		})
	}
}

// TestWhichSheet: the list is found whichever sheet it is on.
func TestWhichSheet(t *testing.T) {
	cover := func(f *excelize.File) {
		_, err := f.NewSheet("封面")
		check(t, err)
		check(t, f.SetCellStr("封面", "A1", "填表说明"))
		check(t, f.MoveSheet("封面", f.GetSheetName(0)))
	}
	hide := func(names ...string) func(*excelize.File) {
		return func(f *excelize.File) {
			cover(f)
			f.SetActiveSheet(0) // the active one is never hidden
			for _, name := range names {
				check(t, f.SetSheetVisible(name, false))
			}
		}
	}
	empty := func(name string) func(*excelize.File) {
		return func(f *excelize.File) { check(t, f.RemoveRow(name, 2)) }
	}
	for _, tt := range []struct {
		name   string
		sheets []string
		fill   func(*excelize.File)
		want   string // the sheet, or a problem
		notice string
	}{
		{"one", []string{"名单"}, func(*excelize.File) {}, "名单", ""},
		{"a cover before it", []string{"名单"}, cover, "名单", ""},
		{"two lists", []string{"甲组", "乙组"}, cover, "0  sheet.several", ""},
		{"one of two is hidden", []string{"旧名单", "名单"}, hide("旧名单"), "名单", ""},
		{"the only one is hidden", []string{"名单"}, hide("名单"), "名单", "0  sheet.hidden_sheet"},
		{"a row is hidden", []string{"名单"}, func(f *excelize.File) { check(t, f.SetRowVisible("名单", 2, false)) }, "名单", "2  sheet.hidden_row"},
		{"one of two is empty", []string{"空表", "名单"}, empty("空表"), "名单", ""},
		{"all are empty", []string{"空表"}, empty("空表"), "0  sheet.empty", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := workbook(t, tt.fill, tt.sheets...)
			_, problems, notices, table := outcome(t, data)
			if got := table.Sheet + strings.Join(problems, ""); !strings.HasSuffix(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if got := strings.Join(notices, ""); got != tt.notice {
				t.Errorf("notices %q, want %q", got, tt.notice)
			}
		})
	}
	data := workbook(t, cover, "甲组", "乙组")
	if table, problems := Read(data, "乙组"); len(problems) > 0 || table.Sheet != "乙组" || len(table.Rows) != 1 {
		t.Errorf("the second by name: %+v %v", table, problems)
	}
	if _, problems := Read(data, "丙组"); len(problems) != 1 || problems[0].Code != "sheet.unknown_sheet" {
		t.Errorf("one that is not there: %v", problems)
	}
}

// TestBlankRowsDoNotCount: styled rows to the end of the sheet, a stray cell far down and one
// far to the right, which spreadsheet programs leave behind.
func TestBlankRowsDoNotCount(t *testing.T) {
	parts := unpack(t, workbook(t, func(f *excelize.File) {
		check(t, f.SetCellStr("名单", "XFD2", " "))
		check(t, f.SetCellStr("名单", "ZZ9", "\u200b"))
	}, "名单"))
	const part = "xl/worksheets/sheet1.xml"
	var rows strings.Builder
	for i := 16; i <= 1_048_576; i += 4 { // each fourth, for the race detector's sake
		fmt.Fprintf(&rows, `<row r="%d" s="1" customFormat="1"><c r="A%d" s="1"/></row>`, i, i)
	}
	parts[part] = bytes.Replace(parts[part], []byte("</sheetData>"), []byte(rows.String()+"</sheetData>"), 1)
	add, problems, _, _ := outcome(t, pack(t, parts))
	if len(add) != 1 || len(problems) > 0 {
		t.Errorf("%d added, problems %q", len(add), problems)
	}
}

// TestMergedCells: a merge is filled down over rows with something of their own,
// and not out of the heading.
func TestMergedCells(t *testing.T) {
	data := workbook(t, func(f *excelize.File) {
		for i, row := range [][]any{
			{"", "示例乙", "", "1", "示例乙队", "示例单位"}, {}, {"", "示例丙", "", "1", "示例丙队", "示例单位"}, {"", "示例丁", "绿色低碳", "1", "示例丁队", "示例单位"},
		} {
			check(t, f.SetSheetRow("名单", fmt.Sprintf("A%d", i+3), &row))
		}
		check(t, f.MergeCell("名单", "C2", "C6"))
		check(t, f.MergeCell("名单", "A7", "H9"))
	}, "名单")
	add, problems, _, _ := outcome(t, data)
	if len(add) != 4 || len(problems) > 0 {
		t.Fatalf("%d added, problems %q", len(add), problems)
	}
	if add[1].Track != add[0].Track || add[2].Track != add[0].Track {
		t.Errorf("%+v", add)
	}
}

// TestEverySeparator: the cells are parted by what parts the heading, whatever is
// more frequent inside them.
func TestEverySeparator(t *testing.T) {
	for _, sep := range separators {
		for _, inside := range ",;；，、|" {
			if inside == sep {
				continue
			}
			sep := string(sep)
			summary := strings.Repeat("一"+string(inside), 50)
			text := strings.ReplaceAll(headings, ",", sep) + "\n" + strings.Join([]string{"", "示例", "气象服务", "1", "示例队", "示例单位", "", summary}, sep) + "\n"
			table, problems := Read([]byte(text), "")
			if len(problems) > 0 || len(table.Rows) != 1 || table.Rows[0].Summary != summary {
				t.Errorf("%q with %q inside: %v %+v", sep, inside, problems, table.Rows)
			}
		}
	}
	for _, end := range []string{"\n", "\r\n", "\r"} {
		text := headings + end + `,示例,气象服务,1,示例队,示例单位,,"一` + end + `二"` + end
		table, problems := Read([]byte(text), "")
		if len(problems) > 0 || len(table.Rows) != 1 || table.Rows[0].Summary != "一\n二" {
			t.Errorf("%q: %v %+v", end, problems, table.Rows)
		}
	}
}
