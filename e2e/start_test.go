package e2e

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hecai/contest/plan"
	"hecai/hub/client"
)

// launch runs the program to its end and returns its exit code and what it said.
func launch(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	cmd.Dir = t.TempDir() // where ./data would be
	if err := cmd.Run(); ctx.Err() != nil {
		t.Fatalf("%v still runs after %v: %v\n%s%s", args, 2*patience, err, &out, &said)
	}
	return cmd.ProcessState.ExitCode(), out.String(), said.String()
}

// anyPort are free ports, and a fresh data folder unless one is named.
func anyPort(t *testing.T, args ...string) []string {
	args = append([]string{"--listen", "127.0.0.1:0", "--media", "127.0.0.1:0"}, args...)
	if !slices.Contains(args, "--data") {
		args = append(args, "--data", filepath.Join(t.TempDir(), "data"))
	}
	return args
}

// TestCannotStart: what cannot start says so in one line, and exits with 2.
func TestCannotStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	media, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { media.Close() })
	write := func(name, content string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file := write("file", "")
	damaged := filepath.Dir(write("hecai.db", "this is no database, and it is long enough to be looked at as one"+strings.Repeat(".", 4096)))
	used := newNode(t, "--data", t.TempDir())

	tests := []struct {
		name string
		args []string
		says string
	}{
		{"an unknown flag", []string{"--nonsense"}, "--nonsense"},
		{"an unknown command", []string{"dance"}, "dance"},
		{"a flag without its value", []string{"--listen"}, "--listen"},
		{"a number that is none", []string{"demo", "--phones", "many"}, "--phones"},
		{"an unknown log format", []string{"--log-format", "poem"}, "--log-format"},
		{"an address that is none", []string{"--listen", "abc"}, "--listen"},
		{"a media port out of range", []string{"--media", ":70000"}, "--media"},
		{"a public address with a path", anyPort(t, "--public-url", "https://a.example/b"), "--public-url"},
		{"a proxy that is no address", anyPort(t, "--proxies", "nginx"), "--proxies"},
		{"a contest file that is not there", anyPort(t, "--contest", "/no/such.json"), "--contest"},
		{"a contest file that is a folder", anyPort(t, "--contest", t.TempDir()), "--contest"},
		{"another database", anyPort(t, "--database", "mysql://u:secret@h/db"), "--database"},
		{"a port that is taken", append(anyPort(t), "--listen", taken.Addr().String()), taken.Addr().String()},
		{"a media port that is taken", append(anyPort(t), "--media", media.LocalAddr().String()), media.LocalAddr().String()},
		{"a data folder that is a file", anyPort(t, "--data", file), file},
		{"a data folder that cannot be made", anyPort(t, "--data", "/proc/nope"), "/proc/nope"},
		{"a data folder that another process has", anyPort(t, "--data", used.args[1]), used.args[1]},
		{"a damaged database", anyPort(t, "--data", damaged), damaged},
		{"a database that is not there", anyPort(t, "--database", "postgres://u:secret@127.0.0.1:1/db?connect_timeout=2", "--wait", "0s"), "127.0.0.1"},
		{"a database whose address is none", anyPort(t, "--database", "postgres://u:secret@:x/db"), "database"},
		{"a Redis whose address is none", anyPort(t, "--redis", "redis://:secret@127.0.0.1:x"), "--redis"},
		{"a codec that shows don't have", anyPort(t, "--video", "av1"), "--video"},
		{"a media address with a port", anyPort(t, "--media-public", "203.0.113.7:8189"), "--media-public"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := launch(t, tt.args...)
			said := strings.TrimSpace(stderr)
			if code != 2 || stdout != "" {
				t.Errorf("exit code %d, want 2; stdout %q", code, stdout)
			}
			if strings.Count(said, "\n") > 0 || !strings.HasPrefix(said, "hecai: ") || !strings.Contains(said, tt.says) {
				t.Errorf("said %q, want one line with %q", said, tt.says)
			}
			if strings.Contains(said, "secret") {
				t.Errorf("a password is in %q", said)
			}
		})
	}
}

