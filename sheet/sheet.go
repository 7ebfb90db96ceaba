// Package sheet moves entries between the contest and spreadsheets: it reads
// lists of entries from .xlsx and CSV files, and writes templates and exports of
// both kinds. It knows columns and cells but no rules: what a row means, and
// whether it may be, is for contest.PlanImport. All functions work on their
// arguments alone and are safe for concurrent use.
package sheet

import (
	"slices"
	"strings"
	"unicode/utf8"

	"hecai/contest"
)

// The bounds of a file that Read takes.
const (
	MaxBytes = 8 << 20
	MaxRows  = 5000 // rows with anything in them, below the header

	maxCell     = 2000 // runes
	maxColumns  = 64
	maxLines    = 100_000 // of an .xlsx, blank ones included
	maxProblems = 200
	headerDepth = 10 // rows looked at for a header: some lists have a title above
)

// Table is what a file holds.
type Table struct {
	Rows    []contest.EntryRow
	Ignored []string // headings of columns that are not read
}

// A column of the list. Its first heading is the one that we write.
type column struct {
	field    string
	headings []string
	required bool
	width    float64 // of the written column, in characters
	get      func(*contest.EntryRow) *string
}

func columns() []column {
	return []column{
		{"code", []string{"项目编号", "编号", "code", "id"}, false, 12, func(r *contest.EntryRow) *string { return &r.Code }},
		{"title", []string{"项目名称", "参赛项目", "参赛项目名称", "title", "entry", "project"}, true, 44, func(r *contest.EntryRow) *string { return &r.Title }},
		{"track", []string{"赛道", "所属赛道", "参赛赛道", "track"}, true, 14, func(r *contest.EntryRow) *string { return &r.Track }},
		{"direction", []string{"赛题方向", "赛题", "方向", "direction"}, true, 12, func(r *contest.EntryRow) *string { return &r.Direction }},
		{"team", []string{"团队名称", "参赛团队", "团队", "team"}, true, 20, func(r *contest.EntryRow) *string { return &r.Team }},
		{"lead", []string{"牵头参赛单位", "牵头单位", "参赛单位", "lead", "leadunit"}, true, 36, func(r *contest.EntryRow) *string { return &r.Lead }},
		{"partners", []string{"合作单位", "联合单位", "联合参赛单位", "partners"}, false, 36, func(r *contest.EntryRow) *string { return &r.Partners }},
		{"summary", []string{"项目简介", "简介", "summary"}, false, 60, func(r *contest.EntryRow) *string { return &r.Summary }},
	}
}

// A record is one row of any file.
type record struct {
	line  int
	cells []string
}

func (r record) blank() bool {
	return !slices.ContainsFunc(r.cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

// Read reads a list of entries from an .xlsx or CSV file; the content tells
// which. CSV may be UTF-8 with or without a byte order mark, UTF-16 with one, or
// GB18030, and separated by commas, semicolons or tabs. One row near the top
// must be the heading, in Chinese or English, in any order. With any problem the
// table must not be used.
func Read(data []byte) (Table, []contest.Problem) {
	switch {
	case len(data) > MaxBytes:
		return Table{}, []contest.Problem{{Code: "sheet.too_large", Args: map[string]any{"max": MaxBytes}}}
	case len(data) == 0:
		return Table{}, []contest.Problem{{Code: "sheet.empty"}}
	}
	var records []record
	var problems []contest.Problem
	switch {
	case strings.HasPrefix(string(data[:min(len(data), 4)]), "PK\x03\x04"):
		records, problems = readXLSX(data)
	case strings.HasPrefix(string(data[:min(len(data), 4)]), "\xd0\xcf\x11\xe0"):
		// An .xls file, or an .xlsx file under a password.
		problems = []contest.Problem{{Code: "sheet.old_or_locked"}}
	default:
		records, problems = readCSV(data)
	}
	if len(problems) > 0 {
		return Table{}, problems
	}
	return assemble(records)
}

// assemble finds the heading and turns what follows into rows.
func assemble(records []record) (Table, []contest.Problem) {
	head := slices.IndexFunc(records[:min(len(records), headerDepth)], isHeading)
	if head < 0 {
		code := "sheet.no_heading"
		if len(records) == 0 {
			code = "sheet.empty"
		}
		return Table{}, []contest.Problem{{Code: code}}
	}
	table, at, problems := heading(records[head])
	if len(problems) > 0 {
		return Table{}, problems
	}
	for _, r := range records[head+1:] {
		row := contest.EntryRow{Line: r.line}
		for i, c := range columns() {
			if at[i] < 0 || at[i] >= len(r.cells) {
				continue
			}
			cell := strings.TrimSpace(r.cells[at[i]])
			if n := utf8.RuneCountInString(cell); n > maxCell && len(problems) < maxProblems {
				problems = append(problems, contest.Problem{
					Path: c.field, Line: r.line, Code: "sheet.cell_too_long", Args: map[string]any{"max": maxCell, "got": n},
				})
			}
			*c.get(&row) = cell
		}
		if row != (contest.EntryRow{Line: r.line}) {
			table.Rows = append(table.Rows, row)
		}
	}
	switch n := len(table.Rows); {
	case n > MaxRows:
		problems = append(problems, contest.Problem{
			Line: table.Rows[MaxRows].Line, Code: "sheet.too_many_rows", Args: map[string]any{"max": MaxRows},
		})
	case n == 0 && len(problems) == 0:
		problems = append(problems, contest.Problem{Code: "sheet.empty"})
	}
	return table, problems
}

// isHeading reports whether the row names at least two of our columns.
func isHeading(r record) bool {
	n := 0
	for _, cell := range r.cells {
		if columnOf(cell) >= 0 {
			n++
		}
	}
	return n >= 2
}

// heading maps our columns to the file's; -1 is absent.
func heading(r record) (table Table, at []int, problems []contest.Problem) {
	cols := columns()
	at = make([]int, len(cols))
	for i := range at {
		at[i] = -1
	}
	for place, cell := range r.cells {
		i := columnOf(cell)
		switch {
		case strings.TrimSpace(cell) == "":
		case i < 0:
			table.Ignored = append(table.Ignored, clip(cell))
		case at[i] >= 0:
			problems = append(problems, contest.Problem{Path: cols[i].field, Line: r.line, Code: "sheet.duplicate_column"})
		default:
			at[i] = place
		}
	}
	for i, c := range cols {
		if c.required && at[i] < 0 {
			problems = append(problems, contest.Problem{
				Path: c.field, Line: r.line, Code: "sheet.missing_column", Args: map[string]any{"heading": c.headings[0]},
			})
		}
	}
	return table, at, problems
}

// columnOf returns the index of the column with the heading, -1 for none. Case,
// spaces, a star and a remark in brackets do not matter.
func columnOf(cell string) int {
	name := strings.ToLower(cell)
	if i := strings.IndexAny(name, "（(*"); i > 0 {
		name = name[:i]
	}
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n　*_-", r) {
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
