package hub_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"hecai/hub"
	"hecai/hub/client"
	"hecai/hub/hubtest"
)

// TestMain: a socket, a writer or a node that outlives its test is a leak.
func TestMain(m *testing.M) {
	// Each check of the model opens sockets; -rapid.checks=1000 asks for more.
	if err := flag.Set("rapid.checks", "30"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

type doc = map[string]any

// state makes d the document of a topic, and waits until the hub has asked for it.
func state(t testing.TB, r *hubtest.Rig, topic string, d doc) {
	t.Helper()
	v := r.Put(topic, d)
	hubtest.Until(t, topic+" is taken", func() bool { return r.Version(topic).Compare(v) >= 0 })
}

func event(t testing.TB, h *hub.Hub, topic string, seq int64, body any) {
	t.Helper()
	if err := h.Event(topic, seq, body); err != nil {
		t.Fatalf("Event %s %d: %v", topic, seq, err)
	}
}

func sub(t testing.TB, c *client.Client, since map[string]int64, topics ...string) {
	t.Helper()
	if err := c.Sub(since, topics...); err != nil {
		t.Fatalf("sub %v: %v", topics, err)
	}
}

// shows waits until the socket's copy of a topic is d.
func shows(t testing.TB, c *client.Client, topic string, d doc) {
	t.Helper()
	want, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	got := json.RawMessage(nil)
	hubtest.Until(t, fmt.Sprintf("%s shows %.200s", topic, want), func() bool {
		got, _ = c.Doc(topic)
		return string(got) == string(want)
	})
}

func seqs(frames []client.Frame) []int64 {
	out := make([]int64, len(frames))
	for i, f := range frames {
		out[i] = f.S
	}
	return out
}

func upTo(from, to int64) []int64 {
	var out []int64
	for s := from; s <= to; s++ {
		out = append(out, s)
	}
	return out
}

func TestSnapshotThenDeltas(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{})
	state(t, r, "stage/a", doc{"cue": "poll", "n": 1, "gone": true})
	var log hubtest.Log
	c := r.Dial(t, "p", log.Add)
	sub(t, c, nil, "stage/a")
	shows(t, c, "stage/a", doc{"cue": "poll", "n": 1, "gone": true})
	state(t, r, "stage/a", doc{"cue": "poll", "n": 2})
	shows(t, c, "stage/a", doc{"cue": "poll", "n": 2})
	since, _ := r.Hub.Version("stage/a")
	state(t, r, "stage/a", doc{"cue": "poll", "n": 2})
	if got, newest := r.Hub.Version("stage/a"); got != since || newest.Compare(since) <= 0 {
		t.Errorf("the same document again is there since %v and at %v, want since %v and newer", got, newest, since)
	}
	state(t, r, "stage/a", doc{})
	shows(t, c, "stage/a", doc{})

	if n := len(log.Of("snap", "stage/a")); n != 1 {
		t.Errorf("%d snapshots, want 1", n)
	}
	var changes []string
	for _, f := range log.Of("delta", "stage/a") {
		changes = append(changes, string(f.D))
	}
	// Only keys that changed travel, and null takes one away.
	want := []string{`{"gone":null,"n":2}`, `{"cue":null,"n":null}`}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Errorf("deltas (-want +got):\n%s", diff)
	}
}

func TestSubscribeBeforeTheFirstDocument(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{})
	var log hubtest.Log
	c := r.Dial(t, "p", log.Add)
	sub(t, c, nil, "stage/a")
	hubtest.Until(t, "the socket listens", func() bool { return r.Hub.Listeners("stage/a") == 1 })
	state(t, r, "stage/a", doc{"n": 1})
	shows(t, c, "stage/a", doc{"n": 1})
	if n := len(log.Of("snap", "stage/a")); n != 1 {
		t.Errorf("%d snapshots, want the first document whole", n)
	}
}

func TestEventThatCannotBeEncodedIsAnError(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{})
	if err := r.Hub.Event("show/a", 1, func() {}); err == nil {
		t.Error("Event took a function")
	}
}

