// Package needtest says what a test needs of the machine it runs on.
package needtest

import (
	"os"
	"os/exec"
	"testing"
)

// Missing skips the test for what the machine doesn't have, and fails it where
// every test must run (REQUIRE_ALL=1).
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("REQUIRE_ALL") == "1" {
		t.Fatalf("REQUIRE_ALL=1, and "+format, args...)
	}
	t.Skipf("skipped: "+format, args...)
}

// Program returns the path of an installed program.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, "%s is not installed", name)
	}
	return path
}
