package office

import (
	"context"

	"hecai/access"
	"hecai/contest"
	"hecai/contest/score"
	"hecai/fault"
	"hecai/stage/cue"
	"hecai/vote"
)

// TaskKind is what is left to do.
type TaskKind string

// What may be left to do before a session.
const (
	taskRundown TaskKind = "rundown" // it has no cue
	taskEntries TaskKind = "entries" // nobody is on it
	taskQuorum  TaskKind = "quorum"  // the panel is smaller than the rules need: an entry could not be placed
	taskHost    TaskKind = "host"    // nobody has a host's link
	taskJudges  TaskKind = "judges"  // judges have no link
	taskBallot  TaskKind = "ballot"  // it has entries that are not on its session
	taskSeal    TaskKind = "seal"    // another session reveals its result, and none of its cues seals it
)

// Task is something that is left to do before a session.
type Task struct {
	Show  contest.ShowID `json:"session"`
	Kind  TaskKind       `json:"kind"`
	Have  int            `json:"have"`  // judges on the panel
	Need  int            `json:"need"`  // of them
	Title string         `json:"title"` // of the ballot, or of the session that reveals the result
	Names []string       `json:"names"` // of judges or entries
}

// todo lists what is left to do, session by session: under a seal nothing, and after the
// end nothing but the seal itself.
func (o *Office) todo(ctx context.Context, in contest.Code) ([]Task, error) {
	out := []Task{}
	links, err := o.cfg.Desk.Links(ctx, in)
	if err != nil {
		return nil, err
	}
	for _, s := range o.cfg.Shows.Sessions(in) {
		if sealed, err := o.cfg.Shows.Sealed(s.ID); err != nil || sealed {
			continue // a show that has just gone has nothing left to do either
		}
		c, err := o.catalog(ctx, s.ID)
		if err != nil {
			return nil, err
		}
		r, err := o.rundown(ctx, s.ID)
		if err != nil {
			return nil, err
		}
		put := func(t Task) {
			t.Show = s.ID
			if t.Names == nil {
				t.Names = []string{}
			}
			out = append(out, t)
		}
		if c.RevealedIn.Show != "" && len(r.Cues) > 0 && !r.Seals() {
			put(Task{Kind: taskSeal, Title: c.RevealedIn.Title})
		}
		if s.State == contest.SessionEnded {
			continue
		}
		if len(r.Cues) == 0 {
			put(Task{Kind: taskRundown})
		}
		if len(c.Entries) == 0 && (len(r.Cues) == 0 || marked(s.Kind, r)) {
			put(Task{Kind: taskEntries})
		}
		if need := quorum(c, s.Kind, r); len(c.Judges) < need {
			put(Task{Kind: taskQuorum, Have: len(c.Judges), Need: need})
		}
		if !linked(links, s.ID, access.Host, "") {
			put(Task{Kind: taskHost})
		}
		if names := unlinked(links, s.ID, c.Judges); len(names) > 0 && marked(s.Kind, r) {
			put(Task{Kind: taskJudges, Have: len(c.Judges) - len(names), Need: len(c.Judges), Names: names})
		}
		for _, b := range o.ballots(in) {
			if names, err := o.strangers(ctx, b, c); err != nil {
				return nil, err
			} else if len(names) > 0 {
				put(Task{Kind: taskBallot, Title: b.Title, Names: names})
			}
		}
	}
	return out, nil
}

// rundown reads what a session's is, if it has one.
func (o *Office) rundown(ctx context.Context, show contest.ShowID) (cue.Rundown, error) {
	r, err := o.cfg.Record.Rundown(ctx, show)
	if fault.KindOf(err) == fault.NotFound {
		err = nil
	}
	return r, err
}

// marked reports whether judges mark in a session: its rundown says so, or will.
func marked(kind string, r cue.Rundown) bool {
	return r.Marked() || len(r.Cues) == 0 && (kind == contest.PhaseFinal || kind == "defence")
}

// quorum is how many judges a session needs, 0 where nobody marks.
func quorum(c cue.Catalog, kind string, r cue.Rundown) int {
	if !marked(kind, r) {
		return 0
	}
	return score.Quorum(c.Plan.Scoring, len(c.Judges), 0)
}

// linked reports whether there is a link for a role, of anyone or of one of a name.
func linked(links []access.Link, show contest.ShowID, role access.Role, name string) bool {
	for _, l := range links {
		if !l.Revoked && l.Show == show && l.Role == string(role) && (name == "" || l.Name == name) {
			return true
		}
	}
	return false
}

// unlinked names the judges without a link.
func unlinked(links []access.Link, show contest.ShowID, judges []contest.Judge) (names []string) {
	for _, j := range judges {
		if !linked(links, show, access.Judge, string(j.ID)) {
			names = append(names, j.Name)
		}
	}
	return names
}

// strangers names the entries of a ballot that are not on its session, while the ballot
// can be changed.
func (o *Office) strangers(ctx context.Context, b vote.Ballot, c cue.Catalog) (names []string, err error) {
	if b.Show != c.Show || b.Round > 0 || b.State != vote.StateDraft && b.State != vote.StateArmed {
		return nil, nil
	}
	on := map[contest.EntryID]bool{}
	for _, e := range c.InResult() {
		on[e.ID] = true
	}
	var missing []contest.EntryID
	for _, x := range b.Options {
		if !on[x.Entry] {
			missing = append(missing, x.Entry)
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	all, err := o.cfg.Record.Entries(ctx, c.Show.Contest())
	if err != nil {
		return nil, err
	}
	title := map[contest.EntryID]string{}
	for _, e := range all {
		title[e.ID] = e.Title
	}
	for _, id := range missing {
		if title[id] == "" {
			title[id] = string(id)
		}
		names = append(names, title[id])
	}
	return names, nil
}
