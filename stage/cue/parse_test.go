package cue

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hecai/strict"
)

// badForm has eleven mistakes of form. An organiser who mends a file wants all
// of them at once, each with its place.
const badForm = `{
  "session": 7,
  "title": "示例",
  "title": "又一次",
  "mode": null,
  "colour": "red",
  "cues": [
    {"id": "a", "plan": 1.5, "confirm": "yes", "actions": [{"kind": "scene", "Scene": "idle"}]},
    {"id": ["a"], "lines": {"mark": 1, "mark": "x"}, "auto": 99999999999},
    "third",
    {"actions": {"kind": "end"}}
  ]
}`

func codes(problems []strict.Problem) []string {
	var out []string
	for _, p := range problems {
		out = append(out, p.Path+" "+p.Code)
	}
	return out
}

func TestEveryMistakeOfFormIsListedAndNothingIsTaken(t *testing.T) {
	r, problems := ParseRundown([]byte(badForm))
	want := []string{
		"session file.type",
		"title file.duplicate_field",
		"colour file.unknown_field",
		"cues[0].plan file.type",
		"cues[0].confirm file.type",
		"cues[0].actions[0].Scene file.unknown_field",
		"cues[1].id file.type",
		"cues[1].lines.mark file.type",
		"cues[1].lines.mark file.duplicate_field",
		"cues[1].auto file.type",
		"cues[2] file.type",
		"cues[3].actions file.type",
	}
	if d := cmp.Diff(want, codes(problems)); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
	if !reflect.DeepEqual(r, Rundown{}) {
		t.Errorf("part of it was taken: %+v", r)
	}
}

func TestSyntaxTellsTheLine(t *testing.T) {
	deep := strings.Repeat(`{"lines":`, form.Depth+1) + "{}" + strings.Repeat("}", form.Depth+1)
	for name, c := range map[string]struct {
		text, code string
		line       int
	}{
		"comma":     {"{\n\"title\": \"x\",\n}", "file.syntax", 3},
		"two":       {"{}\n{}", "file.syntax", 2},
		"empty":     {"", "file.syntax", 1},
		"cut short": {"{\"cues\": [", "file.syntax", 1},
		"not text":  {"{\"title\": \"\xff\"}", "file.encoding", 1},
		"too large": {`{"title":"` + strings.Repeat("x", form.Bytes) + `"}`, "file.too_large", 0},
		"too deep":  {deep, "file.too_deep", 1},
	} {
		r, problems := ParseRundown([]byte(c.text))
		if len(problems) != 1 || problems[0].Code != c.code || problems[0].Line != c.line || !reflect.DeepEqual(r, Rundown{}) {
			t.Errorf("%s: %+v, rundown %+v", name, problems, r)
		}
	}
}

func TestFormIsForgivingWhereNothingCanBeMisread(t *testing.T) {
	plain, problems := ParseRundown([]byte(`{"title":"示例"}`))
	marked, more := ParseRundown([]byte("\xef\xbb\xbf \n{\"title\":\"示例\",\"subtitle\":null,\"cues\":null} \n"))
	if len(problems)+len(more) > 0 || !reflect.DeepEqual(plain, marked) {
		t.Errorf("%v %v: %+v and %+v", problems, more, plain, marked)
	}
}

// TestAFileOfBeforeIsRead: of when a rundown said itself whether it was a rehearsal. What
// it says is no more than read over, and only where it stood.
func TestAFileOfBeforeIsRead(t *testing.T) {
	plain, _ := ParseRundown([]byte(`{"title":"示例","cues":[]}`))
	for _, mode := range []string{`"live"`, `"rehearsal"`, `null`, `7`, `{"a":[1]}`} {
		r, problems := ParseRundown([]byte(`{"title":"示例","mode":` + mode + `,"cues":[]}`))
		if len(problems) > 0 || !reflect.DeepEqual(r, plain) {
			t.Errorf("mode %s: %v, %+v", mode, problems, r)
		}
	}
	_, problems := ParseRundown([]byte(`{"title":"示例","Mode":"live","cues":[{"id":"a","mode":"live"}]}`))
	if got := codes(problems); !slices.Equal(got, []string{"Mode file.unknown_field", "cues[0].mode file.unknown_field"}) {
		t.Error(got)
	}
}

