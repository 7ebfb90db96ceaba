package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hecai/store/storetest"
)

// TestForgedRowsAreTold changes votes and facts behind the node's back so that
// every count still agrees: the desk is told after the next start, of the votes
// at the latest when their ballot closes, and the rest of the show goes on.
func TestForgedRowsAreTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := newNodeIn(t, nil, "--data", dir)
	org := n.organiser()
	entries := importEntries(org, 3)
	for _, id := range []string{"pop", "other"} {
		org.Do("POST", "/v1/admin/ballots", object{"id": id, "title": "示例" + id, "session": "final", "entries": entries, "visibility": "live",
			"quota": object{"window": "ballot", "max": 1}}, nil)
		org.Do("POST", "/v1/admin/ballots/"+id+"/open", object{"seconds": 0}, nil)
	}
	for _, entry := range entries {
		n.phone().Do("POST", "/v1/votes", object{"ballot": "pop", "rev": 1, "choice": []string{entry}}, nil)
	}
	org.Do("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": "示例通知"}, nil)
	told := func() []string {
		var staff struct {
			Alarms []struct{ Code string }
		}
		org.Do("GET", "/v1/stage/final/desk", nil, &staff)
		var codes []string
		for _, a := range staff.Alarms {
			codes = append(codes, a.Code)
		}
		return codes
	}
	if got := told(); slices.Contains(got, "votes_changed") || slices.Contains(got, "facts_forged") {
		t.Fatalf("before: %v", got)
	}
	eventually(t, "a new record is said to be one", func() bool { return strings.Contains(n.Output(), "new record in "+dir) })
	n.Stop(20 * time.Second)
	storetest.Harm(t, dir, `UPDATE vote_event SET choice = '1'`)
	storetest.Harm(t, dir, `UPDATE tally SET votes = '[3,0,0]' WHERE papers = 3`)
	storetest.Harm(t, dir, `UPDATE fact SET actor = 'somebody' WHERE seq = 1`)
	n.Start()
	if said := n.Output(); strings.Contains(said, "new record") {
		t.Errorf("an old record is said to be new:\n%s", said)
	}
	org.Do("POST", "/v1/admin/ballots/pop/close", object{}, nil)
	var got []string
	for end := time.Now().Add(patience); !slices.Contains(got, "votes_changed") || !slices.Contains(got, "facts_forged"); time.Sleep(50 * time.Millisecond) {
		if got = told(); time.Now().After(end) {
			t.Fatalf("the desk is told %v only:\n%s", got, n.Output())
		}
	}
	n.phone().Do("POST", "/v1/votes", object{"ballot": "other", "rev": 1, "choice": []string{entries[0]}}, nil)
}
