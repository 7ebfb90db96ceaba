package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/gorilla/websocket"
)

// queued is what the kernel holds of a socket's unsent and unanswered bytes.
func queued(t *testing.T, c *net.TCPConn) (bytes int) {
	t.Helper()
	control(t, c, func(fd int) {
		var n int32
		const outq = 0x5411 // SIOCOUTQ of <linux/sockios.h>
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), outq, uintptr(unsafe.Pointer(&n))); errno == 0 {
			bytes = int(n)
		}
	})
	return bytes
}

func control(t *testing.T, c *net.TCPConn, f func(fd int)) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	_ = raw.Control(func(fd uintptr) { f(int(fd)) }) // an error says that it is closed
}

// TestSocketsThatNeverRead are ended though they go on sending, and until then
// the kernel holds little for each.
func TestSocketsThatNeverRead(t *testing.T) {
	t.Parallel()
	h := New(Config{
		Authenticate: func(context.Context, string) (Identity, error) { return Identity{}, nil },
		Allow:        func(Identity, string) bool { return true },
	})
	var mu sync.Mutex
	var served []*net.TCPConn
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		mu.Lock()
		defer mu.Unlock()
		served = append(served, c.(*net.TCPConn))
		return ctx
	}
	srv.Start()
	defer srv.Close()
	small := websocket.Dialer{NetDial: func(network, addr string) (net.Conn, error) {
		c, err := net.Dial(network, addr)
		if err == nil {
			err = c.(*net.TCPConn).SetReadBuffer(32 << 10)
		}
		return c, err
	}}
	const sockets = 20
	for range sockets {
		ws, _, err := small.Dial("ws"+strings.TrimPrefix(srv.URL, "http"), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer ws.Close()
		for _, f := range []string{`{"t":"auth"}`, `{"t":"sub","k":["stage/a"]}`} {
			if err := ws.WriteMessage(websocket.TextMessage, []byte(f)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for h.Listeners("stage/a") < sockets {
		time.Sleep(time.Millisecond)
	}
	mu.Lock()
	first := served[0]
	mu.Unlock()
	control(t, first, func(fd int) {
		if ms, err := syscall.GetsockoptInt(fd, syscall.IPPROTO_TCP, tcpUserTimeout); err != nil || ms != 30_000 {
			t.Errorf("TCP_USER_TIMEOUT is %d ms, %v", ms, err)
		}
	})
	most := 0
	pad := strings.Repeat("x", 30<<10)
	for begin, n := time.Now(), 0; h.Count() > 0; n++ {
		if time.Since(begin) > 50*time.Second { // before their silence ends them
			t.Fatalf("%d of %d sockets are still there", h.Count(), sockets)
		}
		h.topic("stage/a").take(map[string]json.RawMessage{"n": json.RawMessage(fmt.Sprint(n)), "pad": json.RawMessage(`"` + fmt.Sprint(n, pad) + `"`)}, Version{1, int64(n + 1)})
		mu.Lock()
		for _, c := range served {
			most = max(most, queued(t, c))
		}
		mu.Unlock()
		time.Sleep(20 * time.Millisecond)
	}
	if most == 0 || most > 8*sendBuffer {
		t.Errorf("the kernel held up to %d bytes of a socket, want some and at most %d", most, 8*sendBuffer)
	}
}
