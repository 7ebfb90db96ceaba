// Package sheet moves entries between the contest and spreadsheets: it reads
// lists of entries from .xlsx and CSV files, and writes templates and exports of
// both kinds. It knows columns and cells but no rules: what a row means, and
// whether it may be, is for roster.Import. All functions work on their
// arguments alone and are safe for concurrent use.
package sheet

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"hecai/contest"
	"hecai/contest/roster"
	"hecai/strict"
)

// The bounds of a file that Read takes.
const (
	maxBytes = 8 << 20
	maxRows  = 5000 // rows with anything in them, below the header

	maxCell     = 2000 // runes
	maxColumns  = 64
	maxProblems = 200
	headerDepth = 10 // rows looked at for a header: some lists have a title above
)

// Table is what a file holds.
type Table struct {
	Rows    []roster.Row
	Ignored []string          // headings of columns that are not read
	Sheet   string            // the sheet that was read; "" of a CSV file
	Columns map[string]string // the letter of each field's column, as "title": "B"
	Notices []strict.Problem  // what a person should look at; they hold nothing back
}

// Locate gives each problem the cell that it is about, as the argument "cell":
// "C3".
func (t Table) Locate(problems []strict.Problem) {
	for i, p := range problems {
		if letter := t.Columns[p.Path]; letter != "" && p.Line > 0 {
			args := map[string]any{"cell": letter + strconv.Itoa(p.Line)}
			maps.Copy(args, p.Args)
			problems[i].Args = args
		}
	}
}

// A column of the list. Its first heading is the one that we write.
type column struct {
	field    string
	headings []string
	required bool
	numbers  bool    // what is shown of a number may be meant
	width    float64 // of the written column, in characters
	how      string  // what is written there, for the sheet that explains the columns
	get      func(*roster.Row) *string
}

// standing is the heading of a column that lists have for people and that says itself
// that it is not read.
const standing = "状态（仅供查看）"

func columns() []column {
	return []column{
		{"code", []string{"项目编号", "编号", "code", "id"}, false, true, 12,
			"新项目留空，由系统编号；修改已有项目时保留原编号", func(r *roster.Row) *string { return &r.Code }},
		{"title", []string{"项目名称", "参赛项目", "参赛项目名称", "title", "entry", "project"}, true, false, 44,
			fmt.Sprintf("不超过 %d 字", contest.MaxEntryName), func(r *roster.Row) *string { return &r.Title }},
		{"track", []string{"赛道", "所属赛道", "参赛赛道", "track"}, true, true, 14,
			"从列表中选择", func(r *roster.Row) *string { return &r.Track }},
		{"direction", []string{"赛题方向", "赛题", "方向", "direction"}, true, true, 12,
			"填方向的序号，见下表", func(r *roster.Row) *string { return &r.Direction }},
		{"team", []string{"团队名称", "参赛团队", "团队", "team"}, true, false, 20,
			"每个团队只能提交 1 个项目", func(r *roster.Row) *string { return &r.Team }},
		{"lead", []string{"牵头参赛单位", "牵头单位", "参赛单位", "lead", "leadunit"}, true, false, 36,
			"合作组队须指定一个牵头单位；组织单位不得参赛", func(r *roster.Row) *string { return &r.Lead }},
		{"partners", []string{"合作单位", "联合单位", "联合参赛单位", "partners"}, false, false, 36,
			fmt.Sprintf("多个单位用“；”“，”或“、”隔开，不超过 %d 个", contest.MaxPartners), func(r *roster.Row) *string { return &r.Partners }},
		{"summary", []string{"项目简介", "简介", "summary"}, false, false, 60,
			fmt.Sprintf("不超过 %d 字，将公开显示", contest.MaxSummary), func(r *roster.Row) *string { return &r.Summary }},
	}
}

// A record is one row of any file.
type record struct {
	line   int
	hidden bool
	cells  []cell
}

func (r record) blank() bool {
	return !slices.ContainsFunc(r.cells, func(c cell) bool { return !c.blank() })
}

// Read reads a list of entries from an .xlsx or CSV file; the content tells
// which. CSV may be UTF-8 with or without a byte order mark, UTF-16 with one, or
// GB18030, and separated by commas, semicolons or tabs. One row near the top
// must be the heading, in Chinese or English, in any order. Where a workbook has
// several such sheets, want names the one to read. What is read is what a person
// sees in the cell; a cell that holds something else than text in a column of
// text is a problem. With any problem the table must not be used.
func Read(data []byte, want string) (Table, []strict.Problem) {
	switch {
	case len(data) > maxBytes:
		return Table{}, []strict.Problem{{Code: "sheet.too_large", Args: map[string]any{"max": maxBytes}}}
	case len(data) == 0:
		return Table{}, []strict.Problem{{Code: "sheet.empty"}}
	}
	switch {
	case strings.HasPrefix(string(data[:min(len(data), 4)]), "PK\x03\x04"):
		return readXLSX(data, want)
	case strings.HasPrefix(string(data[:min(len(data), 4)]), "\xd0\xcf\x11\xe0"):
		// An .xls file, or an .xlsx file under a password.
		return Table{}, []strict.Problem{{Code: "sheet.old_or_locked"}}
	}
	records, problems := readCSV(data)
	if len(problems) > 0 {
		return Table{}, problems
	}
	return assemble(records)
}

