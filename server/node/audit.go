package node

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"

	"hecai/fault"
	"hecai/stage/cue"
	"hecai/store"
	"hecai/vote"
	"hecai/vote/ledger"
	"hecai/vote/logbook"
)

// Audit goes through a whole record, or a copy of one, beside a node that may be at
// work on it: every vote against its leaf and the head that was signed, every
// count against its votes, every fact against its chain, every seal against its
// fingerprint. It tells each by name, no figure of any, and its error is how many
// do not hold.
func Audit(ctx context.Context, at string, out io.Writer) error {
	db, err := store.Inspect(ctx, at)
	if err != nil {
		return err
	}
	defer db.Close()
	a := &audit{db: db, out: out}
	if err := errors.Join(a.shows(ctx), a.ballots(ctx)); err != nil {
		return err
	}
	if a.broken > 0 {
		return fmt.Errorf("有 %d 处不成立 / %d do not hold", a.broken, a.broken)
	}
	fmt.Fprintln(out, "成立：整份记录 / holds: the whole record")
	return nil
}

type audit struct {
	db     *store.DB
	out    io.Writer
	broken int
}

// tell writes a line, and counts one that does not hold.
func (a *audit) tell(what string, err error, format string, args ...any) {
	if err != nil {
		a.broken++
		fmt.Fprintf(a.out, "不成立 / does not hold: %s: %v\n", what, err)
		return
	}
	fmt.Fprintf(a.out, "成立 / holds: %s"+format+"\n", append([]any{what}, args...)...)
}

func (a *audit) shows(ctx context.Context) error {
	shows, err := a.db.Shows(ctx)
	if err != nil {
		return err
	}
	a.tell("彩排编号 / numbers of rehearsals", a.db.VerifyTakes(ctx), "")
	for _, id := range shows {
		if id.Take() > 0 {
			gone, err := a.db.VerifyTake(ctx, id)
			if gone || err != nil {
				a.tell("彩排 / rehearsal "+string(id), err, "，已清除 / purged")
				continue
			}
		}
		n, head, err := a.db.VerifyFacts(ctx, id)
		a.tell("现场事实 / facts of "+string(id), err, ", %d, %s", n, head)
		_, text, root, err := a.db.LoadSeal(ctx, id)
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err == nil && cue.Root(text) != root {
			err = fault.New(fault.Internal, "stage.seal_broken", "the text is not the one of its fingerprint")
		}
		a.tell("密封成绩 / seal of "+string(id), err, ", %s", root)
	}
	return nil
}

func (a *audit) ballots(ctx context.Context) error {
	ballots, err := a.db.LoadBallots(ctx)
	if err != nil || len(ballots) == 0 {
		return err
	}
	book, name, err := a.book(ctx)
	if err != nil {
		return err
	}
	for _, b := range ballots {
		if b.Round > 0 {
			_, err := a.db.LoadTally(ctx, b.ID)
			a.tell("计票 / count of "+string(b.ID), err, "")
		}
		if b.State == vote.StateOpen {
			err := a.db.VerifyVotes(ctx, b.ID, b.Round, func(voter int64) string { return name(b.LogName(), b.Round, voter) })
			a.tell(fmt.Sprintf("投票 / votes of %s, %d", b.ID, b.Round), err, "，尚未截止 / not closed yet")
		}
		for _, round := range b.ClosedRounds() {
			what, head := fmt.Sprintf("投票 / votes of %s, %d", b.ID, round), ""
			log, err := book.Closed(ctx, b.ID, round)
			if err == nil {
				head = log.Fingerprint()
			}
			a.tell(what, err, ", %s", head)
		}
	}
	return nil
}

// book makes logs as the node does, with the keys of the record, and writes nothing.
func (a *audit) book(ctx context.Context) (*logbook.Book, func(string, int, int64) string, error) {
	codes, err := a.db.Contests(ctx)
	if err == nil && len(codes) == 0 {
		err = errors.New("记录里没有赛事 / no contest is in the record")
	}
	if err != nil {
		return nil, nil, err
	}
	seed, err := a.db.KnownSecret(ctx, "ledger", ed25519.SeedSize)
	if err != nil {
		return nil, nil, err
	}
	pseudonyms, err := a.db.KnownSecret(ctx, "pseudonyms", 32)
	if err != nil {
		return nil, nil, err
	}
	name := func(ballot string, round int, voter int64) string {
		return ledger.Pseudonym(pseudonyms, ballot, round, voter)
	}
	book, err := logbook.New(logbook.Config{Store: unsigned{a.db}, Key: ed25519.NewKeyFromSeed(seed), Origin: origin(codes[0]), Pseudonym: name, MaxLeaves: 1})
	return book, name, err
}

// unsigned keeps no head: a round that is not signed yet is not signed by who checks.
type unsigned struct{ *store.DB }

// SaveCheckpoint implements logbook.Store.
func (unsigned) SaveCheckpoint(context.Context, vote.BallotID, int, int64, string) error { return nil }
