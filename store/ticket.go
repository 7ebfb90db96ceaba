package store

import (
	"context"
	"errors"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
)

// ReleaseTicket frees a ticket from the device that it is bound to, whose cookie
// is lost, and returns the device with what it may still. A device that has a
// paper in a ballot of the ticket's level keeps the ticket
// (access.ticket_voted): one seat has one vote.
func (db *DB) ReleaseTicket(ctx context.Context, in contest.Code, codeHash string) (v access.Voter, err error) {
	err = db.write(ctx, "release ticket", func(ctx context.Context, tx run) error {
		var row struct {
			Level  int
			UsedBy int64 `db:"used_by"`
		}
		err := tx.get(ctx, &row, `SELECT level, COALESCE(used_by, 0) AS used_by FROM ticket WHERE hash = ? AND contest = ?`, codeHash, in)
		switch {
		case errors.Is(err, errNone):
			return fault.New(fault.NotFound, "access.ticket_unknown", "no such ticket")
		case err != nil:
			return err
		case row.UsedBy == 0:
			return fault.New(fault.Conflict, "access.ticket_free", "ticket is bound to no device")
		}
		if _, err := tx.exec(ctx, `UPDATE ticket SET used_by = NULL, used_at = 0 WHERE hash = ?`, codeHash); err != nil {
			return err
		}
		_, err = tx.exec(ctx, `UPDATE voter_level SET level = (SELECT COALESCE(MAX(level), 0) FROM ticket WHERE used_by = ? AND contest = ?)
			WHERE voter = ? AND contest = ?`, row.UsedBy, in, row.UsedBy, in)
		if err != nil {
			return err
		}
		var papers int
		err = tx.get(ctx, &papers, `SELECT COUNT(*) FROM tally t JOIN ballot b ON b.no = t.ballot_no
			JOIN vote_event e ON e.slot = t.no * ? + ? WHERE b.level >= ? AND b.id LIKE ? AND b.id NOT LIKE '%~%'`, slot(1, 0), row.UsedBy, row.Level, contest.Key(in, "%", 0))
		if err != nil {
			return err
		}
		if papers > 0 {
			return fault.New(fault.Conflict, "access.ticket_voted", "the ticket's device has voted")
		}
		if err := tx.voter(ctx, &v, `WHERE no = ?`, row.UsedBy); err != nil {
			return err
		}
		return tx.did(ctx, "", nil, map[string]int{"level": row.Level})
	})
	return v, err
}
