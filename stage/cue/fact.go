package cue

import (
	"encoding/json"

	"hecai/contest"
	"hecai/vote"
)

// Fact is something that happened on stage, in the past tense. Facts are dense
// from Seq 1 within a session and are stored before anyone is told.
type Fact struct {
	Seq   int64           `json:"seq"`
	At    int64           `json:"at"`    // unix ms, never less than the fact before
	Actor string          `json:"actor"` // "director:name"; not public
	Kind  string          `json:"kind"`
	Body  json.RawMessage `json:"body"`
}

// Public reports whether everyone may read the fact (without its actor). The
// bookkeeping of consoles is not public, nor is a kind that is not named here.
func (f Fact) Public() bool {
	switch f.Kind {
	case kindSession, kindEnded, kindReopened, kindScene, kindHidden, kindEntry, kindTimer, kindTimerStop, kindCamera, kindBlackout, kindNotice, kindDanmaku,
		kindBallot, kindExtended, kindClosed, kindSheets, kindNoted, kindLocked, kindPanel,
		kindSealed, kindMark, kindTrim, kindScore, kindBoard, kindHeld, kindAward, kindTally, kindVerify:
		return true
	}
	return false
}

// moves reports whether the fact moves the rundown, so that a command made from
// what was there before it is stale. A decision does not: the host's page, which
// shows the revision, must not tell that there was something to decide. Nor does
// what was rehearsed.
func (f Fact) moves() bool {
	switch f.Kind {
	case kindArmed, kindDisarmed, kindFired, kindSkipped, kindRundown, kindReopened:
		return true
	}
	return false
}

// Event returns the fact as the public reads it: kind, time and the fields of
// its body.
func (f Fact) Event() map[string]any {
	var body map[string]json.RawMessage
	_ = json.Unmarshal(f.Body, &body) // Apply has read it
	out := make(map[string]any, len(body)+2)
	for k, v := range body {
		out[k] = v
	}
	out["kind"], out["at"] = f.Kind, f.At
	return out
}

// Body is the content of a fact. The set is closed: other packages can make
// only the exported ones, none of which can carry a result.
type Body interface{ kind() string }

// Make wraps a body. Seq, At and Actor are the stage's to fill in.
func Make(b Body) Fact {
	raw, err := json.Marshal(b)
	if err != nil {
		panic("cue: a fact's body can't be written: " + err.Error()) // only strings and numbers in there
	}
	return Fact{Kind: b.kind(), Body: raw}
}

// The kinds of fact.
const (
	kindSession   = "session_opened"
	kindRundown   = "rundown_changed"
	kindArmed     = "cue_armed"
	kindDisarmed  = "cue_disarmed"
	kindFired     = "cue_fired"
	kindSkipped   = "cue_skipped"
	kindScene     = "scene_shown"
	kindHidden    = "scene_hidden"
	kindEntry     = "entry_shown"
	kindTimer     = "timer_started"
	kindTimerStop = "timer_stopped"
	kindBallot    = "ballot_opened"
	kindExtended  = "ballot_extended"
	kindClosed    = "ballot_closed"
	kindSheets    = "sheets_opened"
	kindNoted     = "sheet_noted"
	kindLocked    = "sheets_locked"
	kindSealed    = "sealed"
	kindMark      = "mark_revealed"
	kindTrim      = "marks_trimmed"
	kindScore     = "score_revealed"
	kindBoard     = "board_revealed"
	kindHeld      = "award_held"
	kindAward     = "award_revealed"
	kindTally     = "tally_revealed"
	kindVerify    = "verification_shown"
	kindCamera    = "camera_switched"
	kindBlackout  = "blackout_set"
	kindNotice    = "notice_shown"
	kindDanmaku   = "danmaku_mode"
	kindEnded     = "session_ended"
	kindReopened  = "session_reopened"
	kindDecided   = "decided"
	kindDue       = "ballot_due"
	kindPanel     = "panel_seated"
	kindPurged    = "take_purged"
)

// Preparations are the kinds of facts that the office's own acts leave before anything
// happens in a show: it was opened, its rundown or its panel is another.
func Preparations() []string { return []string{kindSession, kindRundown, kindPanel} }

// SessionOpened says which session this is; again when its title changes. Older ones
// have a mode, which is the show's to say.
type SessionOpened struct {
	ID       contest.ShowID `json:"id"`
	Title    string         `json:"title"`
	Subtitle string         `json:"subtitle"`
}

