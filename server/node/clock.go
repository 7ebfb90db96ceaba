package node

import (
	"context"
	"time"
)

// followAt is the difference above which an idle clock takes over the wall's
// time; below it slewing is enough.
const followAt = 50 * time.Millisecond

// keepTime lets the one clock take over the wall clock, which someone or
// something has set, while nothing is running that it measures.
func (n *Node) keepTime(ctx context.Context) {
	if n.clock.Off().Abs() < followAt || n.shows.timed() {
		return
	}
	var jumped time.Duration
	if ran, err := n.box.Quiet(ctx, func() { jumped = n.clock.Follow() }); err != nil || !ran {
		return
	}
	n.cfg.Log.Warn("the clock follows the wall clock, which was set", "by", jumped)
}

// timed reports whether a timer runs on any stage.
func (s *shows) timed() bool {
	for _, sh := range s.list() {
		if t := sh.View().Timer; t != nil && t.Ends > sh.n.cfg.Now().UnixMilli() {
			return true
		}
	}
	return false
}

// steady returns a clock for the media, which only ever measures durations: it
// starts at the wall's time and no setting of the wall moves it.
func steady() func() time.Time {
	began := time.Now()
	return func() time.Time { return began.Add(time.Since(began)) }
}
