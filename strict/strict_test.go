package strict

import (
	"slices"
	"strings"
	"testing"
)

type thing struct {
	Name  string            `json:"name"`
	Count int               `json:"count"`
	On    bool              `json:"on"`
	Words map[string]string `json:"words"`
	Parts []part            `json:"parts"`
}

type part struct {
	Title string `json:"title"`
}

var small = Form{Bytes: 400, Depth: 4, Items: 3, Problems: 5}

func told(r *Report) (out []string) {
	for _, p := range r.Problems() {
		out = append(out, p.Error())
	}
	return out
}

func TestEveryFaultIsToldByPathAndLine(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		want       []string
		whole      bool
	}{
		{"sound", `{"name":"示例","count":2,"on":true,"words":{"a":"b"},"parts":[{"title":"x"}]}`, nil, true},
		{"wrong types", "{\n\"name\": 1,\n\"count\": 1.5,\n\"on\": \"yes\",\n\"parts\": {}}", []string{
			"line 2: name: file.type (got number, want string)", "line 3: count: file.type (got 1.5, want integer)",
			"line 4: on: file.type (got string, want boolean)", "line 5: parts: file.type (got object, want array)"}, true},
		{"unknown and twice", "{\"nam\": 1,\n\"name\": \"a\",\n\"name\": \"b\",\"words\":{\"a\":\"b\",\n\"a\":\"c\"}}", []string{
			"line 1: nam: file.unknown_field (field nam)", "line 3: name: file.duplicate_field (field name)",
			"line 4: words.a: file.duplicate_field (field a)"}, true},
		{"inside a list", "{\"parts\":[{\"title\":\"x\"},\n{\"title\":null}]}", []string{
			"line 2: parts[1].title: file.type (got null, want string)"}, true},
		{"too many", `{"parts":[{},{},{},{}]}`, []string{"line 1: parts: file.too_many (got 4, max 3)"}, true},
		{"too deep", "{\"parts\":[\n[[[[1]]]]]}", []string{"line 2: file.too_deep (max 4)"}, false},
		{"a list", "[]", []string{"line 1: file.type (got array, want object)"}, false},
		{"cut short", "{\"name\":", []string{"line 1: file.syntax (reason unexpected end of JSON input)"}, false},
		{"no text", "{\n\"\xff\"}", []string{"line 2: file.encoding"}, false},
		{"too large", `{"name":"` + strings.Repeat("x", 400) + `"}`, []string{"file.too_large (max 400)"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var v thing
			r, whole := Read([]byte(tt.file), &v, small)
			if got := told(r); !slices.Equal(got, tt.want) || whole != tt.whole {
				t.Errorf("%q, whole %v, want %q, %v", got, whole, tt.want, tt.whole)
			}
		})
	}
}

func TestChecksThatFollowKnowTheLine(t *testing.T) {
	var v thing
	r, _ := Read([]byte("{\"parts\":[\n{},\n{\"title\":5}]}"), &v, small)
	r.Add("parts[0].title", "plan.required") // the nearest line around it
	if got, want := told(r), []string{"line 2: parts[0].title: plan.required", "line 3: parts[1].title: file.type (got number, want string)"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if !r.Told("parts[1].title") || r.Told("name") {
		t.Error("what has been told is not known")
	}
	for range 10 {
		r.Add("name", "plan.required")
	}
	if n := len(r.Problems()); n != small.Problems {
		t.Errorf("%d problems, want %d", n, small.Problems)
	}
}

// FuzzRead: whatever the bytes, nothing panics and the problems are bounded.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"name":"示例","parts":[{"title":null}]}`))
	f.Add([]byte("\xef\xbb\xbf{}"))
	f.Add([]byte(`{"count":1e999}`))
	form := small
	form.Null = true
	f.Fuzz(func(t *testing.T, data []byte) {
		var v thing
		r, _ := Read(data, &v, form)
		if n := len(r.Problems()); n > form.Problems {
			t.Fatalf("%d problems", n)
		}
	})
}
