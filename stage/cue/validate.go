package cue

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"hecai/contest"
	"hecai/strict"
	"hecai/vote"
)

// Bounds of a rundown.
const (
	maxCues    = 500
	maxActions = 16
	maxID      = 32
	maxName    = 80   // runes
	maxText    = 1000 // runes
	maxPlan    = 24 * 3600
	maxAuto    = 3600
	maxArgs    = 16
)

// Validate lists everything that is wrong with the rundown, in its order; none
// means it can be run. c says which entries, ballots and awards exist.
func (r *Rundown) Validate(c Catalog) []strict.Problem {
	c = c.of(*r)
	own := r.Of(c.Show)
	r = &own
	v := &validator{Report: strict.NewReport(form), catalog: c, ids: map[string]int{}, reveals: map[string]int{}}
	v.slug("session", string(r.Session))
	v.text("title", r.Title, maxName, true)
	v.text("subtitle", r.Subtitle, maxName, false)
	if len(r.Cues) > maxCues {
		v.Add("cues", "rundown.too_many", "max", maxCues)
		return v.Problems()
	}
	for i := range r.Cues {
		v.cue(fmt.Sprintf("cues[%d]", i), i, &r.Cues[i])
	}
	return v.Problems()
}

type validator struct {
	*strict.Report
	catalog Catalog
	ids     map[string]int // cue id → index
	reveals map[string]int // what is revealed → index
	sealed  bool           // a cue before seals
}

func (v *validator) cue(path string, at int, c *Cue) {
	v.slug(path+".id", c.ID)
	if first, twice := v.ids[c.ID]; twice && c.ID != "" {
		v.Add(path+".id", "rundown.duplicate_id", "id", c.ID, "first", first)
	} else {
		v.ids[c.ID] = at
	}
	v.text(path+".title", c.Title, maxName, true)
	v.text(path+".detail", c.Detail, maxText, false)
	v.script(path+".line", c.Line)
	for _, name := range keys(c.Lines) {
		v.oneOf(path+".lines."+name, name, beatMark, beatTrim, beatScore, beatBoard, beatTally, beatVerify, beatHold, beatTurn, beatList)
		v.script(path+".lines."+name, c.Lines[name])
	}
	v.text(path+".group", c.Group, maxName, false)
	v.span(path+".plan", c.Plan, 0, maxPlan)
	v.span(path+".takes", c.Takes, 0, maxPlan)
	v.span(path+".auto", c.Auto, 0, maxAuto)
	v.span(path+".autoStep", c.AutoStep, 0, maxAuto)
	v.oneOf(path+".lane", c.Lane, "", laneDirector, laneHost)
	if len(c.Actions) == 0 || len(c.Actions) > maxActions {
		v.Add(path+".actions", "rundown.count", "min", 1, "max", maxActions)
	}
	reveals, grave := 0, false
	for i, a := range c.Actions {
		v.action(fmt.Sprintf("%s.actions[%d]", path, i), at, a)
		switch a.Kind {
		case doReveal:
			reveals++
			grave = grave || a.What == RevealAward
		case doSeal:
			grave = true
		}
	}
	if reveals > 1 {
		v.Add(path+".actions", "rundown.two_reveals")
	}
	if reveals > 0 && slices.ContainsFunc(c.Actions, func(a Action) bool {
		return slices.Contains([]string{doSheetsOpen, doSheetsLock, doSeal, doBallotOpen, doBallotClose}, a.Kind)
	}) {
		v.Add(path+".actions", "rundown.reveal_apart")
	}
	if a, ok := c.reveal(); ok && a.What == RevealVerify && c.Lane == laneHost {
		v.Add(path+".lane", "rundown.host_verify")
	}
	if grave && !c.Confirm {
		v.Add(path+".confirm", "rundown.needs_confirm")
	}
}

