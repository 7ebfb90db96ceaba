package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hecai/needtest"
)

var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "hecai-bin")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "hecai")
	cmd := exec.Command("go", "build", "-o", path, "hecai/server")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // static, as in the container
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the server: %v\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	// Tests here wait far more than they work. A -parallel that is given counts.
	_ = flag.Set("test.parallel", "4")
	// Under nohup a closing terminal is ignored, by the programs that are started
	// here too; what is caught here is not.
	for _, sig := range []os.Signal{syscall.SIGHUP, os.Interrupt} {
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
	code := m.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// Node is the real program in its own process.
type Node struct {
	t     testing.TB
	url   string
	args  []string
	wrap  []string // command that runs the program, for its limits
	setup string   // secret of the first organiser's link, when it was printed

	run func(args []string) *exec.Cmd // nil: the binary as it is
	cmd *exec.Cmd
	out *bytes.Buffer
	mu  sync.Mutex
}

var portsGiven sync.Map

// freePort returns a port that was free a moment ago on both TCP and UDP, and
// that no other test was given.
func freePort(t testing.TB) int {
	t.Helper()
	for range 20 {
		port, err := needtest.Port()
		if err != nil {
			t.Fatal(err)
		}
		if _, taken := portsGiven.LoadOrStore(port, true); !taken {
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

// newNode starts `serve` on a fresh data folder and free ports.
func newNode(t testing.TB, args ...string) *Node {
	t.Helper()
	return newNodeIn(t, nil, args...)
}

// newNodeIn is newNode, with the process made by run.
func newNodeIn(t testing.TB, run func(args []string) *exec.Cmd, args ...string) *Node {
	t.Helper()
	port, media := freePort(t), freePort(t)
	n := &Node{t: t, run: run, url: fmt.Sprintf("http://127.0.0.1:%d", port)}
	n.args = append(args, "--listen", fmt.Sprintf("127.0.0.1:%d", port), "--media", fmt.Sprintf("127.0.0.1:%d", media))
	holdNode(t, fmt.Sprintf("127.0.0.1:%d", port))
	t.Cleanup(n.Kill)
	n.Start()
	return n
}

var setupLink = regexp.MustCompile(`#setup=([A-Za-z0-9_-]+)`)

// Start starts the process and waits until it is ready.
func (n *Node) Start() {
	n.t.Helper()
	n.begin()
	for deadline := time.Now().Add(2 * patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if n.status("/readyz") == http.StatusOK {
			return
		}
	}
	n.t.Fatalf("not ready in %v:\n%s", 2*patience, n.Output())
}

// begin starts the process.
func (n *Node) begin() {
	n.t.Helper()
	run := n.run
	if run == nil {
		path, err := binary()
		if err != nil {
			n.t.Fatal(err)
		}
		line := append(slices.Clone(n.wrap), path)
		run = func(args []string) *exec.Cmd { return exec.Command(line[0], append(line[1:], args...)...) }
	}
	cmd := run(n.args)
	n.mu.Lock()
	n.out = &bytes.Buffer{}
	n.setup = "" // one that was printed before is void, or used
	n.mu.Unlock()
	// Whoever waits for the process has waited for all that it said.
	cmd.Stdout, cmd.Stderr = &lineWriter{n: n}, &lineWriter{n: n}
	if err := cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.cmd = cmd
}

// Output returns what the process printed.
func (n *Node) Output() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.out.String()
}

// lineWriter adds whole lines to what the process printed: half of a link's secret
// is none.
type lineWriter struct {
	n    *Node
	rest []byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.n.mu.Lock()
	defer w.n.mu.Unlock()
	w.rest = append(w.rest, p...)
	end := bytes.LastIndexByte(w.rest, '\n') + 1
	if m := setupLink.FindSubmatch(w.rest[:end]); m != nil {
		w.n.setup = string(m[1])
	}
	w.n.out.Write(w.rest[:end])
	w.rest = bytes.Clone(w.rest[end:])
	return len(p), nil
}

// Kill is kill -9.
func (n *Node) Kill() {
	if n.cmd == nil || n.cmd.Process == nil {
		return
	}
	n.cmd.Process.Kill()
	n.cmd.Wait()
	n.cmd = nil
}

// Stop asks the process to drain and returns its exit code.
func (n *Node) Stop(within time.Duration) int {
	n.t.Helper()
	n.cmd.Process.Signal(syscall.SIGTERM)
	return n.exit(within)
}

// exit waits for the end of the process and returns its code. One that does not end
// is made to say where it is. How long a stop takes is TestStopIsBounded's; elsewhere
// a machine that is busy gets more.
func (n *Node) exit(within time.Duration) int {
	n.t.Helper()
	within = max(within, patience)
	done := make(chan error, 1)
	go func(cmd *exec.Cmd) { done <- cmd.Wait() }(n.cmd)
	select {
	case <-done:
	case <-time.After(within):
		n.cmd.Process.Signal(syscall.SIGQUIT)
		<-done
		n.t.Errorf("not stopped in %v:\n%s", within, n.Output())
	}
	code := n.cmd.ProcessState.ExitCode()
	n.cmd = nil
	return code
}

// Client speaks for one person: its own cookies, or a link token.
type Client struct {
	t      testing.TB
	url    string
	bearer string
	http   *http.Client

	patient bool // Do asks again while the shows move, as a page tells one to
}

func (n *Node) client() *Client { return newClient(n.t, n.url) }

func newClient(t testing.TB, url string) *Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{t: t, url: url, http: &http.Client{Jar: jar, Timeout: patience}}
	return c.through(http.DefaultTransport)
}

// withLink returns a client that holds a link token.
func (c *Client) withLink(token string) *Client {
	holder := &Client{t: c.t, url: c.url, bearer: token, http: &http.Client{Timeout: patience}}
	return holder.through(http.DefaultTransport)
}

// through makes the client's requests go that way, held against openapi.yaml.
func (c *Client) through(way http.RoundTripper) *Client {
	c.http.Transport = checked{c.t, way}
	return c
}

// apiError is what the server says no with.
type apiError struct {
	Status int
	Code   string
	Args   map[string]any
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s %v", e.Status, e.Code, e.Args) }

// Try sends a request; a refusal is an *apiError.
func (c *Client) Try(method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, c.url+path, body)
	if err != nil {
		return err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		var e struct {
			Error struct {
				Code string         `json:"code"`
				Args map[string]any `json:"args"`
			} `json:"error"`
		}
		if json.Unmarshal(raw, &e) != nil || e.Error.Code == "" {
			return &apiError{Status: resp.StatusCode, Code: strings.TrimSpace(string(raw))}
		}
		return &apiError{Status: resp.StatusCode, Code: e.Error.Code, Args: e.Error.Args}
	}
	if out == nil || len(raw) == 0 {
		return nil
	}
	return json.Unmarshal(raw, out)
}

// Do is Try that must succeed.
func (c *Client) Do(method, path string, in, out any) {
	c.t.Helper()
	err := c.Try(method, path, in, out)
	for end := time.Now().Add(patience); (busy(err) || c.patient && moving(err)) && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
		err = c.Try(method, path, in, out)
	}
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
}

// busy reports whether the record had no time for a request: nothing was done, and
// whoever asked is told to ask again.
func busy(err error) bool {
	e, ok := err.(*apiError)
	return ok && e.Code == "store.busy"
}

// moving reports whether a request was not done because the shows go to another node.
func moving(err error) bool {
	e, ok := err.(*apiError)
	return ok && e.Code == "stage.unavailable"
}

// Refused is Try that must fail with the code.
func (c *Client) Refused(code, method, path string, in any) {
	c.t.Helper()
	err := c.Try(method, path, in, nil)
	if e, ok := err.(*apiError); !ok || e.Code != code {
		c.t.Errorf("%s %s: %v, want refusal %s", method, path, err, code)
	}
}

type object = map[string]any

// status is what a page answers, 0 for nothing, as from a port that is open before
// anybody answers there.
func (n *Node) status(path string) int {
	r, err := (&http.Client{Timeout: 20 * time.Second}).Get(n.url + path)
	if err != nil {
		return 0
	}
	r.Body.Close()
	return r.StatusCode
}

// organiser makes the first organiser and returns their client.
func (n *Node) organiser() *Client {
	n.t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		n.mu.Lock()
		token := n.setup
		n.mu.Unlock()
		if token != "" {
			c := n.client()
			refusedWith(n.t, "a short password", "access.password_length", c.Try("POST", "/v1/setup", object{"token": token, "name": "组织者", "password": "x"}, nil))
			c.Do("POST", "/v1/setup", object{"token": token, "name": "组织者", "password": "a long password"}, nil)
			return c
		}
		time.Sleep(10 * time.Millisecond)
	}
	n.t.Fatalf("no setup link was printed:\n%s", n.Output())
	return nil
}

