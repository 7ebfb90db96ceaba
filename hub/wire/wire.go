// Package wire holds the messages of the WebSocket, as PROTOCOL.md tells them:
// what a client may send, what the server sends, and the numbered close codes.
// Frames are JSON text. Unknown fields are ignored; sizes are bounded. It is
// safe for concurrent use.
package wire

import (
	"bytes"
	"encoding/json"

	"hecai/fault"
)

// Bounds of what a client sends.
const (
	MaxFrame  = 4096 // bytes
	MaxTopics = 32   // in one sub or unsub
	MaxTopic  = 96   // bytes of a topic's name
)

// Heartbeat is how often the server sends the time, in milliseconds.
const Heartbeat = 5000

// Inbound is any frame of a client.
type Inbound struct {
	T      string           `json:"t"`
	Ticket string           `json:"ticket,omitempty"`
	Topics json.RawMessage  `json:"k,omitempty"`
	Since  map[string]int64 `json:"since,omitempty"`
	ID     int64            `json:"id,omitempty"`
	Method string           `json:"m,omitempty"`
	Body   json.RawMessage  `json:"d,omitempty"`
	V      int64            `json:"v,omitempty"`
	Scene  string           `json:"scene,omitempty"`
}

// Decode parses a client's frame and checks its bounds.
func Decode(data []byte) (Inbound, error) {
	var in Inbound
	if len(data) > MaxFrame {
		return in, fault.New(fault.Invalid, "wire.too_large", "%d bytes", len(data))
	}
	// A null decodes into anything, so the brace is looked at too.
	if err := json.Unmarshal(data, &in); err != nil || bytes.TrimLeft(data, " \t\r\n")[0] != '{' {
		return in, fault.New(fault.Invalid, "wire.malformed", "not one JSON object")
	}
	return in, nil
}

// Names returns the topics of a sub or unsub frame.
func (in Inbound) Names() ([]string, error) {
	var names []string
	if err := json.Unmarshal(in.Topics, &names); err != nil {
		return nil, fault.New(fault.Invalid, "wire.malformed", "topics are not a list")
	}
	if len(names) > MaxTopics {
		return nil, fault.New(fault.Invalid, "wire.too_many_topics", "%d topics", len(names))
	}
	for _, n := range names {
		if n == "" || len(n) > MaxTopic {
			return nil, fault.New(fault.Invalid, "wire.malformed", "topic of %d bytes", len(n))
		}
	}
	return names, nil
}
