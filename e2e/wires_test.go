package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"slices"
	"testing"

	"hecai/hub/client"
	"hecai/hub/hubtest"
)

// TestStartsWithoutRedis: a Redis that is away keeps no node from starting; the
// log says so, and says when it has come.
func TestStartsWithoutRedis(t *testing.T) {
	t.Parallel()
	redis := hubtest.StartRedis(t)
	redis.Kill(t)
	n := newNode(t, "--data", t.TempDir(), "--redis", redis.URL())
	n.organiser()
	n.printed(regexp.MustCompile(`(redis does not answer)`))
	redis.Start(t)
	n.printed(regexp.MustCompile(`(the node has joined the others)`))
}

// TestRehearsalOnTheSameRedis (case redis-shared-with-the-rehearsal): two nodes
// with the same plan, entries and ballot on one Redis, each with its own record.
// What the rehearsal does reaches no phone of the live show.
func TestRehearsalOnTheSameRedis(t *testing.T) {
	t.Parallel()
	redis := hubtest.StartRedis(t)
	sheet, err := os.ReadFile("testdata/rehearsal/five.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	type side struct {
		*Node
		org     *Client
		entries []string
		phone   *client.Client
	}
	start := func() side {
		n := newNode(t, "--data", t.TempDir(), "--redis", redis.URL())
		s := side{Node: n, org: n.organiser()}
		if err := s.org.upload("/v1/admin/entries/import?apply=1", "名单.xlsx", string(sheet), nil); err != nil {
			t.Fatal(err)
		}
		var list []struct{ ID string }
		s.org.Do("GET", "/v1/admin/entries", nil, &list)
		for _, e := range list {
			s.entries = append(s.entries, e.ID)
		}
		if len(s.entries) != 5 {
			t.Fatalf("%d entries", len(s.entries))
		}
		s.org.Do("POST", "/v1/admin/ballots", object{"id": "popularity", "title": "人气", "session": "final", "entries": s.entries,
			"visibility": "live", "quota": object{"window": "ballot", "max": 3, "change": true}}, nil)
		if s.phone, err = n.phone().socket(t.Context(), client.Config{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.phone.Close() })
		if err := s.phone.Sub(nil, "ballot/popularity", "stage/final", "show/final"); err != nil {
			t.Fatal(err)
		}
		return s
	}
	live, rehearsal := start(), start()
	if !slices.Equal(live.entries, rehearsal.entries) {
		t.Fatal("the two are not alike")
	}
	rehearsal.org.Do("POST", "/v1/admin/ballots/popularity/open", object{"seconds": 0}, nil)
	for range 3 {
		rehearsal.Node.phone().Do("POST", "/v1/votes", object{"ballot": "popularity", "rev": 1, "choice": []string{rehearsal.entries[2]}}, nil)
	}
	rehearsal.org.Do("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": "彩排：一等奖是示例项目3"}, nil)
	state := func(ws *client.Client) string {
		var board struct{ State string }
		doc, _ := ws.Doc("ballot/popularity")
		_ = json.Unmarshal(doc, &board)
		return board.State
	}
	notice := func(ws *client.Client) bool {
		doc, _ := ws.Doc("stage/final")
		return regexp.MustCompile("彩排：一等奖").Match(doc)
	}
	hubtest.Until(t, "the rehearsal's own phone", func() bool { return state(rehearsal.phone) == "open" && notice(rehearsal.phone) })

	// The live node's own news comes after everything the rehearsal said before,
	// and every node has sent its documents again at least once.
	redis.FlushAll(t)
	hubtest.Until(t, "both have sent their documents again", func() bool { return redis.Ask(t, "DBSIZE") == ":2" })
	live.org.Do("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": "正式"}, nil)
	hubtest.Until(t, "the live notice", func() bool {
		doc, _ := live.phone.Doc("stage/final")
		return regexp.MustCompile("正式").Match(doc)
	})
	if got := state(live.phone); got != "armed" || notice(live.phone) || live.phone.Count("show/final") > 1 {
		t.Errorf("the live phone sees the rehearsal: ballot %s, %d events", got, live.phone.Count("show/final"))
	}
}

// TestPlayerOnAnotherSite (case whep-from-another-site): the edge lets a page of
// another origin ask for the programme, and for nothing else.
func TestPlayerOnAnotherSite(t *testing.T) {
	t.Parallel()
	n := newNode(t, "--data", t.TempDir())
	for _, tt := range []struct {
		method, path string
		status       int
		open         bool
	}{
		{"OPTIONS", "/whep/final", http.StatusNoContent, true},
		{"POST", "/whep/final", http.StatusNotFound, true}, // it was let in, and there is no camera yet
		{"DELETE", "/whep/r/none", http.StatusNotFound, true},
		{"POST", "/whep/final/a", http.StatusForbidden, false},
		{"POST", "/whip/final/a", http.StatusForbidden, false},
		{"POST", "/v1/device", http.StatusForbidden, false},
	} {
		req, err := http.NewRequest(tt.method, n.url+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Origin": {"https://player.example"}, "Sec-Fetch-Site": {"cross-site"}, "Content-Type": {"application/sdp"},
			"Access-Control-Request-Method": {"POST"}}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if open := res.Header.Get("Access-Control-Allow-Origin") == "*"; res.StatusCode != tt.status || open != tt.open {
			t.Errorf("%s %s: %s, for any origin %v; want %d, %v", tt.method, tt.path, res.Status, open, tt.status, tt.open)
		}
	}
}
