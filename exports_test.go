package hecai_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// uncalled are exported names without a caller outside their package, each with the
// reason why it is one all the same. A name that has found a caller, or is gone,
// fails here; a star stands for all of a package or a type.
var uncalled = map[string]string{
	"access.LinkRoles":            "tests go through every role and verb of the table",
	"access.StaffRoles":           "tests go through every role and verb of the table",
	"access.Verbs":                "tests go through every role and verb of the table",
	"access.NewSecret":            "tests make secrets that nobody was given",
	"access.Desk.SignInLink":      "tests come in by it without a page",
	"hub/client.*":                "the protocol in Go: the demonstration uses a part of it, and the tests drive nodes with the rest",
	"hub.Conn.Close":              "tests end a connection from this side",
	"hub.NewMemoryBroker":         "the contract of brokers is tested on it, from outside",
	"server/node.StartError":      "its kind is asked for by CannotStart",
	"stage.Message*":              "states of a stored message; the store writes them by value",
	"stage.Approve":               "verdicts come by name from a page",
	"stage.Reject":                "verdicts come by name from a page",
	"stage.Retract":               "verdicts come by name from a page",
	"stage.Stage.HostView":        "tests look at it without a hub",
	"stage.Stage.Rev":             "tests look at it without a hub",
	"stage/cue.NewState":          "the first state, of which Fold makes the others",
	"stream.Warn*":                "told as they are; the texts of all are tested by this name",
	"stream.Relay.Programme":      "tests see by it what is on air",
	"stream/tally.*":              "the recorder that counts shows that a sink needs no change in stream",
	"store.DB.CreateVoter":        "rigs make one voter at a time",
	"store.DB.SetVoterLevel":      "rigs make one voter at a time",
	"store.DB.Engine":             "the contract of both engines differs in what only one can do",
	"contest.Date.Time":           "the plan's calendar, whole",
	"contest.Plan.Window":         "the plan's calendar, whole",
	"contest/score.Total":         "a step of the sum that tests check by itself",
	"contest/score.VotePoints":    "a step of the sum that tests check by itself",
	"server/node.Config.Validate": "Open calls it; tests ask it alone",
	"stage/cue.Rundown.Ballots":   "what a state is asked for, by its own package and its tests",
	"stage/cue.State.*":           "what a state is asked for, by its own package and its tests",
	"stream/keyframe.EachNAL":     "tests take real pictures apart with it",
	"stream/webrtc.Server.*":      "what the handler calls; tests call it without HTTP",
	"vote/box.Grace":              "the bound that tests wait for",
	"vote/ledger.Check":           "the log's own form, which foreign vectors test",
	"vote/ledger.Checkpoint*":     "the log's own form, which foreign vectors test",
	"vote/ledger.Commit":          "the log's own form, which foreign vectors test",
	"vote/ledger.Round.Opening":   "the log's own form, which foreign vectors test",
	"vote/ledger.ParseRecord":     "what a receipt says is read in tests",
	"vote/ledger.CheckPromise":    "what a receipt says is read in tests",
}

// house is the program type-checked without its tests: what tests alone call has no
// caller.
type house struct {
	fset   *token.FileSet
	export map[string]string // files of export data, of packages that are not ours
	gc     types.Importer
	ours   map[string]*types.Package
	info   types.Info
	files  []*ast.File
}

func (h *house) Import(path string) (*types.Package, error) {
	if p := h.ours[path]; p != nil {
		return p, nil
	}
	return h.gc.Import(path)
}

// isRoom reports whether the package holds tests or what only they use.
func isRoom(path string) bool {
	return slices.Contains([]string{"hecai/e2e", "hecai/needtest", "hecai/hub/hubtest", "hecai/store/storetest"}, path)
}

