package cue

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"

	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
)

// Sealed holds results that nobody may see yet: of the whole session (Seal,
// Unseal), of one entry's panel (SealPanel), or of one ballot (SealTally). It
// has no method that tells them but Step, it prints as "sealed", and it can't
// be written as JSON.
type Sealed struct {
	catalog *Catalog
	text    []byte // canonical, what Root is the hash of; whole session only
	result  *result
	panel   *panel
	tally   *tallied
}

// String keeps results out of logs.
func (Sealed) String() string { return "sealed" }

// Format keeps results out of logs, whatever the verb.
func (Sealed) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, "sealed") }

// MarshalJSON refuses: a sealed result leaves by Step alone.
func (Sealed) MarshalJSON() ([]byte, error) {
	return nil, errors.New("cue: a sealed result can't be written")
}

// result is the sealed text. Ratios are exact ("8789/100"); they are rounded
// when a fact is made, and never before.
type result struct {
	Form    string            `json:"form"` // sealForm
	Session contest.SessionID `json:"session"`
	Salt    string            `json:"salt"`
	Scoring contest.Scoring   `json:"scoring"`
	Entries []sealedEntry     `json:"entries"` // in running order
	Awards  []sealedLevel     `json:"awards"`
	Ballots []sealedBallot    `json:"ballots"`
}

type sealedEntry struct {
	Entry      contest.EntryID `json:"entry"`
	Rank       int             `json:"rank"` // 0 = unplaced
	Total      string          `json:"total"`
	Jury       string          `json:"jury"`
	VotePoints string          `json:"votePoints"`
	Votes      int64           `json:"votes"`
	Note       string          `json:"note"`
	Judges     []sealedMark    `json:"judges"`
}

type sealedMark struct {
	Judge   contest.JudgeID `json:"judge"`
	Total   string          `json:"total"`
	Dropped string          `json:"dropped"`
}

type sealedLevel struct {
	Award   contest.AwardID   `json:"award"`
	Winners []contest.EntryID `json:"winners"` // best first; a list in running order
}

type sealedBallot struct {
	Ballot vote.BallotID `json:"ballot"`
	Round  int           `json:"round"`
	Root   string        `json:"root"`
	Leaves int64         `json:"leaves"`
}

type panel struct {
	entry contest.EntryID
	rule  contest.Scoring
	score contest.PanelScore
}

type tallied struct {
	ballot vote.Ballot
	tally  vote.Tally
}

const (
	sealForm  = "hecai/v1/seal"
	saltBytes = 32
)

// CountedBallot is a closed ballot whose votes count, and the head of its
// ledger.
type CountedBallot struct {
	Ballot vote.Ballot
	Tally  vote.Tally
	Root   string // hex; "" = no ledger kept
	Leaves int64
}

// Seal computes the result of the session from its locked sheets and closed
// ballots. salt is fresh randomness, so that nobody can guess a result from the
// root. With any blocker nothing is sealed; the blockers name entries and are
// for the chair alone.
func Seal(c *Catalog, session contest.SessionID, sheets []contest.Sheet, counted []CountedBallot, salt []byte) (Sealed, []contest.Blocker, error) {
	if len(salt) != saltBytes {
		return Sealed{}, nil, fmt.Errorf("cue: salt has %d bytes", len(salt))
	}
	r := &result{Form: sealForm, Session: session, Salt: hex.EncodeToString(salt), Scoring: c.Plan.Scoring, Ballots: []sealedBallot{}}
	votes := map[contest.EntryID]int64{}
	for _, b := range counted {
		if b.Ballot.State != vote.StateClosed && b.Ballot.State != vote.StateRevealed {
			return Sealed{}, nil, fault.New(fault.Conflict, "stage.ballot_open", "ballot %q is %s", b.Ballot.ID, b.Ballot.State).With("ballot", string(b.Ballot.ID))
		}
		r.Ballots = append(r.Ballots, sealedBallot{b.Ballot.ID, b.Ballot.Round, b.Root, b.Leaves})
		for i, o := range b.Ballot.Options {
			if i < len(b.Tally.Votes) && b.Tally.Round == b.Ballot.Round {
				votes[o.Entry] += b.Tally.Votes[i]
			}
		}
	}
	var candidates []contest.Candidate
	order := inOrder(c.Entries)
	var running []contest.EntryID
	for _, e := range order {
		running = append(running, e.ID)
		candidates = append(candidates, contest.Candidate{
			Entry: e.ID, Track: e.Track, Votes: votes[e.ID], Ineligible: !e.Eligible(),
			Panel: scorePanel(c, e.ID, sheets),
		})
	}
	ranked := contest.Rank(c.Plan.Scoring, c.Plan.Criteria, candidates)
	list := contest.Allocate(c.Plan.Awards, ranked, running)
	if len(list.Blockers) > 0 {
		return Sealed{}, list.Blockers, nil
	}
	for i := range candidates {
		r.Entries = append(r.Entries, sealEntry(candidates[i], ranked))
	}
	for _, l := range list.Levels {
		r.Awards = append(r.Awards, sealedLevel{l.Award, l.Winners})
	}
	text, err := json.Marshal(r)
	if err != nil {
		return Sealed{}, nil, err
	}
	return Sealed{catalog: c, text: text, result: r}, nil, nil
}