// spoil makes ten mistakes in the built-in plan and returns where.
func spoil(t *testing.T) (file string, paths []string) {
	t.Helper()
	var p object
	if err := json.Unmarshal(plan.Jilin2024, &p); err != nil {
		t.Fatal(err)
	}
	at := func(list string, i int) object { return p[list].([]any)[i].(object) }
	p["code"] = "no spaces"
	p["theme"] = ""
	p["timezone"] = "Mars"
	p["dance"] = true
	at("phases", 1)["from"] = "2024-08-32"
	at("events", 2)["kind"] = "party"
	at("tracks", 1)["id"] = at("tracks", 0)["id"]
	at("criteria", 0)["weight"] = 1
	at("awards", 3)["quota"] = -1
	at("contacts", 0)["phone"] = "13800000000"
	raw, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return file, []string{"code", "theme", "timezone", "dance", "phases[1].from", "events[2].kind", "tracks[1].id", "criteria",
		"awards[3].quota", "contacts[0].phone"}
}

// contents are the files below a folder, with their bytes.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		out[path] = string(raw)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return out
}

// TestContestFileWithTenMistakes: all are named, by path and line, and the data
// folder is as it was.
func TestContestFileWithTenMistakes(t *testing.T) {
	t.Parallel()
	file, paths := spoil(t)
	dir := t.TempDir()
	for name, data := range map[string]string{"a folder that is not there": filepath.Join(dir, "none", "data"), "an empty folder": t.TempDir()} {
		code, stdout, stderr := launch(t, anyPort(t, "--data", data, "--contest", file)...)
		lines := strings.Split(strings.TrimSpace(stderr), "\n")
		if code != 2 || stdout != "" || len(lines) != 1+len(paths) {
			t.Errorf("%s: exit code %d, stdout %q, %d lines, want 2, none, %d:\n%s", name, code, stdout, len(lines), 1+len(paths), stderr)
		}
		for _, path := range paths {
			if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "line ") && strings.Contains(l, path) }) {
				t.Errorf("%s: no word of %s in\n%s", name, path, stderr)
			}
		}
		if got := contents(t, data); len(got) != 0 {
			t.Errorf("%s: %d files afterwards", name, len(got))
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("a folder was made: %v %v", left, err)
	}
}

// TestContestFileCountsOnce: the record has its plan from the first start; what
// the flag names later is not looked at, so that a file that was spoiled since
// keeps nobody from restarting in the middle of a show.
func TestContestFileCountsOnce(t *testing.T) {
	t.Parallel()
	file, _ := spoil(t)
	data := t.TempDir()
	n := newNode(t, "--data", data)
	var before, after any
	n.client().Do("GET", "/v1/contest", nil, &before)
	if code := n.Stop(10 * time.Second); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	n.args = append(n.args, "--contest", file)
	n.Start()
	if n.client().Do("GET", "/v1/contest", nil, &after); !reflect.DeepEqual(before, after) {
		t.Error("the plan of record changed")
	}
}

// floater is a phone that votes over its socket until it is told to go.
type floater struct {
	voter
	ws *client.Client

	mu   sync.Mutex
	byes []client.Frame // guarded by mu
}

func (n *Node) float() *floater {
	n.t.Helper()
	f := &floater{voter: voter{c: n.phone()}}
	ws, err := f.c.socket(n.t.Context(), client.Config{OnFrame: func(fr client.Frame) {
		if fr.T == "bye" {
			f.mu.Lock()
			f.byes = append(f.byes, fr)
			f.mu.Unlock()
		}
	}})
	if err != nil {
		n.t.Fatal(err)
	}
	if err := ws.Sub(nil, "stage/final", "ballot/crash"); err != nil {
		n.t.Fatal(err)
	}
	if err := ws.Req(n.t.Context(), "nothing", object{}, nil); err == nil || err.Error() != "wire.unknown_method" {
		n.t.Fatalf("the socket is not open: %v", err)
	}
	f.ws = ws
	return f
}

