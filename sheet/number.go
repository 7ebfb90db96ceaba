package sheet

import (
	"math"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// A numberFormat is how a number is shown: an id of the standard or, with a code,
// one of the file's own.
type numberFormat struct {
	id   int
	code string
}

// maxDigits is how many digits of a number a spreadsheet keeps.
const maxDigits = 1e15

// number reads a cell that holds one.
func (b *book) number(c cell, style string) cell {
	v, err := strconv.ParseFloat(c.text, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return c // as it is: some programs write texts so
	}
	i, _ := strconv.Atoi(style)
	var format numberFormat
	if i >= 0 && i < len(b.styles) {
		format = b.styles[i]
	}
	c.kind = isNumber
	switch {
	case format.isDate():
		c.kind = isDate
	case math.Abs(v) >= maxDigits:
		c.kind = isLong
	}
	c.text = b.numbers.show(v, format)
	return c
}

// isDate reports whether the format shows a date or a time: by the ids of the
// standard, the Chinese ones among them, or by a letter for a part of one outside
// quotes, brackets and escapes.
func (f numberFormat) isDate() bool {
	if f.code == "" {
		return f.id >= 14 && f.id <= 22 || f.id >= 27 && f.id <= 36 || f.id >= 45 && f.id <= 47 || f.id >= 50 && f.id <= 58
	}
	quoted, bracket := false, false
	for i := 0; i < len(f.code); i++ {
		switch c := f.code[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\\' || c == '_' || c == '*':
			i++
		case c == '[':
			bracket = true
			if i+1 < len(f.code) && strings.IndexByte("hHmMsS", f.code[i+1]) >= 0 {
				return true // [h] counts hours; [Red] and [$-804] are no parts
			}
		case c == ']':
			bracket = false
		case !bracket && strings.IndexByte("yYmMdDhHsS", c) >= 0:
			return true
		}
	}
	return false
}

// chineseDates are the ids of the standard whose format differs by language, as
// simplified Chinese has them (ECMA-376, 18.8.30); 上午 and 下午 are left out.
var chineseDates = func() map[int]string {
	const month, day, year, clock = `m"月"d"日"`, `yyyy"年"m"月"d"日"`, `yyyy"年"m"月"`, `h"时"mm"分"`
	out := map[int]string{14: "yyyy/m/d", 22: "yyyy/m/d h:mm", 30: "m/d/yy", 31: day, 32: clock, 33: clock + `ss"秒"`}
	for code, ids := range map[string][]int{month: {28, 29, 51, 53, 54, 58}, year: {27, 36, 50, 52, 57}, clock: {34, 35, 55, 56}} {
		for _, id := range ids {
			out[id] = code
		}
	}
	return out
}()

// A shower writes numbers as a sheet shows them, by a workbook of its own: its
// zero value works, for dates since 1900.
type shower struct {
	since1904 bool
	file      *excelize.File
	styles    map[numberFormat]int
}

func (s *shower) close() {
	if s.file != nil {
		s.file.Close() //nolint:errcheck // nothing is kept on disk
	}
}

// show writes the number. A whole number without a format is written out,
// whatever its spelling in the file, and so is what can't be shown.
func (s *shower) show(v float64, f numberFormat) string {
	plain := strconv.FormatFloat(v, 'f', -1, 64)
	if f.id == 0 && f.code == "" || strings.EqualFold(f.code, "General") {
		return plain
	}
	style, err := s.style(f)
	if err != nil || s.file.SetCellFloat("Sheet1", "A1", v, -1, 64) != nil || s.file.SetCellStyle("Sheet1", "A1", "A1", style) != nil {
		return plain
	}
	text, err := s.file.GetCellValue("Sheet1", "A1")
	if err != nil || strings.TrimSpace(text) == "" {
		return plain
	}
	return strings.TrimSpace(text)
}

func (s *shower) style(f numberFormat) (int, error) {
	if id, known := s.styles[f]; known {
		return id, nil
	}
	if s.file == nil {
		s.file, s.styles = excelize.NewFile(), map[numberFormat]int{}
		if err := s.file.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &s.since1904}); err != nil {
			return 0, err
		}
	}
	style := &excelize.Style{NumFmt: f.id}
	code := f.code
	if code == "" {
		code = chineseDates[f.id]
	}
	if code != "" {
		style.CustomNumFmt = &code
	}
	id, err := s.file.NewStyle(style)
	if err == nil {
		s.styles[f] = id
	}
	return id, err
}
