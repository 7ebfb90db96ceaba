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
func (s *Server) table() []route { return append(s.showRoutes(), s.officeRoutes()...) }

func (s *Server) showRoutes() []route {
	return []route{
		{"GET", "/healthz", s.getHealth},
		{"GET", "/livez", s.getHealth},
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
		{"GET", "/v1/ballots/:id/log", s.getLog},
		{"GET", "/v1/ledger", s.getLedger},
		{"POST", "/v1/votes", s.postVote},
		{"GET", "/v1/votes/mine", s.getMyVotes},

		{"GET", "/v1/results", s.getResults},
		{"GET", "/v1/results/:session", s.getResult},
		{"GET", "/v1/on/:session", s.getOn},
		{"GET", "/v1/stage/:session", s.getStage},
		{"GET", "/v1/stage/:session/facts", s.getFacts},
		{"GET", "/v1/stage/:session/seal", s.getSeal},
		{"GET", "/v1/stage/:session/desk", s.getDesk},
		{"POST", "/v1/stage/:session/commands", s.postCommand},
		{"GET", "/v1/danmaku/:session", s.getDanmaku},
		{"POST", "/v1/danmaku/:session", s.postDanmaku},
		{"POST", "/v1/danmaku/:session/:id/:verdict", s.postModerate},

		{"GET", "/v1/judge", s.getJudge},
		{"PUT", "/v1/judge/sheets/:entry", s.putSheet},
		{"POST", "/v1/judge/sheets/:entry/submit", s.postSubmit},
		{"POST", "/v1/judge/sheets/:entry/recuse", s.postRecuse},
	}
}

func (s *Server) officeRoutes() []route {
	return []route{
		{"GET", "/v1/admin/overview", s.getOverview},
		{"POST", "/v1/admin/contests", s.postContest},
		{"GET", "/v1/admin/entries", s.getEntries},
		{"POST", "/v1/admin/entries", s.postEntries},
		{"POST", "/v1/admin/entries/import", s.postImport},
		{"GET", "/v1/admin/entries/template", s.getTemplate},
		{"GET", "/v1/admin/entries/list", s.getEntryList},
		{"POST", "/v1/admin/entries/:id/state", s.postEntryState},
		{"GET", "/v1/admin/judges", s.getJudges},
		{"POST", "/v1/admin/judges", s.postJudges},
		{"DELETE", "/v1/admin/judges/:id", s.deleteJudge},
		{"GET", "/v1/admin/results/:session", s.getResultFile},
		{"GET", "/v1/admin/sessions/:session", s.getLineup},
		{"GET", "/v1/admin/sessions", s.getOfficeSessions},
		{"POST", "/v1/admin/sessions", s.postSession},
		{"PUT", "/v1/admin/sessions/:session", s.putSession},
		{"DELETE", "/v1/admin/sessions/:session", s.deleteSession},
		{"PUT", "/v1/admin/sessions/:session/entries", s.putSessionEntries},
		{"PUT", "/v1/admin/sessions/:session/panel", s.putSessionPanel},
		{"GET", "/v1/admin/sessions/:session/takes", s.getTakes},
		{"POST", "/v1/admin/sessions/:session/takes", s.postTake},
		{"POST", "/v1/admin/sessions/:session/takes/:take/end", s.postTakeEnd},
		{"DELETE", "/v1/admin/sessions/:session/takes/:take", s.deleteTake},
		{"GET", "/v1/admin/ballots", s.getBallots},
		{"POST", "/v1/admin/ballots", s.postBallot},
		{"DELETE", "/v1/admin/ballots/:id", s.deleteBallot},
		{"POST", "/v1/admin/ballots/:id/open", s.postOpenBallot},
		{"POST", "/v1/admin/ballots/:id/close", s.postCloseBallot},
		{"POST", "/v1/admin/ballots/:id/extend", s.postExtendBallot},
		{"POST", "/v1/admin/ballots/:id/round", s.postBallotRound},
		{"POST", "/v1/admin/ballots/:id/publish", s.postPublishBallot},
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
		{"POST", "/v1/admin/tickets/cards", s.postTicketCards},
		{"POST", "/v1/admin/tickets/release", s.postTicketRelease},
		{"GET", "/v1/admin/changes", s.getChanges},
		{"GET", "/v1/admin/cameras", s.getCameras},
		{"POST", "/v1/admin/cameras", s.postCamera},
		{"DELETE", "/v1/admin/cameras/:session/:name", s.deleteCamera},
		{"GET", "/v1/admin/rundown/:session", s.getRundown},
		{"PUT", "/v1/admin/rundown/:session", s.putRundown},
	}
}

// pages maps an address to its page.
var pages = [...]struct{ path, page string }{
	{"/", "site"}, {"/live/:session", "audience"}, {"/vote/:ballot", "vote"}, {"/verify", "verify"}, {"/results", "results"}, {"/results/:session", "results"},
	{"/screen/:name", "screen"}, {"/director", "director"}, {"/host", "host"}, {"/judge", "judge"},
	{"/broadcast", "broadcast"}, {"/admin", "admin"}, {"/t", "ticket"},
}

func (s *Server) routes() {
	small, upload := middleware.BodyLimit(maxBody), middleware.BodyLimit(maxUpload)
	for _, r := range s.table() {
		limit := small
		if r.path == "/v1/admin/contests" || r.path == "/v1/admin/entries/import" || r.path == "/v1/admin/entries" || r.path == "/v1/admin/rundown/:session" {
			limit = upload
		}
		s.echo.Add(r.method, r.path, r.handle, limit)
		if r.method == http.MethodGet { // the server leaves the body out
			s.echo.Add(http.MethodHead, r.path, r.handle)
		}
	}
	s.echo.GET(DocumentsPath, s.getDocuments)
	s.echo.GET("/ws", echo.WrapHandler(s.cfg.Sockets))
	media := func(c echo.Context) error {
		private(c)
		s.cfg.Media.ServeHTTP(c.Response(), s.inPath(c.Request()))
		return nil
	}
	s.echo.Any("/whip/*", media)
	s.echo.Any("/whep/*", media)
	if s.cfg.Metrics != nil {
		s.echo.GET("/metrics", s.getMetrics)
	}
	for _, p := range pages {
		page := echo.WrapHandler(lost(s.cfg.Site.Page(p.page)))
		s.echo.Match([]string{http.MethodGet, http.MethodHead}, p.path, page)
	}
	assets := echo.WrapHandler(s.cfg.Site.Assets())
	s.echo.Match([]string{http.MethodGet, http.MethodHead}, "/s/*", assets)
	s.echo.Match([]string{http.MethodGet, http.MethodHead}, "/favicon.ico", assets)
}
