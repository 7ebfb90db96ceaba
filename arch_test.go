package hecai_test

import (
	"bufio"
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

// lattice says which of our packages each package may import. Imports only go
// down. Do not widen a row to make a build pass; move the code instead.
var lattice = map[string][]string{
	"":                {},
	"fault":           {},
	"clock":           {},
	"strict":          {},
	"lease":           {"contest"},
	"contest":         {"fault"},
	"contest/plan":    {"strict", "contest"},
	"contest/score":   {"fault", "contest"},
	"contest/roster":  {"strict", "contest"},
	"vote":            {"fault", "contest"},
	"vote/ledger":     {"contest", "vote"},
	"vote/logbook":    {"fault", "vote", "vote/ledger"},
	"vote/box":        {"fault", "lease", "contest", "vote", "vote/ledger"},
	"stage/cue":       {"fault", "strict", "contest", "contest/score", "vote"},
	"stage":           {"fault", "lease", "contest", "contest/score", "vote", "vote/ledger", "stage/cue"},
	"stage/theatre":   {"lease", "contest", "stage"},
	"access":          {"fault", "contest"},
	"hub":             {"fault", "hub/wire"},
	"hub/wire":        {"fault"},
	"hub/client":      {"hub/wire"},
	"needtest":        {},
	"hub/hubtest":     {"hub", "hub/client", "needtest"},
	"hub/redisbus":    {"fault", "hub"},
	"stream":          {"fault", "stream/clip", "stream/codec", "stream/keyframe", "stream/rtpbuf", "stream/timeline"},
	"stream/*":        {"fault"},
	"stream/tally":    {"stream", "stream/rtpbuf"},
	"stream/webrtc":   {"fault", "stream", "stream/codec", "stream/rtpbuf", "stream/sdpfrag"},
	"store":           {"", "fault", "lease", "contest", "contest/score", "vote", "vote/ledger", "stage", "stage/cue", "access"},
	"store/storetest": {"fault", "lease", "contest", "contest/score", "vote", "vote/ledger", "vote/box", "stage", "stage/cue", "access", "store", "needtest"},
	"sheet":           {"strict", "contest", "contest/roster"},
	"live":            {"fault", "contest", "contest/score", "vote", "vote/ledger", "vote/logbook", "vote/box", "stage", "stage/cue", "access"},
	"office":          {"fault", "strict", "contest", "contest/plan", "contest/roster", "contest/score", "vote", "vote/box", "stage", "stage/cue", "access", "sheet"},
	"static":          {},
	"server/httpd":    {"fault", "strict", "contest", "contest/score", "vote", "stage/cue", "access", "live", "office", "stream/webrtc", "static"},
	"server/node":     {"*"},
	"server/demo":     {"*"},
	"server":          {"*"},
	"e2e":             {"*"},

	"tools/pagelib": {}, // of the tools module
}

// fences say which packages may use a third-party module or a standard package.
var fences = map[string][]string{
	"github.com/labstack/echo":       {"server/httpd"},
	"github.com/jmoiron/sqlx":        {"store", "store/storetest"},
	"database/sql":                   {"store", "store/storetest"},
	"github.com/redis/go-redis":      {"hub/redisbus", "access"},
	"github.com/pion":                {"stream", "stream/*", "e2e"},
	"github.com/pion/webrtc":         {"stream/webrtc", "e2e"},
	"github.com/pion/ice":            {"stream/webrtc"},
	"github.com/gorilla/websocket":   {"hub", "hub/client", "hub/hubtest"},
	"github.com/xuri/excelize":       {"sheet"},
	"github.com/prometheus":          {"server/node", "server/httpd"},
	"github.com/chromedp":            {"e2e"},
	"github.com/getkin/kin-openapi":  {"server/httpd"},
	"github.com/alecthomas/kong":     {"server"},
	"github.com/boombuler/barcode":   {"server/httpd", "server/demo"},
	"github.com/jackc/pgx":           {"store", "store/storetest"},
	"modernc.org/sqlite":             {"store", "store/storetest"},
	"golang.org/x/mod/sumdb":         {"vote/ledger"},
	"github.com/alicebob/miniredis":  {"hub/redisbus", "hub/hubtest"},
	"github.com/stretchr/testify":    {},
	"github.com/golang/mock":         {},
	"github.com/prometheus/promauto": {},
}

// pure packages hold rules: no clock, no I/O, no log, no context.
var pure = []string{"strict", "contest", "contest/plan", "contest/score", "contest/roster", "vote", "vote/ledger", "stage/cue"}

var impure = []string{"net/http", "context", "log/slog", "os", "math/rand", "math/rand/v2", "net", "os/exec"}

type source struct {
	pkg  string // folder below the root, "" for the root
	path string
	test bool
	file *ast.File
	fset *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); n != "." && (strings.HasPrefix(n, ".") || n == "testdata" || n == "vendor" || n == "data") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(path))
		if pkg == "." {
			pkg = ""
		}
		out = append(out, source{pkg: pkg, path: path, test: strings.HasSuffix(path, "_test.go"), file: f, fset: fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func matches(list []string, pkg string) bool {
	for _, p := range list {
		if p == "*" || p == pkg || strings.HasSuffix(p, "/*") && strings.HasPrefix(pkg, strings.TrimSuffix(p, "*")) {
			return true
		}
	}
	return false
}

func row(pkg string) ([]string, bool) {
	if r, ok := lattice[pkg]; ok {
		return r, true
	}
	for name, r := range lattice {
		if strings.HasSuffix(name, "/*") && matches([]string{name}, pkg) {
			return r, true
		}
	}
	return nil, false
}

func TestImportLattice(t *testing.T) {
	for _, s := range sources(t) {
		allowed, known := row(s.pkg)
		if !known {
			t.Errorf("%s: package %q has no row in the lattice", s.path, s.pkg)
			continue
		}
		for _, spec := range s.file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if path == "hecai" || strings.HasPrefix(path, "hecai/") {
				ours := strings.TrimPrefix(strings.TrimPrefix(path, "hecai"), "/")
				if s.test && (ours == s.pkg || isTestPackage(ours)) {
					continue
				}
				if ours != s.pkg && !matches(allowed, ours) && !s.test {
					t.Errorf("%s imports %s: upward", s.path, path)
				}
				continue
			}
			for fence, who := range fences {
				if (path == fence || strings.HasPrefix(path, fence+"/")) && !matches(who, s.pkg) && !(s.test && !strings.HasPrefix(s.pkg, "contest")) {
					t.Errorf("%s imports %s: only %v may", s.path, path, who)
				}
			}
			if !s.test && slices.Contains(pure, s.pkg) && slices.Contains(impure, path) {
				t.Errorf("%s imports %s: %s is pure", s.path, path, s.pkg)
			}
		}
	}
}

// TestTheLatticeIsTight: what no code of a package imports, its row doesn't allow.
func TestTheLatticeIsTight(t *testing.T) {
	used := map[string]map[string]bool{}
	for _, s := range sources(t) {
		if used[s.pkg] == nil {
			used[s.pkg] = map[string]bool{}
		}
		for _, spec := range s.file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if !s.test && (path == "hecai" || strings.HasPrefix(path, "hecai/")) {
				used[s.pkg][strings.TrimPrefix(strings.TrimPrefix(path, "hecai"), "/")] = true
			}
		}
	}
	for pkg, row := range lattice {
		for _, may := range row {
			if !strings.Contains(pkg+may, "*") && !used[pkg][may] {
				t.Errorf("%q may import %q and does not", pkg, may)
			}
		}
	}
}

