package httpd

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// staffLife is how long a browser keeps the cookie; the server's own limits are
// shorter or equal.
const staffLife = 7 * 24 * time.Hour

// enter sets the staff cookie. Strict: staff pages are never entered from
// another site's link.
func (s *Server) enter(c echo.Context, secret string, err error) error {
	if err != nil {
		return err
	}
	s.setCookie(c, staffCookie, secret, staffLife, http.SameSiteStrictMode)
	return done(c)
}

func (s *Server) postSetup(c echo.Context) error {
	if err := s.signIn.Allow(c.RealIP()); err != nil {
		return err
	}
	in, err := read[struct{ Token, Name, Password string }](c)
	if err != nil {
		return err
	}
	secret, err := s.cfg.Desk.Setup(c.Request().Context(), in.Token, in.Name, in.Password)
	return s.enter(c, secret, err)
}

func (s *Server) postSignIn(c echo.Context) error {
	if err := s.signIn.Allow(c.RealIP()); err != nil {
		return err
	}
	in, err := read[struct{ Name, Password string }](c)
	if err != nil {
		return err
	}
	secret, err := s.cfg.Desk.SignIn(c.Request().Context(), in.Name, in.Password)
	return s.enter(c, secret, err)
}

func (s *Server) postSignInLink(c echo.Context) error {
	if err := s.signIn.Allow(c.RealIP()); err != nil {
		return err
	}
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
