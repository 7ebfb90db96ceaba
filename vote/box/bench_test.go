package box

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hecai/contest"
	"hecai/lease"
	"hecai/vote"
)

// disk is a memory store that, like a database, pays for each transaction: it
// appends the batch to a file and waits until it is on disk.
type disk struct {
	*memory
	file *os.File
	buf  []byte
}

func newDisk(b *testing.B) *disk {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "votes"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	return &disk{memory: newMemory(testBallot("final")), file: f}
}

func (d *disk) CastBatch(ctx context.Context, casts []vote.Cast, receipts []vote.Receipt) ([]vote.Outcome, []vote.Tally, error) {
	d.buf = d.buf[:0]
	for i, c := range casts {
		d.buf = binary.BigEndian.AppendUint64(d.buf, uint64(c.Voter))
		d.buf = append(d.buf, receipts[i].Leaf...)
		d.buf = append(d.buf, receipts[i].Salt...)
	}
	if _, err := d.file.Write(d.buf); err != nil {
		return nil, nil, err
	}
	if err := d.file.Sync(); err != nil {
		return nil, nil, err
	}
	return d.memory.CastBatch(ctx, casts, receipts)
}

func benchCast(v int64) vote.Cast {
	return vote.Cast{Ballot: "final", Voter: v, Rev: 1, Choice: []contest.EntryID{"e1"}, At: time.Now().UnixMilli()}
}

// BenchmarkBox casts one vote per iteration from 1,000 waiting phones. The
// floor, measured in the same run, is the same work without a box: receipts
// made by two goroutines, then full batches given to the store. share is what
// part of the floor's pace the box keeps.
func BenchmarkBox(b *testing.B) {
	for _, phones := range []int{1, 100, 1000} {
		b.Run(fmt.Sprint("phones=", phones), func(b *testing.B) { benchBox(b, phones) })
	}
}

func benchBox(b *testing.B, phones int) {
	cfg := Config{Store: newDisk(b), Key: testKey, Pseudonyms: testPseudonym, Origin: testOrigin}
	box, err := New(context.Background(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { box.Run(ctx) })
	mustOpen(b, box, "final", 0)

	var voter atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range phones {
		wg.Go(func() {
			for v := voter.Add(1); v <= int64(b.N); v = voter.Add(1) {
				if out, err := box.Cast(ctx, benchCast(v)); err != nil || out.Fault != nil {
					b.Error(out.Fault, err)
					return
				}
			}
		})
	}
	wg.Wait()
	took := b.Elapsed()
	b.StopTimer()
	stats := box.Stats()
	cancel()
	run.Wait()

	floor := benchFloor(b, b.N)
	b.ReportMetric(float64(b.N)/took.Seconds(), "votes/s")
	b.ReportMetric(float64(b.N)/floor.Seconds(), "floor-votes/s")
	b.ReportMetric(floor.Seconds()/took.Seconds(), "share")
	b.ReportMetric(float64(stats.P50.Microseconds()), "p50-µs")
	b.ReportMetric(float64(stats.P99.Microseconds()), "p99-µs")
	b.ReportMetric(float64(stats.Answered)/float64(stats.Batches), "votes/batch")
}

func benchFloor(b *testing.B, n int) time.Duration {
	store := newDisk(b)
	opened, err := store.OpenBallot(context.Background(), lease.Alone(lease.Ballots), "final", 1, 0)
	if err != nil {
		b.Fatal(err)
	}
	maker, err := New(context.Background(), Config{Store: store, Key: testKey, Pseudonyms: testPseudonym, Origin: testOrigin})
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	casts, receipts := make([]vote.Cast, n), make([]vote.Receipt, n)
	var wg sync.WaitGroup
	for half := range 2 {
		wg.Go(func() {
			for i := half; i < n; i += 2 {
				casts[i] = benchCast(int64(i))
				receipts[i] = maker.prepare(opened, casts[i])
			}
		})
	}
	wg.Wait()
	for i := 0; i < n; i += 2000 {
		end := min(n, i+2000)
		if _, _, err := store.CastBatch(context.Background(), casts[i:end], receipts[i:end]); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start)
}
