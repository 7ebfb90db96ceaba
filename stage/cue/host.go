package cue

import (
	"strings"

	"hecai/contest"
	"hecai/vote"
)

// HostView is the host's prompter: lines of the rundown, filled with what is
// public by now, and nothing else.
type HostView struct {
	Rev   int64     `json:"rev"`
	Now   *HostLine `json:"now"`
	Next  *HostNext `json:"next"`
	Timer *Timer    `json:"timer"`
	Ended bool      `json:"ended"`
}

// HostLine is what to say at this moment.
type HostLine struct {
	Title  string `json:"title"`
	Line   string `json:"line"`
	Vacant string `json:"vacant,omitempty"` // the award of which a place was just told to be vacant: Line speaks of a winner
}

// HostNext is what comes next. Line has "……" for everything not yet revealed.
type HostNext struct {
	Cue     string `json:"cue"`
	Title   string `json:"title"`
	Line    string `json:"line"`
	Step    int    `json:"step"`
	Steps   int    `json:"steps"`
	Armed   bool   `json:"armed"`
	Confirm bool   `json:"confirm"`
	Fire    bool   `json:"fire"` // the host may fire it now

	Closes []vote.BallotID `json:"closes"` // what it closes
}

// Host returns the host's view.
func Host(s *State) HostView {
	h := HostView{Rev: s.rev, Timer: s.timer, Ended: s.ended}
	if c := s.cue(s.last); c != nil {
		h.Now = &HostLine{Title: c.Title, Line: fill(s.script(c, s.cues[c.ID].step), s.told(c)), Vacant: s.vacant(c)}
	}
	c := s.cue(s.next())
	if c == nil || s.ended {
		return h
	}
	p := s.progress(c)
	step := p.step + 1
	h.Next = &HostNext{
		Cue: c.ID, Title: c.Title, Line: fill(s.script(c, step), s.coming(c, step)),
		Step: step, Steps: max(p.steps, s.steps(c)), Confirm: s.confirm(c, p, s.public()),
		Armed: s.armed == c.ID || c.Confirm && p.step > 0, Fire: s.hostMayFire(c), Closes: c.closes(p),
	}
	return h
}

// vacant is the name of the award of the cue if what it told last is that nobody
// has the place, or the whole level.
func (s *State) vacant(c *Cue) string {
	a, ok := c.reveal()
	if !ok || a.What != RevealAward || s.award == nil || s.award.Level != a.Award || s.award.Held || s.award.Winner != nil {
		return ""
	}
	for _, l := range s.awards {
		if l.Level == a.Award && s.award.Place == 0 && len(l.Winners) > 0 {
			return "" // a list with names
		}
	}
	return s.award.Name
}

// Doc returns the view as the top-level values of its topic.
func (h HostView) Doc() map[string]any {
	return map[string]any{
		"rev": h.Rev, "now": orNil(h.Now), "next": orNil(h.Next), "timer": orNil(h.Timer), "ended": h.Ended,
	}
}

// script is the line of a cue's step: that of its beat, else the cue's own.
func (s *State) script(c *Cue, step int) string {
	if a, ok := c.reveal(); ok && step >= 1 {
		if beats := s.afterEntry(c).beats(a); step <= len(beats) {
			if line, ok := c.Lines[beats[step-1].name]; ok {
				return line
			}
		}
	}
	return c.Line
}

// unrevealed stands in a line for what nobody may know yet.
const unrevealed = "……"

// fill replaces each {name} of a line by its value, or by dots.
func fill(line string, values map[string]string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(line, '{')
		end := strings.IndexByte(line, '}')
		if open < 0 || end < open {
			b.WriteString(line)
			return b.String()
		}
		b.WriteString(line[:open])
		if v := values[line[open+1:end]]; v != "" {
			b.WriteString(v)
		} else {
			b.WriteString(unrevealed)
		}
		line = line[end+1:]
	}
}

// fields returns the names that lines may use, "{score}" and so on.
func fields() []string {
	return []string{"entry", "team", "lead", "track", "award", "quota", "judge", "mark", "high", "low", "score",
		"winner", "winnerTeam", "winnerLead", "total", "winners", "voters"}
}

// coming are the values that a line may name before its step fires: those that
// the rundown itself has.
func (s *State) coming(c *Cue, step int) map[string]string {
	v := map[string]string{}
	seen := s.afterEntry(c)
	if seen.entry != nil {
		entryValues(v, *seen.entry)
	}
	a, ok := c.reveal()
	if !ok {
		return v
	}
	if award, ok := s.catalog.award(a.Award); ok {
		v["award"], v["quota"] = award.Name, count(s.places(award))
	}
	if beats := seen.beats(a); step <= len(beats) && beats[step-1].judge != "" {
		v["judge"] = s.catalog.judgeName(beats[step-1].judge)
	}
	return v
}

// told are the values that facts have made public.
func (s *State) told(c *Cue) map[string]string {
	v := map[string]string{}
	if seen := s.afterEntry(c); seen.entry != nil {
		entryValues(v, *seen.entry)
	}
	if m, ok := s.marks[s.focus]; ok {
		markValues(v, m)
	}
	if s.lastMark.Total != nil {
		v["judge"], v["mark"] = s.lastMark.Name, *s.lastMark.Total
	}
	if s.tally != nil {
		v["voters"] = count(int(s.tally.Voters))
	}
	if s.award == nil {
		return v
	}
	v["award"], v["quota"] = s.award.Name, count(s.award.Of)
	if w := s.award.Winner; w != nil {
		v["winner"], v["winnerTeam"], v["winnerLead"], v["total"] = w.Title, w.Team, w.Lead, w.Total
	}
	for _, l := range s.awards {
		if l.Level == s.award.Level {
			names := make([]string, 0, len(l.Winners))
			for _, w := range l.Winners {
				names = append(names, w.Title)
			}
			v["winners"] = strings.Join(names, "、")
		}
	}
	return v
}

func entryValues(v map[string]string, e contest.Card) {
	v["entry"], v["team"], v["lead"], v["track"] = e.Title, e.Team, e.Lead, e.TrackName
}

// markValues adds the score and the dropped extremes, once they are revealed.
func markValues(v map[string]string, m Marks) {
	if m.Score != nil {
		v["score"] = *m.Score
	}
	var high, low []string
	for _, j := range m.Judges {
		switch {
		case j.Dropped == nil || j.Total == nil:
		case *j.Dropped == "high":
			high = append(high, *j.Total)
		default:
			low = append(low, *j.Total)
		}
	}
	v["high"], v["low"] = strings.Join(high, "、"), strings.Join(low, "、")
}