// burst votes until the socket is gone.
func (f *floater) burst(ctx context.Context, entries []string, rng *rand.Rand) {
	for ctx.Err() == nil {
		f.rev++
		f.sent = pick(entries, 3, rng)
		for {
			err := f.ws.Req(ctx, "vote.cast", object{"ballot": "crash", "rev": f.rev, "choice": f.sent}, nil)
			if err == nil {
				f.acks.Add(1)
				f.acked, f.held = f.rev, f.sent
				break
			}
			if _, refused := err.(*client.Refused); !refused {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// TestStop: on SIGTERM, on Ctrl-C and when the terminal closes the sockets are
// told to come back, the votes that were acknowledged are there after the
// restart, what was counted over a socket was also answered, and it is no error.
func TestStop(t *testing.T) {
	t.Parallel()
	n := newNode(t, "--data", t.TempDir())
	org := n.organiser()
	entries := importEntries(org, 12)
	org.Do("POST", "/v1/admin/ballots", object{"id": "crash", "title": "示例选票", "session": "final", "entries": entries, "visibility": "live",
		"quota": object{"window": "ballot", "max": 3, "change": true}}, nil)
	org.Do("POST", "/v1/admin/ballots/crash/open", object{"seconds": 0}, nil)
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 2))
	var callers []*voter
	for range 6 {
		callers = append(callers, &voter{c: n.phone()})
	}
	for round, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		var floaters []*floater
		for range 6 {
			floaters = append(floaters, n.float())
		}
		if got := n.metric("hecai_sockets"); got != 6 {
			t.Errorf("hecai_sockets %v, want 6", got)
		}
		var wg sync.WaitGroup
		for _, v := range callers {
			seed := rng.Uint64()
			wg.Go(func() { v.burst("crash", entries, rand.New(rand.NewPCG(seed, 1)), t.Context().Done()) })
		}
		for _, f := range floaters {
			seed := rng.Uint64()
			wg.Go(func() { f.burst(t.Context(), entries, rand.New(rand.NewPCG(seed, 1))) })
		}
		eventually(t, "votes are in flight", func() bool {
			acks := int64(0)
			for _, v := range callers {
				acks += v.acks.Load()
			}
			for _, f := range floaters {
				acks += f.acks.Load()
			}
			return acks >= int64(24*(round+1))
		})
		n.cmd.Process.Signal(sig)
		n.wantExit(0, patience)
		wg.Wait()
		all := slices.Clone(callers)
		for i, f := range floaters {
			f.wantBye(t, i)
			all = append(all, &f.voter)
		}
		n.Start()
		checkVoters(t, round, all)
		for i, f := range floaters {
			var got mine
			if f.c.Do("GET", "/v1/votes/mine?ballot=crash", nil, &got); got.Rev != f.acked {
				t.Errorf("%v: revision %d of socket %d is counted, and %d was answered last", sig, got.Rev, i, f.acked)
			}
		}
		var again struct {
			Equal  bool
			Voters int
		}
		org.Do("GET", "/v1/admin/ballots/crash/recount", nil, &again)
		if !again.Equal {
			t.Errorf("the tally differs from a recount of the rows")
		}
		for _, v := range callers { // what hangs is sent again
			for v.rev != v.acked {
				if !v.send("crash") {
					t.Fatalf("revision %d is refused after the restart", v.rev)
				}
			}
		}
	}
}

// wantBye checks how a socket ended.
func (f *floater) wantBye(t *testing.T, i int) {
	t.Helper()
	select {
	case <-f.ws.Done():
	case <-time.After(patience):
		t.Fatalf("socket %d is still open", i)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ws.CloseCode() != 4000 || len(f.byes) != 1 || f.byes[0].Code != 4000 {
		t.Errorf("socket %d: closed with %d after %d byes %v, want 4000 after one", i, f.ws.CloseCode(), len(f.byes), f.byes)
	}
	if err := f.ws.Err(); err != nil {
		t.Errorf("socket %d: %v", i, err)
	}
}

// wantExit waits for the end of the process.
func (n *Node) wantExit(want int, within time.Duration) {
	n.t.Helper()
	if code := n.exit(within); code != want {
		n.t.Errorf("exit code %d, want %d", code, want)
	}
}

// metric reads one figure.
func (n *Node) metric(name string) float64 {
	n.t.Helper()
	resp, body := ask(n.t, "GET", n.url+"/metrics", "", nil)
	if resp.StatusCode != http.StatusOK {
		n.t.Fatalf("/metrics: %s", resp.Status)
	}
	for line := range strings.Lines(body) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			if err != nil {
				n.t.Fatal(err)
			}
			return v
		}
	}
	n.t.Fatalf("no %s in /metrics", name)
	return 0
}

// hang keeps a request in flight: its body never ends.
func (n *Node) hang() net.Conn {
	n.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(n.url, "http://"))
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { conn.Close() })
	fmt.Fprint(conn, "POST /v1/device HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n")
	fmt.Fprint(conn, "{") // this one is answered, and the connection kept
	head := make([]byte, 12)
	if _, err := io.ReadFull(conn, head); err != nil || string(head[9:12]) != "204" {
		n.t.Fatalf("%q %v", head, err)
	}
	r := bufio.NewReader(io.MultiReader(bytes.NewReader(head), conn))
	if _, err := http.ReadResponse(r, nil); err != nil {
		n.t.Fatal(err)
	}
	fmt.Fprint(conn, "POST /v1/signin HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\nExpect: 100-continue\r\n\r\n{")
	if line, err := r.ReadString('\n'); err != nil || !strings.Contains(line, " 100 ") { // its body is being read
		n.t.Fatalf("%q %v", line, err)
	}
	return conn
}

