package httpd

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/office"
	"hecai/strict"
	"hecai/vote"
)

// overview is the first look of an organiser.
type overview struct {
	office.Overview
	URL string `json:"url"`
}

func (s *Server) getOverview(c echo.Context) error {
	return ask(s, c, func(ctx context.Context, id access.Identity) (overview, error) {
		out, err := s.office.Overview(ctx, id)
		return overview{out, s.address(c)}, err
	})
}

// newContest is where a contest is that was just made.
type newContest struct {
	office.MadeContest
	Base string `json:"base"` // what its addresses begin with
}

// postContest takes up to megabytes, and so asks before it reads.
func (s *Server) postContest(c echo.Context) error {
	if err := s.need(c, access.MakeContest); err != nil {
		return err
	}
	return edit(s, c, func(ctx context.Context, id access.Identity, in office.NewContest) (newContest, error) {
		made, err := s.office.MakeContest(ctx, id, in)
		return newContest{made, s.base(made.Code)}, err
	})
}

func (s *Server) getEntries(c echo.Context) error { return ask(s, c, s.office.Entries) }

// postEntries takes up to megabytes, and so asks before it reads.
func (s *Server) postEntries(c echo.Context) error {
	if err := s.need(c, access.ImportEntries); err != nil {
		return err
	}
	return edit(s, c, s.office.AddEntries)
}

// postImport takes up to megabytes, and so asks before it reads.
func (s *Server) postImport(c echo.Context) error {
	if err := s.need(c, access.ImportEntries); err != nil {
		return err
	}
	return ask(s, c, func(ctx context.Context, id access.Identity) (office.Preview, error) {
		data, err := upload(c)
		if err != nil {
			return office.Preview{}, err
		}
		return s.office.Import(ctx, id, office.File{Data: data, Sheet: c.QueryParam("sheet"), Apply: c.QueryParam("apply") == "1", Basis: c.QueryParam("basis")})
	})
}

// upload reads the file of a form.
func upload(c echo.Context) ([]byte, error) {
	header, err := c.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, fault.Wrap(fault.Invalid, "http.malformed", err, "want a multipart field named file")
	}
	if err != nil {
		return nil, bodyFault(err)
	}
	file, err := header.Open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}

func (s *Server) getTemplate(c echo.Context) error {
	id, err := s.identify(c)
	if err != nil {
		return err
	}
	data, err := s.office.Template(id)
	return workbook(c, "entries.xlsx", data, err)
}

func (s *Server) getEntryList(c echo.Context) error {
	id, err := s.identify(c)
	if err != nil {
		return err
	}
	data, err := s.office.List(c.Request().Context(), id)
	return workbook(c, "entries-"+string(id.Contest)+".xlsx", data, err)
}

