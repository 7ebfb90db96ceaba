package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"hecai/needtest"
)

// jail makes what the Dockerfile makes: an empty root with a static binary in
// it, read-only, and one folder that user 65532 may write to.
func jail(t *testing.T) func(args []string) *exec.Cmd {
	t.Helper()
	if os.Getuid() != 0 || runtime.GOOS != "linux" {
		needtest.Missing(t, "needs root on Linux, for a root folder of its own")
	}
	root := t.TempDir()
	if err := os.Chmod(filepath.Dir(root), 0o755); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "data")
	for _, dir := range []string{data, filepath.Join(root, "data"), filepath.Join(root, "tmp")} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(data, 65532, 65532); err != nil {
		t.Fatal(err)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "hecai"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	const enter = `set -e
mount --bind "$1" "$1"
mount --bind "$2" "$1/data"
mount -o remount,bind,ro "$1"
root=$1; shift 2
cd "$root"
exec chroot --userspec=65532:65532 "$root" /hecai "$@"`
	wrap := func(args []string) *exec.Cmd {
		return exec.Command("unshare", append([]string{"-m", "sh", "-c", enter, "sh", root, data}, args...)...)
	}
	if out, err := wrap([]string{"--help"}).CombinedOutput(); err != nil {
		needtest.Missing(t, "no root folder of its own on this machine: %v: %s", err, out)
	}
	return wrap
}

// TestAReadOnlyContainerTakesABurst votes with 200 phones at once in the
// container form that the Dockerfile recommends: nothing but /data can be
// written, neither /tmp nor any other folder.
func TestAReadOnlyContainerTakesABurst(t *testing.T) {
	t.Parallel()
	n := newNodeIn(t, jail(t), "--data", "/data")
	org := n.organiser()
	entries := importEntries(org, 12)
	org.Do("POST", "/v1/admin/ballots", object{"id": "pop", "title": "示例", "session": "final", "entries": entries,
		"visibility": "live", "quota": object{"window": "ballot", "max": 3, "change": true}}, nil)
	org.Do("POST", "/v1/admin/ballots/pop/open", object{"seconds": 0}, nil)
	c := gather(t, n, 200)
	// What a statement touches must outgrow what SQLite keeps in memory unless told
	// otherwise: some thousand votes, and many voters in one batch.
	const rounds = 25
	for rev := 1; rev <= rounds; rev++ {
		c.vote(t.Context(), "pop", entries, rev, 0)
		time.Sleep(220 * time.Millisecond) // the pace that one phone is allowed
	}
	if late := c.late.Load(); late > 0 {
		t.Errorf("%d of %d votes were not acknowledged:\n%s", late, rounds*200, n.Output())
	}
	var recount struct {
		Equal  bool
		Voters int
	}
	org.Do("GET", "/v1/admin/ballots/pop/recount", nil, &recount)
	if !recount.Equal || recount.Voters != 200 {
		t.Errorf("recount %+v", recount)
	}
	if code := n.Stop(20 * time.Second); code != 0 {
		t.Errorf("exit code %d:\n%s", code, n.Output())
	}
}