// TestSecondSignal: the first signal waits for what is in flight, the second
// does not.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	n := newNode(t, "--data", t.TempDir())
	// A balancer hears that it should send nobody; then the door closes. One that did
	// not look for longer than the door stays open has seen nothing.
	for looked := false; !looked; {
		n.hang()
		n.cmd.Process.Signal(syscall.SIGTERM)
		warned := false
		last := time.Now()
		for looked = true; ; time.Sleep(5 * time.Millisecond) {
			began := time.Now()
			looked = looked && began.Sub(last) < 500*time.Millisecond
			resp, err := http.Get(n.url + "/readyz")
			if err != nil {
				break
			}
			resp.Body.Close()
			warned, last = warned || resp.StatusCode == http.StatusServiceUnavailable, began
		}
		if looked = looked || warned; looked && !warned {
			t.Error("the door closed before readiness said no")
		} else if !looked {
			n.wantExit(0, patience)
			n.Start()
		}
	}
	if err := n.cmd.Process.Signal(syscall.Signal(0)); err != nil {
		t.Fatal("it did not wait for the request in flight")
	}
	n.cmd.Process.Signal(syscall.SIGINT)
	n.wantExit(1, patience) // 0 is what it ends with when it waits
	n.Start()               // and the record is sound
	if n.organiser().Try("GET", "/v1/admin/overview", nil, nil) != nil {
		t.Error("no overview after the restart")
	}
}

// TestStopIsBounded: a request that never ends holds the program no longer than
// the drain takes.
func TestStopIsBounded(t *testing.T) {
	t.Parallel()
	n := newNode(t, "--data", t.TempDir())
	n.hang()
	began := time.Now()
	n.cmd.Process.Signal(syscall.SIGTERM)
	n.wantExit(0, patience)
	if took := time.Since(began); took > 30*time.Second { // ten are the promise, the rest is for a busy machine
		t.Errorf("it took %v", took)
	}
}

// TestHealth: what a supervisor asks.
func TestHealth(t *testing.T) {
	t.Parallel()
	n := newNode(t, "--data", t.TempDir())
	for path, want := range map[string]string{"/healthz": "ok\n", "/livez": "ok\n", "/readyz": `{"ready":true,"reasons":[],"shows":true}` + "\n"} {
		if resp, body := ask(t, "GET", n.url+path, "", nil); resp.StatusCode != http.StatusOK || body != want {
			t.Errorf("%s: %s %q", path, resp.Status, body)
		}
	}
	resp, body := ask(t, "GET", n.url+"/metrics", "", nil)
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Errorf("metrics are %s", resp.Header.Get("Content-Type"))
	}
	for _, name := range []string{"vote_queue_length", "vote_ack_p50_seconds", "vote_ack_p99_seconds", "sockets", "viewers", "publishers", "goroutines_total"} {
		if !strings.Contains(body, "\n# TYPE hecai_"+name+" gauge\n") || strings.Contains(body, "\nhecai_"+name+"{") {
			t.Errorf("hecai_%s is no gauge without labels", name)
		}
	}
	if n.metric("hecai_sockets") != 0 || n.metric("hecai_goroutines_total") < 5 {
		t.Errorf("%v sockets, %v goroutines", n.metric("hecai_sockets"), n.metric("hecai_goroutines_total"))
	}
}

// TestAStartOnABusyDatabase: a database that answers late at any step of a start
// makes it late, and nothing else.
func TestAStartOnABusyDatabase(t *testing.T) {
	t.Parallel()
	pg := startPostgres(t)
	for _, table := range []string{"schema_version", "secret", "contest", "session", "lease", "ballot", "one_time"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			database := pg.Database(t)
			n := newNode(t, "--data", t.TempDir(), "--database", database)
			n.Stop(20 * time.Second)
			db, err := sql.Open("pgx", database)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			tx, err := db.Begin()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(`LOCK TABLE "` + table + `" IN ACCESS EXCLUSIVE MODE`); err != nil {
				t.Fatal(err)
			}
			n.begin()
			eventually(t, "it has tried in vain", func() bool { return strings.Contains(n.Output(), "tried again") })
			if err := tx.Rollback(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "it is ready", func() bool { return n.status("/readyz") == http.StatusOK })
		})
	}
}
