package httpd

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// route is one row of the table. The table is the truth for the tests that
// compare it with openapi.yaml and try every row as every role.
type route struct {
	method string
	path   string
	handle echo.HandlerFunc
}

// table lists every route of the API. Who may is checked in each handler, by
// capability, against the one permission table of package access.
func (s *Server) table() []route {
	return []route{
		{"GET", "/healthz", s.getHealth},
		{"GET", "/readyz", s.getReady},
		{"GET", "/v1/time", s.getTime},
		{"GET", "/v1/contest", s.getContest},
		{"GET", "/v1/tracks", s.getTracks},
		{"GET", "/v1/sessions", s.getSessions},
		{"GET", "/qr.svg", s.getQR},

		{"POST", "/v1/device", s.postDevice},
		{"POST", "/v1/tickets/redeem", s.postRedeem},
		{"POST", "/v1/ws-tickets", s.postSocketTicket},
		{"GET", "/v1/me", s.getMe},
		{"POST", "/v1/setup", s.postSetup},
		{"POST", "/v1/signin", s.postSignIn},
		{"POST", "/v1/signin/link", s.postSignInLink},
		{"POST", "/v1/signout", s.postSignOut},

		{"GET", "/v1/ballots/:id", s.getBallot},
		{"GET", "/v1/ballots/:id/proof", s.getProof},
		{"POST", "/v1/votes", s.postVote},
		{"GET", "/v1/votes/mine", s.getMyVotes},

		{"GET", "/v1/stage/:session", s.getStage},
		{"GET", "/v1/stage/:session/facts", s.getFacts},
		{"GET", "/v1/stage/:session/seal", s.getSeal},
		{"GET", "/v1/stage/:session/desk", s.getDesk},
		{"POST", "/v1/stage/:session/commands", s.postCommand},
		{"POST", "/v1/danmaku/:session", s.postDanmaku},
		{"POST", "/v1/danmaku/:session/:id/:verdict", s.postModerate},

		{"GET", "/v1/judge", s.getJudge},
		{"PUT", "/v1/judge/sheets/:entry", s.putSheet},
		{"POST", "/v1/judge/sheets/:entry/submit", s.postSubmit},
		{"POST", "/v1/judge/sheets/:entry/recuse", s.postRecuse},

		{"GET", "/v1/admin/overview", s.getOverview},
		{"GET", "/v1/admin/entries", s.getEntries},
		{"POST", "/v1/admin/entries", s.postEntries},
		{"POST", "/v1/admin/entries/import", s.postImport},
		{"GET", "/v1/admin/entries/template", s.getTemplate},
		{"GET", "/v1/admin/judges", s.getJudges},
		{"POST", "/v1/admin/judges", s.postJudges},
		{"GET", "/v1/admin/ballots", s.getBallots},
		{"POST", "/v1/admin/ballots", s.postBallot},
		{"POST", "/v1/admin/ballots/:id/open", s.postOpenBallot},
		{"POST", "/v1/admin/ballots/:id/close", s.postCloseBallot},
		{"GET", "/v1/admin/ballots/:id/recount", s.getRecount},
		{"GET", "/v1/admin/links", s.getLinks},
		{"POST", "/v1/admin/links", s.postLink},
		{"DELETE", "/v1/admin/links/:id", s.deleteLink},
		{"GET", "/v1/admin/staff", s.getAccounts},
		{"POST", "/v1/admin/staff", s.postAccount},
		{"POST", "/v1/admin/staff/:id/link", s.postAccountLink},
		{"POST", "/v1/admin/staff/:id/enable", s.postEnableAccount},
		{"DELETE", "/v1/admin/staff/:id", s.deleteAccount},
		{"POST", "/v1/admin/tickets", s.postTickets},
		{"GET", "/v1/admin/cameras", s.getCameras},
		{"POST", "/v1/admin/cameras", s.postCamera},
		{"GET", "/v1/admin/rundown/:session", s.getRundown},
		{"PUT", "/v1/admin/rundown/:session", s.putRundown},
	}
}

// pages maps an address to its page.
var pages = [...]struct{ path, page string }{
	{"/", "site"}, {"/live/:session", "audience"}, {"/vote/:ballot", "vote"}, {"/verify", "verify"},
	{"/screen/:name", "screen"}, {"/director", "director"}, {"/host", "host"}, {"/judge", "judge"},
	{"/broadcast", "broadcast"}, {"/admin", "admin"},
}

func (s *Server) routes() {
	small, upload := middleware.BodyLimit(maxBody), middleware.BodyLimit(maxUpload)
	for _, r := range s.table() {
		limit := small
		if r.path == "/v1/admin/entries/import" || r.path == "/v1/admin/entries" || r.path == "/v1/admin/rundown/:session" {
			limit = upload
		}
		s.echo.Add(r.method, r.path, r.handle, limit)
	}
	s.echo.GET("/ws", echo.WrapHandler(s.cfg.Sockets))
	media := func(c echo.Context) error {
		private(c)
		s.cfg.Media.ServeHTTP(c.Response(), c.Request())
		return nil
	}
	s.echo.Any("/whip/*", media)
	s.echo.Any("/whep/*", media)
	if s.cfg.Metrics != nil {
		s.echo.GET("/metrics", echo.WrapHandler(s.cfg.Metrics))
	}
	for _, p := range pages {
		page := echo.WrapHandler(s.cfg.Site.Page(p.page))
		s.echo.Match([]string{http.MethodGet, http.MethodHead}, p.path, page)
	}
	assets := echo.WrapHandler(s.cfg.Site.Assets())
	s.echo.Match([]string{http.MethodGet, http.MethodHead}, "/s/*", assets)
	s.echo.Match([]string{http.MethodGet, http.MethodHead}, "/favicon.ico", assets)
}
