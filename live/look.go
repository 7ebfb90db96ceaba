package live

import (
	"context"
	"encoding/json"

	"hecai/access"
	"hecai/contest"
	"hecai/stage"
	"hecai/stage/cue"
	"hecai/vote"
)

// Sessions lists the sessions of a contest.
func (h *Hall) Sessions(in contest.Code) []stage.Info { return h.cfg.Shows.Sessions(in) }

// OnAir says which show of a session is on: the show itself, or a rehearsal of it.
type OnAir struct {
	Show contest.ShowID `json:"show"`
	Take int            `json:"take"` // 0 = the show itself
}

// On tells which show of a session is on.
func (h *Hall) On(show contest.ShowID) (OnAir, error) { return h.cfg.Shows.On(show) }

// Board is the public board of a ballot that the public may know of.
func (h *Hall) Board(id vote.BallotID) (vote.PublicBoard, error) { return h.cfg.Shows.Board(id) }

// View is what everyone sees of a show.
func (h *Hall) View(session contest.ShowID) (cue.View, error) {
	show, err := h.cfg.Shows.Show(session)
	if err != nil {
		return cue.View{}, err
	}
	return show.View(), nil
}

// Desk is the director's desk. It holds no result that is not public.
func (h *Hall) Desk(id access.Identity, session contest.ShowID) (cue.StaffView, error) {
	if err := id.Allow(access.SeeDesk, scope(session)); err != nil {
		return cue.StaffView{}, err
	}
	show, err := h.cfg.Shows.Show(session)
	if err != nil {
		return cue.StaffView{}, err
	}
	return show.StaffView(), nil
}

// Seal is the sealed result, byte by byte as it was hashed, once its root has
// been shown on stage.
func (h *Hall) Seal(ctx context.Context, session contest.ShowID) ([]byte, error) {
	show, err := h.cfg.Shows.Show(session)
	if err != nil {
		return nil, err
	}
	text, _, err := show.Sealed(ctx)
	return text, err
}

// Fact is a fact as the public may read it: without the actor's name. Seq counts the
// public ones.
type Fact struct {
	Seq  int64           `json:"seq"`
	At   int64           `json:"at"`
	Kind string          `json:"kind"`
	Body json.RawMessage `json:"body"`
}

// Facts are the public facts of a show after a number.
func (h *Hall) Facts(ctx context.Context, id access.Identity, session contest.ShowID, after int64) ([]Fact, error) {
	if err := h.reads.Allow(id.From); err != nil {
		return nil, err
	}
	show, err := h.cfg.Shows.Show(session)
	if err != nil {
		return nil, err
	}
	facts, err := show.Facts(ctx, after)
	if err != nil {
		return nil, err
	}
	out := make([]Fact, len(facts))
	for i, f := range facts {
		out[i] = Fact{Seq: f.Seq, At: f.At, Kind: f.Kind, Body: f.Body}
	}
	return out, nil
}
