package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hecai/access"
	"hecai/server/node"
)

func mustURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

// everywhere is on every answer; each kind adds its own.
const everywhere = `Content-Security-Policy: default-src 'self'; connect-src 'self' ws: wss:; media-src 'self' blob: mediastream:; img-src 'self' data: blob:; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'
Cross-Origin-Opener-Policy: same-origin
Permissions-Policy: camera=(self), microphone=(self), display-capture=(self), geolocation=()
Referrer-Policy: same-origin
X-Content-Type-Options: nosniff
`

// golden are whole answers, headers in order of their names. DATE, LENGTH and
// ETAG stand for what differs.
var golden = []struct {
	name, method, path, body string
	status                   int
	headers                  string
}{
	{"a page", "GET", "/director", "", 200, "Cache-Control: no-cache\nContent-Type: text/html; charset=utf-8\nEtag: ETAG\nVary: Accept-Encoding\n"},
	{"a page that is asked for anew", "IF-NONE-MATCH", "/director", "", 304, "Cache-Control: no-cache\nEtag: ETAG\nVary: Accept-Encoding\n"},
	{"an asset", "GET", "ASSET", "", 200,
		"Cache-Control: public, max-age=31536000, immutable\nContent-Type: text/javascript; charset=utf-8\nEtag: ETAG\nVary: Accept-Encoding\n"},
	{"an asset of an older program", "GET", "/s/0123456789abcdef/director/main.js", "", 200,
		"Cache-Control: no-store\nContent-Type: text/javascript; charset=utf-8\nEtag: ETAG\nVary: Accept-Encoding\n"},
	{"an asset that is not there", "GET", "/s/0123456789abcdef/none.js", "", 404, "Content-Type: text/plain; charset=utf-8\n"},
	{"the icon", "GET", "/favicon.ico", "", 200,
		"Cache-Control: public, max-age=86400\nContent-Type: image/svg+xml\nEtag: ETAG\nVary: Accept-Encoding\n"},
	{"an API answer", "GET", "/v1/stage/final", "", 200, "Cache-Control: no-store\nContent-Type: application/json\n"},
	{"health", "GET", "/healthz", "", 200, "Cache-Control: no-store\nContent-Type: text/plain; charset=UTF-8\n"},
	{"readiness", "GET", "/readyz", "", 200, "Cache-Control: no-store\nContent-Type: application/json\n"},
	{"a QR code", "GET", "/qr.svg?path=/live/final", "", 200, "Cache-Control: no-store\nContent-Type: image/svg+xml\n"},
	{"no sign-in", "GET", "/v1/admin/overview", "", 401,
		"Cache-Control: no-store\nContent-Type: application/json\nWww-Authenticate: Bearer realm=\"hecai\"\n"},
	{"no such session", "GET", "/v1/stage/none", "", 404, "Cache-Control: no-store\nContent-Type: application/json\n"},
	{"no such address", "GET", "/none", "", 404, "Cache-Control: no-store\nContent-Type: application/json\n"},
	{"no such method", "DELETE", "/v1/time", "", 405, "Allow: OPTIONS, GET, HEAD\nCache-Control: no-store\nContent-Type: application/json\n"},
	{"a new phone", "POST", "/v1/device", "", 204, "Cache-Control: no-store\nSet-Cookie: hecai-device=SECRET; Path=/; Max-Age=5184000; HttpOnly; SameSite=Lax\n"},
	{"a sign-out", "POST", "/v1/signout", "", 204, "Cache-Control: no-store\nSet-Cookie: hecai-staff=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict\n"},
	{"a malformed body", "POST", "/v1/signin", "{", 400, "Cache-Control: no-store\nContent-Type: application/json\n"},
	{"a broken offer", "POST", "/whep/final", "{", 415, "Accept: application/sdp\nAccess-Control-Allow-Origin: *\nAccess-Control-Expose-Headers: Location, ETag, Link, Accept-Patch, Retry-After\nCache-Control: no-store\nContent-Type: application/problem+json\n"},
	{"no upgrade", "GET", "/ws", "", 400, "Content-Type: text/plain; charset=utf-8\nSec-Websocket-Version: 13\n"},
}

var (
	secretValue = regexp.MustCompile(`(hecai-(?:device|staff|known))=[^;]+`)
	etagValue   = regexp.MustCompile(`(?m)^Etag: ".+"$`)
	assetLink   = regexp.MustCompile(`src="(/s/[0-9a-f]+/director/main\.js)"`)
)

