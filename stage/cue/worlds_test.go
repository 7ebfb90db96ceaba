package cue

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hecai/contest"
	"hecai/contest/score"
	"hecai/vote"
)

// TestTwoWorlds plays random shows in two worlds with the same commands. In the
// other world the results have changed hands: the sheets and votes of one entry
// are those of another. Until a step tells something in which the worlds differ,
// every byte of every view is equal; every step tells exactly what it is about,
// also after the worlds have parted; and no refusal depends on a result.
//
// What a step is about is computed here from the contest's rules alone (about),
// not by the code under test.
func TestTwoWorlds(t *testing.T) {
	shows, parted, early, silent := 0, 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		one := drawNight(rt)
		other := one.exchanged(rt)
		if one.ties() {
			return // can't be sealed
		}
		shows++
		r := drawRundown(rt, one)
		a, b := newPlay(rt, r, one), newPlay(rt, r, other)
		apart, wild := false, rapid.Bool().Draw(rt, "wild")
		for range 200 {
			if a.s.Ended() || a.s.next() == "" && !wild {
				break
			}
			role, cmd := drawShow(rt, a, wild)
			armed := false // by the revision that both worlds share
			if c := a.s.cue(cmd.Cue); cmd.Kind == "fire" && c != nil {
				armed = a.s.armed == c.ID || a.s.cues[c.ID].step > 0
			}
			if cmd.Kind == "next" {
				armed = a.s.next() == a.s.armed || a.s.cues[a.s.next()].step > 0
			}
			errA, errB := a.do(role, cmd), b.do(role, cmd)
			if string(asJSON(rt, errA)) != string(asJSON(rt, errB)) {
				rt.Fatalf("%+v: refused with %v in one world, %v in the other", cmd, errA, errB)
			}
			tells, otherTells := about(one, a.fired), about(other, b.fired)
			if got, want := publicFacts(a), publicFacts(b); (got == want) != (tells == otherTells) {
				rt.Fatalf("%+v is about\n%s\n%s\nand tells\n%s\n%s", cmd, tells, otherTells, got, want)
			}
			if tells != otherTells && !armed && !apart {
				rt.Fatalf("%+v tells of the result and was not armed", cmd)
			}
			if tells != otherTells {
				if !apart && a.fired.What() != RevealVerify {
					early++
				}
				apart = true
				if asText(rt, a) == asText(rt, b) {
					rt.Fatalf("%+v: the reveal is not to be seen", cmd)
				}
			} else if a.fired.What() != "" && apart {
				silent++
			}
			if !apart {
				sameDocs(rt, fmt.Sprintf("two worlds after %+v", cmd), a.seen(), b.seen())
			}
		}
		if apart {
			parted++
		}
	})
	if shows < 50 || parted < shows/2 || early < shows/4 || silent == 0 {
		t.Errorf("%d shows, %d parted, %d of them before the verification, %d reveals equal afterwards: too few to prove anything",
			shows, parted, early, silent)
	}
}

func asText(t tb, p *play) string { return string(asJSON(t, Public(p.s))) }

func publicFacts(p *play) string {
	var out strings.Builder
	for _, f := range p.last {
		if f.Public() {
			fmt.Fprintf(&out, "%s\n", asJSON(p.t, f.Event()))
		}
	}
	return out.String()
}

// drawNight draws who said what. Judges who hand nothing in do so for every
// entry, for who has handed in is no secret and may not change hands.
func drawNight(rt *rapid.T) *night {
	c := smallCatalog(rt, rapid.IntRange(5, 9).Draw(rt, "entries"), rapid.IntRange(3, 6).Draw(rt, "judges"))
	n := newNight(c)
	n.sheets = nil
	absent := rapid.IntRange(0, 2*len(c.Judges)).Draw(rt, "absent")
	for i, e := range c.Entries {
		n.votes[i] = rapid.Int64Range(0, 30).Draw(rt, "votes")
		for j, judge := range c.Judges {
			// Close marks, so that totals round to the same text now and then.
			s := n.sheet(e.ID, judge.ID, contest.Mark(rapid.IntRange(8000, 8300).Draw(rt, "mark")))
			if j == absent && len(c.Judges) > 3 {
				s.State = score.SheetDraft
			}
			n.sheets = append(n.sheets, s)
		}
	}
	return n
}

