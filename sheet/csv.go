package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"hecai/strict"
)

// formulaStarts are the characters that make a spreadsheet program run a CSV
// cell. Such a cell is written behind an apostrophe, which reading takes away.
const formulaStarts = "=+-@\t\r"

// separators are what may part the cells of a CSV file.
const separators = ",;\t，；|"

// readCSV reads the records of a CSV file that is not blank. What parts the cells
// is that with which a heading is found, and otherwise the commonest of all.
func readCSV(data []byte) ([]record, []strict.Problem) {
	text, ok := decodeText(data)
	if !ok {
		return nil, []strict.Problem{{Code: "sheet.encoding"}}
	}
	// A carriage return alone ends a line too: "CSV (Macintosh)".
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	best, most := ',', 0
	for _, c := range separators {
		top, _ := parseCSV(text, c, headerDepth)
		score := 0
		if head := findHeading(top); head >= 0 {
			_, at, _ := heading(top[head])
			for _, place := range at {
				if place >= 0 {
					score++
				}
			}
		}
		if score > most {
			best, most = c, score
		}
	}
	return parseCSV(text, best, maxRows+headerDepth+1)
}

// parseCSV reads at most so many records that are not blank; with more the file
// is refused, unless it was only to look for the heading.
func parseCSV(text string, separator rune, most int) ([]record, []strict.Problem) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = separator
	r.FieldsPerRecord = -1
	var records []record
	var problems []strict.Problem
	for len(problems) < maxProblems {
		fields, err := r.Read()
		var bad *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return records, problems
		case errors.As(err, &bad):
			problems = append(problems, strict.Problem{
				Line: bad.Line, Code: "sheet.quotes", Args: map[string]any{"column": bad.Column},
			})
			continue
		case err != nil:
			return nil, []strict.Problem{{Code: "sheet.broken"}}
		}
		line, _ := r.FieldPos(0)
		rec := record{line: line}
		for i, field := range fields {
			c := cell{text: unguard(field)}
			if i >= maxColumns && !c.blank() {
				return records, tooWide(line)
			}
			if i < maxColumns {
				rec.cells = append(rec.cells, c)
			}
		}
		switch {
		case rec.blank():
		case len(records) == most:
			return records, tooMany(line)
		default:
			records = append(records, rec)
		}
	}
	return records, problems
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

// unguard takes off what keeps a cell from being run as a formula.
func unguard(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.ContainsRune(formulaStarts, rune(cell[1])) {
		return cell[1:]
	}
	return cell
}
