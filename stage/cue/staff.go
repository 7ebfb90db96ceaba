package cue

import (
	"slices"
	"strconv"
	"strings"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/vote"
)

// StaffView is the director's desk: the rundown and the health of the show,
// without any result that is not public.
type StaffView struct {
	Rev       int64             `json:"rev"`
	Starts    int64             `json:"starts"` // planned start of the session, unix ms; 0 = not known
	Cues      []StaffCue        `json:"cues"`
	Next      *string           `json:"next"`  // cue id
	Armed     *string           `json:"armed"` // cue id
	Ballots   []vote.StaffBoard `json:"ballots"`
	Judges    []StaffJudge      `json:"judges"` // by seat
	Need      int               `json:"need"`   // sheets that the entry on stage needs; 0 = none is being scored
	Screens   []Screen          `json:"screens"`
	Cameras   []Camera          `json:"cameras"`
	Audience  int               `json:"audience"`
	AckP99Ms  float64           `json:"ackP99Ms"`
	Blockers  []Blocker         `json:"blockers"`
	Decisions []Decision        `json:"decisions"` // in force

	Names   map[contest.EntryID]string `json:"names"` // titles of the entries that blockers and decisions are about
	Alarms  []Alarm                    `json:"alarms"`
	Queue   []QueuedMessage            `json:"danmakuQueue"`
	Preview *View                      `json:"preview"` // what the next cue will show, without results
}

// The parts of the director's desk.
type (
	// StaffCue is a line of the rundown and how far it is.
	StaffCue struct {
		ID      string `json:"id"`
		Title   string `json:"title"`
		Detail  string `json:"detail"`
		Group   string `json:"group"`
		Plan    int    `json:"plan"`
		Takes   int    `json:"takes"` // seconds; 0 = until the next one starts
		Fixed   bool   `json:"fixed"` // it starts at its time on the clock
		At      int64  `json:"at"`    // when it was fired first, unix ms; 0 = not yet
		State   string `json:"state"` // planned, armed, running, done, skipped
		Step    int    `json:"step"`
		Steps   int    `json:"steps"`
		Confirm bool   `json:"confirm"`
		Lane    string `json:"lane"`

		Closes []vote.BallotID `json:"closes"` // what its next step closes
	}
	// StaffJudge is a judge at the table. Done and Recused count for the entry
	// on stage.
	StaffJudge struct {
		ID      contest.JudgeID `json:"id"`
		Name    string          `json:"name"`
		Online  bool            `json:"online"`
		Done    bool            `json:"done"`
		Recused bool            `json:"recused"`
	}
	// Screen is a venue screen.
	Screen struct {
		Name    string `json:"name"`
		Online  bool   `json:"online"`
		Scene   string `json:"scene"`
		Version int64  `json:"version"` // of the state it shows
		Lag     int64  `json:"lag"`     // ms
	}
	// Camera is a source of the programme.
	Camera struct {
		Name       string `json:"name"`
		Label      string `json:"label"`
		State      string `json:"state"` // empty, live, lost
		OnAir      bool   `json:"onair"`
		KeyframeMs int64  `json:"keyframeMs"`
		Warning    string `json:"warning"`
	}
	// Blocker is a reason why the result can't be sealed, and what it is about:
	// only staff read it. A decision about the same ballot or entries clears it.
	Blocker struct {
		Code    string            `json:"code"`
		Text    string            `json:"text"`
		Award   contest.AwardID   `json:"award,omitempty"`
		Ballot  vote.BallotID     `json:"ballot,omitempty"`
		Entries []contest.EntryID `json:"entries,omitempty"` // in running order
	}
	// Alarm is something around the show that a person should know at once. Pages
	// tell it by the text "alarm.<code>", with the args in it.
	Alarm struct {
		Code string         `json:"code"`
		Args map[string]any `json:"args,omitempty"`
	}
	// QueuedMessage waits for a moderator.
	QueuedMessage struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Text string `json:"text"`
		At   int64  `json:"at"`
	}
)

// The codes of alarms.
const (
	AlarmBallotMissed = "ballot_missed" // args title: its whole time passed while nobody could vote
	AlarmClock        = "clock_differs" // args seconds: the machine's clock is off the one that counts
	AlarmSlept        = "machine_slept" // args minutes: the server stood still, and what ended meanwhile has ended
	AlarmStore        = "store_away"    // nothing can be stored at the moment
	AlarmStoreFull    = "store_full"    // the same, because the disk is full
	AlarmStoreLow     = "store_low"     // args megabytes: all is stored, and the disk is almost full
	AlarmStoreLog     = "store_log"     // all is stored, and the log grows for it can't be brought into the file
	AlarmRedis        = "redis_away"    // the nodes hear one another by another way, a little later
	AlarmFactsForged  = "facts_forged"  // stored facts do not follow their chain
	AlarmBallotAside  = "ballot_aside"  // args title: its rows contradict each other
	AlarmVotesChanged = "votes_changed" // args title: its stored votes are not those that were acknowledged
	AlarmAwardShort   = "award_short"   // args n, levels: too few entries for all places; vacant ones are passed over
)