// exchanged is the night with the results handed around among the entries: all
// of them, or only two of the winners.
func (n *night) exchanged(rt *rapid.T) *night {
	from := make([]int, len(n.catalog.Entries)) // entry i has the results of entry from[i]
	for i := range from {
		from[i] = i
	}
	if rapid.Bool().Draw(rt, "all") {
		from = rapid.Permutation(from).Draw(rt, "permutation")
	} else {
		i := rapid.IntRange(0, 4).Draw(rt, "one")
		j := (i + rapid.IntRange(1, 4).Draw(rt, "the other")) % 5
		ranked := n.ranked()
		at := func(place int) int {
			return slices.IndexFunc(n.catalog.Entries, func(e contest.Entry) bool { return e.ID == ranked[place].Entry })
		}
		from[at(i)], from[at(j)] = at(j), at(i)
	}
	other := *n
	other.salt++
	other.votes = make([]int64, len(n.votes))
	other.sheets = nil
	judges := len(n.catalog.Judges)
	for i, e := range n.catalog.Entries {
		other.votes[i] = n.votes[from[i]]
		for _, s := range n.sheets[from[i]*judges : (from[i]+1)*judges] {
			s.Entry = e.ID
			other.sheets = append(other.sheets, s)
		}
	}
	return &other
}

// drawRundown draws what is revealed, and in which order. All reveals come after
// the seal, but for marks and the tally.
func drawRundown(rt *rapid.T, n *night) Rundown {
	r := smallRundown()
	at := slices.IndexFunc(r.Cues, func(c Cue) bool { return c.ID == "seal" })
	head, tail := r.Cues[:at+1], r.Cues[at+1:len(r.Cues)-1]
	for i := range head {
		if head[i].ID == "marks" {
			head[i].Actions[1].Entry = n.catalog.Entries[rapid.IntRange(0, len(n.catalog.Entries)-1).Draw(rt, "scored")].ID
		}
	}
	tail = rapid.Permutation(tail).Draw(rt, "order")
	for i := range tail {
		if a := &tail[i].Actions[0]; a.What == RevealBoard {
			a.From, a.Top = rapid.IntRange(0, 6).Draw(rt, "from"), rapid.IntRange(0, 9).Draw(rt, "top")
		}
	}
	r.Cues = append(slices.Clone(head), tail...)
	drop := rapid.IntRange(0, 3).Draw(rt, "dropped")
	r.Cues = r.Cues[:len(r.Cues)-drop]
	return r
}

// drawShow draws commands of a show that goes on, with some noise; in a wild one
// the cues come in any order, by the director or the host.
func drawShow(rt *rapid.T, p *play, wild bool) (string, Command) {
	if wild && rapid.IntRange(0, 2).Draw(rt, "any") > 0 {
		role := rapid.SampledFrom([]string{RoleDirector, RoleDirector, RoleHost}).Draw(rt, "role")
		cmd := Command{Rev: p.s.Rev(), Kind: "fire", Cue: rapid.SampledFrom(p.s.rundown.Cues).Draw(rt, "cue").ID}
		if c := p.s.runningCue(); c != nil {
			cmd.Cue = c.ID
		}
		if c := p.s.cue(cmd.Cue); p.s.armed != c.ID && p.s.mustArm(c) && rapid.IntRange(0, 3).Draw(rt, "arms") > 0 {
			role, cmd.Kind = RoleDirector, "arm"
			if p.s.armed != "" {
				cmd.Kind, cmd.Cue = "disarm", p.s.armed
			}
		}
		return role, cmd
	}
	if rapid.IntRange(0, 6).Draw(rt, "noise") == 0 {
		role, cmd := drawCommand(rt, p)
		if cmd.Kind == "decide" { // who is left out changes the worlds themselves; decisions have tests of their own
			cmd.Kind = "notice"
		}
		if cmd.Kind != "skip" || rapid.IntRange(0, 3).Draw(rt, "skips") == 0 {
			return role, cmd
		}
	}
	cmd := Command{Rev: p.s.Rev(), Kind: "next"}
	if id, _, arm, _ := p.s.Next(); arm {
		cmd.Kind, cmd.Cue = "arm", id
		if p.s.armed != "" && p.s.armed != id {
			cmd.Kind, cmd.Cue = "disarm", p.s.armed
		}
	}
	return RoleDirector, cmd
}

// candidates, ranked and list are the result by the contest's rules.
func (n *night) candidates() []score.Candidate {
	var out []score.Candidate
	for i, e := range n.catalog.Entries {
		out = append(out, score.Candidate{Entry: e.ID, Track: e.Track, Votes: n.votes[i], Panel: n.panel(e.ID)})
	}
	return out
}

func (n *night) panel(id contest.EntryID) score.PanelScore {
	own := slices.DeleteFunc(slices.Clone(n.sheets), func(s score.Sheet) bool { return s.Entry != id })
	return score.Panel(n.catalog.Plan.Scoring, n.catalog.Plan.Criteria, own, len(n.catalog.Judges))
}

func (n *night) ranked() []score.Ranked {
	return score.Rank(n.catalog.Plan.Scoring, n.catalog.Plan.Criteria, n.candidates())
}

