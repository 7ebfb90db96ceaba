package office

import (
	"context"
	"slices"
	"strings"
	"time"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/stage/cue"
	"hecai/vote"
)

// Ballot is a ballot as the office lists it.
type Ballot struct {
	vote.Ballot
	Voters int64  `json:"voters"`
	Rev    string `json:"rev"` // a revision, which a save must name
}

// ballots are those of a contest.
func (o *Office) ballots(in contest.Code) []vote.Ballot {
	return slices.DeleteFunc(o.cfg.Box.Ballots(), func(b vote.Ballot) bool { return b.ID.Contest() != in })
}

// Ballots lists all ballots.
func (o *Office) Ballots(id access.Identity) ([]Ballot, error) {
	if err := id.Allow(access.ReadOffice, access.Scope{Contest: id.Contest}); err != nil {
		return nil, err
	}
	out := []Ballot{}
	for _, b := range o.ballots(id.Contest) {
		if ballot, tally, found := o.cfg.Box.Ballot(b.ID); found {
			out = append(out, Ballot{ballot, vote.Staff(ballot, tally).Voters, access.Revision(ballot)})
		}
	}
	return out, nil
}

// NewBallot is a ballot as the office writes it. Entries lists entry ids in the
// order the public sees; empty means all qualified ones of the session in running
// order.
type NewBallot struct {
	ID         vote.BallotID     `json:"id"`
	Show       contest.ShowID    `json:"session"`
	Title      string            `json:"title"`
	Entries    []contest.EntryID `json:"entries"`
	Quota      vote.Quota        `json:"quota"`
	Visibility vote.Visibility   `json:"visibility"`
	Level      int               `json:"level"`
	OpensAt    int64             `json:"opensAt"`
	ClosesAt   int64             `json:"closesAt"`
	Rev        string            `json:"rev"`
}

// ballotEntries lists what a ballot may be made of: "all" are those of its
// session, in its order, if it has chosen any.
func (o *Office) ballotEntries(ctx context.Context, id access.Identity, in NewBallot) ([]contest.Entry, error) {
	if len(in.Entries) == 0 && in.Show != "" {
		if own, err := o.cfg.Record.SessionEntries(ctx, in.Show); err != nil || len(own) > 0 {
			return own, err
		}
	}
	return o.cfg.Record.Entries(ctx, id.Contest)
}

// SaveBallot makes a ballot, or changes one that has taken no votes.
func (o *Office) SaveBallot(ctx context.Context, id access.Identity, in NewBallot) (vote.Ballot, error) {
	ctx, err := o.act(ctx, id, access.SaveBallot, scope(in.Show))
	if err != nil {
		return vote.Ballot{}, err
	}
	if in.Show != "" {
		in.Show = in.Show.Within(id.Contest)
		if err := o.cfg.Shows.Known(in.Show); err != nil {
			return vote.Ballot{}, err
		}
	}
	if contest.KeyTake(string(in.ID)) > 0 {
		return vote.Ballot{}, ofTake(string(in.ID))
	}
	if own := in.ID.Within(id.Contest); own != "" || in.ID.Contest() != "" {
		in.ID = own
	} // else it is told what is wrong with it
	entries, err := o.ballotEntries(ctx, id, in)
	if err != nil {
		return vote.Ballot{}, err
	}
	options, err := contest.OnBallot(entries, in.Entries)
	if err != nil {
		return vote.Ballot{}, err
	}
	b := vote.Ballot{
		ID: in.ID, Show: in.Show, Title: strings.TrimSpace(in.Title), Quota: in.Quota,
		Visibility: in.Visibility, Level: in.Level, State: vote.StateArmed, OpensAt: in.OpensAt, ClosesAt: in.ClosesAt,
	}
	for i, e := range options {
		b.Options = append(b.Options, vote.Option{No: i + 1, Entry: e.ID, Track: e.Track})
	}
	if err := b.Validate(); err != nil {
		return b, err
	}
	if err := b.Writable(o.cfg.Now().UnixMilli()); err != nil {
		return b, err
	}
	saved, err := o.cfg.Record.SaveBallot(access.Over(ctx, string(b.ID), in.Rev), b)
	if err != nil {
		return b, err
	}
	o.cfg.Feed.Settle(ctx)
	return saved, nil
}

// DropBallot takes away a ballot that never opened and that no rundown names, and
// lists the others.
func (o *Office) DropBallot(ctx context.Context, id access.Identity, ballot vote.BallotID) ([]Ballot, error) {
	ctx, err := o.act(ctx, id, access.DropBallot, access.Scope{Contest: id.Contest})
	if err != nil {
		return nil, err
	}
	if contest.KeyTake(string(ballot)) > 0 {
		return nil, ofTake(string(ballot))
	}
	o.edit.Lock() // no rundown takes it up meanwhile
	defer o.edit.Unlock()
	for _, s := range o.cfg.Shows.Sessions(id.Contest) {
		if err := o.unplanned(ctx, s.ID, "ballot.planned", func(a cue.Action) bool { return a.Ballot == ballot }); err != nil {
			return nil, err
		}
	}
	err = o.cfg.Box.Drop(ctx, ballot, func(ctx context.Context) error { return o.cfg.Record.DropBallot(ctx, ballot) })
	if err != nil {
		return nil, err
	}
	o.cfg.Log.Info("ballot removed", "ballot_id", ballot, "by", id.Name)
	o.cfg.Feed.Settle(ctx)
	return o.Ballots(id)
}

