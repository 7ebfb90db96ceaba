// Package logbook keeps the logs of closed rounds at hand: it builds each once
// from the record, checks every leaf against the vote that it stands for, signs
// the log's head, and from then on proves receipts from memory, however many
// people ask at once. A closed round never changes, so neither does its log; one
// whose rows do not give the head that was signed at the close is refused
// (vote.miscount).
//
// A Book is safe for concurrent use. One log is built at a time.
package logbook

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"hecai/fault"
	"hecai/vote"
	"hecai/vote/ledger"
)

// Store reads the rounds of the record.
type Store interface {
	// Round returns the log of a round as it is kept.
	Round(ctx context.Context, id vote.BallotID, round int) (ledger.Round, error)
	// VerifyVotes makes every leaf again from its vote.
	VerifyVotes(ctx context.Context, id vote.BallotID, round int, pseudonym func(voter int64) string) error
	// SaveCheckpoint keeps the signed head; another one is vote.miscount.
	SaveCheckpoint(ctx context.Context, id vote.BallotID, round int, at int64, signed string) error
}

// Config of a Book. All but Now and MaxLeaves are needed.
type Config struct {
	Store     Store
	Key       ed25519.PrivateKey                                 // signs heads
	Origin    string                                             // name of the log
	Pseudonym func(ballot string, round int, voter int64) string // ballot as the log calls it

	Now       func() time.Time // nil = time.Now
	MaxLeaves int              // kept in memory, 68 bytes each; 0 = 4 million. The newest log is kept whatever its size.
}

// Book holds logs. New makes one.
type Book struct {
	cfg      Config
	building chan struct{} // one place

	mu   sync.Mutex
	logs map[key]*entry // guarded by mu
	turn int64          // guarded by mu; counts uses
}

type key struct {
	ballot vote.BallotID
	round  int
}

// entry is a log that is being built or is there.
type entry struct {
	done chan struct{} // closed when log and err are set
	log  *Log
	err  error
	used int64 // guarded by Book.mu
}

// New returns an empty book.
func New(cfg Config) (*Book, error) {
	if cfg.Store == nil || len(cfg.Key) != ed25519.PrivateKeySize || cfg.Pseudonym == nil || !ledger.ValidOrigin(cfg.Origin) {
		return nil, errors.New("logbook: config is incomplete")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.MaxLeaves == 0 {
		cfg.MaxLeaves = 4_000_000
	}
	return &Book{cfg: cfg, building: make(chan struct{}, 1), logs: map[key]*entry{}}, nil
}

// VerifierKey is the public key as c2sp.org/signed-note tools read it.
func (b *Book) VerifierKey() string {
	text, err := ledger.VerifierKey(b.cfg.Origin, b.cfg.Key.Public().(ed25519.PublicKey))
	if err != nil {
		panic("logbook: " + err.Error()) // New has checked the origin
	}
	return text
}

// Origin names the log.
func (b *Book) Origin() string { return b.cfg.Origin }

// Closed returns the log of a closed round. The caller knows that the round is
// closed; a log without its close record is refused (vote.not_closed).
func (b *Book) Closed(ctx context.Context, id vote.BallotID, round int) (*Log, error) {
	k := key{id, round}
	b.mu.Lock()
	e, ok := b.logs[k]
	if !ok {
		e = &entry{done: make(chan struct{})}
		b.logs[k] = e
		go b.build(context.WithoutCancel(ctx), k, e)
	}
	b.turn++
	e.used = b.turn
	b.mu.Unlock()
	select {
	case <-e.done:
		return e.log, e.err
	case <-ctx.Done():
		return nil, fault.Wrap(fault.Unavailable, "vote.proof_busy", ctx.Err(), "log of %s is being built", id).After(time.Second)
	}
}

// build makes a log; a failed one is forgotten, so that the next asks again.
func (b *Book) build(ctx context.Context, k key, e *entry) {
	b.building <- struct{}{}
	defer func() { <-b.building }()
	e.log, e.err = b.read(ctx, k)
	b.mu.Lock()
	defer b.mu.Unlock()
	if e.err != nil {
		delete(b.logs, k)
	} else {
		b.forget(k)
	}
	close(e.done)
}

// read reads, checks and signs.
func (b *Book) read(ctx context.Context, k key) (*Log, error) {
	r, err := b.cfg.Store.Round(ctx, k.ballot, k.round)
	if err != nil {
		return nil, fmt.Errorf("log of %s: %w", k.ballot, err)
	}
	if r.Definition != "" && r.Close == "" {
		return nil, fault.New(fault.Conflict, "vote.not_closed", "round %d of %s", k.round, k.ballot)
	}
	name := func(voter int64) string { return b.cfg.Pseudonym(r.Ballot, k.round, voter) }
	if err := b.cfg.Store.VerifyVotes(ctx, k.ballot, k.round, name); err != nil {
		return nil, fmt.Errorf("log of %s: %w", k.ballot, err)
	}
	l := newLog(r)
	signed, err := ledger.SignRound(b.cfg.Key, b.cfg.Origin, l.tree.Size(), l.tree.Root())
	if err != nil {
		return nil, fmt.Errorf("log of %s: %w", k.ballot, err)
	}
	if r.Checkpoint == "" {
		if err := b.cfg.Store.SaveCheckpoint(ctx, k.ballot, k.round, b.cfg.Now().UnixMilli(), signed); err != nil {
			return nil, fmt.Errorf("log of %s: %w", k.ballot, err)
		}
	} else if r.Checkpoint != signed {
		return nil, fault.New(fault.Internal, "vote.miscount", "round %d of %s does not give the head that was signed at its close", k.round, k.ballot)
	}
	l.Checkpoint = signed
	return l, nil
}

// Forget lets go of the logs of a ballot that is no more.
func (b *Book) Forget(id vote.BallotID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.logs, func(k key, _ *entry) bool { return k.ballot == id })
}

