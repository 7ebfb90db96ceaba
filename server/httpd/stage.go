package httpd

import (
	"context"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"hecai/access"
	"hecai/contest"
	"hecai/contest/score"
	"hecai/live"
	"hecai/stage/cue"
	"hecai/vote"
)

func (s *Server) postVote(c echo.Context) error {
	id, err := s.device(c)
	if err != nil {
		return err
	}
	in, err := read[live.Cast](c)
	if err != nil {
		return err
	}
	out, err := s.live.Cast(c.Request().Context(), id, in)
	if err != nil {
		return err
	}
	return ok(c, out)
}

func (s *Server) getMyVotes(c echo.Context) error {
	id, err := s.device(c)
	if err != nil {
		return err
	}
	return asked(c, id, func(ctx context.Context, id access.Identity) (live.MyVotes, error) {
		return s.live.Mine(ctx, id, vote.BallotID(c.QueryParam("ballot")).Within(id.Contest))
	})
}

func (s *Server) postRedeem(c echo.Context) error {
	id, err := s.device(c)
	if err != nil {
		return err
	}
	in, err := read[struct {
		Code string `json:"code"`
	}](c)
	if err != nil {
		return err
	}
	out, err := s.live.Redeem(c.Request().Context(), id, in.Code)
	if err != nil {
		return err
	}
	return ok(c, out)
}

func (s *Server) getSessions(c echo.Context) error {
	return ok(c, s.live.Sessions(s.contestOf(c.Request())))
}

func (s *Server) getBallot(c echo.Context) error {
	out, err := s.live.Board(s.ballot(c))
	if err != nil {
		return err
	}
	return ok(c, out)
}

func (s *Server) getProof(c echo.Context) error {
	out, err := s.live.Proof(c.Request().Context(), s.passerby(c), s.ballot(c), c.QueryParam("leaf"))
	if err != nil {
		return err
	}
	return ok(c, out)
}

func (s *Server) getLog(c echo.Context) error {
	round, err := number(c, "round")
	if err != nil {
		return err
	}
	out, err := s.live.Log(c.Request().Context(), s.passerby(c), s.ballot(c), int(round))
	if err != nil {
		return err
	}
	return ok(c, out)
}

// getLedger is the name and the public key of the vote log.
func (s *Server) getLedger(c echo.Context) error { return ok(c, s.live.Ledger()) }

// getOn says which show of a session is on.
func (s *Server) getOn(c echo.Context) error {
	out, err := s.live.On(s.show(c))
	if err != nil {
		return err
	}
	return ok(c, out)
}

func (s *Server) getStage(c echo.Context) error {
	out, err := s.live.View(s.show(c))
	if err != nil {
		return err
	}
	return ok(c, out)
}

func (s *Server) getDesk(c echo.Context) error {
	return ask(s, c, func(_ context.Context, id access.Identity) (cue.StaffView, error) { return s.live.Desk(id, s.show(c)) })
}

func (s *Server) getSeal(c echo.Context) error {
	text, err := s.live.Seal(c.Request().Context(), s.show(c))
	if err != nil {
		return err
	}
	private(c)
	return c.Blob(http.StatusOK, "application/json", text)
}

func (s *Server) getFacts(c echo.Context) error {
	after, _ := strconv.ParseInt(c.QueryParam("after"), 10, 64)
	out, err := s.live.Facts(c.Request().Context(), s.passerby(c), s.show(c), after)
	if err != nil {
		return err
	}
	return ok(c, out)
}

func (s *Server) postCommand(c echo.Context) error {
	return act(s, c, func(ctx context.Context, id access.Identity, cmd cue.Command) (live.Rev, error) {
		return s.live.Command(ctx, id, s.show(c), cmd)
	})
}

func (s *Server) getDanmaku(c echo.Context) error {
	out, err := s.live.Lines(s.show(c))
	if err != nil {
		return err
	}
	return ok(c, out)
}

func (s *Server) postDanmaku(c echo.Context) error {
	id, err := s.device(c)
	if err != nil {
		return err
	}
	in, err := read[struct{ Text, Name string }](c)
	if err != nil {
		return err
	}
	out, err := s.live.Say(c.Request().Context(), id, s.show(c), in.Text, in.Name)
	if err != nil {
		return err
	}
	return ok(c, out)
}

func (s *Server) postModerate(c echo.Context) error {
	return do(s, c, func(ctx context.Context, id access.Identity) error {
		return s.live.Moderate(ctx, id, s.show(c), c.Param("id"), c.Param("verdict"))
	})
}

func (s *Server) getJudge(c echo.Context) error {
	return ask(s, c, func(ctx context.Context, id access.Identity) (live.JudgeDesk, error) {
		return s.live.JudgeDesk(ctx, id, rehearsed(c))
	})
}

// rehearsed is the show that a judge's request is of, "" = that of their link.
func rehearsed(c echo.Context) contest.ShowID { return contest.ShowID(c.QueryParam("session")) }

// entry is the entry that a path names.
func entry(c echo.Context) contest.EntryID { return contest.EntryID(c.Param("entry")) }

func (s *Server) putSheet(c echo.Context) error {
	return act(s, c, func(ctx context.Context, id access.Identity, in live.Draft) (score.Sheet, error) {
		return s.live.Mark(ctx, id, rehearsed(c), entry(c), in)
	})
}

func (s *Server) postSubmit(c echo.Context) error {
	return act(s, c, func(ctx context.Context, id access.Identity, in struct {
		Rev int64 `json:"rev"`
	}) (score.Sheet, error) {
		return s.live.HandIn(ctx, id, rehearsed(c), entry(c), in.Rev)
	})
}

func (s *Server) postRecuse(c echo.Context) error {
	return act(s, c, func(ctx context.Context, id access.Identity, in struct {
		Reason string `json:"reason"`
	}) (score.Sheet, error) {
		return s.live.Recuse(ctx, id, rehearsed(c), entry(c), in.Reason)
	})
}
