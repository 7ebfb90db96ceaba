package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"hecai/hub"
	"hecai/hub/client"
	"hecai/hub/hubtest"
	"hecai/hub/wire"
)

// TestVisitorsLeavePlaces: however many strangers come, known phones and the
// crew get in, and the crew when the phones have filled the rest.
func TestVisitorsLeavePlaces(t *testing.T) {
	t.Parallel()
	rank := func(id hub.Identity) int {
		return map[string]int{"phone": 1, "director": 2}[strings.Trim(id.Name, "0123456789")]
	}
	r := hubtest.Start(t, hub.Config{MaxConns: 20, Rank: rank, Kept: []int{5, 3}})
	in := func(who string) bool {
		t.Helper()
		before := r.Hub.Count()
		c := r.Dial(t, who, nil)
		hubtest.Until(t, who+" is in or out", func() bool {
			select {
			case <-c.Done():
				return true
			default:
				return r.Hub.Count() > before
			}
		})
		if r.Hub.Count() > before {
			return true
		}
		if c.CloseCode() != wire.CloseTooMany {
			t.Errorf("%s is closed with %d, want %d", who, c.CloseCode(), wire.CloseTooMany)
		}
		return false
	}
	for _, tt := range []struct {
		who     string
		n, want int
	}{{"visitor", 14, 12}, {"phone", 6, 5}, {"visitor", 1, 0}, {"director", 4, 3}} {
		got := 0
		for i := range tt.n {
			if in(fmt.Sprint(tt.who, i)) {
				got++
			}
		}
		if got != tt.want {
			t.Errorf("%d of %d %ss came in, want %d", got, tt.n, tt.who, tt.want)
		}
	}
}

// TestANetworkLeavesPlaces: one network takes its share of the places and no
// more; the crew behind the same address, and other networks, still get in. A
// place that is left is free again.
func TestANetworkLeavesPlaces(t *testing.T) {
	t.Parallel()
	rank := func(id hub.Identity) int { return map[string]int{"phone": 1, "crew": 2}[id.Name] }
	var network atomic.Value
	network.Store("hall")
	r := hubtest.Start(t, hub.Config{MaxConns: 40, Rank: rank, Kept: []int{0, 0}, Share: 8,
		Network: func(*http.Request) string { return network.Load().(string) }})
	in := func(who string) *client.Client {
		t.Helper()
		c := r.Dial(t, who, nil)
		if c.Req(t.Context(), "x", nil, nil) == nil {
			return c
		}
		<-c.Done()
		if c.CloseCode() != wire.CloseTooMany {
			t.Errorf("%s is closed with %d, want %d", who, c.CloseCode(), wire.CloseTooMany)
		}
		return nil
	}
	var last *client.Client
	for i := range 12 {
		c := in([]string{"visitor", "phone"}[i%2])
		if (c != nil) != (i < 8) {
			t.Errorf("socket %d of the hall: in %v", i, c != nil)
		}
		if c != nil {
			last = c
		}
	}
	for range 3 {
		if in("crew") == nil {
			t.Error("the crew of the hall is kept out")
		}
	}
	network.Store("home")
	if in("visitor") == nil {
		t.Error("another network is kept out")
	}
	network.Store("hall")
	before := r.Hub.Count()
	last.Close()
	hubtest.Until(t, "it is gone", func() bool { return r.Hub.Count() < before })
	if in("visitor") == nil {
		t.Error("a place that was left is not free")
	}
}

// TestStrangersInTheLobby: sockets that do not say who they are cost their
// sender nothing, and shut nobody out: not even one from the same address.
func TestStrangersInTheLobby(t *testing.T) {
	t.Parallel()
	const most = 8
	r := hubtest.Start(t, hub.Config{MaxWaiting: most})
	gone := make(chan struct{}, 10*most)
	for i := range 10 * most {
		ws := r.Raw(t, nil)
		if i%2 == 1 { // turned away, and in no hurry to go
			hubtest.Say(t, ws, `{"t":"auth","ticket":"bad"}`)
		}
		go func() {
			defer func() { gone <- struct{}{} }()
			for {
				if _, _, err := ws.NextReader(); err != nil {
					return
				}
			}
		}()
	}
	c := r.Dial(t, "director", nil)
	if err := c.Req(t.Context(), "hello", nil, nil); err != nil {
		t.Fatalf("the director, behind %d strangers: %v", 10*most, err)
	}
	for range 10*most - most/2 { // one network has half of the lobby at most
		select {
		case <-gone:
		case <-time.After(hubtest.Patience):
			t.Fatal("strangers stay beyond the bound")
		}
	}
}

// TestResumeOnce: a client that subscribes again and again with an old since is
// sent the events once, and is told of a gap after; a publisher hardly waits for
// it, and the bytes are the topic's own.
func TestResumeOnce(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{})
	const events = 1500
	for s := int64(1); s <= events; s++ {
		event(t, r.Hub, "show/a", s, s)
	}
	ws := r.Raw(t, nil)
	const again = `{"t":"sub","k":["show/a"],"since":{"show/a":500}}`
	hubtest.Say(t, ws, `{"t":"auth","ticket":"p"}`, again, again, `{"t":"unsub","k":["show/a"]}`, again, `{"t":"req","id":1,"m":"x"}`)
	var got []client.Frame
	for f := hubtest.Next(t, ws); f.T != "re"; f = hubtest.Next(t, ws) {
		if f.T == "ev" || f.T == "gap" {
			got = append(got, f)
		}
	}
	if len(got) != 1002 || got[0].S != 501 || got[999].S != events {
		t.Fatalf("%d frames, want 1000 events and two gaps", len(got))
	}
	for _, f := range got[1000:] {
		if f.T != "gap" || f.S != events {
			t.Errorf("after the resume came %s, want a gap at %d", f.Raw, events)
		}
	}
	event(t, r.Hub, "show/a", events+1, "next")
	if f := hubtest.Next(t, ws); f.T != "ev" || f.S != events+1 {
		t.Errorf("the next event is %s", f.Raw)
	}
}

