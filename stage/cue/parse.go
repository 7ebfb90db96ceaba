package cue

import "hecai/strict"

// form bounds a rundown's file. One that was written when a rundown said itself whether
// it was a rehearsal may say so still.
var form = strict.Form{Bytes: 1 << 20, Depth: 16, Items: 10_000, Problems: 200, Null: true, Past: []string{"mode"}}

// ParseRundown reads a rundown's JSON. With any fault in its form it is refused
// whole and every fault is listed by path and line; what it refers to is
// Validate's.
func ParseRundown(data []byte) (Rundown, []strict.Problem) {
	var r Rundown
	report, _ := strict.Read(data, &r, form)
	if problems := report.Problems(); len(problems) > 0 {
		return Rundown{}, problems
	}
	return r, nil
}