// TestConflation: a scoreboard that changes every millisecond goes out ten
// times a second, the first change at once and the last one always.
func TestConflation(t *testing.T) {
	t.Parallel()
	const every = 100 * time.Millisecond
	r := hubtest.Start(t, hub.Config{Conflate: func(topic string) time.Duration {
		if strings.HasPrefix(topic, "ballot/") {
			return every
		}
		return 0
	}})
	var log hubtest.Log
	c := r.Dial(t, "p", log.Add)
	sub(t, c, nil, "ballot/a")
	hubtest.Until(t, "the socket listens", func() bool { return r.Hub.Listeners("ballot/a") == 1 })
	begin := time.Now()
	last := 0
	told := func() int { return len(log.Of("snap", "ballot/a")) + len(log.Of("delta", "ballot/a")) }
	for time.Since(begin) < 550*time.Millisecond || told() < 3 && time.Since(begin) < hubtest.Patience {
		last++
		r.Put("ballot/a", doc{"votes": last})
		time.Sleep(time.Millisecond)
	}
	shows(t, c, "ballot/a", doc{"votes": last})
	frames := told()
	if most := int(time.Since(begin)/every) + 1; frames > most || frames < 3 {
		t.Errorf("%d changes made %d frames in %v, want 3 to %d", last, frames, time.Since(begin), most)
	}
	if asked := r.Shelf.Asked("ballot/a"); asked > frames+1 {
		t.Errorf("the source was asked %d times for %d frames", asked, frames)
	}
}

// TestTheFirstChangeIsAskedForAtOnce: after quiet it waits for no tick, however
// long that is.
func TestTheFirstChangeIsAskedForAtOnce(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{Conflate: func(topic string) time.Duration { return time.Hour }})
	c := r.Dial(t, "p", nil)
	sub(t, c, nil, "ballot/a")
	r.Put("ballot/a", doc{"votes": 1})
	shows(t, c, "ballot/a", doc{"votes": 1})
}

// TestSlowStateClientSkips: a phone that does not read for a while misses
// versions and never the newest, and is not thrown out for it.
func TestSlowStateClientSkips(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{WriteTimeout: time.Hour, Idle: time.Hour})
	ws := r.Raw(t, nil)
	hubtest.Say(t, ws, `{"t":"auth","ticket":"p"}`, `{"t":"sub","k":["stage/a"]}`)
	hubtest.Until(t, "the socket listens", func() bool { return r.Hub.Listeners("stage/a") == 1 })
	const versions = 300
	pad := strings.Repeat("x", 64<<10)
	for n := range versions {
		state(t, r, "stage/a", doc{"n": n, "pad": fmt.Sprint(n, pad)})
	}
	final := r.Version("stage/a").Wire()
	frames := 0
	for at := int64(0); at < final; {
		f := hubtest.Next(t, ws)
		if f.K != "stage/a" {
			continue
		}
		if f.V <= at || f.T == "delta" && f.B > at {
			t.Fatalf("%s from %d to %d on %d", f.T, f.B, f.V, at)
		}
		at = f.V
		frames++
	}
	if frames >= versions {
		t.Errorf("%d frames of %d versions: nothing was skipped", frames, versions)
	}
}

// TestSubscribeAgainWhileTheSnapshotIsOnItsWay: who unsubscribes may forget the
// document, so the second sub owes a snapshot of its own, even when the first
// one is still being written. It once was taken for the second's.
func TestSubscribeAgainWhileTheSnapshotIsOnItsWay(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{})
	state(t, r, "stage/a", doc{"pad": strings.Repeat("x", 6<<20)}) // more than the kernel takes
	ws := r.Raw(t, nil)
	hubtest.Say(t, ws, `{"t":"auth","ticket":"p"}`, `{"t":"sub","k":["stage/a"]}`)
	hubtest.Until(t, "the socket listens", func() bool { return r.Hub.Listeners("stage/a") == 1 })
	if f := hubtest.Next(t, ws); f.T != "hello" {
		t.Fatalf("greeted with %s", f.Raw)
	}
	ws.SetReadDeadline(time.Now().Add(hubtest.Patience))
	_, first, err := ws.NextReader() // the writer has begun
	if err != nil {
		t.Fatal(err)
	}
	hubtest.Say(t, ws, `{"t":"unsub","k":["stage/a"]}`, `{"t":"sub","k":["stage/a","stage/b"]}`)
	hubtest.Until(t, "both frames are handled", func() bool { return r.Hub.Listeners("stage/b") == 1 })
	state(t, r, "stage/b", doc{})
	var f client.Frame
	if err := json.NewDecoder(first).Decode(&f); err != nil || f.T != "snap" {
		t.Fatalf("the first is a %s, %v", f.T, err)
	}
	snaps := 1
	for f := hubtest.Next(t, ws); f.K != "stage/b"; f = hubtest.Next(t, ws) {
		if f.T == "snap" {
			snaps++
		}
	}
	if snaps != 2 {
		t.Errorf("%d snapshots for two subs, want 2", snaps)
	}
}

