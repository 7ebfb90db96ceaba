package sheet

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"hecai/contest"
	"hecai/contest/roster"
	"hecai/strict"
)

// The names of the written sheets.
const (
	listSheet = "参赛项目"
	helpSheet = "填写说明"
)

// readXLSX reads the sheet that holds the list: the one with a whole heading,
// visible ones first. Of several, the one that want names.
func readXLSX(data []byte, want string) (Table, []strict.Problem) {
	b, err := openBook(data)
	if err != nil || len(b.sheets) == 0 {
		return Table{}, broken(0)
	}
	defer b.numbers.close()
	var all []listing
	for _, s := range b.sheets {
		if s.part == "" || want != "" && s.name != want {
			continue
		}
		l := listing{bookSheet: s}
		l.records, l.problems = b.rows(s)
		all = append(all, l)
	}
	if want != "" && len(all) == 0 {
		return Table{}, []strict.Problem{{Code: "sheet.unknown_sheet", Args: map[string]any{"sheet": clip(want)}}}
	}
	l, problems := choose(all)
	if len(problems) > 0 {
		return Table{}, problems
	}
	table, problems := assemble(l.records)
	if len(l.problems) > 0 {
		problems = l.problems
	}
	table.Sheet = l.name
	if l.hidden {
		table.Notices = append(table.Notices, strict.Problem{Code: "sheet.hidden_sheet", Args: map[string]any{"sheet": l.name}})
	}
	return table, problems
}

// A listing is one sheet of a book, read.
type listing struct {
	bookSheet
	records  []record
	problems []strict.Problem
}

// whole reports whether the sheet has every column that a list needs, and filled
// whether something stands below.
func (l listing) heading() (some, whole, filled bool) {
	head := findHeading(l.records)
	if head < 0 {
		return false, false, false
	}
	_, at, _ := heading(l.records[head])
	whole = true
	for i, c := range columns() {
		whole = whole && (!c.required || at[i] >= 0)
	}
	return true, whole, len(l.records) > head+1
}

// choose finds the one list among the sheets. It asks for a choice only where
// two sheets that a person sees are both lists with something in them.
func choose(all []listing) (listing, []strict.Problem) {
	pick := func(hidden bool, fits func(some, whole, filled bool) bool) (out []listing) {
		for _, l := range all {
			if fits(l.heading()) && l.hidden == hidden {
				out = append(out, l)
			}
		}
		return out
	}
	whole := func(_, whole, filled bool) bool { return whole && filled }
	for _, hidden := range []bool{false, true} {
		if found := pick(hidden, whole); len(found) == 1 {
			return found[0], nil
		} else if len(found) > 1 {
			var names []string
			for _, l := range found {
				names = append(names, l.name)
			}
			return listing{}, []strict.Problem{{Code: "sheet.several",
				Args: map[string]any{"n": len(names), "sheets": strings.Join(names, "、"), "names": names}}}
		}
	}
	// No list: what comes nearest tells what is missing.
	for _, fits := range []func(some, whole, filled bool) bool{
		func(_, whole, _ bool) bool { return whole }, func(some, _, _ bool) bool { return some }, func(_, _, _ bool) bool { return true },
	} {
		for _, hidden := range []bool{false, true} {
			found := pick(hidden, fits)
			for _, l := range found {
				if len(l.records) > 0 || len(l.problems) > 0 {
					return l, nil
				}
			}
		}
	}
	return listing{}, []strict.Problem{{Code: "sheet.empty"}}
}

// offered are the headings of the columns that Read reads.
func offered() (out []string) {
	for _, c := range columns() {
		out = append(out, c.headings[0])
	}
	return out
}

// export lists the heading and the entries as cells. The running order is of a session,
// and stands in none of them.
func export(plan *contest.Plan, entries []contest.Entry) [][]string {
	out := [][]string{append(offered(), standing)}
	state := map[contest.EntryState]string{
		contest.Qualified: "合格", contest.Withdrawn: "已退出", contest.Disqualified: "取消资格",
	}
	for _, e := range entries {
		track, _ := plan.Track(e.Track)
		row := roster.Row{
			Code: string(e.ID), Title: e.Title, Track: track.Short, Direction: strconv.Itoa(e.Direction),
			Team: e.Team, Lead: e.Lead, Partners: strings.Join(e.Partners, "；"), Summary: e.Summary,
		}
		var cells []string
		for _, c := range columns() {
			cells = append(cells, *c.get(&row))
		}
		stands := state[e.State]
		if e.Reason != "" {
			stands += "：" + e.Reason
		}
		out = append(out, append(cells, stands))
	}
	return out
}