func TestProblemsAreBounded(t *testing.T) {
	_, problems := ParseRundown([]byte(`{"cues":[` + strings.Repeat("1,", 5000) + `1]}`))
	if len(problems) != form.Problems {
		t.Errorf("%d problems", len(problems))
	}
	long := strings.Repeat("长", 4000)
	_, problems = ParseRundown([]byte(`{"` + long + `": 1, "title": ` + strings.Repeat("1", 4000) + `}`))
	text, _ := json.Marshal(problems)
	if len(problems) != 2 || len(text) > 1000 {
		t.Errorf("%d problems echo %d bytes of the file", len(problems), len(text))
	}
}

// TestAHugeNumberIsAProblemOfItsField: it once ended the listing, as if the file
// were no JSON, and was echoed whole.
func TestAHugeNumberIsAProblemOfItsField(t *testing.T) {
	_, problems := ParseRundown([]byte(`{"session": 1e999, "cues": [{"plan": 1e400}]}`))
	if got := codes(problems); !slices.Equal(got, []string{"session file.type", "cues[0].plan file.type"}) {
		t.Error(got)
	}
}

// badReferences has one mistake of each sort that a well-formed rundown can have.
func badReferences() Rundown {
	reveal := func(what string) Action { return Action{Kind: doReveal, What: what} }
	cue := func(id string, actions ...Action) Cue { return Cue{ID: id, Title: "示例", Actions: actions} }
	first := Action{Kind: doReveal, What: RevealAward, Award: "first"}
	return Rundown{Session: "fi nal", Title: " ", Subtitle: "a\x00b", Cues: []Cue{
		cue("bad id", Action{Kind: doScene, Scene: "nowhere"}, Action{Kind: "dance"}),
		cue("twice", Action{Kind: doEntry, Entry: "e99"}, Action{Kind: doTimer, Seconds: 0}),
		cue("twice", Action{Kind: doBallotOpen, Ballot: "zzz", Seconds: -1}),
		{ID: "lines", Title: "示例", Line: "{winer} 获奖", Lines: map[string]string{"mrak": "{", "turn": "}{"}, Plan: -1, Auto: maxAuto + 1, Lane: "judge",
			Actions: []Action{{Kind: doScene, Scene: "idle", Args: map[string]string{"a b": "x"}}}},
		cue("early", Action{Kind: doReveal, What: RevealBoard, From: -1}),
		cue("unknown", reveal("everything")),
		cue("loose", first),
		cue("seal", Action{Kind: doSeal}),
		{ID: "again", Title: "示例", Confirm: true, Actions: []Action{first}},
		{ID: "both", Title: "示例", Confirm: true, Actions: []Action{{Kind: doSeal, Ballot: "q"}, reveal(RevealVerify), reveal(RevealTally)}},
		cue("empty"),
		cue("mode", Action{Kind: doDanmaku, Mode: "loud"}, Action{Kind: doCamera}, Action{Kind: doSheetsLock, Entry: "e98"}),
		{ID: "award", Title: "示例", Confirm: true, Actions: []Action{{Kind: doReveal, What: RevealAward, Award: "zeroth"}}},
		{ID: "check", Title: "示例", Lane: laneHost, Actions: []Action{reveal(RevealVerify)}},
	}}
}

