package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"hecai/hub/client"
)

// behaviour is a way that a server may behave, and what every client makes of it:
// the pages' static/lib/hub.js and hub/client.
type behaviour struct {
	name string
	play func(n int, s *scripted, c *websocket.Conn) // the n-th connection, after its auth

	// What the client shows of thing/x and hears of note/x, one after the other,
	// when it has settled, how many tickets it has asked for, and why it ended.
	docs, events string
	tickets      int
	end          string // a code; empty: it goes on
}

// sub waits for a sub that names the topic, and returns its since.
func sub(c *websocket.Conn, topic string) (since map[string]int64) {
	for {
		_, data, err := c.ReadMessage()
		if err != nil {
			return nil
		}
		var f struct {
			T     string
			K     []string
			Since map[string]int64
		}
		if json.Unmarshal(data, &f) == nil && f.T == "sub" && strings.Contains(fmt.Sprint(f.K), topic) {
			return f.Since
		}
	}
}

func snap(v, n int) string {
	return fmt.Sprintf(`{"t":"snap","k":"thing/x","v":%d,"d":{"n":%d}}`, v, n)
}

func step(from, to, n int) string {
	return fmt.Sprintf(`{"t":"delta","k":"thing/x","b":%d,"v":%d,"d":{"n":%d}}`, from, to, n)
}

func note(s int) string { return fmt.Sprintf(`{"t":"ev","k":"note/x","s":%d,"d":%d}`, s, s) }

// greet says hello and waits for what the client wants to hear.
func greet(c *websocket.Conn) map[string]int64 {
	say(c, hello)
	return sub(c, "thing/x")
}

