package hubtest

import (
	"bufio"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"hecai/needtest"
)

// Redis is a real redis-server of the test's own, without persistence, on a
// port of its own.
type Redis struct {
	Addr string
	path string
	dir  string
	args []string
	cmd  *exec.Cmd // nil while it is down
}

// StartRedis starts a redis-server and ends it with the test. Without one on
// the machine the test is skipped; REQUIRE_ALL=1 makes that a failure. args are
// further arguments of redis-server.
func StartRedis(t testing.TB, args ...string) *Redis {
	t.Helper()
	path := needtest.Program(t, "redis-server")
	r := &Redis{Addr: FreeAddr(t), path: path, dir: t.TempDir(), args: args}
	r.Start(t)
	t.Cleanup(r.stop)
	return r
}

// FreeAddr is an address of this machine that nobody listens at.
func FreeAddr(t testing.TB) string {
	t.Helper()
	port, err := needtest.Port()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
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
	args := append([]string{"--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--dir", r.dir}, r.args...)
	if len(r.args) > 0 && strings.HasSuffix(r.args[0], ".conf") { // a sentinel keeps its settings in a file
		args = r.args
	}
	r.cmd = exec.Command(r.path, args...)
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

// Pause silences the server: its connections stand, new ones are made, nothing is
// answered until Resume.
func (r *Redis) Pause(t testing.TB) { r.signal(t, syscall.SIGSTOP) }

// Resume has the server go on with all that it was sent meanwhile.
func (r *Redis) Resume(t testing.TB) { r.signal(t, syscall.SIGCONT) }

func (r *Redis) signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	if err := r.cmd.Process.Signal(sig); err != nil {
		t.Fatalf("redis-server: %v: %v", sig, err)
	}
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

// Ask sends a command that must be answered, such as CONFIG SET or TTL.
func (r *Redis) Ask(t testing.TB, command string) string {
	t.Helper()
	answer, err := r.ask(command)
	if err != nil || strings.HasPrefix(answer, "-") {
		t.Fatalf("%s: %q %v", command, answer, err)
	}
	return answer
}

// ask sends one inline command, which needs no client library.
func (r *Redis) ask(command string) (string, error) {
	c, err := net.DialTimeout("tcp", r.Addr, Patience)
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(Patience))
	if _, err := fmt.Fprintf(c, "%s\r\n", command); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	return strings.TrimSpace(line), err
}
