package stage_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"hecai/stage"
)

// listener is the world: it keeps the documents and the events, as bytes. It asks
// for each document as soon as it hears that there is another, so that nothing
// that could ever be asked for escapes it.
type listener struct {
	source atomic.Pointer[stage.Stage]
	mu     sync.Mutex
	docs   map[string]string
	by     map[string]numbered
	wrong  []string // of numbers that tell more than their documents, or less
	events []event
	all    []string // every byte that was told, but to the desk
}

// numbered is what a stage told of a topic last.
type numbered struct {
	by     *stage.Stage
	number int64
	doc    string
}

// hold makes sure that a document has another number if, and only if, it is another:
// its number is as public as it is. The caller holds mu.
func (l *listener) hold(topic string, now numbered) {
	if strings.HasPrefix(topic, "staff/") {
		return // measured anew at each look
	}
	if l.by == nil {
		l.by = map[string]numbered{}
	}
	was := l.by[topic]
	if was.by == now.by && (was.number == now.number) != (was.doc == now.doc) {
		l.wrong = append(l.wrong, fmt.Sprintf("%s: %d → %d of\n%s\n%s", topic, was.number, now.number, was.doc, now.doc))
	}
	l.by[topic] = now
}

type event struct {
	topic string
	seq   int64
	body  string
}

func (l *listener) Changed(topic string) {
	s := l.source.Load()
	if s == nil {
		return
	}
	doc, number := s.Document(topic)
	b, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.docs[topic] = string(b)
	l.hold(topic, numbered{s, number, string(b)})
	l.all = append(l.all, string(b))
}

func (l *listener) Event(topic string, seq int64, body any) {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, event{topic, seq, string(b)})
	l.all = append(l.all, string(b))
}

func (l *listener) doc(topic string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.docs[topic]
}

func (l *listener) told(topic string) []event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.events), func(e event) bool { return e.topic != topic })
}

func (l *listener) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events, l.all = nil, nil
}

func (l *listener) everything() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}
