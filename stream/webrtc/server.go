// Package webrtc is the relay's door for WebRTC: cameras come in by WHIP (RFC
// 9725), and viewers take the programme, or one camera, by WHEP, without
// renegotiation whatever is cut. All media uses one UDP port, and TCP of the same
// number.
//
// A camera's reader (publish.go) gives packets to its stream.Inlet. A viewer has
// a leg for pictures and one for sound (leg.go); a fan (fan.go), which is a
// stream.Sink, sends a channel to its share of the legs. Lost packets are asked
// for by the viewer, and repaired from the feed's ring.
//
// A Server is safe for concurrent use. Locks are taken in the order Server.mu,
// Server.fanMu, and then the relay's.
package webrtc

import (
	"log/slog"
	"net"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"hecai/stream"
)

// Config sets up a Server. The zero value works: an open port on all addresses.
type Config struct {
	// Media is the address of all media, "host:port" or ":port", UDP and TCP.
	// Empty means ":0", a free port.
	Media string
	// Public are IP addresses told to peers beside those bound, for a server
	// behind a router, in a container or a cloud, that maps the same port. With
	// any, loopback is not told. Empty: the host's own are all.
	Public []string
	// MaxViewers bounds all viewers together; a tenth of it, at most 100, is kept
	// for the crew. 0 means 4,000.
	MaxViewers int
	// Log gets what went wrong at the edge. Nil discards.
	Log *slog.Logger
}

// How long things may take.
const (
	watchEvery  = 100 * time.Millisecond
	connectIn   = 20 * time.Second // from the answer to a working connection
	negotiateIn = 5 * time.Second
)

// Server is all WebRTC connections of a relay. Make one with New and end it with
// Close, before the relay.
type Server struct {
	cfg      Config
	log      *slog.Logger
	relay    *stream.Relay
	ports    *ports
	h264     *door
	vp8      *door
	cert     certificate
	busy     chan struct{} // negotiations under way
	crewBusy chan struct{} // the same of cameras and of who runs the show

	stop    chan struct{}
	stopped sync.Once
	wg      sync.WaitGroup

	mu     sync.Mutex // guards peers, crowd, closed, ended
	peers  map[string]*peer
	crowd  crowd
	closed bool // no new peers
	ended  bool // no new goroutines

	fanMu  sync.Mutex // guards fans, and writes to their legs
	fans   map[*stream.Channel][]*fan
	shares int // how many fans a channel may have

	count counters
}

// New opens the media port.
func New(relay *stream.Relay, cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.MaxViewers == 0 {
		cfg.MaxViewers = 4000
	}
	s := &Server{
		cfg: cfg, log: cfg.Log, relay: relay,
		busy: make(chan struct{}, 48), crewBusy: make(chan struct{}, 16), stop: make(chan struct{}),
		peers: map[string]*peer{}, crowd: crowd{from: map[string]int{}, waiting: map[string]int{}},
		fans: map[*stream.Channel][]*fan{}, shares: max(runtime.GOMAXPROCS(0), 1),
	}
	var err error
	if s.ports, err = openPorts(cfg.Media, len(cfg.Public) == 0, s.log); err != nil {
		return nil, err
	}
	if err := s.buildDoors(); err != nil {
		s.ports.close()
		return nil, err
	}
	s.wg.Go(s.watch)
	return s, nil
}

// Addr is the address that media uses, with the real port.
func (s *Server) Addr() *net.UDPAddr { return s.ports.addr }

// Close ends all connections and frees the port.
func (s *Server) Close() error {
	s.stopped.Do(func() {
		s.mu.Lock()
		s.closed = true
		peers := make([]*peer, 0, len(s.peers))
		for _, p := range s.peers {
			peers = append(peers, p)
		}
		s.mu.Unlock()
		for _, p := range peers {
			s.drop(p, true)
		}
		close(s.stop)
		s.mu.Lock()
		s.ended = true
		s.mu.Unlock()
		s.wg.Wait()
		s.ports.close()
	})
	return nil
}

// spawn runs f in a goroutine that Close waits for. While the server ends, f
// runs here and now: what it works on is closed, so it doesn't last.
func (s *Server) spawn(f func()) {
	s.mu.Lock()
	if !s.ended {
		s.wg.Go(f)
		f = func() {}
	}
	s.mu.Unlock()
	f()
}

// serve runs f for one connection. A panic over what a peer sent ends that
// connection, not the show.
func (s *Server) serve(p *peer, f func()) {
	s.spawn(func() {
		defer func() {
			if e := recover(); e != nil {
				s.log.Error("panic on the media path", "session_id", p.session, "panic", e, "stack", string(debug.Stack()))
				s.drop(p, false)
			}
		}()
		f()
	})
}

// watch ends connections that never were.
func (s *Server) watch() {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
		now := s.relay.Now()
		for _, p := range s.list(func(p *peer) bool { return p.late(now) }) {
			s.drop(p, false)
		}
	}
}

// counters are totals since the start.
type counters struct {
	out, bytes, resent, unrepaired atomic.Uint64
	viewers                        atomic.Int64
}

// Stats are totals since the start, and how many watch now.
type Stats struct {
	Viewers    int64
	PacketsOut uint64 // to viewers, repairs included
	BytesOut   uint64 // RTP payload
	Resent     uint64 // repaired after a viewer's NACK
	Unrepaired uint64 // asked for but too old, or over the viewer's limit
}

// Stats returns the figures of now.
func (s *Server) Stats() Stats {
	return Stats{
		Viewers: s.count.viewers.Load(), PacketsOut: s.count.out.Load(), BytesOut: s.count.bytes.Load(),
		Resent: s.count.resent.Load(), Unrepaired: s.count.unrepaired.Load(),
	}
}
