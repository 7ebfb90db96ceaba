package cue

import (
	"strconv"

	"hecai/contest"
	"hecai/vote"
)

// StaffView is the director's desk: the rundown and the health of the show,
// without any result that is not public.
type StaffView struct {
	Rev      int64             `json:"rev"`
	Cues     []StaffCue        `json:"cues"`
	Next     *string           `json:"next"`  // cue id
	Armed    *string           `json:"armed"` // cue id
	Ballots  []vote.StaffBoard `json:"ballots"`
	Judges   []StaffJudge      `json:"judges"`
	Screens  []Screen          `json:"screens"`
	Cameras  []Camera          `json:"cameras"`
	Audience int               `json:"audience"`
	AckP99Ms float64           `json:"ackP99Ms"`
	Blockers []Blocker         `json:"blockers"`
	Queue    []QueuedMessage   `json:"danmakuQueue"`
	Preview  *View             `json:"preview"` // what the next cue will show, without results
}

// The parts of the director's desk.
type (
	// StaffCue is a line of the rundown and how far it is.
	StaffCue struct {
		ID      string `json:"id"`
		Title   string `json:"title"`
		Detail  string `json:"detail"`
		Plan    int    `json:"plan"`
		State   string `json:"state"` // planned, armed, running, done, skipped
		Step    int    `json:"step"`
		Steps   int    `json:"steps"`
		Confirm bool   `json:"confirm"`
		Lane    string `json:"lane"`
	}
	// StaffJudge is a judge at the table. Done counts for the entry on stage.
	StaffJudge struct {
		ID     contest.JudgeID `json:"id"`
		Name   string          `json:"name"`
		Online bool            `json:"online"`
		Done   bool            `json:"done"`
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
	// Blocker is a reason why the result can't be sealed. It names no entry.
	Blocker struct {
		Code string `json:"code"`
		Text string `json:"text"`
	}
	// QueuedMessage waits for a moderator.
	QueuedMessage struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Text string `json:"text"`
		At   int64  `json:"at"`
	}
)

// Staff returns the part of the director's desk that facts tell. The stage adds
// what is measured: ballots, screens, cameras and so on.
func Staff(s *State) StaffView {
	v := StaffView{
		Rev: s.rev, Cues: []StaffCue{}, Ballots: []vote.StaffBoard{}, Judges: []StaffJudge{}, Screens: []Screen{},
		Cameras: []Camera{}, Blockers: []Blocker{}, Queue: []QueuedMessage{}, Armed: orNone(s.armed),
	}
	if !s.ended {
		v.Next = orNone(s.next())
	}
	for i := range s.rundown.Cues {
		c := &s.rundown.Cues[i]
		p := s.cues[c.ID]
		row := StaffCue{ID: c.ID, Title: c.Title, Detail: c.Detail, Plan: c.Plan, Confirm: c.Confirm,
			Lane: c.Lane, State: "planned", Step: p.step, Steps: p.steps}
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
	done := map[contest.JudgeID]bool{}
	for _, d := range s.panels[s.focus].judges {
		done[d.ID] = d.Done
	}
	for _, j := range s.catalog.Judges {
		v.Judges = append(v.Judges, StaffJudge{ID: j.ID, Name: j.Name, Done: done[j.ID]})
	}
	if v.Next != nil {
		preview := s.preview(*v.Next)
		v.Preview = &preview
	}
	return v
}

// preview is the public view as the cue's next step will make it, as far as
// that needs no result: a held card, never a turned one.
func (s *State) preview(id string) View {
	next := s.Clone()
	c := s.cue(id)
	if s.cues[id].step > 0 {
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
		"rev": v.Rev, "cues": v.Cues, "next": orNil(v.Next), "armed": orNil(v.Armed), "ballots": v.Ballots,
		"judges": v.Judges, "screens": v.Screens, "cameras": v.Cameras, "audience": v.Audience,
		"ackP99Ms": v.AckP99Ms, "blockers": v.Blockers, "danmakuQueue": v.Queue, "preview": orNil(v.Preview),
	}
}

func orNone(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func count(n int) string { return strconv.Itoa(n) }
