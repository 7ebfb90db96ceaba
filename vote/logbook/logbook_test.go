package logbook

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"hecai/contest"
	"hecai/fault"
	"hecai/vote"
	"hecai/vote/ledger"
)

var (
	testKey  = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	bg       = context.Background()
	pseudoID = []byte("0123456789abcdef")
)

// record is one closed round with n votes, and counts how often it is read.
type record struct {
	mu      sync.Mutex
	round   ledger.Round
	opened  []ledger.Opening
	broken  bool
	reads   atomic.Int64
	gate    chan struct{} // if set, Round waits for it
	entered chan struct{}
}

func newRecord(n int) *record {
	b := vote.Ballot{ID: "final", Title: "示例投票", Round: 1, Options: []vote.Option{{No: 1, Entry: "e1"}}}
	r := &record{round: ledger.Round{Ballot: "final", Round: 1, Definition: ledger.Definition(b)}}
	for i := range n {
		o := ledger.Opening{Ballot: "final", Round: 1, Voter: name("final", 1, int64(i)), Rev: 1, Choice: []contest.EntryID{"e1"}, ClientSalt: fmt.Sprintf("%08x", i), Salt: "00"}
		r.opened = append(r.opened, o)
		r.round.Votes = append(r.round.Votes, ledger.Leaf(o.Record().Text()))
	}
	r.round.Close = ledger.Record{Kind: ledger.KindClose, Ballot: "final", Round: 1, Papers: int64(n), Digest: ledger.Leaf("nonce")}.Text()
	return r
}

func name(id string, round int, voter int64) string {
	return ledger.Pseudonym(pseudoID, id, round, voter)
}