// workbook answers with a file to keep.
func workbook(c echo.Context, name string, data []byte, err error) error {
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	private(c)
	return c.Blob(http.StatusOK, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", data)
}

func (s *Server) postEntryState(c echo.Context) error {
	return edit(s, c, func(ctx context.Context, id access.Identity, in office.NewStanding) (office.Standing, error) {
		return s.office.SetStanding(ctx, id, contest.EntryID(c.Param("id")), in)
	})
}

func (s *Server) getJudges(c echo.Context) error { return ask(s, c, s.office.Judges) }

func (s *Server) postJudges(c echo.Context) error { return edit(s, c, s.office.SaveJudges) }

func (s *Server) deleteJudge(c echo.Context) error {
	return ask(s, c, func(ctx context.Context, id access.Identity) ([]office.Judge, error) {
		return s.office.DropJudge(ctx, id, contest.JudgeID(c.Param("id")))
	})
}

func (s *Server) getLineup(c echo.Context) error {
	return ask(s, c, func(ctx context.Context, id access.Identity) (office.Lineup, error) {
		return s.office.Lineup(ctx, id, s.show(c))
	})
}

func (s *Server) getOfficeSessions(c echo.Context) error { return ask(s, c, s.office.Sessions) }

func (s *Server) postSession(c echo.Context) error { return edit(s, c, s.office.MakeSession) }

func (s *Server) putSession(c echo.Context) error {
	return edit(s, c, func(ctx context.Context, id access.Identity, in office.NewSession) ([]office.Session, error) {
		return s.office.SaveSession(ctx, id, s.show(c), in)
	})
}

func (s *Server) deleteSession(c echo.Context) error {
	return ask(s, c, func(ctx context.Context, id access.Identity) ([]office.Session, error) {
		return s.office.DropSession(ctx, id, s.show(c))
	})
}

func (s *Server) putSessionEntries(c echo.Context) error {
	return edit(s, c, func(ctx context.Context, id access.Identity, in office.OnStage) (office.Lineup, error) {
		return s.office.SetEntries(ctx, id, s.show(c), in)
	})
}

func (s *Server) putSessionPanel(c echo.Context) error {
	return edit(s, c, func(ctx context.Context, id access.Identity, in office.Panel) (office.Lineup, error) {
		return s.office.SetPanel(ctx, id, s.show(c), in)
	})
}

func (s *Server) getTakes(c echo.Context) error {
	return ask(s, c, func(ctx context.Context, id access.Identity) (office.Takes, error) {
		return s.office.Takes(ctx, id, s.show(c))
	})
}

func (s *Server) postTake(c echo.Context) error {
	return edit(s, c, func(ctx context.Context, id access.Identity, in office.NewTake) (contest.Take, error) {
		return s.office.BeginTake(ctx, id, s.show(c), in)
	})
}

// take is the number of a rehearsal that a path names, 0 for none.
func take(c echo.Context) int {
	no, err := strconv.Atoi(c.Param("take"))
	if err != nil || strconv.Itoa(no) != c.Param("take") {
		return 0
	}
	return no
}

func (s *Server) postTakeEnd(c echo.Context) error {
	return ask(s, c, func(ctx context.Context, id access.Identity) (contest.Take, error) {
		return s.office.EndTake(ctx, id, s.show(c), take(c))
	})
}

func (s *Server) deleteTake(c echo.Context) error {
	return ask(s, c, func(ctx context.Context, id access.Identity) (contest.Take, error) {
		return s.office.PurgeTake(ctx, id, s.show(c), take(c))
	})
}

func (s *Server) getRundown(c echo.Context) error {
	return ask(s, c, func(ctx context.Context, id access.Identity) (office.Rundown, error) {
		return s.office.Rundown(ctx, id, s.show(c))
	})
}

// putRundown takes up to megabytes, and so asks before it reads. The query's rev is
// the revision that the rundown was made from; without it, it goes over whatever is
// there.
func (s *Server) putRundown(c echo.Context) error {
	if err := s.need(c, access.SaveRundown); err != nil {
		return err
	}
	return ask(s, c, func(ctx context.Context, id access.Identity) (office.Rundown, error) {
		body, err := io.ReadAll(c.Request().Body)
		if err != nil {
			return office.Rundown{}, bodyFault(err)
		}
		return s.office.SaveRundown(ctx, id, s.show(c), body, c.QueryParam("rev"))
	})
}

func (s *Server) getBallots(c echo.Context) error {
	return ask(s, c, func(_ context.Context, id access.Identity) ([]office.Ballot, error) { return s.office.Ballots(id) })
}

func (s *Server) postBallot(c echo.Context) error { return edit(s, c, s.office.SaveBallot) }

func (s *Server) deleteBallot(c echo.Context) error {
	return ask(s, c, func(ctx context.Context, id access.Identity) ([]office.Ballot, error) {
		return s.office.DropBallot(ctx, id, s.ballot(c))
	})
}

func (s *Server) postOpenBallot(c echo.Context) error {
	return edit(s, c, func(ctx context.Context, id access.Identity, in office.Seconds) (vote.Ballot, error) {
		return s.office.OpenBallot(ctx, id, s.ballot(c), in)
	})
}

func (s *Server) postExtendBallot(c echo.Context) error {
	return edit(s, c, func(ctx context.Context, id access.Identity, in office.Seconds) (vote.Ballot, error) {
		return s.office.ExtendBallot(ctx, id, s.ballot(c), in)
	})
}

func (s *Server) postCloseBallot(c echo.Context) error {
	return ask(s, c, func(ctx context.Context, id access.Identity) (vote.StaffBoard, error) {
		return s.office.CloseBallot(ctx, id, s.ballot(c))
	})
}

func (s *Server) postBallotRound(c echo.Context) error {
	return edit(s, c, func(ctx context.Context, id access.Identity, in office.Reason) (vote.Ballot, error) {
		return s.office.AnotherRound(ctx, id, s.ballot(c), in)
	})
}

func (s *Server) postPublishBallot(c echo.Context) error {
	return ask(s, c, func(ctx context.Context, id access.Identity) (vote.Ballot, error) {
		return s.office.PublishBallot(ctx, id, s.ballot(c))
	})
}

func (s *Server) getRecount(c echo.Context) error {
	return ask(s, c, func(ctx context.Context, id access.Identity) (office.Recount, error) {
		return s.office.Recount(ctx, id, s.ballot(c))
	})
}

func (s *Server) getChanges(c echo.Context) error {
	below, err := number(c, "below")
	if err != nil {
		return err
	}
	return ask(s, c, func(ctx context.Context, id access.Identity) (office.Changes, error) {
		return s.office.Changes(ctx, id, access.ChangeFilter{Below: below, Actor: c.QueryParam("actor"), Verb: access.Verb(c.QueryParam("verb"))})
	})
}

func (s *Server) getCameras(c echo.Context) error {
	return ask(s, c, func(_ context.Context, id access.Identity) ([]office.Camera, error) {
		return s.office.Cameras(id, contest.ShowID(c.QueryParam("session")).Within(id.Contest))
	})
}

func (s *Server) postCamera(c echo.Context) error {
	return edit(s, c, s.office.SaveCamera)
}

func (s *Server) deleteCamera(c echo.Context) error {
	return ask(s, c, func(ctx context.Context, id access.Identity) ([]office.Camera, error) {
		return s.office.DropCamera(ctx, id, s.show(c), c.Param("name"))
	})
}

func (s *Server) getLinks(c echo.Context) error { return ask(s, c, s.office.Links) }

// linkPath maps a link's role to the page it opens.
func linkPath(l access.Link) string {
	switch access.Role(l.Role) {
	case access.Screen:
		return "/screen/" + l.Name
	case access.Broadcaster:
		return "/broadcast"
	default:
		return "/" + l.Role
	}
}

// newLink is a link with its secret, which is shown this one time.
type newLink struct {
	ID     string          `json:"id"`
	Token  string          `json:"token"`
	URL    string          `json:"url"`
	QR     string          `json:"qr"`
	Notice *strict.Problem `json:"notice,omitempty"` // what a person should look at
}

func (s *Server) postLink(c echo.Context) error {
	return edit(s, c, func(ctx context.Context, id access.Identity, in office.NewLink) (newLink, error) {
		l, err := s.office.MakeLink(ctx, id, in)
		if err != nil {
			return newLink{}, err
		}
		url := s.address(c) + linkPath(l.Link) + "#t=" + l.Secret
		svg, err := qrSVG(url)
		return newLink{l.ID, l.Secret, url, svg, l.Notice}, err
	})
}

func (s *Server) deleteLink(c echo.Context) error {
	return do(s, c, func(ctx context.Context, id access.Identity) error {
		return s.office.RevokeLink(ctx, id, c.Param("id"))
	})
}

func (s *Server) getAccounts(c echo.Context) error { return ask(s, c, s.office.Accounts) }

// invitation is a one-time sign-in link; nobody can read it again.
type invitation struct {
	URL string `json:"url"`
	QR  string `json:"qr"`
}

// newAccount is an account that was just made, and its way in.
type newAccount struct {
	ID string `json:"id"`
	invitation
}

// invite draws the way in of who was invited.
func (s *Server) invite(c echo.Context, a office.Invited) (invitation, error) {
	if a.Secret == "" {
		return invitation{}, nil // of another contest too: it has its own way in
	}
	page := "/director"
	if a.Is(access.Organiser) || a.Is(access.Auditor) && !a.Is(access.Director) && !a.Is(access.Moderator) {
		page = "/admin"
	}
	url := s.address(c) + page + "#login=" + a.Secret
	svg, err := qrSVG(url)
	return invitation{URL: url, QR: svg}, err
}

func (s *Server) postAccount(c echo.Context) error {
	return edit(s, c, func(ctx context.Context, id access.Identity, in office.NewAccount) (newAccount, error) {
		a, err := s.office.MakeAccount(ctx, id, in)
		if err != nil {
			return newAccount{}, err
		}
		way, err := s.invite(c, a)
		return newAccount{a.ID, way}, err
	})
}

func (s *Server) postAccountLink(c echo.Context) error {
	return ask(s, c, func(ctx context.Context, id access.Identity) (invitation, error) {
		a, err := s.office.Invite(ctx, id, c.Param("id"))
		if err != nil {
			return invitation{}, err
		}
		return s.invite(c, a)
	})
}

func (s *Server) deleteAccount(c echo.Context) error {
	return do(s, c, func(ctx context.Context, id access.Identity) error {
		return s.office.DisableAccount(ctx, id, c.Param("id"))
	})
}

func (s *Server) postEnableAccount(c echo.Context) error {
	return do(s, c, func(ctx context.Context, id access.Identity) error {
		return s.office.EnableAccount(ctx, id, c.Param("id"))
	})
}

// ticketCodes are new ticket codes; page and a code are the address that a
// printed ticket carries.
type ticketCodes struct {
	Codes []string `json:"codes"`
	Page  string   `json:"page"`
}

func (s *Server) postTickets(c echo.Context) error {
	return edit(s, c, func(ctx context.Context, id access.Identity, in office.Count) (ticketCodes, error) {
		codes, err := s.office.MakeTickets(ctx, id, in)
		return ticketCodes{codes, s.address(c) + "/t#"}, err
	})
}

// ticketCards are QR codes as SVG, in the order of the codes.
type ticketCards struct {
	Cards []string `json:"cards"`
	Page  string   `json:"page"` // what the codes open
}

// postTicketCards draws a QR code for each of the ticket codes, to be printed
// with it. The code is in the fragment, which browsers send to no server.
func (s *Server) postTicketCards(c echo.Context) error {
	return edit(s, c, func(_ context.Context, id access.Identity, in office.Codes) (out ticketCards, err error) {
		codes, err := s.office.PrintTickets(id, in)
		if err != nil {
			return out, err
		}
		out = ticketCards{make([]string, len(codes)), s.address(c) + "/t"}
		for i, code := range codes {
			if out.Cards[i], err = qrSVG(s.address(c) + "/t#" + code); err != nil {
				return out, err
			}
		}
		return out, nil
	})
}

func (s *Server) postTicketRelease(c echo.Context) error {
	return do(s, c, func(ctx context.Context, id access.Identity) error {
		in, err := exact[office.Code](c)
		if err != nil {
			return err
		}
		return s.office.ReleaseTicket(ctx, id, in)
	})
}
