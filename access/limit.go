package access

import (
	"math"
	"net/netip"
	"sync"
	"time"

	"hecai/fault"
)

// Limiter bounds how often a key may act. Keys are voters first and networks
// second: a whole hall shares one address.
//
// It keeps two generations of buckets. A bucket that was not used for as long as
// it takes to fill up is forgotten, and loses nothing by it; so is the older
// generation when a flood of keys fills the younger one, whatever is in it. No
// call ever walks the keys.
type Limiter struct {
	perSecond float64
	burst     float64
	now       func() time.Time

	mu           sync.Mutex
	young, older map[string]*bucket // guarded by mu
	turned       time.Time          // guarded by mu
}

// bucket holds tokens as of an instant.
type bucket struct {
	tokens float64
	at     time.Time
}

// maxKeys bounds a generation: about 10 MB a limiter.
const maxKeys = 100_000

// NewLimiter allows burst actions at once and perSecond afterwards, per key.
func NewLimiter(perSecond float64, burst int, now func() time.Time) *Limiter {
	if now == nil {
		now = time.Now
	}
	return &Limiter{perSecond: perSecond, burst: float64(burst), now: now, young: map[string]*bucket{}}
}

// Allow returns nil, or access.too_fast with the time to wait.
func (l *Limiter) Allow(key string) error {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bucket(key, now)
	b.tokens = min(l.burst, b.tokens+max(0, now.Sub(b.at).Seconds())*l.perSecond)
	b.at = now
	if missing := 1 - b.tokens; missing > crumb {
		wait := math.Ceil((missing - crumb) / l.perSecond) // whole seconds, as people are told
		return fault.New(fault.Limited, "access.too_fast", "key %s", key).After(time.Duration(wait) * time.Second)
	}
	b.tokens--
	return nil
}

// crumb is what adding up fractions may lose of a token.
const crumb = 1e-6

// Bound is a key of a limiter.
type Bound struct {
	*Limiter
	Key string
}

// AllowAll takes from every bound or, if one refuses, from none of them; the
// wait is then the longest of all.
func AllowAll(bounds ...Bound) error {
	var taken []Bound
	var longest error
	for _, b := range bounds {
		err := b.Allow(b.Key)
		switch {
		case err == nil:
			taken = append(taken, b)
		case longest == nil || wait(err) > wait(longest):
			longest = err
		}
	}
	if longest != nil {
		refund(taken)
	}
	return longest
}

func wait(err error) time.Duration { return fault.Of(err).RetryAfter }

func refund(bounds []Bound) {
	for _, b := range bounds {
		b.Refund(b.Key)
	}
}

// Refund gives back what an Allow took, for an action that shall not count.
func (l *Limiter) Refund(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bucket(key, l.now())
	b.tokens = min(l.burst, b.tokens+1)
}

// bucket finds or makes the bucket of a key. The caller holds mu.
func (l *Limiter) bucket(key string, now time.Time) *bucket {
	full := time.Duration(l.burst / l.perSecond * float64(time.Second))
	if len(l.young) >= maxKeys || now.Sub(l.turned) > full {
		l.older, l.young, l.turned = l.young, map[string]*bucket{}, now
	}
	b, ok := l.young[key]
	if !ok {
		if b, ok = l.older[key]; !ok {
			b = &bucket{tokens: l.burst, at: now}
		}
		l.young[key] = b
	}
	return b
}

// Network is the part of an address that one subscriber can't change: the /24
// of an IPv4 address, the /64 of an IPv6 one. What is no address stays itself.
func Network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	ip = ip.Unmap().WithZone("")
	bits := 64
	if ip.Is4() {
		bits = 24
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return address
	}
	return p.String()
}
