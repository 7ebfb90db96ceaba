package office

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"

	"hecai/access"
)

// unkept are acts that change nothing that is kept.
var unkept = []string{"PrintTickets"}

// TestEveryActIsNoted: whatever the office names an actor for can be chosen on the page
// of changes, which has words for each that is.
func TestEveryActIsNoted(t *testing.T) {
	verbs := constants(t, "../access/roles.go")
	acts := map[string]bool{}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 4 {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); ok && (f.Sel.Name == "act" || f.Sel.Name == "take") {
				if verb, ok := call.Args[2].(*ast.SelectorExpr); ok {
					acts[verb.Sel.Name] = true
				}
			}
			return true
		})
	}
	if len(acts) < 10 {
		t.Fatalf("only %d acts found", len(acts))
	}
	for name := range acts {
		if !slices.Contains(noted, access.Verb(verbs[name])) && !slices.Contains(unkept, name) {
			t.Errorf("%s leaves a change that nobody can choose", name)
		}
	}
}

// constants are the texts of a file's constants, by their names.
func constants(t *testing.T, path string) map[string]string {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	ast.Inspect(tree, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
				out[spec.Names[0].Name] = strings.Trim(lit.Value, `"`)
			}
		}
		return true
	})
	return out
}
