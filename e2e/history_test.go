package e2e

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hecai/server/node"
	"hecai/store"
	"hecai/store/storetest"
)

// manyVotes puts a closed ballot of a million voters into a record; of a tenth,
// where the race detector makes a look through all of them take minutes.
func manyVotes(t *testing.T, dir string) {
	t.Helper()
	n := 1_000_000
	if raced {
		n /= 10
	}
	db, err := store.Open(t.Context(), store.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{
		`INSERT INTO ballot (no, id, show, title, options, quota, visibility, level, state, round, opens_at, closes_at, opened_at, deadline, weight)
			VALUES (1, 'JL-2024/old', '', '示例旧投票', '[{"no":1,"entry":"E01","track":"city"}]', '{"max":1}', 'count', 0, 'closed', 1, 0, 0, 1000, 2000, 0)`,
		`INSERT INTO counter (name, value) VALUES ('ballot', 1), ('round', 1)`,
		`INSERT INTO tally (no, ballot_no, round, votes, voters, papers, events) VALUES (1, 1, 1, '[{n}]', {n}, {n}, {n})`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n})
			INSERT INTO vote_event (slot, rev, pos, at, quota_key, choice, client_salt, salt, leaf, promise)
			SELECT (1 << 40) | i, 1, i - 1, 1500, '', '1', '0a', printf('%032x', i), printf('%064x', i), 'p' FROM n`,
	} {
		storetest.Harm(t, dir, strings.ReplaceAll(query, "{n}", strconv.Itoa(n)))
	}
}

// TestHistoryIsNotFelt: with a million votes in closed rounds, voting, looking at
// one's votes, saving a ballot and saving a judge cost what they cost on a new
// record. Both are measured in turn in the same minute, and compared.
func TestHistoryIsNotFelt(t *testing.T) {
	young := openHouse(t, nil)
	old := openHouse(t, func(cfg *node.Config) { manyVotes(t, cfg.Data) })
	verbs := map[string]func(h *house, i int){
		"save a ballot": func(h *house, i int) {
			h.org.Do("POST", "/v1/admin/ballots", object{"id": "waiting", "title": "示例投票", "session": "final", "entries": []string{"E01"},
				"visibility": "count", "quota": object{"max": 1}}, nil)
		},
		"save a judge": func(h *house, i int) {
			h.org.Do("POST", "/v1/admin/judges", []object{{"id": "j1", "name": "示例评委", "org": "示例单位", "sector": "高校"}}, nil)
		},
		"recount what is open": func(h *house, i int) { h.org.Do("GET", "/v1/admin/ballots/now/recount", nil, nil) },
	}
	phones := map[*house]*Client{}
	for _, h := range []*house{young, old} {
		h.ballot("now", 2, object{"max": 1, "change": true})
		phones[h] = h.phone()
	}
	verbs["vote"] = func(h *house, i int) {
		phones[h].Do("POST", "/v1/votes", object{"ballot": "now", "rev": i + 1, "choice": []string{"E01"}}, nil)
		time.Sleep(200 * time.Millisecond) // the limit of one voter
	}
	verbs["my votes"] = func(h *house, i int) { phones[h].Do("GET", "/v1/votes/mine?ballot=now", nil, nil) }
	for name, do := range verbs {
		took := map[*house][]time.Duration{}
		for i := range 15 {
			for _, h := range []*house{young, old} {
				began := time.Now()
				do(h, i)
				took[h] = append(took[h], time.Since(began))
			}
		}
		median := func(h *house) time.Duration { slices.Sort(took[h]); return took[h][len(took[h])/2] }
		// A count of a million votes takes seconds; noise does not make the median of
		// the same work ten times as long.
		if y, o := median(young), median(old); o > 10*y+100*time.Millisecond {
			t.Errorf("%s: %v on a new record, %v with a million votes", name, y, o)
		}
	}
}
