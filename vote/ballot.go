package vote

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"hecai/contest"
	"hecai/fault"
)

// Bounds of a ballot.
const (
	maxID      = 64
	maxTitle   = 120 // runes
	maxOptions = 2000
)

// maxVotes is the most picks of one window.
func (b *Ballot) maxVotes() int {
	if b.Quota.MaxVotes > 0 {
		return b.Quota.MaxVotes
	}
	return len(b.Options) * max(1, b.Quota.PerEntry)
}

// PublicDeadline is the end that clients are told, Grace before the true one;
// 0 = closed by hand.
func (b *Ballot) PublicDeadline() int64 {
	if b.Deadline == 0 {
		return 0
	}
	return b.Deadline - Grace
}

// Window names the quota window of an arrival: "" for the whole round, or the
// date in the quota's zone. An arrival in the grace after the public deadline
// belongs to the last day before it, so grace never opens a fresh day.
func (b *Ballot) Window(at int64) string {
	if b.Quota.Window != PerDay {
		return ""
	}
	if end := b.PublicDeadline(); end > b.OpenedAt && at >= end {
		at = end - 1
	}
	offset, _ := zoneOffset(b.Quota.TZ)
	return time.UnixMilli(at).UTC().Add(offset).Format(time.DateOnly)
}

// zoneOffset reads a fixed zone. The rules may not read the system's zone
// files, and China has kept +08:00 without summer time since 1991.
func zoneOffset(tz string) (time.Duration, bool) {
	switch tz {
	case "", "Asia/Shanghai":
		return 8 * time.Hour, true
	case "UTC":
		return 0, true
	}
	if len(tz) != len("+08:00") || tz[3] != ':' || tz[0] != '+' && tz[0] != '-' {
		return 0, false
	}
	h, errH := strconv.ParseUint(tz[1:3], 10, 8)
	m, errM := strconv.ParseUint(tz[4:6], 10, 8)
	if errH != nil || errM != nil || h > 14 || m > 59 {
		return 0, false
	}
	d := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	if tz[0] == '-' {
		d = -d
	}
	return d, true
}

// Opened returns the ballot as it stands once opened at now with the deadline
// (0 = closed by hand). An open ballot only gets the new deadline. One that has
// closed stays closed: its votes would fall out of the result without a word.
// One whose window was missed may still be opened, since nobody has voted.
func (b Ballot) Opened(now, deadline int64) (Ballot, error) {
	if deadline != 0 && deadline <= now {
		return b, fault.New(fault.Invalid, "ballot.deadline", "deadline %d is not after %d", deadline, now)
	}
	switch {
	case b.State == StateOpen:
		b.Deadline = deadline
		return b, nil
	case b.State == StateDraft, b.State == StateArmed, b.Missed():
		b.State, b.Round, b.OpenedAt, b.Deadline = StateOpen, b.Round+1, now, deadline
		return b, nil
	case b.State == StateClosed:
		return b, fault.New(fault.Conflict, "ballot.closed", "ballot %s closed in round %d", b.ID, b.Round).With("round", b.Round)
	}
	return b, fault.New(fault.Conflict, "ballot.revealed", "ballot %s is %s", b.ID, b.State)
}

// Rearmed returns the closed ballot as it waits for another round, which counts
// in place of those before it; note says to everyone why. Its schedule is gone,
// so it opens by hand. Nothing that was revealed is voted on again.
func (b Ballot) Rearmed(note string) (Ballot, error) {
	note = strings.TrimSpace(note)
	switch {
	case note == "" || utf8.RuneCountInString(note) > maxTitle:
		return b, fault.New(fault.Invalid, "ballot.note", "reason has %d runes", utf8.RuneCountInString(note)).With("max", maxTitle)
	case b.State == StateRevealed:
		return b, fault.New(fault.Conflict, "ballot.revealed", "ballot %s is %s", b.ID, b.State)
	case b.State != StateClosed || b.Round == 0:
		return b, fault.New(fault.Conflict, "ballot.not_closed", "ballot %s is %s in round %d", b.ID, b.State, b.Round)
	}
	b.State, b.OpensAt, b.ClosesAt, b.Note = StateArmed, 0, 0, note
	return b, nil
}

// Skipped returns the armed ballot as it stands once its window has passed
// without an opening. It opens no more by itself; rounds before it stand.
func (b Ballot) Skipped() (Ballot, error) {
	if b.State != StateArmed {
		return b, fault.New(fault.Conflict, "vote.not_open", "ballot %s is %s", b.ID, b.State)
	}
	b.State = StateClosed
	return b, nil
}

// Missed reports whether the window of a ballot passed without an opening.
func (b *Ballot) Missed() bool { return b.State == StateClosed && b.Round == 0 }

// Due says what the schedule asks of a ballot at now, and with which deadline.
// An opening by schedule always carries the scheduled end: a window that is over
// is skipped, never opened without one.
func (b *Ballot) Due(now int64) (Schedule, int64) {
	switch {
	case b.State == StateOpen && b.Deadline != 0 && b.Deadline < now: // the deadline's own millisecond still counts
		return ScheduleClose, 0
	case b.State != StateArmed || b.OpensAt == 0 || b.OpensAt > now:
		return ScheduleNothing, 0
	case b.ClosesAt == 0:
		return ScheduleOpen, 0
	case b.ClosesAt <= now:
		return ScheduleSkip, 0
	}
	return ScheduleOpen, b.ClosesAt + Grace
}

