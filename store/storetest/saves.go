package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/stage/cue"
	"hecai/store"
	"hecai/vote"
)

// saveCase is a thing of the office that several people may edit: how the n-th text
// of it is saved, and how it is read.
type saveCase struct {
	name, id string
	save     func(ctx context.Context, n int) error
	read     func() (any, error) // that of which there is a revision
}

func saveCases(t *testing.T, db Record) []saveCase {
	must(t, db.ReplaceEntries(bg, code, []contest.Entry{entry(1), entry(2), entry(3)}))
	must(t, db.SaveJudges(bg, code, []contest.Judge{{ID: "ja"}, {ID: "jb"}}))
	must(t, db.SaveSession(bg, store.Session{Contest: code, ID: "final", Title: "示例"}))
	named := func(n int) string { return fmt.Sprint("示例 ", n) }
	turned := func(n int) int { return n%2 + 1 }
	entries := func() (out []contest.EntryID, err error) {
		found, err := db.SessionEntries(bg, final)
		for _, e := range found {
			out = append(out, e.ID)
		}
		return out, err
	}
	panel := func() (out []contest.JudgeID, err error) {
		found, err := db.SessionJudges(bg, final)
		for _, j := range found {
			out = append(out, j.ID)
		}
		return out, err
	}
	return []saveCase{
		{"a judge", "j1", func(ctx context.Context, n int) error {
			return db.SaveJudges(ctx, code, []contest.Judge{{ID: "j1", Name: named(n), Sector: "高校"}, {ID: "j2", Name: "示例"}})
		}, func() (any, error) {
			all, err := db.Judges(bg, code)
			for _, j := range all {
				if j.ID == "j1" {
					return j, err
				}
			}
			return nil, err
		}},
		{"a ballot", "b", func(ctx context.Context, n int) error {
			_, err := db.SaveBallot(ctx, vote.Ballot{ID: "b", Title: named(n), Quota: vote.Quota{MaxVotes: 1}, Visibility: vote.Hidden, State: vote.StateArmed,
				Options: []vote.Option{{No: 1, Entry: "ea", Track: "t1"}, {No: 2, Entry: "eb", Track: "t1"}}})
			return err
		}, func() (any, error) {
			b, err := db.LoadBallot(bg, "b")
			if fault.KindOf(err) == fault.NotFound {
				return nil, nil
			}
			return b, err
		}},
		{"an entry's standing", string(entry(1).ID), func(ctx context.Context, n int) error {
			_, err := db.SetEntryState(ctx, code, entry(1).ID, contest.Withdrawn, named(n))
			return err
		}, func() (any, error) {
			all, err := db.Entries(bg, code)
			return all[0], err
		}},
		{"a rundown", string(final), func(ctx context.Context, n int) error { return db.SaveRundown(ctx, code, cue.Blank("final", named(n))) },
			func() (any, error) {
				r, err := db.Rundown(bg, final)
				if fault.CodeOf(err) == "store.none" {
					return nil, nil
				}
				return r, err
			}},
		{"a session", string(final), func(ctx context.Context, n int) error {
			return db.SetUpSession(ctx, contest.Session{Show: final, Title: named(n), Kind: "final"})
		}, func() (any, error) {
			all, err := db.Setups(bg, code)
			for _, s := range all {
				if s.Show == final {
					return s, err
				}
			}
			return nil, err
		}},
		{"a running order", string(final), func(ctx context.Context, n int) error {
			return db.SetSessionEntries(ctx, final, []contest.EntryID{entry(turned(n)).ID, entry(3).ID})
		}, func() (any, error) { return entries() }},
		{"a panel", string(final), func(ctx context.Context, n int) error {
			return db.SetSessionJudges(ctx, final, []contest.JudgeID{[]contest.JudgeID{"ja", "jb"}[n%2]})
		}, func() (any, error) { return panel() }},
		{"a camera", "cam-1", func(ctx context.Context, n int) error {
			return db.SaveCamera(ctx, store.Camera{Show: final, Name: "cam-1", Label: named(n)})
		}, func() (any, error) {
			all, err := db.Cameras(bg)
			if len(all) == 0 {
				return nil, err
			}
			return all[0].Label, err
		}},
	}
}

// noSaveWinsInSilence: what was made from one revision is saved over that alone; the
// refusal tells what there is. Whoever names none saves over whatever is there.
func noSaveWinsInSilence(t *testing.T, db Record) {
	for _, c := range saveCases(t, db) {
		rev := func() string {
			t.Helper()
			have, err := c.read()
			must(t, err)
			return access.Revision(have)
		}
		over := func(rev string) context.Context { return access.Over(acting(access.SaveJudges), c.id, rev) }
		first := rev()
		must(t, c.save(over(first), 1))
		second := rev()
		if second == first {
			t.Fatalf("%s: revision %s twice", c.name, first)
		}
		for _, stale := range []string{first, access.Revision(nil)} {
			err := c.save(over(stale), 2)
			wantCode(t, err, "office.stale_rev")
			have, readErr := c.read()
			must(t, readErr)
			told := fault.Of(err).Public()
			if told["id"] != c.id || told["rev"] != second || access.Revision(told["now"]) != second || access.Revision(have) != second {
				t.Errorf("%s: %v, and is %+v", c.name, told, have)
			}
		}
		must(t, c.save(over(second), 2))
		must(t, c.save(acting(access.SaveJudges), 3))
		must(t, c.save(bg, 4))
	}
}

// oneSaveWins: of several that were made from the same revision one is stored.
func oneSaveWins(t *testing.T, db Record) {
	for _, c := range saveCases(t, db) {
		for round := range 3 { // in the first, of most, there is nothing yet
			have, err := c.read()
			must(t, err)
			ctx := access.Over(acting(access.SaveJudges), c.id, access.Revision(have))
			won := make(chan int, 8)
			var all sync.WaitGroup
			for range cap(won) {
				all.Add(1)
				go func() {
					defer all.Done()
					err := c.save(ctx, round+1)
					for end := time.Now().Add(time.Minute); fault.CodeOf(err) == "store.busy" && time.Now().Before(end); { // a slow machine: nothing is stored
						err = c.save(ctx, round+1)
					}
					if err == nil {
						won <- 1
					} else if fault.CodeOf(err) != "office.stale_rev" {
						t.Errorf("%s: %v", c.name, err)
					}
				}()
			}
			all.Wait()
			if len(won) != 1 {
				t.Errorf("%s, round %d: %d of %d were stored", c.name, round, len(won), cap(won))
			}
		}
	}
}
