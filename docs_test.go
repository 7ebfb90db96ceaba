package hecai_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestTheWalkIsTrue: every file and function that docs/architecture.md names is
// there.
func TestTheWalkIsTrue(t *testing.T) {
	raw, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	token := regexp.MustCompile("`([^`\\s]+)`")
	file := regexp.MustCompile(`^[\w./-]+\.(go|js|md)$`)
	named, last := 0, ""
	for _, m := range token.FindAllStringSubmatch(string(raw), -1) {
		path, name, both := strings.Cut(m[1], ":")
		switch {
		case file.MatchString(path):
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s is not there", path)
				continue
			}
			last = path
		case !both && regexp.MustCompile(`^[a-z]+[A-Z]\w*$|^(admit|prepare)$`).MatchString(path):
			name, path = path, last // in the file that was named last
		default:
			if info, err := os.Stat(path); strings.Contains(path, "/") && !strings.HasPrefix(path, "/") && (err != nil || !info.IsDir()) {
				t.Errorf("%s is no package", path)
			}
			continue
		}
		if name == "" {
			continue
		}
		named++
		if !declares(t, path, name) {
			t.Errorf("%s has no %s", path, name)
		}
	}
	if named < 30 {
		t.Errorf("only %d names were found: the search is broken", named)
	}
}

// declares reports whether a Go file or a page's module declares the name.
func declares(t *testing.T, path, name string) bool {
	t.Helper()
	form := regexp.MustCompile(`(?m)^(func (\([^)]*\) )?|type |export (async )?function |  (async )?)` + name + `\b`)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return form.Match(raw)
}

// TestTheWaysAreThere: every file and folder that CONTRIBUTING.md names is there.
func TestTheWaysAreThere(t *testing.T) {
	raw, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, m := range regexp.MustCompile("`([\\w.-]+/[\\w./-]*|[\\w.-]+\\.(?:go|sql))`").FindAllStringSubmatch(string(raw), -1) {
		named++
		if _, err := os.Stat(m[1]); err != nil {
			t.Errorf("%s is not there", m[1])
		}
	}
	if named < 25 {
		t.Errorf("only %d names were found: the search is broken", named)
	}
}