// RundownChanged says that the organiser replaced the rundown. It moves the
// revision, so that no console fires from an old one.
type RundownChanged struct {
	Cues int `json:"cues"`
}

// PanelSeated says that somebody has left the panel. Sheets that are locked count
// as they were told.
type PanelSeated struct {
	Judges []contest.JudgeID `json:"judges"` // by seat
	Left   []contest.JudgeID `json:"left"`
}

// TakePurged says that a rehearsal of the show was taken out of the record: which, how
// long its chain was and what its last hash, and how much was voted in it.
type TakePurged struct {
	Take    contest.ShowID `json:"take"`
	Began   int64          `json:"began"` // unix ms
	Ended   int64          `json:"ended"`
	Facts   int64          `json:"facts"`
	Head    string         `json:"head"` // hash of the last fact, "" = there was none
	Ballots int64          `json:"ballots"`
	Papers  int64          `json:"papers"` // that were accepted, superseded ones too
}

// Purged reads a fact that says so, ok = false for any other.
func Purged(f Fact) (said TakePurged, ok bool) {
	return said, f.Kind == kindPurged && json.Unmarshal(f.Body, &said) == nil
}

// BallotDue says that a cue is about to open this round of a ballot. It is stored
// before the opening, so that a cue whose own facts were lost, and which is fired
// again, finds the round that it opened.
type BallotDue struct {
	Cue    string        `json:"cue"`
	Ballot vote.BallotID `json:"ballot"`
	Round  int           `json:"round"`
}

// BallotOpened says that a ballot takes votes until the public deadline.
type BallotOpened struct {
	Ballot   vote.BallotID `json:"ballot"`
	Title    string        `json:"title"`
	Round    int           `json:"round"`
	Deadline int64         `json:"deadline"` // the public one; 0 = closed by hand
}

// BallotExtended moves the public deadline.
type BallotExtended struct {
	Ballot   vote.BallotID `json:"ballot"`
	Deadline int64         `json:"deadline"`
}

// BallotClosed says that no more votes count.
type BallotClosed struct {
	Ballot vote.BallotID `json:"ballot"`
}

// SheetsOpened says that the judges may score these entries. Judges who have
// recused themselves are on no panel.
type SheetsOpened struct {
	Panels []OpenPanel `json:"panels"`
}

// OpenPanel is one entry whose sheets are open.
type OpenPanel struct {
	Entry   contest.EntryID   `json:"entry"`
	Judges  []Dot             `json:"judges"`            // by seat
	Recused []contest.JudgeID `json:"recused,omitempty"` // by seat
}

// SheetNoted says that a judge has handed in (or taken back, or left): who,
// never what.
type SheetNoted struct {
	Entry   contest.EntryID `json:"entry"`
	Judge   contest.JudgeID `json:"judge"`
	Done    bool            `json:"done"`
	Recused bool            `json:"recused,omitempty"`
}

// SheetsLocked says whose sheets count.
type SheetsLocked struct {
	Panels []LockedPanel `json:"panels"`
}

// LockedPanel is one entry whose sheets are locked. Trim says whether extremes
// are dropped, which depends on the number of judges and the rule alone.
type LockedPanel struct {
	Entry  contest.EntryID `json:"entry"`
	Title  string          `json:"title"`
	Judges []Dot           `json:"judges"` // those counted, by seat
	Trim   bool            `json:"trim"`
}

// ResultSealed says that the result is computed and stored, which ballots count
// in it and how many entries are ranked: that follows from the rundown, from who
// handed in and from decisions. It names no root, which would differ with the
// result.
type ResultSealed struct {
	Ballots []vote.BallotID `json:"ballots"`
	Ranked  int             `json:"ranked"`
}

// CameraSwitched says what the programme shows: a camera that is live, or the
// slate in its place.
type CameraSwitched struct {
	Camera string `json:"camera"`
	Label  string `json:"label"`
	State  string `json:"state"` // "live" or "slate"
}

