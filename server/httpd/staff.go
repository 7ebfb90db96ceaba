package httpd

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"hecai/access"
)

// staffLife is how long a browser keeps the cookie; the server's own limits are
// shorter or equal.
const staffLife = 7 * 24 * time.Hour

// knownLife is how long a browser that has signed in is told from a stranger's.
const knownLife = 180 * 24 * time.Hour

// enter sets the staff cookie. Strict: staff pages are never entered from
// another site's link. The browser is known from now on, so that nobody keeps it
// out by guessing.
func (s *Server) enter(c echo.Context, secret string, err error) error {
	if err != nil {
		return err
	}
	s.setCookie(c, staffCookie, secret, staffLife, http.SameSiteStrictMode)
	s.setCookie(c, knownCookie, s.cfg.Desk.KnownBrowser(), knownLife, http.SameSiteStrictMode)
	return done(c)
}

// A setup link and a sign-in link hold 256 random bits: trying them is hopeless,
// costs one read, and so needs no limit that others could use up.

func (s *Server) postSetup(c echo.Context) error {
	in, err := read[struct{ Token, Name, Password string }](c)
	if err != nil {
		return err
	}
	secret, err := s.cfg.Desk.Setup(c.Request().Context(), s.cfg.Contests.Home(), in.Token, in.Name, in.Password)
	return s.enter(c, secret, err)
}

func (s *Server) postSignIn(c echo.Context) error {
	in, err := read[struct{ Name, Password string }](c)
	if err != nil {
		return err
	}
	secret, err := s.cfg.Desk.SignIn(c.Request().Context(), access.Try{
		Name: in.Name, Password: in.Password, From: access.Network(c.RealIP()), Known: s.cookie(c.Request(), knownCookie),
	})
	return s.enter(c, secret, err)
}

func (s *Server) postSignInLink(c echo.Context) error {
	in, err := read[struct{ Token string }](c)
	if err != nil {
		return err
	}
	secret, err := s.cfg.Desk.SignInWithLink(c.Request().Context(), in.Token)
	return s.enter(c, secret, err)
}

func (s *Server) postSignOut(c echo.Context) error {
	if secret := s.cookie(c.Request(), staffCookie); secret != "" {
		key, err := s.cfg.Desk.SignOut(c.Request().Context(), secret)
		if err != nil {
			return err
		}
		if key != "" {
			s.cfg.Kick(key)
		}
	}
	s.setCookie(c, staffCookie, "", 0, http.SameSiteStrictMode)
	return done(c)
}
