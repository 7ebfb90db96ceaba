package httpd

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"hecai/fault"
	"hecai/stream/webrtc"
)

// FromOurPage reports whether a request that a browser sends comes from one of
// our own pages, by its origin: the host that was asked, or the public address.
// A client that is no browser sends no origin and passes; there is nothing of
// ours that it could ride on. A default port is the same as none, and a proxy
// that hides the Host header doesn't matter.
func (s *Server) FromOurPage(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin != "" && sameOrigin(origin, s.cfg.PublicURL()) {
		return true
	}
	switch r.Header.Get("Sec-Fetch-Site") { // the browser's own word, if it is new enough
	case "same-origin", "none":
		return true
	case "":
	default:
		return false
	}
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && sameOrigin(origin, u.Scheme+"://"+r.Host)
}

// sameOrigin compares scheme, host and port (RFC 6454, section 5).
func sameOrigin(a, b string) bool {
	x, err := url.Parse(a)
	if err != nil || x.Host == "" {
		return false
	}
	y, err := url.Parse(b)
	return err == nil && x.Scheme == y.Scheme && strings.EqualFold(x.Hostname(), y.Hostname()) && port(x) == port(y)
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// crossOrigin refuses state changes that another site's page sends with our
// cookies.
func (s *Server) crossOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		switch r := c.Request(); r.Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions: // change nothing
		default:
			if !webrtc.ForAnyOrigin(r) && !s.FromOurPage(r) {
				return fault.New(fault.Forbidden, "http.cross_origin", "origin %q, host %q", r.Header.Get("Origin"), r.Host)
			}
		}
		return next(c)
	}
}

// ipExtractor believes X-Forwarded-For only from the configured proxies: with
// Echo's default anyone could choose their own address and its limits. Without
// any it says once that a proxy seems to be there, since all visitors then count
// as one.
func ipExtractor(proxies []*net.IPNet, log *slog.Logger) echo.IPExtractor {
	var told sync.Once
	return func(r *http.Request) string {
		peer := forwarder(r.RemoteAddr)
		lines := r.Header.Values(echo.HeaderXForwardedFor)
		if len(lines) == 0 {
			return peer
		}
		if len(proxies) == 0 {
			told.Do(func() {
				log.Warn("X-Forwarded-For arrives and no proxy is trusted: all visitors behind it count as one address; set --proxies", "peer", peer)
			})
			return peer
		}
		return realIP(peer, strings.Split(strings.Join(lines, ","), ","), proxies)
	}
}

// realIP walks from the nearest hop outwards and returns the first that is no
// trusted proxy. What can't be read is not believed, nor anything beyond it.
func realIP(peer string, hops []string, proxies []*net.IPNet) string {
	for i := len(hops) - 1; i >= 0 && trusted(peer, proxies); i-- {
		hop := forwarder(hops[i])
		if _, err := netip.ParseAddr(hop); err != nil {
			return peer
		}
		peer = hop
	}
	return peer
}

func trusted(address string, proxies []*net.IPNet) bool {
	ip := net.ParseIP(address)
	for _, n := range proxies {
		if ip != nil && n.Contains(ip) {
			return true
		}
	}
	return false
}

// forwarder is an address without port and brackets, which some proxies write.
func forwarder(s string) string {
	s = strings.TrimSpace(s)
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	s = strings.Trim(s, "[]")
	if ip, err := netip.ParseAddr(s); err == nil {
		return ip.Unmap().WithZone("").String()
	}
	return s
}
