// Package vote holds the rules of voting: what a ballot is, whether a cast may
// be counted, how a tally moves, and which board the public may see. It is
// pure: the same values in give the same values out, with no clock, no I/O and
// no goroutine, so any number of callers may use it at once. The ballot box
// (vote/box) decides in which order casts come; the store keeps them and calls
// Resolve inside its transaction.
//
// All times are unix milliseconds of the server's clock; 0 means none.
package vote

import (
	"encoding/json"

	"hecai/contest"
	"hecai/fault"
)

// BallotID names a ballot in a record: "JL-2024/popularity", and in a rehearsal's
// take "JL-2024/popularity~1". It goes into ledger records. The name within its
// contest is 1..64 characters of a-z, 0-9, '-', '_' and '.'. In a document it stands
// by that name, as a contest.ShowID does.
type BallotID string

// Contest is the contest that the ballot is of, "" for a mere name.
func (id BallotID) Contest() contest.Code { return contest.KeyContest(string(id)) }

// Name is what the ballot is called within its contest.
func (id BallotID) Name() string { return contest.KeyName(string(id)) }

// In puts a name that was read into its contest; a whole id stays as it is.
func (id BallotID) In(code contest.Code) BallotID { return BallotID(contest.KeyIn(string(id), code)) }

// Within is the ballot of the contest that a client calls so, "" for what is none of
// its: nothing is found under it.
func (id BallotID) Within(code contest.Code) BallotID {
	if in := id.In(code); in.Contest() == code && ValidName(string(in)) {
		return in
	}
	return ""
}

// Of is the ballot that a show means by a name, which in a rehearsal's take is the
// take's own.
func (id BallotID) Of(show contest.ShowID) BallotID {
	if take := show.Take(); id != "" && take > 0 && contest.KeyTake(string(id)) == 0 {
		return BallotID(contest.Key(show.Contest(), id.Name(), take))
	}
	return id.In(show.Contest())
}

// MarshalJSON writes the name.
func (id BallotID) MarshalJSON() ([]byte, error) { return json.Marshal(id.Name()) }

// Option is one entry a voter may pick. No is 1..n within its ballot, in the
// order the public sees (draw order, never rank).
type Option struct {
	No    int             `json:"no"`
	Entry contest.EntryID `json:"entry"`
	Track contest.TrackID `json:"track"`
}

// Visibility says which figures the public may see before the reveal.
type Visibility string

// The visibilities.
const (
	Hidden Visibility = "hidden" // nothing
	Count  Visibility = "count"  // how many people took part
	Live   Visibility = "live"   // the votes of every entry, as they come
)

// State is where a ballot stands.
type State string

// The states, in the order a ballot goes through them. A closed ballot is never
// opened again; a new round, which starts from zero, has to be armed first.
const (
	StateDraft    State = "draft"    // being written; not public
	StateArmed    State = "armed"    // public, waiting to open
	StateOpen     State = "open"     // taking votes
	StateClosed   State = "closed"   // final
	StateRevealed State = "revealed" // result is public
)

// Schedule is what the time asks of a ballot.
type Schedule int

// What a schedule may ask.
const (
	ScheduleNothing Schedule = iota
	ScheduleOpen
	ScheduleClose
	ScheduleSkip // the window has passed unopened
)

// The windows of a quota.
const (
	PerBallot = "ballot" // one quota for the whole round
	PerDay    = "day"    // a fresh quota each calendar day in the quota's zone
)

// Grace is how long, in milliseconds, a ballot still takes votes after the
// deadline that clients are told, so that a tap in the last second survives the
// network.
const Grace int64 = 1500

// Quota limits the picks of one voter in one window.
type Quota struct {
	Window      string `json:"window"`   // PerBallot or PerDay; "" is PerBallot
	MaxVotes    int    `json:"max"`      // picks per window; 0 = as many as there are options
	PerEntry    int    `json:"perEntry"` // picks of the same entry per window; 0 = 1
	PerTrack    int    `json:"perTrack"` // picks within one track per window; 0 = no limit
	MinPicks    int    `json:"min"`      // least picks of the window once a paper is in; 0 = 1
	AllowChange bool   `json:"change"`   // a later paper replaces the window's paper; else papers add up
	TZ          string `json:"tz"`       // "" or "Asia/Shanghai" = +08:00, "UTC", or "+08:00"
}