// The bodies that only this package makes.
type (
	cueArmed struct {
		Cue string `json:"cue"`
	}
	cueDisarmed struct {
		Cue string `json:"cue"`
	}
	cueFired struct {
		Cue   string `json:"cue"`
		Step  int    `json:"step"`  // from 1
		Steps int    `json:"steps"` // Step == Steps ends the cue
		Beat  string `json:"beat,omitempty"`

		Entry contest.EntryID `json:"entry,omitempty"` // whose marks it reveals
		What  string          `json:"what,omitempty"`  // what it reveals, as Cue.what has it
	}
	cueSkipped struct {
		Cue string `json:"cue"`
	}

	sceneShown struct {
		Name string            `json:"name"`
		Args map[string]string `json:"args,omitempty"`
	}
	sceneHidden struct {
		Reason string `json:"reason"`
	}
	entryShown struct{ contest.Card }
	timerOn    struct {
		ID    string `json:"id"`
		Label string `json:"label"`
		Ends  int64  `json:"ends"`  // unix ms
		Total int    `json:"total"` // seconds
	}
	timerOff struct {
		ID string `json:"id"`
	}
	blackoutSet struct {
		On bool `json:"on"`
	}
	noticeShown struct {
		Text string `json:"text"`
	} // "" takes it away
	danmakuMode struct {
		Mode string `json:"mode"`
	}
	sessionEnded struct{}
)

// The bodies that carry results, made by Sealed.Step alone.
type (
	markRevealed struct {
		Entry contest.EntryID `json:"entry"`
		Judge contest.JudgeID `json:"judge"`
		Name  string          `json:"name"`
		Total string          `json:"total"` // "92.50"
	}
	marksTrimmed struct {
		Entry   contest.EntryID `json:"entry"`
		Dropped []drop          `json:"dropped"` // by judge id
	}
	drop struct {
		Judge contest.JudgeID `json:"judge"`
		Side  string          `json:"side"` // "high" or "low"
	}
	scoreRevealed struct {
		Entry contest.EntryID `json:"entry"`
		Score string          `json:"score"`
	}
	boardRevealed struct {
		Title string     `json:"title"`
		Rows  []BoardRow `json:"rows"`
	}
	awardHeld struct {
		Award contest.AwardID `json:"award"`
		Name  string          `json:"name"`
		Mode  string          `json:"mode"`
		Quota int             `json:"quota"`
		Place int             `json:"place"` // within the level, from 1; 0 for a list
		Of    int             `json:"of"`
	}
	awardRevealed struct {
		awardHeld
		Winners []Winner `json:"winners"` // one, or the whole list in running order; empty = vacant
	}
	tallyRevealed struct {
		Ballot vote.BallotID `json:"ballot"`
		Round  int           `json:"round"`
		Title  string        `json:"title"`
		Rows   []TallyRow    `json:"rows"`
		Voters int64         `json:"voters"`
	}
	verificationShown struct {
		Root   string `json:"root"`
		Leaves int64  `json:"leaves"`
	}
)

func (SessionOpened) kind() string     { return kindSession }
func (RundownChanged) kind() string    { return kindRundown }
func (PanelSeated) kind() string       { return kindPanel }
func (BallotDue) kind() string         { return kindDue }
func (TakePurged) kind() string        { return kindPurged }
func (BallotOpened) kind() string      { return kindBallot }
func (BallotExtended) kind() string    { return kindExtended }
func (BallotClosed) kind() string      { return kindClosed }
func (SheetsOpened) kind() string      { return kindSheets }
func (SheetNoted) kind() string        { return kindNoted }
func (SheetsLocked) kind() string      { return kindLocked }
func (ResultSealed) kind() string      { return kindSealed }
func (CameraSwitched) kind() string    { return kindCamera }
func (cueArmed) kind() string          { return kindArmed }
func (cueDisarmed) kind() string       { return kindDisarmed }
func (cueFired) kind() string          { return kindFired }
func (cueSkipped) kind() string        { return kindSkipped }
func (sceneShown) kind() string        { return kindScene }
func (sceneHidden) kind() string       { return kindHidden }
func (entryShown) kind() string        { return kindEntry }
func (timerOn) kind() string           { return kindTimer }
func (timerOff) kind() string          { return kindTimerStop }
func (blackoutSet) kind() string       { return kindBlackout }
func (noticeShown) kind() string       { return kindNotice }
func (danmakuMode) kind() string       { return kindDanmaku }
func (sessionEnded) kind() string      { return kindEnded }
func (markRevealed) kind() string      { return kindMark }
func (marksTrimmed) kind() string      { return kindTrim }
func (scoreRevealed) kind() string     { return kindScore }
func (boardRevealed) kind() string     { return kindBoard }
func (awardHeld) kind() string         { return kindHeld }
func (awardRevealed) kind() string     { return kindAward }
func (tallyRevealed) kind() string     { return kindTally }
func (verificationShown) kind() string { return kindVerify }
