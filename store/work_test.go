package store_test

import (
	"fmt"
	"strings"
	"testing"

	"hecai/contest"
	"hecai/store/storetest"
	"hecai/vote"
)

// TestAChangeCostsTheSame: what one more change of a vote reads does not depend
// on how many there were before.
func TestAChangeCostsTheSame(t *testing.T) {
	for name, open := range engines() {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			storetest.SomeVotes(t, db, 2)
			db.Harm(t, `UPDATE ballot SET quota = '{"change":true}'`)
			work := map[int]int{}
			last := 1
			for _, changes := range []int{10, 1000} {
				// A history of the first voter, longer than a client can make it.
				db.Harm(t, fmt.Sprintf(`WITH RECURSIVE n(i) AS (VALUES (%d) UNION ALL SELECT i + 1 FROM n WHERE i < %d)
					INSERT INTO vote_event (slot, rev, pos, at, quota_key, choice, client_salt, salt, leaf, promise, changes)
					SELECT slot, i, 10 + i, at, quota_key, choice, client_salt, salt, leaf, promise, i - 1
					FROM vote_event, n WHERE slot %% 8 = 1 AND rev = 1`, last+1, changes))
				last = changes
				c := vote.Cast{Ballot: "votes", Voter: 1, Rev: int64(changes + 1), Choice: []contest.EntryID{"b"}}
				var err error
				if work[changes], err = db.Prior(bg, c); err != nil {
					t.Fatal(err)
				}
			}
			if work[10] == 0 || work[10] != work[1000] {
				t.Errorf("rows read after 10 and 1,000 changes: %v", work)
			}
		})
	}
}

// TestPapersAreLookedUpByKey holds the plan of the look-ups: by the whole key,
// and none that goes through a table, also while the table is small. (The newest
// of a window may go through the few papers of its voter.)
func TestPapersAreLookedUpByKey(t *testing.T) {
	for name, open := range engines() {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			storetest.SomeVotes(t, db, 100)
			plan, err := db.PaperPlan(bg)
			if err != nil {
				t.Fatal(err)
			}
			searches := 0
			for _, line := range plan {
				for _, way := range []string{"SCAN e", "SCAN x", "AUTOMATIC", "Hash Join", "Merge Join", "Seq Scan"} {
					if strings.Contains(line, way) {
						t.Errorf("not by key: %s", line)
					}
				}
				if strings.Contains(line, "(slot=? AND rev=?)") || strings.Contains(line, "AND (rev = ") {
					searches++
				}
			}
			if searches != 3 {
				t.Errorf("%d look-ups by the whole key, want 3:\n%s", searches, strings.Join(plan, "\n"))
			}
		})
	}
}
