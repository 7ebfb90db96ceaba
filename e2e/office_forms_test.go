package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// An attribute that is sometimes absent: given null, it becomes a property set to
// "", and as a constraint that refuses everything.
var emptyConstraint = regexp.MustCompile(`\s(pattern|min|max|step|maxlength|minlength|accept|list)=\$\{[^}]*(\bnull\b|\bundefined\b|\bfalse\b|''|"")[^}]*\}`)

// TestNoConstraintIsEmpty: on no page may a field's constraint be absent by
// being empty. It is left out by a spread instead.
func TestNoConstraintIsEmpty(t *testing.T) {
	t.Parallel()
	if !emptyConstraint.MatchString("<input pattern=${role === 'screen' ? '[a-z]*' : null} />") {
		t.Fatal("the search is broken")
	}
	seen := 0
	err := filepath.WalkDir("../static", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".js") || strings.Contains(path, "vendor") {
			return err
		}
		text, err := os.ReadFile(path)
		seen++
		for _, m := range emptyConstraint.FindAllString(string(text), -1) {
			t.Errorf("%s:%s", path, m)
		}
		return err
	})
	if err != nil || seen < 30 {
		t.Fatalf("%d modules read: %v", seen, err)
	}
}
