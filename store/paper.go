package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"hecai/fault"
	"hecai/vote"
)

// paperRow is a stored paper. The rows that only tell what counts have no
// receipt.
type paperRow struct {
	Slot, Rev, Changes          int64
	QuotaKey                    string `db:"quota_key"`
	Choice, Leaf, Salt, Promise string
	ClientSalt                  string `db:"client_salt"`
}

func (row paperRow) paper(b vote.Ballot) (vote.Paper, error) {
	choice, err := parseChoice(row.Choice, len(b.Options))
	if err != nil {
		return vote.Paper{}, fault.Wrap(fault.Internal, "store.broken", err, "ballot %s", b.ID)
	}
	return vote.Paper{
		Rev: row.Rev, Window: row.QuotaKey, Choice: choice, Changes: int(row.Changes),
		Receipt: vote.Receipt{Ballot: b.ID, Round: b.Round, Rev: row.Rev, Leaf: row.Leaf, Salt: row.Salt, Promise: row.Promise, ClientSalt: row.ClientSalt},
	}, nil
}

// What a cast is decided on does not grow with what its voter did before: the
// newest paper, the one of the cast's revision, and those that count in its
// window: where a paper replaces the one before it the newest of them, else as
// many as the quota allows. The pairs drive the look-ups, each by the whole key.
const (
	selectPaper = `SELECT e.slot, e.rev, e.quota_key, e.choice, e.leaf, e.salt, e.promise, e.client_salt, e.changes
		FROM v CROSS JOIN vote_event e WHERE e.slot = v.slot AND e.rev = `
	selectNewest  = `(SELECT MAX(x.rev) FROM vote_event x WHERE x.slot = v.slot)`
	selectCurrent = `(SELECT MAX(x.rev) FROM vote_event x WHERE x.slot = v.slot AND x.quota_key = v.key)`
	selectWindow  = `SELECT e.slot, e.rev, e.quota_key, e.choice, '' AS leaf, '' AS salt, '' AS promise, '' AS client_salt, e.changes
		FROM v CROSS JOIN vote_event e WHERE e.slot = v.slot AND e.quota_key = v.key`
)

// prior reads the papers that decide casts for the present round of a ballot,
// whose number is round, by voter.
func (r run) prior(ctx context.Context, b vote.Ballot, round int64, casts []vote.Cast) (map[int64][]vote.Paper, error) {
	out := make(map[int64][]vote.Paper, len(casts))
	if b.Round == 0 {
		return out, nil
	}
	for chunk := range slices.Chunk(casts, voterChunk) {
		keys := make([]any, 0, 2*len(chunk))
		for _, c := range chunk {
			if c.Voter < 0 || c.Voter >= maxVoters {
				return nil, fmt.Errorf("papers: voter %d", c.Voter)
			}
			keys = append(keys, slot(round, c.Voter), c.Rev)
		}
		if err := r.lookUp(ctx, b, out, "BIGINT", selectPaper+selectNewest, keys); err != nil {
			return nil, err
		}
		// Most casts are of a new revision and change the newest paper, if any.
		retries, windows := keys[:0], []any(nil)
		for _, c := range chunk {
			if len(out[c.Voter]) == 0 {
				continue
			}
			newest := slices.MaxFunc(out[c.Voter], func(x, y vote.Paper) int { return cmp.Compare(x.Rev, y.Rev) })
			if c.Rev < newest.Rev {
				retries = append(retries, slot(round, c.Voter), c.Rev)
			}
			if window := b.Window(c.At); !b.Quota.AllowChange || newest.Window != window {
				windows = append(windows, slot(round, c.Voter), window)
			}
		}
		if err := r.lookUp(ctx, b, out, "BIGINT", selectPaper+`v.key`, retries); err != nil {
			return nil, err
		}
		current := selectPaper + selectCurrent
		if !b.Quota.AllowChange {
			current = selectWindow
		}
		if err := r.lookUp(ctx, b, out, "TEXT", current, windows); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// lookUp adds the papers that a query finds for pairs of a slot and a key.
func (r run) lookUp(ctx context.Context, b vote.Ballot, out map[int64][]vote.Paper, keyType, query string, pairs []any) error {
	if len(pairs) == 0 {
		return nil
	}
	var rows []paperRow
	if err := r.list(ctx, &rows, pairsOf(keyType, len(pairs)/2)+query, pairs...); err != nil {
		return fmt.Errorf("papers: %w", err)
	}
	return collect(out, b, rows)
}

// pairsOf heads a query with n rows of a slot and a key, v.
func pairsOf(keyType string, n int) string {
	head := `WITH v(slot, key) AS (VALUES (CAST(? AS BIGINT), CAST(? AS ` + keyType + `))`
	if n > 1 {
		head += "," + marks(n-1, 2)
	}
	return head + `) `
}

// collect adds rows to the papers of their voters, each revision once: the first
// row of it stays, which has the receipt.
func collect(out map[int64][]vote.Paper, b vote.Ballot, rows []paperRow) error {
	for _, row := range rows {
		voter := voterOf(row.Slot)
		if slices.ContainsFunc(out[voter], func(p vote.Paper) bool { return p.Rev == row.Rev }) {
			continue
		}
		p, err := row.paper(b)
		if err != nil {
			return err
		}
		out[voter] = append(out[voter], p)
	}
	return nil
}

// mine is how many of a voter's own papers of a round MyPapers returns at most.
const mine = vote.MaxChanges + 1

// MyPapers returns a voter's own papers in all rounds of the ballot, by round
// and revision, superseded ones too; of very many in a round, as a quota of days
// gives, the newest. Their receipts name the round.
func (db *DB) MyPapers(ctx context.Context, id vote.BallotID, voter int64) (papers []vote.Paper, err error) {
	err = db.snapshot(ctx, "my papers", func(ctx context.Context, tx run) error {
		b, err := tx.ballot(ctx, id)
		if err != nil {
			return err
		}
		last := b.Round
		for b.Round = 1; b.Round <= last; b.Round++ {
			no, err := tx.roundNo(ctx, id, b.Round)
			if err != nil {
				return err
			}
			var rows []paperRow
			err = tx.list(ctx, &rows, `SELECT slot, rev, quota_key, choice, leaf, salt, promise, client_salt, changes FROM vote_event
				WHERE slot = ? ORDER BY rev DESC LIMIT ?`, slot(no, voter), mine)
			if err != nil {
				return err
			}
			for i, row := range slices.Backward(rows) {
				p, err := row.paper(b)
				if err != nil {
					return err
				}
				p.First = i == len(rows)-1 && len(rows) < mine
				papers = append(papers, p)
			}
		}
		return nil
	})
	return papers, err
}
