package httpd

import (
	"crypto/subtle"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
)

func (s *Server) getHealth(c echo.Context) error {
	private(c)
	return c.String(http.StatusOK, "ok\n")
}

// Readiness is the answer of /readyz. The reasons are codes: why the node takes
// no votes, or what may soon keep it from that.
type Readiness struct {
	Ready   bool     `json:"ready"`
	Reasons []string `json:"reasons"`
	Shows   bool     `json:"shows"` // the shows run on this node
}

// readiness remembers the last answer, so that asking costs nothing.
type readiness struct {
	mu    sync.Mutex
	until time.Time // guarded by mu
	last  Readiness // guarded by mu
}

// readyFor is how old an answer of /readyz may be.
const readyFor = 500 * time.Millisecond

func (r *readiness) ask(look func() Readiness) Readiness {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); now.After(r.until) {
		r.last = look()
		r.until = time.Now().Add(readyFor)
	}
	return r.last
}

func (s *Server) getReady(c echo.Context) error {
	private(c)
	ready := Readiness{Ready: true, Reasons: []string{}}
	if s.cfg.Ready != nil {
		ready = s.ready.ask(s.cfg.Ready)
	}
	if !ready.Ready {
		s.cfg.Log.Warn("not ready", "reasons", ready.Reasons)
		return c.JSON(http.StatusServiceUnavailable, ready)
	}
	return c.JSON(http.StatusOK, ready)
}

// getMetrics is for who runs the node: this machine, or who has the token. What
// came through a proxy is not from this machine, trusted or not.
func (s *Server) getMetrics(c echo.Context) error {
	private(c)
	r := c.Request()
	if s.cfg.MetricsToken != "" {
		if subtle.ConstantTimeCompare([]byte(bearer(r)), []byte(s.cfg.MetricsToken)) != 1 {
			return fault.New(fault.Unauthenticated, "access.signin", "metrics without their token")
		}
	} else if ip := net.ParseIP(forwarder(r.RemoteAddr)); ip == nil || !ip.IsLoopback() || r.Header.Get(echo.HeaderXForwardedFor) != "" || r.Header.Get("Forwarded") != "" {
		return fault.New(fault.Forbidden, "access.forbidden", "metrics asked for by %s", r.RemoteAddr)
	}
	s.cfg.Metrics.ServeHTTP(c.Response(), r)
	return nil
}

// clockReply is the server's clock.
type clockReply struct {
	Now int64 `json:"now"` // unix ms
}

func (s *Server) getTime(c echo.Context) error {
	return ok(c, clockReply{s.cfg.Now().UnixMilli()})
}

// publicPlan is the plan with what the pages compute from it.
type publicPlan struct {
	*contest.Plan
	Days map[contest.Date]string `json:"days"` // weekday of every date, computed, never written by hand
}

// publishedPlan is the answer of /v1/contest.
func publishedPlan(plan *contest.Plan) []byte {
	if plan == nil {
		return []byte("null")
	}
	p := publicPlan{Plan: plan, Days: map[contest.Date]string{}}
	add := func(d contest.Date) { p.Days[d] = d.WeekdayZh() }
	for _, ph := range p.Phases {
		add(ph.From)
		add(ph.To)
	}
	for _, e := range p.Events {
		add(e.Date)
	}
	body, err := json.Marshal(p)
	if err != nil {
		panic("httpd: " + err.Error()) // a type of ours
	}
	return body
}

func (s *Server) getContest(c echo.Context) error {
	private(c)
	return c.JSONBlob(http.StatusOK, publishedPlan(s.cfg.Contests.Plan(s.contestOf(c.Request()))))
}

// trackName is a track (赛道) as lists and chips need it: the whole plan is too
// much for a phone that only wants its colours.
type trackName struct {
	ID    contest.TrackID `json:"id"`
	No    int             `json:"no"`
	Short string          `json:"short"`
}

func (s *Server) getTracks(c echo.Context) error {
	tracks := s.cfg.Contests.Plan(s.contestOf(c.Request())).Tracks
	out := make([]trackName, len(tracks))
	for i, t := range tracks {
		out[i] = trackName{t.ID, t.No, t.Short}
	}
	return ok(c, out)
}

// postDevice makes a browser an audience device. It writes nothing but the
// cookie, so it needs no limit.
func (s *Server) postDevice(c echo.Context) error {
	id, err := s.phone(c.Request(), s.cfg.Desk.Device)
	if err != nil {
		return err
	}
	token := s.cfg.Desk.DeviceToken(id)
	if token == "" {
		_, token = s.cfg.Desk.NewDevice()
	}
	if token != s.cookie(c.Request(), deviceCookie) { // new, or of the first version
		s.setCookie(c, deviceCookie, token, deviceLife, http.SameSiteLaxMode)
	}
	return done(c)
}

// socketTicket opens /ws once.
type socketTicket struct {
	Ticket string `json:"ticket"`
}

// postSocketTicket hands out a one-use ticket for /ws. A page that speaks for
// the audience says so, since its browser may also hold a staff session.
func (s *Server) postSocketTicket(c echo.Context) error {
	in, err := read[struct {
		As string `json:"as"`
	}](c)
	if err != nil {
		return err
	}
	var id access.Identity
	if in.As == "audience" {
		id, err = s.phone(c.Request(), s.cfg.Desk.Entrant)
	} else {
		id, err = s.identify(c)
	}
	if err != nil {
		return err
	}
	id.From = access.Network(c.RealIP())
	return ok(c, socketTicket{s.cfg.Desk.SocketTicket(id)})
}

// meReply is who a request comes from.
type meReply struct {
	Role  access.Role    `json:"role"` // the first of the roles; "" = nobody we know
	Roles []access.Role  `json:"roles"`
	Name  string         `json:"name"`
	Show  contest.ShowID `json:"session"` // that a link is bound to
	Level int            `json:"level"`

	Founder  bool       `json:"founder"`  // may make contests
	Contests []meMember `json:"contests"` // of the crew: where one has a role, the one at home first
}

// meMember is a contest in which one has a role.
type meMember struct {
	Code contest.Code `json:"code"`
	Name string       `json:"name"` // the short one
	Base string       `json:"base"` // what its addresses begin with
}

func (s *Server) getMe(c echo.Context) error {
	id, err := s.identify(c)
	if err != nil {
		return err
	}
	roles := id.Roles
	if roles == nil {
		roles = []access.Role{}
	}
	out := meReply{Role: id.Role(), Roles: roles, Name: id.Name, Show: id.Show, Level: id.Level, Founder: id.Founder, Contests: []meMember{}}
	of := id.Contests()
	for _, code := range s.cfg.Contests.All() {
		if slices.Contains(of, code) {
			out.Contests = append(out.Contests, meMember{code, s.cfg.Contests.Plan(code).ShortName, s.base(code)})
		}
	}
	return ok(c, out)
}
