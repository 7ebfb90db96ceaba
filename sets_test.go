package hecai_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A place holds the members of a closed set: what the pattern's first group finds in
// the file, taken apart by word.
type place struct{ file, within, word string }

func (p place) members(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile(p.file)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(p.within).FindSubmatch(raw)
	if found == nil {
		t.Fatalf("%s: nothing is like %s", p.file, p.within)
	}
	var out []string
	for _, m := range regexp.MustCompile(p.word).FindAllSubmatch(found[1], -1) {
		out = append(out, string(m[1]))
	}
	return out
}

// texts are the keys of a catalogue that begin so, without that.
func texts(t *testing.T, catalogue, prefix string) (out []string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("static/i18n", catalogue))
	var all map[string]string
	if err == nil {
		err = json.Unmarshal(raw, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	for key := range all {
		if name, ok := strings.CutPrefix(key, prefix); ok {
			out = append(out, name)
		}
	}
	return out
}

// equal reports what one list has and the other has not; some may be there besides.
func equal(t *testing.T, where string, got, want []string, besides ...string) {
	t.Helper()
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%s lacks %s", where, w)
		}
	}
	for _, g := range got {
		if !slices.Contains(want, g) && !slices.Contains(besides, g) {
			t.Errorf("%s has %s, which is none", where, g)
		}
	}
}

// TestClosedSetsAreWholeEverywhere: what is written in several places, in several
// languages, is the same in all of them.
func TestClosedSetsAreWholeEverywhere(t *testing.T) {
	const spec, quoted, bare = "server/httpd/openapi.yaml", `['"](\w+)['"]`, `(\w+)`
	scenes := place{"stage/cue/rundown.go", `func scenes\(\) \[\]string \{\s*return \[\]string\{([^}]*)\}`, quoted}.members(t)
	for _, p := range []place{
		{"static/screen/main.js", `const scenes = .*\(\{([^}]*)\}`, `(\w+):`},
		{"static/director/sketch.js", `const SCENES = \[([^\]]*)\]`, quoted},
		{"static/admin/cueform.js", `const SCENES = \[([^\]]*)\]`, quoted},
		{spec, `SceneName: \{type: string, enum: \[([^\]]*)\]`, bare},
	} {
		equal(t, p.file, p.members(t), scenes)
	}
	actions := place{"stage/cue/rundown.go", `// The kinds of action\.\nconst \(([^)]*)\)`, `= "(\w+)"`}.members(t)
	equal(t, spec, place{spec, `    Action:\n(?:.*\n){3} +properties:\n +kind: \{type: string, enum: \[([^\]]*)\]`, bare}.members(t), actions)

	equal(t, "static/admin/cueform.js: KINDS", place{"static/admin/cueform.js", `const KINDS = \[([^\]]*)\]`, quoted}.members(t), actions)
	reveals := place{"stage/cue/rundown.go", `// What a reveal reveals.\nconst \(([^)]*)\)`, `= "(\w+)"`}.members(t)
	equal(t, "static/admin/cueform.js: REVEALS", place{"static/admin/cueform.js", `const REVEALS = \[([^\]]*)\]`, quoted}.members(t), reveals)
	fields := place{"stage/cue/host.go", `func fields\(\) \[\]string \{\s*return \[\]string\{([^}]*)\}`, quoted}.members(t)
	equal(t, "static/admin/cues.js: FIELDS", place{"static/admin/cues.js", `const FIELDS = \[([^\]]*)\]`, quoted}.members(t), fields)
	beats := place{"stage/cue/reveal.go", `(?s)\n\tbeatMark(.*?)\n\)`, `= *"(\w+)"`}.members(t)
	equal(t, "static/admin/cueform.js: BEATS", place{"static/admin/cueform.js", `const BEATS = .*\(\{([^}]*)\}`, quoted}.members(t), beats)

	verbs := map[string]string{}
	raw, err := os.ReadFile("access/roles.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(\w+)\s+Verb = "([^"]+)"`).FindAllSubmatch(raw, -1) {
		verbs[string(m[1])] = string(m[2])
	}
	var acts, noted []string
	for _, name := range (place{"office/change.go", `var noted = \[\]access\.Verb\{([^}]*)\}`, `access\.(\w+)`}).members(t) {
		noted = append(noted, verbs[name])
	}
	files, err := filepath.Glob("office/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\.(?:act|take)\(ctx, id, access\.(\w+)`).FindAllSubmatch(raw, -1) {
			acts = append(acts, verbs[string(m[1])])
		}
	}
	equal(t, "office/change.go: noted", noted, acts)

	for _, language := range []string{"zh", "en"} {
		equal(t, "scenes of admin."+language, texts(t, "admin."+language+".json", "scene."), scenes)
		equal(t, "scenes of director."+language, texts(t, "director."+language+".json", "scene."), scenes, "blackout")
		equal(t, "reveals of admin."+language, texts(t, "admin."+language+".json", "reveal."), reveals)
		equal(t, "fields of admin."+language, texts(t, "admin."+language+".json", "field."), fields)
		equal(t, "beats of admin."+language, texts(t, "admin."+language+".json", "beat."), beats)
		equal(t, "actions of admin."+language, texts(t, "admin."+language+".json", "action."), actions, "entries", "of")
		equal(t, "changes of admin."+language, texts(t, "admin."+language+".json", "change."), noted)
	}
}
