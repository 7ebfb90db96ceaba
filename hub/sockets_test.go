package hub_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"hecai/fault"
	"hecai/hub"
	"hecai/hub/client"
	"hecai/hub/hubtest"
	"hecai/hub/wire"
)

// TestCloseCodes: each way to be thrown out, and the numbered code that comes.
func TestCloseCodes(t *testing.T) {
	t.Parallel()
	const auth = `{"t":"auth","ticket":"p"}`
	big := `{"t":"req","id":1,"m":"x","d":"` + strings.Repeat("x", wire.MaxFrame) + `"}`
	tests := []struct {
		name string
		say  []string
		want int
	}{
		{"silent for five seconds", nil, wire.CloseLate},
		{"bad ticket", []string{`{"t":"auth","ticket":"bad"}`}, wire.CloseTicket},
		{"no auth first", []string{`{"t":"sub","k":["stage/a"]}`}, wire.CloseMalformed},
		{"no JSON first", []string{`hello`}, wire.CloseMalformed},
		{"oversized first", []string{big}, wire.CloseTooLarge},
		{"malformed", []string{auth, `{"t":`}, wire.CloseMalformed},
		{"malformed, then more", []string{auth, `nonsense`, auth, auth, big}, wire.CloseMalformed},
		{"oversized", []string{auth, big}, wire.CloseTooLarge},
		{"oversized by far", []string{auth, strings.Repeat("x", 4<<20)}, wire.CloseTooLarge},
	}
	r := hubtest.Start(t, hub.Config{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ws := r.Raw(t, nil)
			for _, f := range tt.say {
				// The server may close while we still speak.
				if err := ws.WriteMessage(websocket.TextMessage, []byte(f)); err != nil {
					break
				}
			}
			_, code, reason := hubtest.Closed(t, ws)
			if code != tt.want || reason != wire.Reason(tt.want) {
				t.Errorf("closed with %d %q, want %d %q", code, reason, tt.want, wire.Reason(tt.want))
			}
		})
	}
	t.Run("binary", func(t *testing.T) {
		ws := r.Raw(t, nil)
		hubtest.Say(t, ws, auth)
		if err := ws.WriteMessage(websocket.BinaryMessage, []byte(auth)); err != nil {
			t.Fatal(err)
		}
		if _, code, _ := hubtest.Closed(t, ws); code != wire.CloseMalformed {
			t.Errorf("closed with %d, want %d", code, wire.CloseMalformed)
		}
	})
}

// TestIdle: a socket that answers no ping is closed with 4002; one that does
// stays.
func TestIdle(t *testing.T) {
	t.Parallel()
	const idle = 4 * time.Second // far above what a machine may stand still for
	r := hubtest.Start(t, hub.Config{Idle: idle})
	dead := r.Raw(t, nil)
	hubtest.Say(t, dead, `{"t":"auth","ticket":"dead"}`)
	live := r.Raw(t, nil)
	hubtest.Say(t, live, `{"t":"auth","ticket":"live"}`)
	begin := time.Now()
	stop := make(chan struct{})
	ponged := make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				ponged <- nil
				return
			case <-time.After(idle / 6):
			}
			if err := live.WriteControl(websocket.PongMessage, nil, time.Now().Add(hubtest.Patience)); err != nil {
				ponged <- err
				return
			}
		}
	}()
	if _, code, _ := hubtest.Closed(t, dead); code != wire.CloseIdle {
		t.Errorf("closed with %d, want %d", code, wire.CloseIdle)
	}
	if took := time.Since(begin); took < idle-idle/6 {
		t.Errorf("closed after %v, before %v", took, idle)
	}
	time.Sleep(idle)
	close(stop)
	if err := <-ponged; err != nil {
		t.Errorf("a socket that pongs was closed: %v", err)
	}
	if n := r.Hub.Count(); n != 1 {
		t.Errorf("%d sockets, want the one that pongs", n)
	}
}

