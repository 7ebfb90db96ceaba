package storetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hecai/contest"
	"hecai/lease"
	"hecai/stage/cue"
	"hecai/store"
	"hecai/vote"
)

// me is the node that the questions are asked as.
var me = lease.Holder{ID: "me", Address: "http://127.0.0.1:1"}

// own returns the lease of a show.
func own(t testing.TB, db Record, show contest.ShowID) lease.Lease {
	t.Helper()
	return Own(t, db, lease.Show(show))
}

// ballots returns the lease of the ballots.
func ballots(t testing.TB, db Record) lease.Lease {
	t.Helper()
	return Own(t, db, lease.Ballots)
}

// Own returns a lease, and takes it for the test if it has not yet.
func Own(t testing.TB, db Record, name string) lease.Lease {
	t.Helper()
	l, err := db.LookLease(bg, name)
	must(t, err)
	if l.ID == me.ID || l == lease.Alone(name) {
		return l
	}
	return take(t, db, name, me)
}

func take(t testing.TB, db Record, name string, by lease.Holder) lease.Lease {
	t.Helper()
	l, ours, err := db.TakeLease(bg, name, by)
	must(t, err)
	if !ours {
		t.Fatalf("lease %s is %q's", name, l.ID)
	}
	return l
}

func wantTheirs(t testing.TB, db Record, name string, by lease.Holder, whose lease.Lease) {
	t.Helper()
	l, ours, err := db.TakeLease(bg, name, by)
	must(t, err)
	if ours || l.Holder != whose.Holder || l.Epoch != whose.Epoch {
		t.Fatalf("%s took %+v, %v; it is %+v", by.ID, l, ours, whose)
	}
}

// aWriteCarriesItsLease: none, one of something else and one of an older epoch
// write nothing.
func aWriteCarriesItsLease(t *testing.T, db Record) {
	newBallot(t, db, "b", 2, vote.Quota{})
	right := own(t, db, "final")
	facts := []cue.Fact{fact(1)}
	wrong := map[string]lease.Lease{
		"none": {Name: right.Name}, "of the ballots": ballots(t, db), "older": {Name: right.Name, Epoch: right.Epoch - 1}, "newer": {Name: right.Name, Epoch: right.Epoch + 1},
	}
	for what, l := range wrong {
		t.Log(what)
		wantCode(t, db.AppendFacts(bg, l, 0, facts), "stage.not_owner")
		wantCode(t, db.SaveSeal(bg, l, 1, nil, "r"), "stage.not_owner")
		wantCode(t, db.SaveSheet(bg, l, sheet("e1", "j1"), 0), "stage.not_owner")
		_, err := db.LockSheets(bg, l, []contest.EntryID{"e1"}, 9)
		wantCode(t, err, "stage.not_owner")
		if l.Name == lease.Ballots {
			l = right
		} else {
			l.Name = lease.Ballots
			l.Epoch += ballots(t, db).Epoch - right.Epoch
		}
		_, err = db.OpenBallot(bg, l, "b", opened, 0)
		if what != "none" || db.Engine() == "postgres" || l.Epoch == 0 {
			wantCode(t, err, "stage.not_owner")
		}
	}
	must(t, db.AppendFacts(bg, right, 0, facts))
	_, err := db.OpenBallot(bg, ballots(t, db), "b", opened, 0)
	must(t, err)
	old := lease.Lease{Name: lease.Ballots, Epoch: ballots(t, db).Epoch + 1}
	for _, change := range []func() error{
		func() error { _, _, err := db.CloseBallot(bg, old, "b", opened); return err },
		func() error { _, err := db.RevealBallot(bg, old, "b"); return err },
		func() error { _, err := db.SkipBallot(bg, old, "b"); return err },
		func() error { _, err := db.RearmBallot(bg, old, "b", ""); return err },
	} {
		wantCode(t, change(), "stage.not_owner")
	}
}

// leaseChangesHands on PostgreSQL; on SQLite it is always the same one's.
func leaseChangesHands(t *testing.T, db Record) {
	a, b := lease.Holder{ID: "a", Address: "http://a"}, lease.Holder{ID: "b", Address: "http://b"}
	name := lease.Show("final")
	first := take(t, db, name, a)
	if db.Engine() == "sqlite" {
		same(t, "lease", first, lease.Alone(name))
		must(t, db.ReleaseLease(bg, first))
		same(t, "lease", take(t, db, name, b), first)
		return
	}
	if first.Epoch != 1 || first.Holder != a || first.Name != name {
		t.Errorf("taken: %+v", first)
	}
	wantTheirs(t, db, name, b, first)
	renewed, ours, err := db.RenewLease(bg, first)
	must(t, err)
	if !ours || renewed.Until < first.Until || renewed.Epoch != 1 {
		t.Errorf("renewed: %+v, %v", renewed, ours)
	}
	must(t, db.ReleaseLease(bg, renewed))
	wantCode(t, db.AppendFacts(bg, renewed, 0, []cue.Fact{fact(1)}), "stage.not_owner")
	if _, ours, err := db.RenewLease(bg, renewed); err != nil || ours {
		t.Errorf("renewed after it was given back: %v", err)
	}
	second := take(t, db, name, b) // at once
	same(t, "epoch", second.Epoch, int64(2))
	must(t, db.ReleaseLease(bg, renewed)) // what is another's stays theirs
	must(t, db.AppendFacts(bg, second, 0, []cue.Fact{fact(1)}))
	looked, err := db.LookLease(bg, name)
	must(t, err)
	same(t, "looked up", looked.Holder, b)
	wantTheirs(t, db, name, lease.Holder{ID: "b2", Address: b.Address}, second) // maybe on another machine
	db.Harm(t, `UPDATE lease SET until = until - 6000`)
	again := take(t, db, name, lease.Holder{ID: "b2", Address: b.Address})
	same(t, "epoch", again.Epoch, int64(3))
	wantCode(t, db.AppendFacts(bg, second, 1, []cue.Fact{fact(2)}), "stage.not_owner")
	nobody, err := db.LookLease(bg, "none")
	must(t, err)
	same(t, "nobody's", nobody, lease.Lease{Name: "none"})
}

