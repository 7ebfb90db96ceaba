package vote

import (
	"encoding/json"

	"hecai/contest"
	"hecai/fault"
)

// Revealed is the right to show the final count of one round of one ballot to
// the public. Only Reveal makes one, and the zero value opens nothing; so code
// that has no token cannot build a board with hidden figures in it, whatever
// it does.
type Revealed struct {
	ballot BallotID
	round  int
}

// Reveal makes the token for a ballot that takes no more votes. The stage calls
// it when the reveal fires, and nobody else does.
func Reveal(b Ballot) (Revealed, error) {
	if b.State != StateClosed && b.State != StateRevealed {
		return Revealed{}, fault.New(fault.Conflict, "vote.not_closed", "ballot %s is %s", b.ID, b.State)
	}
	return Revealed{ballot: b.ID, round: b.Round}, nil
}

// Card is what the public board says about an entry besides its number.
type Card struct {
	Title     string
	TrackName string
	Lead      string
}

// PublicBoard is what anyone may see of a ballot. Its figures are unexported
// and set only by Public, so a hidden count cannot get in by mistake. Rows are
// in option order, which does not depend on votes.
type PublicBoard struct {
	head   boardHead
	voters *int64
	votes  []int64 // in row order; nil while hidden
	rows   []boardRow
}

// boardHead is the part of a public board that does not depend on any vote.
type boardHead struct {
	ID         BallotID   `json:"id"`
	Title      string     `json:"title"`
	State      State      `json:"state"`
	Round      int        `json:"round"`
	OpensAt    int64      `json:"opensAt"`
	ClosesAt   int64      `json:"closesAt"`
	OpenedAt   int64      `json:"openedAt"` // of this round; 0 = not yet
	Deadline   int64      `json:"deadline"` // the public one; 0 = closed by hand
	Note       string     `json:"note"`     // why a round after the first is held
	Closing    string     `json:"closing"`  // fingerprint of the closed round's signed log, hex; "" = not yet
	Max        int        `json:"max"`
	PerTrack   int        `json:"perTrack"`
	PerEntry   int        `json:"perEntry"`
	Min        int        `json:"min"`
	Change     bool       `json:"change"`
	Window     string     `json:"window"`
	Level      int        `json:"level"`
	Visibility Visibility `json:"visibility"`
}

type boardRow struct {
	Entry     contest.EntryID `json:"entry"`
	No        int             `json:"no"`
	Title     string          `json:"title"`
	Track     contest.TrackID `json:"track"`
	TrackName string          `json:"trackName"`
	Lead      string          `json:"lead"`
}

// Public builds the public board. Figures get in only by the ballot's
// visibility or by the token of this very round: Hidden shows none, Count the
// number of voters, Live and a matching token everything.
func Public(b Ballot, t Tally, r *Revealed) PublicBoard {
	t = t.counting(b)
	window := b.Quota.Window
	if window == "" {
		window = PerBallot
	}
	p := PublicBoard{
		head: boardHead{
			ID: b.ID, Title: b.Title, State: b.State, Round: b.Round,
			OpensAt: b.OpensAt, ClosesAt: b.ClosesAt, OpenedAt: b.OpenedAt, Deadline: b.PublicDeadline(), Note: b.Note,
			Max: b.maxVotes(), PerTrack: b.Quota.PerTrack, PerEntry: max(1, b.Quota.PerEntry),
			Min: max(1, b.Quota.MinPicks), Change: b.Quota.AllowChange, Window: window,
			Level: b.Level, Visibility: b.Visibility,
		},
		rows: make([]boardRow, len(b.Options)),
	}
	current := t.Ballot == b.ID && t.Round == b.Round
	shown := r != nil && r.ballot == b.ID && r.round == b.Round
	all := current && (b.Visibility == Live || shown)
	if all || current && b.Visibility == Count {
		p.voters = &t.Voters
	}
	if all {
		p.votes = make([]int64, len(b.Options))
		copy(p.votes, t.Votes)
	}
	for i, o := range b.Options {
		p.rows[i] = boardRow{Entry: o.Entry, No: o.No, Track: o.Track}
	}
	return p
}

// Named returns the board with the cards of its entries filled in.
func (p PublicBoard) Named(card func(contest.EntryID) Card) PublicBoard {
	rows := make([]boardRow, len(p.rows))
	for i, row := range p.rows {
		c := card(row.Entry)
		row.Title, row.TrackName, row.Lead = c.Title, c.TrackName, c.Lead
		rows[i] = row
	}
	p.rows = rows
	return p
}

// Closed returns the board with the fingerprint of the round's log, which is
// shown when the ballot has closed. It is the hash of a text that nobody outside
// can guess, so it tells nothing of any vote.
func (p PublicBoard) Closed(fingerprint string) PublicBoard {
	p.head.Closing = fingerprint
	return p
}

// MarshalJSON writes the board as the pages read it.
func (p PublicBoard) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		boardHead
		Voters *int64     `json:"voters,omitempty"`
		Votes  []int64    `json:"votes,omitempty"`
		Rows   []boardRow `json:"rows"`
	}{p.head, p.voters, p.votes, p.rows})
}

// Fields returns the board as top-level JSON values, for topics that send only
// what changed.
func (p PublicBoard) Fields() map[string]any {
	h := p.head
	out := map[string]any{
		"id": h.ID, "title": h.Title, "state": h.State, "round": h.Round,
		"opensAt": h.OpensAt, "closesAt": h.ClosesAt, "openedAt": h.OpenedAt, "deadline": h.Deadline, "note": h.Note, "closing": h.Closing,
		"max": h.Max, "perTrack": h.PerTrack, "perEntry": h.PerEntry, "min": h.Min,
		"change": h.Change, "window": h.Window, "level": h.Level,
		"visibility": h.Visibility, "rows": p.rows,
	}
	if p.voters != nil {
		out["voters"] = *p.voters
	}
	if p.votes != nil {
		out["votes"] = p.votes // apart from the rows: ten times a second, only this goes out
	}
	return out
}

// counting is the tally of the votes that count now. While a ballot waits for
// another round, those of the last one don't, and nobody takes them for its own.
func (t Tally) counting(b Ballot) Tally {
	if b.State == StateArmed && b.Round > 0 && t.Ballot == b.ID && t.Round == b.Round {
		return Tally{Ballot: b.ID, Round: b.Round}
	}
	return t
}

// StaffBoard is what the director's desk sees of a ballot before the reveal:
// turnout, and nothing about any entry.
type StaffBoard struct {
	ID       BallotID `json:"id"`
	Title    string   `json:"title"`
	State    State    `json:"state"`
	Round    int      `json:"round"`
	Deadline int64    `json:"deadline"` // the public one
	Voters   int64    `json:"voters"`
}

// Staff builds the staff board.
func Staff(b Ballot, t Tally) StaffBoard {
	t = t.counting(b)
	s := StaffBoard{ID: b.ID, Title: b.Title, State: b.State, Round: b.Round, Deadline: b.PublicDeadline()}
	if t.Ballot == b.ID && t.Round == b.Round {
		s.Voters = t.Voters
	}
	return s
}

// Counts is the full count of a ballot, which the stage may copy into a fact
// once it holds the token. ok is false for a token of another ballot or round.
func (r Revealed) Counts(t Tally) (votes []int64, voters int64, ok bool) {
	if r.ballot == "" || r.ballot != t.Ballot || r.round != t.Round {
		return nil, 0, false
	}
	return t.Clone().Votes, t.Voters, true
}