// TestHeartbeat: the beat carries the server's clock at the interval that hello
// promises.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{Now: func() time.Time { return time.UnixMilli(1234) }})
	ws := r.Raw(t, nil)
	hubtest.Say(t, ws, `{"t":"auth","ticket":"p"}`)
	hello := hubtest.Next(t, ws)
	if hello.T != "hello" || hello.Now != 1234 || hello.Role != "audience" || !strings.Contains(string(hello.Raw), `"hb":5000`) {
		t.Errorf("greeted with %s", hello.Raw)
	}
	begin := time.Now()
	beat := hubtest.Next(t, ws)
	if beat.T != "hb" || beat.Now != 1234 {
		t.Errorf("got %s, want a heartbeat with the clock", beat.Raw)
	}
	if took := time.Since(begin); took > 2*wire.Heartbeat*time.Millisecond {
		t.Errorf("first beat after %v, want about %d ms", took, wire.Heartbeat)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{Handle: func(_ context.Context, c *hub.Conn, method string, body json.RawMessage) (any, error) {
		switch method {
		case "echo":
			return map[string]any{"who": c.Identity.Name, "said": body}, nil
		case "refuse":
			return nil, fault.New(fault.Closed, "vote.closed", "secret detail").With("at", 7)
		case "panic":
			panic("a bug")
		}
		return nil, errors.New("secret detail")
	}})
	c := r.Dial(t, "p", nil)
	var out map[string]any
	if err := c.Req(t.Context(), "echo", "hi", &out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"who": "p", "said": "hi"}, out); diff != "" {
		t.Errorf("reply (-want +got):\n%s", diff)
	}
	for method, want := range map[string]wire.Refusal{
		"refuse": {Code: "vote.closed", Kind: "closed", Args: map[string]any{"at": 7.0}},
		"other":  {Code: "internal", Kind: "internal"},
		"panic":  {Code: "internal", Kind: "internal"}, // and the node lives on
	} {
		var refused *client.Refused
		if err := c.Req(t.Context(), method, nil, nil); !errors.As(err, &refused) {
			t.Errorf("%s: %v, want a refusal", method, err)
		} else if diff := cmp.Diff(want, refused.Refusal); diff != "" {
			t.Errorf("%s (-want +got):\n%s", method, diff)
		}
	}
}

// TestRefusedFrames: what is no message of ours in content but is in form is
// answered, and the socket stays.
func TestRefusedFrames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, say, code string
		id              int64
	}{
		{"forbidden topic", `{"t":"sub","id":4,"k":["secret/a"]}`, "wire.topic", 4},
		{"unknown type", `{"t":"dance","id":5}`, "wire.unknown_type", 5},
		{"no type", `{}`, "wire.unknown_type", 0},
		{"auth again", `{"t":"auth","ticket":"q"}`, "wire.unknown_type", 0},
		{"sub without topics", `{"t":"sub","id":6}`, "wire.malformed", 6},
		{"topics of the wrong kind", `{"t":"unsub","id":7,"k":"stage/a"}`, "wire.malformed", 7},
		{"too many topics", fmt.Sprintf(`{"t":"sub","k":[%s"z"]}`, strings.Repeat(`"a",`, wire.MaxTopics)), "wire.too_many_topics", 0},
	}
	r := hubtest.Start(t, hub.Config{})
	ws := r.Raw(t, nil)
	hubtest.Say(t, ws, `{"t":"auth","ticket":"p"}`)
	hubtest.Next(t, ws)
	for _, tt := range tests {
		hubtest.Say(t, ws, tt.say)
		f := hubtest.Next(t, ws)
		if f.T != "re" || f.Err == nil || f.Err.Code != tt.code || f.ID != tt.id {
			t.Errorf("%s: got %s, want the refusal of %d with %s", tt.name, f.Raw, tt.id, tt.code)
		}
	}
	// One forbidden topic does not spoil the others of the frame.
	hubtest.Say(t, ws, `{"t":"sub","k":["secret/a","stage/a","secret/b"]}`)
	hubtest.Until(t, "the allowed topic", func() bool { return r.Hub.Listeners("stage/a") == 1 })
	if n := r.Hub.Listeners("secret/a"); n != 0 {
		t.Errorf("%d listen to a forbidden topic", n)
	}
	for _, topic := range []string{"secret/a", "secret/b"} {
		if f := hubtest.Next(t, ws); f.Err == nil || f.Err.Code != "wire.topic" || f.Err.Args["topic"] != topic {
			t.Errorf("got %s, want the refusal of %s", f.Raw, topic)
		}
	}
}

