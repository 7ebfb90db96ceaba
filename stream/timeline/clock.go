package timeline

// creep is how fast a Clock follows later arrivals, as a fraction of media
// time: it must beat the drift of a cheap crystal (100 parts per million).
const creep = 5000

// Clock maps the RTP timestamps of one source track to server time. The fastest
// arrival seen so far is taken as the true path; later ones are queueing delay.
type Clock struct {
	rate   int64
	ts     uint32
	at     int64 // server time of ts, ns
	set    bool
	pinned bool
}

// NewClock returns a clock for a track of rate ticks per second.
func NewClock(rate uint32) *Clock { return &Clock{rate: int64(rate)} }

// Observe notes that a packet of timestamp ts arrived at time at (ns).
func (c *Clock) Observe(ts uint32, at int64) {
	want := c.At(ts)
	switch late := at - want; {
	case !c.set || late > 10e9 || late < -10e9: // first packet, or a restarted clock
		c.ts, c.at, c.set, c.pinned = ts, at, true, false
	case c.pinned || int32(ts-c.ts) < 0: // an old packet teaches nothing
		return
	case late <= 0:
		c.ts, c.at = ts, at
	default:
		c.ts, c.at = ts, want+min(late, (want-c.at)/creep)
	}
}

// Pin fixes the clock: timestamp ts was captured at time at (ns). Sender
// reports allow this for a track that has a companion to be in step with.
func (c *Clock) Pin(ts uint32, at int64) { c.ts, c.at, c.set, c.pinned = ts, at, true, true }

// At is the server time (ns) of the timestamp ts.
func (c *Clock) At(ts uint32) int64 {
	return c.at + int64(int32(ts-c.ts))*1e9/c.rate
}

// TS is the timestamp at server time at (ns).
func (c *Clock) TS(at int64) uint32 {
	d := at - c.at
	return c.ts + uint32(d/1e9*c.rate+d%1e9*c.rate/1e9)
}

// Ready reports whether the clock has seen anything.
func (c *Clock) Ready() bool { return c.set }
