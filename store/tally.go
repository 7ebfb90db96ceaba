package store

import (
	"context"
	"errors"
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
		if errors.Is(err, errNone) {
			err = fault.Wrap(fault.Internal, "store.broken", err, "ballot %s has no round %d", b.ID, b.Round)
		}
		return c, fmt.Errorf("tally: %w", err)
	}
	if err := fromJSON(row.Votes, &c.Votes); err != nil {
		return c, fault.Wrap(fault.Internal, "store.broken", err, "tally of %s", b.ID)
	}
	if len(c.Votes) != len(b.Options) {
		return c, fault.New(fault.Internal, "store.broken", "tally of %s is of %d options", b.ID, len(c.Votes))
	}
	c.Voters, c.Papers, c.no, c.events = row.Voters, row.Papers, row.No, row.Events
	return c, nil
}

// Counts returns the counts of the open rounds as they are kept.
func (db *DB) Counts(ctx context.Context) (map[vote.BallotID]vote.Tally, error) {
	var rows []struct {
		ID             vote.BallotID
		Round          int
		Votes          string
		Voters, Papers int64
	}
	err := db.read().list(ctx, &rows, `SELECT b.id, t.round, t.votes, t.voters, t.papers FROM ballot b
		JOIN tally t ON t.ballot_no = b.no AND t.round = b.round WHERE b.state = 'open'`)
	if err != nil {
		return nil, fmt.Errorf("counts: %w", err)
	}
	out := make(map[vote.BallotID]vote.Tally, len(rows))
	for _, r := range rows {
		t := vote.Tally{Ballot: r.ID, Round: r.Round, Voters: r.Voters, Papers: r.Papers}
		if err := fromJSON(r.Votes, &t.Votes); err != nil {
			continue // the ballot is set aside where it is loaded
		}
		out[r.ID] = t
	}
	return out, nil
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
		return vote.Tally{}, fault.New(fault.Internal, "vote.miscount", "ballot %s round %d: the votes and the kept count differ", id, kept.Round)
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
			return t, fault.Wrap(fault.Internal, "store.broken", err, "ballot %s round %d", b.ID, b.Round)
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
