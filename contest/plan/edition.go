package plan

import (
	"encoding/json"
	"slices"

	"hecai/contest"
	"hecai/strict"
)

// Edition is what is another in a contest that is made from a plan. An empty field
// stays as it is there.
type Edition struct {
	Code      string
	Name      string
	ShortName string
	From      contest.Date // first day; all days of the plan move along
}

// Of makes the plan and its file. What a plan can't be is told by path, as of a file.
func (e Edition) Of(p *contest.Plan) (*contest.Plan, []byte, []strict.Problem) {
	next := *p
	for _, set := range []struct {
		field *string
		value string
	}{{&next.Code, e.Code}, {&next.Name, e.Name}, {&next.ShortName, e.ShortName}} {
		if set.value != "" {
			*set.field = contest.OneLine(set.value)
		}
	}
	if e.From != "" {
		move(&next, e.From)
	}
	body, err := json.MarshalIndent(next, "", "  ")
	if err != nil {
		return nil, nil, []strict.Problem{{Code: "file.syntax"}}
	}
	made, problems := Parse(body)
	for i := range problems {
		problems[i].Line = 0 // nobody has seen that file
	}
	return made, body, problems
}

// move lets the season begin on another day. A day of the week that was typed for the
// old one is not true of the new.
func move(p *contest.Plan, from contest.Date) {
	if !from.Valid() || !p.From.Valid() {
		p.From = from
		return
	}
	days := p.From.DaysUntil(from)
	if days == 0 {
		return
	}
	p.From, p.To = from, p.To.AddDays(days)
	p.Phases, p.Events = slices.Clone(p.Phases), slices.Clone(p.Events)
	for i := range p.Phases {
		ph := &p.Phases[i]
		ph.From, ph.To, ph.Weekday = ph.From.AddDays(days), ph.To.AddDays(days), ""
	}
	for i := range p.Events {
		e := &p.Events[i]
		e.Date, e.Weekday = e.Date.AddDays(days), ""
	}
}
