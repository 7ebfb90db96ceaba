package office

import (
	"context"
	"strings"

	"hecai/access"
	"hecai/contest"
	"hecai/contest/plan"
	"hecai/fault"
)

// NewContest is another contest of the record: by a plan of its own, else by a copy of
// the one that it is made from.
type NewContest struct {
	Code      string       `json:"code"`
	Name      string       `json:"name"`      // "" = as in the plan
	ShortName string       `json:"shortName"` // likewise
	From      contest.Date `json:"from"`      // first day, with which all others move; "" = as in the plan
	Plan      string       `json:"plan"`      // file; "" = a copy
}

// MadeContest is a contest that was just made.
type MadeContest struct {
	Code contest.Code `json:"code"`
}

// MakeContest adds a contest, with a session of each event of its plan. Who makes it
// runs it.
func (o *Office) MakeContest(ctx context.Context, id access.Identity, in NewContest) (MadeContest, error) {
	ctx, err := o.act(ctx, id, access.MakeContest, access.Scope{Contest: id.Contest})
	if err != nil {
		return MadeContest{}, err
	}
	p, body, err := o.edition(id.Contest, in)
	if err != nil {
		return MadeContest{}, err
	}
	code := contest.Code(p.Code)
	err = o.cfg.Desk.Found(ctx, id, code, func(ctx context.Context, runs access.User) error {
		return o.cfg.Record.AddContest(ctx, p, body, runs)
	})
	if err != nil {
		return MadeContest{}, err
	}
	o.cfg.Feed.Settle(ctx)
	o.cfg.Log.Info("contest made", "contest", code, "by", id.Name)
	return MadeContest{code}, nil
}

// edition is the plan that is asked for, and its file.
func (o *Office) edition(from contest.Code, in NewContest) (*contest.Plan, []byte, error) {
	p, e := o.cfg.Plan(from), plan.Edition{Code: strings.TrimSpace(in.Code), Name: in.Name, ShortName: in.ShortName, From: in.From}
	if in.Plan != "" {
		given, problems := plan.Parse([]byte(in.Plan))
		if len(problems) > 0 {
			return nil, nil, fault.New(fault.Invalid, "contest.plan", "%d mistakes", len(problems)).With("problems", problems)
		}
		p = given
	}
	if (in.Plan == "" || e.Code != "") && !contest.ValidID(e.Code) {
		return nil, nil, fault.New(fault.Invalid, "contest.code", "code %q", e.Code)
	}
	made, body, problems := e.Of(p)
	if len(problems) > 0 {
		return nil, nil, fault.New(fault.Invalid, "contest.plan", "%d mistakes", len(problems)).With("problems", problems)
	}
	return made, body, nil
}
