package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Form says how large a file may be.
type Form struct {
	Bytes    int  // of the file
	Depth    int  // of nesting, so that a hostile file can't exhaust the stack
	Items    int  // of a list
	Problems int  // told of one file; a real one has far fewer
	Null     bool // null is as good as absent

	Past []string // members of the whole that older files have: they are read over
}

// Read fills v, a pointer to a struct of structs, lists, maps, strings, ints and
// bools, from a file, and reports every fault in its form; what the values mean is
// the caller's to check. whole is false when nothing could be read.
func Read(data []byte, v any, form Form) (r *Report, whole bool) {
	r = NewReport(form)
	t := &treeReader{report: r}
	root := t.tree(data)
	if root == nil {
		return r, false
	}
	r.decode(root, reflect.ValueOf(v).Elem(), "")
	return r, root.kind == "object"
}

// A node is a JSON value that remembers its line.
type node struct {
	line   int
	value  any // nil, bool, string, json.Number
	fields []member
	items  []*node
	kind   string // "object", "array", "string", "number", "boolean", "null"
}

type member struct {
	name string
	line int
	node *node
}

// treeReader builds nodes from tokens.
type treeReader struct {
	report *Report
	dec    *json.Decoder
	breaks []int64 // offsets of line feeds
}

// fail notes the one fault that makes the rest unreadable.
func (t *treeReader) fail(line int, code string, args ...any) *node {
	t.report.lines[""] = line
	t.report.Add("", code, args...)
	return nil
}

// tree parses data into nodes; nil after a fault.
func (t *treeReader) tree(data []byte) *node {
	form := t.report.form
	if len(data) > form.Bytes {
		return t.fail(0, "file.too_large", "max", form.Bytes)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	t.dec = json.NewDecoder(bytes.NewReader(data))
	t.dec.UseNumber()
	for i, b := range data {
		if b == '\n' {
			t.breaks = append(t.breaks, int64(i))
		}
	}
	if !utf8.Valid(data) {
		bad := 0
		for rest := data; len(rest) > 0; {
			c, size := utf8.DecodeRune(rest)
			if c == utf8.RuneError && size == 1 {
				break
			}
			rest, bad = rest[size:], bad+size
		}
		return t.fail(t.lineAt(int64(bad)), "file.encoding")
	}
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		line := t.lineAt(int64(len(data)))
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			line = t.lineAt(max(syntax.Offset-1, 0))
		}
		return t.fail(line, "file.syntax", "reason", err.Error())
	}
	return t.read(0)
}

// lineAt returns the line, from 1, of the byte at the offset.
func (t *treeReader) lineAt(offset int64) int {
	return 1 + sort.Search(len(t.breaks), func(i int) bool { return t.breaks[i] >= offset })
}

func (t *treeReader) line() int { return t.lineAt(t.dec.InputOffset() - 1) }

func (t *treeReader) read(depth int) *node {
	tok, err := t.dec.Token()
	if err != nil {
		return t.fail(t.line(), "file.syntax", "reason", err.Error())
	}
	n := &node{line: t.line(), value: tok}
	if depth > t.report.form.Depth {
		return t.fail(n.line, "file.too_deep", "max", t.report.form.Depth)
	}
	switch tok := tok.(type) {
	case json.Delim:
		n.value = nil
		whole := false
		if tok == '{' {
			n.kind, whole = "object", t.object(n, depth)
		} else {
			n.kind, whole = "array", t.array(n, depth)
		}
		if !whole {
			return nil
		}
		_, _ = t.dec.Token() // the closing bracket, which json.Unmarshal has seen
	case string:
		n.kind = "string"
	case json.Number:
		n.kind = "number"
	case bool:
		n.kind = "boolean"
	default:
		n.kind = "null"
	}
	return n
}

func (t *treeReader) object(n *node, depth int) (whole bool) {
	for t.dec.More() {
		key := t.read(depth + 1)
		if key == nil {
			return false
		}
		child := t.read(depth + 1)
		if child == nil {
			return false
		}
		name, _ := key.value.(string)
		n.fields = append(n.fields, member{name, key.line, child})
	}
	return true
}

func (t *treeReader) array(n *node, depth int) (whole bool) {
	for t.dec.More() {
		child := t.read(depth + 1)
		if child == nil {
			return false
		}
		n.items = append(n.items, child)
	}
	return true
}

// kinds are the JSON kinds that a Go value is read from.
var kinds = map[reflect.Kind]string{
	reflect.Struct: "object", reflect.Map: "object", reflect.Slice: "array", reflect.String: "string",
	reflect.Int: "number", reflect.Bool: "boolean",
}

// decode fills v, which must be settable, from n. A value of a wrong type is a
// problem and leaves v as it is.
func (r *Report) decode(n *node, v reflect.Value, path string) {
	r.lines[path] = n.line
	if r.form.Null && n.kind == "null" {
		return
	}
	if want := kinds[v.Kind()]; n.kind != want {
		r.Add(path, "file.type", "want", want, "got", n.kind)
		return
	}
	switch v.Kind() {
	case reflect.Struct, reflect.Map:
		r.object(n, v, path)
	case reflect.Slice:
		if len(n.items) > r.form.Items {
			r.Add(path, "file.too_many", "max", r.form.Items, "got", len(n.items))
			return
		}
		list := reflect.MakeSlice(v.Type(), len(n.items), len(n.items))
		for i, item := range n.items {
			r.decode(item, list.Index(i), Index(path, i))
		}
		v.Set(list)
	case reflect.String:
		v.SetString(n.value.(string))
	case reflect.Bool:
		v.SetBool(n.value.(bool))
	case reflect.Int:
		number := string(n.value.(json.Number))
		i, err := strconv.ParseInt(number, 10, 32)
		if err != nil {
			r.Add(path, "file.type", "want", "integer", "got", Clip(number))
			return
		}
		v.SetInt(i)
	}
}

func (r *Report) object(n *node, v reflect.Value, path string) {
	byName := map[string]int{}
	if v.Kind() == reflect.Map {
		v.Set(reflect.MakeMapWithSize(v.Type(), len(n.fields)))
	} else {
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			byName[name] = i
		}
	}
	seen := make([]string, 0, len(n.fields))
	for _, f := range n.fields {
		child := Join(path, Clip(f.name))
		i, known := byName[f.name]
		switch {
		case !known && path == "" && slices.Contains(r.form.Past, f.name):
		case !known && v.Kind() == reflect.Struct:
			r.lines[child] = f.line
			r.Add(child, "file.unknown_field", "field", Clip(f.name))
		case slices.Contains(seen, f.name):
			r.lines[child] = f.line
			r.Add(child, "file.duplicate_field", "field", Clip(f.name))
		case v.Kind() == reflect.Map:
			seen = append(seen, f.name)
			value := reflect.New(v.Type().Elem()).Elem()
			r.decode(f.node, value, child)
			v.SetMapIndex(reflect.ValueOf(f.name), value)
		default:
			seen = append(seen, f.name)
			r.decode(f.node, v.Field(i), child)
		}
	}
}