var behaviours = []behaviour{
	{"a late hello", func(_ int, _ *scripted, c *websocket.Conn) {
		time.Sleep(time.Second)
		greet(c)
		say(c, snap(1, 1), note(1))
		hold(c)
	}, "1", "1", 1, ""},
	{"frames and fields that nobody knows", func(_ int, _ *scripted, c *websocket.Conn) {
		greet(c)
		say(c, `{"t":"news","k":"thing/x"}`, `{"t":"re","id":99,"d":1}`, `{"t":"snap","k":"thing/x","v":1,"d":{"n":1},"new":[]}`, `{"t":"ev","k":"note/x","s":1,"d":1,"new":{}}`)
		hold(c)
	}, "1", "1", 1, ""},
	{"a restart that says when to come back", func(n int, _ *scripted, c *websocket.Conn) {
		greet(c)
		say(c, snap(n<<20, n))
		if n == 1 {
			say(c, `{"t":"bye","code":4000,"retryAfter":50}`)
			end(c, 4000)
			return
		}
		hold(c)
	}, "1 2", "", 2, ""},
	{"a delta after one that is missing", func(_ int, _ *scripted, c *websocket.Conn) {
		greet(c)
		say(c, step(0, 1, -1), snap(5, 5), step(3, 6, 6), step(7, 8, -8))
		sub(c, "thing/x")
		say(c, step(6, 7, -7), snap(10, 10), step(10, 11, 11))
		hold(c)
	}, "5 6 10 11", "", 1, ""},
	{"duplicates", func(_ int, _ *scripted, c *websocket.Conn) {
		greet(c)
		say(c, snap(5, 5), step(5, 6, 6), step(5, 6, -6), step(4, 5, -5), note(4), note(4), note(2), note(9), note(4))
		hold(c)
	}, "5 6", "4 9", 1, ""},
	{"an older document after coming back", func(n int, _ *scripted, c *websocket.Conn) {
		greet(c)
		if n == 1 {
			say(c, snap(9, 9), `{"t":"bye","code":4000,"retryAfter":50}`)
			end(c, 4000)
			return
		}
		say(c, snap(7, -7), step(7, 8, -8), step(8, 9, -9), step(9, 10, 10), step(10, 11, 11)) // a node that catches up
		hold(c)
	}, "9 10 11", "", 2, ""},
	{"versions that begin anew", func(n int, _ *scripted, c *websocket.Conn) {
		greet(c)
		if n == 1 {
			say(c, snap(9, 9), `{"t":"bye","code":4000,"retryAfter":50}`)
			end(c, 4000)
			return
		}
		say(c, snap(1, 1))
		sub(c, "thing/x") // asked again
		say(c, snap(1, 1), step(1, 2, 2))
		hold(c)
	}, "9 1 2", "", 2, ""},
	{"a resume", func(n int, _ *scripted, c *websocket.Conn) {
		since := greet(c)
		if n == 1 {
			say(c, note(3), note(4), `{"t":"bye","code":4000,"retryAfter":50}`)
			end(c, 4000)
			return
		}
		say(c, note(int(since["note/x"])+1), note(20))
		hold(c)
	}, "", "3 4 5 20", 2, ""},
	{"a resume that is too old", func(n int, _ *scripted, c *websocket.Conn) {
		greet(c)
		if n == 1 {
			say(c, note(3), `{"t":"bye","code":4000,"retryAfter":50}`)
			end(c, 4000)
			return
		}
		say(c, `{"t":"gap","k":"note/x","s":310}`, note(310), note(311))
		hold(c)
	}, "", "3 311", 2, ""},
	{"numbers that begin anew", func(n int, _ *scripted, c *websocket.Conn) {
		greet(c)
		if n == 1 {
			say(c, note(300), `{"t":"bye","code":4000,"retryAfter":50}`)
			end(c, 4000)
			return
		}
		say(c, `{"t":"gap","k":"note/x","s":0}`, note(1), note(2))
		hold(c)
	}, "", "300 1 2", 2, ""},
	{"silence of a network that has gone", func(n int, _ *scripted, c *websocket.Conn) {
		greet(c)
		say(c, snap(n, n))
		hold(c) // and no heartbeat; the second time the test is over before
	}, "1 2", "", 2, ""},
	{"a refusal while it is connected", func(_ int, _ *scripted, c *websocket.Conn) {
		greet(c)
		say(c, `{"t":"re","id":0,"err":{"code":"wire.topic","kind":"forbidden","args":{"topic":"note/x"}}}`, snap(1, 1), note(1))
		hold(c)
	}, "1", "1", 1, ""},
	{"topics that came too fast", func(_ int, _ *scripted, c *websocket.Conn) {
		greet(c)
		say(c, `{"t":"re","id":0,"err":{"code":"access.too_fast","kind":"limited","args":{"retryAfter":200}}}`)
		sub(c, "thing/x")
		say(c, snap(1, 1))
		hold(c)
	}, "1", "", 1, ""},
	{"a right that is taken while it is connected", func(_ int, _ *scripted, c *websocket.Conn) {
		greet(c)
		say(c, snap(1, 1))
		end(c, 4503)
	}, "1", "", 1, "4503"},
	{"a protocol that is another", func(_ int, _ *scripted, c *websocket.Conn) { end(c, 4507) }, "", "", 1, "4507"},
	{"auth that comes too late, once", func(n int, _ *scripted, c *websocket.Conn) {
		if n == 1 {
			end(c, 4501)
			return
		}
		greet(c)
		say(c, snap(1, 1))
		hold(c)
	}, "1", "", 2, ""},
	{"auth that comes too late, always", func(_ int, _ *scripted, c *websocket.Conn) { end(c, 4501) }, "", "", 2, "4501"},
	{"a ticket that is bad, and then none", func(_ int, s *scripted, c *websocket.Conn) {
		s.mu.Lock()
		s.refuse = true
		s.mu.Unlock()
		end(c, 4502)
	}, "", "", 2, "access.signin"},
	{"a storm", func(_ int, _ *scripted, c *websocket.Conn) {
		greet(c)
		say(c, snap(1, 1))
		for n := 2; n <= 3000; n++ {
			say(c, step(n-1, n, n), note(n))
		}
		hold(c)
	}, runOf(1, 3000), runOf(2, 3000), 1, ""},
}

func runOf(from, to int) string {
	var b strings.Builder
	for n := from; n <= to; n++ {
		fmt.Fprintf(&b, "%d ", n)
	}
	return strings.TrimSpace(b.String())
}

