package store

import (
	"context"
	"encoding/json"
	"fmt"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
)

// did writes an act of the back office down, in the transaction of what it does.
// The counter's row is held until the commit, so numbers are in the order of commits
// and whoever has read up to one misses none before it.
func (r run) did(ctx context.Context, id string, before, after any) error {
	act, ok := access.ActOf(ctx)
	if !ok {
		return nil
	}
	no, err := next(ctx, r, "change", 1)
	if err != nil {
		return err
	}
	*r.noted = true
	_, err = r.exec(ctx, `INSERT INTO change (no, at, actor, contest, verb, id, before, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		no, act.At, act.Actor, act.Contest, act.Verb, id, jsonOrNone(before), jsonOrNone(after))
	return err
}

// unmoved refuses to save a thing that is not as the act's actor has read it, and
// tells how it is now. What reads it for this keeps other acts off it: see edit.
func unmoved(ctx context.Context, id string, have any) error {
	act, _ := access.ActOf(ctx)
	seen, told := act.Over[id]
	if rev := access.Revision(have); told && rev != seen {
		return fault.New(fault.Conflict, "office.stale_rev", "%s: saw %s, have %s", id, seen, rev).With("id", id).With("rev", rev).With("now", have)
	}
	return nil
}

// edit keeps other saves of the same kind in a contest away until this one ends, so
// that what it reads is what it writes over.
func (r run) edit(ctx context.Context, in contest.Code, kind string) error {
	return r.lock(ctx, lockEdit, hash32(string(in)+" "+kind))
}

// jsonOrNone writes a value, "" for none.
func jsonOrNone(v any) string {
	if text := toJSON(v); text != "null" {
		return text
	}
	return ""
}

// several is a list as it is written down: one thing is itself.
func several[T any](list []T) any {
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	return list
}

type changeRow struct {
	No, At                                  int64
	Actor, Contest, Verb, ID, Before, After string
}

func (r changeRow) change() access.Change {
	raw := func(text string) json.RawMessage {
		if text == "" {
			return nil
		}
		return json.RawMessage(text)
	}
	return access.Change{No: r.No, At: r.At, Actor: r.Actor, Contest: r.Contest, Verb: access.Verb(r.Verb), ID: r.ID,
		Before: raw(r.Before), After: raw(r.After)}
}

func (db *DB) changes(ctx context.Context, query string, args ...any) ([]access.Change, error) {
	var rows []changeRow
	err := db.read().list(ctx, &rows, `SELECT no, at, actor, contest, verb, id, before, after FROM change `+query, args...)
	if err != nil {
		return nil, fmt.Errorf("changes: %w", err)
	}
	out := make([]access.Change, len(rows))
	for i, row := range rows {
		out[i] = row.change()
	}
	return out, nil
}

// ChangesAfter returns the changes with a number above, oldest first.
func (db *DB) ChangesAfter(ctx context.Context, no int64, limit int) ([]access.Change, error) {
	return db.changes(ctx, `WHERE no > ? ORDER BY no LIMIT ?`, no, limit)
}

// Changes returns chosen changes, newest first.
func (db *DB) Changes(ctx context.Context, f access.ChangeFilter) ([]access.Change, error) {
	return db.changes(ctx, `WHERE contest = ? AND (? = 0 OR no < ?) AND (? = '' OR actor = ?) AND (? = '' OR verb = ?) ORDER BY no DESC LIMIT ?`,
		f.Contest, f.Below, f.Below, f.Actor, f.Actor, f.Verb, f.Verb, f.Limit)
}

// Changers returns who has changed something of a contest, by name.
func (db *DB) Changers(ctx context.Context, in contest.Code) (names []string, err error) {
	return names, db.read().list(ctx, &names, `SELECT DISTINCT actor FROM change WHERE contest = ? ORDER BY actor`, in)
}

// LastChange is the number of the newest change, 0 for none.
func (db *DB) LastChange(ctx context.Context) (no int64, err error) {
	return no, db.read().get(ctx, &no, `SELECT COALESCE(MAX(no), 0) FROM change`)
}

// Noted tells after a commit of this process that there are changes to read.
func (db *DB) Noted() <-chan struct{} { return db.noted }
