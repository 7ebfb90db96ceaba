package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hecai/hub/client"
	"hecai/needtest"
)

// Of a storm: phones that vote as fast as they are answered, each so
// often in a round; fewer than a socket may send at once.
const (
	boardPhones  = 150
	boardVotes   = 20
	boardOptions = 300
)

// BenchmarkLiveBoard asks what a live board of 300 options costs the vote path:
// the processor time that the server, a process of its own, spends on a vote, with
// the figures live and with them hidden. A screen hears both boards. Rounds
// alternate, and which goes first does too, so that a busy machine is busy for both;
// the ratio is of medians.
func BenchmarkLiveBoard(b *testing.B) {
	n := newNode(b, "--data", filepath.Join(b.TempDir(), "data"))
	org := n.organiser()
	entries := importEntries(org, boardOptions)
	screen, err := n.client().socket(b.Context(), client.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { screen.Close() })
	c := gather(b, n, boardPhones)

	cost := map[string][]float64{} // µs a vote
	kinds := []string{"hidden", "live"}
	for round := 0; b.Loop(); round++ {
		for _, kind := range kinds {
			ballot := fmt.Sprint(kind, round) // of its own: nobody changes a vote for ever
			org.Do("POST", "/v1/admin/ballots", object{"id": ballot, "session": "final", "title": "示例", "visibility": kind,
				"quota": object{"max": 1, "change": true}}, nil)
			org.Do("POST", "/v1/admin/ballots/"+ballot+"/open", object{"seconds": 0}, nil)
			if err := screen.Sub(nil, "ballot/"+ballot); err != nil {
				b.Fatal(err)
			}
			before := n.processor()
			c.storm(b, ballot, entries)
			cost[kind] = append(cost[kind], float64((n.processor()-before).Nanoseconds())/1000/(boardPhones*boardVotes))
			org.Do("POST", "/v1/admin/ballots/"+ballot+"/close", object{}, nil)
		}
		slices.Reverse(kinds)
	}
	b.StopTimer()
	var ratios []float64
	for i := range cost["live"] {
		ratios = append(ratios, cost["live"][i]/cost["hidden"][i])
	}
	at := func(list []float64, part float64) float64 {
		list = slices.Sorted(slices.Values(list))
		return list[int(part*float64(len(list)-1)+0.5)]
	}
	b.ReportMetric(0, "ns/op") // two rounds in one: it says nothing
	b.ReportMetric(at(cost["hidden"], 0.5), "hidden-µs/vote")
	b.ReportMetric(at(cost["live"], 0.5), "live-µs/vote")
	b.ReportMetric(at(cost["live"], 0.5)/at(cost["hidden"], 0.5), "ratio")
	b.ReportMetric(at(ratios, 0.25), "ratio-p25")
	b.ReportMetric(at(ratios, 0.75), "ratio-p75")
}

// storm has every phone cast its votes one after the other.
func (c *crowd) storm(b *testing.B, ballot string, entries []string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for i, p := range c.phones {
		wg.Go(func() {
			for v := 1; v <= boardVotes; {
				err := p.Req(ctx, "vote.cast", object{"ballot": ballot, "rev": v, "choice": []string{entries[(i+v)%len(entries)]}}, nil)
				var refused *client.Refused
				switch {
				case err == nil:
					v++
				case errors.As(err, &refused) && (refused.Code == "access.too_fast" || refused.Code == "vote.busy"):
					time.Sleep(50 * time.Millisecond)
				default:
					b.Errorf("phone %d: %v", i, err)
					return
				}
			}
		})
	}
	wg.Wait()
	if b.Failed() {
		b.FailNow()
	}
}

// processor is the processor time that the node has used.
func (n *Node) processor() time.Duration {
	n.t.Helper()
	return processor(n.t, n.cmd.Process.Pid)
}

// processor is the processor time that a process has used.
func processor(t testing.TB, pid int) time.Duration {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(threads) == 0 {
		needtest.Missing(t, "this system does not tell the processor time of threads: %v", err)
	}
	var sum time.Duration
	for _, path := range threads {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended since
		}
		first, _, _ := strings.Cut(string(text), " ")
		ns, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += time.Duration(ns)
	}
	return sum
}
