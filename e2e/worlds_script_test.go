package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"hecai/server/node"
)

// script is a random show.
type script struct {
	entries []string
	judges  []string
	marks   map[string]map[string]int // by entry, judge: hundredths, equal on all criteria
	votes   []string                  // one a phone
	swap    [2]string                 // the entries whose results are exchanged in the other world
	quotas  []int
	hidden  string // visibility of the ballot
	cues    []object
	tries   map[string][]try // by the cue before which they are made

	rehearsed bool                                        // before: the whole evening, in a take that is purged
	nodes     func(*testing.T, node.Config) [2]*node.Node // runs the one that has the shows and the one where people are
}

// try is a command out of order, which is refused: with what is part of what must
// be equal in both worlds.
type try struct {
	host bool
	kind string
	cue  string
}

func randomShow(rng *rand.Rand) *script {
	s := &script{nodes: one, marks: map[string]map[string]int{}, hidden: []string{"hidden", "count"}[rng.IntN(2)]}
	for i := range 5 + rng.IntN(5) {
		s.entries = append(s.entries, fmt.Sprintf("E%02d", i+1))
	}
	for i := range 5 + rng.IntN(3) { // the plan's quorum is 5
		s.judges = append(s.judges, fmt.Sprintf("j%d", i+1))
	}
	for _, e := range s.entries {
		s.marks[e] = map[string]int{}
		for _, j := range s.judges {
			s.marks[e][j] = 5000 + rng.IntN(4900)
		}
	}
	for range 4 + rng.IntN(6) {
		s.votes = append(s.votes, s.entries[rng.IntN(len(s.entries))])
	}
	pair := rng.Perm(len(s.entries))
	s.swap = [2]string{s.entries[pair[0]], s.entries[pair[1]]}
	s.quotas = []int{1, 1 + rng.IntN(2), 1 + rng.IntN(2), 1 + rng.IntN(2)}
	s.cues = s.rundown(rng)
	s.tries = map[string][]try{}
	for _, c := range s.cues {
		for range rng.IntN(3) {
			one := try{host: rng.IntN(2) == 0, kind: []string{"fire", "fire", "next", "arm"}[rng.IntN(4)], cue: s.cues[rng.IntN(len(s.cues))]["id"].(string)}
			if !one.host { // the director may fire and arm; so only what must be armed, unarmed
				one.kind, one.cue = "fire", []string{"seal", "verify", "award-first", "award-third"}[rng.IntN(4)]
			}
			s.tries[c["id"].(string)] = append(s.tries[c["id"].(string)], one)
		}
	}
	return s
}

// rundown makes the cues of the show: what is revealed, and in which order,
// differs from show to show.
func (s *script) rundown(rng *rand.Rand) []object {
	cue := func(id string, actions ...object) object {
		dangerous := id == "seal" || id == "frozen" || id == "tally" || id == "verify" || strings.HasPrefix(id, "award-")
		return object{"id": id, "title": "示例 " + id, "line": "示例台词", "confirm": dangerous, "actions": actions}
	}
	out := []object{
		cue("idle", object{"kind": "scene", "scene": "idle"}),
		cue("card", object{"kind": "entry", "entry": s.entries[rng.IntN(len(s.entries))]}, object{"kind": "scene", "scene": "entry"}),
		cue("sheets", object{"kind": "sheets_open", "entry": "*"}),
		cue("vote", object{"kind": "ballot_open", "ballot": "b", "seconds": 0}, object{"kind": "scene", "scene": "vote"}),
		cue("close", object{"kind": "ballot_close", "ballot": "b"}),
		cue("lock", object{"kind": "sheets_lock", "entry": "*"}),
	}
	if rng.IntN(2) == 0 {
		out = append(out, cue("marks", object{"kind": "scene", "scene": "marks"},
			object{"kind": "reveal", "what": "marks", "entry": s.entries[rng.IntN(len(s.entries))]}))
	}
	out = append(out, cue("seal", object{"kind": "seal", "ballot": "b"}))
	if rng.IntN(3) == 0 {
		out = append(out, cue("frozen", object{"kind": "scene", "scene": "board"},
			object{"kind": "reveal", "what": "board", "label": "示例榜", "from": 2 + rng.IntN(len(s.entries))}))
	}
	levels := []string{"excellence", "third", "second", "first"}
	for _, level := range levels {
		out = append(out, cue("award-"+level, object{"kind": "scene", "scene": "award"}, object{"kind": "reveal", "what": "award", "award": level}))
	}
	if rng.IntN(2) == 0 {
		out = append(out, cue("tally", object{"kind": "reveal", "what": "tally", "ballot": "b"}))
	}
	return append(out, cue("verify", object{"kind": "scene", "scene": "verify"}, object{"kind": "reveal", "what": "verify"}))
}

// in says whose results an entry has in this world.
func (s *script) in(entry string, swapped bool) string {
	if swapped && entry == s.swap[0] {
		return s.swap[1]
	}
	if swapped && entry == s.swap[1] {
		return s.swap[0]
	}
	return entry
}
