// Package stream is the relay: pictures and sound come in by WHIP (RFC 9725),
// one camera of each session is on programme, and viewers take it by WHEP. A
// cut, a lost camera and its return reach viewers as one unbroken stream,
// without renegotiation. All media uses one UDP port, and TCP of the same
// number.
//
// The path of a packet: a camera's reader (publish.go, player.go) gives it to
// its track, the track offers it to two feeds (its own channel for the staff's
// preview, and the programme), a feed that has the track live rewrites it once
// into its ring and tells the fan-out workers, and a worker sends it to its
// share of the viewers. Nothing on that path waits: queues are bounded, and who
// can't keep up loses packets, which the viewer then asks for again.
//
// A Relay is safe for concurrent use. Locks are taken in the order Relay.mu,
// show.mu, feed.mu, source.mu, ring.
package stream

import (
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"hecai/fault"
)

// Config sets up a Relay. The zero value works: an open port on all addresses.
type Config struct {
	// Media is the address of all media, "host:port" or ":port", UDP and TCP.
	// Empty means ":0", a free port.
	Media string
	// Advertise are the IP addresses told to peers in place of the host's own,
	// for a server behind a port-mapping router. Empty: the host's own.
	Advertise []string
	// Log gets what went wrong at the edge. Nil discards.
	Log *slog.Logger
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
	// OnChange is told that Cameras or Programme of a session changed. Calls
	// come one at a time; a slow one delays only the next.
	OnChange func(session string)
	// MaxViewers bounds all viewers together. 0 means 4,000.
	MaxViewers int
}

// How long things may take.
const (
	lostAfter   = 1500 * time.Millisecond // no packets: the camera is lost
	holdFor     = 10 * time.Second        // a lost camera's slot waits for its owner
	watchEvery  = 100 * time.Millisecond
	connectIn   = 20 * time.Second // from the answer to a working connection
	negotiateIn = 5 * time.Second
	keyAgain    = 500 * time.Millisecond // between keyframe requests for a cut
	keyShared   = time.Second            // between keyframe requests for viewers
)

// Relay is the media server. Make one with New and end it with Close.
type Relay struct {
	cfg     Config
	log     *slog.Logger
	ports   *ports
	in, out *webrtc.API
	cert    certificate
	workers []*worker
	slates  slates
	busy    chan struct{} // negotiations under way
	poke    chan struct{} // look at the cameras now
	told    chan string   // sessions to announce

	stop    chan struct{}
	stopped sync.Once
	wg      sync.WaitGroup

	mu     sync.Mutex // guards shows, peers, closed, ended
	shows  map[string]*show
	peers  map[string]*peer
	closed bool // no new peers
	ended  bool // no new goroutines

	feeds atomic.Pointer[[]*feed] // all feeds, for the slate
	count counters
}

// New opens the media port and starts the relay.
func New(cfg Config) (*Relay, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.MaxViewers == 0 {
		cfg.MaxViewers = 4000
	}
	r := &Relay{
		cfg: cfg, log: cfg.Log,
		busy: make(chan struct{}, 64), poke: make(chan struct{}, 1),
		told: make(chan string, 64), stop: make(chan struct{}),
		shows: map[string]*show{}, peers: map[string]*peer{},
	}
	r.feeds.Store(&[]*feed{})
	if err := r.slates.load(r); err != nil {
		return nil, err
	}
	var err error
	if r.ports, err = openPorts(cfg.Media, r.log); err != nil {
		return nil, err
	}
	if err := r.buildAPIs(); err != nil {
		r.ports.close()
		return nil, err
	}
	r.startWorkers()
	r.wg.Go(r.slates.run)
	r.wg.Go(r.watch)
	r.wg.Go(r.announce)
	return r, nil
}

// Addr is the address that media uses, with the real port.
func (r *Relay) Addr() *net.UDPAddr { return r.ports.addr }

// Close ends all connections and frees the port.
func (r *Relay) Close() error {
	r.stopped.Do(func() {
		r.mu.Lock()
		r.closed = true
		peers := make([]*peer, 0, len(r.peers))
		for _, p := range r.peers {
			peers = append(peers, p)
		}
		r.mu.Unlock()
		for _, p := range peers {
			r.drop(p, true)
		}
		close(r.stop)
		r.mu.Lock()
		r.ended = true
		r.mu.Unlock()
		r.wg.Wait()
		r.ports.close()
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

// serve runs f for one connection. A panic over what a peer sent ends that
// connection, not the show.
func (r *Relay) serve(p *peer, f func()) {
	r.spawn(func() {
		defer func() {
			if e := recover(); e != nil {
				r.log.Error("panic on the media path", "session_id", p.session, "panic", e, "stack", string(debug.Stack()))
				r.drop(p, false)
			}
		}()
		f()
	})
}

// now is the time in ns, as tracks and timelines count it.
func (r *Relay) now() int64 { return r.cfg.Now().UnixNano() }

// nudge makes the watch look at once.
func (r *Relay) nudge() {
	select {
	case r.poke <- struct{}{}:
	default:
	}
}

// watch notices lost and returned cameras, and connections that never were.
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
		r.mu.Lock()
		shows := make([]*show, 0, len(r.shows))
		for _, s := range r.shows {
			shows = append(shows, s)
		}
		var late []*peer
		for _, p := range r.peers {
			if p.late(now) {
				late = append(late, p)
			}
		}
		r.mu.Unlock()
		for _, p := range late {
			r.drop(p, false)
		}
		for _, s := range shows {
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

// noCamera is the answer to a name that is not there.
func noCamera(session, camera string) *fault.Error {
	return fault.New(fault.NotFound, "stream.no_camera", "session %q camera %q", session, camera).
		With("camera", camera)
}

// counters are totals since the start.
type counters struct {
	in, out, bytes, dropped, resent, unrepaired, keyAsks atomic.Uint64
	publishers, viewers                                  atomic.Int64
}

// Stats are totals since the start, and how many are connected now.
type Stats struct {
	Publishers, Viewers int64
	PacketsIn           uint64 // from cameras and clips
	PacketsOut          uint64 // to viewers, repairs included
	BytesOut            uint64 // RTP payload
	Dropped             uint64 // not sent because a worker's queue was full
	Resent              uint64 // repaired after a viewer's NACK
	Unrepaired          uint64 // asked for but too old, or over the viewer's limit
	KeyframeRequests    uint64 // sent to cameras
}

// Stats returns the figures of now.
func (r *Relay) Stats() Stats {
	return Stats{
		Publishers: r.count.publishers.Load(), Viewers: r.count.viewers.Load(),
		PacketsIn: r.count.in.Load(), PacketsOut: r.count.out.Load(),
		BytesOut: r.count.bytes.Load(), Dropped: r.count.dropped.Load(),
		Resent: r.count.resent.Load(), Unrepaired: r.count.unrepaired.Load(),
		KeyframeRequests: r.count.keyAsks.Load(),
	}
}
