// Package httpd is the HTTP edge: the only Echo code. It owns the routes, the
// middleware, the mapping of faults to statuses, and handlers that authorise,
// parse, call one method and render. It holds no rule and no state but its
// rate limiters; a Server is safe for concurrent use.
package httpd

import (
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/static"
	"hecai/vote/box"
)

// Limits on what a request may carry, in bytes.
const (
	maxBody   = "64K"
	maxUpload = "8M" // an entries sheet
	maxHeader = 16 << 10
)

// Config is what the edge needs. Every field is required, but Metrics, Proxies,
// Log and Now.
type Config struct {
	Desk    *access.Desk
	Box     *box.Box
	Shows   Shows
	Records Records
	Plan    *contest.Plan
	Site    *static.Site
	Sockets http.Handler // the hub's /ws
	Media   http.Handler // the relay's WHIP and WHEP
	Kick    func(key string)
	Proof   Proof
	Cameras Cameras

	PublicURL func() string // where phones reach us, no slash at the end
	Secure    bool          // cookies and HSTS for HTTPS
	Proxies   []*net.IPNet  // whose X-Forwarded-For and -Proto count
	Ready     func() error  // nil: always ready
	Metrics   http.Handler  // nil: no /metrics
	Log       *slog.Logger
	Now       func() time.Time
}

// Server answers HTTP.
type Server struct {
	cfg     Config
	echo    *echo.Echo
	devices *access.Limiter // new devices, by address
	signIn  *access.Limiter // sign-ins and tickets, by address
	votes   *access.Limiter // votes, by voter
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
	e.IPExtractor = ipExtractor(cfg.Proxies)
	s := &Server{
		cfg: cfg, echo: e,
		devices: access.NewLimiter(200, 4000, cfg.Now), // a hall behind one address
		signIn:  access.NewLimiter(0.5, 20, cfg.Now),
		votes:   access.NewLimiter(5, 20, cfg.Now),
	}
	e.Use(middleware.RecoverWithConfig(middleware.RecoverConfig{DisablePrintStack: true,
		LogErrorFunc: func(c echo.Context, err error, stack []byte) error {
			cfg.Log.Error("panic", "path", c.Path(), "err", err, "stack", string(stack))
			return fault.Wrap(fault.Internal, "internal", err, "panic")
		}}))
	e.Use(s.headers, crossOrigin())
	s.routes()
	return s
}

// HTTP returns a server with the time and header limits of the edge; the caller
// sets the address and runs it.
func (s *Server) HTTP() *http.Server {
	return &http.Server{
		Handler:           s.echo,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       75 * time.Second,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug),
	}
}

// ServeHTTP makes the edge usable without a listener.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// ipExtractor believes X-Forwarded-For only from the configured proxies: with
// Echo's default anyone could choose their own address and its rate limits.
func ipExtractor(proxies []*net.IPNet) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	opts := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, n := range proxies {
		opts = append(opts, echo.TrustIPRange(n))
	}
	return echo.ExtractIPFromXFFHeader(opts...)
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

// crossOrigin refuses state changes that another site's page sends with our
// cookies. Clients that are no browser send neither header and pass.
func crossOrigin() echo.MiddlewareFunc {
	protection := http.NewCrossOriginProtection()
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := protection.Check(c.Request()); err != nil {
				return fault.Wrap(fault.Forbidden, "http.cross_origin", err, "origin %q", c.Request().Header.Get("Origin"))
			}
			return next(c)
		}
	}
}
