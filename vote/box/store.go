package box

import (
	"context"

	"hecai/lease"
	"hecai/vote"
)

// Store keeps ballots and votes. The box is its only caller for the writing
// methods and calls them from one goroutine; every write is one durable
// transaction, and a nil error means it is on disk.
//
// An error that is a fault of a kind other than internal is a refusal: nothing
// changed; unavailable means that the store itself is away for a while. Any
// other error leaves the outcome unknown, and the box reads everything again
// before it goes on.
type Store interface {
	// LoadBallots returns every ballot as stored.
	LoadBallots(ctx context.Context) ([]vote.Ballot, error)
	// LoadTally returns the count of the ballot's present round, proven equal
	// to its papers. An error other than unavailable sets the ballot aside.
	LoadTally(ctx context.Context, id vote.BallotID) (vote.Tally, error)
	// Counts returns the counts of open rounds as of the last commit, unproven.
	Counts(ctx context.Context) (map[vote.BallotID]vote.Tally, error)
	// CastBatch decides each cast with vote.Resolve, in order, on the ballot
	// and the voter's papers as they stand inside the transaction, and stores
	// the accepted papers. receipts[i] belongs to casts[i]. It keeps salt,
	// leaf and promise of the receipt and the cast's client salt: without both
	// salts a commitment can never be opened. A duplicate is answered with the
	// stored receipt. The tallies are those of the changed ballots, absolute.
	CastBatch(ctx context.Context, casts []vote.Cast, receipts []vote.Receipt) ([]vote.Outcome, []vote.Tally, error)
	// The rest is done under the lease of the ballots, and refused (stage.not_owner)
	// once another has it. OpenBallot stores ballot.Opened(now, deadline). On an open ballot that
	// moves the deadline and nothing else.
	OpenBallot(ctx context.Context, own lease.Lease, id vote.BallotID, now, deadline int64) (vote.Ballot, error)
	// SkipBallot stores ballot.Skipped().
	SkipBallot(ctx context.Context, own lease.Lease, id vote.BallotID) (vote.Ballot, error)
	// RearmBallot stores ballot.Rearmed(note), unless the ballot stands in a
	// sealed result (ballot.sealed).
	RearmBallot(ctx context.Context, own lease.Lease, id vote.BallotID, note string) (vote.Ballot, error)
	// RevealBallot marks a closed ballot as revealed; once is enough.
	RevealBallot(ctx context.Context, own lease.Lease, id vote.BallotID) (vote.Ballot, error)
	// CloseBallot stores ballot.Shut() and returns the final count of the
	// round, recounted from the papers and not taken from a counter. Closing a
	// closed ballot changes nothing and is no error.
	CloseBallot(ctx context.Context, own lease.Lease, id vote.BallotID, now int64) (vote.Ballot, vote.Tally, error)
}