func (n *night) list() score.AwardList {
	running := slices.Clone(n.catalog.Entries)
	slices.SortFunc(running, func(a, b contest.Entry) int { return a.Order - b.Order })
	var order []contest.EntryID
	for _, e := range running {
		order = append(order, e.ID)
	}
	return score.Allocate(n.catalog.Plan.Awards, n.ranked(), order)
}

func (n *night) ties() bool { return len(n.list().Blockers) > 0 }

// about is what a step may tell, and all of it.
func about(n *night, f Fired) string {
	rule := n.catalog.Plan.Scoring
	switch f.what {
	case RevealMarks:
		return n.aboutMarks(f)
	case RevealTally:
		return fmt.Sprint(n.votes)
	case RevealVerify:
		return fmt.Sprint(n.salt) // the root, which the salt makes another
	case RevealBoard:
		rows := slices.DeleteFunc(n.ranked(), func(r score.Ranked) bool { return r.Rank == 0 })
		if f.top > 0 {
			rows = rows[:min(f.top, len(rows))]
		}
		out := fmt.Sprint(len(rows))
		for _, r := range rows[min(max(f.from-1, 0), len(rows)):] {
			out += fmt.Sprint(" ", max(r.Rank, f.from), r.Entry, r.Total.RatString())
		}
		return out
	case RevealAward:
		list := n.list()
		winners := list.Levels[slices.IndexFunc(list.Levels, func(l score.AwardLevel) bool { return l.Award == f.award.ID })].Winners
		out := ""
		for i, id := range winners {
			if f.beat.name == beatList || f.beat.name == beatTurn && f.beat.place == i+1 {
				r := n.rankedOne(id)
				out += fmt.Sprint(" ", id, score.Decimal(r.Total, rule.Places, rule.Rounding), score.Decimal(r.Jury, rule.Places, rule.Rounding), r.Votes)
			}
		}
		return out
	}
	return ""
}

func (n *night) rankedOne(id contest.EntryID) score.Ranked {
	all := n.ranked()
	return all[slices.IndexFunc(all, func(r score.Ranked) bool { return r.Entry == id })]
}

func (n *night) aboutMarks(f Fired) string {
	rule, panel, out := n.catalog.Plan.Scoring, n.panel(f.entry), ""
	for _, t := range panel.Totals {
		if f.beat.name == beatMark && f.beat.judge == t.Judge {
			out += score.Decimal(t.Total, rule.Places, rule.Rounding)
		}
		if f.beat.name == beatTrim {
			out += fmt.Sprint(" ", t.Judge, t.Dropped)
		}
	}
	if f.beat.name == beatScore {
		out += score.Decimal(panel.Score, rule.Places, rule.Rounding)
	}
	return out
}

// TestNoWayAroundTheToken: a sealed value gives nothing but to the step that was
// fired, and a step for one thing opens no other.
func TestNoWayAroundTheToken(t *testing.T) {
	n := newNight(smallCatalog(t, 9, 5))
	p := newPlay(t, smallRundown(), n).upTo("seal").run("arm first", "fire first")
	turn := p.fired
	b := p.n.ballots["b"]
	session, panel, tally := *p.sealed, p.s.SealPanel("e1", n.sheets), SealTally(&n.catalog, b, n.tally(b))
	p2 := newPlay(t, smallRundown(), n).upTo("lock").run("fire marks")
	mark := p2.fired
	other := mark
	other.entry = "e2"
	lost := turn
	lost.award.ID = "none"
	odd := mark
	odd.beat.judge = "nobody"
	count := Fired{what: RevealTally, ballot: "other"}
	for name, c := range map[string]struct {
		sealed Sealed
		fired  Fired
	}{
		"zero token, session": {session, Fired{}}, "zero token, panel": {panel, Fired{}}, "zero token, tally": {tally, Fired{}},
		"award from a panel": {panel, turn}, "award from a tally": {tally, turn}, "award from nothing": {Sealed{}, turn},
		"marks from the session": {session, mark}, "marks of another": {panel, other}, "marks of a stranger": {panel, odd},
		"tally of another": {tally, count}, "award that is not": {session, lost},
	} {
		if facts, err := c.sealed.Step(c.fired); err == nil {
			t.Errorf("%s: told %s", name, asJSON(t, facts))
		}
	}
	open := b
	open.State = vote.StateOpen
	if _, err := SealTally(&n.catalog, open, n.tally(open)).Step(Fired{what: RevealTally, ballot: "b"}); err == nil {
		t.Error("the tally of an open ballot was told")
	}
	stale := n.tally(b)
	stale.Round--
	if _, err := SealTally(&n.catalog, b, stale).Step(Fired{what: RevealTally, ballot: "b"}); err == nil {
		t.Error("the tally of another round was told")
	}
}