func (r *record) Round(context.Context, vote.BallotID, int) (ledger.Round, error) {
	r.reads.Add(1)
	if r.gate != nil {
		r.entered <- struct{}{}
		<-r.gate
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.round, nil
}

func (r *record) VerifyVotes(context.Context, vote.BallotID, int, func(int64) string) error {
	if r.broken {
		return fault.New(fault.Internal, "vote.miscount", "broken")
	}
	return nil
}

func (r *record) SaveCheckpoint(_ context.Context, _ vote.BallotID, _ int, _ int64, signed string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.round.Checkpoint = signed
	return nil
}

func newBook(t *testing.T, s Store) *Book {
	t.Helper()
	b, err := New(Config{Store: s, Key: testKey, Origin: "example.com/hecai", Pseudonym: name})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// evidence is what the server gives out for one vote.
func evidence(b *Book, l *Log, o ledger.Opening) ledger.Evidence {
	record := o.Record().Text()
	leaf := ledger.Leaf(record)
	index, path, _ := l.Prove(leaf)
	e := ledger.Evidence{
		Form: ledger.EvidenceForm, Origin: b.Origin(), Key: b.VerifierKey(), Ballot: l.Ballot, Round: l.Round.Round,
		Definition: l.Definition, Close: l.Close, Checkpoint: l.Checkpoint, Root: ledger.Hex(l.Root()), Size: l.Size(),
		Record: record, Leaf: ledger.Hex(leaf), Salt: o.ClientSalt, Index: index,
	}
	texts := func(path []ledger.Hash) (out []string) {
		for _, h := range path {
			out = append(out, ledger.Hex(h))
		}
		return out
	}
	open, last, _ := l.Frame()
	e.Path, e.OpenPath, e.ClosePath = texts(path), texts(open), texts(last)
	return e
}

// TestAHallVerifiesAtOnce: the log is read once however many ask, and each gets
// a proof that holds.
func TestAHallVerifiesAtOnce(t *testing.T) {
	r := newRecord(2000)
	b := newBook(t, r)
	var wg sync.WaitGroup
	for _, o := range r.opened {
		wg.Go(func() {
			l, err := b.Closed(bg, "final", 1)
			if err != nil {
				t.Error(err)
				return
			}
			if err := evidence(b, l, o).Check(ledger.Trusted{Key: b.VerifierKey(), Fingerprint: l.Fingerprint()}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := r.reads.Load(); n != 1 {
		t.Errorf("the record was read %d times", n)
	}
	l, _ := b.Closed(bg, "final", 1)
	if _, _, found := l.Prove(ledger.Leaf("another")); found {
		t.Error("a proof of what is not there")
	}
	if l.Size() != 2002 {
		t.Errorf("%d leaves", l.Size())
	}
}

// TestWhoeverGivesUpDoesNotSpoilIt: the build goes on for the others.
func TestWhoeverGivesUpDoesNotSpoilIt(t *testing.T) {
	r := newRecord(3)
	r.gate, r.entered = make(chan struct{}), make(chan struct{}, 2)
	b := newBook(t, r)
	ctx, cancel := context.WithCancel(bg)
	go func() { <-r.entered; cancel() }()
	if _, err := b.Closed(ctx, "final", 1); fault.CodeOf(err) != "vote.proof_busy" {
		t.Fatalf("gave up: %v", err)
	}
	close(r.gate)
	if _, err := b.Closed(bg, "final", 1); err != nil {
		t.Fatal(err)
	}
	if n := r.reads.Load(); n != 1 {
		t.Errorf("read %d times", n)
	}
}

// TestAChangedRecordIsRefused: by leaf, by head, or by a missing close; and what
// failed is tried anew.
func TestAChangedRecordIsRefused(t *testing.T) {
	r := newRecord(5)
	b := newBook(t, r)
	if _, err := b.Closed(bg, "final", 1); err != nil {
		t.Fatal(err)
	}
	for what, edit := range map[string]func(*record){
		"a vote that is not its leaf's": func(r *record) { r.broken = true },
		"a leaf in place of another":    func(r *record) { r.round.Votes[0], r.round.Votes[1] = r.round.Votes[1], r.round.Votes[0] },
		"a vote taken out":              func(r *record) { r.round.Votes = r.round.Votes[1:] },
		"another definition":            func(r *record) { r.round.Definition += " " },
		"another close":                 func(r *record) { r.round.Close = strings.Replace(r.round.Close, "papers 5", "papers 6", 1) },
		"another signature":             func(r *record) { r.round.Checkpoint += "x" },
	} {
		changed := newRecord(5)
		changed.round.Checkpoint = r.round.Checkpoint
		edit(changed)
		book := newBook(t, changed)
		for range 2 {
			if _, err := book.Closed(bg, "final", 1); fault.CodeOf(err) != "vote.miscount" {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	open := newRecord(5)
	open.round.Close = ""
	if _, err := newBook(t, open).Closed(bg, "final", 1); fault.CodeOf(err) != "vote.not_closed" {
		t.Errorf("an open round: %v", err)
	}
}

// TestEvidenceFailsWhenOneByteIsChanged takes public bytes only and changes each
// part of them in turn.
func TestEvidenceFailsWhenOneByteIsChanged(t *testing.T) {
	r := newRecord(9)
	b := newBook(t, r)
	l, err := b.Closed(bg, "final", 1)
	if err != nil {
		t.Fatal(err)
	}
	good := evidence(b, l, r.opened[4])
	for _, leaf := range l.Leaves() {
		good.Leaves = append(good.Leaves, ledger.Hex(leaf))
	}
	good.Seal = `{"ballots":[{"ballot":"final","round":1,"root":"` + good.Root + `","leaves":11}]}`
	trusted := ledger.Trusted{Key: b.VerifierKey(), Fingerprint: l.Fingerprint()}
	if err := good.Check(trusted); err != nil {
		t.Fatal(err)
	}
	other := evidence(b, l, r.opened[5])
	flip := func(s string, i int) string { return s[:i] + string(s[i]^1) + s[i+1:] }
	strict := trusted
	for what, edit := range map[string]func(*ledger.Evidence){
		"form":          func(e *ledger.Evidence) { e.Form += " " },
		"origin":        func(e *ledger.Evidence) { e.Origin = "example.com/other" },
		"ballot":        func(e *ledger.Evidence) { e.Ballot = "semi" },
		"round":         func(e *ledger.Evidence) { e.Round = 2 },
		"definition":    func(e *ledger.Evidence) { e.Definition = flip(e.Definition, 40) },
		"no definition": func(e *ledger.Evidence) { e.Definition = "" },
		"close":         func(e *ledger.Evidence) { e.Close = strings.Replace(e.Close, "papers 9", "papers 8", 1) },
		"root":          func(e *ledger.Evidence) { e.Root = other.Leaf },
		"size":          func(e *ledger.Evidence) { e.Size++ },
		"record":        func(e *ledger.Evidence) { e.Record = other.Record },
		"leaf":          func(e *ledger.Evidence) { e.Leaf = other.Leaf },
		"salt":          func(e *ledger.Evidence) { e.Salt = other.Salt },
		"index":         func(e *ledger.Evidence) { e.Index++ },
		"path":          func(e *ledger.Evidence) { e.Path = append([]string{other.Leaf}, e.Path[1:]...) },
		"short path":    func(e *ledger.Evidence) { e.Path = e.Path[1:] },
		"another's vote": func(e *ledger.Evidence) {
			e.Record, e.Leaf, e.Index, e.Path = other.Record, other.Leaf, other.Index, other.Path
		},
		"a leaf of many":   func(e *ledger.Evidence) { e.Leaves[3] = other.Leaf },
		"a leaf fewer":     func(e *ledger.Evidence) { e.Leaves = e.Leaves[1:] },
		"sealed otherwise": func(e *ledger.Evidence) { e.Seal = strings.Replace(e.Seal, e.Root, other.Leaf, 1) },
		"not in the seal":  func(e *ledger.Evidence) { e.Seal = `{"ballots":[]}` },
	} {
		bad := good
		bad.Path, bad.Leaves = append([]string(nil), good.Path...), append([]string(nil), good.Leaves...)
		edit(&bad)
		if bad.Check(strict) == nil {
			t.Errorf("%s changed, and nothing noticed", what)
		}
	}
	for i := range good.Checkpoint {
		bad := good
		bad.Checkpoint = flip(good.Checkpoint, i)
		if bad.Check(ledger.Trusted{Key: trusted.Key}) == nil {
			t.Errorf("byte %d of the checkpoint changed, and nothing noticed", i)
		}
	}
	for i := range good.Key {
		bad := good
		bad.Key = flip(good.Key, i)
		if bad.Check(trusted) == nil {
			t.Errorf("byte %d of the key changed, and nothing noticed", i)
		}
	}
	// A server that signs another history with another key of its own.
	forged, err := New(Config{Store: newRecord(8), Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), Origin: "example.com/hecai", Pseudonym: name})
	if err != nil {
		t.Fatal(err)
	}
	fl, err := forged.Closed(bg, "final", 1)
	if err != nil {
		t.Fatal(err)
	}
	e := evidence(forged, fl, r.opened[4])
	if err := e.Check(ledger.Trusted{}); err != nil {
		t.Errorf("a forged log holds together by itself: %v", err)
	}
	if e.Check(ledger.Trusted{Key: trusted.Key}) == nil || e.Check(ledger.Trusted{Fingerprint: trusted.Fingerprint}) == nil {
		t.Error("a forged log passed what is known from elsewhere")
	}
}

// TestAProofOfOneVoteFailsWhenOneByteIsChanged takes the proof that a page keeps,
// which has no other leaves, and changes every byte of it in turn.
func TestAProofOfOneVoteFailsWhenOneByteIsChanged(t *testing.T) {
	r := newRecord(9)
	b := newBook(t, r)
	l, err := b.Closed(bg, "final", 1)
	if err != nil {
		t.Fatal(err)
	}
	good := evidence(b, l, r.opened[4])
	good.Promise = ledger.Promise(testKey, b.Origin(), good.Leaf)
	trusted := ledger.Trusted{Key: b.VerifierKey(), Fingerprint: l.Fingerprint()}
	if err := good.Check(trusted); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(good)
	if err != nil {
		t.Fatal(err)
	}
	for i := range text {
		changed := slices.Clone(text)
		changed[i] ^= 1
		if e, err := ledger.ParseEvidence(changed); err == nil && !reflect.DeepEqual(e, good) && e.Check(trusted) == nil {
			t.Errorf("byte %d changed, and nothing noticed: %s", i, changed[max(0, i-20):min(len(changed), i+20)])
		}
	}
}

// TestOldLogsAreLetGo: memory is bounded, and what was let go is read again.
func TestOldLogsAreLetGo(t *testing.T) {
	r := newRecord(10)
	b := newBook(t, r)
	b.cfg.MaxLeaves = 25
	for range 2 {
		for _, round := range []int{1, 2, 3} {
			if _, err := b.Closed(bg, "final", round); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := len(b.logs); n != 2 {
		t.Errorf("%d logs kept", n)
	}
	if n := r.reads.Load(); n != 6 {
		t.Errorf("%d reads", n)
	}
}

// TestALogOfABallotThatIsGone: it is asked of the record again, also by whoever waited
// for it while it was forgotten.
func TestALogOfABallotThatIsGone(t *testing.T) {
	r := newRecord(3)
	b := newBook(t, r)
	ask := func() {
		t.Helper()
		if _, err := b.Closed(bg, "final", 1); err != nil {
			t.Fatal(err)
		}
	}
	ask()
	b.Forget("another")
	ask()
	if n := r.reads.Load(); n != 1 {
		t.Errorf("read %d times", n)
	}
	b.Forget("final")
	ask()
	if n := r.reads.Load(); n != 2 {
		t.Errorf("read %d times after it was forgotten", n)
	}
	b.Forget("final")
	r.gate, r.entered = make(chan struct{}), make(chan struct{}, 2)
	waits := make(chan error)
	go func() { _, err := b.Closed(bg, "final", 1); waits <- err }()
	<-r.entered
	b.Forget("final")
	close(r.gate)
	if err := <-waits; err != nil {
		t.Fatal(err)
	}
	ask()
	if n := r.reads.Load(); n != 4 {
		t.Errorf("read %d times after it was forgotten while it was read", n)
	}
}