// headersOf writes the headers of an answer in order, without what differs.
func headersOf(resp *http.Response) string {
	resp.Header.Del("Date")
	resp.Header.Del("Content-Length")
	var b strings.Builder
	resp.Header.Write(&b)
	text := strings.ReplaceAll(b.String(), "\r\n", "\n")
	return etagValue.ReplaceAllString(secretValue.ReplaceAllString(text, "$1=SECRET"), "Etag: ETAG")
}

// sorted merges two blocks of header lines.
func sorted(blocks ...string) string {
	lines := strings.SplitAfter(strings.Join(blocks, ""), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// ask sends a request without the client's habits, and reads its answer whole.
func ask(t testing.TB, method, target, body string, headers map[string]string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	resp, err := checked{t, &http.Transport{DisableCompression: true, DisableKeepAlives: true}}.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return resp, ""
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

// TestHeaders holds the headers of each kind of answer against the golden ones,
// over HTTP and behind an HTTPS proxy.
func TestHeaders(t *testing.T) {
	t.Parallel()
	plain := openHouse(t, nil)
	port := freePort(t)
	secure := openHouse(t, func(c *node.Config) {
		c.Listen, c.PublicURL = fmt.Sprintf("127.0.0.1:%d", port), "https://vote.example.org"
	})
	for _, h := range []*house{plain, secure} {
		_, page := ask(t, "GET", h.url+"/director", "", nil)
		asset := assetLink.FindStringSubmatch(page)
		if asset == nil {
			t.Fatalf("the page has no link to its module:\n%s", page)
		}
		for _, tt := range golden {
			headers := map[string]string{}
			if tt.method == "IF-NONE-MATCH" {
				resp, _ := ask(t, "GET", h.url+tt.path, "", nil)
				tt.method, headers["If-None-Match"] = "GET", resp.Header.Get("Etag")
			}
			resp, _ := ask(t, tt.method, h.url+strings.Replace(tt.path, "ASSET", asset[1], 1), tt.body, headers)
			want := sorted(everywhere, tt.headers)
			if h == secure {
				want = sorted(everywhere, "Strict-Transport-Security: max-age=31536000\n", strings.NewReplacer(
					"hecai-", "__Host-hecai-", "HttpOnly", "HttpOnly; Secure").Replace(tt.headers))
			}
			if got := sorted(headersOf(resp)); resp.StatusCode != tt.status || got != want {
				t.Errorf("%s of %s: %d\n%s\nwant %d\n%s", tt.name, h.url, resp.StatusCode, got, tt.status, want)
			}
		}
	}
}

// TestStaffCookie: the cookie of a sign-in is kept from scripts and from other
// sites, and over HTTPS from sibling hosts, whose cookies don't count.
func TestStaffCookie(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	h := openHouse(t, func(c *node.Config) {
		c.Listen, c.PublicURL = fmt.Sprintf("127.0.0.1:%d", port), "https://vote.example.org"
	})
	resp, _ := ask(t, "POST", h.url+"/v1/signin/link", fmt.Sprintf(`{"token":%q}`, h.links[access.Organiser]), nil)
	cookies := resp.Cookies()
	want := []string{
		"__Host-hecai-staff=SECRET; Path=/; Max-Age=604800; HttpOnly; Secure; SameSite=Strict",
		"__Host-hecai-known=SECRET; Path=/; Max-Age=15552000; HttpOnly; Secure; SameSite=Strict",
	}
	if resp.StatusCode != http.StatusNoContent || len(cookies) != len(want) {
		t.Fatalf("%d, %d cookies", resp.StatusCode, len(cookies))
	}
	for i, c := range cookies {
		if got := secretValue.ReplaceAllString(c.Raw, "$1=SECRET"); got != want[i] {
			t.Errorf("%s, want %s", got, want[i])
		}
	}
	for name, status := range map[string]int{"__Host-hecai-staff": 200, "hecai-staff": 401} {
		resp, _ := ask(t, "GET", h.url+"/v1/admin/overview", "", map[string]string{"Cookie": name + "=" + cookies[0].Value})
		if resp.StatusCode != status {
			t.Errorf("cookie %s: %d, want %d", name, resp.StatusCode, status)
		}
	}
}

// TestCrossOrigin: a page of another site changes nothing with our cookies, a
// client that is no browser is let in, and looking is free.
func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	own := strings.TrimPrefix(h.url, "http://")
	tests := []struct {
		name    string
		headers map[string]string
		refused bool
	}{
		{"no browser", nil, false},
		{"our page", map[string]string{"Sec-Fetch-Site": "same-origin"}, false},
		{"typed in", map[string]string{"Sec-Fetch-Site": "none"}, false},
		{"our page in an older browser", map[string]string{"Origin": "http://" + own}, false},
		{"another site", map[string]string{"Sec-Fetch-Site": "cross-site"}, true},
		{"a sibling host", map[string]string{"Sec-Fetch-Site": "same-site"}, true},
		{"another site in an older browser", map[string]string{"Origin": "https://evil.example"}, true},
		{"a name that ends like ours", map[string]string{"Origin": "http://evil" + own}, true},
		{"another port", map[string]string{"Origin": "http://127.0.0.1:1"}, true},
		{"a page without an origin", map[string]string{"Origin": "null"}, true},
	}
	for _, tt := range tests {
		for _, route := range []struct{ method, path string }{
			{"POST", "/v1/device"}, {"POST", "/v1/signout"}, {"POST", "/v1/votes"}, {"PUT", "/v1/admin/rundown/final"},
			{"DELETE", "/v1/admin/links/x"}, {"POST", "/v1/danmaku/final"}, {"POST", "/whip/final/cam"}, {"POST", "/none"},
		} {
			_, body := ask(t, route.method, h.url+route.path, "{}", tt.headers)
			if got := strings.Contains(body, `"http.cross_origin"`); got != tt.refused {
				t.Errorf("%s, %s %s: refused %v, want %v: %s", tt.name, route.method, route.path, got, tt.refused, body)
			}
		}
		if resp, body := ask(t, "GET", h.url+"/v1/stage/final", "", tt.headers); resp.StatusCode != http.StatusOK {
			t.Errorf("%s may not look: %s", tt.name, body)
		}
		if _, origin := tt.headers["Origin"]; origin {
			h.upgrade(t, tt.name, tt.headers["Origin"], tt.refused)
		}
	}
}

// upgrade asks for a socket with an Origin.
func (h *house) upgrade(t *testing.T, name, origin string, refused bool) {
	t.Helper()
	resp, _ := ask(t, "GET", h.url+"/ws", "", map[string]string{"Origin": origin, "Connection": "Upgrade", "Upgrade": "websocket",
		"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
	want := http.StatusSwitchingProtocols
	if refused {
		want = http.StatusForbidden
	}
	if resp.StatusCode != want {
		t.Errorf("%s opens a socket: %d, want %d", name, resp.StatusCode, want)
	}
}

// TestForwardedForIsBelievedFromProxiesOnly: the limit of failed sign-ins is by
// account and network, so it tells which address the server believes.
func TestForwardedForIsBelievedFromProxiesOnly(t *testing.T) {
	t.Parallel()
	many := func(form string) func(int) string { return func(i int) string { return fmt.Sprintf(form, i) } }
	type sender struct {
		name      string
		forwarded func(i int) string
		limited   bool
	}
	for proxies, senders := range map[string][]sender{
		"":           {{"anybody", many("203.0.%d.7"), true}},
		"10.0.0.0/8": {{"anybody but that proxy", many("203.0.%d.7"), true}},
		"127.0.0.1": {
			{"many clients", many("203.0.%d.7"), false},
			{"many private clients", many("192.168.%d.7"), false},
			{"one client", func(int) string { return "198.51.100.7" }, true},
			{"one client that lies", many("192.0.%d.2, 198.51.100.8"), true},
		},
	} {
		h := openHouse(t, func(c *node.Config) { c.Proxies = proxies })
		for _, s := range senders {
			limited := 0
			for i := range 30 {
				resp, _ := ask(t, "POST", h.url+"/v1/signin", fmt.Sprintf(`{"name":%q,"password":"x"}`, s.name), map[string]string{"X-Forwarded-For": s.forwarded(i + 1)})
				if resp.StatusCode == http.StatusTooManyRequests {
					limited++
					if resp.Header.Get("Retry-After") == "" {
						t.Error("429 without Retry-After")
					}
				}
			}
			if got := limited >= 5; got != s.limited || !s.limited && limited > 0 {
				t.Errorf("--proxies %q, %s: %d of 30 were limited, want limits %v", proxies, s.name, limited, s.limited)
			}
		}
	}
}
