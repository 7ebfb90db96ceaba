package httpd

import (
	"github.com/labstack/echo/v4"

	"hecai/access"
	"hecai/contest"
)

// judge identifies the judge and their show. The judge's id is the name of
// their link, so no request can name another judge.
func (s *Server) judge(c echo.Context) (contest.JudgeID, Show, error) {
	id, err := s.need(c, access.ScoreEntry)
	if err != nil {
		return "", nil, err
	}
	show, err := s.cfg.Shows.Show(contest.SessionID(id.Session))
	return contest.JudgeID(id.Name), show, err
}

func (s *Server) getJudge(c echo.Context) error {
	judge, show, err := s.judge(c)
	if err != nil {
		return err
	}
	desk, err := show.JudgeDesk(c.Request().Context(), judge)
	if err != nil {
		return err
	}
	return ok(c, desk)
}

func (s *Server) putSheet(c echo.Context) error {
	judge, show, err := s.judge(c)
	if err != nil {
		return err
	}
	in, err := read[struct {
		Rev     int64                                `json:"rev"`
		Marks   map[contest.CriterionID]contest.Mark `json:"marks"`
		Comment string                               `json:"comment"`
	}](c)
	if err != nil {
		return err
	}
	sheet, err := show.SaveSheet(c.Request().Context(), judge, contest.EntryID(c.Param("entry")), in.Rev, in.Marks, in.Comment)
	if err != nil {
		return err
	}
	return ok(c, sheet)
}

func (s *Server) postSubmit(c echo.Context) error {
	judge, show, err := s.judge(c)
	if err != nil {
		return err
	}
	in, err := read[struct {
		Rev int64 `json:"rev"`
	}](c)
	if err != nil {
		return err
	}
	sheet, err := show.SubmitSheet(c.Request().Context(), judge, contest.EntryID(c.Param("entry")), in.Rev)
	if err != nil {
		return err
	}
	return ok(c, sheet)
}

func (s *Server) postRecuse(c echo.Context) error {
	judge, show, err := s.judge(c)
	if err != nil {
		return err
	}
	in, err := read[struct {
		Reason string `json:"reason"`
	}](c)
	if err != nil {
		return err
	}
	sheet, err := show.RecuseSheet(c.Request().Context(), judge, contest.EntryID(c.Param("entry")), in.Reason)
	if err != nil {
		return err
	}
	return ok(c, sheet)
}
