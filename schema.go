// Package hecai is the root of a program that carries a live contest, from its
// online vote to its award ceremony. The code is in the folders below; this
// package only holds the schema, since go:embed reaches no parent folder.
//
// A map, from the rules outwards. Imports only go up this list, which
// arch_test.go enforces:
//
//	fault         classes and stable codes of errors
//	contest       rules of the competition: plan, marks, ranking, awards (pure)
//	vote          rules of voting: ballots, quotas, tallies, boards (pure)
//	vote/ledger   the votes as a Merkle log that anyone can check (pure)
//	vote/box      the ballot box: one order, durable, then acknowledged
//	stage/cue     the rundown and its reveals as a state machine (pure)
//	stage         runs one session: commands in, facts out
//	access        who is it, and may they
//	hub           moves frames to many sockets; hub/wire is the protocol
//	stream        cameras in, programme out (WHIP and WHEP)
//	store         all SQL, on SQLite or PostgreSQL
//	sheet         spreadsheets in and out
//	static        the pages
//	server/httpd  the HTTP edge
//	server        flags, wiring, start and stop
//	e2e           proof that it all works together
//
// A vote takes this way: httpd or hub → box → store (vote.Resolve decides
// inside the transaction) → commit → acknowledgement. A reveal takes this one:
// director → stage → cue → a stored fact → hub → screens.
package hecai

import _ "embed" // for the schema

// Schema makes an empty database, on both engines.
//
//go:embed schema.sql
var Schema string
