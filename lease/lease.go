// Package lease is the right to act for something that has one owner at a time
// among all nodes: a show, the ballots. A lease has a life and an epoch. Who holds
// it renews it long before its end; whoever takes it after that has a higher
// epoch, and the record takes what an owner writes only with the epoch of now, in
// the transaction that writes. So an owner that slept, or whose clock is wrong, can
// do no harm; that it stops by itself is Keep's matter. Safe for concurrent use.
package lease

import (
	"math"
	"strings"
	"time"

	"hecai/contest"
)

// Life is how long a lease lasts that nobody renews, Renewal how often its holder
// does.
const (
	Life    = 6 * time.Second
	Renewal = Life / 3
)

// Lease is a right to act, as it was last taken or renewed.
type Lease struct {
	Name  string // what it is the right to: Ballots, or Show of one
	Epoch int64  // grows each time that it changes hands, from 1
	Until int64  // unix ms by the database's clock
	Holder
}

// Holder is who has or wants a lease.
type Holder struct {
	ID      string // of a node's one run; "" = nobody has it
	Address string // where the other nodes reach it
}

// Ballots is the name of the right to open and to close ballots.
const Ballots = "ballots"

const show = "show/"

// Show is the name of the right to a show.
func Show(id contest.ShowID) string { return show + string(id) }

// ShowOf returns the show that the lease is of, "" if it is of something else.
func (l Lease) ShowOf() contest.ShowID {
	id, ok := strings.CutPrefix(l.Name, show)
	if !ok {
		return ""
	}
	return contest.ShowID(id)
}

// Alone is the lease of one who cannot have a rival: the record is theirs alone,
// as a SQLite folder is by its lock.
func Alone(name string) Lease {
	return Lease{Name: name, Epoch: 1, Until: math.MaxInt64, Holder: Holder{ID: "alone"}}
}
