package httpd

import (
	"context"

	"github.com/labstack/echo/v4"

	"hecai/access"
	"hecai/contest"
	"hecai/vote"
)

// CastBody is a vote as a phone sends it, over HTTP and over the socket alike.
// The voter is who the cookie or the socket says, never a field.
type CastBody struct {
	Ballot vote.BallotID     `json:"ballot"`
	Rev    int64             `json:"rev"` // the idempotency key together with ballot and voter
	Choice []contest.EntryID `json:"choice"`
	Salt   string            `json:"salt"`
	Round  int               `json:"round"` // of the board that was shown; 0 any
}

// CastReply acknowledges a vote. It is sent only after the vote is on disk.
type CastReply struct {
	Receipt   vote.Receipt      `json:"receipt"`
	Rev       int64             `json:"rev"`
	Choice    []contest.EntryID `json:"choice"`
	Duplicate bool              `json:"duplicate"`
}

// Cast is the one path of a vote, whichever way it came.
func (s *Server) Cast(ctx context.Context, id access.Identity, in CastBody) (CastReply, error) {
	if err := id.Require(access.CastVote); err != nil {
		return CastReply{}, err
	}
	if err := s.votes.Allow(id.Key); err != nil {
		return CastReply{}, err
	}
	out, err := s.cfg.Box.Cast(ctx, vote.Cast{
		Ballot: in.Ballot, Voter: id.Voter, Level: id.Level, Rev: in.Rev, Choice: in.Choice, ClientSalt: in.Salt, Round: in.Round,
	})
	if err != nil {
		return CastReply{}, err
	}
	if out.Fault != nil {
		return CastReply{}, out.Fault.With("rev", out.Rev).With("choice", out.Choice)
	}
	return CastReply{Receipt: out.Receipt, Rev: out.Rev, Choice: out.Choice, Duplicate: out.Duplicate}, nil
}

func (s *Server) postVote(c echo.Context) error {
	id, err := s.needVoter(c, access.CastVote)
	if err != nil {
		return err
	}
	in, err := read[CastBody](c)
	if err != nil {
		return err
	}
	reply, err := s.Cast(c.Request().Context(), id, in)
	if err != nil {
		return err
	}
	return ok(c, reply)
}

// myVotes is what the voter has in a ballot's current round.
type myVotes struct {
	Rev      int64             `json:"rev"`    // highest revision stored, 0 none
	Choice   []contest.EntryID `json:"choice"` // picks of the current window
	Receipts []vote.Receipt    `json:"receipts"`
}

func (s *Server) getMyVotes(c echo.Context) error {
	id, err := s.needVoter(c, access.CastVote)
	if err != nil {
		return err
	}
	ballot, _, err := s.cfg.Shows.Ballot(vote.BallotID(c.QueryParam("ballot")))
	if err != nil {
		return err
	}
	papers, err := s.cfg.Records.MyPapers(c.Request().Context(), ballot.ID, id.Voter)
	if err != nil {
		return err
	}
	out := myVotes{Choice: []contest.EntryID{}, Receipts: []vote.Receipt{}}
	for _, p := range papers {
		out.Receipts = append(out.Receipts, p.Receipt)
	}
	rev, choice := ballot.Standing(papers, s.cfg.Now().UnixMilli())
	out.Rev, out.Choice = rev, append(out.Choice, choice...)
	return ok(c, out)
}