// NextDue is the instant at which Due asks for something; 0 = never.
func (b *Ballot) NextDue() int64 {
	switch {
	case b.State == StateOpen && b.Deadline != 0:
		return b.Deadline + 1
	case b.State == StateArmed && b.OpensAt != 0:
		return b.OpensAt
	}
	return 0
}

// Writable checks what an organiser writes now, beyond what every stored ballot
// keeps: the level is one of those offered (an older record may hold the one
// between, which a ticket meets too), and a window that has passed already is a
// slip of the hand.
func (b *Ballot) Writable(now int64) error {
	if b.Level != LevelDevice && b.Level != LevelTicket {
		return fault.New(fault.Invalid, "ballot.level", "level %d is not offered", b.Level)
	}
	if b.ClosesAt != 0 && b.ClosesAt <= now {
		return fault.New(fault.Invalid, "ballot.past", "closes %d, now %d", b.ClosesAt, now).With("closesAt", b.ClosesAt)
	}
	return nil
}

// Shut returns the ballot as it stands once closed. Closing twice is no error
// and changes nothing. The deadline stays: it still says which day a late
// retry belongs to.
func (b Ballot) Shut() (Ballot, error) {
	switch b.State {
	case StateOpen:
		b.State = StateClosed
		return b, nil
	case StateClosed, StateRevealed:
		return b, nil
	}
	return b, fault.New(fault.Conflict, "vote.not_open", "ballot %s is %s", b.ID, b.State).With("opensAt", b.OpensAt)
}

// Frozen reports whether the rules of b may no longer change into those of
// next, because votes were taken under them.
func (b *Ballot) Frozen(next Ballot) bool {
	if b.Round == 0 {
		return false
	}
	return b.Quota != next.Quota || b.Level != next.Level || !slices.Equal(b.Options, next.Options)
}

// Validate checks a ballot as an organiser wrote it. The fault names the first
// thing that is wrong.
func (b *Ballot) Validate() error {
	bad := func(code, format string, args ...any) error {
		return fault.New(fault.Invalid, "ballot."+code, format, args...)
	}
	switch {
	case !ValidName(string(b.ID)):
		return bad("id", "%q is not 1..%d of a-z 0-9 - _ .", b.ID, maxID)
	case strings.TrimSpace(b.Title) == "" || utf8.RuneCountInString(b.Title) > maxTitle || !contest.Legible(b.Title):
		return bad("title", "want 1..%d characters that can be read, not %q", maxTitle, b.Title)
	case len(b.Options) == 0 || len(b.Options) > maxOptions:
		return bad("options", "%d options", len(b.Options))
	case !slices.Contains([]Visibility{Hidden, Count, Live}, b.Visibility):
		return bad("visibility", "%q", b.Visibility)
	case !slices.Contains([]State{StateDraft, StateArmed, StateOpen, StateClosed, StateRevealed}, b.State):
		return bad("state", "%q", b.State)
	case b.Level < LevelDevice || b.Level > LevelTicket:
		return bad("level", "level %d", b.Level)
	case b.OpensAt < 0 || b.ClosesAt < 0 || b.OpensAt > 0 && b.ClosesAt > 0 && b.ClosesAt <= b.OpensAt:
		return bad("schedule", "opens %d, closes %d", b.OpensAt, b.ClosesAt)
	}
	seen := map[string]bool{}
	for i, o := range b.Options {
		if o.No != i+1 || o.Entry == "" || seen[string(o.Entry)] {
			return bad("options", "option %d is no %d, entry %q", i+1, o.No, o.Entry)
		}
		seen[string(o.Entry)] = true
	}
	return b.validateQuota(bad)
}

func (b *Ballot) validateQuota(bad func(string, string, ...any) error) error {
	q := b.Quota
	if _, ok := zoneOffset(q.TZ); !ok {
		return bad("timezone", "%q", q.TZ)
	}
	if q.Window != "" && q.Window != PerBallot && q.Window != PerDay {
		return bad("window", "%q", q.Window)
	}
	if min(q.MaxVotes, q.PerEntry, q.PerTrack, q.MinPicks) < 0 || max(q.MaxVotes, q.PerEntry) > maxOptions {
		return bad("quota", "a limit is negative or above %d", maxOptions)
	}
	if reach := b.reach(); q.MinPicks > reach {
		return bad("quota", "least picks %d, but at most %d are possible", q.MinPicks, reach)
	}
	return nil
}

// reach is the most picks that all limits together allow in one window.
func (b *Ballot) reach() int {
	per := max(1, b.Quota.PerEntry)
	tracks := map[string]int{}
	for _, o := range b.Options {
		tracks[string(o.Track)] += per
	}
	total := 0
	for _, n := range tracks {
		if b.Quota.PerTrack > 0 {
			n = min(n, b.Quota.PerTrack)
		}
		total += n
	}
	return min(total, b.maxVotes())
}

// ValidName reports whether a ballot may be called this in its log.
func ValidName(s string) bool {
	name, _, _ := strings.Cut(contest.KeyName(s), "~")
	return contest.ValidKey(s) && len(name) <= maxID && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}

// ClosedRounds lists the rounds that take no more votes, the last first.
func (b Ballot) ClosedRounds() []int {
	last := b.Round
	if b.State == StateOpen {
		last--
	}
	out := make([]int, 0, max(0, last))
	for r := last; r >= 1; r-- {
		out = append(out, r)
	}
	return out
}
