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
	"hecai/contest/score"
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
	Form    string          `json:"form"`    // sealForm
	Session string          `json:"session"` // the show, by its whole id; in an older record by its session's
	Salt    string          `json:"salt"`
	Scoring contest.Scoring `json:"scoring"`
	Entries []sealedEntry   `json:"entries"` // in running order
	Awards  []sealedLevel   `json:"awards"`
	Ballots []sealedBallot  `json:"ballots"`

	JuryOnly  bool       `json:"juryOnly"` // nobody has a vote: the total is the jury's score
	Decisions []Decision `json:"decisions"`
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
	Ballot string `json:"ballot"` // as its log calls it
	Round  int    `json:"round"`
	Root   string `json:"root"`
	Leaves int64  `json:"leaves"`

	Votes     int64 `json:"votes"`     // all of its votes
	Elsewhere int64 `json:"elsewhere"` // of them for entries that are not of this session
}

type panel struct {
	entry contest.EntryID
	rule  contest.Scoring
	score score.PanelScore
	names map[contest.JudgeID]string
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

// Seal computes the result of the session from its locked sheets, the ballots
// that count and the decisions in force. salt is fresh randomness, so that nobody
// can guess a result from the root. With any blocker nothing is sealed; the
// blockers name entries and are for the chair alone.
func (s *State) Seal(sheets []score.Sheet, counted []CountedBallot, salt []byte, parts ...Part) (Sealed, []score.Blocker, error) {
	if len(salt) != saltBytes {
		return Sealed{}, nil, fmt.Errorf("cue: salt has %d bytes", len(salt))
	}
	r := &result{Form: sealForm, Session: string(s.catalog.Show), Salt: hex.EncodeToString(salt), Scoring: s.catalog.Plan.Scoring,
		Ballots: []sealedBallot{}, Decisions: append([]Decision{}, s.decisions...)}
	for _, p := range parts {
		if p.State != nil {
			r.Decisions = append(r.Decisions, p.State.decisions...)
		}
	}
	votes, err := s.countBallots(r, counted)
	if err != nil {
		return Sealed{}, nil, err
	}
	var candidates []score.Candidate
	for _, e := range s.catalog.InResult() {
		c := s.inPart(e, sheets, parts)
		c.Votes = votes[e.ID]
		candidates = append(candidates, c)
	}
	return s.sealRanking(r, candidates)
}

// Part is how a joined show stands, with its sheets. One without a state is made up:
// Lot is the place of each of its entries among Of that are drawn, from 0 and each once.
type Part struct {
	State  *State
	Sheets []score.Sheet
	Lot    []int
	Of     int
}

// inPart is the candidate as the show scored it that it is on, the parts being those of
// the joined shows in their order. The decisions of the show that seals hold for all.
func (s *State) inPart(e contest.Entry, sheets []score.Sheet, parts []Part) score.Candidate {
	if s.catalog.own(e.ID) {
		return s.candidate(e, sheets)
	}
	for i, j := range s.catalog.Joined {
		at := slices.IndexFunc(j.Entries, func(o contest.Entry) bool { return o.ID == e.ID })
		if at < 0 || i >= len(parts) {
			continue
		}
		if parts[i].State == nil {
			return madeUp(e, parts[i].Lot[at], parts[i].Of)
		}
		c := parts[i].State.candidate(e, parts[i].Sheets)
		if own := chairPlace(s.decisions, e.ID); own > 0 {
			c.Chair = own
		}
		if decidedFor(s.decisions, DecideEntryOut, e.ID) {
			c.LeftOut, c.Panel = true, score.PanelScore{}
		}
		return c
	}
	return score.Candidate{Entry: e.ID, Track: e.Track, Ineligible: true}
}

// madeUp is a candidate with a score that falls with its place among so many, from 0.
func madeUp(e contest.Entry, below, of int) score.Candidate {
	return score.Candidate{Entry: e.ID, Track: e.Track, Ineligible: !e.Eligible(), Votes: 10 * int64(of-below),
		Panel: score.PanelScore{Score: big.NewRat(int64(95*of-35*below), int64(of)), Counted: 1, Rankable: true}}
}

// SealByLot makes up the result that a rehearsal reveals where the show itself
// reveals another session's: lot is the place of each entry in running order, from 0,
// drawn by chance, so that it depends on nothing that anyone has scored or voted.
func (s *State) SealByLot(salt []byte, lot []int) (Sealed, error) {
	if len(salt) != saltBytes || len(lot) != len(s.catalog.InResult()) {
		return Sealed{}, fmt.Errorf("cue: salt has %d bytes, lot %d places", len(salt), len(lot))
	}
	r := &result{Form: sealForm, Session: string(s.catalog.Show), Salt: hex.EncodeToString(salt), Scoring: s.catalog.Plan.Scoring,
		Ballots: []sealedBallot{}, Decisions: []Decision{}}
	entries := s.catalog.InResult()
	candidates := make([]score.Candidate, len(entries))
	for i, e := range entries {
		candidates[i] = madeUp(e, lot[i], len(entries))
	}
	sealed, blockers, err := s.sealRanking(r, candidates)
	if err == nil && len(blockers) > 0 {
		err = fmt.Errorf("cue: a drawn result is blocked by %s", blockers[0].Code)
	}
	return sealed, err
}

// sealRanking ranks the candidates, which are in running order, and gives the awards.
func (s *State) sealRanking(r *result, candidates []score.Candidate) (Sealed, []score.Blocker, error) {
	plan := s.catalog.Plan
	running := make([]contest.EntryID, len(candidates))
	for i, c := range candidates {
		running[i] = c.Entry
	}
	ranked := score.Rank(plan.Scoring, plan.Criteria, candidates)
	list := score.Allocate(plan.Awards, ranked, running)
	if len(list.Blockers) > 0 {
		return Sealed{}, list.Blockers, nil
	}
	for i := range candidates {
		r.Entries = append(r.Entries, sealEntry(candidates[i], ranked))
	}
	r.JuryOnly = !slices.ContainsFunc(r.Entries, func(e sealedEntry) bool { return e.VotePoints != "" })
	for _, l := range list.Levels {
		r.Awards = append(r.Awards, sealedLevel{l.Award, l.Winners})
	}
	text, err := json.Marshal(r)
	if err != nil {
		return Sealed{}, nil, err
	}
	return Sealed{catalog: &s.catalog, text: text, result: r}, nil, nil
}

// countBallots adds up the votes of each entry. Every vote of a ballot is in the
// sum of an entry of the session, or in its ballot's Elsewhere.
func (s *State) countBallots(r *result, counted []CountedBallot) (map[contest.EntryID]int64, error) {
	votes := map[contest.EntryID]int64{}
	for _, b := range counted {
		if blockers := s.CheckBallot(b.Ballot); len(blockers) > 0 {
			return nil, fault.New(fault.Conflict, blockers[0].Code, "ballot %q is %s", b.Ballot.ID, b.Ballot.State).With("ballot", b.Ballot.ID)
		}
		if b.Tally.Round != b.Ballot.Round || len(b.Tally.Votes) != len(b.Ballot.Options) {
			return nil, fmt.Errorf("cue: tally of %q is of another round", b.Ballot.ID)
		}
		row := sealedBallot{Ballot: b.Ballot.LogName(), Round: b.Ballot.Round, Root: b.Root, Leaves: b.Leaves}
		for i, o := range b.Ballot.Options {
			row.Votes += b.Tally.Votes[i]
			if _, ours := s.catalog.card(o.Entry); ours {
				votes[o.Entry] += b.Tally.Votes[i]
			} else {
				row.Elsewhere += b.Tally.Votes[i]
			}
		}
		r.Ballots = append(r.Ballots, row)
	}
	return votes, nil
}

// candidate is an entry as it goes into the ranking. Of one that is not ranked no
// marks are kept.
func (s *State) candidate(e contest.Entry, sheets []score.Sheet) score.Candidate {
	c := score.Candidate{Entry: e.ID, Track: e.Track, Chair: chairPlace(s.decisions, e.ID), Ineligible: !e.Eligible()}
	if c.Ineligible {
		return c
	}
	score := s.scorePanel(e.ID, sheets)
	if c.LeftOut = decidedFor(s.decisions, DecideEntryOut, e.ID) || score.Counted == 0 && s.waived(e.ID); !c.LeftOut {
		c.Panel = score
	}
	return c
}

func sealEntry(c score.Candidate, ranked []score.Ranked) sealedEntry {
	i := slices.IndexFunc(ranked, func(r score.Ranked) bool { return r.Entry == c.Entry })
	row := ranked[i]
	out := sealedEntry{
		Entry: c.Entry, Rank: row.Rank, Total: exact(row.Total), Jury: exact(row.Jury),
		VotePoints: exact(row.VotePoints), Votes: c.Votes, Note: row.TieNote, Judges: []sealedMark{},
	}
	for _, t := range c.Panel.Totals {
		out.Judges = append(out.Judges, sealedMark{t.Judge, exact(t.Total), t.Dropped})
	}
	return out
}

// scorePanel scores one entry by the sheets of the judges who sit: after the lock
// those that it told, before it the panel's. What was locked with a quorum, or with
// a decision in place of one, stays ranked whatever becomes of the panel.
func (s *State) scorePanel(id contest.EntryID, sheets []score.Sheet) score.PanelScore {
	var own []score.Sheet
	for _, sheet := range sheets {
		if sheet.Entry == id && s.sits(id, sheet.Judge) {
			own = append(own, sheet)
		}
	}
	score := score.Panel(s.catalog.Plan.Scoring, s.catalog.Plan.Criteria, own, len(s.catalog.Judges))
	if s.waived(id) {
		score.Rankable = score.Counted > 0
	}
	return score
}

// sits reports whether the judge's sheet of the entry may count.
func (s *State) sits(id contest.EntryID, judge contest.JudgeID) bool {
	if p := s.panels[id]; p.locked {
		return slices.ContainsFunc(p.judges, func(d Dot) bool { return d.ID == judge })
	}
	return slices.ContainsFunc(s.catalog.Judges, func(j contest.Judge) bool { return j.ID == judge })
}

// waived reports whether the sheets that are there are enough for the entry.
func (s *State) waived(id contest.EntryID) bool {
	return s.panels[id].locked || decidedFor(s.decisions, DecideQuorum, id)
}

// InPlay lists the entries that can still be ranked and whose sheets are not
// locked yet, by id.
func (s *State) InPlay() []contest.EntryID {
	var out []contest.EntryID
	for _, e := range s.catalog.Entries {
		if s.counts(e) && !s.panels[e.ID].locked {
			out = append(out, e.ID)
		}
	}
	slices.Sort(out)
	return out
}

// TakesPart reports whether the entry can be ranked.
func (s *State) TakesPart(id contest.EntryID) bool {
	return slices.ContainsFunc(s.catalog.Entries, func(e contest.Entry) bool { return e.ID == id && s.counts(e) })
}

// counts reports whether the entry takes part in the ranking.
func (s *State) counts(e contest.Entry) bool {
	return e.Eligible() && !decidedFor(s.decisions, DecideEntryOut, e.ID)
}

// Counting lists the ballots that may count in the result, by id: the one that the
// seal names, else all that the rundown or the show knows, and the joined shows. It depends on the
// rundown and on decisions, never on votes.
func (s *State) Counting(named vote.BallotID, parts ...Part) []vote.BallotID {
	all := s.Ballots()
	for _, p := range parts {
		if p.State != nil {
			all = append(all, p.State.Ballots()...)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if named != "" {
		all = []vote.BallotID{named}
	}
	return slices.DeleteFunc(all, func(id vote.BallotID) bool { return decidedBallot(s.decisions, DecideBallotOut, id) })
}

// CheckBallot lists what keeps the ballot from counting: that it is not closed,
// that an entry which takes part is not on it, or that anyone could vote as often
// as they had devices and nobody has decided to take that.
func (s *State) CheckBallot(b vote.Ballot) []Blocker {
	if b.State != vote.StateClosed && b.State != vote.StateRevealed || b.Round == 0 {
		return []Blocker{{Code: BlockBallotOpen, Ballot: b.ID}}
	}
	var out []Blocker
	missing := Blocker{Code: BlockUnfair, Ballot: b.ID}
	for _, e := range s.catalog.InResult() {
		if s.counts(e) && !slices.ContainsFunc(b.Options, func(o vote.Option) bool { return o.Entry == e.ID }) {
			missing.Entries = append(missing.Entries, e.ID)
		}
	}
	if len(missing.Entries) > 0 {
		out = append(out, missing)
	}
	if b.Level == 0 && !decidedBallot(s.decisions, DecideOpenBallot, b.ID) {
		out = append(out, Blocker{Code: BlockOpenBallot, Ballot: b.ID})
	}
	return out
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

// Told is what everyone learns when the result is sealed.
func (s Sealed) Told() ResultSealed {
	out := ResultSealed{Ballots: []vote.BallotID{}}
	for _, b := range s.result.Ballots {
		out.Ballots = append(out.Ballots, vote.BallotID(b.Ballot).In(s.catalog.Show.Contest()))
	}
	for _, e := range s.result.Entries {
		if e.Rank > 0 {
			out.Ranked++
		}
	}
	return out
}

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
func (s *State) SealPanel(id contest.EntryID, sheets []score.Sheet) Sealed {
	p := &panel{entry: id, rule: s.catalog.Plan.Scoring, score: s.scorePanel(id, sheets), names: map[contest.JudgeID]string{}}
	for _, t := range p.score.Totals {
		p.names[t.Judge] = s.judgeName(id, t.Judge)
	}
	return Sealed{catalog: &s.catalog, panel: p}
}

// SealTally holds the count of a closed ballot.
func SealTally(c *Catalog, b vote.Ballot, t vote.Tally) Sealed {
	return Sealed{catalog: c, tally: &tallied{b, t.Clone()}}
}

// Lock returns what everyone may know of an entry's panel once it is locked: who
// counts, in the order of seats, and whether extremes are dropped. ok is false
// without a quorum and without a decision in place of one; then need is how many
// sheets are needed.
func (s *State) Lock(id contest.EntryID, sheets []score.Sheet) (p LockedPanel, need int, ok bool) {
	card, _ := s.catalog.card(id)
	panel := s.scorePanel(id, sheets)
	p = LockedPanel{Entry: id, Title: card.Title, Judges: []Dot{}}
	for _, t := range panel.Totals {
		p.Judges = append(p.Judges, Dot{ID: t.Judge, Name: s.judgeName(id, t.Judge), Done: true})
		p.Trim = p.Trim || t.Dropped != ""
	}
	slices.SortStableFunc(p.Judges, func(a, b Dot) int { return s.catalog.seat(a.ID) - s.catalog.seat(b.ID) })
	recused := 0
	for _, sheet := range sheets {
		if sheet.Entry == id && sheet.State == score.SheetRecused && s.sits(id, sheet.Judge) {
			recused++
		}
	}
	return p, score.Quorum(s.catalog.Plan.Scoring, len(s.catalog.Judges), recused), panel.Rankable || s.waived(id)
}

// judgeName is the judge's name, also of one who sat when the sheets were locked
// and has left since.
func (s *State) judgeName(id contest.EntryID, judge contest.JudgeID) string {
	for _, d := range s.panels[id].judges {
		if d.ID == judge {
			return d.Name
		}
	}
	return s.catalog.judgeName(judge)
}

// inOrder returns the entries by running order, then id.
func inOrder(entries []contest.Entry) []contest.Entry {
	out := slices.Clone(entries)
	slices.SortFunc(out, func(a, b contest.Entry) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
	})
	return out
}
