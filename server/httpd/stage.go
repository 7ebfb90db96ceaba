package httpd

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"hecai/access"
	"hecai/contest"
	"hecai/stage"
	"hecai/stage/cue"
	"hecai/vote"
)

// Shows finds the running sessions and what the public may see of ballots.
type Shows interface {
	Sessions() []SessionInfo
	Show(id contest.SessionID) (Show, error)
	Board(id vote.BallotID) (vote.PublicBoard, bool)
	Ballot(id vote.BallotID) (vote.Ballot, vote.Tally, error)
	Announce(id vote.BallotID)
	Reload(ctx context.Context) error
}

// Show is one running session.
type Show interface {
	View() cue.View
	Desk() cue.StaffView
	Facts(ctx context.Context, after int64) ([]cue.Fact, error)
	Sealed(ctx context.Context) (text []byte, root string, err error)
	ReplaceRundown(ctx context.Context, by string, r cue.Rundown) error
	Do(ctx context.Context, actor stage.Actor, cmd cue.Command) (rev int64, err error)

	JudgeDesk(ctx context.Context, judge contest.JudgeID) (JudgeDesk, error)
	SaveSheet(ctx context.Context, judge contest.JudgeID, entry contest.EntryID, rev int64,
		marks map[contest.CriterionID]contest.Mark, comment string) (contest.Sheet, error)
	SubmitSheet(ctx context.Context, judge contest.JudgeID, entry contest.EntryID, rev int64) (contest.Sheet, error)
	RecuseSheet(ctx context.Context, judge contest.JudgeID, entry contest.EntryID, reason string) (contest.Sheet, error)

	Say(ctx context.Context, voter int64, text, name string) (id string, state string, err error)
	Moderate(ctx context.Context, id, verdict string) error
}

// JudgeDesk is what one judge sees: the running order, and their own sheets.
type JudgeDesk struct {
	Session  SessionInfo         `json:"session"`
	Judge    contest.Judge       `json:"judge"`
	Criteria []contest.Criterion `json:"criteria"`
	Entries  []JudgeEntry        `json:"entries"`
}

// JudgeEntry is one entry of the running order with the judge's own sheet.
type JudgeEntry struct {
	contest.Card
	Open   bool          `json:"open"`   // sheets are being taken
	Locked bool          `json:"locked"` // this panel's sheets are locked
	Sheet  contest.Sheet `json:"sheet"`
}

func (s *Server) show(c echo.Context) (Show, error) {
	return s.cfg.Shows.Show(contest.SessionID(c.Param("session")))
}

func (s *Server) getStage(c echo.Context) error {
	show, err := s.show(c)
	if err != nil {
		return err
	}
	return ok(c, show.View())
}

// getDesk is the director's desk. It holds no result that is not public.
func (s *Server) getDesk(c echo.Context) error {
	if _, err := s.need(c, access.SeeStaff); err != nil {
		return err
	}
	show, err := s.show(c)
	if err != nil {
		return err
	}
	return ok(c, show.Desk())
}

// getSeal is the sealed result, byte by byte as it was hashed, once its root has
// been shown on stage.
func (s *Server) getSeal(c echo.Context) error {
	show, err := s.show(c)
	if err != nil {
		return err
	}
	text, _, err := show.Sealed(c.Request().Context())
	if err != nil {
		return err
	}
	private(c)
	return c.Blob(http.StatusOK, "application/json", text)
}

// publicFact is a fact as the public may read it: without the actor's name.
type publicFact struct {
	Seq  int64           `json:"seq"`
	At   int64           `json:"at"`
	Kind string          `json:"kind"`
	Body json.RawMessage `json:"body"`
}

func (s *Server) getFacts(c echo.Context) error {
	show, err := s.show(c)
	if err != nil {
		return err
	}
	after, _ := strconv.ParseInt(c.QueryParam("after"), 10, 64)
	facts, err := show.Facts(c.Request().Context(), after)
	if err != nil {
		return err
	}
	out := make([]publicFact, 0, len(facts))
	for _, f := range facts {
		if f.Public() {
			out = append(out, publicFact{Seq: f.Seq, At: f.At, Kind: f.Kind, Body: f.Body})
		}
	}
	return ok(c, out)
}

// Command is the one path of a console's command. Which capability a command
// needs depends on what it does; the stage checks arming and revisions.
func (s *Server) Command(ctx context.Context, id access.Identity, session contest.SessionID, cmd cue.Command) (int64, error) {
	if err := id.Require(capability(cmd.Kind)); err != nil {
		return 0, err
	}
	if err := id.Bound(string(session)); err != nil {
		return 0, err
	}
	show, err := s.cfg.Shows.Show(session)
	if err != nil {
		return 0, err
	}
	return show.Do(ctx, stage.Actor{Role: actingAs(id), Name: id.Name}, cmd)
}

// actingAs is the role that the record names, the one that may most.
func actingAs(id access.Identity) string {
	for _, r := range [...]access.Role{access.Director, access.Organiser, access.Moderator} {
		if id.Is(r) {
			return string(r)
		}
	}
	return string(id.Role())
}

// capability says what a command needs. The host fires; arming, the cameras
// and the emergency keys are the director's.
func capability(kind string) access.Capability {
	switch kind {
	case "fire", "next":
		return access.FireCue
	case "camera":
		return access.SwitchCam
	case "danmaku":
		return access.Moderate
	default:
		return access.ArmReveal
	}
}

func (s *Server) postCommand(c echo.Context) error {
	id, err := s.Identify(c.Request())
	if err != nil {
		return err
	}
	cmd, err := read[cue.Command](c)
	if err != nil {
		return err
	}
	rev, err := s.Command(c.Request().Context(), id, contest.SessionID(c.Param("session")), cmd)
	if err != nil {
		return err
	}
	return ok(c, map[string]int64{"rev": rev})
}

// Say is the one path of a danmaku.
func (s *Server) Say(ctx context.Context, id access.Identity, session contest.SessionID, text, name string) (string, string, error) {
	if err := id.Require(access.PostDanmu); err != nil {
		return "", "", err
	}
	show, err := s.cfg.Shows.Show(session)
	if err != nil {
		return "", "", err
	}
	return show.Say(ctx, id.Voter, text, name)
}

func (s *Server) postDanmaku(c echo.Context) error {
	id, err := s.needVoter(c, access.PostDanmu)
	if err != nil {
		return err
	}
	in, err := read[struct{ Text, Name string }](c)
	if err != nil {
		return err
	}
	msg, state, err := s.Say(c.Request().Context(), id, contest.SessionID(c.Param("session")), in.Text, in.Name)
	if err != nil {
		return err
	}
	return ok(c, map[string]string{"id": msg, "state": state})
}

func (s *Server) postModerate(c echo.Context) error {
	if _, err := s.need(c, access.Moderate); err != nil {
		return err
	}
	show, err := s.show(c)
	if err != nil {
		return err
	}
	if err := show.Moderate(c.Request().Context(), c.Param("id"), c.Param("verdict")); err != nil {
		return err
	}
	return done(c)
}