// showsFollowTheBallots: who has the ballots need not wait for the end of each
// show's lease; nobody else has one before.
func showsFollowTheBallots(t *testing.T, db Record) {
	if db.Engine() == "sqlite" {
		return
	}
	a, b := lease.Holder{ID: "a"}, lease.Holder{ID: "b"}
	name := lease.Show("JL-2024/final")
	ballots := take(t, db, lease.Ballots, a)
	show := take(t, db, name, a)
	wantTheirs(t, db, name, b, show)
	must(t, db.ReleaseLease(bg, ballots))
	wantTheirs(t, db, name, b, show)
	take(t, db, lease.Ballots, b)
	db.Harm(t, `UPDATE lease SET until = until - 6000 WHERE name = 'ballots'`) // which have ended since
	wantTheirs(t, db, name, b, show)
	take(t, db, lease.Ballots, b)
	same(t, "epoch", take(t, db, name, b).Epoch, show.Epoch+1)
	wantCode(t, db.AppendFacts(bg, show, 0, []cue.Fact{fact(1)}), "stage.not_owner")
}

// sleeperIsLocked out: a holder that slept past its life writes on as long as
// nobody else acts, and nothing once somebody does.
func sleeperIsLockedOut(t *testing.T, db Record) {
	if db.Engine() == "sqlite" {
		return // a sleeper there has the folder still
	}
	name := lease.Show("final")
	sleeper := take(t, db, name, lease.Holder{ID: "sleeper"})
	db.Harm(t, `UPDATE lease SET until = until - 6000`) // six seconds pass
	if l, err := db.LookLease(bg, name); err != nil || l.ID != "" {
		t.Errorf("after its life it is %q's, %v", l.ID, err)
	}
	must(t, db.AppendFacts(bg, sleeper, 0, []cue.Fact{fact(1)}))
	if _, ours, err := db.RenewLease(bg, sleeper); err != nil || !ours {
		t.Errorf("nobody took it: renewed %v, %v", ours, err)
	}
	db.Harm(t, `UPDATE lease SET until = until - 6000`)
	next := take(t, db, name, me)
	same(t, "epoch", next.Epoch, sleeper.Epoch+1)
	wantCode(t, db.AppendFacts(bg, sleeper, 1, []cue.Fact{fact(2)}), "stage.not_owner")
	if _, ours, err := db.RenewLease(bg, sleeper); err != nil || ours {
		t.Errorf("renewed what is another's: %v, %v", ours, err)
	}
	must(t, db.AppendFacts(bg, next, 1, []cue.Fact{fact(2)}))
}

// clockSteps of the database: forward, a lease ends early and the epoch keeps
// order; back, nobody waits for longer than a life.
func clockSteps(t *testing.T, db Record) {
	if db.Engine() == "sqlite" {
		return // no clock is asked
	}
	a, b := lease.Holder{ID: "a"}, lease.Holder{ID: "b"}
	old := take(t, db, "x", a)
	const hour = 3_600_000
	db.Harm(t, `UPDATE lease SET until = until + 3600000`) // the clock goes back an hour
	before := old.Until + hour
	wantTheirs(t, db, "x", b, old)
	l, err := db.LookLease(bg, "x")
	must(t, err)
	if l.Until >= before-hour/2 {
		t.Errorf("who waits for the lease waits for %v", time.Duration(l.Until-old.Until)*time.Millisecond)
	}
	wantTheirs(t, db, "x", b, old)
	db.Harm(t, `UPDATE lease SET until = until - 3600000`) // and forward
	same(t, "epoch", take(t, db, "x", b).Epoch, old.Epoch+1)
}

// twoTakers at once: one gets it, however they race.
func twoTakers(t *testing.T, db Record) {
	if db.Engine() == "sqlite" {
		return
	}
	other := Record{open(t, store.Config{Database: db.address, Shared: true}), db.driver, db.address}
	for round := range 20 {
		var got atomic.Int64
		var all sync.WaitGroup
		for i, at := range []Record{db, other, db, other} {
			by := lease.Holder{ID: string(rune('a' + i))}
			all.Go(func() {
				_, ours, err := at.TakeLease(bg, "x", by)
				if err != nil {
					t.Error(err)
				}
				if ours {
					got.Add(1)
				}
			})
		}
		all.Wait()
		same(t, "takers that got it", got.Load(), int64(1))
		l, err := db.LookLease(bg, "x")
		must(t, err)
		same(t, "epoch", l.Epoch, int64(round+1))
		db.Harm(t, `UPDATE lease SET until = 1`)
	}
}
