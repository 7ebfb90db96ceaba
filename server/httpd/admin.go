package httpd

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/stage/cue"
	"hecai/vote"
)

// Records is what the administration keeps.
type Records interface {
	Entries(ctx context.Context) ([]contest.Entry, error)
	ApplyImport(ctx context.Context, add, change []contest.Entry) error
	Judges(ctx context.Context) ([]contest.Judge, error)
	SaveJudges(ctx context.Context, judges []contest.Judge) error
	SaveBallot(ctx context.Context, b vote.Ballot) (vote.Ballot, error)
	Recount(ctx context.Context, id vote.BallotID) (vote.Tally, error)
	MyPapers(ctx context.Context, id vote.BallotID, voter int64) ([]vote.Paper, error)
	Rundown(ctx context.Context, session contest.SessionID) (cue.Rundown, error)
	SaveRundown(ctx context.Context, r cue.Rundown) error
}

// Cameras is the part of the relay that the administration sees.
type Cameras interface {
	Cameras(session contest.SessionID) []cue.Camera
	AddCamera(session, name, label string) error
}

// overview is the first look of an organiser.
type overview struct {
	Plan     string            `json:"plan"`
	Entries  int               `json:"entries"`
	Judges   int               `json:"judges"`
	Sessions []SessionInfo     `json:"sessions"`
	Ballots  []vote.StaffBoard `json:"ballots"`
	Warnings any               `json:"warnings"`
	URL      string            `json:"url"`
}

func (s *Server) getOverview(c echo.Context) error {
	if _, err := s.need(c, access.Administer); err != nil {
		return err
	}
	ctx := c.Request().Context()
	entries, err := s.cfg.Records.Entries(ctx)
	if err != nil {
		return err
	}
	judges, err := s.cfg.Records.Judges(ctx)
	if err != nil {
		return err
	}
	return ok(c, overview{
		Plan: s.cfg.Plan.Name, Entries: len(entries), Judges: len(judges), Sessions: s.cfg.Shows.Sessions(),
		Ballots: s.staffBoards(), Warnings: s.cfg.Plan.Warnings(), URL: s.cfg.PublicURL(),
	})
}

func (s *Server) staffBoards() []vote.StaffBoard {
	out := []vote.StaffBoard{}
	for _, b := range s.cfg.Box.Ballots() {
		if ballot, tally, found := s.cfg.Box.Ballot(b.ID); found {
			out = append(out, vote.Staff(ballot, tally))
		}
	}
	return out
}

func (s *Server) getJudges(c echo.Context) error {
	if _, err := s.need(c, access.Administer); err != nil {
		return err
	}
	judges, err := s.cfg.Records.Judges(c.Request().Context())
	if err != nil {
		return err
	}
	return ok(c, judges)
}

func (s *Server) postJudges(c echo.Context) error {
	if _, err := s.need(c, access.Administer); err != nil {
		return err
	}
	judges, err := read[[]contest.Judge](c)
	if err != nil {
		return err
	}
	for _, j := range judges {
		if err := j.Validate(); err != nil {
			return err
		}
	}
	if err := s.cfg.Records.SaveJudges(c.Request().Context(), judges); err != nil {
		return err
	}
	if err := s.cfg.Shows.Reload(c.Request().Context()); err != nil {
		return err
	}
	return s.getJudges(c)
}

func (s *Server) getBallots(c echo.Context) error {
	if _, err := s.need(c, access.Administer); err != nil {
		return err
	}
	type row struct {
		vote.Ballot
		Voters int64 `json:"voters"`
	}
	out := []row{}
	for _, b := range s.cfg.Box.Ballots() {
		if ballot, tally, found := s.cfg.Box.Ballot(b.ID); found {
			out = append(out, row{ballot, vote.Staff(ballot, tally).Voters})
		}
	}
	return ok(c, out)
}

// ballotBody is a ballot as the administration writes it. Entries lists entry
// ids in the order the public sees; empty means all qualified ones in running
// order.
type ballotBody struct {
	ID         vote.BallotID     `json:"id"`
	Session    contest.SessionID `json:"session"`
	Title      string            `json:"title"`
	Entries    []contest.EntryID `json:"entries"`
	Quota      vote.Quota        `json:"quota"`
	Visibility vote.Visibility   `json:"visibility"`
	Level      int               `json:"level"`
	OpensAt    int64             `json:"opensAt"`
	ClosesAt   int64             `json:"closesAt"`
}

func (s *Server) postBallot(c echo.Context) error {
	if _, err := s.need(c, access.Administer); err != nil {
		return err
	}
	in, err := read[ballotBody](c)
	if err != nil {
		return err
	}
	entries, err := s.cfg.Records.Entries(c.Request().Context())
	if err != nil {
		return err
	}
	options, err := contest.OnBallot(entries, in.Entries)
	if err != nil {
		return err
	}
	b := vote.Ballot{
		ID: in.ID, Session: in.Session, Title: strings.TrimSpace(in.Title), Quota: in.Quota,
		Visibility: in.Visibility, Level: in.Level, State: vote.StateArmed, OpensAt: in.OpensAt, ClosesAt: in.ClosesAt,
	}
	for i, e := range options {
		b.Options = append(b.Options, vote.Option{No: i + 1, Entry: e.ID, Track: e.Track})
	}
	if err := b.Validate(); err != nil {
		return err
	}
	saved, err := s.cfg.Records.SaveBallot(c.Request().Context(), b)
	if err != nil {
		return err
	}
	if err := s.cfg.Box.Reload(c.Request().Context()); err != nil {
		return err
	}
	if err := s.cfg.Shows.Reload(c.Request().Context()); err != nil {
		return err
	}
	return ok(c, saved)
}

