package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"hecai/contest"
	"hecai/contest/plan"
	"hecai/contest/roster"
)

func jilin(t testing.TB) *contest.Plan {
	t.Helper()
	p, problems := plan.Parse(plan.Jilin2024)
	if p == nil {
		t.Fatal(problems)
	}
	return p
}

const list = "项目编号,项目名称,赛道,赛题方向,团队名称,牵头参赛单位,合作单位,项目简介\r\n" +
	"e001,示例项目,气象服务,1,示例队,示例单位,示例甲；示例乙,\"示例，\n两行\"\r\n" +
	"\r\n" +
	",示例二,city,2,示例二队,示例单位,,\r\n"

func wantRows() []roster.Row {
	return []roster.Row{
		{Line: 2, Code: "e001", Title: "示例项目", Track: "气象服务", Direction: "1", Team: "示例队", Lead: "示例单位",
			Partners: "示例甲；示例乙", Summary: "示例，\n两行"},
		{Line: 5, Title: "示例二", Track: "city", Direction: "2", Team: "示例二队", Lead: "示例单位"},
	}
}

func gb18030(t *testing.T, s string) []byte {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func utf16LE(s string) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

func TestReadsEveryKindOfCSV(t *testing.T) {
	tests := []struct {
		name string
		in   []byte
	}{
		{"UTF-8", []byte(list)},
		{"UTF-8 with a byte order mark", []byte("\ufeff" + list)},
		{"GB18030", gb18030(t, list)},
		{"UTF-16 with tabs", utf16LE(strings.ReplaceAll(list, ",", "\t"))},
		{"semicolons", []byte(strings.ReplaceAll(list, ",", ";"))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, problems := Read(tt.in, "")
			if diff := cmp.Diff(wantRows(), got.Rows); diff != "" || len(problems) > 0 {
				t.Error(problems, diff)
			}
		})
	}
}

func TestReadsHeadingsInAnyOrderAndLanguage(t *testing.T) {
	in := "2024年参赛项目汇总表,,,,,\n" +
		"Lead unit,Title*,联系电话,Track,Team,方向（序号）\n" +
		"示例单位,示例项目,000,气象服务,示例队,1\n"
	got, problems := Read([]byte(in), "")
	want := Table{
		Rows: []roster.Row{{
			Line: 3, Title: "示例项目", Track: "气象服务", Direction: "1", Team: "示例队", Lead: "示例单位",
			Keep: roster.Keep{Partners: true, Summary: true},
		}},
		Ignored: []string{"联系电话"},
		Columns: map[string]string{"lead": "A", "title": "B", "track": "D", "team": "E", "direction": "F"},
	}
	if diff := cmp.Diff(want, got); diff != "" || len(problems) > 0 {
		t.Error(problems, diff)
	}
}

func TestReadRefuses(t *testing.T) {
	head := "项目名称,赛道,赛题方向,团队名称,牵头参赛单位\n"
	tests := []struct {
		name, in, code string
		line           int
	}{
		{"nothing", "", "sheet.empty", 0},
		{"blank lines", "\n\n", "sheet.empty", 0},
		{"a heading alone", head, "sheet.empty", 0},
		{"no heading", "甲,乙\n1,2\n", "sheet.no_heading", 0},
		{"a missing column", "项目名称,赛道,赛题方向,团队名称\n", "sheet.missing_column", 1},
		{"a column twice", "项目名称,title,赛道,赛题方向,团队名称,牵头单位\n", "sheet.duplicate_column", 1},
		{"an open quote", head + "\"示例,气象服务,1,示例队,示例单位\n", "sheet.quotes", 2},
		{"a huge cell", head + strings.Repeat("长", maxCell+1) + ",气象服务,1,示例队,示例单位\n", "sheet.cell_too_long", 2},
		{"too many rows", head + strings.Repeat("示例,气象服务,1,示例队,示例单位\n", maxRows+1), "sheet.too_many_rows", maxRows + 2},
		{"far too many rows", head + strings.Repeat("示例,气象服务,1,示例队,示例单位\n", maxRows+99), "sheet.too_many_rows", maxRows + headerDepth + 2},
		{"too many columns", head + strings.Repeat(",", maxColumns) + "x\n", "sheet.too_many_columns", 2},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00\xff\xff", "sheet.encoding", 0},
		{"an old or locked workbook", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "sheet.old_or_locked", 0},
		{"a broken workbook", "PK\x03\x04rubbish", "sheet.broken", 0},
		{"too large", strings.Repeat("x", maxBytes+1), "sheet.too_large", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, problems := Read([]byte(tt.in), "")
			if len(problems) == 0 || problems[0].Code != tt.code || problems[0].Line != tt.line {
				t.Errorf("got %v, want %s at line %d", problems, tt.code, tt.line)
			}
		})
	}
}

func TestEveryBadQuoteIsNamed(t *testing.T) {
	in := "项目名称,赛道,赛题方向,团队名称,牵头参赛单位\na\"b,1,1,c,d\n好,1,1,c,d\ne\"f,1,1,c,d\n"
	_, problems := Read([]byte(in), "")
	if len(problems) != 2 || problems[0].Line != 2 || problems[1].Line != 4 {
		t.Error(problems)
	}
}

func TestExportsComeBackUnchanged(t *testing.T) {
	p := jilin(t)
	entries, _ := contest.Sample()
	entries[3].Title = "=1+1 示例"
	entries[4].State = contest.Withdrawn
	var b bytes.Buffer
	if err := WriteList(&b, p, entries); err != nil {
		t.Fatal(err)
	}
	table, problems := Read(b.Bytes(), "")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := roster.Import(p, entries, table.Rows)
	if len(got.Same) != len(entries) || len(got.Problems) > 0 || len(table.Ignored) != 0 {
		t.Errorf("%d the same, ignored %v, changes %+v, problems %v", len(got.Same), table.Ignored, got.Change, got.Problems)
	}
}

