package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hecai/vote"
)

// crashes is how often the server is killed.
const crashes = 20

// voter is a phone that votes again and again and remembers what it was told.
type voter struct {
	c     *Client
	rev   int64    // last revision sent
	sent  []string // its choice
	acked int64    // last revision acknowledged
	held  []string // its choice

	acks atomic.Int64 // acknowledgements
}

// burst votes until the server dies. A vote whose answer was lost is sent again
// with the same revision when the server is back, as the page does.
func (v *voter) burst(ballot string, entries []string, rng *rand.Rand, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		if v.rev == v.acked {
			if v.rev > vote.MaxChanges {
				return
			}
			v.rev++
			v.sent = pick(entries, 3, rng)
		}
		if !v.send(ballot) {
			return
		}
	}
}

// send sends the pending revision; false when the answer did not come.
func (v *voter) send(ballot string) bool {
	err := v.c.Try("POST", "/v1/votes", object{"ballot": ballot, "rev": v.rev, "choice": v.sent}, nil)
	if err == nil {
		v.acks.Add(1)
		v.acked, v.held = v.rev, v.sent
		return true
	}
	if e, ok := err.(*apiError); ok && e.Code == "access.too_fast" {
		time.Sleep(20 * time.Millisecond)
		return true
	}
	return false
}

func pick(entries []string, n int, rng *rand.Rand) []string {
	out := make([]string, 0, n)
	for _, i := range rng.Perm(len(entries))[:n] {
		out = append(out, entries[i])
	}
	slices.Sort(out)
	return out
}

type mine struct {
	Rev    int64    `json:"rev"`
	Choice []string `json:"choice"`
}

// TestKilledInTheVoteBurst kills the server twenty times in the middle of a
// vote burst. After each restart every acknowledged vote is there once, nothing
// is there twice, and the show stands where it stood.
func TestKilledInTheVoteBurst(t *testing.T) {
	t.Parallel()
	n := newNode(t, "--data", t.TempDir())
	org := n.organiser()
	entries := importEntries(org, 12)
	org.Do("POST", "/v1/admin/ballots", object{
		"id": "crash", "title": "示例选票", "session": "final", "entries": entries, "visibility": "live",
		"quota": object{"window": "ballot", "max": 3, "change": true},
	}, nil)
	org.Do("POST", "/v1/admin/ballots/crash/open", object{"seconds": 0}, nil)

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	voters := make([]*voter, 24)
	for i := range voters {
		voters[i] = &voter{c: n.phone()}
	}
	all := slices.Clone(voters)
	total := int64(0)
	for round := range crashes {
		before := moveShow(org)
		for i, v := range voters {
			if v.acked > vote.MaxChanges/2 { // it may change its vote so often and no more
				voters[i] = &voter{c: n.phone()}
				all = append(all, voters[i])
			}
		}
		killDuringBurst(n, voters, entries, rng)
		n.Start()
		if after := showState(org); !reflect.DeepEqual(before, after) {
			t.Fatalf("round %d: the show moved over the restart:\n%v\n%v", round, before, after)
		}
		want := checkVoters(t, round, all)
		checkCount(t, round, org, want)
		for _, v := range voters { // what hangs is sent again, with the same revision
			eventually(t, fmt.Sprintf("round %d: revision %d is acknowledged after the restart", round, v.rev), func() bool {
				return v.rev == v.acked || v.send("crash") && v.rev == v.acked
			})
		}
		checkCount(t, round, org, checkVoters(t, round, all))
		total = 0
		for _, v := range all {
			total += v.acked
		}
	}
	t.Logf("%d kills, %d acknowledged revisions, none lost, none twice", crashes, total)
	if total < crashes*10 {
		t.Errorf("only %d votes were acknowledged: the burst did not burst", total)
	}
}

func killDuringBurst(n *Node, voters []*voter, entries []string, rng *rand.Rand) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for _, v := range voters {
		own := rand.New(rand.NewPCG(rng.Uint64(), 2))
		wg.Add(1)
		go func() {
			defer wg.Done()
			v.burst("crash", entries, own, stop)
		}()
	}
	time.Sleep(time.Duration(50+rng.IntN(250)) * time.Millisecond)
	n.Kill()
	close(stop)
	wg.Wait()
}