func (v *validator) action(path string, at int, a Action) {
	switch a.Kind {
	case doScene:
		v.oneOf(path+".scene", a.Scene, scenes()...)
		if len(a.Args) > maxArgs {
			v.Add(path+".args", "rundown.too_many", "max", maxArgs)
		}
		for _, k := range keys(a.Args) {
			v.slug(path+".args", k)
			v.text(path+".args."+strict.Clip(k), a.Args[k], maxText, false)
		}
	case doEntry:
		if _, ok := v.catalog.card(a.Entry); !ok {
			v.Add(path+".entry", "rundown.unknown_entry", "entry", strict.Clip(string(a.Entry)))
		}
	case doTimer:
		v.text(path+".label", a.Label, maxName, true)
		v.span(path+".seconds", a.Seconds, 1, maxSeconds)
	case doTimerStop, doEnd:
	case doBallotOpen:
		v.ballot(path, a.Ballot)
		v.span(path+".seconds", a.Seconds, 0, maxSeconds)
	case doBallotClose:
		v.ballot(path, a.Ballot)
	case doSheetsOpen, doSheetsLock:
		v.entry(path, a.Entry, true)
		if of := v.catalog.Reveals; of.another() {
			v.Add(path, "rundown.others_result", "session", of.Title)
		}
	case doSeal:
		if a.Ballot != "" {
			v.ballot(path, a.Ballot)
		}
		if v.sealed {
			v.Add(path, "rundown.sealed_twice")
		}
		if in := v.catalog.JoinedIn; in.another() {
			v.Add(path, "rundown.sealed_elsewhere", "session", in.Title)
		}
		v.sealed = true
	case doReveal:
		v.reveal(path, at, a)
	case doDanmaku:
		v.oneOf(path+".mode", a.Mode, DanmakuOff, DanmakuReview, DanmakuOpen)
	case doCamera:
		v.slug(path+".camera", a.Camera)
	default:
		v.Add(path+".kind", "rundown.unknown_kind", "kind", strict.Clip(a.Kind))
	}
}

func (v *validator) reveal(path string, at int, a Action) {
	key := ""
	switch a.What {
	case RevealMarks:
		key = "marks " + string(a.Entry)
		if a.Entry != "" {
			v.entry(path, a.Entry, false)
		} else {
			key = "" // the one shown, which may be another each time
		}
	case RevealTally:
		key = "tally " + string(a.Ballot)
		v.ballot(path, a.Ballot)
	case RevealAward:
		key = "award " + string(a.Award)
		if _, ok := v.catalog.award(a.Award); !ok {
			v.Add(path+".award", "rundown.unknown_award", "award", strict.Clip(string(a.Award)))
		}
	case RevealVerify:
		key = "verify"
	case RevealBoard:
		v.text(path+".label", a.Label, maxName, false)
		v.span(path+".from", a.From, 0, 1000)
		v.span(path+".top", a.Top, 0, 1000)
	default:
		v.Add(path+".what", "rundown.unknown_reveal", "what", strict.Clip(a.What))
		return
	}
	if a.What == RevealAward || a.What == RevealBoard || a.What == RevealVerify {
		if in := v.catalog.RevealedIn; in.another() {
			v.Add(path, "rundown.revealed_elsewhere", "what", a.What, "session", in.Title)
		} else if !v.sealed {
			v.Add(path, "rundown.before_seal", "what", a.What)
		}
	}
	if first, twice := v.reveals[key]; twice && key != "" {
		v.Add(path, "rundown.revealed_twice", "first", first)
	}
	v.reveals[key] = at
}

func (v *validator) entry(path string, id contest.EntryID, all bool) {
	if !v.catalog.own(id) && (!all || id != AllEntries) {
		v.Add(path+".entry", "rundown.unknown_entry", "entry", strict.Clip(string(id)))
	}
}

func (v *validator) ballot(path string, id vote.BallotID) {
	if !slices.Contains(v.catalog.Ballots, id) {
		v.Add(path+".ballot", "rundown.unknown_ballot", "ballot", strict.Clip(id.Name()))
	}
}

func (v *validator) span(path string, n, low, high int) {
	if n < low || n > high {
		v.Add(path, "rundown.range", "min", low, "max", high)
	}
}

func (v *validator) oneOf(path, s string, list ...string) {
	if !slices.Contains(list, s) {
		v.Add(path, "rundown.one_of", "got", strict.Clip(s), "want", strings.Join(list, " "))
	}
}

func (v *validator) slug(path, s string) {
	ok := s != "" && len(s) <= maxID && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
	if !ok {
		v.Add(path, "rundown.bad_id", "got", strict.Clip(s), "max", maxID)
	}
}

func (v *validator) text(path, s string, most int, needed bool) {
	switch {
	case needed && strings.TrimSpace(s) == "":
		v.Add(path, "rundown.required")
	case utf8.RuneCountInString(s) > most:
		v.Add(path, "rundown.too_long", "max", most)
	case !contest.Legible(s):
		v.Add(path, "rundown.bad_text")
	}
}

// script checks a line to say: its {names} must be ones that can be filled.
func (v *validator) script(path, s string) {
	v.text(path, s, maxText, false)
	for {
		open := strings.IndexByte(s, '{')
		end := strings.IndexByte(s, '}')
		if open < 0 && end < 0 {
			return
		}
		if open < 0 || end < open {
			v.Add(path, "rundown.bad_line")
			return
		}
		if name := s[open+1 : end]; !slices.Contains(fields(), name) {
			v.Add(path, "rundown.unknown_field_in_line", "name", strict.Clip(name))
		}
		s = s[end+1:]
	}
}

func keys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
