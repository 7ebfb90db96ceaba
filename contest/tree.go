package contest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxPlanBytes bounds a plan file; the largest real one is under 100 kB.
const maxPlanBytes = 1 << 20

// maxPlanDepth bounds nesting, so that a hostile file can't exhaust the stack.
const maxPlanDepth = 32

// maxProblems bounds the answer to a hostile file; a real one has far fewer.
const maxProblems = 1000

// A node is a JSON value that remembers its line. encoding/json alone would
// stop at the first fault and forget where it was.
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
	dec    *json.Decoder
	breaks []int64 // offsets of line feeds
}

// readTree parses data into nodes, or tells the one fault that makes the rest
// unreadable.
func readTree(data []byte) (*node, *Problem) {
	if len(data) > maxPlanBytes {
		return nil, &Problem{Code: "plan.too_large", Args: map[string]any{"max": maxPlanBytes}}
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	r := &treeReader{dec: json.NewDecoder(bytes.NewReader(data))}
	r.dec.UseNumber()
	for i, b := range data {
		if b == '\n' {
			r.breaks = append(r.breaks, int64(i))
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
		return nil, &Problem{Line: r.lineAt(int64(bad)), Code: "plan.encoding"}
	}
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		line := r.lineAt(int64(len(data)))
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			line = r.lineAt(max(syntax.Offset-1, 0))
		}
		return nil, &Problem{Line: line, Code: "plan.syntax", Args: map[string]any{"reason": err.Error()}}
	}
	return r.read(0)
}

// lineAt returns the line, from 1, of the byte at the offset.
func (r *treeReader) lineAt(offset int64) int {
	return 1 + sort.Search(len(r.breaks), func(i int) bool { return r.breaks[i] >= offset })
}

func (r *treeReader) line() int { return r.lineAt(r.dec.InputOffset() - 1) }

func (r *treeReader) read(depth int) (*node, *Problem) {
	tok, err := r.dec.Token()
	if err != nil {
		return nil, &Problem{Line: r.line(), Code: "plan.syntax", Args: map[string]any{"reason": err.Error()}}
	}
	n := &node{line: r.line(), value: tok}
	if depth > maxPlanDepth {
		return nil, &Problem{Line: n.line, Code: "plan.too_deep", Args: map[string]any{"max": maxPlanDepth}}
	}
	switch t := tok.(type) {
	case json.Delim:
		n.value = nil
		if t == '{' {
			n.kind = "object"
			return n, r.readObject(n, depth)
		}
		n.kind = "array"
		return n, r.readArray(n, depth)
	case string:
		n.kind = "string"
	case json.Number:
		n.kind = "number"
	case bool:
		n.kind = "boolean"
	default:
		n.kind = "null"
	}
	return n, nil
}

func (r *treeReader) readObject(n *node, depth int) *Problem {
	for r.dec.More() {
		key, p := r.read(depth + 1)
		if p != nil {
			return p
		}
		child, p := r.read(depth + 1)
		if p != nil {
			return p
		}
		name, _ := key.value.(string)
		n.fields = append(n.fields, member{name, key.line, child})
	}
	return r.end()
}

func (r *treeReader) readArray(n *node, depth int) *Problem {
	for r.dec.More() {
		child, p := r.read(depth + 1)
		if p != nil {
			return p
		}
		n.items = append(n.items, child)
	}
	return r.end()
}

// end takes the closing bracket, which json.Unmarshal has already seen.
func (r *treeReader) end() *Problem {
	if _, err := r.dec.Token(); err != nil {
		return &Problem{Line: r.line(), Code: "plan.syntax", Args: map[string]any{"reason": err.Error()}}
	}
	return nil
}

// A decoder fills Go values from nodes, notes every fault and goes on.
type decoder struct {
	problems []Problem
	told     map[string]bool // paths that have a problem
	lines    map[string]int  // path → line, for the checks that follow
}

func (d *decoder) problem(path string, code string, args ...any) {
	if len(d.problems) >= maxProblems {
		return
	}
	d.told[path] = true
	p := Problem{Path: path, Line: d.lineOf(path), Code: code}
	for i := 0; i+1 < len(args); i += 2 {
		if p.Args == nil {
			p.Args = make(map[string]any)
		}
		p.Args[args[i].(string)] = args[i+1]
	}
	d.problems = append(d.problems, p)
}

// lineOf returns the line of the path, or of the nearest value around it.
func (d *decoder) lineOf(path string) int {
	for {
		if line, ok := d.lines[path]; ok || path == "" {
			return line
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
}

// decode fills v, which must be settable, from n. A value of a wrong type is a
// problem and leaves v as it is.
func (d *decoder) decode(n *node, v reflect.Value, path string) {
	d.lines[path] = n.line
	want := map[reflect.Kind]string{
		reflect.Struct: "object", reflect.Slice: "array", reflect.String: "string",
		reflect.Int: "number", reflect.Bool: "boolean",
	}[v.Kind()]
	if n.kind != want {
		d.problem(path, "plan.type", "want", want, "got", n.kind)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.decodeStruct(n, v, path)
	case reflect.Slice:
		if len(n.items) > maxItems {
			d.problem(path, "plan.too_many", "max", maxItems, "got", len(n.items))
			return
		}
		list := reflect.MakeSlice(v.Type(), len(n.items), len(n.items))
		for i, item := range n.items {
			d.decode(item, list.Index(i), fmt.Sprintf("%s[%d]", path, i))
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
			d.problem(path, "plan.type", "want", "integer", "got", clip(number))
			return
		}
		v.SetInt(i)
	}
}

func (d *decoder) decodeStruct(n *node, v reflect.Value, path string) {
	byName := make(map[string]int, v.NumField())
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		byName[name] = i
	}
	seen := make([]string, 0, len(n.fields))
	for _, f := range n.fields {
		child := join(path, clip(f.name))
		i, known := byName[f.name]
		switch {
		case !known:
			d.lines[child] = f.line
			d.problem(child, "plan.unknown_field", "field", clip(f.name))
		case slices.Contains(seen, f.name):
			d.lines[child] = f.line
			d.problem(child, "plan.duplicate_field", "field", f.name)
		default:
			seen = append(seen, f.name)
			d.decode(f.node, v.Field(i), child)
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// clip shortens foreign text for an error's arguments.
func clip(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
