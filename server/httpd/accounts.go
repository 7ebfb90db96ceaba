package httpd

import (
	"time"

	"github.com/labstack/echo/v4"

	"hecai/access"
)

// inviteLife is how long a sign-in link waits to be used.
const inviteLife = 24 * time.Hour

func (s *Server) getAccounts(c echo.Context) error {
	if _, err := s.need(c, access.Administer); err != nil {
		return err
	}
	accounts, err := s.cfg.Desk.Accounts(c.Request().Context())
	if err != nil {
		return err
	}
	return ok(c, accounts)
}

// invitation is a one-time sign-in link; nobody can read it again.
type invitation struct {
	ID  string `json:"id,omitempty"` // of an account that was just made
	URL string `json:"url"`
	QR  string `json:"qr"`
}

func (s *Server) invite(c echo.Context, id string) (invitation, error) {
	a, secret, err := s.cfg.Desk.Invite(c.Request().Context(), id, inviteLife)
	if err != nil {
		return invitation{}, err
	}
	page := "/director"
	if a.Is(access.Organiser) {
		page = "/admin"
	}
	url := s.cfg.PublicURL() + page + "#login=" + secret
	svg, err := qrSVG(url)
	return invitation{URL: url, QR: svg}, err
}

func (s *Server) postAccount(c echo.Context) error {
	who, err := s.need(c, access.Administer)
	if err != nil {
		return err
	}
	in, err := read[struct {
		Name  string        `json:"name"`
		Roles []access.Role `json:"roles"`
	}](c)
	if err != nil {
		return err
	}
	u, err := s.cfg.Desk.AddUser(c.Request().Context(), in.Name, "", in.Roles...)
	if err != nil {
		return err
	}
	s.cfg.Log.Info("account made", "account", u.Name, "roles", u.Roles, "by", who.Name)
	out, err := s.invite(c, u.ID)
	if err != nil {
		return err
	}
	out.ID = u.ID
	return ok(c, out)
}

func (s *Server) postAccountLink(c echo.Context) error {
	who, err := s.need(c, access.Administer)
	if err != nil {
		return err
	}
	out, err := s.invite(c, c.Param("id"))
	if err != nil {
		return err
	}
	s.cfg.Log.Info("sign-in link made", "account_id", c.Param("id"), "by", who.Name)
	return ok(c, out)
}

func (s *Server) deleteAccount(c echo.Context) error {
	who, err := s.need(c, access.Administer)
	if err != nil {
		return err
	}
	key, err := s.cfg.Desk.Disable(c.Request().Context(), c.Param("id"))
	if key != "" { // it is disabled, even if its sessions could not be marked
		s.cfg.Kick(key)
	}
	if err != nil {
		return err
	}
	s.cfg.Log.Info("account disabled", "account_id", c.Param("id"), "by", who.Name)
	return done(c)
}

func (s *Server) postEnableAccount(c echo.Context) error {
	who, err := s.need(c, access.Administer)
	if err != nil {
		return err
	}
	if err := s.cfg.Desk.Enable(c.Request().Context(), c.Param("id")); err != nil {
		return err
	}
	s.cfg.Log.Info("account enabled", "account_id", c.Param("id"), "by", who.Name)
	return done(c)
}
