// Package e2e proves the whole program: real browsers on the real pages, a real
// process that is killed in the middle of a vote burst, shows run twice in two
// worlds, and a load of phones and viewers. It holds tests only.
package e2e
