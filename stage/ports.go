package stage

import (
	"context"
	"encoding/json"
	"time"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/lease"
	"hecai/stage/cue"
	"hecai/vote"
	"hecai/vote/ledger"
)

// Store keeps what the show must not forget. Every write is one durable
// transaction: nil means it is on disk. An error that is a fault of a kind
// other than internal is a refusal and changed nothing.
type Store interface {
	factStore
	sheetStore
	sealStore
}

// FactStore keeps the facts of sessions.
type factStore interface {
	// AppendFacts stores the facts together, if the lease is still the writer's
	// (stage.not_owner) and the last stored one of its session has Seq expectSeq
	// (0: none is); otherwise a conflict.
	AppendFacts(ctx context.Context, own lease.Lease, expectSeq int64, facts []cue.Fact) error
	// LoadFacts returns the facts with Seq > after, in order.
	LoadFacts(ctx context.Context, show contest.ShowID, after int64) ([]cue.Fact, error)
	// PurgeTake is AppendFacts of the facts that say that a rehearsal was purged, and
	// takes away what is left of it.
	PurgeTake(ctx context.Context, own lease.Lease, expectSeq int64, take contest.ShowID, facts []cue.Fact) error
}

// SheetStore keeps score sheets.
type sheetStore interface {
	// Sheets returns every stored sheet of the session.
	Sheets(ctx context.Context, show contest.ShowID) ([]score.Sheet, error)
	// SaveSheet stores a sheet whose stored revision is expectRev (0: none), if the
	// lease is still the writer's (stage.not_owner); otherwise, or if the entry's
	// sheets are locked, a refusal.
	SaveSheet(ctx context.Context, own lease.Lease, sheet score.Sheet, expectRev int64) error
	// LockSheets locks the submitted sheets of the entries at now, keeps all
	// others of theirs from changing, and returns the sheets concerned. Locking
	// again changes nothing.
	LockSheets(ctx context.Context, own lease.Lease, entries []contest.EntryID, now int64) ([]score.Sheet, error)
}

// SealStore keeps sealed results. Nothing else reads them.
type sealStore interface {
	// SaveSeal stores the next version, dense from 1; a stored one never
	// changes.
	SaveSeal(ctx context.Context, own lease.Lease, version int, body json.RawMessage, root string) error
	// LoadSeal returns the newest version; a not_found fault without one.
	LoadSeal(ctx context.Context, show contest.ShowID) (version int, body json.RawMessage, root string, err error)
}

// MessageStore keeps the audience's messages.
type MessageStore interface {
	SaveMessage(ctx context.Context, m Message) error
	SetMessageState(ctx context.Context, id, state string) error
	// Messages returns the newest messages in the state, oldest first, at most
	// limit of them.
	Messages(ctx context.Context, show contest.ShowID, state string, limit int) ([]Message, error)
}

// Box is the ballot box (vote/box.Box).
type Box interface {
	Open(ctx context.Context, id vote.BallotID, duration time.Duration) (vote.Ballot, error)
	Close(ctx context.Context, id vote.BallotID) (vote.Ballot, vote.Tally, error)
	Extend(ctx context.Context, id vote.BallotID, by time.Duration) (vote.Ballot, error)
	Reveal(ctx context.Context, id vote.BallotID) (vote.Ballot, error)
	Ballot(id vote.BallotID) (vote.Ballot, vote.Tally, bool)
	Ballots() []vote.Ballot
}

// Ledger finds the leaves of a closed round's votes, in ledger order.
type Ledger interface {
	Leaves(ctx context.Context, id vote.BallotID, round int) ([]ledger.Hash, error)
}

// Publisher tells the world. Its methods must not block.
type Publisher interface {
	// Changed says that Document has something new to say of a topic.
	Changed(topic string)
	// Event adds to an event topic. seq grows, with gaps.
	Event(topic string, seq int64, body any)
}

// Cameras switches the programme.
type Cameras interface {
	// Switch puts a camera on programme; a not_found fault for an unknown one.
	Switch(show contest.ShowID, camera string) error
	// Cameras lists the session's cameras.
	Cameras(show contest.ShowID) []cue.Camera
}

// Live is what the director's desk shows besides the rundown.
type Live struct {
	Online   map[contest.JudgeID]bool
	Screens  []cue.Screen
	Audience int
	AckP99   time.Duration
	Alarms   []cue.Alarm
}

// The states of a message.
const (
	MessagePending   = "pending"
	MessageApproved  = "approved"
	MessageRejected  = "rejected"
	MessageRetracted = "retracted"
)

// Message is a line that someone in the audience wrote (弹幕).
type Message struct {
	ID    string
	Show  contest.ShowID
	Voter int64 // never told to anyone
	Name  string
	Text  string
	At    int64 // unix ms
	State string
}
