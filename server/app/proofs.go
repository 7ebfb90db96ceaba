package app

import (
	"context"
	"slices"

	"hecai/fault"
	"hecai/vote"
	"hecai/vote/ledger"
)

// proofs answers the holders of receipts. A proof tells the size of the log and
// so the turnout, and a root that depends on every choice: it is given only
// once the result of the ballot is public.
type proofs struct{ n *Node }

// proof is an RFC 6962 inclusion proof, hashes in hex.
type proof struct {
	Ballot vote.BallotID `json:"ballot"`
	Round  int           `json:"round"`
	Leaf   string        `json:"leaf"`
	Root   string        `json:"root"`
	Size   int64         `json:"size"`
	Index  int64         `json:"index"`
	Path   []string      `json:"path"`
}

// Inclusion implements httpd.Proof.
func (p proofs) Inclusion(ctx context.Context, id vote.BallotID, leaf string) (any, error) {
	want, err := ledger.ParseHex(leaf)
	if err != nil {
		return nil, fault.Wrap(fault.NotFound, "vote.no_receipt", err, "leaf %q", leaf)
	}
	b, _, err := p.n.shows.Ballot(id)
	if err != nil {
		return nil, err
	}
	if !p.n.shows.verifiable(b) {
		return nil, fault.New(fault.Conflict, "vote.proof_later", "ballot %s is not public yet", id)
	}
	leaves, err := p.n.db.Leaves(ctx, id, b.Round)
	if err != nil {
		return nil, err
	}
	index := slices.Index(leaves, want)
	if index < 0 {
		return nil, fault.New(fault.NotFound, "vote.no_receipt", "leaf %s", leaf)
	}
	var tree ledger.Tree
	for _, l := range leaves {
		tree.Append(l)
	}
	path, err := tree.Prove(int64(index))
	if err != nil {
		return nil, err
	}
	out := proof{Ballot: id, Round: b.Round, Leaf: leaf, Root: ledger.Hex(tree.Root()), Size: tree.Size(), Index: int64(index), Path: []string{}}
	for _, h := range path {
		out.Path = append(out.Path, ledger.Hex(h))
	}
	return out, nil
}
