package hub

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"

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

	pub sync.Mutex // held by who publishes here, so that every node hears the same order

	mu   sync.Mutex
	subs map[*Conn]struct{} // guarded by mu

	doc      map[string]json.RawMessage // guarded by mu
	version  int64                      // guarded by mu; 0 no document yet
	snapshot []byte                     // guarded by mu; of version, built when asked for
	waiting  map[string]json.RawMessage // guarded by mu; conflated, not yet sent
	sent     time.Time                  // guarded by mu; last send of a conflated topic

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
	return t.snapLocked()
}

func (t *topic) snapLocked() (int64, []byte) {
	if t.snapshot == nil {
		t.snapshot = wire.Snapshot(t.name, t.version, t.doc)
	}
	return t.version, t.snapshot
}

var null = json.RawMessage("null")

// replace makes doc the document, at the next version and at least first, and
// tells everyone what changed: one delta frame for all. Nothing is sent, and the
// version stays, when nothing changed.
func (t *topic) replace(doc map[string]json.RawMessage, first int64) (version int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.change(doc, max(t.version+1, first))
	return t.version
}

// mirror makes the document of another node ours, unless ours is as new.
func (t *topic) mirror(doc map[string]json.RawMessage, version int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if version > t.version {
		t.change(doc, version)
	}
}

func (t *topic) change(doc map[string]json.RawMessage, version int64) {
	changed := map[string]json.RawMessage{}
	for k, v := range doc {
		if old, ok := t.doc[k]; !ok || !bytes.Equal(old, v) {
			changed[k] = v
		}
	}
	for k := range t.doc {
		if _, ok := doc[k]; !ok {
			changed[k] = null
		}
	}
	if len(changed) == 0 && t.version != 0 {
		return
	}
	t.version, t.doc, t.snapshot = version, doc, nil
	frame := wire.Delta(t.name, t.version, changed)
	for c := range t.subs {
		c.pushState(t, t.version, frame)
	}
}

// event sends an event to everyone. A seq of 0 takes the next one; a seq that
// is not newer than the last is a repeat and is dropped.
func (t *topic) event(seq int64, body json.RawMessage, lossy bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if seq == 0 {
		seq = t.seq + 1
	}
	if seq <= t.seq {
		return
	}
	t.seq = seq
	frame := wire.Event(t.name, seq, body)
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
	t.subs[c] = struct{}{}
	c.mu.Lock()
	c.topics[t] = &place{}
	delete(c.pending, t) // a delta that waits is older than the snapshot
	c.mu.Unlock()
	if t.version != 0 {
		c.pushState(t, t.version, nil)
	}
	if !resume || t.seq == 0 && since == 0 {
		return
	}
	oldest := t.seq + 1
	if len(t.ring) > 0 {
		oldest = t.ring[0].seq
	}
	if since+1 < oldest || since > t.seq {
		c.push(entry{data: wire.Gap(t.name, max(oldest-1, 0))})
	}
	for _, r := range t.ring {
		if r.seq > since || since > t.seq {
			c.push(entry{data: r.frame})
		}
	}
}

func (t *topic) leave(c *Conn) {
	t.mu.Lock()
	delete(t.subs, c)
	t.mu.Unlock()
	c.mu.Lock()
	delete(c.topics, t)
	c.mu.Unlock()
}
