// Package needtest says what a test needs of the machine it runs on.
package needtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
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

// Port is a port of 127.0.0.1 that nobody has, on TCP and UDP. It is none of those
// that a system gives to outgoing connections and to whoever asks for any port: one
// of these may be gone as soon as somebody connects, before a server starts at it or
// while it is down.
func Port() (int, error) {
	for range 1000 {
		port := 10_000 + rand.IntN(20_000)
		address := fmt.Sprintf("127.0.0.1:%d", port)
		l, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		u, err := net.ListenPacket("udp", address)
		l.Close()
		if err != nil {
			continue
		}
		u.Close()
		return port, nil
	}
	return 0, errors.New("no free port")
}