// phone makes an audience device.
func (n *Node) phone() *Client {
	n.t.Helper()
	c := n.client()
	c.Do("POST", "/v1/device", object{}, nil)
	return c
}

// link makes a link and returns its holder.
func (c *Client) link(role, name, session string) *Client {
	c.t.Helper()
	var out struct {
		Token string `json:"token"`
	}
	c.Do("POST", "/v1/admin/links", object{"role": role, "name": name, "session": session}, &out)
	return c.withLink(out.Token)
}

// printed waits for a part of what the process prints, such as a link's secret.
func (n *Node) printed(form *regexp.Regexp) string {
	n.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if m := form.FindStringSubmatch(n.Output()); m != nil {
			return m[1]
		}
	}
	n.t.Fatalf("not printed: %v\n%s", form, n.Output())
	return ""
}

// signIn spends the one-time link that the demo prints for a page.
func (n *Node) signIn(page string) *Client {
	n.t.Helper()
	token := n.printed(regexp.MustCompile("/" + page + `#login=([A-Za-z0-9_-]+)`))
	c := n.client()
	c.Do("POST", "/v1/signin/link", object{"token": token}, nil)
	return c
}

// postSDP sends an offer and returns the answer.
func postSDP(t testing.TB, url, offer string) string {
	t.Helper()
	resp, err := http.Post(url, "application/sdp", strings.NewReader(offer))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatalf("POST %s: %d %v\n%s", url, resp.StatusCode, err, body)
	}
	return string(body)
}
