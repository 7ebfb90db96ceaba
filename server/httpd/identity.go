package httpd

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hecai/access"
	"hecai/fault"
)

// Cookie names. Over HTTPS they carry the __Host- prefix, which a sibling
// domain cannot set; browsers refuse that prefix on plain HTTP.
const (
	staffCookie  = "hecai-staff"
	deviceCookie = "hecai-device"
	knownCookie  = "hecai-known" // this browser has signed in before
)

// deviceLife outlives the contest's voting phases, so that a phone keeps its
// daily quota across days.
const deviceLife = 60 * 24 * time.Hour

func (s *Server) cookieName(name string) string {
	if s.cfg.Secure {
		return "__Host-" + name
	}
	return name
}

func (s *Server) setCookie(c echo.Context, name, value string, life time.Duration, site http.SameSite) {
	cookie := &http.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", HttpOnly: true,
		Secure: s.cfg.Secure, SameSite: site, MaxAge: int(life.Seconds()),
	}
	if life <= 0 {
		cookie.MaxAge = -1
	}
	c.SetCookie(cookie)
}

func (s *Server) cookie(r *http.Request, name string) string {
	c, err := r.Cookie(s.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

func bearer(r *http.Request) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// Identify tells who sends the request: a link token first, then a signed-in
// member of staff, then an audience device, then nobody. A wrong secret is an
// error; a cookie that has run out only makes a stranger.
func (s *Server) Identify(r *http.Request) (access.Identity, error) {
	id, err := s.anywhere(r)
	return id.In(s.contestOf(r)), err
}

// anywhere tells who sends the request, whatever contest it is in.
func (s *Server) anywhere(r *http.Request) (access.Identity, error) {
	if id, passed, err := s.passedAs(r.Context(), r); passed {
		return id, err
	}
	if token := bearer(r); token != "" {
		return s.cfg.Desk.Holder(r.Context(), token)
	}
	if secret := s.cookie(r, staffCookie); secret != "" {
		id, err := s.cfg.Desk.Staff(r.Context(), secret)
		if err == nil || fault.KindOf(err) != fault.Unauthenticated {
			return id, err
		}
	}
	return s.phone(r, s.cfg.Desk.Device)
}

// phone tells which audience device sends the request.
func (s *Server) phone(r *http.Request, find func(ctx context.Context, token string) (access.Identity, error)) (access.Identity, error) {
	nobody := access.Identity{}.In(s.contestOf(r))
	token := s.cookie(r, deviceCookie)
	if token == "" {
		return nobody, nil
	}
	id, err := find(r.Context(), token)
	if err != nil && fault.KindOf(err) == fault.Unauthenticated {
		return nobody, nil
	}
	return id.In(s.contestOf(r)), err
}

// identify is Identify with the network that the request came from.
func (s *Server) identify(c echo.Context) (access.Identity, error) {
	id, err := s.Identify(c.Request())
	id.From = access.Network(c.RealIP())
	return id, err
}

// passerby is nobody but the network that the request came from.
func (s *Server) passerby(c echo.Context) access.Identity {
	return access.Identity{From: access.Network(c.RealIP())}.In(s.contestOf(c.Request()))
}

// device identifies the audience device that sends the request, whoever else the
// browser is signed in as: staff who vote do so as their phone.
func (s *Server) device(c echo.Context) (access.Identity, error) {
	if id, passed, err := s.passedAs(c.Request().Context(), c.Request()); passed {
		return id, err
	}
	id, err := s.phone(c.Request(), s.cfg.Desk.Device)
	id.From = access.Network(c.RealIP())
	return id, err
}

// need asks for a right before a large body is read.
func (s *Server) need(c echo.Context, verb access.Verb) error {
	id, err := s.identify(c)
	if err != nil {
		return err
	}
	return id.Allow(verb, access.Scope{Contest: id.Contest, Show: s.show(c)})
}
