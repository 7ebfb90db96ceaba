package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"hecai/contest"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// formulaStarts are the characters that make a spreadsheet program run a CSV
// cell. Such a cell is written behind an apostrophe, which reading takes away.
const formulaStarts = "=+-@\t\r"

// readCSV reads the records of a CSV file that is not blank.
func readCSV(data []byte) ([]record, []contest.Problem) {
	text, ok := decodeText(data)
	if !ok {
		return nil, []contest.Problem{{Code: "sheet.encoding"}}
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = separator(text)
	r.FieldsPerRecord = -1
	var records []record
	var problems []contest.Problem
	for len(problems) < maxProblems {
		cells, err := r.Read()
		var bad *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return records, problems
		case errors.As(err, &bad):
			problems = append(problems, contest.Problem{
				Line: bad.Line, Code: "sheet.quotes", Args: map[string]any{"column": bad.Column},
			})
			continue
		case err != nil:
			return nil, []contest.Problem{{Code: "sheet.broken"}}
		}
		line, _ := r.FieldPos(0)
		if len(cells) > maxColumns {
			return nil, tooWide(line)
		}
		rec := record{line: line, cells: cells}
		if rec.blank() {
			continue
		}
		if len(records) > MaxRows+headerDepth {
			return nil, []contest.Problem{{Line: line, Code: "sheet.too_many_rows", Args: map[string]any{"max": MaxRows}}}
		}
		for i, cell := range rec.cells {
			rec.cells[i] = unguard(cell)
		}
		records = append(records, rec)
	}
	return nil, problems
}

// decodeText returns the file's text as UTF-8.
func decodeText(data []byte) (string, bool) {
	if utf8.Valid(data) {
		return strings.TrimPrefix(string(data), "\ufeff"), true
	}
	decoder := simplifiedchinese.GB18030.NewDecoder()
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		decoder = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
	}
	text, err := decoder.Bytes(data)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) || bytes.IndexByte(text, 0) >= 0 {
		return "", false
	}
	return string(text), true
}

// separator guesses what parts the cells from the first lines: the commonest of
// comma, tab and semicolon.
func separator(text string) rune {
	head := text[:min(len(text), 4096)]
	best, most := ',', strings.Count(head, ",")
	for _, c := range "\t;" {
		if n := strings.Count(head, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

// guard keeps a cell from being run as a formula.
func guard(cell string) string {
	if cell != "" && strings.ContainsRune(formulaStarts, rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// unguard undoes guard.
func unguard(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.ContainsRune(formulaStarts, rune(cell[1])) {
		return cell[1:]
	}
	return cell
}

// WriteCSV writes the entries as CSV, with a byte order mark, so that
// spreadsheet programs read the Chinese right. Read takes it back.
func WriteCSV(w io.Writer, plan *contest.Plan, entries []contest.Entry) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	for _, cells := range export(plan, entries) {
		for i, cell := range cells {
			cells[i] = guard(cell)
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
