package httpd

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"hecai/access"
	"hecai/contest"
	"hecai/contest/plan"
	"hecai/contest/score"
	"hecai/live"
	"hecai/office"
	"hecai/stage"
	"hecai/stage/cue"
	"hecai/strict"
	"hecai/vote"
	"hecai/vote/ledger"
)

var update = flag.Bool("update", false, "write static/types.d.ts")

// documents are what goes over HTTP and, the first of them, over sockets as well,
// by the names that openapi.yaml has. What they are made of is found.
var documents = map[string]any{
	"View": cue.View{}, "Desk": cue.StaffView{}, "HostView": cue.HostView{}, "Board": vote.PublicBoard{}, "Line": cue.QueuedMessage{},
	"CastReply": live.CastReply{}, "Rev": live.Rev{}, "Said": live.Said{},

	"Error": errorBody{}, "Problem": strict.Problem{}, "Readiness": Readiness{}, "Time": clockReply{}, "LevelReply": live.Level{}, "Ticket": socketTicket{},
	"Me": meReply{}, "MyContest": meMember{}, "Contest": publicPlan{}, "TrackName": trackName{}, "Session": stage.Info{},
	"Proof": ledger.Evidence{}, "LedgerName": live.LedgerName{}, "MyVotes": live.MyVotes{}, "Fact": live.Fact{},
	"JudgeDesk": live.JudgeDesk{}, "JudgeEntry": live.JudgeEntry{}, "Sheet": score.Sheet{},
	"Overview": overview{}, "Task": office.Task{}, "Warning": plan.Warning{}, "JudgeRow": office.Judge{}, "OfficeSession": office.Session{}, "NewSession": office.NewSession{}, "EntryRow": office.Entry{}, "CameraRow": office.Camera{}, "EntryState": office.Standing{}, "Lineup": office.Lineup{},
	"Results": live.Results{}, "WholeResult": cue.Results{}, "OnAir": live.OnAir{}, "Take": contest.Take{}, "Takes": office.Takes{}, "NewTake": office.NewTake{},
	"MadeContest": newContest{}, "Preview": office.Preview{}, "Ballot": vote.Ballot{}, "BallotRow": office.Ballot{}, "Recount": office.Recount{}, "Link": office.Link{},
	"Account": access.Account{}, "Invitation": invitation{}, "NewAccount": newAccount{}, "NewLink": newLink{}, "TicketCodes": ticketCodes{}, "TicketCards": ticketCards{},
	"Changes": office.Changes{}, "ChangeRow": office.Change{}, "ChangePart": office.Part{}, "ChangePlace": office.Place{}, "StagedRundown": office.Rundown{}, "NewBallot": office.NewBallot{}, "Cast": live.Cast{}, "Command": cue.Command{},

	// Parts that are called otherwise in Go, where packages keep them apart.
	"Stage": cue.Session{}, "StageBallot": cue.Ballot{}, "Leaders": cue.Board{}, "Place": cue.BoardRow{}, "DeskCue": cue.StaffCue{},
	"DeskJudge": cue.StaffJudge{}, "Turnout": vote.StaffBoard{}, "PlannedQuota": contest.VoteQuota{},
}

// typist writes Go types as the pages' types.
type typist struct {
	spec  *openapi3.T
	names map[reflect.Type]string
	enums map[string][]string // values of typed constants, by "package.Type"
	told  map[string][]member
}

// member is a field of a document.
type member struct {
	name, kind     string
	optional, null bool
}

// newTypist describes all documents.
func newTypist(t *testing.T) *typist {
	t.Helper()
	w := &typist{spec: openSpec(t), names: map[reflect.Type]string{}, enums: map[string][]string{}, told: map[string][]member{}}
	for name, doc := range documents {
		w.names[reflect.TypeOf(doc)] = name
	}
	for _, dir := range []string{"access", "contest", "contest/score", "fault", "vote"} {
		w.constants(t, dir)
	}
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		w.object(reflect.TypeOf(documents[name]))
	}
	return w
}

// constants finds the values of a package's text types.
func (w *typist) constants(t *testing.T, dir string) {
	t.Helper()
	files, err := os.ReadDir("../../" + dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), "../../"+dir+"/"+file.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			kind, typed := spec.Type.(*ast.Ident)
			value, text := spec.Values[0].(*ast.BasicLit)
			if typed && text && value.Kind == token.STRING {
				v, _ := strconv.Unquote(value.Value)
				key := "hecai/" + dir + "." + kind.Name
				w.enums[key] = append(w.enums[key], "'"+v+"'")
			}
			return true
		})
	}
}

// object describes a struct, and what it is made of, and returns its name.
func (w *typist) object(t reflect.Type) string {
	name := w.names[t]
	if name == "" {
		name = strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
		for other, taken := range w.names {
			if taken == name {
				panic(fmt.Sprintf("%v and %v are both called %s: name one in documents", t, other, name))
			}
		}
		w.names[t] = name
	}
	if w.told[name] == nil {
		w.told[name] = []member{}
		w.told[name] = w.members(t)
		if ref := w.spec.Components.Schemas[name]; ref != nil {
			for i, m := range w.told[name] { // which lists and maps may be null, no Go type says
				if p := ref.Value.Properties[m.name]; p != nil && !m.optional {
					w.told[name][i].null = m.null || p.Value.Nullable && m.loose()
				}
			}
		}
	}
	return name
}

