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
	"hecai/lease"
	"hecai/stage/cue"
)

type factRow struct {
	Seq, At                       int64
	Actor, Kind, Body, Prev, Hash string
}

// sum is SHA-256 over the hash before it and every field, texts with their
// length before them, so that no two facts make the same bytes.
func (r factRow) sum(name string) string {
	buf := make([]byte, 0, 256+len(r.Body))
	for _, s := range []string{"hecai/v1/fact", r.Prev, name, r.Actor, r.Kind, r.Body} {
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(s)))
		buf = append(buf, s...)
	}
	buf = binary.BigEndian.AppendUint64(buf, uint64(r.Seq))
	buf = binary.BigEndian.AppendUint64(buf, uint64(r.At))
	h := sha256.Sum256(buf)
	return hex.EncodeToString(h[:])
}

// chainName is what a show's facts are hashed with: its id, or the name that an
// older record had for it.
func (r run) chainName(ctx context.Context, show contest.ShowID) (name string, err error) {
	err = r.get(ctx, &name, `SELECT name FROM show WHERE id = ?`, show)
	if errors.Is(err, errNone) {
		return string(show), nil
	}
	return name, err
}

// AppendFacts adds facts to the end of the chain of the show that the lease is
// of, all or none, if the lease still is its holder's (stage.not_owner). after is
// the number of the last fact that the caller knows, 0 = none, and their Seq
// must follow it. If the chain has grown since, or is shorter, that is
// stage.conflict: read it first. The refusal does not say how many there are: that
// counts facts which are not public.
func (db *DB) AppendFacts(ctx context.Context, own lease.Lease, after int64, facts []cue.Fact) error {
	show := own.ShowOf()
	return db.write(ctx, "append facts", func(ctx context.Context, tx run) error {
		if err := tx.owns(ctx, own, lease.Show(show)); err != nil {
			return err
		}
		if err := tx.onAir(ctx, show); err != nil {
			return err
		}
		return tx.appendFacts(ctx, show, after, facts)
	})
}

// head is the last fact of a show; 0, "" for none.
func (r run) head(ctx context.Context, show contest.ShowID) (seq int64, hash string, err error) {
	var last struct {
		Seq  int64
		Hash string
	}
	err = r.get(ctx, &last, `SELECT seq, hash FROM fact WHERE show = ? ORDER BY seq DESC LIMIT 1`, show)
	if errors.Is(err, errNone) {
		err = nil
	}
	return last.Seq, last.Hash, err
}

func (r run) appendFacts(ctx context.Context, show contest.ShowID, after int64, facts []cue.Fact) error {
	seq, hash, err := r.head(ctx, show)
	if err != nil {
		return err
	}
	if seq != after {
		return fault.New(fault.Conflict, "stage.conflict", "show %s has %d facts, caller knows %d", show, seq, after)
	}
	name, err := r.chainName(ctx, show)
	if err != nil {
		return err
	}
	for _, f := range facts {
		if f.Seq != seq+1 {
			return fmt.Errorf("fact %d follows %d", f.Seq, seq)
		}
		row := factRow{Seq: f.Seq, At: f.At, Actor: f.Actor, Kind: f.Kind, Body: string(f.Body), Prev: hash}
		row.Hash = row.sum(name)
		_, err := r.exec(ctx, `INSERT INTO fact (show, seq, at, actor, kind, body, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			show, row.Seq, row.At, row.Actor, row.Kind, row.Body, row.Prev, row.Hash)
		if isDuplicate(err) { // another node was faster
			return fault.Wrap(fault.Conflict, "stage.conflict", err, "show %s, fact %d", show, f.Seq)
		}
		if err != nil {
			return err
		}
		seq, hash = row.Seq, row.Hash
	}
	return nil
}

// LoadFacts returns the facts of a show that come after the number, in order.
func (db *DB) LoadFacts(ctx context.Context, show contest.ShowID, after int64) ([]cue.Fact, error) {
	rows, err := db.facts(ctx, show, after)
	if err != nil {
		return nil, err
	}
	out := make([]cue.Fact, len(rows))
	for i, r := range rows {
		out[i] = cue.Fact{Seq: r.Seq, At: r.At, Actor: r.Actor, Kind: r.Kind, Body: json.RawMessage(r.Body)}
	}
	return out, nil
}

func (db *DB) facts(ctx context.Context, show contest.ShowID, after int64) (rows []factRow, err error) {
	err = db.read().list(ctx, &rows, `SELECT seq, at, actor, kind, body, prev, hash FROM fact WHERE show = ? AND seq > ? ORDER BY seq`, show, after)
	if err != nil {
		return nil, fmt.Errorf("facts of %s: %w", show, err)
	}
	return rows, nil
}

// VerifyFacts goes through a show's whole chain and returns how many facts it
// has and the hash of the last one. A fact that was changed, moved or taken out
// is stage.broken_chain.
func (db *DB) VerifyFacts(ctx context.Context, show contest.ShowID) (n int64, head string, err error) {
	rows, err := db.facts(ctx, show, 0)
	if err != nil {
		return 0, "", err
	}
	name, err := db.read().chainName(ctx, show)
	if err != nil {
		return 0, "", err
	}
	for _, r := range rows {
		if r.Seq != n+1 || r.Prev != head || r.Hash != r.sum(name) {
			return n, head, fault.New(fault.Internal, "stage.broken_chain", "show %s breaks at fact %d", show, n+1).With("seq", n+1)
		}
		n, head = r.Seq, r.Hash
	}
	return n, head, nil
}