func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{})
	var log hubtest.Log
	c := r.Dial(t, "p", log.Add)
	sub(t, c, nil, "show/a", "show/b")
	hubtest.Until(t, "the socket listens", func() bool { return r.Hub.Listeners("show/b") == 1 })
	event(t, r.Hub, "show/a", 1, "first")
	if err := c.Send(map[string]any{"t": "unsub", "k": []string{"show/a", "never/heard"}}); err != nil {
		t.Fatal(err)
	}
	hubtest.Until(t, "the socket has left", func() bool { return r.Hub.Listeners("show/a") == 0 })
	event(t, r.Hub, "show/a", 2, "second")
	event(t, r.Hub, "show/b", 1, "after")
	hubtest.Until(t, "the other topic goes on", func() bool { return c.Seq("show/b") == 1 })
	if got := seqs(log.Of("ev", "show/a")); !slices.Equal(got, []int64{1}) {
		t.Errorf("events of a topic that was left: %v, want [1]", got)
	}
}

func TestResumeEvents(t *testing.T) {
	t.Parallel()
	const ring = 1024
	tests := []struct {
		name     string
		from, to int64 // events there are
		since    map[string]int64
		gap      []int64
		want     []int64 // events that come before number to+1, which is published last
	}{
		{"no since: only what is new", 1, 5, nil, nil, nil},
		{"from the middle", 1, 5, map[string]int64{"show/a": 3}, nil, []int64{4, 5}},
		{"nothing missed", 1, 5, map[string]int64{"show/a": 5}, nil, nil},
		{"from the start", 1, 5, map[string]int64{"show/a": 0}, nil, upTo(1, 5)},
		{"since of another topic", 1, 5, map[string]int64{"show/b": 3}, nil, nil},
		{"too old", 11, 15, map[string]int64{"show/a": 3}, []int64{10}, upTo(11, 15)},
		{"just not too old", 11, 15, map[string]int64{"show/a": 10}, nil, upTo(11, 15)},
		{"longer than the ring", 1, 3 * ring, map[string]int64{"show/a": 3*ring - 2*ring - 2}, []int64{-1}, nil},
		{"the numbers began anew", 1, 5, map[string]int64{"show/a": 900}, []int64{0}, upTo(1, 5)},
		{"below zero", 1, 5, map[string]int64{"show/a": -9}, []int64{0}, upTo(1, 5)},
		{"nothing yet, nothing seen", 1, 0, map[string]int64{"show/a": 0}, nil, nil},
		{"nothing yet, something seen", 1, 0, map[string]int64{"show/a": 7}, []int64{0}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := hubtest.Start(t, hub.Config{})
			for s := tt.from; s <= tt.to; s++ {
				event(t, r.Hub, "show/a", s, s)
			}
			var log hubtest.Log
			c := r.Dial(t, "p", log.Add)
			sub(t, c, tt.since, "show/a")
			hubtest.Until(t, "the socket listens", func() bool { return r.Hub.Listeners("show/a") == 1 })
			event(t, r.Hub, "show/a", tt.to+1, "last")
			hubtest.Until(t, "the last event", func() bool { return c.Seq("show/a") == tt.to+1 })
			got, gaps := seqs(log.Of("ev", "show/a")), seqs(log.Of("gap", "show/a"))
			if slices.Equal(tt.gap, []int64{-1}) {
				// How much more than ringSize is kept is not promised; that
				// the gap ends where the events begin is.
				if len(gaps) != 1 || len(got) < ring || gaps[0]+1 != got[0] || !slices.Equal(got, upTo(got[0], tt.to+1)) {
					t.Fatalf("gap %v, then %d events from %v", gaps, len(got), got[:1])
				}
				return
			}
			if want := append(slices.Clone(tt.want), tt.to+1); !slices.Equal(got, want) {
				t.Errorf("events %v, want %v", got, want)
			}
			if !slices.Equal(gaps, tt.gap) {
				t.Errorf("gap %v, want %v", gaps, tt.gap)
			}
		})
	}
}

// TestResumeOfMoreThanTheQueueHolds: who comes back with far to catch up must
// arrive. Counted against the queue's bytes, the events of a full ring closed
// the socket with 4001, it came back with the same since, and so for ever.
func TestResumeOfMoreThanTheQueueHolds(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{})
	const events = 1000
	body := strings.Repeat("x", 2<<10) // 2 MB in all, eight times the queue
	for s := int64(1); s <= events; s++ {
		event(t, r.Hub, "show/a", s, body)
	}
	c := r.Dial(t, "p", nil)
	sub(t, c, map[string]int64{"show/a": 0}, "show/a")
	if err := c.Wait(t.Context(), func() bool { return c.Seq("show/a") == events }); err != nil {
		t.Fatalf("%v with %d after %d of %d events", err, c.CloseCode(), c.Count("show/a"), events)
	}
	if n := c.Count("show/a"); n != events {
		t.Errorf("%d events, want %d", n, events)
	}
}

