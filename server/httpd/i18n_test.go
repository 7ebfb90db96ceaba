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
)

// codes finds every stable code that a page may have to translate: of faults,
// of problems in files, and of constants that name one.
func codes(t *testing.T) []string {
	t.Helper()
	var out []string
	fset := token.NewFileSet()
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2 {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			out = append(out, codesAt(n)...)
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

var codeForm = regexp.MustCompile(`^[a-z]+\.[a-z_]+$`)

// makers are our functions, other than fault.New and fault.Wrap, that take a
// code, and what they put before it.
var makers = map[string]string{"problem": "", "tidy": "", "bad": "ballot."}

// codesAt returns the codes that one node makes.
func codesAt(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.CallExpr:
		return codesOfCall(n)
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
			return literals("", n.Value)
		}
	case *ast.ValueSpec: // contest.BlockTie, stream.WarnNoSound
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

func texts(t *testing.T, lang string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("../../static/i18n/errors." + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]string
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

var argForm = regexp.MustCompile(`\{\w+\}`)

func argsOf(s string) []string {
	out := argForm.FindAllString(s, -1)
	slices.Sort(out)
	return out
}
