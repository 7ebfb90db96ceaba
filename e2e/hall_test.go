package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hecai/access"
	"hecai/hub/client"
)

// fromHall returns a client behind the hall's one address.
func (h *house) fromHall() *Client { return newClient(h.t, h.url) }

// TestVerifyInAHall is the case verify-in-a-hall, and more: 2,000 honest phones
// and the crew behind one address join, vote, verify and sign in, and nobody is
// told to slow down.
func TestVerifyInAHall(t *testing.T) {
	phones := 2000
	if testing.Short() {
		phones = 300
	}
	h := openHouse(t, nil)
	entries := h.ballot("b", 3, object{"window": "ballot", "max": 1})
	h.org.Do("POST", "/v1/admin/staff", object{"name": "示例新导演", "roles": []access.Role{access.Director}}, nil)
	leaves := make([]string, phones)
	each := func(what string, do func(i int) error) {
		t.Helper()
		var refused atomic.Int64
		var all sync.WaitGroup
		places := make(chan struct{}, 32)
		for i := range phones {
			places <- struct{}{}
			all.Go(func() {
				defer func() { <-places }()
				if err := do(i); err != nil && refused.Add(1) <= 3 {
					t.Errorf("%s, phone %d: %v", what, i, err)
				}
			})
		}
		all.Wait()
		if n := refused.Load(); n > 0 {
			t.Fatalf("%s: %d of %d phones were refused", what, n, phones)
		}
	}
	shared := &http.Transport{MaxIdleConnsPerHost: 32}
	t.Cleanup(shared.CloseIdleConnections)
	crowd := make([]*Client, phones)
	each("join", func(i int) error {
		crowd[i] = h.fromHall()
		crowd[i].through(shared)
		if err := crowd[i].Try("POST", "/v1/device", object{}, nil); err != nil {
			return err
		}
		return crowd[i].Try("POST", "/v1/ws-tickets", object{"as": "audience"}, nil)
	})
	each("vote", func(i int) error {
		var out struct{ Receipt struct{ Leaf string } }
		err := crowd[i].Try("POST", "/v1/votes", object{"ballot": "b", "rev": 1, "choice": entries[i%3 : i%3+1]}, &out)
		leaves[i] = out.Receipt.Leaf
		return err
	})
	var board struct{ Voters int }
	h.org.Do("GET", "/v1/ballots/b", nil, &board)
	if board.Voters != phones {
		t.Errorf("%d voters, want %d", board.Voters, phones)
	}
	h.org.Do("POST", "/v1/admin/ballots/b/close", object{}, nil)
	each("verify", func(i int) error {
		err := crowd[i].Try("GET", "/v1/ballots/b/proof?leaf="+leaves[i], nil, nil)
		if e, ok := err.(*apiError); ok && e.Status != http.StatusTooManyRequests {
			return nil // whether a proof is public yet is another test's
		}
		return err
	})
	// The same receipt over and over is somebody else.
	last := ""
	for range 40 {
		if e, ok := h.fromHall().Try("GET", "/v1/ballots/b/proof?leaf="+leaves[0], nil, nil).(*apiError); ok {
			last = e.Code
		}
	}
	if last != "access.too_fast" {
		t.Errorf("one receipt 40 times: %q, want access.too_fast", last)
	}
	for i := range 20 {
		h.signInByLink(fmt.Sprint("sign-in ", i), access.Director)
	}
}

// signInByLink signs one more browser of the account in, from the hall.
func (h *house) signInByLink(what string, role access.Role) *Client {
	h.t.Helper()
	var list []struct {
		ID    string
		Roles []access.Role
	}
	h.org.Do("GET", "/v1/admin/staff", nil, &list)
	for _, a := range list {
		if a.Roles[0] != role {
			continue
		}
		var made struct{ URL string }
		h.org.Do("POST", "/v1/admin/staff/"+a.ID+"/link", object{}, &made)
		_, token, _ := strings.Cut(made.URL, "#login=")
		c := h.fromHall()
		if err := c.Try("POST", "/v1/signin/link", object{"token": token}, nil); err != nil {
			h.t.Fatalf("%s: %v", what, err)
		}
		return c
	}
	h.t.Fatalf("no account is %s", role)
	return nil
}

