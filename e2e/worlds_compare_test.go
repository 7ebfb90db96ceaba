package e2e

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// reveals are the facts that may carry a result.
var reveals = []string{"mark_revealed", "marks_trimmed", "score_revealed", "board_revealed", "award_revealed", "tally_revealed", "verification_shown"}

// compare holds the two transcripts against each other. It reports whether the
// worlds parted before the verification, which always differs.
func (s *script) compare(t *testing.T, a, b transcript) bool {
	t.Helper()
	if len(a.steps) != len(b.steps) {
		t.Fatalf("%d steps in one world, %d in the other", len(a.steps), len(b.steps))
	}
	parted := 0
	for parted < len(a.facts) && parted < len(b.facts) && same(a.facts[parted], b.facts[parted]) {
		parted++
	}
	if parted == len(a.facts) {
		t.Fatal("the worlds never parted: the test proves nothing")
	}
	first := a.facts[parted]
	if !slices.Contains(reveals, first.Kind) {
		t.Fatalf("fact %d differs, and it is no reveal: %s\n%s\n%s", first.Seq, first.Kind, first.Body, b.facts[parted].Body)
	}
	s.mayDiffer(t, first, b.facts[parted])
	for i := range a.steps {
		if a.at[i] > parted { // this step reveals it
			return first.Kind != "verification_shown"
		}
		for stream := range maps.Keys(a.steps[i]) {
			if x, y := a.steps[i][stream], b.steps[i][stream]; !bytes.Equal(x, y) && !sameEnd(x, y, strings.Contains(stream, " ballot/") || a.several && strings.Contains(stream, " pulse/")) {
				t.Fatalf("step %d, %s: bytes differ before any differing fact is revealed\n%s\n---\n%s", i, stream, clip(x), clip(y))
			}
		}
		if len(a.steps[i]) != len(b.steps[i]) {
			t.Fatalf("step %d: %d streams spoke in one world, %d in the other", i, len(a.steps[i]), len(b.steps[i]))
		}
	}
	t.Fatal("a fact was told in no step")
	return false
}

// sameEnd reports whether frames of a state topic lead to one document at one
// version. Documents are asked for, and where the machine is slow one frame tells
// several changes, so which frames come depends on it. Of a scoreboard, which counts
// what it was asked for, the version does too, and of a pulse, which counts how the
// nodes came to know who is at the others.
func sameEnd(a, b []byte, counts bool) bool {
	docA, vA := endOf(a)
	docB, vB := endOf(b)
	return (counts || vA == vB) && docA != nil && docB != nil && (reflect.DeepEqual(docA, docB) || within(docA, docB) || within(docB, docA))
}

// within reports whether all that a says b says too: deltas alone tell only what
// has changed.
func within(a, b map[string]any) bool {
	for k, v := range a {
		if w, ok := b[k]; !ok || !reflect.DeepEqual(v, w) {
			return false
		}
	}
	return true
}

// endOf applies snaps and deltas in order.
func endOf(frames []byte) (doc map[string]any, version int64) {
	for line := range bytes.Lines(frames) {
		var f struct {
			T string
			V int64
			D map[string]any
		}
		if json.Unmarshal(line, &f) != nil || f.T != "snap" && f.T != "delta" {
			return nil, 0
		}
		if doc == nil || f.T == "snap" {
			doc = map[string]any{}
		}
		maps.Copy(doc, f.D)
		version = f.V
	}
	return doc, version
}

func same(a, b wireFact) bool {
	return a.Seq == b.Seq && a.At == b.At && a.Kind == b.Kind && bytes.Equal(a.Body, b.Body)
}

// mayDiffer checks that a mark is of an exchanged entry: the other reveals name
// many entries, or none.
func (s *script) mayDiffer(t *testing.T, a, b wireFact) {
	t.Helper()
	if !strings.HasPrefix(a.Kind, "mark") && a.Kind != "score_revealed" {
		return
	}
	var body struct {
		Entry string `json:"entry"`
	}
	json.Unmarshal(a.Body, &body)
	if body.Entry != "" && !slices.Contains(s.swap[:], body.Entry) {
		t.Fatalf("marks of %s differ, though only %v were exchanged: %s %s", body.Entry, s.swap, a.Body, b.Body)
	}
}

func clip(b []byte) []byte {
	if len(b) > 3000 {
		return b[:3000]
	}
	return b
}
