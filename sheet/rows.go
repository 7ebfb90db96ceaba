package sheet

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"hecai/contest"
	"hecai/strict"
)

// A cellKind says what a cell holds.
type cellKind int

const (
	isText     cellKind = iota
	isNumber            // shown as its format says
	isLong              // a number with more digits than a spreadsheet keeps
	isDate              // or a time
	isTruth             // TRUE or FALSE
	isError             // "#N/A"
	isUnsolved          // a formula without a stored result
)

// A cell is what a person sees in one place.
type cell struct {
	text    string
	kind    cellKind
	formula bool
}

func (c cell) blank() bool {
	return strings.TrimSpace(contest.Tidy(c.text)) == "" && c.kind != isUnsolved
}

// A rowReader reads the cells of one sheet from a stream.
type rowReader struct {
	book    *book
	dec     *xml.Decoder
	records []record
	merges  []merge

	line   int
	row    record
	column int
	attrs  struct{ kind, style string }
	value  strings.Builder // of <v>
	inline strings.Builder // of <is>
	has    struct{ value, inline, formula bool }
}

func (r *rowReader) read() []strict.Problem {
	into, reading, cells := (*strings.Builder)(nil), 0, false
	for {
		token, err := r.dec.RawToken()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return broken(r.line)
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch name := t.Name.Local; {
			case name == "sheetData":
				cells = true
			case name == "mergeCell" && len(r.merges) < maxMerges:
				r.merged(t)
			case !cells:
			case name == "row":
				r.startRow(t)
			case name == "c":
				r.startCell(t)
			case name == "v":
				into, r.has.value = &r.value, true
			case name == "f":
				r.has.formula = true
			case name == "rPh":
				reading++
			case name == "t" && reading == 0:
				into, r.has.inline = &r.inline, true
			}
		case xml.CharData:
			if into != nil {
				into.Write(t)
			}
		case xml.EndElement:
			var problems []strict.Problem
			switch t.Name.Local {
			case "sheetData":
				cells = false
			case "rPh":
				reading--
			case "c":
				if cells {
					problems = r.endCell()
				}
			case "row":
				if cells {
					problems = r.endRow()
				}
			}
			into = nil
			if problems != nil {
				return problems
			}
		}
	}
}

func attr(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

func (r *rowReader) merged(t xml.StartElement) {
	from, to, _ := strings.Cut(attr(t, "ref"), ":")
	column, first := place(from)
	_, last := place(to)
	if column >= 0 && column < maxColumns && first > 0 && last > first {
		r.merges = append(r.merges, merge{column, first, last})
	}
}

func (r *rowReader) startRow(t xml.StartElement) {
	line, _ := strconv.Atoi(attr(t, "r"))
	r.line = max(r.line+1, line)
	hidden := attr(t, "hidden")
	r.row = record{line: r.line, hidden: hidden == "1" || hidden == "true"}
	r.column = -1
}

func (r *rowReader) startCell(t xml.StartElement) {
	column, _ := place(attr(t, "r"))
	r.column = max(r.column+1, column)
	r.attrs.kind, r.attrs.style = attr(t, "t"), attr(t, "s")
	r.value.Reset()
	r.inline.Reset()
	r.has.value, r.has.inline, r.has.formula = false, false, false
}

func (r *rowReader) endCell() []strict.Problem {
	if !r.has.value && !r.has.inline && !r.has.formula {
		return nil
	}
	c, ok := r.cell()
	switch {
	case !ok:
		return broken(r.line)
	case c.blank():
		return nil
	case r.column >= maxColumns:
		return tooWide(r.line)
	}
	for len(r.row.cells) <= r.column {
		r.row.cells = append(r.row.cells, cell{})
	}
	r.row.cells[r.column] = c
	return nil
}

// cell is the one that was just read.
func (r *rowReader) cell() (cell, bool) {
	c := cell{formula: r.has.formula, text: strings.TrimSpace(r.value.String())}
	switch r.attrs.kind {
	case "s":
		i, err := strconv.Atoi(c.text)
		if err != nil || i < 0 || i >= len(r.book.texts) {
			return c, c.text == ""
		}
		c.text = r.book.texts[i]
	case "inlineStr":
		c.text = unescape(r.inline.String())
	case "str":
		c.text = unescape(r.value.String())
	case "e":
		c.kind = isError
	case "b":
		c.kind, c.text = isTruth, map[bool]string{true: "TRUE", false: "FALSE"}[c.text == "1" || c.text == "true"]
	case "d":
		c.kind = isDate
	default:
		if c.text != "" {
			return r.book.number(c, r.attrs.style), true
		}
	}
	if c.formula && !r.has.value && !r.has.inline {
		c.kind = isUnsolved
	}
	return c, true
}

func (r *rowReader) endRow() []strict.Problem {
	if !r.row.blank() {
		if len(r.records) > maxRows+headerDepth {
			return tooMany(r.line)
		}
		r.records = append(r.records, r.row)
	}
	r.row = record{}
	return nil
}

// fillMerged gives a merged cell's text to each row that it covers and that has
// something of its own: lists sorted by track are typed so. A merge that begins
// in the heading is left alone.
func (r *rowReader) fillMerged() {
	head := slices.IndexFunc(r.records[:min(len(r.records), headerDepth)], isHeading)
	looked := 0 // bounds what a hostile file can make us do
	for _, m := range r.merges {
		i, found := slices.BinarySearchFunc(r.records, m.from, func(rec record, line int) int { return rec.line - line })
		if !found || i <= head || m.column >= len(r.records[i].cells) {
			continue
		}
		c := r.records[i].cells[m.column]
		for j := i + 1; j < len(r.records) && r.records[j].line <= m.to && looked < 1e6; j++ {
			looked++
			for len(r.records[j].cells) <= m.column {
				r.records[j].cells = append(r.records[j].cells, cell{})
			}
			if r.records[j].cells[m.column].blank() {
				r.records[j].cells[m.column] = c
			}
		}
	}
}

func broken(line int) []strict.Problem {
	return []strict.Problem{{Line: line, Code: "sheet.broken"}}
}

func tooMany(line int) []strict.Problem {
	return []strict.Problem{{Line: line, Code: "sheet.too_many_rows", Args: map[string]any{"max": maxRows}}}
}

// tooWide refuses a row at once: a hostile file may have very many of them.
func tooWide(line int) []strict.Problem {
	return []strict.Problem{{Line: line, Code: "sheet.too_many_columns", Args: map[string]any{"max": maxColumns}}}
}
