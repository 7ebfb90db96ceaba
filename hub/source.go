package hub

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// Version orders the documents of a topic, whichever node they come from: by the
// epoch of who made them, and within it by a number. Both are above zero; a
// number stays below 2³² and an epoch below 2²¹, so that a page can hold both in
// one number. A version is public: it must not tell more than the document does.
type Version struct {
	Epoch  int64 `json:"e"`
	Number int64 `json:"n"`
}

// Compare is negative when v is older than o.
func (v Version) Compare(o Version) int {
	return cmp.Or(cmp.Compare(v.Epoch, o.Epoch), cmp.Compare(v.Number, o.Number))
}

// Wire is the version as clients see it: one number, in the same order.
func (v Version) Wire() int64 { return v.Epoch<<32 + v.Number }

// Source knows what the state topics show. The hub asks it when a topic has
// changed and its tick has come, each topic by itself and never twice at once: a
// source that is slow holds up its own topic only.
type Source interface {
	// Document returns what a topic shows now, a JSON object, and its version; nil:
	// there is no such document. What differs from an earlier document has a higher
	// version, and what has the same version is not looked at again.
	Document(topic string) (doc any, v Version)
}

// asking is what has changed and was not asked for yet.
type asking struct {
	mu     sync.Mutex
	topics map[string]turn // guarded by mu; changed a tick ago at most
	fresh  []string        // guarded by mu; of these, the ones that nobody asks for yet
	wake   chan struct{}   // buffer 1
}

// turn is how far the asking for a topic is.
type turn struct {
	told  bool // what was asked for; the rest of the tick passes
	again bool // it has changed since it was asked for
}

// Changed says that a state topic may show something else now. It never blocks
// and never encodes, and however often it is called, the hub asks once a tick:
// the first time after quiet at once, and after the last call once more.
func (h *Hub) Changed(topic string) {
	a := &h.asking
	a.mu.Lock()
	if now, under := a.topics[topic]; under {
		if !now.again {
			now.again = true
			a.topics[topic] = now
		}
		a.mu.Unlock()
		return
	}
	a.topics[topic] = turn{}
	a.fresh = append(a.fresh, topic)
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// askAll asks for what has changed until ctx ends.
func (h *Hub) askAll(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.asking.wake:
		}
		h.asking.mu.Lock()
		fresh := h.asking.fresh
		h.asking.fresh = nil
		h.asking.mu.Unlock()
		for _, name := range fresh {
			work.Go(func() { h.follow(ctx, name) })
		}
	}
}

// follow asks for a topic, and again a tick later while it changes.
func (h *Hub) follow(ctx context.Context, name string) {
	for h.begin(name); ; {
		h.ask(name)
		h.rest(name)
		if !pause(ctx, h.tick(name)) || !h.begin(name) {
			return
		}
	}
}

// begin reports whether the topic is to be asked for, and lets go of it if not.
func (h *Hub) begin(name string) bool {
	a := &h.asking
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := a.topics[name]; now.told && !now.again {
		delete(a.topics, name)
		return false
	}
	a.topics[name] = turn{}
	return true
}

// rest notes that the document was told.
func (h *Hub) rest(name string) {
	a := &h.asking
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.topics[name]
	now.told = true
	a.topics[name] = now
}

// Behind is how many topics with listeners have changed and are not told yet.
func (h *Hub) Behind() int {
	var late []string
	h.asking.mu.Lock()
	for name, now := range h.asking.topics {
		if !now.told || now.again {
			late = append(late, name)
		}
	}
	h.asking.mu.Unlock()
	n := 0
	for _, name := range late {
		if h.Listeners(name) > 0 {
			n++
		}
	}
	return n
}

// tick is the least time between two versions of a topic.
func (h *Hub) tick(name string) time.Duration {
	if h.cfg.Conflate == nil {
		return 0
	}
	return h.cfg.Conflate(name)
}

// pause reports false when ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// ask takes over the document of the source, here and at the other nodes, if it
// is newer than what there is. A source that panics or whose document cannot be
// encoded is a bug, and costs this topic its news.
func (h *Hub) ask(name string) {
	defer func() {
		if p := recover(); p != nil {
			h.cfg.Log.Error("a source panicked", "topic", name, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	doc, v := h.cfg.Source.Document(name)
	if doc == nil {
		return
	}
	if _, newest := h.Version(name); v.Compare(newest) <= 0 {
		return
	}
	raw, err := fields(doc)
	if err != nil {
		h.cfg.Log.Error("a document cannot be sent", "topic", name, "err", err)
		return
	}
	if h.topic(name).take(raw, v) {
		h.cfg.Broker.Publish(Message{Topic: name, Version: v, Doc: raw})
	}
}

// fields encodes a document by its top-level keys.
func fields(doc any) (map[string]json.RawMessage, error) {
	keys, ok := doc.(map[string]any)
	if !ok {
		whole, err := json.Marshal(doc)
		if err != nil {
			return nil, err
		}
		var out map[string]json.RawMessage
		if err := json.Unmarshal(whole, &out); err != nil || out == nil {
			return nil, fmt.Errorf("no JSON object: %.60s", bytes.TrimSpace(whole))
		}
		return out, nil
	}
	out := make(map[string]json.RawMessage, len(keys))
	for k, v := range keys {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k, err)
		}
		out[k] = b
	}
	return out, nil
}