func TestEveryWrongReferenceIsListed(t *testing.T) {
	r := badReferences()
	want := []string{
		"session rundown.bad_id",
		"title rundown.required",
		"subtitle rundown.bad_text",
		"cues[0].id rundown.bad_id",
		"cues[0].actions[0].scene rundown.one_of",
		"cues[0].actions[1].kind rundown.unknown_kind",
		"cues[1].actions[0].entry rundown.unknown_entry",
		"cues[1].actions[1].label rundown.required",
		"cues[1].actions[1].seconds rundown.range",
		"cues[2].id rundown.duplicate_id",
		"cues[2].actions[0].ballot rundown.unknown_ballot",
		"cues[2].actions[0].seconds rundown.range",
		"cues[3].line rundown.unknown_field_in_line",
		"cues[3].lines.mrak rundown.one_of",
		"cues[3].lines.mrak rundown.bad_line",
		"cues[3].lines.turn rundown.bad_line",
		"cues[3].plan rundown.range",
		"cues[3].auto rundown.range",
		"cues[3].lane rundown.one_of",
		"cues[3].actions[0].args rundown.bad_id",
		"cues[4].actions[0].from rundown.range",
		"cues[4].actions[0] rundown.before_seal",
		"cues[5].actions[0].what rundown.unknown_reveal",
		"cues[6].actions[0] rundown.before_seal",
		"cues[6].confirm rundown.needs_confirm",
		"cues[7].confirm rundown.needs_confirm",
		"cues[8].actions[0] rundown.revealed_twice",
		"cues[9].actions[0].ballot rundown.unknown_ballot",
		"cues[9].actions[0] rundown.sealed_twice",
		"cues[9].actions[2].ballot rundown.unknown_ballot",
		"cues[9].actions rundown.two_reveals",
		"cues[9].actions rundown.reveal_apart",
		"cues[10].actions rundown.count",
		"cues[11].actions[0].mode rundown.one_of",
		"cues[11].actions[1].camera rundown.bad_id",
		"cues[11].actions[2].entry rundown.unknown_entry",
		"cues[12].actions[0].award rundown.unknown_award",
		"cues[13].actions[0] rundown.revealed_twice",
		"cues[13].lane rundown.host_verify",
	}
	if d := cmp.Diff(want, codes(r.Validate(smallCatalog(t, 3, 3)))); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
}

func TestBoundsOfARundown(t *testing.T) {
	c := smallCatalog(t, 3, 3)
	r := Blank("final", "示例")
	for i := range maxCues + 1 {
		r.Cues = append(r.Cues, Cue{ID: fmt.Sprint("c", i), Title: "示例", Actions: []Action{{Kind: doEnd}}})
	}
	if got := codes(r.Validate(c)); !slices.Equal(got, []string{"cues rundown.too_many"}) {
		t.Error(got)
	}
	r.Cues = r.Cues[:maxCues]
	if got := r.Validate(c); len(got) > 0 {
		t.Error(codes(got))
	}
	args := map[string]string{}
	for i := range maxArgs + 1 {
		args[fmt.Sprint("k", i)] = ""
	}
	r.Cues = []Cue{{ID: strings.Repeat("x", maxID+1), Title: strings.Repeat("名", maxName+1), Detail: strings.Repeat("字", maxText+1),
		Actions: slices.Repeat([]Action{{Kind: doScene, Scene: "idle", Args: args}}, maxActions+1)}}
	got := codes(r.Validate(c))
	for _, want := range []string{"cues[0].id rundown.bad_id", "cues[0].title rundown.too_long", "cues[0].detail rundown.too_long",
		"cues[0].actions rundown.count", "cues[0].actions[0].args rundown.too_many"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %s in %v", want, got)
		}
	}
}

// FuzzParseRundown: whatever comes in, the parser ends, and it either lists
// faults and takes nothing, or what it took is written and read back the same.
func FuzzParseRundown(f *testing.F) {
	f.Add(demoFile)
	f.Add([]byte(badForm))
	f.Add([]byte(`{"cues":[{"lines":{"mark":null},"actions":[{"kind":"scene","args":{"":"x"}}]}]}`))
	f.Add([]byte("\xef\xbb\xbfnull"))
	f.Add([]byte(`[[{"a":[1e999,true,"\ud800"]}]]`))
	c := smallCatalog(f, 3, 3)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, problems := ParseRundown(data)
		if len(problems) > 0 {
			if !reflect.DeepEqual(r, Rundown{}) {
				t.Fatalf("problems %v, and yet %+v", codes(problems), r)
			}
			return
		}
		r.Validate(c)
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > form.Bytes { // escapes may be longer than what they stand for
			return
		}
		again, problems := ParseRundown(text)
		if len(problems) > 0 {
			t.Fatalf("its own text is refused: %v", codes(problems))
		}
		if text2, _ := json.Marshal(again); string(text2) != string(text) {
			t.Fatalf("written as\n%s\nread back as\n%s", text, text2)
		}
	})
}
