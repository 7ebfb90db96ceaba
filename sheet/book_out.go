package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Page is one sheet of a book that is written: a heading and rows under it.
type Page struct {
	Name    string // up to 31 characters, none of :\/?*[]
	Head    []string
	Rows    [][]string
	Numbers []int // columns, from 0, of which decimal texts are written as numbers
}

// decimal is a number as we write them; anything else stays a text.
var decimal = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,4})?$`)

// WriteBook writes the pages as an .xlsx file. A text is never a formula: it is stored
// as a text, whatever it begins with.
func WriteBook(w io.Writer, pages []Page) error {
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // nothing is kept on disk
	for i, p := range pages {
		if i == 0 {
			if err := f.SetSheetName("Sheet1", p.Name); err != nil {
				return fmt.Errorf("name sheet: %w", err)
			}
		} else if _, err := f.NewSheet(p.Name); err != nil {
			return fmt.Errorf("add sheet: %w", err)
		}
		if err := writePage(f, p); err != nil {
			return fmt.Errorf("sheet %s: %w", p.Name, err)
		}
	}
	if _, err := f.WriteTo(w); err != nil {
		return fmt.Errorf("write xlsx: %w", err)
	}
	return nil
}

func writePage(f *excelize.File, p Page) error {
	if err := writeCells(f, p.Name, append([][]string{p.Head}, p.Rows...)); err != nil {
		return err
	}
	for y, row := range p.Rows {
		for _, x := range p.Numbers {
			if x >= len(row) || !decimal.MatchString(row[x]) {
				continue
			}
			cell, err := excelize.CoordinatesToCellName(x+1, y+2)
			if err != nil {
				return err
			}
			if err := f.SetCellDefault(p.Name, cell, row[x]); err != nil { // the very digits, without a float between
				return err
			}
		}
	}
	for x := range p.Head {
		name, err := excelize.ColumnNumberToName(x + 1)
		if err != nil {
			return err
		}
		if err := f.SetColWidth(p.Name, name, name, width(p, x)); err != nil {
			return err
		}
	}
	if err := numberLooks(f, p); err != nil {
		return err
	}
	return dressHead(f, p.Name)
}

// numberLooks shows as many decimals as each number has.
func numberLooks(f *excelize.File, p Page) error {
	styles := map[int]int{} // by decimals
	for y, row := range p.Rows {
		for _, x := range p.Numbers {
			if x >= len(row) || !decimal.MatchString(row[x]) {
				continue
			}
			_, after, _ := strings.Cut(row[x], ".")
			style, made := styles[len(after)]
			if !made {
				form := "0"
				if after != "" {
					form += "." + strings.Repeat("0", len(after))
				}
				var err error
				if style, err = f.NewStyle(&excelize.Style{CustomNumFmt: &form}); err != nil {
					return err
				}
				styles[len(after)] = style
			}
			cell, err := excelize.CoordinatesToCellName(x+1, y+2)
			if err != nil {
				return err
			}
			if err := f.SetCellStyle(p.Name, cell, cell, style); err != nil {
				return err
			}
		}
	}
	return nil
}

// width is that of a column in characters; a Chinese one takes two.
func width(p Page, x int) float64 {
	most := 0
	for _, row := range append([][]string{p.Head}, p.Rows...) {
		if x >= len(row) {
			continue
		}
		n := 0
		for _, r := range row[x] {
			n++
			if r > 0x2e80 {
				n++
			}
		}
		most = max(most, n)
	}
	return float64(min(max(most+2, 8), 48))
}

// dressHead makes the first row bold and keeps it in view.
func dressHead(f *excelize.File, sheet string) error {
	style, err := f.NewStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true, Color: "07142B"},
		Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DDEEF7"}},
	})
	if err != nil {
		return err
	}
	if err := f.SetRowStyle(sheet, 1, 1, style); err != nil {
		return err
	}
	return f.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

// WriteCSV writes a page as CSV that Excel and WPS open as it is: UTF-8 with its mark,
// CRLF (RFC 4180). A text that they would take for a formula has an apostrophe before it.
func WriteCSV(w io.Writer, p Page) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	for _, row := range append([][]string{p.Head}, p.Rows...) {
		row = slices.Clone(row)
		for i, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) && !decimal.MatchString(cell) {
				row[i] = "'" + cell
			}
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