// TestTooManyFrames: 60 at once pass, then 20 a second; the rest is refused by
// number, and the socket stays.
func TestTooManyFrames(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{})
	ws := r.Raw(t, nil)
	hubtest.Say(t, ws, `{"t":"auth","ticket":"p"}`)
	const frames = 100
	begin := time.Now()
	for id := 1; id <= frames; id++ {
		hubtest.Say(t, ws, fmt.Sprintf(`{"t":"req","id":%d,"m":"x","d":null}`, id))
	}
	passed, next := 0, int64(1)
	for next <= frames {
		f := hubtest.Next(t, ws)
		if f.T != "re" {
			continue
		}
		if f.ID != next {
			t.Fatalf("reply to %d, want %d", f.ID, next)
		}
		next++
		if f.Err == nil {
			passed++
		} else if f.Err.Code != "access.too_fast" || f.Err.Kind != "limited" || f.Err.Args["retryAfter"] != 1000.0 {
			t.Fatalf("refused with %s", f.Raw)
		}
	}
	if most := 60 + int(20*time.Since(begin).Seconds()) + 1; passed < 60 || passed > most {
		t.Errorf("%d of %d passed, want 60 to %d", passed, frames, most)
	}
}

// TestRepliesThatNobodyReads: replies are queued within a bound like all else. A
// client that asks and never reads once made them pile up without one.
func TestRepliesThatNobodyReads(t *testing.T) {
	t.Parallel()
	answer := strings.Repeat("x", 256<<10)
	r := hubtest.Start(t, hub.Config{WriteTimeout: time.Hour,
		Handle: func(context.Context, *hub.Conn, string, json.RawMessage) (any, error) { return answer, nil }})
	ws := r.Raw(t, nil)
	hubtest.Say(t, ws, `{"t":"auth","ticket":"p"}`, `{"t":"sub","k":["stage/a"]}`)
	hubtest.Until(t, "the socket listens", func() bool { return r.Hub.Listeners("stage/a") == 1 })
	const asked = 55 // within the rate; 14 MB of answers, more than the kernel holds
	for id := range asked {
		hubtest.Say(t, ws, fmt.Sprintf(`{"t":"req","id":%d,"m":"x"}`, id))
	}
	hubtest.Until(t, "the hub has enough", func() bool { return r.Hub.Listeners("stage/a") == 0 })
	frames, code, _ := hubtest.Closed(t, ws)
	if code != wire.CloseSlow {
		t.Errorf("closed with %d, want %d", code, wire.CloseSlow)
	}
	if len(frames) >= asked {
		t.Errorf("%d frames came, so nothing was bounded", len(frames))
	}
}

