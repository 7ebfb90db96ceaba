package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hecai/hub/client"
	"hecai/needtest"
	"hecai/store/storetest"
)

// trial is a node with a phone on a socket and a ballot that is open.
type trial struct {
	*Node
	org     *Client
	entries []string
	phone   *client.Client
	rev     int
}

func newTrial(t *testing.T, args ...string) *trial {
	t.Helper()
	tr := &trial{Node: newNode(t, args...)}
	tr.org = tr.organiser()
	tr.entries = importEntries(tr.org, 3)
	tr.org.Do("POST", "/v1/admin/ballots", object{"id": "pop", "title": "示例", "session": "final", "entries": tr.entries,
		"visibility": "live", "quota": object{"window": "ballot", "max": 1, "change": true}}, nil)
	tr.org.Do("POST", "/v1/admin/ballots/pop/open", object{"seconds": 0}, nil)
	ws, err := tr.Node.phone().socket(t.Context(), client.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	tr.phone = ws
	if err := tr.vote(); err != nil {
		t.Fatal(err)
	}
	return tr
}

// vote casts the next revision, or again the one that was not acknowledged, over
// the socket. It must be answered, whatever the base does.
func (tr *trial) vote() error {
	ctx, cancel := context.WithTimeout(tr.t.Context(), patience)
	defer cancel()
	err := tr.phone.Req(ctx, "vote.cast", object{"ballot": "pop", "rev": tr.rev + 1, "choice": tr.entries[tr.rev%3 : tr.rev%3+1]}, nil)
	if err == nil {
		tr.rev++
	}
	return err
}

func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func startPostgres(t testing.TB) *storetest.Postgres {
	t.Helper()
	pg, err := storetest.StartPostgres()
	if errors.Is(err, storetest.ErrNoPostgres) {
		needtest.Missing(t, "no PostgreSQL on this machine: the program was not run on it")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pg.Stop)
	return pg
}

// TestASecondNode (case second-node) is refused in one line.
func TestASecondNode(t *testing.T) {
	t.Parallel()
	database := startPostgres(t).Database(t)
	newNode(t, "--data", t.TempDir(), "--database", database)
	if code, _, said := launch(t, anyPort(t, "--database", database)...); code != 2 || !strings.Contains(said, "store.in_use") || strings.Count(strings.TrimSpace(said), "\n") > 0 {
		t.Errorf("exit code %d, %q", code, said)
	}
}

// TestAStartOnAFullDisk: it comes up, says why it takes no votes, and is ready by
// itself once there is room.
func TestAStartOnAFullDisk(t *testing.T) {
	t.Parallel()
	b := sqliteBase(t)
	n := newNode(t, "--data", b.cfg.DataDir)
	n.organiser() // else a start has a link to write
	end := b.full()
	eventually(t, "the log says why", func() bool { return strings.Contains(n.Output(), "store.full") })
	n.Kill()
	n.begin()
	eventually(t, "it starts", func() bool { return n.status("/healthz") == http.StatusOK })
	eventually(t, "it says that it is not ready", func() bool { return n.status("/readyz") == http.StatusServiceUnavailable })
	end()
	eventually(t, "it is ready again", func() bool { return n.status("/readyz") == http.StatusOK })
}

// TestADiskThatIsAlmostFull: while rows are still written it is a warning, and
// nothing is taken out of service for it.
func TestADiskThatIsAlmostFull(t *testing.T) {
	t.Parallel()
	dir := mountDisk(t, "64m")
	tr := newTrial(t, "--data", dir)
	ready := func() (status int, reasons string) {
		resp, body := ask(t, "GET", tr.url+"/readyz", "", nil)
		var is struct {
			Ready   bool
			Reasons []string
		}
		if err := json.Unmarshal([]byte(body), &is); err != nil || is.Ready != (resp.StatusCode == http.StatusOK) {
			t.Fatalf("%s %q: %v", resp.Status, body, err)
		}
		return resp.StatusCode, strings.Join(is.Reasons, " ")
	}
	told := func(code string) bool {
		var staff struct {
			Alarms []struct {
				Code string
				Args struct{ Megabytes *int }
			}
		}
		tr.org.Do("GET", "/v1/stage/final/desk", nil, &staff)
		var codes []string
		for _, a := range staff.Alarms {
			if strings.HasPrefix(a.Code, "store_") {
				codes = append(codes, a.Code)
			}
			if a.Code == "store_low" && a.Args.Megabytes == nil {
				t.Errorf("%s does not say how much is left", a.Code)
			}
		}
		return strings.Join(codes, " ") == code
	}
	eventually(t, "with room enough nothing is told", func() bool {
		status, reasons := ready()
		return status == http.StatusOK && reasons == "" && told("")
	})
	filler := filepath.Join(dir, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	size := int64(0)
	for n, err := f.Write(make([]byte, 64<<10)); err == nil; n, err = f.Write(make([]byte, 64<<10)) {
		size += int64(n)
	}
	if err := f.Truncate(size - 2<<20); err != nil { // a twentieth of the disk is 3.2 MB
		t.Fatal(err)
	}
	eventually(t, "it warns", func() bool { status, reasons := ready(); return status == http.StatusOK && reasons == "store.low" })
	eventually(t, "the desk is told", func() bool { return told("store_low") })
	for range 5 {
		if err := tr.vote(); err != nil {
			t.Fatalf("a vote on a disk that is almost full: %v", err)
		}
	}
	if status, reasons := ready(); status != http.StatusOK {
		t.Errorf("after votes: %d %q", status, reasons)
	}
	if err := errors.Join(f.Close(), os.Remove(filler)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it warns no more", func() bool { status, reasons := ready(); return status == http.StatusOK && reasons == "" && told("") })
}
