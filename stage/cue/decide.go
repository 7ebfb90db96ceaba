package cue

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
)

// Bounds of commands.
const (
	maxNotice  = 120       // runes
	maxSeconds = 24 * 3600 // of a timer or an extension
	maxReason  = maxNotice // runes
)

// Decide says what a command of the role causes at the time, or why it is
// refused. Which roles give commands of the kind was asked before; of the role it
// depends only which cues a host may fire. It changes nothing: the stage carries the
// plan out, stores its facts and applies them.
func Decide(s *State, role string, cmd Command, now int64) (Plan, *fault.Error) {
	if s.ended && cmd.Kind != "reopen" && cmd.Kind != "publish" {
		return Plan{}, fault.New(fault.Closed, "stage.ended", "session is over")
	}
	switch cmd.Kind {
	case "arm", "disarm", "fire", "skip", "next":
		return s.decideCue(role, cmd, now)
	}
	return s.decideDesk(cmd, now)
}

// decideCue decides what moves the rundown.
func (s *State) decideCue(role string, cmd Command, now int64) (Plan, *fault.Error) {
	if cmd.Rev != s.rev {
		return Plan{}, fault.New(fault.Conflict, "stage.stale_rev", "saw revision %d, have %d", cmd.Rev, s.rev).With("rev", s.rev)
	}
	id := cmd.Cue
	if cmd.Kind == "next" {
		if id = s.next(); id == "" {
			return Plan{}, fault.New(fault.Conflict, "stage.no_next", "no planned cue is left")
		}
	}
	c := s.cue(id)
	if c == nil {
		return Plan{}, fault.New(fault.NotFound, "stage.unknown_cue", "cue %q", id).With("cue", id)
	}
	p := s.progress(c)
	if s.cues[id].step == 0 && !s.cues[id].skipped && s.nobodyOn(c) {
		return Plan{}, fault.New(fault.Conflict, "stage.vacant", "nobody is on the level of cue %q", id).With("cue", id)
	}
	if p.done() {
		return Plan{}, fault.New(fault.Conflict, "stage.done", "cue %q is done", id).With("cue", id)
	}
	var plan Plan
	switch cmd.Kind {
	case "arm":
		switch {
		case s.armed == id:
			return Plan{}, fault.New(fault.Conflict, "stage.armed", "cue %q is armed", id).With("cue", id)
		case s.cue(s.armed) != nil:
			return Plan{}, fault.New(fault.Conflict, "stage.other_armed", "cue %q is armed", s.armed).With("cue", s.armed)
		case p.step > 0:
			return Plan{}, fault.New(fault.Conflict, "stage.running", "cue %q is running", id).With("cue", id)
		}
		plan.say(cueArmed{id})
	case "disarm":
		if s.armed != id {
			return Plan{}, fault.New(fault.Conflict, "stage.not_armed", "cue %q", id).With("cue", id)
		}
		plan.say(cueDisarmed{id})
	case "skip":
		plan.say(cueSkipped{id})
	default:
		if role == RoleHost && !s.hostMayFire(c) {
			return Plan{}, fault.New(fault.Forbidden, "stage.forbidden", "the host may not fire %q", id)
		}
		return s.fire(c, p, now)
	}
	return plan, nil
}

// hostMayFire: the host's own lane, and what the director has armed; never the
// seal's whole content.
func (s *State) hostMayFire(c *Cue) bool {
	if a, ok := c.reveal(); ok && a.What == RevealVerify {
		return false
	}
	if s.armed == c.ID || s.runningCue() != nil && s.running == c.ID {
		return true
	}
	return c.Lane == laneHost && !s.mustArm(c)
}

