package contest

import (
	"slices"
	"time"
	"unicode/utf8"

	"hecai/fault"
)

// sessionKinds are what a session may be: preliminary, defence, final, award
// ceremony, salon, roadshow, or another event.
var sessionKinds = [...]string{PhasePrelim, "defence", PhaseFinal, EventCeremony, EventSalon, EventRoadshow, "other"}

// Session is what the office says of a session (场次); what happens there is its
// rundown's.
type Session struct {
	Show     ShowID `json:"id"`       // the session's show itself
	Title    string `json:"title"`    // 1..60 characters
	Subtitle string `json:"subtitle"` // up to 60
	Kind     string `json:"kind"`     // one of sessionKinds
	Date     Date   `json:"date"`     // in the plan's zone, "" = not set yet
	Time     string `json:"time"`     // when it begins that day, "09:30", "" = not set yet
	Place    string `json:"place"`    // up to 60

	Reveals SessionID   `json:"reveals"` // the session whose result is revealed here, "" = its own
	Joins   []SessionID `json:"joins"`   // the sessions whose scores are in this one's result too, in running order
}

// SessionState is where a session stands, as people say it.
type SessionState string

// The states of a session, see cue.State.Stands.
const (
	SessionPlanned    SessionState = "planned"    // its show has not begun
	SessionRehearsing SessionState = "rehearsing" // a rehearsal of it is on
	SessionLive       SessionState = "live"       // its show is under way
	SessionEnded      SessionState = "ended"
)

// longest is how many characters a line about a session may have.
const longest = 60

// Validate returns session.invalid with the "field" that cannot be kept.
func (s Session) Validate() error {
	field := ""
	for _, f := range []struct {
		name, text string
		least      int
	}{{"title", s.Title, 1}, {"subtitle", s.Subtitle, 0}, {"place", s.Place, 0}} {
		if n := utf8.RuneCountInString(f.text); n < f.least || n > longest || OneLine(f.text) != f.text || !Legible(f.text) {
			field = f.name
		}
	}
	_, badTime := time.Parse("15:04", s.Time)
	switch {
	case !ValidID(string(s.Show.Session())) || s.Show.Take() > 0:
		field = "id"
	case !slices.Contains(sessionKinds[:], s.Kind):
		field = "kind"
	case s.Date != "" && !s.Date.Valid():
		field = "date"
	case s.Reveals != "" && (!ValidID(string(s.Reveals)) || s.Reveals == s.Show.Session()):
		field = "reveals"
	case s.Reveals != "" && len(s.Joins) > 0 || !distinct(s.Joins, s.Show.Session()):
		field = "joins"
	case s.Time != "" && (badTime != nil || len(s.Time) != len("15:04") || s.Date == ""):
		field = "time"
	}
	if field != "" {
		return fault.New(fault.Invalid, "session.invalid", "%s", field).With("field", field)
	}
	return nil
}

// Starts is when the session is planned to begin, in unix milliseconds; 0 while its
// day or its time is not set.
func (s Session) Starts(zone *time.Location) int64 {
	at, err := time.ParseInLocation("2006-01-02 15:04", string(s.Date)+" "+s.Time, zone)
	if err != nil {
		return 0
	}
	return at.UnixMilli()
}

// distinct reports whether the ids have the form of one, are different, and none is own.
func distinct(ids []SessionID, own SessionID) bool {
	for i, id := range ids {
		if !ValidID(string(id)) || id == own || slices.Contains(ids[:i], id) {
			return false
		}
	}
	return true
}

// Compare orders sessions by day and time; those without a day come last.
func (s Session) Compare(o Session) int {
	key := func(s Session) string {
		if s.Date == "" {
			return "~"
		}
		return string(s.Date) + s.Time
	}
	switch a, b := key(s), key(o); {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
