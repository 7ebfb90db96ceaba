package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
	"hecai/vote/ledger"
)

// Rows per statement: engines limit the parameters, and nothing gets faster
// above this.
const (
	voterChunk = 400
	eventChunk = 100
)

// casting is a ballot while a batch of casts for it is decided.
type casting struct {
	ballot vote.Ballot
	count  count
	papers map[int64][]vote.Paper // of the voters of the batch, growing with it
	added  []event
}

// event is an accepted paper on its way into vote_event.
type event struct {
	cast  vote.Cast
	paper vote.Paper
}

// CastBatch decides casts in order, each on what the ones before it left, and
// stores the accepted ones with the new counts, all in one transaction. See
// box.Store for the contract. casts[i] goes with receipts[i].
func (db *DB) CastBatch(ctx context.Context, casts []vote.Cast, receipts []vote.Receipt) ([]vote.Outcome, []vote.Tally, error) {
	if len(casts) != len(receipts) {
		return nil, nil, errors.New("cast votes: casts and receipts differ in number")
	}
	var outcomes []vote.Outcome
	var tallies []vote.Tally
	err := db.write(ctx, "cast votes", func(ctx context.Context, tx run) error {
		open, err := loadCastings(ctx, tx, casts)
		if err != nil {
			return err
		}
		outcomes = decide(open, casts, receipts)
		for _, k := range sortedKeys(open) {
			c := open[k]
			if len(c.added) == 0 {
				continue
			}
			if err := c.store(ctx, tx); err != nil {
				return err
			}
			tallies = append(tallies, c.count.Tally)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return outcomes, tallies, nil
}

// loadCastings reads the ballots of the batch, in one order on every node so
// that no two wait for each other, and the papers that its voters have.
func loadCastings(ctx context.Context, tx run, casts []vote.Cast) (map[vote.BallotID]*casting, error) {
	voters := map[vote.BallotID][]int64{}
	for _, c := range casts {
		voters[c.Ballot] = append(voters[c.Ballot], c.Voter)
	}
	open := make(map[vote.BallotID]*casting, len(voters))
	for _, id := range sortedKeys(voters) {
		b, err := tx.own(ctx, id)
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		c := &casting{ballot: b}
		if c.count, err = tx.count(ctx, b); err != nil {
			return nil, err
		}
		slices.Sort(voters[id])
		if c.papers, err = tx.papers(ctx, b, slices.Compact(voters[id])); err != nil {
			return nil, err
		}
		open[id] = c
	}
	return open, nil
}

// decide applies the rules to one cast after the other.
func decide(open map[vote.BallotID]*casting, casts []vote.Cast, receipts []vote.Receipt) []vote.Outcome {
	outcomes := make([]vote.Outcome, len(casts))
	for i, cast := range casts {
		c, ok := open[cast.Ballot]
		if !ok {
			outcomes[i].Fault = unknownBallot(cast.Ballot)
			continue
		}
		r := vote.Resolve(c.ballot, c.papers[cast.Voter], cast, receipts[i])
		outcomes[i] = r.Outcome
		if r.Added == nil {
			continue
		}
		c.papers[cast.Voter] = append(c.papers[cast.Voter], *r.Added)
		c.count.Apply(*r.Added, r.Replaced)
		c.added = append(c.added, event{cast, *r.Added})
	}
	return outcomes
}

// store writes the accepted papers and the count. The papers of a batch go into
// the ledger in random order, so that a place there does not tell when, within
// the batch, a vote came.
func (c *casting) store(ctx context.Context, tx run) error {
	rand.Shuffle(len(c.added), func(i, j int) { c.added[i], c.added[j] = c.added[j], c.added[i] })
	const columns = 12
	args := make([]any, 0, columns*min(len(c.added), eventChunk))
	for chunk := range slices.Chunk(c.added, eventChunk) {
		args = args[:0]
		for _, e := range chunk {
			p := e.paper
			args = append(args, c.ballot.No, c.ballot.Round, e.cast.Voter, p.Rev, c.count.events, e.cast.At, p.Window,
				formatChoice(p.Choice), e.cast.ClientSalt, p.Receipt.Salt, p.Receipt.Leaf, p.Receipt.Promise)
			c.count.events++
		}
		_, err := tx.exec(ctx, `INSERT INTO vote_event (ballot_no, round, voter_no, rev, pos, at, quota_key,
			choice, client_salt, salt, leaf, promise) VALUES `+marks(len(chunk), columns), args...)
		if err != nil {
			return fmt.Errorf("votes of %s: %w", c.ballot.ID, err)
		}
	}
	return saveCount(ctx, tx, c.ballot, c.count)
}

type paperRow struct {
	VoterNo                     int64 `db:"voter_no"`
	Rev                         int64
	QuotaKey                    string `db:"quota_key"`
	Choice, Leaf, Salt, Promise string
}

// papers reads all papers that the voters have in the ballot's present round, by
// revision.
func (r run) papers(ctx context.Context, b vote.Ballot, voters []int64) (map[int64][]vote.Paper, error) {
	out := make(map[int64][]vote.Paper, len(voters))
	if b.Round == 0 {
		return out, nil
	}
	for chunk := range slices.Chunk(voters, voterChunk) {
		args := make([]any, 0, len(chunk)+2)
		args = append(args, b.No, b.Round)
		for _, no := range chunk {
			args = append(args, no)
		}
		var rows []paperRow
		err := r.list(ctx, &rows, `SELECT voter_no, rev, quota_key, choice, leaf, salt, promise FROM vote_event
			WHERE ballot_no = ? AND round = ? AND voter_no IN `+marks(1, len(chunk))+` ORDER BY voter_no, rev`, args...)
		if err != nil {
			return nil, fmt.Errorf("papers: %w", err)
		}
		for _, row := range rows {
			choice, err := parseChoice(row.Choice, len(b.Options))
			if err != nil {
				return nil, fmt.Errorf("ballot %s: %w", b.ID, err)
			}
			out[row.VoterNo] = append(out[row.VoterNo], vote.Paper{
				Rev: row.Rev, Window: row.QuotaKey, Choice: choice, First: len(out[row.VoterNo]) == 0,
				Receipt: vote.Receipt{Ballot: b.ID, Round: b.Round, Rev: row.Rev, Leaf: row.Leaf, Salt: row.Salt, Promise: row.Promise},
			})
		}
	}
	return out, nil
}

// MyPapers returns a voter's own papers in the ballot's present round by
// revision, superseded ones too.
func (db *DB) MyPapers(ctx context.Context, id vote.BallotID, voter int64) ([]vote.Paper, error) {
	b, err := db.read().ballot(ctx, id)
	if err != nil {
		return nil, err
	}
	papers, err := db.read().papers(ctx, b, []int64{voter})
	return papers[voter], err
}

// Leaves returns the leaf hashes of a round's votes in ledger order, superseded
// ones too. A gap means that a vote was taken out of the record, which is the
// fault vote.miscount.
func (db *DB) Leaves(ctx context.Context, id vote.BallotID, round int) ([]ledger.Hash, error) {
	b, err := db.read().ballot(ctx, id)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Pos  int64
		Leaf string
	}
	err = db.read().list(ctx, &rows, `SELECT pos, leaf FROM vote_event WHERE ballot_no = ? AND round = ? ORDER BY pos`, b.No, round)
	if err != nil {
		return nil, fmt.Errorf("leaves: %w", err)
	}
	out := make([]ledger.Hash, len(rows))
	for i, row := range rows {
		if row.Pos != int64(i) {
			return nil, fault.New(fault.Internal, "vote.miscount", "ballot %s round %d: place %d holds vote %d", id, round, i, row.Pos)
		}
		if out[i], err = ledger.ParseHex(row.Leaf); err != nil {
			return nil, fmt.Errorf("leaves of %s: %w", id, err)
		}
	}
	return out, nil
}

// Openings returns what the commitments of a round's votes hide, in ledger
// order, without the voters' names in the ledger, which need a key that is not
// in the record's tables of votes. voters[i] is the dense number behind
// openings[i]. Whoever holds this can show every vote.
func (db *DB) Openings(ctx context.Context, id vote.BallotID, round int) (openings []ledger.Opening, voters []int64, err error) {
	b, err := db.read().ballot(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	var rows []struct {
		VoterNo      int64 `db:"voter_no"`
		Rev          int64
		Choice, Salt string
		ClientSalt   string `db:"client_salt"`
	}
	err = db.read().list(ctx, &rows, `SELECT voter_no, rev, choice, salt, client_salt FROM vote_event
		WHERE ballot_no = ? AND round = ? ORDER BY pos`, b.No, round)
	if err != nil {
		return nil, nil, fmt.Errorf("openings: %w", err)
	}
	for _, row := range rows {
		choice, err := parseChoice(row.Choice, len(b.Options))
		if err != nil {
			return nil, nil, fmt.Errorf("ballot %s: %w", id, err)
		}
		picks := make([]contest.EntryID, len(choice))
		for i, no := range choice {
			picks[i] = b.Options[no-1].Entry
		}
		openings = append(openings, ledger.Opening{Ballot: id, Round: round, Rev: row.Rev, Choice: picks, ClientSalt: row.ClientSalt, Salt: row.Salt})
		voters = append(voters, row.VoterNo)
	}
	return openings, voters, nil
}

func sortedKeys[V any](m map[vote.BallotID]V) []vote.BallotID {
	keys := make([]vote.BallotID, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