// TestWhatIsOfferedIsRead: the template, what explains it, and the list as it is written
// have the columns that are read, and the list one more that says itself that it is not.
func TestWhatIsOfferedIsRead(t *testing.T) {
	p := jilin(t)
	entries, _ := contest.Sample()
	entries[0].Title, entries[1].State, entries[1].Reason = "=HYPERLINK(\"http://127.0.0.1\")", contest.Withdrawn, "示例原因"
	var template, written bytes.Buffer
	if err := errors.Join(WriteTemplate(&template, p), WriteList(&written, p, entries)); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"template": template.Bytes(), "list": written.Bytes()} {
		f, err := excelize.OpenReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close() //nolint:errcheck // a test
		rows, err := f.GetRows(listSheet)
		if err != nil {
			t.Fatal(err)
		}
		want := offered()
		if name == "list" {
			want = append(want, standing)
			if got := rows[2][len(want)-1]; got != "已退出：示例原因" {
				t.Errorf("who has left stands as %q", got)
			}
			if formula, err := f.GetCellFormula(listSheet, "B2"); err != nil || formula != "" || rows[1][1] != entries[0].Title {
				t.Errorf("a title is a formula: %q %q %v", formula, rows[1][1], err)
			}
		}
		if diff := cmp.Diff(want, rows[0]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for i, heading := range want[:len(offered())] {
			if columnOf(heading) != i {
				t.Errorf("%s: %q is not read", name, heading)
			}
		}
		about, err := f.GetRows(helpSheet)
		if err != nil {
			t.Fatal(err)
		}
		for i, heading := range offered() {
			if row := about[i+1]; row[0] != heading || row[2] == "" || (row[1] == "必填") != columns()[i].required {
				t.Errorf("%s: %q is explained as %q", name, heading, row)
			}
		}
	}
}

func TestTemplateTakesEntries(t *testing.T) {
	p := jilin(t)
	var b bytes.Buffer
	if err := WriteTemplate(&b, p); err != nil {
		t.Fatal(err)
	}
	if _, problems := Read(b.Bytes(), ""); len(problems) != 1 || problems[0].Code != "sheet.empty" {
		t.Errorf("an empty template: %v", problems)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // a test
	choices, err := f.GetDataValidations(listSheet)
	if err != nil || len(choices) != 1 || !strings.Contains(choices[0].Formula1, "绿色低碳") {
		t.Errorf("track choices %+v, %v", choices, err)
	}
	// A number typed into the direction column, as spreadsheet programs store it.
	for cell, value := range map[string]any{"B2": "示例项目", "C2": "气象服务", "D2": 2, "E2": "示例队", "F2": "示例单位"} {
		if err := f.SetCellValue(listSheet, cell, value); err != nil {
			t.Fatal(err)
		}
	}
	b.Reset()
	if _, err := f.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	table, problems := Read(b.Bytes(), "")
	if len(problems) > 0 || len(table.Rows) != 1 {
		t.Fatal(table, problems)
	}
	got := roster.Import(p, nil, table.Rows)
	if len(got.Problems) > 0 || len(got.Add) != 1 || got.Add[0].Direction != 2 || table.Rows[0].Line != 2 {
		t.Errorf("%+v", got)
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte(list))
	f.Add([]byte("title,track,direction,team,lead\n\"a\nb\",'=x,1\n"))
	f.Add([]byte("\xff\xfe\x00"))
	f.Add([]byte("\xcf\xee\xc4\xbf,\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.HasPrefix(data, []byte("PK")) {
			t.Skip("not CSV")
		}
		table, problems := Read(data, "")
		if len(problems) == 0 && len(table.Rows) == 0 {
			t.Fatal("neither rows nor problems")
		}
		line := 0
		for _, r := range table.Rows {
			if r.Line <= line || len(problems) == 0 && strings.TrimSpace(r.Title+r.Track+r.Direction+r.Team+r.Lead+r.Code+r.Partners+r.Summary) == "" {
				t.Fatalf("row %+v after line %d", r, line)
			}
			line = r.Line
		}
	})
}

// FuzzReadXLSX changes the two parts that hold the cells inside a sound file, as
// a change anywhere else breaks the archive's checksums before we look.
func FuzzReadXLSX(f *testing.F) {
	p := jilin(f)
	entries, _ := contest.Sample()
	var b bytes.Buffer
	if err := WriteList(&b, p, entries[:2]); err != nil {
		f.Fatal(err)
	}
	const cells, texts = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
	parts := unpack(f, b.Bytes())
	f.Add(parts[cells], parts[texts])
	f.Fuzz(func(t *testing.T, cellsXML, textsXML []byte) {
		changed := maps.Clone(parts)
		changed[cells], changed[texts] = cellsXML, textsXML
		table, problems := Read(pack(t, changed), "")
		if len(problems) == 0 && len(table.Rows) == 0 {
			t.Fatal("neither rows nor problems")
		}
	})
}

func unpack(t testing.TB, data []byte) map[string][]byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	parts := make(map[string][]byte)
	for _, file := range r.File {
		in, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		if parts[file.Name], err = io.ReadAll(in); err != nil {
			t.Fatal(err)
		}
	}
	return parts
}

func pack(t testing.TB, parts map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, data := range parts {
		out, err := w.Create(name)
		if err == nil {
			_, err = out.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