func isTestPackage(pkg string) bool { return strings.HasSuffix(pkg, "test") }

// callsTimeNow finds time.Now in an expression tree.
func callsTimeNow(n ast.Node) bool {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Now" {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	return ok && id.Name == "time"
}

func TestPurePackagesHaveNoClockAndNoGoroutine(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || !slices.Contains(pure, s.pkg) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if n == nil {
				return true
			}
			if callsTimeNow(n) {
				t.Errorf("%s: time.Now in a pure package", s.fset.Position(n.Pos()))
			}
			if _, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s: goroutine in a pure package", s.fset.Position(n.Pos()))
			}
			return true
		})
	}
}

// sqlText finds statements, not words: a verb and its table word.
var sqlText = regexp.MustCompile(`(?i)\b(select\s.+\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s)`)

func TestSQLOnlyInStore(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || strings.HasPrefix(s.pkg, "store") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && sqlText.MatchString(lit.Value) {
				t.Errorf("%s: SQL outside store: %s", s.fset.Position(lit.Pos()), lit.Value)
			}
			return true
		})
	}
}

func TestNoInitAndNoDefaultMux(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, d := range s.file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: init() hides an effect", s.fset.Position(fn.Pos()))
			}
		}
	}
}

// TestEveryVerbIsAsked: a row of the permission table that no code asks for promises
// a bound that is not there. Commands are asked for by their kinds.
func TestEveryVerbIsAsked(t *testing.T) {
	var table []string
	asked := map[string]bool{}
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				if kind, ok := n.Type.(*ast.Ident); ok && s.pkg == "access" && kind.Name == "Verb" {
					table = append(table, n.Names[0].Name)
				}
			case *ast.SelectorExpr:
				if pkg, ok := n.X.(*ast.Ident); ok && pkg.Name == "access" && !s.test && (s.pkg == "live" || s.pkg == "office") {
					asked[n.Sel.Name] = true
				}
			}
			return true
		})
	}
	if len(table) < 30 {
		t.Fatalf("only %d verbs found: the search is broken", len(table))
	}
	for _, name := range table {
		if !asked[name] {
			t.Errorf("access.%s is asked for nowhere", name)
		}
	}
}

