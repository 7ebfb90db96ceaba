package hub

import (
	"context"
	"encoding/json"
)

// Message is what one node tells the others: the absolute document of a state
// topic with its version, or an event with its sequence. Both are idempotent:
// one that comes twice or late changes nothing.
type Message struct {
	Topic   string                     `json:"topic"`
	Version Version                    `json:"v,omitzero"`
	Doc     map[string]json.RawMessage `json:"doc,omitempty"`
	Seq     int64                      `json:"seq,omitempty"`
	Body    json.RawMessage            `json:"body,omitempty"`
}

// Broker carries messages between the nodes of one contest. It may lose what it
// likes: documents are sent whole and again.
type Broker interface {
	// Publish tells the other nodes. It must not block.
	Publish(m Message)
	// Run delivers what other nodes publish, until ctx ends. A node that joins
	// late is given the newest document of every state topic first.
	Run(ctx context.Context, deliver func(Message)) error
}