// TestBothClientsKeepTheProtocol plays the same scripted servers to the pages'
// library and to the client in Go.
func TestBothClientsKeepTheProtocol(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	for _, way := range behaviours {
		t.Run(way.name, func(t *testing.T) {
			t.Run("go", func(t *testing.T) { t.Parallel(); way.inGo(t) })
			t.Run("page", func(t *testing.T) { t.Parallel(); way.inPage(t, b) })
		})
	}
}

func (w behaviour) serve(t *testing.T) *scripted {
	s := newScripted(t)
	s.play = func(n int, c *websocket.Conn) { w.play(n, s, c) }
	return s
}

// want is what the client stands like in the end.
func (w behaviour) want() string {
	return fmt.Sprintf("docs %s, events %s, %d tickets, end %q", w.docs, w.events, w.tickets, w.end)
}

func (w behaviour) inGo(t *testing.T) {
	s := w.serve(t)
	var mu sync.Mutex
	var docs, events []string
	stop := ""
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	defer run.Wait()
	defer cancel()
	kept := client.Kept{URL: "ws" + strings.TrimPrefix(s.url, "http") + "/ws", States: []string{"thing/x"}, Events: []string{"note/x"},
		Tickets: s.ticket, OnFrame: func(_ *client.Client, f client.Frame) {
			mu.Lock()
			defer mu.Unlock()
			var doc struct{ N int }
			switch {
			case f.T == "ev" && f.Taken:
				events = append(events, string(f.D))
			case (f.T == "snap" || f.T == "delta") && f.Taken && json.Unmarshal(f.D, &doc) == nil:
				docs = append(docs, fmt.Sprint(doc.N))
			}
		}}
	run.Go(func() {
		err := kept.Run(ctx)
		mu.Lock()
		defer mu.Unlock()
		var ended *client.Ended
		var refused *client.Refused
		switch {
		case errors.As(err, &ended):
			stop = fmt.Sprint(ended.Code)
		case errors.As(err, &refused):
			stop = refused.Code
		}
	})
	got := ""
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		mu.Lock()
		got = fmt.Sprintf("docs %s, events %s, %d tickets, end %q", strings.Join(docs, " "), strings.Join(events, " "), s.asked(), stop)
		mu.Unlock()
		if got == w.want() {
			return
		}
	}
	t.Errorf("the client in Go: %s\nwant %s", got, w.want())
}

// ticket asks for a ticket as the pages do.
func (s *scripted) ticket(ctx context.Context) (string, error) {
	r, err := http.NewRequestWithContext(ctx, "POST", s.url+"/v1/ws-tickets", strings.NewReader("{}"))
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var out struct {
		Ticket string
		Error  struct{ Code, Kind string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return "", err
	}
	if out.Error.Code != "" {
		refused := &client.Refused{}
		refused.Code, refused.Kind = out.Error.Code, out.Error.Kind
		return "", refused
	}
	return out.Ticket, nil
}

func (w behaviour) inPage(t *testing.T, b *Browser) {
	s := w.serve(t)
	p := b.Open(w.name, s.url+"/verify", 400, 300)
	got := get[string](p, `(async () => {
		const l = document.createElement('link');
		l.rel = 'modulepreload';
		l.href = document.querySelector('link[href$="lib/api.js"]').href.replace('lib/api.js', 'lib/hub.js');
		document.head.append(l);
		const { Hub } = await import(l.href);
		const hub = window.hub = new Hub();
		window.docs = [];
		window.events = [];
		const topic = hub.topic('thing/x');
		topic.seen.add(() => docs.push(topic.doc.n));
		hub.events('note/x', (d) => events.push(d));
		hub.start();
		return 'begun';
	})()`)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		stop := get[string](p, `hub.status === 'refused' ? (hub.why.code === 'access.revoked' ? '4503' : String(hub.why.args.status || hub.why.code)) : ''`)
		got = fmt.Sprintf("docs %s, events %s, %d tickets, end %q", get[string](p, `docs.join(' ')`), get[string](p, `events.join(' ')`), s.asked(), stop)
		if got == w.want() {
			return
		}
	}
	t.Errorf("the page: %s\nwant %s", got, w.want())
}
