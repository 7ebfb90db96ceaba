package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hecai/store/storetest"
)

// voted has a node with one closed and one open ballot, in which three voted.
func voted(n *Node) (entries []string) {
	org := n.organiser()
	entries = importEntries(org, 3)
	for _, id := range []string{"shut", "open"} {
		org.Do("POST", "/v1/admin/ballots", object{"id": id, "title": "示例" + id, "entries": entries, "visibility": "count",
			"quota": object{"window": "ballot", "max": 1}}, nil)
		org.Do("POST", "/v1/admin/ballots/"+id+"/open", object{"seconds": 0}, nil)
		for _, entry := range entries {
			n.phone().Do("POST", "/v1/votes", object{"ballot": id, "rev": 1, "choice": []string{entry}}, nil)
		}
	}
	org.Do("POST", "/v1/admin/ballots/shut/close", object{}, nil)
	org.Do("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": "示例通知"}, nil)
	return entries
}

// TestARecordIsAuditedAndCopiedWhileItRuns: who keeps a record can check all of it,
// copy it without stopping the show, check the copy, and go on from it.
func TestARecordIsAuditedAndCopiedWhileItRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := newNodeIn(t, nil, "--data", dir)
	entries := voted(n)
	sound := func(at string) {
		t.Helper()
		code, out, said := launch(t, "verify", at)
		if code != 0 || strings.Contains(out, "不成立") {
			t.Fatalf("verify %s: %d\n%s%s", at, code, out, said)
		}
		for _, what := range []string{"facts of JL-2024/final", "votes of JL-2024/shut, 1", "votes of JL-2024/open, 1，尚未截止 / not closed yet", "count of JL-2024/open", "整份记录"} {
			if !strings.Contains(out, what) {
				t.Errorf("verify %s has not looked at %s:\n%s", at, what, out)
			}
		}
	}
	sound(dir)
	moved := t.TempDir()
	file := filepath.Join(moved, "hecai.db")
	if code, out, said := launch(t, "backup", file, "--data", dir); code != 0 || !strings.Contains(out, "已备份并核对") {
		t.Fatalf("backup: %d %s%s", code, out, said)
	}
	sound(file)
	if code, _, said := launch(t, "backup", file, "--data", dir); code == 0 || !strings.Contains(said, "backup.exists") {
		t.Errorf("a second copy into the same file: %d %s", code, said)
	}
	if code, _, said := launch(t, "backup", filepath.Join(moved, "x"), "--data", filepath.Join(moved, "none")); code == 0 || !strings.Contains(said, "store.folder") {
		t.Errorf("a copy of nothing: %d %s", code, said)
	}
	if _, err := os.Stat(filepath.Join(moved, "none")); err == nil {
		t.Error("who wanted to copy a record made one")
	}
	again := newNodeIn(t, nil, "--data", moved)
	again.phone().Do("POST", "/v1/votes", object{"ballot": "open", "rev": 1, "choice": entries[:1]}, nil)
}

// TestWhatWasTakenOutIsTold: rows that somebody took out are named by the check, and
// by the node from its next start on, which serves the rest.
func TestWhatWasTakenOutIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := newNodeIn(t, nil, "--data", dir)
	voted(n)
	n.Stop(20 * time.Second)
	storetest.Harm(t, dir, `DELETE FROM vote_event WHERE pos = 2`) // of both ballots, the last
	storetest.Harm(t, dir, `UPDATE fact SET actor = 'somebody' WHERE seq = 1`)
	code, out, said := launch(t, "verify", dir)
	for _, what := range []string{"不成立 / does not hold: ", "votes of JL-2024/shut, 1: ", "count of JL-2024/shut: ", "count of JL-2024/open: ", "votes of JL-2024/open, 1: ", "facts of JL-2024/final: "} {
		if !strings.Contains(out, what) {
			t.Errorf("%s is not told:\n%s", what, out)
		}
	}
	if code != 1 || !strings.Contains(said, "不成立") {
		t.Errorf("exit %d, %s", code, said)
	}
	n.Start()
	var got struct{ Reasons []string }
	for end := time.Now().Add(patience); !slices.Contains(got.Reasons, "vote.miscount") || !slices.Contains(got.Reasons, "stage.broken_chain"); time.Sleep(50 * time.Millisecond) {
		if n.client().Do("GET", "/readyz", nil, &got); time.Now().After(end) {
			t.Fatalf("readiness tells %v:\n%s", got.Reasons, n.Output())
		}
	}
}

// TestARecordInPostgresIsAudited: and the way to copy one is said plainly.
func TestARecordInPostgresIsAudited(t *testing.T) {
	t.Parallel()
	database := startPostgres(t).Database(t)
	n := newNodeIn(t, nil, "--data", t.TempDir(), "--database", database)
	voted(n)
	if code, out, said := launch(t, "verify", database); code != 0 || !strings.Contains(out, "整份记录") {
		t.Errorf("verify: %d\n%s%s", code, out, said)
	}
	if code, _, said := launch(t, "backup", "x.dump", "--database", database); code != 2 || !strings.Contains(said, "pg_dump --format=custom --file=x.dump") {
		t.Errorf("backup: %d %s", code, said)
	}
}