// TestADoorCallsOneVerb: an HTTP handler says who asks and for what, calls one verb
// of package live or office, and renders. What takes two is a verb that is missing.
func TestADoorCallsOneVerb(t *testing.T) {
	doors := 0
	for _, s := range sources(t) {
		if s.pkg != "server/httpd" || s.test {
			continue
		}
		for _, d := range s.file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			var verbs []string
			ast.Inspect(fn, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok {
					if room, ok := sel.X.(*ast.SelectorExpr); ok && (room.Sel.Name == "live" || room.Sel.Name == "office") {
						verbs = append(verbs, sel.Sel.Name)
					}
				}
				return true
			})
			if len(verbs) > 1 {
				t.Errorf("%s: %s calls %v", s.fset.Position(fn.Pos()), fn.Name.Name, verbs)
			}
			doors += len(verbs)
		}
	}
	if doors < 50 {
		t.Fatalf("only %d doors found: the search is broken", doors)
	}
}

// TestTheNodeIsNobodysBusiness: the wiring is known to who starts it, and to no room.
func TestTheNodeIsNobodysBusiness(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.pkg == "server/node" || s.pkg == "server/demo" { // the demonstration starts one
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if star, ok := n.(*ast.StarExpr); ok {
				if sel, ok := star.X.(*ast.SelectorExpr); ok && sel.Sel.Name == "Node" {
					t.Errorf("%s knows the node", s.fset.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	doc := map[string]bool{}
	for _, s := range sources(t) {
		if !s.test {
			doc[s.pkg] = doc[s.pkg] || s.file.Doc != nil && len(s.file.Doc.Text()) > 40
		}
	}
	for pkg, ok := range doc {
		if !ok {
			t.Errorf("package %q has no doc comment that says what it owns", pkg)
		}
	}
}

const (
	maxFileLines = 600
	maxFuncLines = 90
)

func TestFilesAndFunctionsStayReadable(t *testing.T) {
	for _, s := range sources(t) {
		if n := s.fset.Position(s.file.End()).Line; n > maxFileLines {
			t.Errorf("%s has %d lines, more than %d", s.path, n, maxFileLines)
		}
		for _, d := range s.file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			n := s.fset.Position(fn.End()).Line - s.fset.Position(fn.Pos()).Line + 1
			if n > maxFuncLines && !s.test {
				t.Errorf("%s: %s has %d lines, more than %d", s.path, fn.Name.Name, n, maxFuncLines)
			}
		}
	}
}

// TestModuleFile holds two promises: no replace directive, and the libc that
// modernc.org/sqlite was generated for (another one corrupts silently).
func TestModuleFile(t *testing.T) {
	mod := readLines(t, "go.mod")
	for _, line := range mod {
		if strings.HasPrefix(strings.TrimSpace(line), "replace") {
			t.Errorf("go.mod: %s", line)
		}
	}
	have := func(want string) bool {
		return slices.ContainsFunc(mod, func(l string) bool { return strings.Contains(l, want) })
	}
	for _, want := range []string{"modernc.org/sqlite v1.62.0", "modernc.org/libc v1.80.1"} {
		if !have(want) {
			t.Errorf("go.mod does not pin %s", want)
		}
	}
}

func readLines(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []string
	for sc := bufio.NewScanner(f); sc.Scan(); {
		out = append(out, sc.Text())
	}
	return out
}

// cases are what users of other programs ran into: each is a kind of trouble that
// a test of ours, or its data, carries the name of.
const cases = `
	clock-step-during-a-vote countdown-of-days csv-cr-line-ends csv-semicolons-inside daily-vote-after-midnight
	disk-full-one-vote emoji-in-danmaku finalists-cannot-be-sealed forwarded-for-with-port fullwidth-digits
	health-by-head host-not-forwarded laptop-slept-during-a-vote names-that-look-alike names-with-control-characters
	partners-parted-by-commas pgbouncer picks-that-add-up postgres-down-for-a-moment proxy-says-too-large qr-address
	rare-characters-on-the-screen redis-shared-with-the-rehearsal second-node ticket-code-as-people-type-it
	two-judges-one-browser verify-in-a-hall video-behind-nat-or-docker voter-without-sockets whep-from-another-site
	whip-simulcast xlsx-code-leading-zeros xlsx-cover-sheet-first xlsx-crlf-in-a-cell xlsx-date-became-number
	xlsx-error-values xlsx-merged-track xlsx-number-1.0 xlsx-stray-cell-at-the-bottom
`

func TestEveryCaseHasATest(t *testing.T) {
	open := map[string]bool{}
	for _, name := range strings.Fields(cases) {
		open[name] = true
	}
	if len(open) != 39 {
		t.Fatalf("%d cases", len(open))
	}
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil || path == "arch_test.go" || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		body, err := os.ReadFile(path)
		for name := range open {
			if strings.Contains(string(body), name) {
				delete(open, name)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range open {
		t.Errorf("no test names the case %s", name)
	}
}
