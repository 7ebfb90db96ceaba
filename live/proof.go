package live

import (
	"context"

	"hecai/access"
	"hecai/fault"
	"hecai/vote"
	"hecai/vote/ledger"
	"hecai/vote/logbook"
)

// A proof tells the size of the log and so the turnout, and a root that depends on
// every choice: it is given only once the result of the ballot is public. Rounds
// before the present one are proven too: a new round takes no receipt's worth away.

// LedgerName is the name of the vote log and the public key that signs it.
type LedgerName struct {
	Origin string `json:"origin"`
	Key    string `json:"key"`
}

// Ledger names the log.
func (h *Hall) Ledger() LedgerName {
	return LedgerName{Origin: h.cfg.Logs.Origin(), Key: h.cfg.Logs.VerifierKey()}
}

// Proof is the inclusion proof of a receipt in a closed ballot's log.
func (h *Hall) Proof(ctx context.Context, id access.Identity, ballot vote.BallotID, leaf string) (ledger.Evidence, error) {
	if err := access.AllowAll(access.Bound{Limiter: h.reads, Key: id.From}, access.Bound{Limiter: h.proofs, Key: leaf}); err != nil {
		return ledger.Evidence{}, err
	}
	want, err := ledger.ParseHex(leaf)
	if err != nil {
		return ledger.Evidence{}, fault.Wrap(fault.NotFound, "vote.no_receipt", err, "leaf %q", leaf)
	}
	b, err := h.verifiable(ballot)
	if err != nil {
		return ledger.Evidence{}, err
	}
	for _, round := range b.ClosedRounds() {
		log, err := h.cfg.Logs.Closed(ctx, ballot, round)
		if err != nil {
			return ledger.Evidence{}, err
		}
		index, path, found := log.Prove(want)
		if !found {
			continue
		}
		open, last, err := log.Frame()
		if err != nil {
			return ledger.Evidence{}, err
		}
		e := h.evidence(log)
		e.Leaf, e.Index, e.Path, e.OpenPath, e.ClosePath = leaf, index, texts(path), texts(open), texts(last)
		return e, nil
	}
	return ledger.Evidence{}, fault.New(fault.NotFound, "vote.no_receipt", "leaf %s", leaf)
}

// Log is the whole log of a round, for those who want to count the records
// themselves. Round 0 is the last one that closed.
func (h *Hall) Log(ctx context.Context, id access.Identity, ballot vote.BallotID, round int) (ledger.Evidence, error) {
	if err := h.proofs.Allow("log:" + id.From); err != nil {
		return ledger.Evidence{}, err
	}
	b, err := h.verifiable(ballot)
	if err != nil {
		return ledger.Evidence{}, err
	}
	closed := b.ClosedRounds()
	if round == 0 && len(closed) > 0 {
		round = closed[0]
	}
	if round < 1 || len(closed) == 0 || round > closed[0] {
		return ledger.Evidence{}, fault.New(fault.NotFound, "vote.unknown_round", "round %d of %s", round, ballot)
	}
	log, err := h.cfg.Logs.Closed(ctx, ballot, round)
	if err != nil {
		return ledger.Evidence{}, err
	}
	e := h.evidence(log)
	e.Leaves = texts(log.Leaves())
	return e, nil
}

func texts(hashes []ledger.Hash) []string {
	out := make([]string, len(hashes))
	for i, h := range hashes {
		out[i] = ledger.Hex(h)
	}
	return out
}

// verifiable returns a ballot whose log may be shown.
func (h *Hall) verifiable(id vote.BallotID) (vote.Ballot, error) {
	b, _, err := h.cfg.Shows.Ballot(id)
	if err == nil && !h.cfg.Shows.Verifiable(b) {
		err = fault.New(fault.Conflict, "vote.proof_later", "ballot %s is not public yet", id)
	}
	return b, err
}

func (h *Hall) evidence(l *logbook.Log) ledger.Evidence {
	return ledger.Evidence{
		Form: ledger.EvidenceForm, Origin: h.cfg.Logs.Origin(), Key: h.cfg.Logs.VerifierKey(), Ballot: l.Ballot, Round: l.Round.Round,
		Definition: l.Definition, Close: l.Close, Checkpoint: l.Checkpoint, Root: ledger.Hex(l.Root()), Size: l.Size(),
	}
}
