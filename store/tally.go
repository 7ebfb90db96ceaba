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

// count is a tally row: the tally, and how many events it was made of.
type count struct {
	vote.Tally
	events int64
}

type tallyRow struct {
	Votes                  string
	Voters, Papers, Events int64
}

// startTally makes the empty count of a new round.
func startTally(ctx context.Context, tx run, b vote.Ballot) error {
	_, err := tx.exec(ctx, `INSERT INTO tally (ballot_no, round, votes, voters, papers, events) VALUES (?, ?, ?, 0, 0, 0)`,
		b.No, b.Round, toJSON(vote.NewTally(b).Votes))
	return err
}

func (r run) count(ctx context.Context, b vote.Ballot) (count, error) {
	c := count{Tally: vote.NewTally(b)}
	if b.Round == 0 {
		return c, nil
	}
	var row tallyRow
	err := r.get(ctx, &row, `SELECT votes, voters, papers, events FROM tally WHERE ballot_no = ? AND round = ?`, b.No, b.Round)
	if err != nil {
		return c, fmt.Errorf("tally: %w", err)
	}
	if err := fromJSON(row.Votes, &c.Votes); err != nil {
		return c, fmt.Errorf("tally of %s: %w", b.ID, err)
	}
	c.Voters, c.Papers, c.events = row.Voters, row.Papers, row.Events
	return c, nil
}

func saveCount(ctx context.Context, tx run, b vote.Ballot, c count) error {
	_, err := tx.exec(ctx, `UPDATE tally SET votes = ?, voters = ?, papers = ?, events = ? WHERE ballot_no = ? AND round = ?`,
		toJSON(c.Votes), c.Voters, c.Papers, c.events, b.No, b.Round)
	return err
}

// LoadTally returns the count of the ballot's present round, after it was proven
// equal to a recount of the votes. If it is not, nobody may act on either
// (vote.miscount).
func (db *DB) LoadTally(ctx context.Context, id vote.BallotID) (vote.Tally, error) {
	var kept count
	var fresh vote.Tally
	err := db.snapshot(ctx, "load tally", func(ctx context.Context, tx run) error {
		b, err := tx.ballot(ctx, id)
		if err != nil {
			return err
		}
		if kept, err = tx.count(ctx, b); err != nil {
			return err
		}
		fresh, err = recount(ctx, tx, b)
		return err
	})
	if err != nil {
		return vote.Tally{}, err
	}
	if fresh.Voters != kept.Voters || fresh.Papers != kept.Papers || !slices.Equal(fresh.Votes, kept.Votes) {
		return vote.Tally{}, fault.New(fault.Internal, "vote.miscount", "ballot %s: rows give %+v, kept %+v", id, fresh, kept.Tally)
	}
	return kept.Tally, nil
}

// Recount counts the ballot's present round from its votes alone. It shares no
// code with the counting as votes come in (vote.Tally.Apply): each voter's
// papers are gone through once more, and the latest of a window, or all of them
// where papers add up, are counted.
func (db *DB) Recount(ctx context.Context, id vote.BallotID) (t vote.Tally, err error) {
	err = db.snapshot(ctx, "recount", func(ctx context.Context, tx run) error {
		b, err := tx.ballot(ctx, id)
		if err != nil {
			return err
		}
		t, err = recount(ctx, tx, b)
		return err
	})
	return t, err
}

func recount(ctx context.Context, tx run, b vote.Ballot) (vote.Tally, error) {
	t := vote.NewTally(b)
	rows, err := tx.on.QueryxContext(ctx, tx.on.Rebind(`SELECT voter_no, quota_key, choice FROM vote_event
		WHERE ballot_no = ? AND round = ? ORDER BY voter_no, rev`), b.No, b.Round)
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
	var voter int64
	latest := map[string][]int{} // of this voter, by window; only where a paper replaces another
	settle := func() {
		for _, choice := range latest {
			add(choice)
		}
		clear(latest)
	}
	for rows.Next() {
		var no int64
		var window, text string
		if err := rows.Scan(&no, &window, &text); err != nil {
			return t, err
		}
		choice, err := parseChoice(text, len(b.Options))
		if err != nil {
			return t, fmt.Errorf("ballot %s round %d: %w", b.ID, b.Round, err)
		}
		if no != voter || t.Voters == 0 {
			settle()
			voter = no
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
