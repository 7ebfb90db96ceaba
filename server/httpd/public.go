package httpd

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
)

// SessionInfo is a session of the contest (场次) as the site lists it.
type SessionInfo struct {
	ID       contest.SessionID `json:"id"`
	Title    string            `json:"title"`
	Subtitle string            `json:"subtitle"`
	Kind     string            `json:"kind"`
	Mode     string            `json:"mode"`
	Ballots  []vote.BallotID   `json:"ballots"`
}

// Proof finds the inclusion proof of a receipt in a closed ballot's log.
type Proof interface {
	Inclusion(ctx context.Context, ballot vote.BallotID, leaf string) (any, error)
}

func (s *Server) getHealth(c echo.Context) error {
	private(c)
	return c.String(http.StatusOK, "ok\n")
}

func (s *Server) getReady(c echo.Context) error {
	private(c)
	if s.cfg.Ready != nil {
		if err := s.cfg.Ready(); err != nil {
			s.cfg.Log.Warn("not ready", "err", err)
			return c.String(http.StatusServiceUnavailable, "not ready\n")
		}
	}
	return c.String(http.StatusOK, "ready\n")
}

func (s *Server) getTime(c echo.Context) error {
	return ok(c, map[string]int64{"now": s.cfg.Now().UnixMilli()})
}

// publicPlan is the plan with what the pages compute from it.
type publicPlan struct {
	*contest.Plan
	Days map[contest.Date]string `json:"days"` // weekday of every date, computed (invariant I-22)
}

func (s *Server) getContest(c echo.Context) error {
	p := publicPlan{Plan: s.cfg.Plan, Days: map[contest.Date]string{}}
	add := func(d contest.Date) { p.Days[d] = d.WeekdayZh() }
	for _, ph := range p.Phases {
		add(ph.From)
		add(ph.To)
	}
	for _, e := range p.Events {
		add(e.Date)
	}
	return ok(c, p)
}

// trackName is a track (赛道) as lists and chips need it: the whole plan is too
// much for a phone that only wants its colours.
type trackName struct {
	ID    contest.TrackID `json:"id"`
	No    int             `json:"no"`
	Short string          `json:"short"`
}

func (s *Server) getTracks(c echo.Context) error {
	out := make([]trackName, len(s.cfg.Plan.Tracks))
	for i, t := range s.cfg.Plan.Tracks {
		out[i] = trackName{t.ID, t.No, t.Short}
	}
	return ok(c, out)
}

func (s *Server) getSessions(c echo.Context) error { return ok(c, s.cfg.Shows.Sessions()) }

func (s *Server) postDevice(c echo.Context) error {
	if id, err := s.device(c.Request()); err != nil {
		return err
	} else if id.Voter != 0 {
		return done(c)
	}
	if err := s.devices.Allow(c.RealIP()); err != nil {
		return err
	}
	_, token, err := s.cfg.Desk.NewDevice(c.Request().Context())
	if err != nil {
		return err
	}
	s.setCookie(c, deviceCookie, token, deviceLife, http.SameSiteLaxMode)
	return done(c)
}

func (s *Server) postRedeem(c echo.Context) error {
	id, err := s.needVoter(c, access.CastVote)
	if err != nil {
		return err
	}
	if err := s.signIn.Allow("ticket:" + id.Key); err != nil {
		return err
	}
	in, err := read[struct {
		Code string `json:"code"`
	}](c)
	if err != nil {
		return err
	}
	id, err = s.cfg.Desk.Redeem(c.Request().Context(), id, in.Code)
	if err != nil {
		return err
	}
	return ok(c, map[string]int{"level": id.Level})
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
	id, err := s.Identify(c.Request())
	if in.As == "audience" {
		id, err = s.device(c.Request())
	}
	if err != nil {
		return err
	}
	ticket, err := s.cfg.Desk.SocketTicket(id)
	if err != nil {
		return err
	}
	return ok(c, map[string]string{"ticket": ticket})
}

func (s *Server) getMe(c echo.Context) error {
	id, err := s.Identify(c.Request())
	if err != nil {
		return err
	}
	roles := id.Roles
	if roles == nil {
		roles = []access.Role{}
	}
	return ok(c, map[string]any{"role": id.Role(), "roles": roles, "name": id.Name, "session": id.Session, "level": id.Level})
}

func (s *Server) getBallot(c echo.Context) error {
	board, err := s.board(vote.BallotID(c.Param("id")))
	if err != nil {
		return err
	}
	return ok(c, board)
}

// board is the public board of a ballot that the public may know of.
func (s *Server) board(id vote.BallotID) (vote.PublicBoard, error) {
	board, found := s.cfg.Shows.Board(id)
	if !found {
		return vote.PublicBoard{}, fault.New(fault.NotFound, "vote.unknown_ballot", "%s", id)
	}
	return board, nil
}

func (s *Server) getProof(c echo.Context) error {
	if err := s.signIn.Allow("proof:" + c.RealIP()); err != nil {
		return err
	}
	proof, err := s.cfg.Proof.Inclusion(c.Request().Context(), vote.BallotID(c.Param("id")), c.QueryParam("leaf"))
	if err != nil {
		return err
	}
	return ok(c, proof)
}
