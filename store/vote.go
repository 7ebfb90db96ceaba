package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"modernc.org/sqlite"

	"hecai/contest"
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
	levels map[int64]int          // of the voters, on a ballot that asks for one; nil = none is asked
	papers map[int64][]vote.Paper // of the voters of the batch, growing with it
	added  []event
	aside  error // its rows cannot be read
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
	err := db.writeAs(ctx, ballots, "cast votes", func(ctx context.Context, tx run) error {
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
	wanted := map[vote.BallotID][]vote.Cast{}
	for _, c := range casts {
		wanted[c.Ballot] = append(wanted[c.Ballot], c)
	}
	open := make(map[vote.BallotID]*casting, len(wanted))
	for _, id := range sortedKeys(wanted) {
		c, err := loadCasting(ctx, tx, id, wanted[id])
		switch {
		case err == nil:
			open[id] = c
		case fault.KindOf(err) == fault.NotFound && fault.CodeOf(err) != "store.none":
		case broken(err): // the votes of other ballots must not wait for it
			open[id] = &casting{aside: err}
		default:
			return nil, err
		}
	}
	return open, nil
}

func loadCasting(ctx context.Context, tx run, id vote.BallotID, casts []vote.Cast) (c *casting, err error) {
	c = &casting{}
	if c.ballot, err = tx.own(ctx, id); err != nil {
		return nil, err
	}
	if c.count, err = tx.count(ctx, c.ballot); err != nil {
		return nil, err
	}
	if c.ballot.Level > 0 {
		if c.levels, err = tx.levels(ctx, id.Contest(), casts); err != nil {
			return nil, err
		}
	}
	c.papers, err = tx.prior(ctx, c.ballot, c.count.no, casts)
	return c, err
}

// levels reads what the voters of the casts have proven, as it stands in this
// transaction: a ticket may have been freed since the cast was taken. On
// PostgreSQL nobody changes it until the votes are in.
func (r run) levels(ctx context.Context, in contest.Code, casts []vote.Cast) (map[int64]int, error) {
	query := `SELECT voter AS no, level FROM voter_level WHERE contest = ? AND voter IN `
	var hold string
	if r.postgres() {
		hold = ` ORDER BY voter FOR SHARE`
	}
	out := make(map[int64]int, len(casts))
	for chunk := range slices.Chunk(casts, voterChunk) {
		args := []any{in}
		for _, c := range chunk {
			args = append(args, c.Voter)
		}
		var rows []struct {
			No    int64
			Level int
		}
		if err := r.list(ctx, &rows, query+marks(1, len(chunk))+hold, args...); err != nil {
			return nil, fmt.Errorf("levels: %w", err)
		}
		for _, row := range rows {
			out[row.No] = row.Level
		}
	}
	return out, nil
}

// broken reports whether rows cannot be what was written, while the transaction
// can go on: PostgreSQL ends it where a page cannot be read.
func broken(err error) bool {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code == "store.broken"
	}
	var lite *sqlite.Error
	return errors.As(err, &lite) && machine(err) == ""
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
		if c.aside != nil {
			outcomes[i].Fault = fault.Wrap(fault.Unavailable, "ballot.aside", c.aside, "ballot %s", cast.Ballot)
			continue
		}
		if c.levels != nil {
			cast.Level = c.levels[cast.Voter]
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
	const columns = 11
	args := make([]any, 0, columns*min(len(c.added), eventChunk))
	for chunk := range slices.Chunk(c.added, eventChunk) {
		args = args[:0]
		for _, e := range chunk {
			p := e.paper
			args = append(args, slot(c.count.no, e.cast.Voter), p.Rev, c.count.events, e.cast.At, p.Window,
				formatChoice(p.Choice), e.cast.ClientSalt, p.Receipt.Salt, p.Receipt.Leaf, p.Receipt.Promise, p.Changes)
			c.count.events++
		}
		_, err := tx.exec(ctx, `INSERT INTO vote_event (slot, rev, pos, at, quota_key, choice,
			 client_salt, salt, leaf, promise, changes) VALUES `+marks(len(chunk), columns), args...)
		if err != nil {
			return fmt.Errorf("votes of %s: %w", c.ballot.ID, err)
		}
	}
	return saveCount(ctx, tx, c.count)
}

func sortedKeys[V any](m map[vote.BallotID]V) []vote.BallotID {
	keys := make([]vote.BallotID, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
