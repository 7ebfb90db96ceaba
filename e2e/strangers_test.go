package e2e

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"hecai/hub/client"
)

// TestWhoDoesNotReadIsCut: clients that ask and never read hold nothing for
// long; a socket that only listens is none of them.
func TestWhoDoesNotReadIsCut(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as an answer may")
	}
	t.Parallel()
	h := openHouse(t, nil)
	listener, err := h.phone().socket(t.Context(), client.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			c, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			c.(*net.TCPConn).SetReadBuffer(4 << 10) // else there is room for thousands of answers, which take their time
			for {
				c.SetWriteDeadline(time.Now().Add(3 * time.Minute)) // anew while it is still served
				_, err := io.WriteString(c, "GET /v1/contest HTTP/1.1\r\nHost: x\r\n\r\n")
				if ne, ok := err.(net.Error); ok && ne.Timeout() {
					t.Errorf("client %d is still held", i)
				}
				if err != nil {
					return
				}
			}
		})
	}
	all.Wait()
	if err := listener.Req(t.Context(), "nothing", object{}, nil); err == nil || err.Error() != "wire.unknown_method" {
		t.Errorf("the socket: %v", err)
	}
}

// TestIdleStrangersAndFewDescriptors: connections that say nothing use up
// neither the places nor the descriptors that the record needs.
func TestIdleStrangersAndFewDescriptors(t *testing.T) {
	n := &Node{t: t, wrap: []string{"sh", "-c", `ulimit -n 300 && exec "$0" "$@"`}}
	port, media := freePort(t), freePort(t)
	n.url = fmt.Sprintf("http://127.0.0.1:%d", port)
	n.args = []string{"--data", t.TempDir(), "--listen", fmt.Sprintf("127.0.0.1:%d", port), "--media", fmt.Sprintf("127.0.0.1:%d", media)}
	t.Cleanup(n.Kill)
	n.Start()
	org := n.organiser()
	entries := importEntries(org, 3)
	org.Do("POST", "/v1/admin/ballots", object{"id": "b", "title": "示例选票", "session": "final", "entries": entries,
		"visibility": "count", "quota": object{"window": "ballot", "max": 1}}, nil)
	org.Do("POST", "/v1/admin/ballots/b/open", object{"seconds": 0}, nil)
	phones := make([]*Client, 60)
	sockets := make([]*client.Client, len(phones))
	for i := range phones {
		phones[i] = n.phone()
		ws, err := phones[i].socket(t.Context(), client.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer ws.Close()
		sockets[i] = ws
		phones[i].http.CloseIdleConnections()
	}
	for range 400 {
		c, err := net.Dial("tcp", strings.TrimPrefix(n.url, "http://"))
		if err != nil {
			continue
		}
		defer c.Close()
	}
	for i, ws := range sockets {
		if err := ws.Req(t.Context(), "vote.cast", object{"ballot": "b", "rev": 1, "choice": entries[:1]}, nil); err != nil {
			t.Fatalf("phone %d: %v\n%s", i, err, n.Output())
		}
	}
	n.client().Do("GET", "/v1/ballots/b", nil, nil) // a newcomer
	resp, body := ask(t, "GET", n.url+"/readyz", "", nil)
	if resp.StatusCode != 200 {
		t.Errorf("/readyz: %s %s\n%s", resp.Status, body, n.Output())
	}
	if !strings.Contains(n.Output(), "few descriptors") {
		t.Errorf("the start does not say that descriptors are few:\n%s", n.Output())
	}
	if code := n.Stop(20 * time.Second); code != 0 {
		t.Errorf("exit code %d\n%s", code, n.Output())
	}
}

// TestACrowdLeavesPlacesForTheCrew: whoever opens sockets from the hall's one
// address uses up neither the crew's places nor those of requests, though the
// crew sits behind the same address.
func TestACrowdLeavesPlacesForTheCrew(t *testing.T) {
	t.Parallel()
	n := &Node{t: t, wrap: []string{"sh", "-c", `ulimit -n 300 && exec "$0" "$@"`}}
	port, media := freePort(t), freePort(t)
	n.url = fmt.Sprintf("http://127.0.0.1:%d", port)
	n.args = []string{"--data", t.TempDir(), "--listen", fmt.Sprintf("127.0.0.1:%d", port), "--media", fmt.Sprintf("127.0.0.1:%d", media)}
	t.Cleanup(n.Kill)
	n.Start()
	org := n.organiser()
	host := org.link("host", "示例主持", "final")
	org.http.CloseIdleConnections()
	stranger := n.client()
	for range 300 { // 236 connections are allowed, 141 of them to one network
		ws, err := stranger.socket(t.Context(), client.Config{})
		if err != nil {
			continue
		}
		defer ws.Close()
	}
	for range 300 { // and some that never say who they are
		c, err := net.Dial("tcp", strings.TrimPrefix(n.url, "http://"))
		if err != nil {
			continue
		}
		defer c.Close()
		fmt.Fprintf(c, "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	}
	fresh := n.client()
	fresh.Do("POST", "/v1/signin", object{"name": "组织者", "password": "a long password"}, nil)
	for who, c := range map[string]*Client{"the host": host, "the organiser": fresh} {
		var out struct{ Ticket string }
		c.Do("POST", "/v1/ws-tickets", object{}, &out)
		ws, err := client.Dial(t.Context(), client.Config{URL: "ws" + strings.TrimPrefix(n.url, "http") + "/ws", Ticket: out.Ticket})
		if err != nil {
			t.Fatalf("%s: %v", who, err)
		}
		defer ws.Close()
		if err := ws.Req(t.Context(), "nothing", object{}, nil); err == nil || err.Error() != "wire.unknown_method" {
			t.Errorf("%s, behind the crowd: %v", who, err)
		}
	}
	fresh.Do("GET", "/v1/admin/overview", nil, nil)
}
