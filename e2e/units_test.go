package e2e

import "testing"

// TestPageUnits runs the pages' own tests, static/test, in a real browser: the
// code under test is the code that is served.
func TestPageUnits(t *testing.T) {
	b := newBrowser(t)
	n := newNode(t, "--data", t.TempDir())
	p := b.Open("units", n.url+"/", 1366, 768)
	for module, tests := range map[string][]string{
		"verify.test.js": {"testHash", "testProofs"},
	} {
		for _, name := range tests {
			t.Run(module+"/"+name, func(t *testing.T) {
				if got := get[string](p, `import('/s/units/test/`+module+`').then((m) => m.`+name+`()).then(() => 'ok', (e) => String(e))`); got != "ok" {
					t.Error(got)
				}
			})
		}
	}
}