// TestSlowEventClient: no event is dropped while connected. One that does not
// fit closes the socket with 4001, and what came until then has no hole; the
// rest is there to resume.
func TestSlowEventClient(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{WriteTimeout: time.Hour})
	ws := r.Raw(t, nil)
	hubtest.Say(t, ws, `{"t":"auth","ticket":"p"}`, `{"t":"sub","k":["show/a"]}`)
	hubtest.Until(t, "the socket listens", func() bool { return r.Hub.Listeners("show/a") == 1 })
	const events = 200
	body := strings.Repeat("x", 16<<10) // 3 MB: more than queue and kernel hold
	for s := int64(1); s <= events; s++ {
		event(t, r.Hub, "show/a", s, body)
	}
	frames, code, _ := hubtest.Closed(t, ws)
	if code != wire.CloseSlow {
		t.Fatalf("closed with %d, want %d", code, wire.CloseSlow)
	}
	last := int64(0)
	for _, f := range frames {
		if f.T != "ev" {
			continue
		}
		if f.S != last+1 {
			t.Fatalf("event %d after %d", f.S, last)
		}
		last = f.S
	}
	if last == 0 || last == events {
		t.Fatalf("%d of %d events before the close", last, events)
	}
	c := r.Dial(t, "p", nil)
	sub(t, c, map[string]int64{"show/a": last}, "show/a")
	hubtest.Until(t, "the rest", func() bool { return c.Seq("show/a") == events })
	if n := c.Count("show/a"); n != events-last {
		t.Errorf("%d events resumed, want %d", n, events-last)
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	ours := hubtest.Start(t, hub.Config{})
	named := hubtest.Start(t, hub.Config{Origin: func(r *http.Request) bool { return r.Header.Get("Origin") == "https://gala.example" }})
	tests := []struct {
		name   string
		rig    *hubtest.Rig
		origin string
		ok     bool
	}{
		{"none, as no browser sends", ours, "", true},
		{"same host", ours, "http" + strings.TrimPrefix(ours.URL, "ws"), true},
		{"another", ours, "https://evil.example", false},
		{"one that the configuration accepts", named, "https://gala.example", true},
		{"one that it does not", named, "https://evil.example", false},
	}
	for _, tt := range tests {
		h := http.Header{}
		if tt.origin != "" {
			h.Set("Origin", tt.origin)
		}
		ws, res, err := websocket.DefaultDialer.DialContext(t.Context(), tt.rig.URL, h)
		if ok := err == nil; ok != tt.ok {
			t.Errorf("%s: %v, want it %v", tt.name, err, tt.ok)
		}
		if err == nil {
			ws.Close()
		} else if res == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: refused with %v, want 403", tt.name, res)
		}
	}
}

func TestTooManySockets(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{MaxConns: 1})
	c := r.Dial(t, "first", nil)
	hubtest.Until(t, "the first is in", func() bool { return r.Hub.Count() == 1 })
	ws := r.Raw(t, nil)
	hubtest.Say(t, ws, `{"t":"auth","ticket":"second"}`)
	if _, code, _ := hubtest.Closed(t, ws); code != wire.CloseTooMany {
		t.Errorf("closed with %d, want %d", code, wire.CloseTooMany)
	}
	c.Close()
	hubtest.Until(t, "the place is free", func() bool { return r.Hub.Count() == 0 })
	ws = r.Raw(t, nil)
	hubtest.Say(t, ws, `{"t":"auth","ticket":"third"}`)
	if f := hubtest.Next(t, ws); f.T != "hello" {
		t.Errorf("got %s, want hello", f.Raw)
	}
}

// TestKick ends every socket of a key and no other, after what was queued.
func TestKick(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{})
	one, two, other := r.Dial(t, "judge", nil), r.Dial(t, "judge", nil), r.Dial(t, "phone", nil)
	for _, c := range []*client.Client{one, two, other} {
		sub(t, c, nil, "show/a")
	}
	hubtest.Until(t, "all listen", func() bool { return r.Hub.Listeners("show/a") == 3 })
	event(t, r.Hub, "show/a", 1, "before")
	r.Hub.Kick("judge", wire.CloseRevoked)
	event(t, r.Hub, "show/a", 2, "after")
	for _, c := range []*client.Client{one, two} {
		<-c.Done()
		if c.CloseCode() != wire.CloseRevoked || c.Seq("show/a") != 1 {
			t.Errorf("closed with %d after event %d, want %d after 1", c.CloseCode(), c.Seq("show/a"), wire.CloseRevoked)
		}
	}
	hubtest.Until(t, "the other hears on", func() bool { return other.Seq("show/a") == 2 })
	hubtest.Until(t, "two have left", func() bool { return r.Hub.Count() == 1 })
}

