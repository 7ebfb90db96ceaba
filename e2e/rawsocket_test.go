package e2e

import (
	"bufio"
	bin "encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// rawSocket is a WebSocket client that may send what no client should.
type rawSocket struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
}

// rawDial upgrades a connection by hand.
func rawDial(t testing.TB, url string) *rawSocket {
	t.Helper()
	host := strings.TrimPrefix(url, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", host)
	s := &rawSocket{t: t, conn: conn, r: bufio.NewReader(conn)}
	resp, err := http.ReadResponse(s.r, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("no upgrade: %v %v", resp, err)
	}
	return s
}

// rawFrame builds a masked frame; first holds FIN, RSV and the opcode.
func rawFrame(first byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = bin.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = bin.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	mask := [4]byte{1, 2, 3, 4}
	b = append(b, mask[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i%4])
	}
	return b
}

func text(payload string) []byte { return rawFrame(0x81, payload) }

// send writes bytes; that the server has hung up is not our mistake.
func (s *rawSocket) send(b []byte) { s.conn.Write(b) }

// next reads frames until a close or a text frame that the server sends for
// cause: its close code, or the code of the refusal. Snapshots and heartbeats
// are passed over; "gone" is a connection that broke without a word.
func (s *rawSocket) next() string {
	s.conn.SetDeadline(time.Now().Add(patience)) // from now: it may have waited long for its turn
	for {
		head := make([]byte, 2)
		if _, err := io.ReadFull(s.r, head); err != nil {
			return "gone"
		}
		n := uint64(head[1] & 127)
		switch n {
		case 126:
			var b [2]byte
			io.ReadFull(s.r, b[:])
			n = uint64(bin.BigEndian.Uint16(b[:]))
		case 127:
			var b [8]byte
			io.ReadFull(s.r, b[:])
			n = bin.BigEndian.Uint64(b[:])
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(s.r, body); err != nil {
			return "gone"
		}
		switch head[0] & 15 {
		case 8:
			if len(body) < 2 {
				return "closed"
			}
			return fmt.Sprint(bin.BigEndian.Uint16(body))
		case 1:
			var f struct {
				T   string
				Err *struct{ Code string }
			}
			if json.Unmarshal(body, &f) == nil && (f.T == "re" || f.T == "hello") {
				if f.Err != nil {
					return f.Err.Code
				}
				return f.T
			}
		}
	}
}

// rawSocket opens a socket that has said who it is.
func (c *Client) rawSocket() *rawSocket {
	c.t.Helper()
	var out struct{ Ticket string }
	c.Do("POST", "/v1/ws-tickets", object{}, &out)
	s := rawDial(c.t, c.url)
	s.send(text(`{"t":"auth","ticket":"` + out.Ticket + `"}`))
	if got := s.next(); got != "hello" {
		c.t.Fatalf("the ticket gives %s", got)
	}
	return s
}
