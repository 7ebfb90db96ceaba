package httpd

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"hecai/contest"
	"hecai/fault"
)

// Every request is in one contest: the one that its address names (/c/CODE/…), else
// the first of the record, so that an installation with one contest has short
// addresses. Names in a request and in its answer are names within that contest.

// Contests are those that the record has.
type Contests interface {
	Home() contest.Code
	All() []contest.Code                  // the one at home first
	Plan(code contest.Code) *contest.Plan // nil: there is no such contest
}

type contestKey struct{}

// lostKey marks a request for a page of a contest that there is not.
type lostKey struct{}

// called is the contest that a code in an address means, "" for none: codes that differ
// in capitals alone are one.
func (s *Server) called(code contest.Code) contest.Code {
	if s.cfg.Contests.Plan(code) != nil {
		return code
	}
	for _, c := range s.cfg.Contests.All() {
		if strings.EqualFold(string(c), string(code)) {
			return c
		}
	}
	return ""
}

// navigates reports whether a person opens an address in a browser.
func navigates(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && strings.Contains(r.Header.Get("Accept"), "text/html")
}

// lost has a page answer that what was asked for is not there.
func lost(page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Value(lostKey{}) != nil {
			r.Header.Del("If-None-Match")
			w = &notFound{w, false}
		}
		page.ServeHTTP(w, r)
	})
}

// notFound answers 404 with a body of another's.
type notFound struct {
	http.ResponseWriter
	begun bool
}

func (n *notFound) Write(p []byte) (int, error) {
	if !n.begun {
		n.begun = true
		n.WriteHeader(http.StatusNotFound)
	}
	return n.ResponseWriter.Write(p)
}

// enterContest puts a request into its contest, and takes that out of its address.
func (s *Server) enterContest(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		escaped := r.URL.EscapedPath() // by which the router goes: an escaped slash parts nothing
		code, path, ok := split(escaped)
		if id, passed := s.passed(r); passed { // the node that passed it on has done so
			code, path, ok = id.Contest, escaped, true
		}
		if !ok {
			return next(c)
		}
		known := s.called(code)
		switch looks := navigates(r); {
		case known == "" && looks: // the home page says so, in the visitor's language
			c.SetRequest(r.WithContext(context.WithValue(r.Context(), lostKey{}, true)))
			c.Request().URL.Path, c.Request().URL.RawPath = "/", ""
			return next(c)
		case known == "":
			return fault.New(fault.NotFound, "contest.unknown", "no contest %q", code)
		case known != code && looks: // one address a page: what it keeps by its address stays one
			to := "/c/" + url.PathEscape(string(known)) + path
			if r.URL.RawQuery != "" {
				to += "?" + r.URL.RawQuery
			}
			return c.Redirect(http.StatusFound, to)
		}
		code = known
		if path != escaped { // of the request itself, which the router looks at
			plain, err := url.PathUnescape(path)
			if err != nil {
				return fault.New(fault.NotFound, "http.not_found", "path %q", path)
			}
			r.URL.Path, r.URL.RawPath = plain, path
		}
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), contestKey{}, code)))
		return next(c)
	}
}

// split takes /c/CODE from the front of a path.
func split(path string) (code contest.Code, rest string, ok bool) {
	path, ok = strings.CutPrefix(path, "/c/")
	if !ok {
		return "", "", false
	}
	name, rest, _ := strings.Cut(path, "/")
	return contest.Code(name), "/" + rest, true
}

// contestOf is the contest that a request is in.
func (s *Server) contestOf(r *http.Request) contest.Code {
	if code, ok := r.Context().Value(contestKey{}).(contest.Code); ok {
		return code
	}
	return s.cfg.Contests.Home()
}

// address is where phones reach the pages of the contest that a request is in.
func (s *Server) address(c echo.Context) string {
	return s.cfg.PublicURL() + s.base(s.contestOf(c.Request()))
}

// base is what the addresses of a contest begin with.
func (s *Server) base(code contest.Code) string {
	if code == s.cfg.Contests.Home() {
		return ""
	}
	return "/c/" + url.PathEscape(string(code))
}

// inPath makes whole what the second segment of an address calls a show, for who
// is asked by the address alone. A show of another contest is none here.
func (s *Server) inPath(r *http.Request) *http.Request {
	parts := strings.SplitN(r.URL.EscapedPath(), "/", 4) // "", whip, final, main
	if len(parts) < 3 || parts[2] == "r" {
		return r
	}
	name, err := url.PathUnescape(parts[2])
	in := s.contestOf(r)
	id := contest.ShowID(name).Within(in)
	if err != nil || id == "" {
		id = contest.NewShow(in, contest.SessionID(url.PathEscape(name)), 0) // which no show is called
	}
	parts[2] = url.PathEscape(string(id))
	u := *r.URL
	u.RawPath = strings.Join(parts, "/")
	if u.Path, err = url.PathUnescape(u.RawPath); err != nil {
		return r
	}
	out := r.WithContext(r.Context())
	out.URL = &u
	return out
}
