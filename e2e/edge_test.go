package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"hecai/access"
	"hecai/server/node"
)

// TestHealthByHead is the case health-by-head: HEAD answers as GET does, without
// a body, and another method is told to be wrong, not the address.
func TestHealthByHead(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	for _, path := range []string{"/healthz", "/readyz", "/v1/time", "/v1/contest", "/qr.svg?path=/live/final", "/vote/b", "/t"} {
		get, _ := ask(t, "GET", h.url+path, "", nil)
		head, body := ask(t, "HEAD", h.url+path, "", nil)
		if get.StatusCode != http.StatusOK || head.StatusCode != http.StatusOK || body != "" || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") {
			t.Errorf("%s: GET %s, HEAD %s %q %q, want the same without a body", path, get.Status, head.Status, head.Header.Get("Content-Type"), body)
		}
	}
	for _, r := range [][2]string{{"POST", "/healthz"}, {"DELETE", "/v1/time"}, {"GET", "/v1/votes"}, {"PUT", "/v1/signin"}, {"GET", "/v1/admin/tickets"}} {
		resp, body := ask(t, r[0], h.url+r[1], "", nil)
		if resp.StatusCode != http.StatusMethodNotAllowed || !strings.Contains(body, `"http.method"`) || resp.Header.Get("Allow") == "" {
			t.Errorf("%s %s: %s, Allow %q, %s", r[0], r[1], resp.Status, resp.Header.Get("Allow"), body)
		}
	}
	if resp, body := ask(t, "POST", h.url+"/none", "", nil); resp.StatusCode != http.StatusNotFound || !strings.Contains(body, `"http.not_found"`) {
		t.Errorf("POST /none: %s %s", resp.Status, body)
	}
}

// TestForwardedForWithPort is the case forwarded-for-with-port: each client that
// a proxy names has its own limit.
func TestForwardedForWithPort(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	for i := range 30 {
		for _, from := range []string{fmt.Sprintf("203.0.%d.1:51000", i), fmt.Sprintf("[2001:db8:%x::1]:443", i)} {
			resp, body := ask(t, "POST", h.url+"/v1/signin", `{"name":"示例 director","password":"wrong password"}`, map[string]string{"X-Forwarded-For": from})
			if resp.StatusCode != http.StatusUnauthorized {
				t.Fatalf("client %d, %s: %s %s", i, from, resp.Status, body)
			}
		}
	}
}

// TestHostNotForwarded is the case host-not-forwarded, over the program itself.
func TestHostNotForwarded(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	h := openHouse(t, func(c *node.Config) {
		c.Listen, c.PublicURL = fmt.Sprintf("127.0.0.1:%d", port), "https://vote.example.org"
	})
	for _, tt := range []struct {
		host, origin string
		want         int
	}{
		{"", "https://vote.example.org", http.StatusNoContent},
		{"vote.example.org:443", "https://vote.example.org", http.StatusNoContent},
		{"vote.example.org", "https://vote.example.org:443", http.StatusNoContent},
		{"", "", http.StatusNoContent},
		{"", "https://evil.example", http.StatusForbidden},
		{"vote.example.org", "https://vote.example.org.evil.example", http.StatusForbidden},
	} {
		for _, path := range []string{"/v1/device", "/ws"} {
			method, want := "POST", tt.want
			headers := map[string]string{}
			if path == "/ws" {
				method = "GET"
				if want == http.StatusNoContent {
					want = http.StatusSwitchingProtocols
				}
				headers = map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
			}
			req, err := http.NewRequest(method, h.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = tt.host
			if tt.origin != "" {
				headers["Origin"] = tt.origin
			}
			for k, v := range headers {
				req.Header.Set(k, v)
			}
			resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("%s %s with host %q and origin %q: %s, want %d", method, path, tt.host, tt.origin, resp.Status, want)
			}
		}
	}
}

// TestMetricsAreForTheOperator: from this machine, or with the token.
func TestMetricsAreForTheOperator(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	status := func(h *house, headers map[string]string) int {
		resp, _ := ask(t, "GET", h.url+"/metrics", "", headers)
		return resp.StatusCode
	}
	if got := status(h, nil); got != http.StatusOK {
		t.Errorf("from this machine: %d", got)
	}
	for _, from := range []string{"203.0.113.7", "127.0.0.1", "::1"} {
		if got := status(h, map[string]string{"X-Forwarded-For": from}); got != http.StatusForbidden {
			t.Errorf("through a proxy for %s: %d", from, got)
		}
	}
	h = openHouse(t, func(c *node.Config) { c.MetricsToken = "示例 token" })
	for token, want := range map[string]int{"": 401, "Bearer wrong": 401, "Bearer 示例 token": 200} {
		headers := map[string]string{"X-Forwarded-For": "203.0.113.7"}
		if token != "" {
			headers["Authorization"] = token
		}
		if got := status(h, headers); got != want {
			t.Errorf("with %q: %d, want %d", token, got, want)
		}
	}
}

// TestCookiesHoldNoNumber: a phone's cookie tells neither how many came before
// it, nor anything else that it was not given.
func TestCookiesHoldNoNumber(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	c := h.phone()
	before := cookieOf(t, c, "hecai-device")
	c.Do("POST", "/v1/device", object{}, nil)
	if again := cookieOf(t, c, "hecai-device"); again != before {
		t.Error("the same phone got another cookie")
	}
	entries := h.ballot("b", 3, object{"window": "ballot", "max": 1})
	c.Do("POST", "/v1/votes", object{"ballot": "b", "rev": 1, "choice": entries[:1]}, nil)
	c.Do("POST", "/v1/device", object{}, nil)
	if again := cookieOf(t, c, "hecai-device"); again != before {
		t.Error("a vote changed the cookie")
	}
	if len(before) != 43 { // 16 random bytes and 16 of MAC
		t.Errorf("the cookie has %d characters", len(before))
	}
	var me struct{ Role access.Role }
	c.Do("GET", "/v1/me", nil, &me)
	if me.Role != access.Audience {
		t.Errorf("the phone is %s", me.Role)
	}
}

func cookieOf(t *testing.T, c *Client, name string) string {
	t.Helper()
	for _, cookie := range c.http.Jar.Cookies(mustURL(c.url)) {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	t.Fatalf("no cookie %s", name)
	return ""
}