func TestEventThatComesTwiceIsSentOnce(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{})
	var log hubtest.Log
	c := r.Dial(t, "p", log.Add)
	sub(t, c, nil, "show/a")
	hubtest.Until(t, "the socket listens", func() bool { return r.Hub.Listeners("show/a") == 1 })
	for _, s := range []int64{4, 4, 2, 9, 4} { // the stage's numbers may jump
		event(t, r.Hub, "show/a", s, s)
	}
	hubtest.Until(t, "the newest event", func() bool { return c.Seq("show/a") == 9 })
	if got := seqs(log.Of("ev", "show/a")); !slices.Equal(got, []int64{4, 9}) {
		t.Errorf("events %v, want [4 9]", got)
	}
}

// TestLossyEvents: danmaku of a slow phone lose their oldest; it stays.
func TestLossyEvents(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{WriteTimeout: time.Hour, Lossy: func(topic string) bool { return topic == "danmaku/a" }})
	ws := r.Raw(t, nil)
	hubtest.Say(t, ws, `{"t":"auth","ticket":"p"}`, `{"t":"sub","k":["danmaku/a"]}`)
	hubtest.Until(t, "the socket listens", func() bool { return r.Hub.Listeners("danmaku/a") == 1 })
	const events = 500
	body := strings.Repeat("x", 32<<10)
	for s := int64(1); s <= events; s++ {
		event(t, r.Hub, "danmaku/a", s, body)
	}
	came, at := 0, int64(0)
	for at < events {
		f := hubtest.Next(t, ws)
		if f.T != "ev" {
			continue
		}
		if f.S <= at {
			t.Fatalf("event %d after %d", f.S, at)
		}
		at = f.S
		came++
	}
	if came == events || came < 64 {
		t.Errorf("%d of %d came, want some lost and the newest 64 kept", came, events)
	}
}

// TestPresence: the crew is counted by role and name, a name's sockets together,
// with what the one that is furthest behind shows; the others are numbers.
func TestPresence(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{
		Now: func() time.Time { return time.UnixMilli(77) },
		Authenticate: func(_ context.Context, ticket string) (hub.Identity, error) {
			role, session, _ := strings.Cut(ticket, "@")
			return hub.Identity{Role: role, Name: "main", Session: session, Key: ticket}, nil
		},
		Kept: []int{1}, Rank: func(id hub.Identity) int { return map[string]int{"screen": 1, "judge": 1}[id.Role] },
	})
	left, right, other := r.Dial(t, "screen@final", nil), r.Dial(t, "screen@final", nil), r.Dial(t, "screen@semi", nil)
	judge, phone := r.Dial(t, "judge@final", nil), r.Dial(t, "audience", nil)
	for v, c := range map[int]*client.Client{12: left, 9: right} {
		if err := c.Send(doc{"t": "seen", "k": "stage/a", "v": v, "scene": "poll"}); err != nil {
			t.Fatal(err)
		}
	}
	want := []hub.Presence{
		{Role: "judge", Name: "main", Sockets: 1},
		{Role: "screen", Name: "main", Sockets: 2, Seen: hub.Seen{Topic: "stage/a", V: 9, Scene: "poll", At: 77}},
	}
	present := func(session string) []hub.Presence {
		out := r.Hub.Present(session)
		slices.SortFunc(out, func(a, b hub.Presence) int { return strings.Compare(a.Role, b.Role) })
		return out
	}
	var got []hub.Presence
	hubtest.Until(t, "the crew is here", func() bool {
		got = present("final")
		return r.Hub.Count() == 5 && cmp.Equal(want, got)
	})
	if n := len(r.Hub.Crew()); n != 4 {
		t.Errorf("%d sockets of the crew, want 4", n)
	}
	if got := present("semi"); len(got) != 1 || got[0].Sockets != 1 || got[0].Seen.At != 0 {
		t.Errorf("at the other session: %+v", got)
	}

	sub(t, left, nil, "stage/a")
	sub(t, phone, nil, "stage/a")
	sub(t, phone, nil, "stage/a") // again is not twice
	if err := phone.Req(t.Context(), "x", nil, nil); err != nil {
		t.Fatal(err)
	}
	hubtest.Until(t, "the phone is one of two", func() bool {
		return r.Hub.Listeners("stage/a") == 2 && r.Hub.Crowd("stage/a", "audience", "visitor") == 1
	})
	for _, c := range []*client.Client{right, judge, phone} {
		c.Close()
	}
	hubtest.Until(t, "closed sockets leave", func() bool {
		got := present("final")
		return r.Hub.Count() == 2 && len(got) == 1 && got[0].Sockets == 1 && got[0].Seen.V == 12 && r.Hub.Crowd("stage/a", "audience") == 0
	})
	other.Close()
	hubtest.Until(t, "nobody is at the other session", func() bool { return len(present("semi")) == 0 })
}
