// Package ledger makes votes verifiable: it writes each vote as a record whose
// content is committed to and not shown, hashes the records into an RFC 6962
// Merkle log, proves that a record is in it, and signs the log's head as a C2SP
// checkpoint (c2sp.org/tlog-checkpoint). The arithmetic is that of
// golang.org/x/mod/sumdb, which Go's own checksum database runs on, so proofs
// made here can be checked by any Certificate Transparency tool.
//
// The package is pure. A Tree belongs to one goroutine; everything else is
// safe for any number of callers.
package ledger

import (
	"encoding/hex"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256 hash: a leaf, an inner node or a root.
type Hash = tlog.Hash

// Leaf is the RFC 6962 leaf hash of a record's text.
func Leaf(record string) Hash { return tlog.RecordHash([]byte(record)) }

// Hex writes a hash as receipts and pages show it: 64 lower-case digits.
func Hex(h Hash) string { return hex.EncodeToString(h[:]) }

// ParseHex reads what Hex writes, and nothing else.
func ParseHex(s string) (Hash, error) {
	var h Hash
	if len(s) != hex.EncodedLen(len(h)) {
		return Hash{}, fmt.Errorf("ledger: hash has %d characters", len(s))
	}
	if _, err := hex.Decode(h[:], []byte(s)); err != nil || Hex(h) != s {
		return Hash{}, fmt.Errorf("ledger: %q is not 64 lower-case hex digits", s)
	}
	return h, nil
}

// Tree is a log in memory: 64 bytes a leaf. The zero value is an empty log.
type Tree struct {
	stored []Hash // in the order of tlog.StoredHashIndex
	size   int64
}

// Append adds a leaf hash at index Size.
func (t *Tree) Append(leaf Hash) {
	hashes, err := tlog.StoredHashesForRecordHash(t.size, leaf, t)
	if err != nil { // only ReadHashes fails, and ours has every hash it is asked for
		panic("ledger: " + err.Error())
	}
	t.stored = append(t.stored, hashes...)
	t.size++
}

// Size is the number of leaves.
func (t *Tree) Size() int64 { return t.size }

// Root is the head of the log; of an empty log, the hash of nothing.
func (t *Tree) Root() Hash {
	root, err := tlog.TreeHash(t.size, t)
	if err != nil {
		panic("ledger: " + err.Error())
	}
	return root
}

// Prove returns the path that shows leaf index in the tree of the present
// size, about log2(Size) hashes.
func (t *Tree) Prove(index int64) ([]Hash, error) {
	if index < 0 || index >= t.size {
		return nil, fmt.Errorf("ledger: no leaf %d in %d", index, t.size)
	}
	return tlog.ProveRecord(t.size, index, t)
}

// ReadHashes makes the tree a tlog.HashReader.
func (t *Tree) ReadHashes(indexes []int64) ([]Hash, error) {
	out := make([]Hash, len(indexes))
	for i, at := range indexes {
		if at < 0 || at >= int64(len(t.stored)) {
			return nil, fmt.Errorf("ledger: no stored hash %d", at)
		}
		out[i] = t.stored[at]
	}
	return out, nil
}

// Check reports whether path proves that leaf is at index in the log of the
// size and root; nil means it does.
func Check(path []Hash, size int64, root Hash, index int64, leaf Hash) error {
	return tlog.CheckRecord(path, size, root, index, leaf)
}