func openHouse(t *testing.T) *house {
	t.Helper()
	h := &house{fset: token.NewFileSet(), export: map[string]string{}, ours: map[string]*types.Package{},
		info: types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}}}
	list := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Dir}}\t{{.Export}}\t{{range .GoFiles}}{{.}} {{end}}", "./...")
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	h.gc = importer.ForCompiler(h.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(h.export[path]) })
	for line := range strings.Lines(string(out)) { // those that are imported come first
		part := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		path, dir, files := part[0], part[1], strings.Fields(part[3])
		if path != "hecai" && !strings.HasPrefix(path, "hecai/") {
			h.export[path] = part[2]
			continue
		}
		if isRoom(path) || len(files) == 0 {
			continue
		}
		var parsed []*ast.File
		for _, name := range files {
			f, err := parser.ParseFile(h.fset, filepath.Join(dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			parsed, h.files = append(parsed, f), append(h.files, f)
		}
		conf := types.Config{Importer: h}
		if h.ours[path], err = conf.Check(path, h.fset, parsed, &h.info); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// called are the objects that another package than their own names.
func (h *house) called() map[types.Object]bool {
	where := map[string]string{}
	for path, p := range h.ours {
		for _, name := range p.Scope().Names() {
			where[filepath.Dir(h.fset.Position(p.Scope().Lookup(name).Pos()).Filename)] = path
		}
	}
	out := map[types.Object]bool{}
	for id, o := range h.info.Uses {
		if o.Pkg() == nil || where[filepath.Dir(h.fset.Position(id.Pos()).Filename)] == o.Pkg().Path() {
			continue
		}
		switch x := o.(type) { // of a generic type or function: the one that was written
		case *types.Func:
			o = x.Origin()
		case *types.Var:
			o = x.Origin()
		}
		out[o] = true
	}
	return out
}

// asked are the interfaces that a method may be there for: ours, and those of what
// we import.
func (h *house) asked() (out []*types.Interface) {
	seen := map[string]bool{}
	add := func(typ types.Type) {
		i, ok := typ.Underlying().(*types.Interface)
		if !ok || i.NumMethods() == 0 || seen[i.String()] {
			return
		}
		seen[i.String()] = true
		out = append(out, i)
	}
	packages := map[*types.Package]bool{}
	for _, p := range h.ours {
		packages[p] = true
		for _, q := range p.Imports() {
			packages[q] = true
		}
	}
	for p := range packages {
		for _, name := range p.Scope().Names() {
			if o, ok := p.Scope().Lookup(name).(*types.TypeName); ok {
				add(o.Type())
			}
		}
	}
	for _, tv := range h.info.Types {
		if tv.IsType() {
			add(tv.Type)
		}
	}
	add(types.Universe.Lookup("error").Type())
	return out
}

// spoken reports whether a type is part of what others are given: a parameter, a
// result or a field of what they call.
func spoken(called map[types.Object]bool) map[*types.TypeName]bool {
	out := map[*types.TypeName]bool{}
	var walk func(t types.Type)
	walk = func(t types.Type) {
		switch t := t.(type) {
		case *types.Named:
			if out[t.Obj()] {
				return
			}
			out[t.Obj()] = true
			walk(t.Underlying())
			for i := range t.NumMethods() {
				if t.Method(i).Exported() {
					walk(t.Method(i).Type())
				}
			}
		case *types.Alias:
			out[t.Obj()] = true
			walk(types.Unalias(t))
		case *types.Signature:
			walk(t.Params())
			walk(t.Results())
		case *types.Tuple:
			for v := range t.Variables() {
				walk(v.Type())
			}
		case *types.Struct:
			for f := range t.Fields() {
				if f.Exported() {
					walk(f.Type())
				}
			}
		case *types.Interface:
			for m := range t.Methods() {
				walk(m.Type())
			}
		case *types.Map:
			walk(t.Key())
			walk(t.Elem())
		case interface{ Elem() types.Type }:
			walk(t.Elem())
		}
	}
	for o := range called {
		walk(o.Type())
	}
	return out
}

// TestExportedNamesHaveCallers: what no other package calls is not said aloud, and
// what nothing but tests calls is not there.
func TestExportedNamesHaveCallers(t *testing.T) {
	h := openHouse(t)
	called, asked := h.called(), h.asked()
	given, sets := spoken(called), h.sets(called)
	var found []string
	for path, p := range h.ours {
		if p.Name() == "main" {
			continue
		}
		short := strings.TrimPrefix(strings.TrimPrefix(path, "hecai"), "/")
		for _, name := range p.Scope().Names() {
			o := p.Scope().Lookup(name)
			typ, isType := o.(*types.TypeName)
			switch {
			case isType && typ.Exported() && !called[o] && !given[typ]:
				found = append(found, short+"."+name)
			case !isType && o.Exported() && !called[o] && !sets[o]:
				found = append(found, short+"."+name)
			}
			if !isType || !typ.Exported() { // what has no name outside is called as an interface alone
				continue
			}
			named, ok := typ.Type().(*types.Named)
			for i := 0; ok && i < named.NumMethods(); i++ {
				if m := named.Method(i); m.Exported() && !called[m] && !ofErrors[m.Name()] && !slices.ContainsFunc(append(h.embedders(named), named), func(n *types.Named) bool { return isAsked(asked, n, m.Name()) }) {
					found = append(found, short+"."+name+"."+m.Name())
				}
			}
		}
	}
	if len(h.ours) < 20 || len(called) < 500 {
		t.Fatalf("only %d packages and %d calls: the search is broken", len(h.ours), len(called))
	}
	slices.Sort(found)
	used := map[string]bool{}
	for _, name := range found {
		excuse := excuseOf(name)
		if used[excuse] = true; excuse == "" {
			t.Errorf("%s is exported and nothing outside its package calls it", name)
		}
	}
	for name := range uncalled {
		if !used[name] {
			t.Errorf("%s has a caller or is gone, and still is excused", name)
		}
	}
}

// excuseOf is the name, or what stands for it, in the list; "" = it has none.
func excuseOf(name string) string {
	for n := range uncalled {
		if stem, all := strings.CutSuffix(n, "*"); n == name || all && strings.HasPrefix(name, stem) {
			return n
		}
	}
	return ""
}

// sets are the constants of which another one, declared beside it, is called: one of
// a closed set, which is whole or says nothing.
func (h *house) sets(called map[types.Object]bool) map[types.Object]bool {
	out := map[types.Object]bool{}
	for _, f := range h.files {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			var all []types.Object
			for _, spec := range g.Specs {
				for _, id := range spec.(*ast.ValueSpec).Names {
					all = append(all, h.info.Defs[id])
				}
			}
			if slices.ContainsFunc(all, func(o types.Object) bool { return called[o] }) {
				for _, o := range all {
					out[o] = true
				}
			}
		}
	}
	return out
}

// embedders are the types that have another's methods because they hold one.
func (h *house) embedders(of *types.Named) (out []*types.Named) {
	for _, p := range h.ours {
		for _, name := range p.Scope().Names() {
			named, ok := p.Scope().Lookup(name).Type().(*types.Named)
			if !ok {
				continue
			}
			s, ok := named.Underlying().(*types.Struct)
			for i := 0; ok && i < s.NumFields(); i++ {
				typ := s.Field(i).Type()
				if ptr, ok := typ.(*types.Pointer); ok {
					typ = ptr.Elem()
				}
				if s.Field(i).Embedded() && typ == of {
					out = append(out, named)
				}
			}
		}
	}
	return out
}

// ofErrors are methods that package errors asks for without a name.
var ofErrors = map[string]bool{"Is": true, "As": true, "Unwrap": true}

// isAsked reports whether an interface asks for the method.
func isAsked(asked []*types.Interface, named *types.Named, method string) bool {
	return slices.ContainsFunc(asked, func(i *types.Interface) bool {
		m, _, _ := types.LookupFieldOrMethod(i, false, nil, method)
		return m != nil && (types.Implements(named, i) || types.Implements(types.NewPointer(named), i))
	})
}
