package e2e

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// BenchmarkNodes asks what a vote costs on one, two and three nodes of one record: the
// processor time that the nodes, each a process of its own, and PostgreSQL spend on a
// vote that phones cast over sockets, against what PostgreSQL spends on a row of the
// same size in a bare table, inserted in batches at once after it. Installations take
// turns, so that a busy machine is busy for all; figures are medians.
func BenchmarkNodes(b *testing.B) {
	type installation struct {
		*town
		crowds []*crowd
	}
	var all []installation
	for nodes := 1; nodes <= 3; nodes++ {
		in := installation{town: newTown(b, nodes)}
		for _, n := range in.nodes {
			in.crowds = append(in.crowds, gather(b, n, boardPhones/nodes))
		}
		all = append(all, in)
	}
	type cost struct{ nodes, base, bare, ratio []float64 } // µs of a processor a vote, or a row
	costs := make([]cost, len(all))
	for round := 0; b.Loop(); round++ {
		for i, in := range all {
			ballot := fmt.Sprint("storm", round) // of its own: nobody changes a vote for ever
			in.org.Do("POST", "/v1/admin/ballots", object{"id": ballot, "session": "final", "title": "示例", "visibility": "live",
				"entries": in.ids, "quota": object{"max": 1, "change": true}}, nil)
			in.org.Do("POST", "/v1/admin/ballots/"+ballot+"/open", object{"seconds": 0}, nil)
			votes := len(in.nodes) * (boardPhones / len(in.nodes)) * boardVotes
			perVote := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 / float64(votes) }
			nodes, base := in.spent(), in.spentByBase()
			var done sync.WaitGroup
			for _, c := range in.crowds {
				done.Go(func() { c.storm(b, ballot, in.ids) })
			}
			done.Wait()
			nodes, base = in.spent()-nodes, in.spentByBase()-base
			bare := in.insertBare(b, votes)
			costs[i].nodes = append(costs[i].nodes, perVote(nodes))
			costs[i].base = append(costs[i].base, perVote(base))
			costs[i].bare = append(costs[i].bare, perVote(bare))
			costs[i].ratio = append(costs[i].ratio, float64(nodes+base)/float64(bare))
			in.org.Do("POST", "/v1/admin/ballots/"+ballot+"/close", object{}, nil)
			for _, c := range in.crowds {
				eventually(b, "every node counts every voter once", func() bool {
					var board struct{ Voters int }
					return c.clients[0].Try("GET", "/v1/ballots/"+ballot, nil, &board) == nil && board.Voters == votes/boardVotes
				})
			}
		}
	}
	b.StopTimer()
	b.ReportMetric(0, "ns/op") // all installations in one: it says nothing
	for i, c := range costs {
		name := fmt.Sprintf("-%d", i+1)
		b.ReportMetric(middle(c.nodes), "nodes-µs"+name)
		b.ReportMetric(middle(c.base), "base-µs"+name)
		b.ReportMetric(middle(c.bare), "bare-µs"+name)
		b.ReportMetric(middle(c.ratio), "ratio"+name)
	}
}

func middle(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// spent is the processor time that the nodes have used.
func (h *town) spent() (sum time.Duration) {
	for _, n := range h.nodes {
		sum += n.processor()
	}
	return sum
}

// spentByBase is the processor time that PostgreSQL has used, but for connections that
// have ended.
func (h *town) spentByBase() (sum time.Duration) {
	for _, pid := range h.postgres.Processes() {
		sum += processor(h.t, pid)
	}
	return sum
}

// Of the floor.
const (
	bareBatch = 30  // rows, as many votes as come together in a storm
	bareBytes = 330 // of a stored vote, about
)

// insertBare inserts rows into a bare table, a batch a transaction, and returns the
// processor time that PostgreSQL spends on it.
func (h *town) insertBare(b *testing.B, rows int) time.Duration {
	b.Helper()
	db, err := sql.Open("pgx", h.database)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`DROP TABLE IF EXISTS bare; CREATE TABLE bare (id BIGINT PRIMARY KEY, text TEXT)`); err != nil {
		b.Fatal(err)
	}
	text := strings.Repeat("x", bareBytes)
	before := h.spentByBase()
	for id := 0; id < rows; {
		values, args := []string{}, []any{}
		for range min(bareBatch, rows-id) {
			id++
			values = append(values, fmt.Sprintf("($%d,$%d)", 2*len(values)+1, 2*len(values)+2))
			args = append(args, id, text)
		}
		if _, err := db.Exec(`INSERT INTO bare (id, text) VALUES `+strings.Join(values, ","), args...); err != nil {
			b.Fatal(err)
		}
	}
	return h.spentByBase() - before
}
