package stage

import (
	"context"
	"encoding/json"
	"time"

	"hecai/contest"
	"hecai/stage/cue"
	"hecai/vote"
	"hecai/vote/ledger"
)

// Store keeps what the show must not forget. Every write is one durable
// transaction: nil means it is on disk. An error that is a fault of a kind
// other than internal is a refusal and changed nothing.
type Store interface {
	FactStore
	SheetStore
	SealStore
}

// FactStore keeps the facts of sessions.
type FactStore interface {
	// AppendFacts stores the facts together, if the last stored one of the
	// session has Seq expectSeq (0: none is); otherwise a conflict.
	AppendFacts(ctx context.Context, session contest.SessionID, expectSeq int64, facts []cue.Fact) error
	// LoadFacts returns the facts with Seq > after, in order.
	LoadFacts(ctx context.Context, session contest.SessionID, after int64) ([]cue.Fact, error)
}

// SheetStore keeps score sheets.
type SheetStore interface {
	// Sheets returns every stored sheet of the session.
	Sheets(ctx context.Context, session contest.SessionID) ([]contest.Sheet, error)
	// SaveSheet stores a sheet whose stored revision is expectRev (0: none);
	// otherwise, or if the entry's sheets are locked, a refusal.
	SaveSheet(ctx context.Context, sheet contest.Sheet, expectRev int64) error
	// LockSheets locks the submitted sheets of the entry (cue.AllEntries: of
	// the session) at now, keeps all others from changing, and returns the
	// sheets concerned. Locking again changes nothing.
	LockSheets(ctx context.Context, session contest.SessionID, entry contest.EntryID, now int64) ([]contest.Sheet, error)
}

// SealStore keeps sealed results. Nothing else reads them.
type SealStore interface {
	// SaveSeal stores the next version, dense from 1; a stored one never
	// changes.
	SaveSeal(ctx context.Context, session contest.SessionID, version int, body json.RawMessage, root string) error
	// LoadSeal returns the newest version; a not_found fault without one.
	LoadSeal(ctx context.Context, session contest.SessionID) (version int, body json.RawMessage, root string, err error)
}

// MessageStore keeps the audience's messages.
type MessageStore interface {
	SaveMessage(ctx context.Context, m Message) error
	SetMessageState(ctx context.Context, id, state string) error
	// Messages returns the newest messages in the state, oldest first, at most
	// limit of them.
	Messages(ctx context.Context, session contest.SessionID, state string, limit int) ([]Message, error)
}

// Box is the ballot box (vote/box.Box).
type Box interface {
	Open(ctx context.Context, id vote.BallotID, duration time.Duration) (vote.Ballot, error)
	Close(ctx context.Context, id vote.BallotID) (vote.Ballot, vote.Tally, error)
	Extend(ctx context.Context, id vote.BallotID, by time.Duration) (vote.Ballot, error)
	Ballot(id vote.BallotID) (vote.Ballot, vote.Tally, bool)
	Ballots() []vote.Ballot
}

// Ledger finds the leaves of a closed round's votes, in ledger order.
type Ledger interface {
	Leaves(ctx context.Context, id vote.BallotID, round int) ([]ledger.Hash, error)
}

// Publisher tells the world. Its methods must not block.
type Publisher interface {
	// State replaces the document of a state topic, by top-level keys; a nil
	// value removes the key.
	State(topic string, doc map[string]any)
	// Event adds to an event topic. seq grows, with gaps.
	Event(topic string, seq int64, body any)
}

// Cameras switches the programme (stream.Relay).
type Cameras interface {
	// Switch puts a camera on programme; a not_found fault for an unknown one.
	Switch(session contest.SessionID, camera string) error
	// Cameras lists the session's cameras.
	Cameras(session contest.SessionID) []cue.Camera
}

// Live is what the director's desk shows besides the rundown.
type Live struct {
	Online   map[contest.JudgeID]bool
	Screens  []cue.Screen
	Audience int
	AckP99   time.Duration
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
	ID      string
	Session contest.SessionID
	Voter   int64 // never told to anyone
	Name    string
	Text    string
	At      int64 // unix ms
	State   string
}
