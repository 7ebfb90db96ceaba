package e2e

import (
	"path/filepath"
	"testing"
)

// TestPageUnits runs the pages' own tests, static/test, in a real browser: the
// code under test is the code that is served. A module exports functions whose
// names begin with test; each throws when it fails.
func TestPageUnits(t *testing.T) {
	t.Parallel()
	modules, err := filepath.Glob("../static/test/*.test.js")
	if err != nil || len(modules) == 0 {
		t.Fatalf("no tests of the pages: %v", err)
	}
	b := newBrowser(t)
	n := newNode(t, "--data", t.TempDir())
	p := b.Open("units", n.url+"/", 1366, 768)
	for _, module := range modules {
		name := filepath.Base(module)
		t.Run(name, func(t *testing.T) {
			got := get[string](p, `import('/s/units/test/`+name+`').then(async (m) => {
				const tests = Object.keys(m).filter((k) => k.startsWith('test'));
				for (const k of tests) {
					try { await m[k](); } catch (e) { return k + ': ' + e; }
				}
				return tests.length ? 'ok' : 'no tests';
			}, (e) => String(e))`)
			if got != "ok" {
				t.Error(got)
			}
		})
	}
}
