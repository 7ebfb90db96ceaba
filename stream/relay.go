// Package stream is the core of the relay: cameras come in, one of each session
// is on programme, and sinks take it. A cut, a lost camera and its return reach
// sinks as one unbroken stream.
//
// The path of a packet: a publisher's connection gives it to its Inlet
// (inlet.go), whose track offers it to two feeds (its own channel for the
// staff's preview, and the programme); a feed that has the track live rewrites
// it once into its ring (feed.go), and puts a copy into the queue of every Sink
// on the channel (sink.go). Nothing on that path waits: a sink that can't keep
// up loses whole frames, and nobody else notices.
//
// How packets come in and go out is not known here: stream/webrtc has WHIP and
// WHEP; a recorder would be another sink.
//
// A Relay is safe for concurrent use. Locks are taken in the order Relay.mu,
// show.mu, feed.mu, source.mu, ring, outlet.mu.
package stream

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"hecai/fault"
	"hecai/stream/codec"
)

// Config sets up a Relay. The zero value works.
type Config struct {
	// Log gets what went wrong at the edge. Nil discards.
	Log *slog.Logger
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
	// OnChange is told that Cameras or Programme of a session changed. Calls
	// come one at a time; a slow one delays only the next.
	OnChange func(session string)
	// Show says how a session's show is set up, when its first camera is added.
	// Nil is the zero value for all.
	Show func(session string) ShowConfig
}

// ShowConfig sets up one show.
type ShowConfig struct {
	// Video is what all its pictures are, of cameras, clips and slate: a cut never
	// changes it, so that recorders, gateways and phones need to know one. None
	// means H.264, which every phone decodes in hardware and OBS sends; codec.VP8 is
	// for broadcasters whose browsers have no H.264.
	Video codec.Codec
}

// How long things may take.
const (
	lostAfter  = 1500 * time.Millisecond // no packets: the camera is lost
	holdFor    = 10 * time.Second        // a lost camera's slot waits for its owner
	watchEvery = 100 * time.Millisecond
	keyAgain   = 500 * time.Millisecond // between keyframe requests for a cut
	keyShared  = time.Second            // between keyframe requests for sinks
)

// Relay is the media server. Make one with New and end it with Close.
type Relay struct {
	cfg    Config
	log    *slog.Logger
	slates slates
	poke   chan struct{} // look at the cameras now
	told   chan string   // sessions to announce

	stop    chan struct{}
	stopped sync.Once
	wg      sync.WaitGroup

	mu    sync.Mutex // guards shows, ended
	shows map[string]*show
	ended bool // no new goroutines

	feeds atomic.Pointer[[]*Feed] // all feeds, for the slate
	count counters
}

// New starts the relay.
func New(cfg Config) (*Relay, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Show == nil {
		cfg.Show = func(string) ShowConfig { return ShowConfig{} }
	}
	r := &Relay{
		cfg: cfg, log: cfg.Log, poke: make(chan struct{}, 1),
		told: make(chan string, 64), stop: make(chan struct{}), shows: map[string]*show{},
	}
	r.feeds.Store(&[]*Feed{})
	if err := r.slates.load(r); err != nil {
		return nil, err
	}
	r.wg.Go(r.slates.run)
	r.wg.Go(r.watch)
	r.wg.Go(r.announce)
	return r, nil
}

// Close ends clips and sinks. Connections of publishers are ended before, by who
// has them.
func (r *Relay) Close() error {
	r.stopped.Do(func() {
		close(r.stop)
		r.mu.Lock()
		r.ended = true
		r.mu.Unlock()
		r.wg.Wait()
	})
	return nil
}

// spawn runs f in a goroutine that Close waits for. While the relay ends, f
// runs here and now: what it works on is closed, so it doesn't last.
func (r *Relay) spawn(f func()) {
	r.mu.Lock()
	if !r.ended {
		r.wg.Go(f)
		f = func() {}
	}
	r.mu.Unlock()
	f()
}

// Now is the relay's clock.
func (r *Relay) Now() time.Time { return r.cfg.Now() }

// now is the time in ns, as tracks and timelines count it.
func (r *Relay) now() int64 { return r.cfg.Now().UnixNano() }

// nudge makes the watch look at once.
func (r *Relay) nudge() {
	select {
	case r.poke <- struct{}{}:
	default:
	}
}

// watch notices lost and returned cameras.
func (r *Relay) watch() {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-tick.C:
		case <-r.poke:
		}
		now := r.cfg.Now()
		for _, s := range r.list() {
			if s.steer(now) {
				r.tell(s.id)
			}
		}
	}
}

// tell queues an announcement; a full queue holds the same news already or
// will be followed by it, for the next change is told again.
func (r *Relay) tell(session string) {
	if r.cfg.OnChange == nil {
		return
	}
	select {
	case r.told <- session:
	default:
		r.log.Warn("stream change not announced", "session_id", session)
	}
}

func (r *Relay) announce() {
	for {
		select {
		case <-r.stop:
			return
		case session := <-r.told:
			r.cfg.OnChange(session)
		}
	}
}

// show returns the session, or nil.
func (r *Relay) show(session string) *show {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shows[session]
}

// list returns all sessions.
func (r *Relay) list() []*show {
	r.mu.Lock()
	defer r.mu.Unlock()
	shows := make([]*show, 0, len(r.shows))
	for _, s := range r.shows {
		shows = append(shows, s)
	}
	return shows
}

// noCamera is the answer to a name that is not there.
func noCamera(session, camera string) *fault.Error {
	return fault.New(fault.NotFound, "stream.no_camera", "session %q camera %q", session, camera).
		With("camera", camera)
}

// counters are totals since the start.
type counters struct {
	in, dropped, keyAsks atomic.Uint64
	publishers           atomic.Int64
}

// Stats are totals since the start, and how many publish now.
type Stats struct {
	Publishers       int64
	PacketsIn        uint64 // from cameras and clips
	Dropped          uint64 // not given to a sink because its queue was full
	KeyframeRequests uint64 // sent to cameras
}

// Stats returns the figures of now.
func (r *Relay) Stats() Stats {
	return Stats{
		Publishers: r.count.publishers.Load(), PacketsIn: r.count.in.Load(),
		Dropped: r.count.dropped.Load(), KeyframeRequests: r.count.keyAsks.Load(),
	}
}