// next is the cue that "next" fires: the one with steps to come, else the armed
// one, else the first planned one after the last that was fired.
func (s *State) next() string {
	if c := s.runningCue(); c != nil {
		return c.ID
	}
	if s.cue(s.armed) != nil {
		return s.armed
	}
	after := s.cue(s.last) == nil
	for i := range s.rundown.Cues {
		c := &s.rundown.Cues[i]
		if after && !s.progress(c).done() {
			return c.ID
		}
		after = after || c.ID == s.last
	}
	return ""
}

// cue returns the cue of the rundown, nil for one that was taken out since.
func (s *State) cue(id string) *Cue {
	for i := range s.rundown.Cues {
		if s.rundown.Cues[i].ID == id {
			return &s.rundown.Cues[i]
		}
	}
	return nil
}

// fire plans the next step of a cue.
func (s *State) fire(c *Cue, p progress, now int64) (Plan, *fault.Error) {
	reveal, isReveal := c.reveal()
	switch {
	case isReveal && s.runningCue() != nil && s.running != c.ID:
		return Plan{}, fault.New(fault.Conflict, "stage.running", "cue %q is running", s.running).With("cue", s.running)
	case isReveal && p.step > 0:
		return s.afterEntry(c).fireStep(reveal, cueFired{Cue: c.ID, Step: p.step + 1, Steps: p.steps, What: c.what()})
	}
	fired := cueFired{Cue: c.ID, Step: 1, Steps: 1, What: c.what()}
	var right Fired
	if isReveal {
		seen := s.afterEntry(c)
		var err *fault.Error
		if right, err = seen.fireReveal(reveal, 1); err != nil {
			return Plan{}, err
		}
		fired.Steps, fired.Beat, fired.Entry = seen.steps(c), right.beat.name, right.entry
	}
	if s.armed != c.ID && s.mustArm(c) {
		return Plan{}, fault.New(fault.Conflict, "stage.not_armed", "cue %q", c.ID).With("cue", c.ID)
	}
	var plan Plan
	plan.say(fired)
	if err := s.act(&plan, c, now); err != nil {
		return Plan{}, err
	}
	if isReveal {
		plan.Effects = append(plan.Effects, Effect{Op: OpReveal, Fired: right})
	}
	return plan, nil
}

// afterEntry is the state with the entry card that the cue itself shows, or with
// that of the reveal that it has begun: it says whose marks a reveal without an
// entry means, whatever card was shown since.
func (s *State) afterEntry(c *Cue) *State {
	if card, ok := s.catalog.card(s.progress(c).entry); ok {
		seen := s.Clone()
		seen.entry = &card
		return seen
	}
	for _, a := range c.Actions {
		if card, ok := s.catalog.card(a.Entry); ok && a.Kind == doEntry {
			seen := s.Clone()
			seen.entry = &card
			return seen
		}
	}
	return s
}

// fireStep plans a further step of a reveal.
func (s *State) fireStep(reveal Action, fired cueFired) (Plan, *fault.Error) {
	right, err := s.fireReveal(reveal, fired.Step)
	if err != nil {
		return Plan{}, err
	}
	fired.Beat, fired.Entry = right.beat.name, right.entry
	var plan Plan
	plan.say(fired)
	plan.Effects = append(plan.Effects, Effect{Op: OpReveal, Fired: right})
	return plan, nil
}

