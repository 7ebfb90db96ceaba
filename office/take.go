package office

import (
	"context"
	"slices"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
)

// A session is rehearsed in takes, in the installation that the show will have: the
// same links, pages and people, but other ballots, sheets, cues and facts.

// Takes are the rehearsals of a session.
type Takes struct {
	On       contest.ShowID `json:"on"`       // the show that is on
	UnderWay bool           `json:"underWay"` // the show itself has begun, and not ended
	Takes    []contest.Take `json:"takes"`    // the newest first
}

// Takes lists the rehearsals of a session, those that were purged too.
func (o *Office) Takes(ctx context.Context, id access.Identity, show contest.ShowID) (Takes, error) {
	if err := id.Allow(access.ReadOffice, scope(show)); err != nil {
		return Takes{}, err
	}
	if err := o.cfg.Shows.Known(show); err != nil {
		return Takes{}, err
	}
	out := Takes{On: show, Takes: []contest.Take{}}
	var err error
	if out.UnderWay, err = o.cfg.Shows.UnderWay(show); err != nil {
		return Takes{}, err
	}
	all, err := o.cfg.Record.Takes(ctx)
	for _, t := range slices.Backward(all) {
		if t.Show.Live() != show {
			continue
		}
		if t.On() {
			out.On = t.Show
		}
		out.Takes = append(out.Takes, t)
	}
	return out, err
}

// NewTake begins a rehearsal. A show that is under way is left for it only by who is
// sure: the pages go over to the rehearsal.
type NewTake struct {
	Sure bool `json:"sure"`
}

// BeginTake begins the next rehearsal of a session.
func (o *Office) BeginTake(ctx context.Context, id access.Identity, show contest.ShowID, in NewTake) (contest.Take, error) {
	ctx, err := o.act(ctx, id, access.BeginTake, scope(show))
	if err != nil {
		return contest.Take{}, err
	}
	if err := o.cfg.Shows.Known(show); err != nil {
		return contest.Take{}, err
	}
	o.edit.Lock() // the rundown and the ballots stay as they are copied
	defer o.edit.Unlock()
	if on, err := o.cfg.Shows.UnderWay(show); err != nil || on && !in.Sure {
		if err == nil {
			err = fault.New(fault.Conflict, "take.under_way", "%s is under way", show)
		}
		return contest.Take{}, err
	}
	t, err := o.cfg.Record.BeginTake(ctx, show, id.Name, o.cfg.Now().UnixMilli())
	if err != nil {
		return contest.Take{}, err
	}
	o.cfg.Log.Info("rehearsal begun", "take", t.Show, "by", id.Name)
	o.cfg.Feed.Settle(ctx)
	return t, nil
}

// take asks whether one may act on a rehearsal, and finds it.
func (o *Office) take(ctx context.Context, id access.Identity, v access.Verb, session contest.ShowID, no int) (context.Context, contest.Take, error) {
	ctx, err := o.act(ctx, id, v, scope(session))
	if err != nil {
		return ctx, contest.Take{}, err
	}
	all, err := o.cfg.Record.Takes(ctx)
	if err != nil {
		return ctx, contest.Take{}, err
	}
	show := contest.NewShow(session.Contest(), session.Session(), no)
	i := slices.IndexFunc(all, func(t contest.Take) bool { return no > 0 && t.Show == show })
	if i < 0 {
		return ctx, contest.Take{}, fault.New(fault.NotFound, "take.unknown", "%s has no take %d", session, no)
	}
	return ctx, all[i], nil
}

// closings is how often the end of a rehearsal closes ballots that are opened meanwhile.
const closings = 3

// EndTake ends a rehearsal: its ballots are closed, and nothing happens in it any more.
func (o *Office) EndTake(ctx context.Context, id access.Identity, show contest.ShowID, no int) (contest.Take, error) {
	ctx, t, err := o.take(ctx, id, access.EndTake, show, no)
	if err != nil || !t.On() {
		return t, err
	}
	for try := 1; ; try++ {
		var aside []vote.BallotID // no one can close these; the rehearsal ends all the same
		for _, b := range o.cfg.Box.Ballots() {
			if b.Show != t.Show || b.State != vote.StateOpen {
				continue
			}
			_, _, err := o.cfg.Box.Close(ctx, b.ID)
			switch code := fault.CodeOf(err); {
			case code == "ballot.aside":
				aside = append(aside, b.ID)
			case err != nil && code != "take.over":
				return t, err
			}
		}
		ended, err := o.cfg.Record.EndTake(ctx, t.Show, aside, o.cfg.Now().UnixMilli())
		if fault.CodeOf(err) == "take.ballot_open" && try < closings {
			continue
		}
		if err != nil {
			return t, err
		}
		o.cfg.Log.Info("rehearsal ended", "take", t.Show, "by", id.Name)
		o.cfg.Feed.Settle(ctx)
		return ended, nil
	}
}

// PurgeTake takes all out of the record that was done in a rehearsal which has ended;
// the facts of the show say so. It may be asked again, also after half of it.
func (o *Office) PurgeTake(ctx context.Context, id access.Identity, show contest.ShowID, no int) (contest.Take, error) {
	ctx, t, err := o.take(ctx, id, access.PurgeTake, show, no)
	if err != nil || t.Purged != 0 {
		return t, err
	}
	said, err := o.cfg.Record.ClearTake(ctx, t.Show, o.cfg.Now().UnixMilli())
	if err == nil {
		err = o.cfg.Shows.Purged(ctx, id.Name, said)
	}
	if err != nil && fault.CodeOf(err) != "take.over" { // else another was faster
		return t, err
	}
	o.cfg.Log.Info("rehearsal purged", "take", t.Show, "by", id.Name)
	o.cfg.Feed.Settle(ctx)
	_, t, err = o.take(ctx, id, access.PurgeTake, show, no)
	return t, err
}
