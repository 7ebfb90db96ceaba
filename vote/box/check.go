package box

import (
	"context"
	"time"

	"hecai/vote"
)

// Check refuses a cast by a voter who has cast nothing yet, as far as that can
// be told without the queue. It lets a caller look before it makes a voter.
func (b *Box) Check(ctx context.Context, c vote.Cast) error {
	start := time.Now()
	c.At = b.now()
	ballot, refusal := b.admit(c)
	if b.stale(refusal) {
		if !b.followed(ctx, start) {
			return errBusy(errUnheard)
		}
		ballot, refusal = b.admit(c)
	}
	if refusal != nil {
		return refusal
	}
	if _, _, refusal, _ := vote.Decide(ballot, nil, c); refusal != nil {
		return refusal
	}
	return nil
}