func sealEntry(c contest.Candidate, ranked []contest.Ranked) sealedEntry {
	i := slices.IndexFunc(ranked, func(r contest.Ranked) bool { return r.Entry == c.Entry })
	row := ranked[i]
	out := sealedEntry{
		Entry: c.Entry, Rank: row.Rank, Total: exact(row.Total), Jury: exact(row.Jury),
		VotePoints: exact(row.VotePoints), Votes: row.Votes, Note: row.TieNote, Judges: []sealedMark{},
	}
	for _, t := range c.Panel.Totals {
		out.Judges = append(out.Judges, sealedMark{t.Judge, exact(t.Total), t.Dropped})
	}
	return out
}

// scorePanel scores one entry of the session.
func scorePanel(c *Catalog, id contest.EntryID, sheets []contest.Sheet) contest.PanelScore {
	var own []contest.Sheet
	for _, s := range sheets {
		if s.Entry == id {
			own = append(own, s)
		}
	}
	return contest.ScorePanel(c.Plan.Scoring, c.Plan.Criteria, own, len(c.Judges))
}

// exact writes a ratio so that it can be read back; nil is "".
func exact(r *big.Rat) string {
	if r == nil {
		return ""
	}
	return r.RatString()
}

// Text returns what the store keeps, and its root: SHA-256, hex, over the text
// behind one line of form. It is for the store, and for everyone once the root
// has been shown.
func (s Sealed) Text() (text []byte, root string) { return bytes.Clone(s.text), Root(s.text) }

// Root is the hash that a sealed text is known by.
func Root(text []byte) string {
	h := sha256.New()
	h.Write([]byte(sealForm + "\n"))
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil))
}

// Unseal reads what the store kept. A text that isn't the root's is refused.
func Unseal(c *Catalog, text []byte, root string) (Sealed, error) {
	if got := Root(text); got != root {
		return Sealed{}, fmt.Errorf("cue: sealed text has root %s, want %s", got, root)
	}
	r := new(result)
	if err := json.Unmarshal(text, r); err != nil {
		return Sealed{}, fmt.Errorf("cue: sealed text: %w", err)
	}
	if again, err := json.Marshal(r); err != nil || !bytes.Equal(again, text) || r.Form != sealForm {
		return Sealed{}, errors.New("cue: sealed text is not in its one form")
	}
	return Sealed{catalog: c, text: bytes.Clone(text), result: r}, nil
}

// SealPanel holds the panel score of one entry, from locked sheets.
func SealPanel(c *Catalog, id contest.EntryID, sheets []contest.Sheet) Sealed {
	return Sealed{catalog: c, panel: &panel{entry: id, rule: c.Plan.Scoring, score: scorePanel(c, id, sheets)}}
}

// SealTally holds the count of a closed ballot.
func SealTally(c *Catalog, b vote.Ballot, t vote.Tally) Sealed {
	return Sealed{catalog: c, tally: &tallied{b, t.Clone()}}
}

// Locked returns what everyone may know of an entry's locked panel: who counts,
// and whether extremes are dropped. ok is false without a quorum.
func Locked(c *Catalog, id contest.EntryID, sheets []contest.Sheet) (p LockedPanel, ok bool) {
	card, _ := c.card(id)
	score := scorePanel(c, id, sheets)
	p = LockedPanel{Entry: id, Title: card.Title, Judges: []Dot{}}
	for _, t := range score.Totals {
		p.Judges = append(p.Judges, Dot{ID: t.Judge, Name: c.judgeName(t.Judge), Done: true})
		p.Trim = p.Trim || t.Dropped != ""
	}
	return p, score.Rankable
}

// inOrder returns the entries by running order, then id.
func inOrder(entries []contest.Entry) []contest.Entry {
	out := slices.Clone(entries)
	slices.SortFunc(out, func(a, b contest.Entry) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
	})
	return out
}