// forget lets go of the logs that were not used for longest. The caller holds mu.
func (b *Book) forget(newest key) {
	total := 0
	var old []key
	for k, e := range b.logs {
		if e.log == nil {
			continue
		}
		total += int(e.log.tree.Size())
		if k != newest {
			old = append(old, k)
		}
	}
	slices.SortFunc(old, func(x, y key) int { return int(b.logs[x].used - b.logs[y].used) })
	for _, k := range old {
		if total <= b.cfg.MaxLeaves {
			return
		}
		total -= int(b.logs[k].log.tree.Size())
		delete(b.logs, k)
	}
}

// Log is the log of one closed round. It never changes.
type Log struct {
	ledger.Round
	tree   *ledger.Tree
	leaves []ledger.Hash
	sorted []int32 // places, by leaf
}

func newLog(r ledger.Round) *Log {
	l := &Log{Round: r, tree: new(ledger.Tree), leaves: r.Leaves()}
	l.sorted = make([]int32, len(l.leaves))
	for i, leaf := range l.leaves {
		l.tree.Append(leaf)
		l.sorted[i] = int32(i)
	}
	slices.SortFunc(l.sorted, func(x, y int32) int { return bytes.Compare(l.leaves[x][:], l.leaves[y][:]) })
	return l
}

// Leaves are all leaves in order. The caller must not change them.
func (l *Log) Leaves() []ledger.Hash { return l.leaves }

// Size is the number of leaves, Root the head.
func (l *Log) Size() int64       { return l.tree.Size() }
func (l *Log) Root() ledger.Hash { return l.tree.Root() }

// Fingerprint is what is shown at the close.
func (l *Log) Fingerprint() string { return ledger.Fingerprint(l.Checkpoint) }

// Frame proves the records that open and close the log.
func (l *Log) Frame() (open, last []ledger.Hash, err error) {
	open, err = l.tree.Prove(0)
	if err == nil {
		last, err = l.tree.Prove(l.Size() - 1)
	}
	return open, last, err
}

// Prove finds a leaf and returns its place and its inclusion proof.
func (l *Log) Prove(leaf ledger.Hash) (index int64, path []ledger.Hash, found bool) {
	at, found := slices.BinarySearchFunc(l.sorted, leaf, func(i int32, want ledger.Hash) int { return bytes.Compare(l.leaves[i][:], want[:]) })
	if !found {
		return 0, nil, false
	}
	index = int64(l.sorted[at])
	path, err := l.tree.Prove(index)
	return index, path, err == nil
}
