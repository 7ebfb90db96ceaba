package access

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"hecai/fault"
)

// Limiter bounds how often a key may act. Keys are voters first and addresses
// second: a whole hall shares one address.
type Limiter struct {
	every rate.Limit
	burst int
	now   func() time.Time

	mu    sync.Mutex
	keys  map[string]*rate.Limiter // guarded by mu
	swept time.Time                // guarded by mu
}

// maxKeys bounds the memory of a limiter to about 10 MB.
const maxKeys = 100_000

// NewLimiter allows burst actions at once and perSecond afterwards, per key.
func NewLimiter(perSecond float64, burst int, now func() time.Time) *Limiter {
	if now == nil {
		now = time.Now
	}
	return &Limiter{every: rate.Limit(perSecond), burst: burst, now: now, keys: map[string]*rate.Limiter{}}
}

// Allow returns nil, or access.too_fast with the seconds to wait.
func (l *Limiter) Allow(key string) error {
	now := l.now()
	l.mu.Lock()
	k, ok := l.keys[key]
	if !ok {
		if len(l.keys) >= maxKeys || now.Sub(l.swept) > 10*time.Minute {
			l.sweep(now)
		}
		k = rate.NewLimiter(l.every, l.burst)
		l.keys[key] = k
	}
	l.mu.Unlock()
	r := k.ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return fault.New(fault.Limited, "access.too_fast", "key %s", key).With("seconds", int(wait.Seconds())+1)
	}
	return nil
}

// sweep forgets keys whose bucket is full again: they lose nothing.
func (l *Limiter) sweep(now time.Time) {
	for k, v := range l.keys {
		if v.TokensAt(now) >= float64(l.burst) {
			delete(l.keys, k)
		}
	}
	l.swept = now
}
