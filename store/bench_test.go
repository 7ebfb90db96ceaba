package store_test

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hecai/contest"
	"hecai/lease"
	"hecai/store/storetest"
	"hecai/vote"
)

// BenchmarkCastBatch measures votes per second, one transaction after the other,
// and what no record could beat on the same disk in the same run: appending the
// same bytes to a file with a sync each, and inserting bare rows of the same
// size into a bare table of the same engine. The ratios are what to compare
// between machines.
func BenchmarkCastBatch(b *testing.B) {
	engines := []struct {
		name string
		open func(b *testing.B) storetest.Record
	}{
		{"sqlite", func(b *testing.B) storetest.Record { return storetest.SQLite(b) }},
		{"postgres", func(b *testing.B) storetest.Record { return postgres(b).Open(b) }},
	}
	for _, e := range engines {
		for _, size := range []int{1, 100, 1000} {
			b.Run(fmt.Sprintf("%s/batch=%d", e.name, size), func(b *testing.B) {
				db := e.open(b)
				votes := castRate(b, db, size)
				b.ReportMetric(votes, "votes/s")
				b.ReportMetric(votes/syncRate(b, size), "of-sync")
				b.ReportMetric(votes/insertRate(b, db, size), "of-insert")
			})
		}
	}
}

const (
	benchOptions = 36
	benchPicks   = 3
	floorTime    = 300 * time.Millisecond
	rowBytes     = 330 // of a vote_event, about
)

func castRate(b *testing.B, db storetest.Record, size int) float64 {
	ballot := vote.Ballot{ID: "bench", Title: "示例", Visibility: vote.Hidden, State: vote.StateArmed, Quota: vote.Quota{MaxVotes: benchPicks}}
	for i := range benchOptions {
		ballot.Options = append(ballot.Options, vote.Option{No: i + 1, Entry: contest.EntryID(fmt.Sprintf("e%03d", i)), Track: "t"})
	}
	if _, err := db.SaveBallot(bg, ballot); err != nil {
		b.Fatal(err)
	}
	if _, err := db.OpenBallot(bg, storetest.Own(b, db, lease.Ballots), "bench", 1000, 0); err != nil {
		b.Fatal(err)
	}
	voter := int64(0)
	batch := func() ([]vote.Cast, []vote.Receipt) {
		casts, receipts := make([]vote.Cast, size), make([]vote.Receipt, size)
		for i := range casts {
			voter++
			casts[i] = vote.Cast{Ballot: "bench", Voter: voter, Rev: 1, At: 2000, ClientSalt: strings.Repeat("a", 32)}
			for p := range benchPicks {
				casts[i].Choice = append(casts[i].Choice, ballot.Options[(int(voter)+p*7)%benchOptions].Entry)
			}
			receipts[i] = vote.Receipt{Ballot: "bench", Round: 1, Rev: 1, Leaf: strings.ToLower(rand.Text() + rand.Text() + rand.Text())[:64],
				Salt: strings.Repeat("b", 32), Promise: strings.Repeat("c", 88)}
		}
		return casts, receipts
	}
	var took time.Duration
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		casts, receipts := batch()
		b.StartTimer()
		start := time.Now()
		out, _, err := db.CastBatch(bg, casts, receipts)
		took += time.Since(start)
		if err != nil || slices.ContainsFunc(out, func(o vote.Outcome) bool { return o.Fault != nil }) {
			b.Fatalf("%v %+v", err, out[0])
		}
	}
	return float64(voter) / took.Seconds()
}

// syncRate is how many votes per second a file takes that is synced after each
// batch.
func syncRate(b *testing.B, size int) float64 {
	f, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	buf := make([]byte, size*rowBytes)
	return rate(b, size, func() error {
		if _, err := f.Write(buf); err != nil {
			return err
		}
		return f.Sync()
	})
}

// insertRate is how many rows per second a table without any rule takes.
func insertRate(b *testing.B, db storetest.Record, size int) float64 {
	raw := db.Raw(b)
	if _, err := raw.Exec(`CREATE TABLE bare (id BIGINT PRIMARY KEY, text TEXT)`); err != nil {
		b.Fatal(err)
	}
	text, id := strings.Repeat("x", rowBytes), 0
	return rate(b, size, func() error {
		tx, err := raw.Begin()
		if err != nil {
			return err
		}
		defer tx.Rollback()
		for left := size; left > 0; left -= 100 {
			if err := insertBare(tx, min(left, 100), &id, text); err != nil {
				return err
			}
		}
		return tx.Commit()
	})
}

func insertBare(tx *sql.Tx, rows int, id *int, text string) error {
	values := make([]string, rows)
	args := make([]any, 0, 2*rows)
	for i := range values {
		*id++
		values[i] = fmt.Sprintf("($%d,$%d)", 2*i+1, 2*i+2)
		args = append(args, *id, text)
	}
	_, err := tx.Exec(`INSERT INTO bare (id, text) VALUES `+strings.Join(values, ","), args...)
	return err
}

func rate(b *testing.B, size int, do func() error) float64 {
	start, n := time.Now(), 0
	for time.Since(start) < floorTime {
		if err := do(); err != nil {
			b.Fatal(err)
		}
		n += size
	}
	return float64(n) / time.Since(start).Seconds()
}
