package httpd

import (
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
)

func nets(t *testing.T, list ...string) []*net.IPNet {
	t.Helper()
	var out []*net.IPNet
	for _, s := range list {
		_, n, err := net.ParseCIDR(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, n)
	}
	return out
}

// TestFromOurPage is the case host-not-forwarded, for POST and sockets alike.
func TestFromOurPage(t *testing.T) {
	for _, tt := range []struct {
		name, public, host, origin, site string
		ours                             bool
	}{
		{"the host that was asked", "http://192.168.1.20:8080", "192.168.1.20:8080", "http://192.168.1.20:8080", "", true},
		{"another name of this machine", "http://192.168.1.20:8080", "hall.local:8080", "http://hall.local:8080", "", true},
		{"the proxy hides the host", "https://vote.example.org", "127.0.0.1:8080", "https://vote.example.org", "", true},
		{"the proxy hides the host, a new browser", "https://vote.example.org", "127.0.0.1:8080", "https://vote.example.org", "same-origin", true},
		{"the host with its default port", "https://vote.example.org", "vote.example.org:443", "https://vote.example.org", "", true},
		{"the host with its default port, no public address", "http://localhost", "vote.example.org:443", "https://vote.example.org", "", true},
		{"the public address with its default port", "https://vote.example.org:443", "127.0.0.1", "https://vote.example.org", "", true},
		{"the name in capitals", "https://vote.example.org", "127.0.0.1", "https://VOTE.example.org", "", true},
		{"plain HTTP with port 80", "http://vote.example.org", "vote.example.org:80", "http://vote.example.org", "", true},
		{"no browser", "https://vote.example.org", "127.0.0.1:8080", "", "", true},
		{"an address typed in", "https://vote.example.org", "127.0.0.1:8080", "", "none", true},
		{"another site", "https://vote.example.org", "vote.example.org", "https://evil.example", "", false},
		{"another site, a new browser", "https://vote.example.org", "vote.example.org", "https://evil.example", "cross-site", false},
		{"a sibling", "https://vote.example.org", "vote.example.org", "https://www.example.org", "same-site", false},
		{"another site without an origin", "https://vote.example.org", "vote.example.org", "", "cross-site", false},
		{"another port", "https://vote.example.org", "vote.example.org", "https://vote.example.org:8443", "", false},
		{"another scheme than the public address", "https://vote.example.org", "127.0.0.1", "http://vote.example.org", "", false},
		{"a name that begins like ours", "https://vote.example.org", "vote.example.org", "https://vote.example.org.evil.example", "", false},
		{"a sandboxed page", "https://vote.example.org", "vote.example.org", "null", "", false},
		{"no address at all", "https://vote.example.org", "vote.example.org", "https://", "", false},
	} {
		s := &Server{cfg: Config{PublicURL: func() string { return tt.public }}}
		r := httptest.NewRequest("POST", "/v1/device", nil)
		r.Host = tt.host
		if tt.origin != "" {
			r.Header.Set("Origin", tt.origin)
		}
		if tt.site != "" {
			r.Header.Set("Sec-Fetch-Site", tt.site)
		}
		if got := s.FromOurPage(r); got != tt.ours {
			t.Errorf("%s: ours %v, want %v", tt.name, got, tt.ours)
		}
	}
}

// TestRealIP is the case forwarded-for-with-port, and what nobody may forge.
func TestRealIP(t *testing.T) {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	for _, tt := range []struct {
		name, peer, forwarded, want string
		proxies                     []*net.IPNet
	}{
		{"no proxy", "198.51.100.1:9", "", "198.51.100.1", nil},
		{"no proxy is trusted", "198.51.100.1:9", "203.0.113.7", "198.51.100.1", nil},
		{"a stranger's header", "198.51.100.1:9", "203.0.113.7", "198.51.100.1", nets(t, "127.0.0.0/8")},
		{"one proxy", "127.0.0.1:9", "203.0.113.7", "203.0.113.7", nets(t, "127.0.0.0/8")},
		{"with a port", "127.0.0.1:9", "203.0.113.7:51000", "203.0.113.7", nets(t, "127.0.0.0/8")},
		{"IPv6 with brackets and a port", "127.0.0.1:9", "[2001:db8::7]:443", "2001:db8::7", nets(t, "127.0.0.0/8")},
		{"IPv6 with brackets", "127.0.0.1:9", "[2001:db8::7]", "2001:db8::7", nets(t, "127.0.0.0/8")},
		{"IPv6 bare", "[::1]:9", "2001:db8::7", "2001:db8::7", nets(t, "::1/128")},
		{"IPv4 in IPv6", "[::ffff:127.0.0.1]:9", "::ffff:203.0.113.7", "203.0.113.7", nets(t, "127.0.0.0/8")},
		{"two proxies", "127.0.0.1:9", "203.0.113.7, 10.0.0.2:80", "203.0.113.7", nets(t, "127.0.0.0/8", "10.0.0.0/8")},
		{"what the client wrote before", "127.0.0.1:9", "1.2.3.4, 203.0.113.7", "203.0.113.7", nets(t, "127.0.0.0/8")},
		{"beyond what can't be read", "127.0.0.1:9", "203.0.113.7, unknown", "127.0.0.1", nets(t, "127.0.0.0/8")},
		{"all are proxies", "127.0.0.1:9", "10.0.0.3, 10.0.0.2", "10.0.0.3", nets(t, "127.0.0.0/8", "10.0.0.0/8")},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.peer
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := ipExtractor(tt.proxies, log)(r); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	var told strings.Builder
	extract := ipExtractor(nil, slog.New(slog.NewTextHandler(&told, nil)))
	for range 3 {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Forwarded-For", "203.0.113.7")
		extract(r)
	}
	if n := strings.Count(told.String(), "--proxies"); n != 1 {
		t.Errorf("told %d times that a proxy is not trusted, want once:\n%s", n, told.String())
	}
}
