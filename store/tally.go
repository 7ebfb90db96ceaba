package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hecai/fault"
	"hecai/vote"
)

// count is a tally row: the tally, the round's number, and how many events it
// was made of. no is 0 before the first round.
type count struct {
	vote.Tally
	no     int64
	events int64
}

// A slot packs the number of a round and the number of a voter.
const (
	slotBits  = 40
	maxVoters = 1 << slotBits
)

func slot(round, voter int64) int64 { return round<<slotBits | voter }

func voterOf(slot int64) int64 { return slot & (maxVoters - 1) }

// startTally makes the empty count of a new round.
func startTally(ctx context.Context, tx run, b vote.Ballot) error {
	no, err := next(ctx, tx, "round", 1)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO tally (no, ballot_no, round, votes, voters, papers, events) VALUES (?, ?, ?, ?, 0, 0, 0)`,
		no, b.No, b.Round, toJSON(vote.NewTally(b).Votes))
	return err
}

func (r run) count(ctx context.Context, b vote.Ballot) (count, error) {
	c := count{Tally: vote.NewTally(b)}
	if b.Round == 0 {
		return c, nil
	}
	var row struct {
		No, Voters, Papers, Events int64
		Votes                      string
	}
	err := r.get(ctx, &row, `SELECT no, votes, voters, papers, events FROM tally WHERE ballot_no = ? AND round = ?`, b.No, b.Round)
	if err != nil {
		return c, fmt.Errorf("tally: %w", err)
	}
	if err := fromJSON(row.Votes, &c.Votes); err != nil {
		return c, fmt.Errorf("tally of %s: %w", b.ID, err)
	}
	c.Voters, c.Papers, c.no, c.events = row.Voters, row.Papers, row.No, row.Events
	return c, nil
}

func saveCount(ctx context.Context, tx run, c count) error {
	_, err := tx.exec(ctx, `UPDATE tally SET votes = ?, voters = ?, papers = ?, events = ? WHERE no = ?`,
		toJSON(c.Votes), c.Voters, c.Papers, c.events, c.no)
	return err
}

// LoadTally returns the count of the ballot's present round, after it was proven
// equal to a recount of the votes. If it is not, nobody may act on either
// (vote.miscount).
func (db *DB) LoadTally(ctx context.Context, id vote.BallotID) (vote.Tally, error) {
	kept, fresh, err := db.bothCounts(ctx, id)
	if err != nil {
		return vote.Tally{}, err
	}
	if fresh.Voters != kept.Voters || fresh.Papers != kept.Papers || !slices.Equal(fresh.Votes, kept.Votes) {
		return vote.Tally{}, fault.New(fault.Internal, "vote.miscount", "ballot %s: votes give %+v, kept %+v", id, fresh, kept)
	}
	return kept, nil
}

// Recount counts the ballot's present round from its votes alone. It shares no
// code with the counting as votes come in (vote.Tally.Apply): each voter's
// papers are gone through once more, and the latest of a window, or all of them
// where papers add up, are counted.
func (db *DB) Recount(ctx context.Context, id vote.BallotID) (vote.Tally, error) {
	_, fresh, err := db.bothCounts(ctx, id)
	return fresh, err
}

// bothCounts reads the kept count and counts again, as of one moment.
func (db *DB) bothCounts(ctx context.Context, id vote.BallotID) (kept, fresh vote.Tally, err error) {
	err = db.snapshot(ctx, "recount", func(ctx context.Context, tx run) error {
		b, err := tx.ballot(ctx, id)
		if err != nil {
			return err
		}
		c, err := tx.count(ctx, b)
		if err != nil {
			return err
		}
		kept = c.Tally
		fresh, err = recount(ctx, tx, b, c.no)
		return err
	})
	return kept, fresh, err
}

func recount(ctx context.Context, tx run, b vote.Ballot, round int64) (vote.Tally, error) {
	t := vote.NewTally(b)
	rows, err := tx.on.QueryxContext(ctx, tx.on.Rebind(`SELECT slot, quota_key, choice FROM vote_event
		WHERE slot >= ? AND slot < ? ORDER BY slot, rev`), slot(round, 0), slot(round+1, 0))
	if err != nil {
		return t, err
	}
	defer rows.Close()
	add := func(choice []int) {
		t.Papers++
		for _, no := range choice {
			t.Votes[no-1]++
		}
	}
	var last int64
	latest := map[string][]int{} // of this voter, by window; only where a paper replaces another
	settle := func() {
		for _, choice := range latest {
			add(choice)
		}
		clear(latest)
	}
	for rows.Next() {
		var of int64
		var window, text string
		if err := rows.Scan(&of, &window, &text); err != nil {
			return t, err
		}
		choice, err := parseChoice(text, len(b.Options))
		if err != nil {
			return t, fmt.Errorf("ballot %s round %d: %w", b.ID, b.Round, err)
		}
		if of != last {
			settle()
			last = of
			t.Voters++
		}
		if b.Quota.AllowChange {
			latest[window] = choice
		} else {
			add(choice)
		}
	}
	settle()
	return t, rows.Err()
}

// formatChoice writes option numbers as kept: "1,5,9".
func formatChoice(choice []int) string {
	b := make([]byte, 0, 3*len(choice))
	for i, no := range choice {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(no), 10)
	}
	return string(b)
}

// parseChoice reads what formatChoice writes; every number is 1..options.
func parseChoice(text string, options int) ([]int, error) {
	parts := strings.Split(text, ",")
	choice := make([]int, len(parts))
	for i, part := range parts {
		no, err := strconv.Atoi(part)
		if err != nil || no < 1 || no > options {
			return nil, fmt.Errorf("choice %q is not of 1..%d", text, options)
		}
		choice[i] = no
	}
	return choice, nil
}