// TestResumesCost: what is sent again counts against the client's rate, so that
// many topics are no way round the bound of one.
func TestResumesCost(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{})
	var topics []string
	since := map[string]int64{}
	for i := range 20 {
		topic := fmt.Sprint("show/", i)
		topics, since[topic] = append(topics, topic), 1
		for s := int64(1); s <= 1025; s++ {
			event(t, r.Hub, topic, s, s)
		}
	}
	say, err := json.Marshal(map[string]any{"t": "sub", "k": topics, "since": since})
	if err != nil {
		t.Fatal(err)
	}
	ws := r.Raw(t, nil)
	hubtest.Say(t, ws, `{"t":"auth","ticket":"p"}`, string(say))
	// 59 frames are left of the rate, 8 for each topic; the rest is told as gaps.
	whole, gaps := 0, 0
	for whole+gaps < len(topics) {
		switch f := hubtest.Next(t, ws); {
		case f.T == "gap" && f.S == 1025:
			gaps++
		case f.T == "ev" && f.S == 1025:
			whole++
		}
	}
	if whole < 7 || gaps == 0 {
		t.Errorf("%d topics were sent again whole and %d told as gaps, want at least 7 and some", whole, gaps)
	}
}

// TestHandlerThatLasts: a request that takes longer than the time a client has
// to be heard from does not cost it the socket.
func TestHandlerThatLasts(t *testing.T) {
	t.Parallel()
	const idle = 4 * time.Second // far above what a machine may stand still for
	r := hubtest.Start(t, hub.Config{Idle: idle, Handle: func(_ context.Context, _ *hub.Conn, method string, _ json.RawMessage) (any, error) {
		if method == "long" {
			time.Sleep(2 * idle)
		}
		return method, nil
	}})
	c := r.Dial(t, "p", nil)
	for _, method := range []string{"long", "short"} {
		var got string
		if err := c.Req(t.Context(), method, nil, &got); err != nil || got != method {
			t.Fatalf("%s: %q, %v", method, got, err)
		}
	}
}

// TestDrainAnswersTheRequestInHand: a vote that is being counted when the node
// stops is answered before its socket closes, and nothing after it is handled.
func TestDrainAnswersTheRequestInHand(t *testing.T) {
	t.Parallel()
	begun, end := make(chan struct{}), make(chan struct{})
	r := hubtest.Start(t, hub.Config{Handle: func(_ context.Context, _ *hub.Conn, method string, _ json.RawMessage) (any, error) {
		if method == "late" {
			t.Error("a request was handled after the drain began")
		}
		close(begun)
		<-end
		return "counted", nil
	}})
	ws := r.Raw(t, nil)
	hubtest.Say(t, ws, `{"t":"auth","ticket":"p"}`, `{"t":"req","id":1,"m":"vote"}`, `{"t":"req","id":2,"m":"late"}`)
	<-begun
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		ctx, cancel := context.WithTimeout(context.Background(), hubtest.Patience)
		defer cancel()
		r.Hub.Drain(ctx, 0)
	}()
	// A socket with nothing in hand goes first, so the drain has begun.
	hubtest.Until(t, "the drain", func() bool {
		late := r.Raw(t, nil)
		hubtest.Say(t, late, `{"t":"auth","ticket":"q"}`)
		late.SetReadDeadline(time.Now().Add(hubtest.Patience))
		_, _, err := late.ReadMessage()
		return websocket.IsCloseError(err, wire.CloseTooMany)
	})
	close(end)
	frames, code, _ := hubtest.Closed(t, ws)
	<-drained
	var kinds []string
	for _, f := range frames {
		if f.T != "hb" {
			kinds = append(kinds, f.T)
		}
	}
	if got := strings.Join(kinds, " "); got != "hello re bye" || code != wire.CloseRestart {
		t.Errorf("got %q and code %d, want the answer, the bye and %d", got, code, wire.CloseRestart)
	}
}

// TestDrainWaitsNoLonger: a request that never ends does not hold up a stop.
func TestDrainWaitsNoLonger(t *testing.T) {
	t.Parallel()
	begun, end := make(chan struct{}), make(chan struct{})
	r := hubtest.Start(t, hub.Config{Handle: func(context.Context, *hub.Conn, string, json.RawMessage) (any, error) {
		close(begun)
		<-end
		return nil, nil
	}})
	ws := r.Raw(t, nil)
	hubtest.Say(t, ws, `{"t":"auth","ticket":"p"}`, `{"t":"req","id":1,"m":"vote"}`)
	<-begun
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r.Hub.Drain(ctx, 0)
	if _, code, _ := hubtest.Closed(t, ws); code != wire.CloseRestart {
		t.Errorf("closed with %d, want %d", code, wire.CloseRestart)
	}
	close(end)
}
