// Package httpd is the HTTP edge: the only Echo code. It owns the routes, the
// middleware, the mapping of faults to statuses, and handlers that identify,
// parse, call one verb of package live or office, and render. It holds no rule and
// no state but the open connections; a Server is safe for concurrent use.
package httpd

import (
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"hecai/access"
	"hecai/fault"
	"hecai/live"
	"hecai/office"
	"hecai/static"
)

//go:generate go test -run TestTypesOfPages -update .

// Limits on what a request may carry, in bytes.
const (
	maxBody   = "64K"
	maxUpload = "8M" // an entries sheet
	maxHeader = 16 << 10
)

// Config is what the edge needs. Every field is required, but Metrics, Proxies,
// Log and Now.
type Config struct {
	Desk     *access.Desk
	Live     *live.Hall
	Office   *office.Office
	Contests Contests
	Site     *static.Site
	Sockets  http.Handler // the hub's /ws
	Media    http.Handler // the relay's WHIP and WHEP
	Kick     func(key string)

	Elsewhere *Elsewhere // the way to the node that has the shows; nil: this one always has

	PublicURL    func() string    // where phones reach us, no slash at the end
	Secure       bool             // cookies and HSTS for HTTPS
	Proxies      []*net.IPNet     // whose X-Forwarded-For and -Proto count
	Ready        func() Readiness // nil: always ready; asked at most twice a second
	Metrics      http.Handler     // nil: no /metrics
	MetricsToken string           // bearer token of /metrics; empty: from this machine only
	MaxConns     int              // open connections; 0: as many as descriptors allow, see Connections
	Log          *slog.Logger
	Now          func() time.Time
}

// Server answers HTTP.
type Server struct {
	cfg    Config
	live   *live.Hall
	office *office.Office
	echo   *echo.Echo
	door   *door
	draws  *access.Limiter // QR codes, by network
	ready  readiness
	drawn  qrCache
}

// New returns the edge.
func New(cfg Config) *Server {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = errorHandler(cfg.Log)
	e.IPExtractor = ipExtractor(cfg.Proxies, cfg.Log)
	s := &Server{
		cfg: cfg, live: cfg.Live, office: cfg.Office, echo: e, door: newDoor(cfg.MaxConns, cfg.Proxies),
		draws: access.NewLimiter(200, 8000, cfg.Now),
	}
	e.Use(middleware.RecoverWithConfig(middleware.RecoverConfig{DisablePrintStack: true,
		LogErrorFunc: func(c echo.Context, err error, stack []byte) error {
			cfg.Log.Error("panic", "path", c.Path(), "err", err, "stack", string(stack))
			return fault.Wrap(fault.Internal, "internal", err, "panic")
		}}))
	byProxy := e.IPExtractor
	e.IPExtractor = func(r *http.Request) string {
		if id, ok := s.passed(r); ok && id.From != "" {
			return id.From
		}
		return byProxy(r)
	}
	e.Pre(s.enterContest)
	e.Use(s.headers, s.crossOrigin, plainAddress, s.elsewhere)
	s.routes()
	return s
}

// HTTP returns a server with the time and header limits of the edge; the caller
// runs it on Listen's listener. Sockets are out of its hands, and so of its time
// limits, once they are opened.
func (s *Server) HTTP() *http.Server {
	return &http.Server{
		Handler:           s.echo,
		ConnState:         s.door.state,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second, // for who asks and doesn't read
		IdleTimeout:       75 * time.Second,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug),
	}
}

// ServeHTTP makes the edge usable without a listener.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Network is the part of a request's address that its sender can't change.
func (s *Server) Network(r *http.Request) string { return access.Network(s.echo.IPExtractor(r)) }

// Address is where a request comes from, as a bound on one sender counts it: an
// IPv4 address, or the /64 that one IPv6 customer has to himself.
func (s *Server) Address(r *http.Request) string {
	address := s.echo.IPExtractor(r)
	ip := net.ParseIP(address)
	if ip == nil || ip.To4() != nil {
		return address
	}
	return ip.Mask(net.CIDRMask(64, 128)).String()
}

// policy is the content security policy of every page: our own files only, no
// inline script, no inline style text.
const policy = "default-src 'self'; connect-src 'self' ws: wss:; media-src 'self' blob: mediastream:; " +
	"img-src 'self' data: blob:; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// headers sets what every response carries.
func (s *Server) headers(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), geolocation=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if s.cfg.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		return next(c)
	}
}
