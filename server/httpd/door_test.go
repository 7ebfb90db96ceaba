package httpd

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"hecai/needtest"
)

// house serves over a door; slow requests last until the house is closed.
func openDoor(t *testing.T, most int) (d *door, address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d = newDoor(most, nil)
	closing := make(chan struct{})
	server := &http.Server{ConnState: d.state, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			w.(http.Flusher).Flush()
			<-closing
		case "/hijack":
			c, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
				go func() { <-closing; c.Close() }()
			}
		}
	})}
	done := make(chan struct{})
	go func() { defer close(done); server.Serve(listener{l, d}) }()
	t.Cleanup(func() { close(closing); server.Close(); <-done })
	return d, l.Addr().String()
}

// from dials from an address of this machine's own.
func from(t *testing.T, ip, to string) net.Conn {
	t.Helper()
	c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}).Dial("tcp", to)
	if err != nil {
		needtest.Missing(t, "this machine has no other loopback addresses: %v", err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// get asks over the connection and reports whether it was answered.
func get(c net.Conn, path string) bool {
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
	c.SetReadDeadline(time.Now().Add(time.Minute))
	b := make([]byte, 12)
	_, err := io.ReadFull(c, b)
	c.SetReadDeadline(time.Time{})
	return err == nil
}

func (d *door) open() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.conns)
}

// TestIdleStrangersKeepNobodyOut: connections that say nothing make room, those
// that are in use don't, and one network can't have all.
func TestIdleStrangersKeepNobodyOut(t *testing.T) {
	d, address := openDoor(t, 20)
	atWork := from(t, "127.0.1.1", address)
	if !get(atWork, "/slow") {
		t.Fatal("the first is not served")
	}
	socket := from(t, "127.0.1.1", address)
	if !get(socket, "/hijack") {
		t.Fatal("the socket is not opened")
	}
	for range 300 {
		from(t, "127.0.2.1", address) // and says nothing
	}
	for i := range 30 {
		c := from(t, "127.0.3.1", address)
		if !get(c, "/") {
			t.Fatalf("newcomer %d is not served", i)
		}
		c.Close()
	}
	if n := d.open(); n > 20 {
		t.Errorf("%d connections are open, want at most 20", n)
	}
	for name, c := range map[string]net.Conn{"at work": atWork, "socket": socket} {
		c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		rest := make([]byte, 4096)
		for {
			if _, err := c.Read(rest); err != nil {
				if ne, ok := err.(net.Error); !ok || !ne.Timeout() {
					t.Errorf("the connection %s was cut: %v", name, err)
				}
				break
			}
		}
	}

	// One network fills its share with requests that last: others still come in.
	_, address = openDoor(t, 20)
	for range 12 {
		if !get(from(t, "127.0.2.1", address), "/slow") {
			t.Fatal("within its share, a network is not served")
		}
	}
	if get(from(t, "127.0.2.2", address), "/") {
		t.Error("a network has more than its share")
	}
	for range 8 {
		if !get(from(t, "127.0.4.1", address), "/slow") {
			t.Error("another network is not served")
		}
	}
	if get(from(t, "127.0.5.1", address), "/") {
		t.Error("more than all places")
	}
}

func TestTheDoorForgetsWhoLeft(t *testing.T) {
	d, address := openDoor(t, 20)
	for range 50 {
		c := from(t, "127.0.1.1", address)
		if !get(c, "/") {
			t.Fatal("not served")
		}
		c.Close()
	}
	for deadline := time.Now().Add(time.Minute); d.open() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are counted, none is open", d.open())
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.nets) > 0 {
		t.Errorf("%d networks are remembered", len(d.nets))
	}
}

func TestConnections(t *testing.T) {
	for descriptors, want := range map[uint64]int{20: 1, 300: 236, 1024: 896, 20_000: 17_500, 1 << 20: defaultConns} {
		if got := Connections(descriptors); got != want {
			t.Errorf("Connections(%d) = %d, want %d", descriptors, got, want)
		}
	}
}
