package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"hecai/contest"
	"hecai/fault"
	"hecai/stage/cue"
)

type factRow struct {
	Seq, At                       int64
	Actor, Kind, Body, Prev, Hash string
}

// sum is SHA-256 over the hash before it and every field, texts with their
// length before them, so that no two facts make the same bytes.
func (r factRow) sum(session contest.SessionID) string {
	buf := make([]byte, 0, 256+len(r.Body))
	for _, s := range []string{"hecai/v1/fact", r.Prev, string(session), r.Actor, r.Kind, r.Body} {
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(s)))
		buf = append(buf, s...)
	}
	buf = binary.BigEndian.AppendUint64(buf, uint64(r.Seq))
	buf = binary.BigEndian.AppendUint64(buf, uint64(r.At))
	h := sha256.Sum256(buf)
	return hex.EncodeToString(h[:])
}

// AppendFacts adds facts to the end of a session's chain, all or none. after is
// the number of the last fact that the caller knows, 0 = none, and their Seq
// must follow it. If the chain has grown since, or is shorter, that is
// stage.conflict: read it first.
func (db *DB) AppendFacts(ctx context.Context, session contest.SessionID, after int64, facts []cue.Fact) error {
	return db.write(ctx, "append facts", func(ctx context.Context, tx run) error {
		var last struct {
			Seq  int64
			Hash string
		}
		err := tx.get(ctx, &last, `SELECT seq, hash FROM fact WHERE session = ? ORDER BY seq DESC LIMIT 1`, session)
		if err != nil && !errors.Is(err, errNone) {
			return err
		}
		if last.Seq != after {
			return fault.New(fault.Conflict, "stage.conflict", "session %s has %d facts, caller knows %d", session, last.Seq, after).With("seq", last.Seq)
		}
		for _, f := range facts {
			if f.Seq != last.Seq+1 {
				return fmt.Errorf("fact %d follows %d", f.Seq, last.Seq)
			}
			row := factRow{Seq: f.Seq, At: f.At, Actor: f.Actor, Kind: f.Kind, Body: string(f.Body), Prev: last.Hash}
			row.Hash = row.sum(session)
			_, err := tx.exec(ctx, `INSERT INTO fact (session, seq, at, actor, kind, body, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
				session, row.Seq, row.At, row.Actor, row.Kind, row.Body, row.Prev, row.Hash)
			if isDuplicate(err) { // another node was faster
				return fault.Wrap(fault.Conflict, "stage.conflict", err, "session %s, fact %d", session, f.Seq).With("seq", f.Seq)
			}
			if err != nil {
				return err
			}
			last.Seq, last.Hash = row.Seq, row.Hash
		}
		return nil
	})
}

// LoadFacts returns the facts of a session that come after the number, in order.
func (db *DB) LoadFacts(ctx context.Context, session contest.SessionID, after int64) ([]cue.Fact, error) {
	rows, err := db.facts(ctx, session, after)
	if err != nil {
		return nil, err
	}
	out := make([]cue.Fact, len(rows))
	for i, r := range rows {
		out[i] = cue.Fact{Seq: r.Seq, At: r.At, Actor: r.Actor, Kind: r.Kind, Body: json.RawMessage(r.Body)}
	}
	return out, nil
}

func (db *DB) facts(ctx context.Context, session contest.SessionID, after int64) (rows []factRow, err error) {
	err = db.read().list(ctx, &rows, `SELECT seq, at, actor, kind, body, prev, hash FROM fact WHERE session = ? AND seq > ? ORDER BY seq`, session, after)
	if err != nil {
		return nil, fmt.Errorf("facts of %s: %w", session, err)
	}
	return rows, nil
}

// VerifyFacts goes through a session's whole chain and returns how many facts it
// has and the hash of the last one. A fact that was changed, moved or taken out
// is stage.broken_chain.
func (db *DB) VerifyFacts(ctx context.Context, session contest.SessionID) (n int64, head string, err error) {
	rows, err := db.facts(ctx, session, 0)
	if err != nil {
		return 0, "", err
	}
	for _, r := range rows {
		if r.Seq != n+1 || r.Prev != head || r.Hash != r.sum(session) {
			return n, head, fault.New(fault.Internal, "stage.broken_chain", "session %s breaks at fact %d", session, n+1).With("seq", n+1)
		}
		n, head = r.Seq, r.Hash
	}
	return n, head, nil
}
