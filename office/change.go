package office

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"hecai/access"
)

// changesPage is how many changes are read at once.
const changesPage = 50

// Bounds of what a change shows: a whole import would fill the page.
const (
	mostParts = 24
	mostText  = 160 // runes of one part
)

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
	Name  string      `json:"name"`  // what it is called; "" = by its id alone
	ID    string      `json:"id"`    // of what was changed; "" = several, or none with a name
	Parts []Part      `json:"parts"` // what is another now
	More  int         `json:"more"`  // parts that are not shown
}

// Part is a value that is another now; "" = none.
type Part struct {
	Path   string `json:"path"`
	Before string `json:"before"`
	After  string `json:"after"`
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
	for _, r := range rows {
		c := Change{No: r.No, At: r.At, Actor: r.Actor, Verb: r.Verb, ID: strings.TrimPrefix(r.ID, f.Contest+"/"), Name: cmp.Or(called(r.After), called(r.Before)), Parts: parts(r.Before, r.After)}
		if len(c.Parts) > mostParts {
			c.Parts, c.More = c.Parts[:mostParts], len(c.Parts)-mostParts
		}
		out.Rows = append(out.Rows, c)
	}
	return out, nil
}

// called is what a document calls itself.
func called(raw json.RawMessage) string {
	var doc struct{ Name, Title string }
	if len(raw) == 0 || json.Unmarshal(raw, &doc) != nil {
		return ""
	}
	return short(cmp.Or(doc.Name, doc.Title))
}

// parts compares two documents value by value.
func parts(before, after json.RawMessage) []Part {
	was, is := map[string]string{}, map[string]string{}
	flatten("", before, was)
	flatten("", after, is)
	all := maps.Clone(was)
	maps.Copy(all, is)
	out := []Part{}
	for _, path := range slices.Sorted(maps.Keys(all)) {
		fresh := len(before) == 0 && (path == "id" || is[path] == "0" || is[path] == "false") // says nothing of what is new
		if was[path] != is[path] && !fresh {
			out = append(out, Part{path, short(was[path]), short(is[path])})
		}
	}
	return out
}

// flatten writes the values of a document by their paths. What has an id stands under
// it, whatever its place in a list; a list of plain values is one value.
func flatten(path string, raw json.RawMessage, into map[string]string) {
	var v any
	if len(raw) > 0 && json.Unmarshal(raw, &v) == nil {
		walk(path, v, into)
	}
}

func walk(path string, v any, into map[string]string) {
	under := func(name string) string { return strings.TrimPrefix(path+"."+name, ".") }
	switch v := v.(type) {
	case map[string]any:
		for name, x := range v {
			walk(under(name), x, into)
		}
	case []any:
		if text, plain := joined(v); plain {
			into[path] = text
			return
		}
		for i, x := range v {
			name := fmt.Sprint(i + 1)
			if m, ok := x.(map[string]any); ok {
				if id, ok := m["id"].(string); ok && id != "" {
					name = id
				}
			}
			walk(under(name), x, into)
		}
	default:
		if text := plainly(v); text != "" {
			into[path] = text
		}
	}
}

// joined is a list of plain values as one.
func joined(list []any) (string, bool) {
	texts := make([]string, len(list))
	for i, x := range list {
		switch x.(type) {
		case map[string]any, []any:
			return "", false
		}
		texts[i] = plainly(x)
	}
	return strings.Join(texts, "、"), true
}

// plainly is a plain value as text; what is not there and what is empty are the same.
func plainly(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func short(text string) string {
	if r := []rune(text); len(r) > mostText {
		return string(r[:mostText]) + "…"
	}
	return text
}
