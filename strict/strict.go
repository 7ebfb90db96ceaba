// Package strict reads JSON files that people write. A file with any fault is
// told all of its faults at once, each by path and line, where encoding/json
// would stop at the first and forget where it was. It is pure; every value
// belongs to one goroutine.
package strict

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Problem is one fault in a file, with the place to mend it.
type Problem struct {
	Path string         `json:"path"` // "tracks[3].directions[0].title", or a column's name
	Line int            `json:"line"` // from 1; 0 unknown
	Code string         `json:"code"` // stable, such as "plan.required"
	Args map[string]any `json:"args,omitempty"`
}

// Error tells the problem in one line, for a terminal: path, line and code with
// its arguments. Pages translate the code instead.
func (p Problem) Error() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", p.Line)
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Code)
	keys := make([]string, 0, len(p.Args))
	for k := range p.Args {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for i, k := range keys {
		sep := ", "
		if i == 0 {
			sep = " ("
		}
		fmt.Fprintf(&b, "%s%s %v", sep, k, p.Args[k])
	}
	if len(keys) > 0 {
		b.WriteByte(')')
	}
	return b.String()
}

// A Report collects the problems of one file.
type Report struct {
	form     Form
	problems []Problem
	told     map[string]bool // paths that have a problem
	lines    map[string]int  // path → line, for the checks that follow
}

// NewReport returns an empty report, for values that came from no file.
func NewReport(form Form) *Report {
	return &Report{form: form, told: map[string]bool{}, lines: map[string]int{}}
}

// Add notes a problem at a path; args are names and values in turn. What is
// beyond the form's bound is dropped.
func (r *Report) Add(path, code string, args ...any) {
	if len(r.problems) >= r.form.Problems {
		return
	}
	r.told[path] = true
	p := Problem{Path: path, Line: r.line(path), Code: code}
	for i := 0; i+1 < len(args); i += 2 {
		if p.Args == nil {
			p.Args = map[string]any{}
		}
		p.Args[args[i].(string)] = args[i+1]
	}
	r.problems = append(r.problems, p)
}

// Told reports whether the path has a problem, so that a value of the wrong type
// is not called missing too.
func (r *Report) Told(path string) bool { return r.told[path] }

// Problems returns what was noted, in the order of the file.
func (r *Report) Problems() []Problem {
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
	return r.problems
}

// line returns the line of the path, or of the nearest value around it.
func (r *Report) line(path string) int {
	for {
		if line, ok := r.lines[path]; ok || path == "" {
			return line
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
}

// Join is the path of a field.
func Join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Index is the path of an item, from 0.
func Index(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// Clip shortens foreign text for a problem's arguments.
func Clip(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