func (w *typist) members(t reflect.Type) []member {
	var out []member
	if t == reflect.TypeFor[vote.PublicBoard]() { // it writes itself, so that nothing else can put figures in
		field := func(name string) reflect.Type { f, _ := t.FieldByName(name); return f.Type }
		return append(w.members(field("head")), member{name: "voters", kind: "number", optional: true},
			member{name: "votes", kind: "number[]", optional: true}, member{name: "rows", kind: w.kind(field("rows"))})
	}
	for i := range t.NumField() {
		f := t.Field(i)
		tag, told := f.Tag.Lookup("json")
		name, rest, _ := strings.Cut(tag, ",")
		switch {
		case name == "-":
		case f.Anonymous && !told:
			inner := f.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			out = append(out, w.members(inner)...)
		default:
			m := member{name: name, optional: strings.Contains(rest, "omitempty")}
			inner := f.Type
			if inner.Kind() == reflect.Pointer {
				inner, m.null = inner.Elem(), !m.optional
			}
			m.kind = w.kind(inner)
			out = append(out, m)
		}
	}
	return out
}

// kind is the pages' name of a type.
func (w *typist) kind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		if values := w.enums[t.PkgPath()+"."+t.Name()]; values != nil {
			return strings.Join(values, " | ")
		}
		return "string"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 { // json.RawMessage
			return "any"
		}
		kind := w.kind(t.Elem())
		if strings.Contains(kind, " ") {
			kind = "(" + kind + ")"
		}
		return kind + "[]"
	case reflect.Map:
		return "Record<string, " + w.kind(t.Elem()) + ">"
	case reflect.Interface:
		return "any"
	case reflect.Pointer:
		return w.kind(t.Elem()) + " | null"
	case reflect.Struct:
		if t.Name() == "" {
			var parts []string
			for _, m := range w.members(t) {
				parts = append(parts, m.String())
			}
			return "{ " + strings.Join(parts, "; ") + " }"
		}
		return w.object(t)
	}
	return "number"
}

// loose reports whether it is a list or a map.
func (m member) loose() bool {
	return strings.HasSuffix(m.kind, "[]") || strings.HasPrefix(m.kind, "Record<")
}

func (m member) String() string {
	name, kind := m.name, m.kind
	if m.optional {
		name += "?"
	}
	if m.null {
		kind += " | null"
	}
	return name + ": " + kind
}

// answers writes which document a path answers with, for paths without parameters.
func (w *typist) answers(b *strings.Builder, method, name string) {
	fmt.Fprintf(b, "  /** What %s answers with. */\n  interface %s {\n", method, name)
	paths := w.spec.Paths.Map()
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		op := paths[path].GetOperation(method)
		if op == nil || strings.Contains(path, "{") || op.Responses.Value("200") == nil {
			continue
		}
		if media := op.Responses.Value("200").Value.Content["application/json"]; media != nil {
			fmt.Fprintf(b, "    '%s': %s;\n", path, w.answer(media.Schema))
		}
	}
	b.WriteString("  }\n")
}

func (w *typist) answer(ref *openapi3.SchemaRef) string {
	name := ref.Ref[strings.LastIndex(ref.Ref, "/")+1:]
	switch {
	case w.told[name] != nil:
		return name
	case ref.Value.Items != nil:
		return w.answer(ref.Value.Items) + "[]"
	}
	panic("no document is called " + name)
}

// TestTypesOfPages: static/types.d.ts is what the documents are.
func TestTypesOfPages(t *testing.T) {
	w := newTypist(t)
	var b strings.Builder
	b.WriteString("// What the server says and is told, over HTTP and the sockets. Made from the Go\n// documents by go generate ./server/httpd; don't edit.\n\ndeclare namespace Doc {\n")
	for _, name := range slices.Sorted(maps.Keys(w.told)) {
		fmt.Fprintf(&b, "  interface %s {\n", name)
		for _, m := range w.told[name] {
			fmt.Fprintf(&b, "    %s;\n", m)
		}
		b.WriteString("  }\n")
	}
	w.answers(&b, "GET", "Gets")
	w.answers(&b, "POST", "Posts")
	b.WriteString("}\n")
	const file = "../../static/types.d.ts"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil || string(have) != b.String() {
		t.Errorf("static/types.d.ts is stale: go generate ./server/httpd (%v)", err)
	}
}

// TestDocumentsAreInTheSpec: openapi.yaml has the very fields of the documents,
// requires none that may be absent and knows which may be null.
func TestDocumentsAreInTheSpec(t *testing.T) {
	w := newTypist(t)
	for name, members := range w.told {
		ref := w.spec.Components.Schemas[name]
		if ref == nil {
			if _, listed := documents[name]; listed && name != "HostView" { // a topic's alone
				t.Errorf("%s is not in openapi.yaml", name)
			}
			continue
		}
		have := slices.Sorted(maps.Keys(ref.Value.Properties))
		var want []string
		for _, m := range members {
			want = append(want, m.name)
			if m.optional && slices.Contains(ref.Value.Required, m.name) {
				t.Errorf("%s.%s may be absent, and openapi.yaml requires it", name, m.name)
			}
			if p := ref.Value.Properties[m.name]; p != nil && m.null != p.Value.Nullable && !m.loose() {
				t.Errorf("%s.%s may be null: %v; in openapi.yaml: %v", name, m.name, m.null, p.Value.Nullable)
			}
		}
		slices.Sort(want)
		if !slices.Equal(have, want) {
			t.Errorf("%s has %v; in openapi.yaml: %v", name, want, have)
		}
	}
}