// Ballot is a question put to voters. Deadline is the true end; clients are
// told PublicDeadline.
type Ballot struct {
	ID         BallotID       `json:"id"`
	No         int64          `json:"no"`      // dense, >= 1, for keys; given by the store
	Show       contest.ShowID `json:"session"` // "" = not tied to a session
	Title      string         `json:"title"`
	Options    []Option       `json:"options"`
	Quota      Quota          `json:"quota"`
	Visibility Visibility     `json:"visibility"`
	Level      int            `json:"level"` // least identity level that a voter must have proven
	State      State          `json:"state"`
	Round      int            `json:"round"`    // 0 until first opened, then 1, 2, …
	OpensAt    int64          `json:"opensAt"`  // schedule: an armed ballot opens by itself
	ClosesAt   int64          `json:"closesAt"` // schedule: the public end when opened without a duration
	OpenedAt   int64          `json:"openedAt"` // when this round opened
	Deadline   int64          `json:"deadline"` // last admitted arrival of this round; 0 = closed by hand
	Weight     int            `json:"weight"`   // reserved
	Note       string         `json:"note"`     // public: why a round after the first is held

	Logged string `json:"-"` // what its log calls it; "" = its ID. Another only if the log is older than the ID.
}

// LogName is what the ballot is called in its log: what was hashed keeps its name.
func (b *Ballot) LogName() string {
	if b.Logged != "" {
		return b.Logged
	}
	return string(b.ID)
}

// Identity levels.
const (
	LevelDevice = 0 // any device; one person may have many
	LevelTicket = 2 // one ticket, one voter
)

// Cast is what a voter asks for. Voter comes from the authenticated session,
// never from the payload.
type Cast struct {
	Ballot     BallotID
	Round      int               // the round the voter saw; 0 = whichever is open
	Voter      int64             // dense voter number, never shown to anyone
	Level      int               // identity level the voter has proven
	Rev        int64             // chosen by the client, >= 1, grows with each change of mind
	Choice     []contest.EntryID // picks; an entry may repeat if Quota.PerEntry allows
	At         int64             // server arrival
	ClientSalt string            // lower-case hex, 0..64 characters, from the client
}

// Paper is one counted answer of one voter. Window is "" or a date.
type Paper struct {
	Rev     int64
	Window  string
	Choice  []int // option numbers, ascending; a number may repeat
	First   bool  // the voter's first paper of this round (moves Tally.Voters)
	Changes int   // how many papers of this window it and those before it superseded, AllowChange only
	Receipt Receipt
}

// Receipt proves that the vote was taken, and not what it was. The salt stays
// in the house until an opening is published: a receipt that opens to a choice
// lets a buyer check a bought vote.
type Receipt struct {
	Ballot  BallotID `json:"ballot"`
	Round   int      `json:"round"`
	Rev     int64    `json:"rev"`
	Leaf    string   `json:"leaf"`    // RFC 6962 leaf hash of the ledger record, hex
	Record  string   `json:"record"`  // text of that record, see ledger.Record; not stored, made again
	Salt    string   `json:"-"`       // server salt, 16 bytes, hex
	Promise string   `json:"promise"` // Ed25519 over (origin, leaf): "will appear"; base64

	ClientSalt string `json:"-"` // the device's, as stored
}

// Outcome answers a cast. Fault is nil for a counted vote and for a duplicate.
// Rev and Choice are the voter's stored state afterwards, also after a refusal.
type Outcome struct {
	Fault     *fault.Error
	Receipt   Receipt
	Duplicate bool
	Rev       int64
	Choice    []contest.EntryID
}

// Tally is the count of one round of a ballot.
type Tally struct {
	Ballot BallotID
	Round  int
	Votes  []int64 // by option number - 1
	Voters int64   // people with at least one paper
	Papers int64   // papers that count now (superseded ones do not)
}
