// Package stage runs a show: one actor per session takes commands and turns
// them into facts. It owns the order of events on stage; what an event means is
// stage/cue's, votes are the box's, and bytes are the hub's.
//
// A fact is stored before anyone is told. When storing fails nothing is told;
// the stage reads back what the store holds and goes on from there. After a
// restart it folds the stored facts, compares them with the ballot box and the
// score sheets, adds the facts that the world has moved on by, and publishes
// everything again. Timers are instants, so they go on by themselves.
//
// All exported methods are safe for concurrent use.
package stage
