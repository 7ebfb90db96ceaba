package plan

import (
	_ "embed"
)

// Jilin2024 is the plan file of the Jilin leg of the 2024 contest.
//
//go:embed jilin2024.json
var Jilin2024 []byte
