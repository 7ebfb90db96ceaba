package live

import (
	"slices"
	"strings"
	"testing"

	"hecai/access"
	"hecai/stage/cue"
)

// TestCommandsAreVerbs: every kind of command is a row of the permission table, and
// every row without a place of its own is a kind of command.
func TestCommandsAreVerbs(t *testing.T) {
	table := access.Verbs()
	for _, kind := range cue.Commands() {
		if !slices.Contains(table, access.Verb(kind)) {
			t.Errorf("nobody may %s", kind)
		}
	}
	for _, v := range table {
		if v != access.Watch && !strings.Contains(string(v), "/") && !slices.Contains(cue.Commands(), string(v)) {
			t.Errorf("%s is no command", v)
		}
	}
}
