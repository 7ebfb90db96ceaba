package cue

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

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
// refused. It changes nothing: the stage carries the plan out, stores its facts
// and applies them.
func Decide(s *State, role string, cmd Command, now int64) (Plan, *fault.Error) {
	if s.ended {
		return Plan{}, fault.New(fault.Closed, "stage.ended", "session is over")
	}
	switch cmd.Kind {
	case "arm", "disarm", "fire", "skip", "next":
		return s.decideCue(role, cmd, now)
	}
	switch role {
	case RoleDirector, RoleOrganiser:
	case RoleModerator:
		if cmd.Kind != "danmaku" {
			return Plan{}, forbidden(role, cmd.Kind)
		}
	default:
		return Plan{}, forbidden(role, cmd.Kind)
	}
	return s.decideDesk(cmd, now)
}

func forbidden(role, kind string) *fault.Error {
	return fault.New(fault.Forbidden, "stage.forbidden", "%s may not %s", role, kind)
}

// decideCue decides what moves the rundown.
func (s *State) decideCue(role string, cmd Command, now int64) (Plan, *fault.Error) {
	if role != RoleDirector && role != RoleOrganiser && (role != RoleHost || cmd.Kind != "fire" && cmd.Kind != "next") {
		return Plan{}, forbidden(role, cmd.Kind)
	}
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
	p := s.cues[id]
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
			return Plan{}, forbidden(role, cmd.Kind)
		}
		return s.fire(c, p, now)
	}
	return plan, nil
}

// hostMayFire: the host's own lane, and what the director has armed.
func (s *State) hostMayFire(c *Cue) bool {
	if c.Confirm {
		return s.armed == c.ID || s.running == c.ID
	}
	return c.Lane == LaneHost
}

// next is the cue that "next" fires: the one with steps to come, else the armed
// one, else the first planned one after the last that was fired.
func (s *State) next() string {
	if s.cue(s.running) != nil {
		return s.running
	}
	if s.cue(s.armed) != nil {
		return s.armed
	}
	after := s.cue(s.last) == nil
	for _, c := range s.rundown.Cues {
		if after && !s.cues[c.ID].done() {
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
	case c.Confirm && p.step == 0 && s.armed != c.ID:
		return Plan{}, fault.New(fault.Conflict, "stage.not_armed", "cue %q", c.ID).With("cue", c.ID)
	case isReveal && s.running != c.ID && s.cue(s.running) != nil:
		return Plan{}, fault.New(fault.Conflict, "stage.running", "cue %q is running", s.running).With("cue", s.running)
	case isReveal && p.step > 0:
		return s.afterEntry(c).fireStep(reveal, cueFired{Cue: c.ID, Step: p.step + 1, Steps: p.steps})
	}
	fired := cueFired{Cue: c.ID, Step: 1, Steps: 1}
	var right Fired
	if isReveal {
		seen := s.afterEntry(c)
		var err *fault.Error
		if right, err = seen.fireReveal(reveal, 1); err != nil {
			return Plan{}, err
		}
		fired.Steps, fired.Beat, fired.Entry = seen.steps(c), right.beat.name, right.entry
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
	if card, ok := s.catalog.card(s.cues[c.ID].entry); ok {
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
			plan.Effects = append(plan.Effects, Effect{Op: a.Kind, Ballot: a.Ballot, Seconds: a.Seconds})
		case doSheetsOpen, doSheetsLock:
			if err := s.checkSheets(a); err != nil {
				return err
			}
			plan.Effects = append(plan.Effects, Effect{Op: a.Kind, Entry: a.Entry})
		case doSeal:
			if s.sealed {
				return fault.New(fault.Conflict, "stage.sealed", "sealed before")
			}
			plan.Effects = append(plan.Effects, Effect{Op: OpSeal, Ballot: a.Ballot})
		case doCamera:
			plan.Effects = append(plan.Effects, Effect{Op: OpCamera, Camera: a.Camera})
		case doEnd:
			plan.say(sessionEnded{})
		case doReveal:
			// planned by fire
		default:
			return fault.New(fault.Invalid, "stage.unknown_action", "action %q", a.Kind)
		}
	}
	return nil
}

func timerID(n int) string { return "t" + strconv.Itoa(n) }

// checkSheets refuses what would unlock or unseal.
func (s *State) checkSheets(a Action) *fault.Error {
	if _, known := s.catalog.card(a.Entry); a.Entry != AllEntries && !known {
		return fault.New(fault.NotFound, "stage.unknown_entry", "entry %q", a.Entry).With("entry", string(a.Entry))
	}
	if s.sealed {
		return fault.New(fault.Conflict, "stage.sealed", "sheets after the seal")
	}
	if a.Kind == doSheetsOpen && a.Entry != AllEntries && s.panels[a.Entry].locked {
		return fault.New(fault.Conflict, "stage.locked", "sheets of %q are locked", a.Entry).With("entry", string(a.Entry))
	}
	return nil
}

// decideDesk decides the emergency keys and corrections.
func (s *State) decideDesk(cmd Command, now int64) (Plan, *fault.Error) {
	var plan Plan
	switch cmd.Kind {
	case "extend":
		id := s.ballot
		if cmd.Name != "" {
			id = vote.BallotID(cmd.Name)
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
		plan.say(blackoutSet{cmd.On})
	case "camera":
		if cmd.Name == "" {
			return plan, fault.New(fault.Invalid, "stage.camera", "no camera named")
		}
		plan.Effects = append(plan.Effects, Effect{Op: OpCamera, Camera: cmd.Name})
	case "danmaku":
		if cmd.Text != DanmakuOff && cmd.Text != DanmakuReview && cmd.Text != DanmakuOpen {
			return plan, fault.New(fault.Invalid, "stage.danmaku", "mode %q", cmd.Text)
		}
		plan.say(danmakuMode{cmd.Text})
	case "notice":
		text, err := line(cmd.Text, maxNotice)
		if err != nil {
			return plan, err
		}
		plan.say(noticeShown{text})
	case "hide":
		reason, err := line(cmd.Reason, maxReason)
		if err != nil {
			return plan, err
		}
		if reason == "" {
			return plan, fault.New(fault.Invalid, "stage.reason", "hiding needs a reason")
		}
		plan.say(sceneHidden{reason})
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
	bad := !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && r != '\u3000' })
	if bad || utf8.RuneCountInString(text) > most {
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
	if s.cues[id].step > 0 && c.AutoStep > 0 {
		wait = c.AutoStep
	}
	return id, wait, c.Confirm && s.armed != id && s.cues[id].step == 0, s.movedAt
}

// IsArmed reports whether the cue is armed.
func (s *State) IsArmed(id string) bool { return s.armed == id }