// writeXLSX writes the rows as an .xlsx file, with a choice list for the
// track and a second sheet that explains the columns and lists tracks and
// directions. Read takes it back.
func writeXLSX(w io.Writer, plan *contest.Plan, rows [][]string) error {
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // nothing is kept on disk
	if err := f.SetSheetName("Sheet1", listSheet); err != nil {
		return fmt.Errorf("name sheet: %w", err)
	}
	if err := writeCells(f, listSheet, rows); err != nil {
		return err
	}
	if err := dressList(f, plan); err != nil {
		return fmt.Errorf("dress list: %w", err)
	}
	if _, err := f.NewSheet(helpSheet); err != nil {
		return fmt.Errorf("add sheet: %w", err)
	}
	if err := writeCells(f, helpSheet, help(plan)); err != nil {
		return err
	}
	if err := f.SetColWidth(helpSheet, "A", "C", 40); err != nil {
		return fmt.Errorf("set width: %w", err)
	}
	if _, err := f.WriteTo(w); err != nil {
		return fmt.Errorf("write xlsx: %w", err)
	}
	return nil
}

// WriteTemplate writes an empty list to fill in.
func WriteTemplate(w io.Writer, plan *contest.Plan) error {
	return writeXLSX(w, plan, [][]string{offered()})
}

// WriteList writes the entries, with how each stands. Every cell is a text, whatever
// it begins with: none is run.
func WriteList(w io.Writer, plan *contest.Plan, entries []contest.Entry) error {
	return writeXLSX(w, plan, export(plan, entries))
}

func writeCells(f *excelize.File, sheet string, rows [][]string) error {
	for y, row := range rows {
		for x, text := range row {
			cell, err := excelize.CoordinatesToCellName(x+1, y+1)
			if err != nil {
				return fmt.Errorf("name cell: %w", err)
			}
			if err := f.SetCellStr(sheet, cell, text); err != nil {
				return fmt.Errorf("set %s: %w", cell, err)
			}
		}
	}
	return nil
}

// dressList sets widths, the heading's look, a frozen heading and the choice
// list of tracks.
func dressList(f *excelize.File, plan *contest.Plan) error {
	for i, c := range columns() {
		name, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		if err := f.SetColWidth(listSheet, name, name, c.width); err != nil {
			return err
		}
		if c.field == "track" {
			if err := chooseTrack(f, plan, name); err != nil {
				return err
			}
		}
	}
	return dressHead(f, listSheet)
}

func chooseTrack(f *excelize.File, plan *contest.Plan, column string) error {
	var names []string
	for _, t := range plan.Tracks {
		names = append(names, t.Short)
	}
	choice := excelize.NewDataValidation(true)
	choice.SetSqref(fmt.Sprintf("%s2:%s%d", column, column, maxRows+1))
	if err := choice.SetDropList(names); err != nil {
		// A list over 255 characters has no room in the cell's rule; the names
		// are on the second sheet all the same.
		return nil
	}
	choice.SetError(excelize.DataValidationErrorStyleStop, "赛道", "请从列表中选择赛道")
	return f.AddDataValidation(listSheet, choice)
}

// help explains the columns and lists tracks and directions.
func help(plan *contest.Plan) [][]string {
	rows := [][]string{{"列", "要求", "说明"}}
	for _, c := range columns() {
		must := "可空"
		if c.required {
			must = "必填"
		}
		rows = append(rows, []string{c.headings[0], must, c.how})
	}
	rows = append(rows, []string{}, []string{"赛道", "序号", "赛题方向"})
	for _, t := range plan.Tracks {
		for _, d := range t.Directions {
			rows = append(rows, []string{t.Short, strconv.Itoa(d.No), d.Title})
		}
	}
	return rows
}