// findHeading returns the index of the heading near the top, -1 for none.
func findHeading(records []record) int {
	return slices.IndexFunc(records[:min(len(records), headerDepth)], isHeading)
}

// assemble finds the heading and turns what follows into rows.
func assemble(records []record) (Table, []strict.Problem) {
	head := findHeading(records)
	if head < 0 {
		code := "sheet.no_heading"
		if len(records) == 0 {
			code = "sheet.empty"
		}
		return Table{}, []strict.Problem{{Code: code}}
	}
	table, at, problems := heading(records[head])
	if len(problems) > 0 {
		return table, problems
	}
	for _, r := range records[head+1:] {
		row := roster.Row{Line: r.line}
		for i, c := range columns() {
			if at[i] < 0 || at[i] >= len(r.cells) {
				continue
			}
			p, n := c.read(&row, r.cells[at[i]], columnName(at[i])+strconv.Itoa(r.line))
			row.Wrong = row.Wrong || len(p) > 0
			if len(problems) < maxProblems {
				problems = append(problems, p...)
			}
			if len(table.Notices) < maxProblems {
				table.Notices = append(table.Notices, n...)
			}
		}
		if row == (roster.Row{Line: r.line}) {
			continue
		}
		row.Keep = roster.Keep{Partners: table.Columns["partners"] == "", Summary: table.Columns["summary"] == ""}
		if r.hidden && len(table.Notices) < maxProblems {
			table.Notices = append(table.Notices, strict.Problem{Line: r.line, Code: "sheet.hidden_row"})
		}
		table.Rows = append(table.Rows, row)
	}
	switch n := len(table.Rows); {
	case n > maxRows:
		problems = append(problems, strict.Problem{
			Line: table.Rows[maxRows].Line, Code: "sheet.too_many_rows", Args: map[string]any{"max": maxRows},
		})
	case n == 0 && len(problems) == 0:
		problems = append(problems, strict.Problem{Code: "sheet.empty"})
	}
	return table, problems
}

// errorValues are what spreadsheets show where a formula fails; as text too, for
// so they come in CSV files.
var errorValues = []string{"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!",
	"#UNKNOWN!", "#CONNECT!", "#BUSY!", "#GETTING_DATA"}

// read puts the cell into the row, or says why it can't be what was meant.
func (c column) read(row *roster.Row, from cell, name string) (problems, notices []strict.Problem) {
	text := strings.TrimSpace(from.text)
	tell := func(list *[]strict.Problem, code string, args map[string]any) {
		*list = append(*list, strict.Problem{Path: c.field, Line: row.Line, Code: code, Args: args})
	}
	shown := map[string]any{"cell": name, "value": clip(text)}
	length := utf8.RuneCountInString(text)
	switch {
	case from.kind == isError || slices.Contains(errorValues, strings.ToUpper(text)):
		tell(&problems, "sheet.error_value", shown)
	case from.kind == isUnsolved:
		tell(&problems, "sheet.no_value", map[string]any{"cell": name})
	case from.kind == isDate:
		tell(&problems, "sheet.date", shown)
	case from.kind == isLong:
		tell(&problems, "sheet.long_number", shown)
	case from.kind == isTruth || from.kind == isNumber && !c.numbers:
		tell(&problems, "sheet.not_text", shown)
	case length > maxCell:
		tell(&problems, "sheet.cell_too_long", map[string]any{"max": maxCell, "got": length})
	case from.formula && text != "":
		tell(&notices, "sheet.formula", shown)
	}
	*c.get(row) = text
	return problems, notices
}

// isHeading reports whether the row names at least two of our columns.
func isHeading(r record) bool {
	n := 0
	for _, cell := range r.cells {
		if columnOf(cell.text) >= 0 {
			n++
		}
	}
	return n >= 2
}

// heading maps our columns to the file's; -1 is absent.
func heading(r record) (table Table, at []int, problems []strict.Problem) {
	cols := columns()
	at = make([]int, len(cols))
	for i := range at {
		at[i] = -1
	}
	table.Columns = map[string]string{}
	for place, cell := range r.cells {
		i := columnOf(cell.text)
		switch {
		case cell.blank():
		case strings.TrimSpace(cell.text) == standing:
		case i < 0:
			table.Ignored = append(table.Ignored, clip(cell.text))
		case at[i] >= 0:
			problems = append(problems, strict.Problem{Path: cols[i].field, Line: r.line, Code: "sheet.duplicate_column"})
		default:
			at[i] = place
			table.Columns[cols[i].field] = columnName(place)
		}
	}
	for i, c := range cols {
		if c.required && at[i] < 0 {
			problems = append(problems, strict.Problem{
				Path: c.field, Line: r.line, Code: "sheet.missing_column", Args: map[string]any{"heading": c.headings[0]},
			})
		}
	}
	return table, at, problems
}

// columnOf returns the index of the column with the heading, -1 for none. Case,
// blanks, width, a star and a remark in brackets do not matter.
func columnOf(text string) int {
	name := contest.Fold(text)
	if i := strings.IndexAny(name, "(*"); i > 0 {
		name = name[:i]
	}
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune("*_-:", r) {
			return -1
		}
		return r
	}, name)
	return slices.IndexFunc(columns(), func(c column) bool { return slices.Contains(c.headings, name) })
}

// clip shortens foreign text for an answer.
func clip(s string) string {
	const most = 40
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