// pipeline sends the request as fast as the server takes it, until stop, and
// counts the answers.
func pipeline(t *testing.T, host, request string, stop chan struct{}, answers *atomic.Int64, all *sync.WaitGroup) {
	t.Helper()
	all.Go(func() {
		for {
			c, err := net.Dial("tcp", host)
			if err != nil {
				return
			}
			written := make(chan struct{})
			go func() {
				defer close(written)
				for {
					select {
					case <-stop:
						c.Close()
						return
					default:
						if _, err := io.WriteString(c, strings.Repeat(request, 20)); err != nil {
							return
						}
					}
				}
			}()
			r := bufio.NewReader(c)
			for {
				resp, err := http.ReadResponse(r, nil)
				if err != nil {
					break
				}
				io.Copy(io.Discard, resp.Body)
				answers.Add(1)
			}
			c.Close()
			<-written
			select {
			case <-stop:
				return
			default:
			}
		}
	})
}

// post is a request as it goes over the wire.
func post(path, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}

// TestOneAddressAtFullSpeed: somebody in the hall does everything that needs no
// sign-in as fast as it goes, for as long as the crew needs to come in and a
// phone to vote, several times over. None of them is refused anything.
func TestOneAddressAtFullSpeed(t *testing.T) {
	h := openHouse(t, nil)
	entries := h.ballot("b", 3, object{"window": "ballot", "max": 1})
	h.org.Do("POST", "/v1/admin/judges", []object{{"id": "j1", "name": "示例评委", "org": "示例大学", "sector": "高校"}}, nil)
	var account struct{ ID string }
	h.org.Do("POST", "/v1/admin/staff", object{"name": "示例导演", "roles": []access.Role{access.Director}}, &account)

	host := strings.TrimPrefix(h.url, "http://")
	stop := make(chan struct{})
	var all sync.WaitGroup
	counts := map[string]*atomic.Int64{}
	for name, request := range map[string]string{
		"socket tickets":   post("/v1/ws-tickets", "{}"),
		"devices":          post("/v1/device", "{}"),
		"guesses":          post("/v1/signin", `{"name":"示例导演","password":"wrong password"}`),
		"one-time links":   post("/v1/signin/link", `{"token":"wrong"}`),
		"set-ups":          post("/v1/setup", `{"token":"wrong","name":"x","password":"a long password"}`),
		"readiness":        "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n",
		"the plan":         "GET /v1/contest HTTP/1.1\r\nHost: x\r\n\r\n",
		"facts":            "GET /v1/stage/final/facts?after=0 HTTP/1.1\r\nHost: x\r\n\r\n",
		"codes to scan":    "GET /qr.svg?path=/live/final HTTP/1.1\r\nHost: x\r\n\r\n",
		"proofs":           "GET /v1/ballots/b/proof?leaf=00 HTTP/1.1\r\nHost: x\r\n\r\n",
		"a vote of no one": post("/v1/votes", `{"ballot":"b","rev":1,"choice":["x"]}`),
	} {
		counts[name] = &atomic.Int64{}
		pipeline(t, host, request, stop, counts[name], &all)
	}
	var silent []net.Conn
	for range 500 { // and holds connections that say nothing
		if c, err := net.Dial("tcp", host); err == nil {
			silent = append(silent, c)
		}
	}
	for name, n := range counts { // it is under way
		for deadline := time.Now().Add(patience); n.Load() == 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("no answer to %s", name)
			}
		}
	}

	for round := range 2 {
		director := h.signInByLink("the director signs in", access.Director)
		for name, c := range map[string]*Client{"director": director,
			"judge":  h.org.link("judge", "j1", "final"),
			"screen": h.org.link("screen", "main", "final"),
			"host":   h.org.link("host", "示例主持", "final")} {
			var out struct{ Ticket string }
			c.Do("POST", "/v1/ws-tickets", object{}, &out)
			ws, err := client.Dial(t.Context(), client.Config{URL: "ws" + strings.TrimPrefix(h.url, "http") + "/ws", Ticket: out.Ticket})
			if err != nil {
				t.Fatalf("the %s's socket: %v", name, err)
			}
			if err := ws.Req(t.Context(), "nothing", object{}, nil); err == nil || err.Error() != "wire.unknown_method" {
				t.Errorf("the %s's socket: %v", name, err)
			}
			if name == "director" {
				if err := ws.Req(t.Context(), "stage.command", object{"session": "final", "kind": "notice", "text": fmt.Sprint("示例 ", round)}, nil); err != nil {
					t.Errorf("the director commands: %v", err)
				}
			}
			ws.Close()
		}
		phone := h.fromHall()
		phone.Do("POST", "/v1/device", object{}, nil)
		ws, err := phone.socket(t.Context(), client.Config{})
		if err != nil {
			t.Fatalf("a phone's socket: %v", err)
		}
		cast := func() error {
			return ws.Req(t.Context(), "vote.cast", object{"ballot": "b", "rev": 1, "choice": entries[:1]}, nil)
		}
		err = cast()
		for end := time.Now().Add(patience); err != nil && err.Error() == "vote.busy" && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
			err = cast() // nothing was taken: a page asks again
		}
		if err != nil {
			t.Errorf("a phone votes: %v", err)
		}
		ws.Close()
	}
	close(stop)
	for _, c := range silent {
		c.Close()
	}
	all.Wait()
	var board struct{ Voters int }
	h.org.Do("GET", "/v1/ballots/b", nil, &board)
	if board.Voters != 2 {
		t.Errorf("%d voters, want 2", board.Voters)
	}
	for name, n := range counts {
		t.Logf("%s: %d answers", name, n.Load())
	}
}

