package hub

import (
	"context"
	"sync"
)

// MemoryBroker joins hubs of one process. A node is one attached hub.
type memoryBroker struct {
	bus  *memoryBus
	self int
}

type memoryBus struct {
	mu    sync.Mutex
	last  map[string]Message   // guarded by mu; newest document of every state topic
	nodes map[int]chan Message // guarded by mu
	next  int                  // guarded by mu
}

// NewMemoryBroker returns the broker of a first node.
func NewMemoryBroker() *memoryBroker {
	return (&memoryBroker{bus: &memoryBus{last: map[string]Message{}, nodes: map[int]chan Message{}}}).Attach()
}

// Attach returns the broker of another node on the same bus.
func (b *memoryBroker) Attach() *memoryBroker {
	b.bus.mu.Lock()
	defer b.bus.mu.Unlock()
	b.bus.next++
	return &memoryBroker{bus: b.bus, self: b.bus.next}
}

// Publish implements Broker. A node that does not keep up loses the message, as
// it would with Redis.
func (b *memoryBroker) Publish(m Message) {
	b.bus.mu.Lock()
	defer b.bus.mu.Unlock()
	if m.Doc != nil && m.Version.Compare(b.bus.last[m.Topic].Version) >= 0 {
		b.bus.last[m.Topic] = m
	}
	for id, ch := range b.bus.nodes {
		if id == b.self {
			continue
		}
		select {
		case ch <- m:
		default:
		}
	}
}

// Run implements Broker.
func (b *memoryBroker) Run(ctx context.Context, deliver func(Message)) error {
	b.bus.mu.Lock()
	ch := make(chan Message, 4096+len(b.bus.last))
	for _, m := range b.bus.last {
		ch <- m
	}
	b.bus.nodes[b.self] = ch
	b.bus.mu.Unlock()
	defer func() {
		b.bus.mu.Lock()
		delete(b.bus.nodes, b.self)
		b.bus.mu.Unlock()
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-ch:
			deliver(m)
		}
	}
}
