package wire

import (
	"encoding/json"

	"hecai/fault"
)

// The frames of the server. Each constructor returns the whole text frame, so
// that one encoding serves every socket.

// Hello greets an authenticated client.
func Hello(conn, role string, now int64) []byte {
	return encode(struct {
		T    string `json:"t"`
		Conn string `json:"conn"`
		Role string `json:"role"`
		Now  int64  `json:"now"`
		HB   int    `json:"hb"`
	}{"hello", conn, role, now, Heartbeat})
}

type stateFrame struct {
	T string                     `json:"t"`
	K string                     `json:"k"`
	B int64                      `json:"b,omitempty"`
	V int64                      `json:"v"`
	D map[string]json.RawMessage `json:"d"`
}

// Snapshot is the whole of a state topic at version v.
func Snapshot(topic string, v int64, doc map[string]json.RawMessage) []byte {
	return encode(stateFrame{"snap", topic, 0, v, doc})
}

// Delta turns any version of a state topic from base up to v, which all show the
// same, into v; a null value removes a key.
func Delta(topic string, base, v int64, changed map[string]json.RawMessage) []byte {
	return encode(stateFrame{"delta", topic, base, v, changed})
}

// Event is one event of a topic.
func Event(topic string, seq int64, body json.RawMessage) []byte {
	return encode(struct {
		T string          `json:"t"`
		K string          `json:"k"`
		S int64           `json:"s"`
		D json.RawMessage `json:"d"`
	}{"ev", topic, seq, body})
}

// Gap says that events of a topic up to and including seq cannot be resumed.
func Gap(topic string, seq int64) []byte {
	return encode(struct {
		T string `json:"t"`
		K string `json:"k"`
		S int64  `json:"s"`
	}{"gap", topic, seq})
}

// Beat is the heartbeat, with the server's clock in unix milliseconds.
func Beat(now int64) []byte {
	return encode(struct {
		T   string `json:"t"`
		Now int64  `json:"now"`
	}{"hb", now})
}

// Reply answers a request. A body that cannot be encoded is a bug of ours; the
// client that waits is told so.
func Reply(id int64, body any) []byte {
	d, err := json.Marshal(body)
	if err != nil {
		return Refuse(id, Refusal{Code: "internal", Kind: string(fault.Internal)})
	}
	return encode(struct {
		T  string          `json:"t"`
		ID int64           `json:"id"`
		D  json.RawMessage `json:"d"`
	}{"re", id, d})
}

// Refusal is the error of a request.
type Refusal struct {
	Code string         `json:"code"`
	Kind string         `json:"kind"`
	Args map[string]any `json:"args,omitempty"`
}

// Refuse answers a request, or a frame without an id, with an error.
func Refuse(id int64, r Refusal) []byte {
	return encode(struct {
		T   string  `json:"t"`
		ID  int64   `json:"id"`
		Err Refusal `json:"err"`
	}{"re", id, r})
}

// Bye says after how many milliseconds to come back, before the server closes.
func Bye(code int, after int64) []byte {
	return encode(struct {
		T     string `json:"t"`
		Code  int    `json:"code"`
		After int64  `json:"retryAfter"`
	}{"bye", code, after})
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil { // only what the caller encoded can fail
		return []byte(`{"t":"re","id":0,"err":{"code":"internal","kind":"internal"}}`)
	}
	return b
}
