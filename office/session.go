package office

import (
	"context"
	"fmt"
	"slices"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
)

// Session is a session as the office lists it.
type Session struct {
	contest.Session
	Rev    string               `json:"rev"` // a revision, which a save must name
	State  contest.SessionState `json:"state"`
	Sealed bool                 `json:"sealed"` // it has a sealed result
}

// Sessions lists the sessions, by day and time.
func (o *Office) Sessions(ctx context.Context, id access.Identity) ([]Session, error) {
	if err := id.Allow(access.ReadOffice, access.Scope{Contest: id.Contest}); err != nil {
		return nil, err
	}
	rows, err := o.cfg.Record.Setups(ctx, id.Contest)
	if err != nil {
		return nil, err
	}
	out := make([]Session, len(rows))
	for i, s := range rows {
		out[i] = Session{Session: s, Rev: access.Revision(s), State: o.cfg.Shows.Stands(s.Show)}
		// One that was made a moment ago may not be staged yet: it is not sealed.
		out[i].Sealed, _ = o.cfg.Shows.Sealed(s.Show)
	}
	return out, nil
}

// NewSession is a session as the office writes it.
type NewSession struct {
	contest.Session
	Rev string `json:"rev"`
}

// MakeSession adds a session, with an empty rundown, and lists all. Its show is there
// at once: links, ballots and rehearsals can be made for it.
func (o *Office) MakeSession(ctx context.Context, id access.Identity, in NewSession) ([]Session, error) {
	in.Show, in.Rev = contest.NewShow(id.Contest, contest.SessionID(in.Show.Name()), 0), "none"
	return o.saveSession(ctx, id, in)
}

// SaveSession changes what the office says of a session, and lists all.
func (o *Office) SaveSession(ctx context.Context, id access.Identity, show contest.ShowID, in NewSession) ([]Session, error) {
	in.Show = show
	if err := id.Allow(access.SaveSession, scope(show)); err != nil {
		return nil, err
	}
	rows, err := o.cfg.Record.Setups(ctx, id.Contest)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(rows, func(s contest.Session) bool { return s.Show == show }) {
		return nil, fault.New(fault.NotFound, "stage.unknown_session", "%s", show)
	}
	return o.saveSession(ctx, id, in)
}

func (o *Office) saveSession(ctx context.Context, id access.Identity, in NewSession) ([]Session, error) {
	ctx, err := o.act(ctx, id, access.SaveSession, scope(in.Show))
	if err != nil {
		return nil, err
	}
	if err := in.Validate(); err != nil {
		return nil, err
	}
	o.edit.Lock()
	defer o.edit.Unlock()
	if err := o.rundownsFit(ctx, in.Session); err != nil {
		return nil, err
	}
	if err := o.cfg.Record.SetUpSession(access.Over(ctx, string(in.Show), in.Rev), in.Session); err != nil {
		return nil, err
	}
	o.cfg.Log.Info("session saved", "session", in.Show, "by", id.Name)
	o.cfg.Feed.Settle(ctx)
	return o.Sessions(ctx, id)
}

// rundownsFit refuses a session that reveals another's result while its rundown has
// sheets scored, or names entries that the other has not, or while the other's own
// rundown reveals the result (session.rundown_unfit).
func (o *Office) rundownsFit(ctx context.Context, s contest.Session) error {
	setups, err := o.cfg.Record.Setups(ctx, s.Show.Contest())
	if err != nil {
		return err
	}
	concerned := []contest.ShowID{s.Show}
	i := slices.IndexFunc(setups, func(had contest.Session) bool { return had.Show == s.Show })
	switch {
	case i < 0:
		setups = append(setups, s)
	case setups[i].Reveals == s.Reveals && slices.Equal(setups[i].Joins, s.Joins):
		return nil
	default:
		setups[i] = s
	}
	for _, other := range append([]contest.SessionID{s.Reveals}, s.Joins...) {
		if other != "" {
			concerned = append(concerned, contest.NewShow(s.Show.Contest(), other, 0))
		}
	}
	for _, show := range concerned[1:] {
		if _, _, err := o.cfg.Shows.Report(ctx, show); err == nil {
			return fault.New(fault.Conflict, "session.published", "the result of %s is public", show)
		}
	}
	for _, show := range concerned {
		c, err := catalogAmong(ctx, o.cfg.Record, o.cfg.Plan(show.Contest()), o.cfg.Box.Ballots(), setups, show)
		if err != nil {
			return err
		}
		r, err := o.cfg.Record.Rundown(ctx, show)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		for _, p := range r.Validate(c) {
			var at int
			if n, _ := fmt.Sscanf(p.Path, "cues[%d]", &at); n == 1 && slices.Contains([]string{"rundown.others_result", "rundown.revealed_elsewhere", "rundown.sealed_elsewhere", "rundown.unknown_entry"}, p.Code) {
				return fault.New(fault.Conflict, "session.rundown_unfit", "%s: %s %s", show, p.Path, p.Code).With("title", r.Title).With("cue", r.Cues[at].Title)
			}
		}
	}
	return nil
}

// DropSession takes away a session of which nothing is kept, with its links, and
// lists the others.
func (o *Office) DropSession(ctx context.Context, id access.Identity, show contest.ShowID) ([]Session, error) {
	ctx, err := o.act(ctx, id, access.DropSession, scope(show))
	if err != nil {
		return nil, err
	}
	o.edit.Lock()
	defer o.edit.Unlock()
	if err := o.cfg.Record.DropSession(ctx, show); err != nil {
		if fault.CodeOf(err) == "store.none" {
			err = fault.Wrap(fault.NotFound, "stage.unknown_session", err, "%s", show)
		}
		return nil, err
	}
	o.cfg.Log.Info("session removed", "session", show, "by", id.Name)
	o.cfg.Feed.Settle(ctx)
	return o.Sessions(ctx, id)
}
