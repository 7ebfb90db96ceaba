package hub_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"

	"hecai/hub"
	"hecai/hub/client"
	"hecai/hub/hubtest"
)

// TestTheOldOwnerIsNotHeard (case second-node): when another node has taken over,
// in its epoch, what the old one still says changes nothing at either, whatever
// its number, and the new one is heard though its numbers begin anew.
func TestTheOldOwnerIsNotHeard(t *testing.T) {
	t.Parallel()
	bus := hub.NewMemoryBroker()
	one := hubtest.Start(t, hub.Config{Broker: bus, Source: &hubtest.Shelf{Epoch: 4}})
	for n := range 9 {
		state(t, one, "ballot/x", doc{"state": "armed", "n": n})
	}
	two := hubtest.Start(t, hub.Config{Broker: bus.Attach(), Source: &hubtest.Shelf{Epoch: 5}})
	phones := []*client.Client{one.Dial(t, "on one", nil), two.Dial(t, "on two", nil)}
	show := func(d doc) {
		t.Helper()
		for _, c := range phones {
			shows(t, c, "ballot/x", d)
		}
	}
	for _, c := range phones {
		sub(t, c, nil, "ballot/x")
	}
	show(doc{"state": "armed", "n": 8})
	state(t, two, "ballot/x", doc{"state": "armed", "n": 8}) // the same, and now its own
	hubtest.Until(t, "the other knows", func() bool { return one.Version("ballot/x").Epoch == 5 })
	for range 3 {
		one.Put("ballot/x", doc{"state": "back"})
	}
	state(t, two, "ballot/x", doc{"state": "open"})
	show(doc{"state": "open"})
	hubtest.Until(t, "the old one was asked", func() bool { return one.Shelf.Asked("ballot/x") > 9 })
	state(t, two, "ballot/x", doc{"state": "closed"})
	show(doc{"state": "closed"})
}

// TestADeadNodesDocuments: what a node left on the bus before it died does not
// stand over what the next epoch publishes, and nothing is lost that nobody else
// has.
func TestADeadNodesDocuments(t *testing.T) {
	t.Parallel()
	bus := hub.NewMemoryBroker()
	for _, topic := range []string{"stage/a", "stage/b"} {
		bus.Attach().Publish(hub.Message{Topic: topic, Version: hub.Version{Epoch: 7, Number: 1 << 30},
			Doc: map[string]json.RawMessage{"who": json.RawMessage(`"dead"`)}})
	}

	var once sync.Once
	filled := make(chan struct{})
	late := hubtest.Start(t, hub.Config{Broker: heard{bus.Attach(), func() { once.Do(func() { close(filled) }) }}, Source: &hubtest.Shelf{Epoch: 8}})
	state(t, late, "stage/a", doc{"who": "fresh"})
	<-filled
	c := late.Dial(t, "p", nil)
	sub(t, c, nil, "stage/a", "stage/b")
	shows(t, c, "stage/b", doc{"who": "dead"}) // nobody has a newer one
	shows(t, c, "stage/a", doc{"who": "fresh"})
}

// heard is a broker that tells when something was delivered.
type heard struct {
	hub.Broker
	told func()
}

func (h heard) Run(ctx context.Context, deliver func(hub.Message)) error {
	return h.Broker.Run(ctx, func(m hub.Message) { deliver(m); h.told() })
}