// act plans a cue's actions other than its reveal.
func (s *State) act(plan *Plan, c *Cue, now int64) *fault.Error {
	timers := s.timers
	for _, a := range c.Actions {
		switch a.Kind {
		case doScene:
			plan.say(sceneShown{Name: a.Scene, Args: a.Args})
		case doEntry:
			card, ok := s.catalog.card(a.Entry)
			if !ok {
				return fault.New(fault.NotFound, "stage.unknown_entry", "entry %q", a.Entry).With("entry", string(a.Entry))
			}
			plan.say(entryShown{card})
		case doTimer:
			timers++
			plan.say(timerOn{ID: timerID(timers), Label: a.Label, Ends: now + int64(a.Seconds)*1000, Total: a.Seconds})
		case doTimerStop:
			plan.say(timerOff{ID: timerID(timers)})
		case doDanmaku:
			plan.say(danmakuMode{a.Mode})
		case doBallotOpen, doBallotClose:
			if s.sealed && a.Kind == doBallotOpen {
				return fault.New(fault.Conflict, "stage.sealed", "ballot %q would open after the seal", a.Ballot)
			}
			plan.Effects = append(plan.Effects, Effect{Op: a.Kind, Ballot: a.Ballot, Seconds: a.Seconds, Cue: c.ID, Round: s.due[dueKey(c.ID, a.Ballot)]})
		case doSheetsOpen, doSheetsLock:
			if err := s.checkSheets(a); err != nil {
				return err
			}
			plan.Effects = append(plan.Effects, Effect{Op: a.Kind, Entry: a.Entry})
			if a.Kind == doSheetsLock && (a.Entry == AllEntries || a.Entry == s.focus) {
				s.stopTimer(plan, c) // the time to score is over
			}
		case doSeal:
			if s.sealed {
				return fault.New(fault.Conflict, "stage.sealed", "sealed before")
			}
			if in := s.catalog.JoinedIn; in.another() {
				return fault.New(fault.Conflict, "stage.sealed_elsewhere", "it is sealed in %s", in.Show).With("session", in.Title)
			}
			plan.Effects = append(plan.Effects, Effect{Op: OpSeal, Ballot: a.Ballot})
		case doCamera:
			plan.Effects = append(plan.Effects, Effect{Op: OpCamera, Camera: a.Camera})
		case doEnd:
			s.stopTimer(plan, c)
			plan.say(sessionEnded{})
		case doReveal:
			// planned by fire
		default:
			return fault.New(fault.Invalid, "stage.unknown_action", "action %q", a.Kind)
		}
	}
	return nil
}

// stopTimer plans the end of the timer that ran before the cue, unless the cue
// has a word on timers itself.
func (s *State) stopTimer(plan *Plan, c *Cue) {
	own := func(a Action) bool { return a.Kind == doTimer || a.Kind == doTimerStop }
	if s.timer != nil && !slices.ContainsFunc(c.Actions, own) {
		plan.say(timerOff{ID: s.timer.ID})
	}
}

func timerID(n int) string { return "t" + strconv.Itoa(n) }

// checkSheets refuses what would unlock or unseal.
func (s *State) checkSheets(a Action) *fault.Error {
	if a.Entry != AllEntries && !s.catalog.own(a.Entry) {
		return fault.New(fault.NotFound, "stage.unknown_entry", "entry %q", a.Entry).With("entry", string(a.Entry))
	}
	if of := s.catalog.Reveals; of.another() {
		return fault.New(fault.Conflict, "stage.others_result", "the result is that of %s", of.Show).With("session", of.Title)
	}
	if s.sealed {
		return fault.New(fault.Conflict, "stage.sealed", "sheets after the seal")
	}
	if a.Kind == doSheetsOpen && a.Entry != AllEntries && s.panels[a.Entry].locked {
		return fault.New(fault.Conflict, "stage.locked", "sheets of %q are locked", a.Entry).With("entry", string(a.Entry))
	}
	return nil
}