// Staff returns the part of the director's desk that facts tell. The stage adds
// what is measured: ballots, screens, cameras and so on.
func Staff(s *State) StaffView {
	v := StaffView{
		Rev: s.rev, Starts: s.catalog.Starts, Cues: []StaffCue{}, Ballots: []vote.StaffBoard{}, Judges: []StaffJudge{}, Screens: []Screen{},
		Cameras: []Camera{}, Blockers: []Blocker{}, Names: map[contest.EntryID]string{}, Alarms: []Alarm{}, Queue: []QueuedMessage{}, Armed: orNone(s.armed),
		Decisions: append([]Decision{}, s.decisions...),
	}
	if !s.ended {
		v.Next = orNone(s.next())
	}
	known := s.public()
	for i := range s.rundown.Cues {
		c := &s.rundown.Cues[i]
		p := s.progress(c)
		row := StaffCue{ID: c.ID, Title: c.Title, Detail: c.Detail, Group: c.Group, Plan: c.Plan, Takes: c.Takes, Fixed: c.Fixed,
			At: p.at, Confirm: s.confirm(c, p, known), Lane: c.Lane, State: "planned", Step: p.step, Steps: p.steps, Closes: c.closes(p)}
		if row.Steps == 0 {
			row.Steps = s.steps(c)
		}
		switch {
		case p.skipped:
			row.State = "skipped"
		case p.done():
			row.State = "done"
		case p.step > 0:
			row.State = "running"
		case s.armed == c.ID:
			row.State = "armed"
		}
		v.Cues = append(v.Cues, row)
	}
	panel := s.panels[s.focus]
	done := map[contest.JudgeID]bool{}
	for _, d := range panel.judges {
		done[d.ID] = d.Done
	}
	for _, j := range s.catalog.Judges {
		v.Judges = append(v.Judges, StaffJudge{ID: j.ID, Name: j.Name, Done: done[j.ID], Recused: slices.Contains(panel.recused, j.ID)})
	}
	if panel.open && !panel.locked {
		v.Need = score.Quorum(s.catalog.Plan.Scoring, len(s.catalog.Judges), len(panel.recused))
	}
	if names := s.shortLevels(); len(names) > 0 && !s.sealed && len(s.catalog.Entries) > 0 {
		v.Alarms = append(v.Alarms, Alarm{Code: AlarmAwardShort, Args: map[string]any{"n": s.rankedEntries(), "levels": strings.Join(names, "、")}})
	}
	if v.Next != nil {
		preview := s.preview(*v.Next)
		v.Preview = &preview
	}
	return v
}

// Block puts what stands in the way of the seal on the desk.
func (v *StaffView) Block(s *State, list []Blocker) {
	v.Blockers = append(v.Blockers, list...)
	about := []contest.EntryID{}
	for _, b := range v.Blockers {
		about = append(about, b.Entries...)
	}
	for _, d := range v.Decisions {
		about = append(about, d.Entries...)
	}
	v.Names = make(map[contest.EntryID]string, len(about))
	for _, id := range about {
		if card, ok := s.catalog.card(id); ok {
			v.Names[id] = card.Title
		}
	}
}

// closes lists the ballots that the cue's next step closes.
func (c *Cue) closes(p progress) []vote.BallotID {
	out := []vote.BallotID{}
	for _, a := range c.Actions {
		if a.Kind == doBallotClose && p.step == 0 && !p.done() && !p.skipped {
			out = append(out, a.Ballot)
		}
	}
	return out
}

// confirm reports whether the cue's next step must be held: the first one where it
// must be armed, the others where the rundown says so.
func (s *State) confirm(c *Cue, p progress, known map[told]bool) bool {
	return c.Confirm || p.step == 0 && !p.done() && s.mustArmBeyond(c, known)
}

// preview is the public view as the cue's next step will make it, as far as
// that needs no result: a held card, never a turned one.
func (s *State) preview(id string) View {
	next := s.Clone()
	c := s.cue(id)
	if s.progress(c).step > 0 {
		return Public(next)
	}
	var plan Plan
	if err := s.act(&plan, c, s.at); err != nil {
		return Public(s)
	}
	for _, e := range plan.Effects {
		for _, f := range e.Facts {
			f.Seq, f.At = next.seq+1, s.at
			if next.Apply(f) != nil {
				return Public(s)
			}
		}
	}
	return Public(next)
}

// Doc returns the view as the top-level values of its topic.
func (v StaffView) Doc() map[string]any {
	return map[string]any{
		"rev": v.Rev, "starts": v.Starts, "cues": v.Cues, "next": orNil(v.Next), "armed": orNil(v.Armed), "ballots": v.Ballots,
		"judges": v.Judges, "need": v.Need, "screens": v.Screens, "cameras": v.Cameras, "audience": v.Audience,
		"ackP99Ms": v.AckP99Ms, "blockers": v.Blockers, "decisions": v.Decisions, "names": v.Names, "alarms": v.Alarms, "danmakuQueue": v.Queue, "preview": orNil(v.Preview),
	}
}

func orNone(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func count(n int) string { return strconv.Itoa(n) }
