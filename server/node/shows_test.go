package node

import (
	"context"
	"testing"
	"time"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/hub"
	"hecai/stage/cue"
	"hecai/store"
)

// open runs a node on a fresh SQLite record.
func open(t *testing.T) *Node {
	t.Helper()
	n, err := Open(t.Context(), Config{Listen: "127.0.0.1:0", Media: "127.0.0.1:0", Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	select {
	case <-n.Running():
	case <-time.After(time.Minute):
		t.Fatal("it does not run in a minute")
	}
	return n
}

// TestAStageThatRunsHereStays: a look at a show that was another node's, begun before
// this one took it, does not put a stage that nobody runs in the place of its own.
func TestAStageThatRunsHereStays(t *testing.T) {
	n := open(t)
	id := contest.NewShow(n.contests.Home(), "final", 0)
	runs, err := n.shows.find(id)
	if err != nil {
		t.Fatal(err)
	}
	if !n.theatre.Here() || runs.own.Epoch == 0 {
		t.Fatalf("the shows are here: %v, under %+v", n.theatre.Here(), runs.own)
	}
	if err := n.shows.again(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if now, err := n.shows.find(id); err != nil || now != runs {
		t.Errorf("another stage is in its place, under %+v, %v", now.own, err)
	}
	if _, err := n.shows.Show(id); err != nil {
		t.Error(err)
	}
	for end := time.Now().Add(time.Minute); !runs.ran.Load() && time.Now().Before(end); time.Sleep(time.Millisecond) { // it is put there once
	}
	n.shows.mu.Lock()
	n.shows.all[id] = &show{Stage: runs.Stage, n: n, id: id} // as one was that another node ran, until a moment ago
	n.shows.all[id].row.Store(runs.row.Load())
	n.shows.mu.Unlock()
	if _, err := n.shows.Show(id); fault.CodeOf(err) != "stage.unavailable" {
		t.Errorf("who asks a stage that nobody runs waits for it: %v", err)
	}
	if who := (hub.Identity{Any: access.Identity{Contest: id.Contest()}}); !n.mayHear(who, "stage/"+string(id)) {
		t.Error("who comes while a show moves may never hear it")
	}
}

// TestWhoListensToWhatIsNew finds what another node has made a moment ago.
func TestWhoListensToWhatIsNew(t *testing.T) {
	n, err := Open(t.Context(), Config{Listen: "127.0.0.1:0", Media: "127.0.0.1:0", Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	home := n.contests.Home()
	if err := n.db.SaveSession(t.Context(), store.Session{Contest: home, ID: "late", Title: "示例"}); err != nil {
		t.Fatal(err)
	}
	if err := n.db.SaveRundown(t.Context(), home, cue.Blank("late", "示例")); err != nil {
		t.Fatal(err)
	}
	n.cfg.Database, n.cfg.Redis = "one that many have", "a bus"
	who := hub.Identity{Any: access.Identity{Contest: home}}
	if !n.mayHear(who, "stage/"+string(contest.NewShow(home, "late", 0))) {
		t.Error("a session that another node has made is refused")
	}
	if n.mayHear(who, "stage/"+string(contest.NewShow(home, "none", 0))) {
		t.Error("a session that nobody has made is heard")
	}
}
