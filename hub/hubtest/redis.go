package hubtest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Redis is a real redis-server of the test's own, without persistence, on a
// port of its own.
type Redis struct {
	Addr string
	path string
	dir  string
	cmd  *exec.Cmd // nil while it is down
}

// StartRedis starts a redis-server and ends it with the test. Without one on
// the machine the test is skipped; REQUIRE_ALL=1 makes that a failure.
func StartRedis(t testing.TB) *Redis {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("REQUIRE_ALL") == "1" {
			t.Fatal("redis-server is not installed, and REQUIRE_ALL=1 asks for every test")
		}
		t.Skip("redis-server is not installed, so the Redis broker is not tested here")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &Redis{Addr: l.Addr().String(), path: path, dir: t.TempDir()}
	l.Close()
	r.Start(t)
	t.Cleanup(r.stop)
	return r
}

// URL is the address as redisbus wants it.
func (r *Redis) URL() string { return "redis://" + r.Addr }

// Start starts the server, again after Kill, and waits until it answers.
func (r *Redis) Start(t testing.TB) {
	t.Helper()
	host, port, err := net.SplitHostPort(r.Addr)
	if err != nil {
		t.Fatal(err)
	}
	r.cmd = exec.Command(r.path, "--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--dir", r.dir)
	if err := r.cmd.Start(); err != nil {
		t.Fatalf("start redis-server: %v", err)
	}
	Until(t, "redis-server answers", func() bool {
		answer, err := r.ask("PING")
		return err == nil && answer == "+PONG"
	})
}

// Kill ends the server at once, with all it held.
func (r *Redis) Kill(t testing.TB) {
	t.Helper()
	r.stop()
}

func (r *Redis) stop() {
	if r.cmd != nil {
		r.cmd.Process.Kill()
		r.cmd.Wait()
		r.cmd = nil
	}
}

// FlushAll empties the server.
func (r *Redis) FlushAll(t testing.TB) {
	t.Helper()
	if answer, err := r.ask("FLUSHALL"); err != nil || answer != "+OK" {
		t.Fatalf("FLUSHALL: %q %v", answer, err)
	}
}

// ask sends one inline command, which needs no client library.
func (r *Redis) ask(command string) (string, error) {
	c, err := net.DialTimeout("tcp", r.Addr, time.Second)
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Second))
	if _, err := fmt.Fprintf(c, "%s\r\n", command); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	return strings.TrimSpace(line), err
}
