package contest

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// Code names a contest in a record: Plan.Code, "JL-2024".
type Code string

// ShowID names a show: a session of a contest, "JL-2024/final", or a take in
// which it is rehearsed, "JL-2024/final~2". It keys what is kept of the show: its
// facts, seals, sheets, messages, cameras, ballots and links. Only its parts have
// a meaning; to all but the edge it is opaque.
//
// In a document it stands by its Name: who is told the document asked within a
// contest. What is read is put back into the contest by In.
type ShowID string

// NewShow names a take of a session; 0 is the show itself.
func NewShow(code Code, session SessionID, take int) ShowID {
	return ShowID(Key(code, string(session), take))
}

// Contest is the contest that the show is of.
func (id ShowID) Contest() Code { return KeyContest(string(id)) }

// Session is the session that the show is a take of.
func (id ShowID) Session() SessionID {
	name, _, _ := strings.Cut(id.Name(), "~")
	return SessionID(name)
}

// Take is the number of a rehearsal's take; 0 = the show itself.
func (id ShowID) Take() int { return KeyTake(string(id)) }

// Live is the show that a take rehearses; the show itself is its own.
func (id ShowID) Live() ShowID { return NewShow(id.Contest(), id.Session(), 0) }

// Name is what the show is called within its contest: "final", "final~2".
func (id ShowID) Name() string { return KeyName(string(id)) }

// In puts a name that was read into its contest; a whole id stays as it is.
func (id ShowID) In(code Code) ShowID { return ShowID(KeyIn(string(id), code)) }

// MarshalJSON writes the name.
func (id ShowID) MarshalJSON() ([]byte, error) { return json.Marshal(id.Name()) }

// Take is a rehearsal of a session in the real installation: a show of its own. One
// of a session is on at a time.
type Take struct {
	Show    ShowID    `json:"show"`
	Session SessionID `json:"session"`
	No      int       `json:"take"`   // dense from 1 within the contest, never given again
	Began   int64     `json:"began"`  // unix ms, as the others
	Ended   int64     `json:"ended"`  // 0 = it is on; nothing happens in it any more
	Purged  int64     `json:"purged"` // 0 = what was done in it is there
	By      string    `json:"by"`     // who began it
}

// On reports whether the take is the show that is on.
func (t Take) On() bool { return t.Ended == 0 }

// keyForm is the form of a key: of a show or of anything else that belongs to a
// contest and has takes.
var keyForm = regexp.MustCompile(`^(?:[A-Za-z0-9][A-Za-z0-9-]{0,31}/)?[A-Za-z0-9._-]{1,64}(?:~[1-9][0-9]{0,5})?$`)

// ValidKey reports whether s has the form of a key, with its contest or without.
func ValidKey(s string) bool { return keyForm.MatchString(s) }

// parseShow reads what a client calls a show of the contest: its name, or its
// whole id. ok is false for what can't be one and for another contest's.
func parseShow(code Code, s string) (id ShowID, ok bool) {
	id = ShowID(s).In(code)
	return id, ValidKey(s) && id.Contest() == code
}

// Within is parseShow, "" for what is none of the contest's: nothing is found under it.
func (id ShowID) Within(code Code) ShowID {
	if found, ok := parseShow(code, string(id)); ok {
		return found
	}
	return ""
}

// Key is the whole name of a thing of a contest: "CODE/name", and "~take" behind
// it for what is a rehearsal's.
func Key(code Code, name string, take int) string {
	if take > 0 {
		name += "~" + strconv.Itoa(take)
	}
	return KeyIn(name, code)
}

// KeyContest is the contest of a key, "" if it names none.
func KeyContest(key string) Code {
	if code, _, ok := strings.Cut(key, "/"); ok {
		return Code(code)
	}
	return ""
}

// KeyName is a key without its contest.
func KeyName(key string) string {
	if _, name, ok := strings.Cut(key, "/"); ok {
		return name
	}
	return key
}

// KeyTake is the take of a key; 0 = none.
func KeyTake(key string) int {
	_, take, _ := strings.Cut(key, "~")
	n, _ := strconv.Atoi(take)
	return n
}

// KeyIn puts a name into a contest. What names its contest already, and nothing
// at all, stays as it is.
func KeyIn(key string, code Code) string {
	if key == "" || code == "" || KeyContest(key) != "" {
		return key
	}
	return string(code) + "/" + key
}
