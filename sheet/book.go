package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"

	"hecai/strict"
)

// The bounds of what an .xlsx file may unfold to. The cells are read in a stream
// and take no room while they are blank; the rest is held in memory.
const (
	maxCells   = 256 << 20 // bytes of all sheets together
	maxPart    = 48 << 20  // bytes of any other part
	maxStrings = 1 << 20   // shared texts
	maxMerges  = 10_000
)

var errBroken = errors.New("not a sound .xlsx file")

// A book is an open .xlsx file (ECMA-376). excelize could read it too, but tells
// neither the kinds of cells without holding the whole sheet nor what is hidden.
type book struct {
	parts   map[string]*zip.File // by lower-case path
	texts   []string             // the shared ones
	styles  []numberFormat       // by a cell's style
	numbers shower
	sheets  []bookSheet
	left    int64 // bytes of cells that may still be read
}

type bookSheet struct {
	name   string
	part   string
	hidden bool
}

func openBook(data []byte) (*book, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	b := &book{parts: map[string]*zip.File{}, left: maxCells}
	for _, f := range z.File {
		b.parts[strings.ToLower(strings.Trim(strings.ReplaceAll(f.Name, `\`, "/"), "/"))] = f
	}
	main := ""
	for _, r := range b.links("") {
		if strings.HasSuffix(r.Type, "/officeDocument") {
			main = r.Target
		}
	}
	if err := b.workbook(main); err != nil {
		return nil, err
	}
	links := b.links(main)
	for i, s := range b.sheets {
		b.sheets[i].part = ""
		for _, r := range links {
			if r.ID == s.part && strings.HasSuffix(r.Type, "/worksheet") {
				b.sheets[i].part = r.Target
			}
		}
	}
	for _, r := range links {
		switch {
		case strings.HasSuffix(r.Type, "/sharedStrings"):
			err = errors.Join(err, b.sharedTexts(r.Target))
		case strings.HasSuffix(r.Type, "/styles"):
			err = errors.Join(err, b.readStyles(r.Target))
		}
	}
	return b, err
}

// open returns a part of the file, cut at most bytes.
func (b *book) open(name string, most int64) (io.ReadCloser, error) {
	f := b.parts[strings.ToLower(name)]
	if f == nil {
		return nil, errBroken
	}
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(in, most), in}, nil
}

// parse reads a small part into v.
func (b *book) parse(name string, v any) error {
	in, err := b.open(name, maxPart)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // nothing was written
	return xml.NewDecoder(in).Decode(v)
}

type link struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
}

// links lists what a part refers to, as paths; "" is the file itself.
func (b *book) links(of string) []link {
	var all struct {
		Links []link `xml:"Relationship"`
	}
	dir := path.Dir(of)
	if of == "" {
		dir = ""
	}
	_ = b.parse(path.Join(dir, "_rels", path.Base("/"+of)+".rels"), &all) // none is no links
	for i, l := range all.Links {
		if !strings.HasPrefix(l.Target, "/") {
			l.Target = path.Join(dir, l.Target)
		}
		all.Links[i].Target = strings.TrimPrefix(l.Target, "/")
	}
	return all.Links
}

func (b *book) workbook(name string) error {
	var w struct {
		Props struct {
			Since string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			State string     `xml:"state,attr"`
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := b.parse(name, &w); err != nil {
		return err
	}
	b.numbers.since1904 = w.Props.Since == "1" || w.Props.Since == "true"
	for _, s := range w.Sheets {
		one := bookSheet{name: s.Name, hidden: s.State == "hidden" || s.State == "veryHidden"}
		for _, a := range s.Attrs {
			if a.Name.Local == "id" { // r:id; sheetId is another
				one.part = a.Value
			}
		}
		b.sheets = append(b.sheets, one)
	}
	return nil
}

// sharedTexts reads the texts that cells refer to by number, without the
// readings above them (rPh).
func (b *book) sharedTexts(name string) error {
	in, err := b.open(name, maxPart)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // nothing was written
	dec := xml.NewDecoder(in)
	var text strings.Builder
	reading, inText := 0, false
	for {
		token, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "si":
				text.Reset()
			case "rPh":
				reading++
			case "t":
				inText = reading == 0
			}
		case xml.CharData:
			if inText {
				text.Write(t)
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "si":
				if len(b.texts) >= maxStrings {
					return errBroken
				}
				b.texts = append(b.texts, unescape(text.String()))
			case "rPh":
				reading--
			case "t":
				inText = false
			}
		}
	}
}

func (b *book) readStyles(name string) error {
	var all struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := b.parse(name, &all); err != nil {
		return err
	}
	codes := map[int]string{}
	for _, f := range all.Formats {
		codes[f.ID] = f.Code
	}
	for _, c := range all.Cells {
		b.styles = append(b.styles, numberFormat{c.Format, codes[c.Format]})
	}
	return nil
}

// unescape undoes _xHHHH_, which stands for a character that XML can't hold: a
// carriage return is _x000D_.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var out strings.Builder
	for {
		i := strings.Index(s, "_x")
		if i < 0 || len(s) < i+7 {
			break
		}
		n, err := strconv.ParseUint(s[i+2:i+6], 16, 16)
		if err != nil || s[i+6] != '_' {
			out.WriteString(s[:i+2])
			s = s[i+2:]
			continue
		}
		out.WriteString(s[:i])
		out.WriteRune(rune(n))
		s = s[i+7:]
	}
	out.WriteString(s)
	return out.String()
}

// place reads "C12" as column 2 and row 12; -1 and 0 for what is absent.
func place(ref string) (column, row int) {
	column = 0
	for i, c := range []byte(ref) {
		switch {
		case c >= 'A' && c <= 'Z' && column < 1<<20:
			column = column*26 + int(c-'A') + 1
		case c >= 'a' && c <= 'z' && column < 1<<20:
			column = column*26 + int(c-'a') + 1
		case c == '$':
		default:
			row, _ = strconv.Atoi(strings.TrimPrefix(ref[i:], "$"))
			return column - 1, row
		}
	}
	return column - 1, 0
}

func columnName(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

// A merge is a merged cell.
type merge struct{ column, from, to int }

// rows reads the rows of a sheet that are not blank, merged cells filled down.
func (b *book) rows(s bookSheet) ([]record, []strict.Problem) {
	in, err := b.open(s.part, b.left)
	if err != nil {
		return nil, broken(0)
	}
	defer in.Close() //nolint:errcheck // nothing was written
	counted := &counter{in: in}
	r := &rowReader{book: b, dec: xml.NewDecoder(counted)}
	problems := r.read()
	if b.left -= counted.n; b.left <= 0 && problems == nil {
		problems = tooMany(r.line)
	}
	r.fillMerged()
	return r.records, problems
}

type counter struct {
	in io.Reader
	n  int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	return n, err
}
