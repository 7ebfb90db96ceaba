package httpd

import (
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
	if token := bearer(r); token != "" {
		return s.cfg.Desk.Holder(r.Context(), token)
	}
	if secret := s.cookie(r, staffCookie); secret != "" {
		id, err := s.cfg.Desk.Staff(r.Context(), secret)
		if err == nil || fault.KindOf(err) != fault.Unauthenticated {
			return id, err
		}
	}
	return s.device(r)
}

// device tells which audience device sends the request, whoever else the
// browser is signed in as: staff who vote do so as their phone.
func (s *Server) device(r *http.Request) (access.Identity, error) {
	token := s.cookie(r, deviceCookie)
	if token == "" {
		return access.Identity{}, nil
	}
	id, err := s.cfg.Desk.Device(r.Context(), token)
	if err != nil && fault.KindOf(err) == fault.Unauthenticated {
		return access.Identity{}, nil
	}
	return id, err
}

// need identifies the sender and checks one capability.
func (s *Server) need(c echo.Context, capability access.Capability) (access.Identity, error) {
	id, err := s.Identify(c.Request())
	if err != nil {
		return id, err
	}
	if err := id.Require(capability); err != nil {
		return id, err
	}
	return id, id.Bound(c.Param("session"))
}

// needVoter identifies the audience device.
func (s *Server) needVoter(c echo.Context, capability access.Capability) (access.Identity, error) {
	id, err := s.device(c.Request())
	if err != nil {
		return id, err
	}
	return id, id.Require(capability)
}