// maxOpen bounds a ballot that is opened by hand.
const maxOpen = 14 * 24 * 3600 // seconds

// Seconds is how long.
type Seconds struct {
	Seconds int `json:"seconds"`
}

// OpenBallot opens a ballot by hand; 0 = until it is closed by hand.
func (o *Office) OpenBallot(ctx context.Context, id access.Identity, ballot vote.BallotID, in Seconds) (vote.Ballot, error) {
	ctx, err := o.act(ctx, id, access.OpenBallot, access.Scope{Contest: id.Contest})
	if err != nil {
		return vote.Ballot{}, err
	}
	if in.Seconds < 0 || in.Seconds > maxOpen {
		return vote.Ballot{}, fault.New(fault.Invalid, "vote.duration", "%d seconds", in.Seconds)
	}
	return o.cfg.Box.Open(ctx, ballot, time.Duration(in.Seconds)*time.Second)
}

// ExtendBallot moves the end of an open ballot, to both sides.
func (o *Office) ExtendBallot(ctx context.Context, id access.Identity, ballot vote.BallotID, in Seconds) (vote.Ballot, error) {
	ctx, err := o.act(ctx, id, access.ExtendBallot, access.Scope{Contest: id.Contest})
	if err != nil {
		return vote.Ballot{}, err
	}
	return o.cfg.Box.Extend(ctx, ballot, time.Duration(in.Seconds)*time.Second)
}

// CloseBallot closes a ballot by hand.
func (o *Office) CloseBallot(ctx context.Context, id access.Identity, ballot vote.BallotID) (vote.StaffBoard, error) {
	ctx, err := o.act(ctx, id, access.CloseBallot, access.Scope{Contest: id.Contest})
	if err != nil {
		return vote.StaffBoard{}, err
	}
	b, tally, err := o.cfg.Box.Close(ctx, ballot)
	if err != nil {
		return vote.StaffBoard{}, err
	}
	return vote.Staff(b, tally), nil
}

// Reason says to everyone why.
type Reason struct {
	Reason string `json:"reason"`
}

// AnotherRound arms a closed ballot for another round, with a reason that everyone
// reads.
func (o *Office) AnotherRound(ctx context.Context, id access.Identity, ballot vote.BallotID, in Reason) (vote.Ballot, error) {
	ctx, err := o.act(ctx, id, access.RearmBallot, access.Scope{Contest: id.Contest})
	if err != nil {
		return vote.Ballot{}, err
	}
	b, err := o.cfg.Box.NewRound(ctx, ballot, in.Reason)
	if err == nil {
		o.cfg.Log.Info("another round of a ballot", "ballot_id", b.ID, "by", id.Name, "reason", b.Note)
	}
	return b, err
}

// PublishBallot makes the figures of a closed ballot of no session public, and its
// receipts provable. Any other ballot is revealed by its rundown.
func (o *Office) PublishBallot(ctx context.Context, id access.Identity, ballot vote.BallotID) (vote.Ballot, error) {
	ctx, err := o.act(ctx, id, access.PublishBallot, access.Scope{Contest: id.Contest})
	if err != nil {
		return vote.Ballot{}, err
	}
	b, _, found := o.cfg.Box.Ballot(ballot)
	switch {
	case !found || b.State == vote.StateDraft:
		return b, fault.New(fault.NotFound, "vote.unknown_ballot", "%s", ballot)
	case b.Show != "" || o.cfg.Shows.InShow(b):
		return b, fault.New(fault.Conflict, "ballot.in_show", "ballot %s", ballot)
	}
	b, err = o.cfg.Box.Reveal(ctx, ballot)
	if err == nil {
		o.cfg.Log.Info("ballot published", "ballot_id", b.ID, "by", id.Name)
	}
	return b, err
}

// Recount tells whether the tally equals a count of the rows.
type Recount struct {
	Equal  bool  `json:"equal"`
	Voters int64 `json:"voters"`
	Papers int64 `json:"papers"`
}

// Recount compares the running tally with an independent count of the rows. It
// tells whether they agree and how many papers there are, never a figure of an
// entry: not even the organiser looks before the reveal.
func (o *Office) Recount(ctx context.Context, id access.Identity, ballot vote.BallotID) (Recount, error) {
	if err := id.Allow(access.RecountBallot, access.Scope{Contest: id.Contest}); err != nil {
		return Recount{}, err
	}
	b, tally, found := o.cfg.Box.Ballot(ballot)
	if !found || b.State == vote.StateDraft {
		return Recount{}, fault.New(fault.NotFound, "vote.unknown_ballot", "%s", ballot)
	}
	again, err := o.cfg.Record.Recount(ctx, ballot)
	if err != nil {
		return Recount{}, err
	}
	o.cfg.Log.Info("recount", "ballot_id", ballot, "by", id.Name)
	return Recount{
		Equal:  slices.Equal(tally.Votes, again.Votes) && tally.Voters == again.Voters && tally.Papers == again.Papers,
		Voters: again.Voters, Papers: again.Papers,
	}, nil
}
