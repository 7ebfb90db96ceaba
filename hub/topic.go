package hub

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"sync"

	"hecai/hub/wire"
)

// ringSize is how many events of a topic a client may have missed and resume.
const ringSize = 1024

// topic is one named stream. A state topic has a document and a version; an
// event topic has a sequence and a ring. A name is only ever one of the two.
//
// Lock order: topic.pub, topic.mu, Conn.mu.
type topic struct {
	name string
	said string // on the wire

	pub sync.Mutex // held by who tells events here, so that every node hears the same order

	mu    sync.Mutex
	subs  map[*Conn]struct{} // guarded by mu
	roles map[string]int     // guarded by mu; of subs

	doc      map[string]json.RawMessage // guarded by mu
	version  Version                    // guarded by mu; zero: no document yet
	since    Version                    // guarded by mu; the version at which doc became what it is
	snapshot []byte                     // guarded by mu; of version, built when asked for

	ring []ringed // guarded by mu; oldest first
	seq  int64    // guarded by mu; last event
}

type ringed struct {
	seq   int64
	frame []byte
}

// snap returns the newest version and its snapshot frame.
func (t *topic) snap() (int64, []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.snapshot == nil {
		t.snapshot = wire.Snapshot(t.said, t.version.Wire(), t.doc)
	}
	return t.version.Wire(), t.snapshot
}

var null = json.RawMessage("null")

// take makes doc the document, and tells everyone what changed: one delta frame
// for all. It reports false, and nothing happens, when the topic has a document
// that is as new. One that shows the same takes over the version and is not sent:
// what comes late from another node is measured by it.
func (t *topic) take(doc map[string]json.RawMessage, v Version) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if v.Compare(t.version) <= 0 {
		return false
	}
	changed := differences(t.doc, doc)
	first, base := t.version == Version{}, t.since
	t.version, t.snapshot = v, nil
	if len(changed) == 0 && !first {
		return true
	}
	t.doc, t.since = doc, v
	var frame []byte // of the first document there is only the whole
	if !first {
		frame = wire.Delta(t.said, base.Wire(), v.Wire(), changed)
	}
	for c := range t.subs {
		c.pushState(t, delta{base: base.Wire(), v: v.Wire(), frame: frame})
	}
	return true
}

// differences is what turns one document into the other; null removes a key.
func differences(from, to map[string]json.RawMessage) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for k, v := range to {
		if old, ok := from[k]; !ok || !bytes.Equal(old, v) {
			out[k] = v
		}
	}
	for k := range from {
		if _, ok := to[k]; !ok {
			out[k] = null
		}
	}
	return out
}

// event sends an event to everyone. A seq that is not newer than the last is a
// repeat and is dropped.
func (t *topic) event(seq int64, body json.RawMessage, lossy bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if seq <= t.seq {
		return
	}
	t.seq = seq
	frame := wire.Event(t.said, seq, body)
	t.ring = append(t.ring, ringed{seq, frame})
	if len(t.ring) > 2*ringSize {
		t.ring = append([]ringed(nil), t.ring[len(t.ring)-ringSize:]...)
	}
	for c := range t.subs {
		c.push(entry{data: frame, counted: true, lossy: lossy})
	}
}

// join subscribes a connection. A state topic sends its snapshot; an event
// topic sends what came after since, or says from where it cannot.
func (t *topic) join(c *Conn, since int64, resume bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, again := t.subs[c]; !again {
		t.subs[c] = struct{}{}
		t.roles[c.Identity.Role]++
	}
	c.mu.Lock()
	c.topics[t] = &place{}
	delete(c.pending, t) // a delta that waits is older than the snapshot
	c.mu.Unlock()
	if t.version != (Version{}) {
		c.pushState(t, delta{v: t.version.Wire()})
	}
	if !resume || t.seq == 0 && since == 0 {
		return
	}
	oldest := t.seq + 1
	if len(t.ring) > 0 {
		oldest = t.ring[0].seq
	}
	if since+1 < oldest || since > t.seq {
		c.push(entry{data: wire.Gap(t.said, max(oldest-1, 0))})
	}
	if since > t.seq {
		since = 0 // the numbers began anew
	}
	first, _ := slices.BinarySearchFunc(t.ring, since+1, func(r ringed, seq int64) int { return cmp.Compare(r.seq, seq) })
	// Nothing is copied under the lock that publishers wait for: the ring only
	// grows, or is replaced, so that its tail can be shared.
	again := t.ring[first:len(t.ring):len(t.ring)]
	switch {
	case len(again) == 0:
	case c.mayResume(t, len(again)):
		c.push(entry{again: again})
	default:
		c.push(entry{data: wire.Gap(t.said, t.seq)})
	}
}

func (t *topic) leave(c *Conn) {
	t.mu.Lock()
	if _, here := t.subs[c]; here {
		delete(t.subs, c)
		t.roles[c.Identity.Role]--
	}
	t.mu.Unlock()
	c.mu.Lock()
	delete(c.topics, t)
	c.mu.Unlock()
}
