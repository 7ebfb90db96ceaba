// Package hecai is the root of a program that carries a live contest, from its
// online vote to its award ceremony. The code is in the folders below; this
// package only holds the schema, since go:embed reaches no parent folder.
//
// docs/architecture.md is the map: the rooms, from the ground up, and the ways of
// a vote, a cue, a packet and a save through them.
package hecai

import _ "embed" // for the schema

// Schema makes an empty database, on both engines.
//
//go:embed schema.sql
var Schema string
