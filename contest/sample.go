package contest

import (
	_ "embed" // for the sample file
	"encoding/json"
)

//go:embed sample.json
var sampleFile []byte

// Sample returns the made-up entries, three a track, and judges of the demo and
// of rehearsals. Every one of them is marked Sample and says 示例 in its names;
// none is a real project, unit or person. Each call returns fresh values.
func Sample() ([]Entry, []Judge) {
	var all struct {
		Entries []Entry
		Judges  []Judge
	}
	if err := json.Unmarshal(sampleFile, &all); err != nil {
		panic("contest: the embedded sample file is broken: " + err.Error())
	}
	return all.Entries, all.Judges
}
