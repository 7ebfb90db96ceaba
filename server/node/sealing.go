package node

import (
	"context"

	"hecai/vote"
	"hecai/vote/ledger"
)

// sealing implements stage.Ledger: a result is sealed over logs that were
// checked.
type sealing struct{ n *Node }

func (s sealing) Leaves(ctx context.Context, id vote.BallotID, round int) ([]ledger.Hash, error) {
	log, err := s.n.logs.book.Closed(ctx, id, round)
	if err != nil {
		return nil, err
	}
	return log.Leaves(), nil
}