// checkVoters asks for every voter's stored vote. It is the last acknowledged
// one, or the one whose answer was lost; nothing else. It returns the count.
func checkVoters(t *testing.T, round int, voters []*voter) map[string]int64 {
	t.Helper()
	want := map[string]int64{}
	for i, v := range voters {
		var got mine
		v.c.Do("GET", "/v1/votes/mine?ballot=crash", nil, &got)
		slices.Sort(got.Choice)
		acked := got.Rev == v.acked && (v.acked == 0 || slices.Equal(got.Choice, v.held))
		unknown := got.Rev == v.rev && slices.Equal(got.Choice, v.sent)
		if !acked && !unknown {
			t.Fatalf("round %d: voter %d holds rev %d %v; acknowledged %d %v, in flight %d %v",
				round, i, got.Rev, got.Choice, v.acked, v.held, v.rev, v.sent)
		}
		for _, e := range got.Choice {
			want[e]++
		}
	}
	return want
}

// checkCount compares the board, and an independent recount of the rows, with
// what the voters hold.
func checkCount(t *testing.T, round int, org *Client, want map[string]int64) {
	t.Helper()
	if err := counts(org, want); err != nil {
		t.Fatalf("round %d: %v", round, err)
	}
}

// checkCountSoon is checkCount at a node that has yet to read what the others counted.
func checkCountSoon(t *testing.T, round int, org *Client, want map[string]int64) {
	t.Helper()
	err := counts(org, want)
	for end := time.Now().Add(patience); err != nil && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		err = counts(org, want)
	}
	if err != nil {
		t.Fatalf("round %d: %v", round, err)
	}
}

// counts says what of a node's count is not what the voters hold.
func counts(org *Client, want map[string]int64) error {
	org.t.Helper()
	var audit struct {
		Equal bool `json:"equal"`
	}
	org.Do("GET", "/v1/admin/ballots/crash/recount", nil, &audit)
	if !audit.Equal {
		return errors.New("the tally differs from a recount of the rows")
	}
	var board struct {
		Votes []int64 `json:"votes"`
		Rows  []struct {
			Entry string `json:"entry"`
		} `json:"rows"`
	}
	org.Do("GET", "/v1/ballots/crash", nil, &board)
	if len(board.Votes) != len(board.Rows) {
		return fmt.Errorf("%d figures for %d rows", len(board.Votes), len(board.Rows))
	}
	for i, row := range board.Rows {
		if board.Votes[i] != want[row.Entry] {
			return fmt.Errorf("%s has %d votes, the voters hold %d", row.Entry, board.Votes[i], want[row.Entry])
		}
	}
	return nil
}

// showState reads the public view of the show.
func showState(c *Client) object {
	c.t.Helper()
	var v object
	c.Do("GET", "/v1/stage/final", nil, &v)
	return v
}

// moveShow puts a new notice on the screens and returns the view.
func moveShow(org *Client) object {
	org.t.Helper()
	org.Do("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": time.Now().String()}, nil)
	return showState(org)
}

// importEntries puts n sample entries in and returns their ids.
func importEntries(org *Client, n int) []string {
	org.t.Helper()
	var rows []object
	var ids []string
	tracks := []string{"manufacturing", "agriculture", "commerce", "transport", "finance", "science",
		"culture-tourism", "health", "emergency", "meteorology", "city", "green"}
	for i := range n {
		id := fmt.Sprintf("E%02d", i+1)
		ids = append(ids, id)
		rows = append(rows, object{"code": id, "title": fmt.Sprintf("示例项目%02d", i+1), "track": tracks[i%len(tracks)],
			"direction": "1", "team": fmt.Sprintf("示例团队%02d", i+1), "lead": "示例科技有限公司", "summary": "示例"})
	}
	org.Do("POST", "/v1/admin/entries", object{"rows": rows}, nil)
	return ids
}
