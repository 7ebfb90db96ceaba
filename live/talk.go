package live

import (
	"context"

	"hecai/access"
	"hecai/contest"
	"hecai/stage/cue"
)

// Said tells what became of a danmaku.
type Said struct {
	ID    string `json:"id"`
	State string `json:"state"` // approved, pending
}

// Lines are what was said last, for a phone that comes late.
func (h *Hall) Lines(session contest.ShowID) ([]cue.QueuedMessage, error) {
	show, err := h.cfg.Shows.Show(session)
	if err != nil {
		return nil, err
	}
	return show.Danmaku().Recent(), nil
}

// Say is the one path of a danmaku.
func (h *Hall) Say(ctx context.Context, id access.Identity, session contest.ShowID, text, name string) (Said, error) {
	session = session.Within(id.Contest)
	if err := id.Allow(access.SayLine, scope(session)); err != nil {
		return Said{}, err
	}
	show, err := h.cfg.Shows.Show(session)
	if err != nil {
		return Said{}, err
	}
	if err := h.says.Allow(id.From); err != nil {
		return Said{}, err
	}
	if id, err = h.enrol(ctx, id); err != nil {
		return Said{}, err
	}
	msg, state, err := show.Danmaku().Say(ctx, id.Voter, text, name)
	if err != nil {
		h.says.Refund(id.From) // what nobody hears takes nobody's turn
	}
	return Said{msg, state}, err
}

// Moderate lets a line through, or not.
func (h *Hall) Moderate(ctx context.Context, id access.Identity, session contest.ShowID, line, verdict string) error {
	if err := id.Allow(access.ModerateLine, scope(session)); err != nil {
		return err
	}
	show, err := h.cfg.Shows.Show(session)
	if err != nil {
		return err
	}
	return show.Danmaku().Moderate(ctx, line, verdict)
}
