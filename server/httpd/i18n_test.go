package httpd

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// codes finds every stable code that a page may have to translate: of faults,
// of problems in files, of constants that name one, and those that pages make
// themselves.
func codes(t *testing.T) []string {
	t.Helper()
	areas := map[string]bool{} // of codes: "vote" of "vote.closed"
	for code := range texts(t, "zh") {
		area, _, _ := strings.Cut(code, ".")
		areas[area] = true
	}
	var out []string
	eachFile(t, func(path string, body []byte) {
		switch {
		case strings.HasSuffix(path, ".js") && strings.Contains(path, "static/") && !strings.Contains(path, "/vendor/") && !isTest(path):
			for _, m := range pageCode.FindAllSubmatch(body, -1) {
				out = append(out, string(m[1])+string(m[2]))
			}
		case strings.HasSuffix(path, ".go") && !isTest(path):
			f, err := parser.ParseFile(token.NewFileSet(), path, body, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if n == nil {
					return true
				}
				out = append(out, codesAt(n)...)
				if x, ok := n.(ast.Expr); ok {
					area, _, _ := strings.Cut(text(x), ".")
					if code := text(x); areas[area] && codeForm.MatchString(code) && !slices.Contains(methods, code) {
						out = append(out, code)
					}
				}
				return true
			})
		}
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// methods are what phones and desks ask for over the socket: written like codes.
var methods = []string{"vote.cast", "danmaku.say", "stage.command"}

// pageCode finds the codes in a page: of a refusal that it makes, and of what it
// tells as one.
var pageCode = regexp.MustCompile(`(?:Refused\(|code: )'([a-z]+\.[a-z_]+)'|'(net\.[a-z_]+)'`)

// eachFile calls f for each file of the repository that holds text.
func eachFile(t *testing.T, f func(path string, body []byte)) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2:
			return filepath.SkipDir
		case d.IsDir() || !slices.Contains([]string{".go", ".js", ".json", ".csv", ".txt"}, filepath.Ext(path)):
			return nil
		}
		body, err := os.ReadFile(path)
		f(filepath.ToSlash(path), body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// isTest reports whether a file belongs to the tests.
func isTest(path string) bool {
	return strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/testdata/") ||
		strings.Contains(path, "/storetest/") || strings.Contains(path, "/hubtest/") || strings.Contains(path, "static/test/")
}

var codeForm = regexp.MustCompile(`^[a-z]+\.[a-z_]+$`)

// makers are our functions, other than fault.New and fault.Wrap, that take a
// code, and what they put before it.
var makers = map[string]string{"Add": "", "fail": "", "problem": "", "tidy": "", "bad": "ballot."}

// codesAt returns the codes that one node makes.
func codesAt(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.CallExpr:
		return codesOfCall(n)
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
			return literals("", n.Value)
		}
	case *ast.ValueSpec: // score.BlockTie, stream.WarnNoSound
		if name := n.Names[0].Name; strings.HasPrefix(name, "Block") || strings.HasPrefix(name, "Warn") {
			return literals("", n.Values...)
		}
	}
	return nil
}

func codesOfCall(c *ast.CallExpr) []string {
	name := ""
	switch f := c.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
		if pkg, ok := f.X.(*ast.Ident); ok && pkg.Name == "fault" && (name == "New" || name == "Wrap") && len(c.Args) > 1 {
			if lit := text(c.Args[1]); lit != "" {
				return []string{lit} // also one without a dot: "internal"
			}
		}
	}
	prefix, ok := makers[name]
	switch {
	case !ok || len(c.Args) == 0:
		return nil
	case prefix != "":
		return literals(prefix, c.Args[0])
	}
	return literals("", c.Args...)
}

// literals returns the codes among the expressions.
func literals(prefix string, list ...ast.Expr) []string {
	var out []string
	for _, x := range list {
		if code := prefix + text(x); codeForm.MatchString(code) {
			out = append(out, code)
		}
	}
	return out
}

// text returns the value of a string literal, "" for anything else.
func text(x ast.Expr) string {
	lit, ok := x.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return s
}

// TestEveryCodeIsTranslated holds the promise that bad input gets a clear error
// in the user's language.
func TestEveryCodeIsTranslated(t *testing.T) {
	all := codes(t)
	if len(all) < 30 {
		t.Fatalf("only %d codes found: the search is broken", len(all))
	}
	zh, en := texts(t, "zh"), texts(t, "en")
	for _, code := range all {
		if zh[code] == "" || en[code] == "" {
			t.Errorf("%s lacks a text: zh %q, en %q", code, zh[code], en[code])
		}
	}
	for code := range zh {
		if got, want := argsOf(en[code]), argsOf(zh[code]); !slices.Equal(got, want) {
			t.Errorf("%s names %v in English, %v in Chinese", code, got, want)
		}
	}
	if len(en) != len(zh) {
		t.Errorf("%d texts in English, %d in Chinese", len(en), len(zh))
	}
}

// TestRefusalsFitAPhone: what is told in passing is read in passing.
func TestRefusalsFitAPhone(t *testing.T) {
	const most = 40 // characters, what the answer brings apart
	for code, line := range texts(t, "zh") {
		if n := utf8.RuneCountInString(argForm.ReplaceAllString(line, "")); n > most {
			t.Errorf("%s has %d characters, more than %d", code, n, most)
		}
	}
}

// TestEveryTextIsOfACode: what can be refused no more is told no more.
func TestEveryTextIsOfACode(t *testing.T) {
	all := codes(t)
	for code := range texts(t, "zh") {
		if !slices.Contains(all, code) {
			t.Errorf("nothing gives %s", code)
		}
	}
}

// TestEveryCodeIsTested: each code is named by a test, which gets it. There are no
// exceptions: what cannot be reached has no text.
func TestEveryCodeIsTested(t *testing.T) {
	word := regexp.MustCompile(`[a-z]+\.[a-z_]+`)
	named := map[string]bool{}
	note := func(s string) {
		named[s] = true
		for _, w := range word.FindAllString(s, -1) {
			named[w] = true
		}
	}
	eachFile(t, func(path string, body []byte) {
		switch {
		case !isTest(path):
		case !strings.HasSuffix(path, ".go"):
			note(string(body))
		default:
			f, err := parser.ParseFile(token.NewFileSet(), path, body, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if x, ok := n.(ast.Expr); ok {
					note(text(x))
				}
				return true
			})
		}
	})
	for code := range texts(t, "zh") {
		if !named[code] {
			t.Errorf("no test gets %s", code)
		}
	}
}

func texts(t *testing.T, lang string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, whose := range []string{"errors", "errors-crew", "errors-office"} {
		raw, err := os.ReadFile("../../static/i18n/" + whose + "." + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var some map[string]string
		if err := json.Unmarshal(raw, &some); err != nil {
			t.Fatal(err)
		}
		for code, line := range some {
			if out[code] != "" {
				t.Errorf("%s is in two catalogues", code)
			}
			out[code] = line
		}
	}
	return out
}

var argForm = regexp.MustCompile(`\{\w+\}`)

func argsOf(s string) []string {
	out := argForm.FindAllString(s, -1)
	slices.Sort(out)
	return out
}