// decideDesk decides the emergency keys and corrections. What is set already is
// set without a fact, so that a command sent twice counts once.
func (s *State) decideDesk(cmd Command, now int64) (Plan, *fault.Error) {
	var plan Plan
	switch cmd.Kind {
	case "decide":
		return s.decide(cmd)
	case "reopen":
		return s.reopen(cmd)
	case "publish":
		return s.publish()
	case "extend":
		id := s.ballot
		if cmd.Name != "" {
			id = vote.BallotID(cmd.Name).Of(s.catalog.Show)
		}
		if !s.ballots[id].open {
			return plan, fault.New(fault.Conflict, "stage.no_ballot", "no open ballot %q", id)
		}
		if cmd.Seconds == 0 || cmd.Seconds > maxSeconds || cmd.Seconds < -maxSeconds {
			return plan, badSeconds(cmd.Seconds)
		}
		plan.Effects = append(plan.Effects, Effect{Op: OpBallotExtend, Ballot: id, Seconds: cmd.Seconds})
	case "timer_add":
		return s.addTime(cmd.Seconds, now)
	case "blackout":
		if s.blackout != cmd.On {
			plan.say(blackoutSet{cmd.On})
		}
	case "camera":
		if cmd.Name == "" {
			return plan, fault.New(fault.Invalid, "stage.camera", "no camera named")
		}
		plan.Effects = append(plan.Effects, Effect{Op: OpCamera, Camera: cmd.Name})
	case "danmaku":
		if cmd.Text != DanmakuOff && cmd.Text != DanmakuReview && cmd.Text != DanmakuOpen {
			return plan, fault.New(fault.Invalid, "stage.danmaku", "mode %q", cmd.Text)
		}
		if s.danmaku != cmd.Text {
			plan.say(danmakuMode{cmd.Text})
		}
	case "notice":
		text, err := line(cmd.Text, maxNotice)
		if err != nil {
			return plan, err
		}
		if s.notice == nil && text != "" || s.notice != nil && s.notice.Text != text {
			plan.say(noticeShown{text})
		}
	case "hide":
		reason, err := line(cmd.Reason, maxReason)
		if err != nil {
			return plan, err
		}
		if reason == "" {
			return plan, fault.New(fault.Invalid, "stage.reason", "hiding needs a reason")
		}
		if s.scene == nil || s.scene.Name != "message" || s.scene.Args["kind"] != "correction" || s.scene.Args["text"] != reason {
			plan.say(sceneHidden{reason})
		}
	default:
		return plan, fault.New(fault.Invalid, "stage.unknown_command", "command %q", cmd.Kind)
	}
	return plan, nil
}

// addTime moves the end of the timer on stage.
func (s *State) addTime(seconds int, now int64) (Plan, *fault.Error) {
	var plan Plan
	if s.timer == nil {
		return plan, fault.New(fault.Conflict, "stage.no_timer", "no timer runs")
	}
	if seconds == 0 || seconds > maxSeconds || seconds < -maxSeconds {
		return plan, badSeconds(seconds)
	}
	t := timerOn(*s.timer)
	t.Ends = max(t.Ends+int64(seconds)*1000, min(now, t.Ends))
	t.Total = min(max(t.Total+seconds, 1), maxSeconds)
	plan.say(t)
	return plan, nil
}

func badSeconds(n int) *fault.Error {
	return fault.New(fault.Invalid, "stage.seconds", "%d seconds", n).With("max", maxSeconds)
}

// line checks a text for one line on screen.
func line(text string, most int) (string, *fault.Error) {
	text = strings.TrimSpace(text)
	if !contest.Legible(text) || strings.Contains(text, "\n") || utf8.RuneCountInString(text) > most {
		return "", fault.New(fault.Invalid, "stage.text", "text is too long or not one line").With("max", most)
	}
	return text, nil
}

// Next is what "next" fires: the cue, the seconds that the rundown plans before
// it, and whether it must be armed first. moved is when the rundown last moved,
// 0 = never. Without a next cue the id is "".
func (s *State) Next() (id string, wait int, arm bool, moved int64) {
	id = s.next()
	c := s.cue(id)
	if c == nil {
		return "", 0, false, s.movedAt
	}
	wait = c.Auto
	begun := s.progress(c).step > 0
	if begun && c.AutoStep > 0 {
		wait = c.AutoStep
	}
	return id, wait, s.armed != id && !begun && s.mustArm(c), s.movedAt
}

// IsArmed reports whether the cue is armed.
func (s *State) IsArmed(id string) bool { return s.armed == id }
