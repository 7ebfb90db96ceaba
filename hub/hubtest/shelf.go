package hubtest

import (
	"sync"

	"hecai/hub"
)

// Shelf is a source whose documents are put there by hand, each at the next
// version.
type Shelf struct {
	Epoch int64 // 0: 1

	mu     sync.Mutex
	number int64
	docs   map[string]shelved // guarded by mu
	asked  map[string]int     // guarded by mu
}

type shelved struct {
	doc any
	v   hub.Version
}

// Put lays a document on the shelf; nil takes it away.
func (s *Shelf) Put(topic string, doc any) hub.Version {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.number++
	v := hub.Version{Epoch: max(1, s.Epoch), Number: s.number}
	if s.docs == nil {
		s.docs = map[string]shelved{}
	}
	s.docs[topic] = shelved{doc, v}
	return v
}

// Document implements hub.Source.
func (s *Shelf) Document(topic string) (any, hub.Version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked == nil {
		s.asked = map[string]int{}
	}
	s.asked[topic]++
	d := s.docs[topic]
	return d.doc, d.v
}

// Asked is how often the hub has asked for a topic.
func (s *Shelf) Asked(topic string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[topic]
}
