package access

import (
	"context"
	"sync"
	"time"

	"hecai/fault"
)

// maxKnown bounds what a book remembers; of devices it is about 20 MB.
const maxKnown = 100_000

// book remembers what the record says of somebody. It is right because this
// process is the only one on the record, and writes through, or because the others
// tell it what they change.
type book[V any] struct {
	mu      sync.Mutex
	known   map[string]V // guarded by mu
	changes int64        // guarded by mu
}

// get returns who is known, and what fill wants to know.
func (b *book[V]) get(key string) (v V, ok bool, mark int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v, ok = b.known[key]
	return v, ok, b.changes
}

// mark is what fill wants to know: how many changes there were before a look at
// the record.
func (b *book[V]) mark() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changes
}

// fill notes what the record says. When something changed since the mark, it is
// not known whether that is older, and the next look will tell.
func (b *book[V]) fill(key string, v V, mark int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changes != mark {
		delete(b.known, key)
		return
	}
	if len(b.known) >= maxKnown {
		clear(b.known)
	}
	if b.known == nil {
		b.known = map[string]V{}
	}
	b.known[key] = v
}

// forget is called after every change of a row, and after every try.
func (b *book[V]) forget(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes++
	delete(b.known, key)
}

// forgetAll is forget where one change concerns many.
func (b *book[V]) forgetAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes++
	clear(b.known)
}

// member is what the record says of one of the crew.
type member struct {
	session StaffSession // of staff
	user    User         // of staff
	link    Link         // of holders
}

// lookPatience is how long the record is waited for where there is something to
// go by without it.
const lookPatience = time.Second

// look reads what the record says of one of the crew. While it is away, what it
// said last holds: nobody's right can end meanwhile but by time, since an end is
// a row. So who runs the show is let in to do what needs no record.
func (d *Desk) look(ctx context.Context, key string, read func(context.Context) (member, error)) (m member, fresh bool, err error) {
	last, known, mark := d.crewBook.get(key)
	limited := ctx
	if known {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, lookPatience)
		defer cancel()
	}
	m, err = read(limited)
	switch {
	case err == nil:
		d.crewBook.fill(key, m, mark)
	case known && away(ctx, limited, err):
		return last, false, nil
	}
	return m, true, err
}

// away reports whether a read that was limited failed because the record gives no
// answer now.
func away(ctx, limited context.Context, err error) bool {
	return err != nil && ctx.Err() == nil && (fault.KindOf(err) == fault.Unavailable || limited.Err() != nil)
}
