package live

import (
	"context"
	"time"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
)

// Cast is a vote as a phone sends it. The voter is who the cookie or the socket
// says, never a field.
type Cast struct {
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
func (h *Hall) Cast(ctx context.Context, id access.Identity, in Cast) (CastReply, error) {
	if err := id.Allow(access.CastVote, access.Scope{Contest: id.Contest}); err != nil {
		return CastReply{}, err
	}
	in.Ballot = in.Ballot.Within(id.Contest)
	if err := h.votes.Allow(id.Key); err != nil {
		return CastReply{}, err
	}
	if id.Voter == 0 {
		if err := h.cfg.Box.Check(ctx, vote.Cast{Ballot: in.Ballot, Level: id.Level, Rev: in.Rev, Choice: in.Choice, ClientSalt: in.Salt, Round: in.Round}); err != nil {
			return CastReply{}, err
		}
		var err error
		if id, err = h.enrol(ctx, id); fault.KindOf(err) == fault.Limited {
			return CastReply{}, err
		} else if err != nil { // no vote was taken, whatever became of the row
			return CastReply{}, fault.Wrap(fault.Unavailable, "vote.busy", err, "enrol").After(500 * time.Millisecond)
		}
	}
	out, err := h.cfg.Box.Cast(ctx, vote.Cast{
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

// MyVotes is what a voter has in a ballot.
type MyVotes struct {
	Rev      int64             `json:"rev"`      // highest revision stored in the present round, 0 none
	Choice   []contest.EntryID `json:"choice"`   // picks of the present window, while the ballot takes votes
	Receipts []vote.Receipt    `json:"receipts"` // of all rounds
	Until    int64             `json:"until"`    // when a fresh window begins, unix ms; 0 none
}

// Mine tells a voter what the box holds of theirs. Once the ballot has closed it
// tells no choice: nothing more can be changed, and a copied cookie would prove a
// bought vote.
func (h *Hall) Mine(ctx context.Context, id access.Identity, ballot vote.BallotID) (MyVotes, error) {
	if err := id.Allow(access.CastVote, access.Scope{Contest: id.Contest}); err != nil {
		return MyVotes{}, err
	}
	b, _, err := h.cfg.Shows.Ballot(ballot)
	if err != nil {
		return MyVotes{}, err
	}
	papers, err := h.cfg.Record.MyPapers(ctx, b.ID, id.Voter)
	if err != nil {
		return MyVotes{}, err
	}
	out := MyVotes{Choice: []contest.EntryID{}, Receipts: []vote.Receipt{}}
	var present []vote.Paper
	for _, p := range papers {
		out.Receipts = append(out.Receipts, h.cfg.Box.Recorded(b, id.Voter, b.Picks(p), p.Receipt))
		if p.Receipt.Round == b.Round {
			present = append(present, p)
		}
	}
	now := h.cfg.Now().UnixMilli()
	rev, choice := b.Standing(present, now)
	out.Rev, out.Until = rev, b.WindowEnds(now)
	if b.State == vote.StateOpen {
		out.Choice = append(out.Choice, choice...)
	}
	return out, nil
}
