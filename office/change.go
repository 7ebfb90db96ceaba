package office

import (
	"cmp"
	"context"
	"strings"

	"hecai/access"
	"hecai/contest"
)

// changesPage is how many changes are read at once.
const changesPage = 50

// mostParts bounds what a change shows: a whole import would fill the page.
const mostParts = 24

// Changes is a page of what was done in the office, newest first.
type Changes struct {
	Rows   []Change      `json:"rows"`
	Older  int64         `json:"older"`  // ask below this for the next page; 0 = there is none
	Actors []string      `json:"actors"` // who has ever done something
	Verbs  []access.Verb `json:"verbs"`  // what can be done
}

// Change is one act, as a person reads it.
type Change struct {
	No    int64       `json:"no"`
	At    int64       `json:"at"`
	Actor string      `json:"actor"`
	Verb  access.Verb `json:"verb"`
	New   bool        `json:"new"`  // what was changed was not there before
	Noun  string      `json:"noun"` // what kind of thing it is: "entry", "lineup"
	Name  string      `json:"name"` // what it is called; "" = by its id alone
	ID    string      `json:"id"`   // of what was changed; "" = several, or none with a name
	Of    string      `json:"of"`   // the session that it belongs to, by its name
	Take  int         `json:"take"` // the rehearsal of the session that it is; 0 = none
	Parts []Part      `json:"parts"`
	More  int         `json:"more"` // parts that are not shown
}

// noted are the verbs that leave a change.
var noted = []access.Verb{
	access.MakeContest, access.ImportEntries, access.SetStanding, access.SaveJudges, access.DropJudge, access.SaveSession, access.DropSession, access.SetEntries, access.SetPanel, access.BeginTake, access.EndTake, access.PurgeTake,
	access.SaveRundown, access.SaveBallot, access.OpenBallot, access.ExtendBallot, access.CloseBallot, access.RearmBallot,
	access.PublishBallot, access.DropBallot, access.SaveCamera, access.DropCamera, access.MakeLink, access.RevokeLink, access.MakeAccount, access.InviteAccount,
	access.DisableAccount, access.EnableAccount, access.MakeTickets, access.ReleaseTicket,
}

// Changes tells what was done in the office, and by whom.
func (o *Office) Changes(ctx context.Context, id access.Identity, f access.ChangeFilter) (Changes, error) {
	if err := id.Allow(access.ReadChanges, access.Scope{Contest: id.Contest}); err != nil {
		return Changes{}, err
	}
	f.Contest, f.Limit = string(id.Contest), changesPage+1
	rows, err := o.cfg.Record.Changes(ctx, f)
	if err != nil {
		return Changes{}, err
	}
	out := Changes{Rows: []Change{}, Actors: []string{}, Verbs: noted}
	who, err := o.cfg.Record.Changers(ctx, id.Contest)
	if err != nil {
		return Changes{}, err
	}
	out.Actors = append(out.Actors, who...)
	if len(rows) > changesPage {
		rows = rows[:changesPage]
		out.Older = rows[changesPage-1].No
	}
	names, err := o.known(ctx, id.Contest)
	if err != nil {
		return Changes{}, err
	}
	for _, r := range rows {
		out.Rows = append(out.Rows, names.change(r))
	}
	return out, nil
}

// known reads what a contest's things are called.
func (o *Office) known(ctx context.Context, in contest.Code) (known, error) {
	n := known{map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}, map[string]contest.Track{}}
	entries, err := o.cfg.Record.Entries(ctx, in)
	if err != nil {
		return n, err
	}
	judges, err := o.cfg.Record.Judges(ctx, in)
	if err != nil {
		return n, err
	}
	for _, e := range entries {
		n.entries[string(e.ID)] = e.Title
	}
	for _, j := range judges {
		n.judges[string(j.ID)] = j.Name
	}
	for _, b := range o.ballots(in) {
		n.ballots[b.ID.Name()] = b.Title
	}
	for _, s := range o.cfg.Shows.Sessions(in) {
		name := string(s.ID.Session())
		n.sessions[name] = s.Title
		for _, c := range o.cfg.Cameras.Cameras(s.ID) {
			n.cameras[name+"/"+c.Name] = c.Label
		}
	}
	plan := o.cfg.Plan(in)
	for _, a := range plan.Awards {
		n.awards[string(a.ID)] = a.Name
	}
	for _, t := range plan.Tracks {
		n.tracks[string(t.ID)] = t
	}
	return n, nil
}

// change is a row for people.
func (n known) change(r access.Change) Change {
	id := strings.TrimPrefix(r.ID, r.Contest+"/")
	show, camera, _ := strings.Cut(id, "/")
	show, _, _ = strings.Cut(show, "~")
	was, is := read(r.Before), read(r.After)
	t := teller{noun: nounOf(r.Verb), home: show, names: n, parts: []Part{}}
	doc, _ := is.(object)
	if doc == nil {
		doc, _ = was.(object)
	}
	c := Change{No: r.No, At: r.At, Actor: r.Actor, Verb: r.Verb, New: was == nil, Noun: t.noun, ID: id, Take: contest.KeyTake(r.ID)}
	switch t.noun {
	case "session", "lineup", "panel", "rundown", "take":
		c.Name = cmp.Or(n.sessions[show], doc.text("title"))
	case "link":
		c.Name = short(n.holder(doc))
	case "camera":
		c.ID, c.Of, c.Name = camera, n.sessions[show], doc.text("label")
	case "entry":
		c.Name = cmp.Or(doc.text("title"), n.entries[id])
	default:
		c.Name = short(cmp.Or(doc.text("name"), doc.text("title")))
	}
	t.compare("", nil, nil, was, is)
	if c.Parts = t.parts; len(c.Parts) > mostParts {
		c.Parts, c.More = c.Parts[:mostParts], len(c.Parts)-mostParts
	}
	return c
}
