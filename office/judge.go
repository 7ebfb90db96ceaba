package office

import (
	"context"
	"slices"

	"hecai/access"
	"hecai/contest"
	"hecai/strict"
)

// What is made a second time may be meant: it is made, and told to who made it.

// Judge is a judge as the office sees them.
type Judge struct {
	contest.Judge
	Rev    string          `json:"rev"`              // a revision, which a save must name
	Notice *strict.Problem `json:"notice,omitempty"` // what a person should look at
}

// Judges lists the judges, and tells of each who reads like one before them.
func (o *Office) Judges(ctx context.Context, id access.Identity) ([]Judge, error) {
	if err := id.Allow(access.ReadOffice, access.Scope{Contest: id.Contest}); err != nil {
		return nil, err
	}
	judges, err := o.cfg.Record.Judges(ctx, id.Contest)
	if err != nil {
		return nil, err
	}
	out := make([]Judge, len(judges))
	for i, j := range judges {
		out[i].Judge, out[i].Rev = j, access.Revision(j)
		if k := slices.IndexFunc(judges[:i], j.Like); k >= 0 {
			out[i].Notice = &strict.Problem{Path: "name", Code: "judge.twice", Args: map[string]any{"name": j.Name, "id": judges[k].ID}}
		}
	}
	return out, nil
}

// NewJudge is a judge as the office writes them.
type NewJudge struct {
	contest.Judge
	Rev string `json:"rev"`
}

// SaveJudges adds the judges, or changes those whose id is known, and lists all.
func (o *Office) SaveJudges(ctx context.Context, id access.Identity, in []NewJudge) ([]Judge, error) {
	ctx, err := o.act(ctx, id, access.SaveJudges, access.Scope{Contest: id.Contest})
	if err != nil {
		return nil, err
	}
	judges := make([]contest.Judge, len(in))
	for i, j := range in {
		if err := j.Validate(); err != nil {
			return nil, err
		}
		judges[i], ctx = j.Judge, access.Over(ctx, string(j.ID), j.Rev)
	}
	if err := o.cfg.Record.SaveJudges(ctx, id.Contest, judges); err != nil {
		return nil, err
	}
	o.cfg.Feed.Settle(ctx)
	return o.Judges(ctx, id)
}

// DropJudge takes away a judge without sheets, with their links, and lists the
// others.
func (o *Office) DropJudge(ctx context.Context, id access.Identity, judge contest.JudgeID) ([]Judge, error) {
	ctx, err := o.act(ctx, id, access.DropJudge, access.Scope{Contest: id.Contest})
	if err != nil {
		return nil, err
	}
	if err := o.cfg.Record.DropJudge(ctx, id.Contest, judge); err != nil {
		return nil, err
	}
	o.cfg.Log.Info("judge removed", "judge_id", judge, "by", id.Name)
	o.cfg.Feed.Settle(ctx)
	return o.Judges(ctx, id)
}
