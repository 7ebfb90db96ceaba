package node

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestAllWhoWaitShareALook: each is answered by one that began after they asked, and
// there is one in a span at most.
func TestAllWhoWaitShareALook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const every = 250 * time.Millisecond
		g := newGlance(every)
		var mu sync.Mutex
		var looks []time.Time
		begin, end := time.Now(), time.Now().Add(10*time.Second)
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				for time.Now().Before(end) {
					asked := time.Now()
					if !g.since(t.Context(), asked, func() bool {
						mu.Lock()
						looks = append(looks, time.Now())
						mu.Unlock()
						time.Sleep(10 * time.Millisecond)
						return true
					}) {
						t.Error("a look that succeeded is told as none")
					}
					mu.Lock()
					last := looks[len(looks)-1]
					mu.Unlock()
					if last.Before(asked) {
						t.Errorf("asked at %v, answered by a look of %v", asked.Sub(begin), last.Sub(begin))
					}
				}
			})
		}
		all.Wait()
		if most := int(time.Since(begin)/every) + 1; len(looks) > most || len(looks) < most/2 {
			t.Errorf("%d looks in %v, want up to %d", len(looks), time.Since(begin), most)
		}
	})
}

// TestALookThatFails is told to all whom it serves; who gives up waits no longer.
func TestALookThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGlance(time.Second)
		fails := func() bool { return false }
		if g.since(t.Context(), time.Now(), fails) {
			t.Error("a look that failed is told as good")
		}
		if g.since(t.Context(), time.Now().Add(-time.Minute), func() bool { t.Error("looked again"); return true }) {
			t.Error("the failure is not told to who asked before it")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		asked := time.Now()
		if g.since(ctx, time.Now().Add(time.Hour), func() bool { t.Error("looked too soon"); return true }) || time.Since(asked) != 100*time.Millisecond {
			t.Errorf("who gave up was answered after %v", time.Since(asked))
		}
	})
}
