package e2e

import (
	"context"
	"encoding/json"
	"testing"

	"hecai/hub/client"
	"hecai/hub/hubtest"
)

// TestOnPostgresAndRedis runs the show on PostgreSQL and Redis, both real. Redis
// is killed in the middle of the vote: votes are still acknowledged and this
// node's phones still see the bars; then the node itself is killed, and counts
// again what it had acknowledged.
func TestOnPostgresAndRedis(t *testing.T) {
	t.Parallel()
	pg := startPostgres(t)
	redis := hubtest.StartRedis(t)
	n := newNode(t, "demo", "--phones", "0", "--data", t.TempDir(), "--database", pg.Database(t), "--redis", redis.URL())
	entries := boardEntries(t, n, "popularity")
	director := n.signIn("director")
	director.Do("POST", "/v1/admin/ballots/popularity/open", object{"seconds": 0}, nil)

	seen := n.phone()
	ws, err := seen.socket(t.Context(), client.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	if err := ws.Sub(nil, "ballot/popularity"); err != nil {
		t.Fatal(err)
	}
	want := int64(0)
	vote := func() {
		t.Helper()
		n.phone().Do("POST", "/v1/votes", object{"ballot": "popularity", "rev": 1, "choice": []string{entries[0]}}, nil)
		want++
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if err := ws.Wait(ctx, func() bool { return firstBar(ws) == want }); err != nil {
			t.Fatalf("the phone sees %d votes, want %d: %v", firstBar(ws), want, err)
		}
	}
	vote()
	vote()
	redis.Kill(t)
	vote()
	vote()
	redis.Start(t)
	vote()
	if err := ws.Err(); err != nil {
		t.Error(err)
	}

	n.Kill()
	n.args = n.args[3:] // the same record, served as after any crash
	n.Start()
	var board struct{ Votes []int64 }
	n.client().Do("GET", "/v1/ballots/popularity", nil, &board)
	if len(board.Votes) == 0 || board.Votes[0] != want {
		t.Errorf("after the restart %v votes are counted, %d were acknowledged", board.Votes, want)
	}
}

// firstBar is the first entry's figure on the phone's board.
func firstBar(ws *client.Client) int64 {
	var board struct{ Votes []int64 }
	doc, _ := ws.Doc("ballot/popularity")
	if json.Unmarshal(doc, &board) != nil || len(board.Votes) == 0 {
		return -1
	}
	return board.Votes[0]
}
