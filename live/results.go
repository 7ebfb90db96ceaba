package live

import (
	"context"
	"slices"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/stage"
	"hecai/stage/cue"
)

// Results is what is public of a session's result.
type Results struct {
	Session contest.ShowID   `json:"session"`
	Title   string           `json:"title"`
	Date    contest.Date     `json:"date"` // of the day that it was revealed, "" = not set
	In      contest.ShowID   `json:"in"`   // the session that reveals it
	Sample  bool             `json:"sample"`
	Whole   bool             `json:"whole"`  // all of it is public, and not only the winners
	Awards  []cue.AwardLevel `json:"awards"` // with the winners that were revealed
	Result  *cue.Results     `json:"result"` // nil before it is whole, and in lists
}

// Results lists the sessions of a contest that have something to tell.
func (h *Hall) Results(ctx context.Context, id access.Identity, in contest.Code) ([]Results, error) {
	if err := h.reads.Allow(id.From); err != nil {
		return nil, err
	}
	out := []Results{}
	all := h.cfg.Shows.Sessions(in)
	for _, info := range all {
		r, err := h.resultsIn(ctx, all, info)
		if err != nil {
			return nil, err
		}
		if r.Result = nil; r.Whole || len(r.Awards) > 0 {
			out = append(out, r)
		}
	}
	return out, nil
}

// Result is what is public of the result of one session: of its own, or of the one that
// it reveals.
func (h *Hall) Result(ctx context.Context, id access.Identity, session contest.ShowID) (Results, error) {
	if err := h.reads.Allow(id.From); err != nil {
		return Results{}, err
	}
	all := h.cfg.Shows.Sessions(session.Contest())
	for _, info := range all {
		if info.ID != session && info.Reveals != session || info.ID == session && slices.ContainsFunc(all, func(o stage.Info) bool { return o.Reveals == session }) {
			continue
		}
		return h.resultsIn(ctx, all, info)
	}
	return Results{}, fault.New(fault.NotFound, "stage.unknown_session", "%s", session)
}

// resultsIn is what a session has revealed.
func (h *Hall) resultsIn(ctx context.Context, all []stage.Info, info stage.Info) (Results, error) {
	show, err := h.cfg.Shows.Show(info.ID)
	if err != nil {
		return Results{}, err
	}
	view := show.View()
	out := Results{Session: info.ID, Title: info.Title, Date: info.Date, In: info.ID, Sample: info.Sample, Whole: view.Verify != nil, Awards: view.Awards}
	if i := slices.IndexFunc(all, func(o stage.Info) bool { return o.ID == info.Reveals }); i >= 0 {
		out.Session, out.Title = all[i].ID, all[i].Title
	}
	if !out.Whole {
		return out, nil
	}
	report, err := show.Report(ctx)
	if err != nil {
		return Results{}, err
	}
	out.Result, out.Awards = &report.Results, report.Awards
	return out, nil
}
