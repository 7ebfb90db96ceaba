package httpd

import (
	"context"
	"net/url"

	"github.com/labstack/echo/v4"

	"hecai/access"
	"hecai/contest"
	"hecai/vote"
)

// A handler is a door to one verb of package live or office: it says who asks and
// for what, and renders what the verb answers. Who may is for the verb to say.

// ask answers with what a verb tells.
func ask[Out any](s *Server, c echo.Context, verb func(context.Context, access.Identity) (Out, error)) error {
	id, err := s.identify(c)
	if err != nil {
		return err
	}
	return asked(c, id, verb)
}

func asked[Out any](c echo.Context, id access.Identity, verb func(context.Context, access.Identity) (Out, error)) error {
	out, err := verb(c.Request().Context(), id)
	if err != nil {
		return err
	}
	return ok(c, out)
}

// act reads what a verb is told, and answers with what came of it.
func act[In, Out any](s *Server, c echo.Context, verb func(context.Context, access.Identity, In) (Out, error)) error {
	return ask(s, c, func(ctx context.Context, id access.Identity) (out Out, err error) {
		in, err := read[In](c)
		if err != nil {
			return out, err
		}
		return verb(ctx, id, in)
	})
}

// edit is act, but a field that the verb doesn't know is refused: what is misspelt in
// the office would be a rule that is not held.
func edit[In, Out any](s *Server, c echo.Context, verb func(context.Context, access.Identity, In) (Out, error)) error {
	return ask(s, c, func(ctx context.Context, id access.Identity) (out Out, err error) {
		in, err := exact[In](c)
		if err != nil {
			return out, err
		}
		return verb(ctx, id, in)
	})
}

// do has a verb done that has nothing to say.
func do(s *Server, c echo.Context, verb func(context.Context, access.Identity) error) error {
	id, err := s.identify(c)
	if err != nil {
		return err
	}
	if err := verb(c.Request().Context(), id); err != nil {
		return err
	}
	return done(c)
}

// show is the show that a path names.
func (s *Server) show(c echo.Context) contest.ShowID {
	return contest.ShowID(unescaped(c.Param("session"))).Within(s.contestOf(c.Request()))
}

// ballot is the ballot that a path names.
func (s *Server) ballot(c echo.Context) vote.BallotID {
	return vote.BallotID(unescaped(c.Param("id"))).Within(s.contestOf(c.Request()))
}

// unescaped is a parameter as it was meant: a whole id has a slash, which stands
// escaped in a path.
func unescaped(param string) string {
	if text, err := url.PathUnescape(param); err == nil {
		return text
	}
	return param
}