func (s *Server) postOpenBallot(c echo.Context) error {
	if _, err := s.need(c, access.RunBallot); err != nil {
		return err
	}
	in, err := read[struct {
		Seconds int `json:"seconds"` // 0: until closed by hand
	}](c)
	if err != nil {
		return err
	}
	if in.Seconds < 0 || in.Seconds > 14*24*3600 {
		return fault.New(fault.Invalid, "vote.duration", "%d seconds", in.Seconds)
	}
	b, err := s.cfg.Box.Open(c.Request().Context(), vote.BallotID(c.Param("id")), time.Duration(in.Seconds)*time.Second)
	if err != nil {
		return err
	}
	return ok(c, b)
}

func (s *Server) postCloseBallot(c echo.Context) error {
	if _, err := s.need(c, access.RunBallot); err != nil {
		return err
	}
	b, tally, err := s.cfg.Box.Close(c.Request().Context(), vote.BallotID(c.Param("id")))
	if err != nil {
		return err
	}
	return ok(c, vote.Staff(b, tally))
}

// getRecount compares the running tally with an independent count of the rows.
// It tells whether they agree and how many papers there are, never a figure of
// an entry: not even the organiser looks before the reveal.
func (s *Server) getRecount(c echo.Context) error {
	who, err := s.need(c, access.ReadAudit)
	if err != nil {
		return err
	}
	id := vote.BallotID(c.Param("id"))
	_, tally, err := s.cfg.Shows.Ballot(id)
	if err != nil {
		return err
	}
	again, err := s.cfg.Records.Recount(c.Request().Context(), id)
	if err != nil {
		return err
	}
	s.cfg.Log.Info("recount", "ballot_id", id, "by", who.Name)
	return ok(c, map[string]any{
		"equal":  slices.Equal(tally.Votes, again.Votes) && tally.Voters == again.Voters && tally.Papers == again.Papers,
		"voters": again.Voters, "papers": again.Papers,
	})
}

func (s *Server) getLinks(c echo.Context) error {
	if _, err := s.need(c, access.Administer); err != nil {
		return err
	}
	links, err := s.cfg.Desk.Links(c.Request().Context())
	if err != nil {
		return err
	}
	if links == nil {
		links = []access.Link{}
	}
	return ok(c, links)
}

// linkPages maps a link's role to the page it opens.
func linkPath(role access.Role, name string) string {
	switch role {
	case access.Screen:
		return "/screen/" + name
	case access.Broadcaster:
		return "/broadcast"
	default:
		return "/" + string(role)
	}
}

func (s *Server) postLink(c echo.Context) error {
	who, err := s.need(c, access.Administer)
	if err != nil {
		return err
	}
	in, err := read[struct {
		Role    access.Role       `json:"role"`
		Name    string            `json:"name"`
		Session contest.SessionID `json:"session"`
	}](c)
	if err != nil {
		return err
	}
	if _, err := s.cfg.Shows.Show(in.Session); err != nil {
		return err
	}
	link, secret, err := s.cfg.Desk.AddLink(c.Request().Context(), in.Role, in.Name, string(in.Session), who.Name)
	if err != nil {
		return err
	}
	url := s.cfg.PublicURL() + linkPath(in.Role, link.Name) + "#t=" + secret
	svg, err := qrSVG(url)
	if err != nil {
		return err
	}
	return ok(c, map[string]any{"id": link.ID, "token": secret, "url": url, "qr": svg})
}

func (s *Server) deleteLink(c echo.Context) error {
	if _, err := s.need(c, access.Administer); err != nil {
		return err
	}
	key, err := s.cfg.Desk.RevokeLink(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	s.cfg.Kick(key)
	return done(c)
}

func (s *Server) postTickets(c echo.Context) error {
	if _, err := s.need(c, access.Administer); err != nil {
		return err
	}
	in, err := read[struct {
		Count int `json:"count"`
	}](c)
	if err != nil {
		return err
	}
	codes, err := s.cfg.Desk.NewTickets(c.Request().Context(), in.Count, 2)
	if err != nil {
		return err
	}
	return ok(c, map[string]any{"codes": codes})
}

func (s *Server) getCameras(c echo.Context) error {
	if _, err := s.need(c, access.SwitchCam); err != nil {
		return err
	}
	return ok(c, s.cfg.Cameras.Cameras(contest.SessionID(c.QueryParam("session"))))
}

func (s *Server) postCamera(c echo.Context) error {
	if _, err := s.need(c, access.SwitchCam); err != nil {
		return err
	}
	in, err := read[struct{ Session, Name, Label string }](c)
	if err != nil {
		return err
	}
	if _, err := s.cfg.Shows.Show(contest.SessionID(in.Session)); err != nil {
		return err
	}
	if err := s.cfg.Cameras.AddCamera(in.Session, in.Name, in.Label); err != nil {
		return err
	}
	return ok(c, s.cfg.Cameras.Cameras(contest.SessionID(in.Session)))
}

func (s *Server) getRundown(c echo.Context) error {
	if _, err := s.need(c, access.SeeStaff); err != nil {
		return err
	}
	r, err := s.cfg.Records.Rundown(c.Request().Context(), contest.SessionID(c.Param("session")))
	if err != nil {
		return err
	}
	return ok(c, r)
}
