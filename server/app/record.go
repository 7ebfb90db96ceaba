package app

import (
	"context"
	"time"

	"hecai/contest"
	"hecai/fault"
	"hecai/stage"
	"hecai/store"
	"hecai/vote"
	"hecai/vote/ledger"
)

// record fits the store to what a stage asks for: the store takes times and
// versions as values, the stage leaves both to the record.
type record struct {
	*store.DB
	now func() time.Time
}

// LockSheets implements stage.SheetStore.
func (r record) LockSheets(ctx context.Context, session contest.SessionID, entry contest.EntryID) ([]contest.Sheet, error) {
	return r.DB.LockSheets(ctx, session, entry, r.now().UnixMilli())
}

// SaveSeal implements stage.SealStore: a new version beside the old ones.
func (r record) SaveSeal(ctx context.Context, session contest.SessionID, body []byte, root string) error {
	version, _, _, err := r.DB.LoadSeal(ctx, session)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	return r.DB.SaveSeal(ctx, session, version+1, body, root)
}

// LoadSeal implements stage.SealStore.
func (r record) LoadSeal(ctx context.Context, session contest.SessionID) ([]byte, string, error) {
	_, body, root, err := r.DB.LoadSeal(ctx, session)
	return body, root, err
}

// SaveMessage implements stage.MessageStore.
func (r record) SaveMessage(ctx context.Context, m stage.Message) error {
	return r.DB.SaveMessage(ctx, store.Message{
		ID: m.ID, Session: m.Session, Voter: m.Voter, Name: m.Name, Text: m.Text, At: m.At, State: string(m.State),
	})
}

// SetMessageState implements stage.MessageStore.
func (r record) SetMessageState(ctx context.Context, _ contest.SessionID, id string, state stage.MessageState) error {
	return r.DB.SetMessageState(ctx, id, string(state))
}

// Messages implements stage.MessageStore.
func (r record) Messages(ctx context.Context, session contest.SessionID, state stage.MessageState, limit int) ([]stage.Message, error) {
	rows, err := r.DB.Messages(ctx, session, string(state), limit)
	out := make([]stage.Message, len(rows))
	for i, m := range rows {
		out[i] = stage.Message{ID: m.ID, Session: m.Session, Voter: m.Voter, Name: m.Name, Text: m.Text, At: m.At, State: stage.MessageState(m.State)}
	}
	return out, err
}

// Leaves implements stage.Ledger: the log of a ballot's present round.
func (r record) Leaves(ctx context.Context, id vote.BallotID) ([]ledger.Hash, error) {
	b, err := r.DB.LoadBallot(ctx, id)
	if err != nil {
		return nil, err
	}
	return r.DB.Leaves(ctx, id, b.Round)
}
