package cue

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of a rundown's JSON.
const (
	maxBytes    = 1 << 20
	maxDepth    = 16
	maxProblems = 200
)

// ParseRundown reads a rundown's JSON. With any fault in its form it is refused
// whole and every fault is listed by path; what it refers to is Validate's.
func ParseRundown(data []byte) (Rundown, []Problem) {
	if len(data) > maxBytes {
		return Rundown{}, []Problem{{Code: "rundown.too_large", Args: map[string]any{"max": maxBytes}}}
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		return Rundown{}, []Problem{{Code: "rundown.encoding"}}
	}
	if err := oneValue(data); err != nil {
		return Rundown{}, []Problem{syntaxProblem(data, err)}
	}
	p := &reader{dec: json.NewDecoder(bytes.NewReader(data))}
	p.dec.UseNumber()
	var r Rundown
	p.read(reflect.ValueOf(&r).Elem(), "")
	if len(p.problems) > 0 {
		return Rundown{}, p.problems
	}
	return r, nil
}

// oneValue reports whether data is exactly one JSON value, not nested too deep.
func oneValue(data []byte) error {
	if !json.Valid(data) {
		var raw json.RawMessage
		return json.Unmarshal(data, &raw)
	}
	dec, depth := json.NewDecoder(bytes.NewReader(data)), 0
	dec.UseNumber() // a number that is too large is read's to place
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth > maxDepth {
			return errors.New("nested too deep")
		}
	}
}

func syntaxProblem(data []byte, err error) Problem {
	p := Problem{Code: "rundown.syntax", Args: map[string]any{"reason": err.Error()}}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		before := data[:min(max(syntax.Offset, 0), int64(len(data)))]
		p.Line = 1 + bytes.Count(before, []byte("\n"))
	}
	return p
}

// A reader fills Go values from tokens, notes every fault and goes on.
// encoding/json alone would stop at the first.
type reader struct {
	dec      *json.Decoder
	problems []Problem
}

func (p *reader) problem(path, code string, args ...any) {
	if len(p.problems) < maxProblems {
		v := &validator{}
		v.problem(path, code, args...)
		p.problems = append(p.problems, v.problems...)
	}
}

// read takes the next value into v, or passes over it if v is invalid.
func (p *reader) read(v reflect.Value, path string) {
	tok, err := p.dec.Token()
	if err != nil { // oneValue has read it all before
		p.problem(path, "rundown.syntax", "reason", err.Error())
		return
	}
	if tok == json.Delim('{') {
		p.object(v, path)
		return
	}
	if tok == json.Delim('[') {
		p.list(v, path)
		return
	}
	if !v.IsValid() || tok == nil { // null is as good as absent
		return
	}
	switch t := tok.(type) {
	case string:
		if v.Kind() == reflect.String {
			v.SetString(t)
			return
		}
	case bool:
		if v.Kind() == reflect.Bool {
			v.SetBool(t)
			return
		}
	case json.Number:
		if v.Kind() == reflect.Int {
			n, err := strconv.ParseInt(string(t), 10, 32)
			if err == nil {
				v.SetInt(n)
				return
			}
		}
	}
	p.problem(path, "rundown.type", "want", typeName(v), "got", tokenName(tok))
}

func (p *reader) object(v reflect.Value, path string) {
	kind := reflect.Invalid
	if v.IsValid() {
		kind = v.Kind()
	}
	if v.IsValid() && kind != reflect.Struct && kind != reflect.Map {
		p.problem(path, "rundown.type", "want", typeName(v), "got", "object")
		v, kind = reflect.Value{}, reflect.Invalid
	}
	if kind == reflect.Map {
		v.Set(reflect.MakeMap(v.Type()))
	}
	var seen []string
	for p.dec.More() {
		tok, err := p.dec.Token()
		name, ok := tok.(string)
		if err != nil || !ok {
			p.problem(path, "rundown.syntax", "reason", fmt.Sprint(err))
			return
		}
		child := strings.TrimPrefix(path+"."+clip(name), ".")
		twice := slices.Contains(seen, name)
		if twice && v.IsValid() {
			p.problem(child, "rundown.duplicate_field", "field", clip(name))
		}
		seen = append(seen, name)
		field := reflect.Value{}
		switch {
		case kind == reflect.Struct && !twice:
			if field = fieldNamed(v, name); !field.IsValid() {
				p.problem(child, "rundown.unknown_field", "field", clip(name))
			}
		case kind == reflect.Map && !twice:
			field = reflect.New(v.Type().Elem()).Elem()
		}
		p.read(field, child)
		if kind == reflect.Map && !twice {
			v.SetMapIndex(reflect.ValueOf(name), field)
		}
	}
	_, _ = p.dec.Token() // the closing bracket, which oneValue has seen
}

func (p *reader) list(v reflect.Value, path string) {
	if v.IsValid() && v.Kind() != reflect.Slice {
		p.problem(path, "rundown.type", "want", typeName(v), "got", "array")
		v = reflect.Value{}
	}
	for i := 0; p.dec.More(); i++ {
		item := reflect.Value{}
		if v.IsValid() {
			item = reflect.New(v.Type().Elem()).Elem()
		}
		p.read(item, fmt.Sprintf("%s[%d]", path, i))
		if v.IsValid() {
			v.Set(reflect.Append(v, item))
		}
	}
	_, _ = p.dec.Token()
}

// fieldNamed returns the field with the JSON name, the zero Value without one.
func fieldNamed(v reflect.Value, name string) reflect.Value {
	for i := range v.NumField() {
		tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if tag == name {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}

func typeName(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Struct, reflect.Map:
		return "object"
	case reflect.Slice:
		return "array"
	case reflect.Int:
		return "integer"
	case reflect.Bool:
		return "boolean"
	}
	return "string"
}

func tokenName(tok json.Token) string {
	switch t := tok.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case json.Number:
		return string([]rune(clip(string(t))))
	}
	return "null"
}
