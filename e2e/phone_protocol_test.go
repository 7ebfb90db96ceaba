package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"hecai/static"
)

// scripted is a server that says to the pages' library what hub/wire/PROTOCOL.md
// allows a server to say, in an order that ours rarely chooses.
type scripted struct {
	url string

	mu      sync.Mutex
	tickets int                            // guarded by mu; asked for so far
	refuse  bool                           // guarded by mu; no more tickets
	play    func(n int, c *websocket.Conn) // guarded by mu; the n-th connection, from 1
}

func newScripted(t *testing.T) *scripted {
	t.Helper()
	site, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{}
	sockets := 0
	up := websocket.Upgrader{}
	mux := http.NewServeMux()
	mux.Handle("/s/", site.Assets())
	mux.Handle("/verify", site.Page("verify"))
	mux.HandleFunc("/v1/ws-tickets", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tickets++
		if s.refuse {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":{"code":"access.signin","kind":"unauthenticated"}}`)
			return
		}
		fmt.Fprint(w, `{"ticket":"x"}`)
	})
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		c, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		s.mu.Lock()
		sockets++
		n, play := sockets, s.play
		s.mu.Unlock()
		if _, _, err := c.ReadMessage(); err == nil { // auth
			play(n, c)
		}
	})
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `[]`) })
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	s.url = srv.URL
	return s
}

// say sends frames.
func say(c *websocket.Conn, frames ...string) {
	for _, f := range frames {
		c.WriteMessage(websocket.TextMessage, []byte(f))
	}
}

const hello = `{"t":"hello","conn":"c","role":"voter","now":1795550000000,"hb":5000}`

// end closes with the code and waits until the page has heard it.
func end(c *websocket.Conn, code int) {
	c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(patience))
	c.SetReadDeadline(time.Now().Add(patience))
	for {
		if _, _, err := c.ReadMessage(); err != nil {
			return
		}
	}
}

// hold keeps a connection until the page leaves it.
func hold(c *websocket.Conn) {
	for {
		if _, _, err := c.ReadMessage(); err != nil {
			return
		}
	}
}

// script makes the connections of a fresh hub in the page go this way, and waits
// until the hub stands so.
func (s *scripted) script(p *Page, until string, play func(n int, c *websocket.Conn)) {
	p.t.Helper()
	s.mu.Lock()
	s.play, s.tickets, s.refuse = play, 0, false
	s.mu.Unlock()
	get[bool](p, `(async () => {
		const { Hub } = await import(document.querySelector('link[href$="lib/hub.js"]').href);
		if (window.hub) window.hub.stop();
		const hub = window.hub = new Hub();
		window.docs = [];
		const topic = hub.topic('thing/x');
		topic.seen.add(() => docs.push(topic.doc.n));
		hub.start();
		return true;
	})()`)
	p.WaitFor(until, until, 60*time.Second)
}

// asked is how many tickets were asked for.
func (s *scripted) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tickets
}

// TestThePagesKeepTheProtocol holds static/lib/hub.js to hub/wire/PROTOCOL.md
// §4 (a delta counts only in step and after the snapshot) and §9 (which closes
// end it, and how long it waits after the others).
func TestThePagesKeepTheProtocol(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	s := newScripted(t)
	p := b.Open("page", s.url+"/verify", 800, 600)
	get[bool](p, `(async () => { // the page itself needs no connection; its library does
		const l = document.createElement('link');
		l.rel = 'modulepreload';
		l.href = document.querySelector('link[href$="lib/api.js"]').href.replace('lib/api.js', 'lib/hub.js');
		document.head.append(l);
		return true;
	})()`)

	s.script(p, "docs.includes(11)", func(_ int, c *websocket.Conn) {
		say(c, hello)
		c.ReadMessage()                                                // sub
		say(c, `{"t":"delta","k":"thing/x","b":0,"v":1,"d":{"n":-1}}`, // of an earlier subscription
			`{"t":"snap","k":"thing/x","v":5,"d":{"n":5}}`, `{"t":"delta","k":"thing/x","b":3,"v":6,"d":{"n":6}}`,
			`{"t":"delta","k":"thing/x","b":7,"v":8,"d":{"n":-8}}`) // 7 is missing
		c.ReadMessage() // the page asks for a snapshot
		say(c, `{"t":"delta","k":"thing/x","b":6,"v":7,"d":{"n":-7}}`, `{"t":"snap","k":"thing/x","v":10,"d":{"n":10}}`,
			`{"t":"delta","k":"thing/x","b":10,"v":11,"d":{"n":11}}`)
		hold(c)
	})
	if got := get[string](p, `docs.join(' ')`); got != "5 6 10 11" {
		t.Errorf("the page took the documents %s, want 5 6 10 11", got)
	}

	for _, code := range []int{4500, 4503, 4504, 4507, 4999} {
		s.script(p, "hub.status === 'refused'", func(_ int, c *websocket.Conn) { say(c, hello); end(c, code) })
		get[bool](p, `(hub.hurry(), dispatchEvent(new Event('online')))`)
		if n := s.asked(); n != 1 {
			t.Errorf("after %d the page asked for %d tickets, want 1", code, n)
		}
		want := "net.protocol"
		if code == 4503 {
			want = "access.revoked"
		}
		if got := get[string](p, `hub.why.code`); got != want {
			t.Errorf("%d is told as %s, want %s", code, got, want)
		}
	}
	s.script(p, "hub.status === 'refused'", func(_ int, c *websocket.Conn) { end(c, 4501) })
	if n := s.asked(); n != 2 {
		t.Errorf("after 4501 the page asked for %d tickets, want one more", n)
	}
	s.script(p, "hub.status === 'refused' && hub.why.code === 'access.signin'", func(n int, c *websocket.Conn) {
		s.mu.Lock()
		s.refuse = s.tickets >= 2
		s.mu.Unlock()
		end(c, 4502)
	})
	if n := s.asked(); n != 3 {
		t.Errorf("after 4502 the page asked for %d tickets, want 3 with the refused one", n)
	}

	for _, code := range []int{4000, 4001, 4002, 4003, 1001, 1011} {
		var first sync.Once
		s.script(p, "hub.status === 'live'", func(_ int, c *websocket.Conn) {
			back := true
			first.Do(func() {
				back = false
				if code == 4000 {
					say(c, `{"t":"bye","code":4000,"retryAfter":50}`)
				}
				end(c, code)
			})
			if back {
				say(c, hello)
				hold(c)
			}
		})
		if n := s.asked(); n != 2 {
			t.Errorf("after %d the page asked for %d tickets, want 2", code, n)
		}
	}

	// The waits, with the highest dice; the page is told each time to go at once.
	get[bool](p, `(Math.random = () => 1, window.waits = [], true)`)
	s.script(p, "hub.status === 'live'", func(_ int, c *websocket.Conn) { say(c, hello); hold(c) })
	got := get[string](p, `(async () => {
		for (let i = 0; i < 7; i++) {
			hub.drop();
			waits.push(hub.wait);
			hub.connect();
			while (hub.status !== 'live') await new Promise((f) => setTimeout(f, 5));
		}
		return waits.join(' ');
	})()`)
	if want := "1000 2000 4000 8000 16000 30000 30000"; got != want {
		t.Errorf("the longest waits are %s ms, want %s", got, want)
	}
	p.WaitFor("failures forgotten by a connection that holds", `hub.tries === 0 && hub.status === 'live'`, 60*time.Second)
}