// TestAGuesserOnOneNetwork: who guesses from ever new addresses of one /64 is
// stopped, while the right person signs in from elsewhere, and from the same
// network in a browser that has been there before.
func TestAGuesserOnOneNetwork(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	setUp := h.signInByLink("the director's own browser", access.Director)
	var n atomic.Int64
	guesser := newClient(t, h.url)
	guesser.through(fromFunc(func() string { return fmt.Sprintf("2001:db8:1:2::%x", n.Add(1)) }))
	codes := map[string]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	began := time.Now()
	for range 8 {
		all.Go(func() {
			for range 25 {
				err := guesser.Try("POST", "/v1/signin", object{"name": "示例 director", "password": "wrong password"}, nil)
				mu.Lock()
				codes[err.(*apiError).Code]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	most := 12 + int(took/(30*time.Second))                    // one more is allowed each half a minute
	refused := codes["access.too_fast"] + codes["access.busy"] // nobody's turn to be hashed came
	if looked := codes["access.credentials"]; looked > most || looked+refused != 200 || codes["access.too_fast"] == 0 {
		t.Errorf("200 guesses in %v: %v, want about ten to be looked at", took, codes)
	}
	right := object{"name": "示例 director", "password": directorsPassword}
	home := newClient(t, h.url)
	home.through(fromFunc(func() string { return "2001:db8:1:3::1" }))
	home.Do("POST", "/v1/signin", right, nil)
	setUp.through(fromFunc(func() string { return "2001:db8:1:2::abcd" }))
	setUp.Do("POST", "/v1/signout", object{}, nil)
	setUp.Do("POST", "/v1/signin", right, nil)
	// Right after the guesser was refused again: half a minute later one more is looked at.
	eventually(t, "a stranger on that network is refused", func() bool {
		for err := error(nil); err == nil || err.(*apiError).Code != "access.too_fast"; {
			err = guesser.Try("POST", "/v1/signin", object{"name": "示例 director", "password": "wrong password"}, nil)
		}
		stranger := newClient(t, h.url)
		stranger.http.Transport = setUp.http.Transport
		e, ok := stranger.Try("POST", "/v1/signin", right, nil).(*apiError)
		return ok && e.Code == "access.too_fast"
	})
}

// fromFunc makes requests come from the addresses that it returns.
type fromFunc func() string

func (f fromFunc) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", f())
	return http.DefaultTransport.RoundTrip(r)
}
