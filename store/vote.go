package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"hecai/fault"
	"hecai/vote"
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
		if c.papers, err = tx.papers(ctx, b, c.count.no, slices.Compact(voters[id])); err != nil {
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
	const columns = 10
	args := make([]any, 0, columns*min(len(c.added), eventChunk))
	for chunk := range slices.Chunk(c.added, eventChunk) {
		args = args[:0]
		for _, e := range chunk {
			p := e.paper
			args = append(args, slot(c.count.no, e.cast.Voter), p.Rev, c.count.events, e.cast.At, p.Window,
				formatChoice(p.Choice), e.cast.ClientSalt, p.Receipt.Salt, p.Receipt.Leaf, p.Receipt.Promise)
			c.count.events++
		}
		_, err := tx.exec(ctx, `INSERT INTO vote_event (slot, rev, pos, at, quota_key, choice,
			 client_salt, salt, leaf, promise) VALUES `+marks(len(chunk), columns), args...)
		if err != nil {
			return fmt.Errorf("votes of %s: %w", c.ballot.ID, err)
		}
	}
	return saveCount(ctx, tx, c.count)
}

type paperRow struct {
	Slot, Rev                   int64
	QuotaKey                    string `db:"quota_key"`
	Choice, Leaf, Salt, Promise string
}

// papers reads all papers that the voters have in the ballot's present round,
// whose number is round, by revision.
func (r run) papers(ctx context.Context, b vote.Ballot, round int64, voters []int64) (map[int64][]vote.Paper, error) {
	out := make(map[int64][]vote.Paper, len(voters))
	if b.Round == 0 {
		return out, nil
	}
	for chunk := range slices.Chunk(voters, voterChunk) {
		args := make([]any, len(chunk))
		for i, no := range chunk {
			if no < 0 || no >= maxVoters {
				return nil, fmt.Errorf("papers: voter %d", no)
			}
			args[i] = slot(round, no)
		}
		var rows []paperRow
		err := r.list(ctx, &rows, `SELECT slot, rev, quota_key, choice, leaf, salt, promise FROM vote_event
			WHERE slot IN `+marks(1, len(chunk))+` ORDER BY slot, rev`, args...)
		if err != nil {
			return nil, fmt.Errorf("papers: %w", err)
		}
		for _, row := range rows {
			choice, err := parseChoice(row.Choice, len(b.Options))
			if err != nil {
				return nil, fmt.Errorf("ballot %s: %w", b.ID, err)
			}
			voter := voterOf(row.Slot)
			out[voter] = append(out[voter], vote.Paper{
				Rev: row.Rev, Window: row.QuotaKey, Choice: choice, First: len(out[voter]) == 0,
				Receipt: vote.Receipt{Ballot: b.ID, Round: b.Round, Rev: row.Rev, Leaf: row.Leaf, Salt: row.Salt, Promise: row.Promise},
			})
		}
	}
	return out, nil
}

// MyPapers returns a voter's own papers in the ballot's present round by
// revision, superseded ones too.
func (db *DB) MyPapers(ctx context.Context, id vote.BallotID, voter int64) (mine []vote.Paper, err error) {
	err = db.snapshot(ctx, "my papers", func(ctx context.Context, tx run) error {
		b, err := tx.ballot(ctx, id)
		if err != nil {
			return err
		}
		c, err := tx.count(ctx, b)
		if err != nil {
			return err
		}
		papers, err := tx.papers(ctx, b, c.no, []int64{voter})
		mine = papers[voter]
		return err
	})
	return mine, err
}

func sortedKeys[V any](m map[vote.BallotID]V) []vote.BallotID {
	keys := make([]vote.BallotID, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