// TestDrain: every socket is told when to come back, within the window, and
// closed with 4000; nobody new comes in.
func TestDrain(t *testing.T) {
	t.Parallel()
	const sockets, window = 20, 3 * time.Second
	r := hubtest.Start(t, hub.Config{})
	conns := make([]*websocket.Conn, sockets)
	for i := range conns {
		conns[i] = r.Raw(t, nil)
		hubtest.Say(t, conns[i], `{"t":"auth","ticket":"p"}`)
	}
	hubtest.Until(t, "all are in", func() bool { return r.Hub.Count() == sockets })
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		ctx, cancel := context.WithTimeout(context.Background(), hubtest.Patience)
		defer cancel()
		r.Hub.Drain(ctx, window)
	}()
	var afters []int64
	for _, ws := range conns {
		frames, code, reason := hubtest.Closed(t, ws)
		if code != wire.CloseRestart || reason != "restart" {
			t.Fatalf("closed with %d %q", code, reason)
		}
		var bye struct {
			T     string
			Code  int
			After int64 `json:"retryAfter"`
		}
		last := frames[len(frames)-1]
		if err := json.Unmarshal(last.Raw, &bye); err != nil || bye.T != "bye" || bye.Code != wire.CloseRestart {
			t.Fatalf("last frame is %s, want bye", last.Raw)
		}
		if bye.After < 1000 || bye.After > 1000+window.Milliseconds() {
			t.Errorf("come back after %d ms, want 1000 to %d", bye.After, 1000+window.Milliseconds())
		}
		afters = append(afters, bye.After)
	}
	<-drained
	spread := map[int64]bool{}
	for _, a := range afters {
		spread[a] = true
	}
	if len(spread) < sockets/2 {
		t.Errorf("%d sockets come back at %d instants", sockets, len(spread))
	}
	ws := r.Raw(t, nil)
	hubtest.Say(t, ws, `{"t":"auth","ticket":"p"}`)
	if _, code, _ := hubtest.Closed(t, ws); code != wire.CloseTooMany {
		t.Errorf("after the drain closed with %d, want %d", code, wire.CloseTooMany)
	}
}

// TestDrainOfADeadSocket: a peer that answers nothing does not hold up a stop.
func TestDrainOfADeadSocket(t *testing.T) {
	t.Parallel()
	r := hubtest.Start(t, hub.Config{})
	ws := r.Raw(t, nil) // never reads, so it never answers the close
	hubtest.Say(t, ws, `{"t":"auth","ticket":"p"}`)
	hubtest.Until(t, "it is in", func() bool { return r.Hub.Count() == 1 })
	begin := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), hubtest.Patience)
	defer cancel()
	r.Hub.Drain(ctx, 0)
	if took := time.Since(begin); took > 20*time.Second { // far less on a machine that has time
		t.Errorf("the drain took %v", took)
	}
}

// TestAFrameThatIsNeverWhole: who claims more bytes than ever come, up to 2⁶³, is
// closed in time, before and after the first frame, and long before it is idle.
func TestAFrameThatIsNeverWhole(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		first []string
		head  []byte
		code  int
	}{
		"2^63 first":   {nil, []byte{0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0}, wire.CloseTooLarge},
		"2^63":         {[]string{`{"t":"auth","ticket":"p"}`}, []byte{0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0}, wire.CloseTooLarge},
		"2^63-1 first": {nil, []byte{0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255}, wire.CloseLate},
		"2^63-1":       {[]string{`{"t":"auth","ticket":"p"}`}, []byte{0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255}, wire.CloseIdle},
		"a hundred":    {[]string{`{"t":"auth","ticket":"p"}`}, []byte{0x81, 0x80 | 100}, wire.CloseIdle},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := hubtest.Start(t, hub.Config{WriteTimeout: 4 * time.Second, Idle: time.Hour})
			ws := r.Raw(t, nil)
			hubtest.Say(t, ws, tt.first...)
			if _, err := ws.NetConn().Write(append(tt.head, 1, 2, 3, 4, '{')); err != nil {
				t.Fatal(err)
			}
			if _, code, _ := hubtest.Closed(t, ws); code != tt.code {
				t.Errorf("closed with %d, want %d", code, tt.code)
			}
		})
	}
}
