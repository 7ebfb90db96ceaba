package node

import (
	"time"

	"hecai/clock"
	"hecai/fault"
	"hecai/stage/cue"
)

// sleptTold is how long the desk is told that the machine had slept.
const sleptTold = 15 * time.Minute

// alarms is what the director's desk should know at once, besides what it
// measures. Parts of the node that have something to say add it here. It must
// not block.
func (sh *show) alarms() []cue.Alarm {
	var out []cue.Alarm
	for _, b := range sh.n.box.Ballots() {
		if (b.Show == sh.id || b.Show == "" && b.ID.Contest() == sh.id.Contest()) && b.Missed() {
			out = append(out, cue.Alarm{Code: cue.AlarmBallotMissed, Args: map[string]any{"title": b.Title}})
		}
	}
	if off := sh.n.clock.Off(); off.Abs() > clock.Differs {
		out = append(out, cue.Alarm{Code: cue.AlarmClock, Args: map[string]any{"seconds": int64(off.Seconds())}})
	}
	if missed, woke := sh.n.clock.Slept(); !woke.IsZero() && sh.n.cfg.Now().Sub(woke) < sleptTold {
		out = append(out, cue.Alarm{Code: cue.AlarmSlept, Args: map[string]any{"minutes": int64(missed.Round(time.Minute).Minutes())}})
	}
	out = append(out, sh.n.storeAlarms()...)
	if sh.n.bus != nil && !sh.n.bus.Up() {
		out = append(out, cue.Alarm{Code: cue.AlarmRedis})
	}
	for _, id := range sh.n.box.Aside() {
		if b, _, _ := sh.n.box.Ballot(id); b.Show == sh.id || b.Show == "" && b.ID.Contest() == sh.id.Contest() {
			out = append(out, cue.Alarm{Code: cue.AlarmBallotAside, Args: map[string]any{"title": b.Title}})
		}
	}
	for _, id := range sh.n.logs.changed() {
		if b, _, _ := sh.n.box.Ballot(id); b.Show == sh.id || b.Show == "" && b.ID.Contest() == sh.id.Contest() {
			out = append(out, cue.Alarm{Code: cue.AlarmVotesChanged, Args: map[string]any{"title": b.Title}})
		}
	}
	if sh.n.facts.forged(sh.id) {
		out = append(out, cue.Alarm{Code: cue.AlarmFactsForged})
	}
	return out
}

// storeAlarms tells what is wrong with the record: that nothing can be stored, or
// what may soon end in that.
func (n *Node) storeAlarms() []cue.Alarm {
	for _, err := range []error{n.box.Trouble(), n.db.Trouble()} {
		switch {
		case fault.CodeOf(err) == "store.full":
			return []cue.Alarm{{Code: cue.AlarmStoreFull}}
		case err != nil:
			return []cue.Alarm{{Code: cue.AlarmStore}}
		}
	}
	switch warn := n.db.Warning(); fault.CodeOf(warn) {
	case "store.low":
		return []cue.Alarm{{Code: cue.AlarmStoreLow, Args: fault.Of(warn).Args}}
	case "store.checkpoint":
		return []cue.Alarm{{Code: cue.AlarmStoreLog}}
	}
	return nil
}
