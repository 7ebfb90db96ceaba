package node

import (
	"context"
	"crypto/ed25519"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hecai/access"
	"hecai/clock"
	"hecai/contest"
	"hecai/fault"
	"hecai/hub"
	"hecai/hub/redisbus"
	"hecai/lease"
	"hecai/live"
	"hecai/office"
	"hecai/server/httpd"
	"hecai/stage"
	"hecai/stage/theatre"
	"hecai/static"
	"hecai/store"
	"hecai/stream"
	"hecai/stream/codec"
	"hecai/stream/webrtc"
	"hecai/vote/box"
	"hecai/vote/ledger"
	"hecai/vote/logbook"
)

// Node is one running program. Open makes it, Run runs it; nothing is served
// before Run.
type Node struct {
	cfg      Config
	clock    *clock.Clock // the only one: cfg.Now reads it
	contests contests
	db       *store.DB
	desk     *access.Desk
	hub      *hub.Hub
	docs     *documents    // what the hub asks for
	bus      *redisbus.Bus // nil: one node
	box      *box.Box
	logs     *logs // of closed rounds
	relay    *stream.Relay
	media    *webrtc.Server
	shows    *shows
	theatre  *theatre.Theatre // which shows run here
	me       lease.Holder
	roll     *roll // what the nodes tell one another of who is there; nil: there is no other
	leases   lease.Store
	others   *peers // the way to the node that has the shows; nil: there is no other
	live     *live.Hall
	office   *office.Office
	feed     *feed
	edge     *httpd.Server
	http     *http.Server
	listener net.Listener
	url      string
	conns    int    // that may be open at once
	origin   string // name of the vote log
	facts    facts

	streaming sync.Map // seat → access.Identity of the crew who sent or watched a picture
	draining  atomic.Bool
	running   chan struct{} // closed when the parts run
	closers   []func() error
}

// URL is where phones reach the node.
func (n *Node) URL() string { return n.url }

// Running is closed when the node serves.
func (n *Node) Running() <-chan struct{} { return n.running }

// Autoplay walks a session's rundown until no cue is left.
func (n *Node) Autoplay(ctx context.Context, session contest.SessionID) error {
	sh, err := n.shows.find(n.home(session))
	if err != nil {
		return err
	}
	return stage.Autoplay(ctx, sh.Stage)
}

// PlayClip plays an embedded clip into a camera slot of a session, over and over.
func (n *Node) PlayClip(ctx context.Context, session contest.SessionID, camera string, clip stream.Clip) error {
	if err := n.openCameras(ctx); err != nil { // the slot may be a moment old
		return err
	}
	return n.relay.PlayClip(ctx, string(n.home(session)), camera, clip)
}

// home is a show of the contest at home.
func (n *Node) home(session contest.SessionID) contest.ShowID {
	return contest.NewShow(n.contests.Home(), session, 0)
}

// Open takes the port, the folder and the database, and wires the parts. A database
// that is away or too busy to answer is asked again for Config.Wait. An error is a
// *StartError in one line.
func Open(ctx context.Context, cfg Config) (n *Node, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	err = patient(ctx, cfg, func(wait time.Duration) error {
		cfg.Wait = wait
		n, err = assemble(ctx, cfg)
		return err
	})
	return n, err
}

// assemble tries once.
func assemble(ctx context.Context, cfg Config) (*Node, error) {
	n := &Node{cfg: cfg, clock: clock.New(cfg.Now), running: make(chan struct{})}
	n.cfg.Now = n.clock.Now
	for _, step := range []func(context.Context) error{
		n.openPort, n.tryPlans, n.openStore, n.openPlans, n.planSessions, n.fill,
		n.openTheatre, n.openHub, n.openDesk, n.openBox, n.openRelay, n.openShows, n.openCameras, n.openFeed, n.openEdge,
	} {
		if err := step(ctx); err != nil {
			n.close()
			return nil, &StartError{err}
		}
	}
	return n, nil
}

// patient does one thing of the start again while the database does not answer it,
// and is told how long it may still wait itself.
func patient(ctx context.Context, cfg Config, do func(wait time.Duration) error) error {
	end := time.Now().Add(cfg.Wait)
	for {
		err := do(max(0, time.Until(end)))
		if fault.CodeOf(err) != "store.busy" || !time.Now().Add(askAgain).Before(end) {
			return err
		}
		cfg.Log.Warn("the database does not answer: the start is tried again", "err", err)
		select {
		case <-time.After(askAgain):
		case <-ctx.Done():
			return err
		}
	}
}

const askAgain = 500 * time.Millisecond // between two tries of a start

func (n *Node) onClose(c func() error) { n.closers = append([]func() error{c}, n.closers...) }

func (n *Node) openPort(context.Context) (err error) {
	if n.listener, err = listen(n.cfg.Listen); err != nil {
		return err
	}
	n.onClose(n.listener.Close)
	n.url = publicURL(n.cfg.PublicURL, n.listener.Addr())
	n.conns = n.connections()
	return nil
}

func (n *Node) openStore(ctx context.Context) (err error) {
	if n.db, err = store.Open(ctx, store.Config{DataDir: n.cfg.Data, Database: n.cfg.Database, Wait: n.cfg.Wait, Shared: n.several(), Log: n.cfg.Log}); err != nil {
		return err
	}
	n.onClose(n.db.Close)
	return nil
}

func (n *Node) fill(ctx context.Context) error {
	if n.cfg.Seed == nil {
		return nil
	}
	return n.cfg.Seed(ctx, n.db, n.contests.Plan(n.contests.Home()))
}

func (n *Node) openDesk(ctx context.Context) error {
	key, err := n.db.Secret(ctx, "access", 32)
	if err != nil {
		return err
	}
	cfg := access.Config{Store: n.db, Key: key, Now: n.cfg.Now}
	if n.roll != nil {
		cfg.Others = n.roll
	}
	n.desk = access.New(cfg)
	return nil
}

func (n *Node) openBox(ctx context.Context) error {
	seed, err := n.db.Secret(ctx, "ledger", ed25519.SeedSize)
	if err != nil {
		return err
	}
	pseudonyms, err := n.db.Secret(ctx, "pseudonyms", 32)
	if err != nil {
		return err
	}
	n.origin = origin(n.contests.Home())
	key := ed25519.NewKeyFromSeed(seed)
	book, err := logbook.New(logbook.Config{
		Store: n.db, Key: key, Origin: n.origin, Now: n.cfg.Now,
		Pseudonym: func(ballot string, round int, voter int64) string {
			return ledger.Pseudonym(pseudonyms, ballot, round, voter)
		},
	})
	if err != nil {
		return err
	}
	n.logs = newLogs(n, book)
	n.box, err = box.New(ctx, box.Config{
		Store: n.db, Key: key, Pseudonyms: pseudonyms, Origin: n.origin,
		Lease: n.theatre.Ballots, Others: n.several(), Now: n.cfg.Now, OnChange: n.ballotChanged, OnCount: n.ballotCounted, Log: n.cfg.Log,
	})
	return err
}

// origin names the vote log of a record by its first contest: the record has one key,
// whatever contests come to it.
func origin(home contest.Code) string { return "hecai/" + strings.ToLower(string(home)) }

func (n *Node) openRelay(ctx context.Context) (err error) {
	n.relay, err = stream.New(stream.Config{
		Log: n.cfg.Log, Now: steady(),
		OnChange: func(session string) { n.shows.camerasChanged(contest.ShowID(session)) },
		Show: func(string) (show stream.ShowConfig) {
			if n.cfg.Video == "vp8" {
				show.Video = codec.VP8
			}
			return show
		},
	})
	if err != nil {
		return err
	}
	n.onClose(n.relay.Close)
	n.media, err = webrtc.New(n.relay, webrtc.Config{Media: n.cfg.Media, Public: n.cfg.mediaAddresses(ctx, resolve), Log: n.cfg.Log})
	if err != nil {
		return fault.Wrap(fault.Invalid, "config.port", err, "media port %s", n.cfg.Media)
	}
	n.onClose(n.media.Close)
	return nil
}

func (n *Node) openEdge(context.Context) error {
	site, err := static.New()
	if err != nil {
		return err
	}
	proxies, err := n.cfg.proxies()
	if err != nil {
		return err
	}
	n.live = live.New(live.Config{
		Desk: n.desk, Box: n.box, Shows: n.shows, Record: n.db, Logs: n.logs.book, Plan: n.contests.Plan, Now: n.cfg.Now,
	})
	n.office = office.New(office.Config{
		Record: n.db, Desk: n.desk, Box: n.box, Shows: n.shows, Cameras: cameras{n}, Plan: n.contests.Plan,
		Undrawn: site.Undrawn, Feed: n.feed, Log: n.cfg.Log, Now: n.cfg.Now,
	})
	n.edge = httpd.New(httpd.Config{
		Desk: n.desk, Live: n.live, Office: n.office, Contests: &n.contests, Site: site,
		Sockets: n.hub, Media: webrtc.Handler(n.media, n.mayStream), Kick: n.kick, Elsewhere: n.others.elsewhere(n),
		PublicURL: n.URL, Secure: strings.HasPrefix(n.cfg.PublicURL, "https://"), Proxies: proxies,
		Ready: n.ready, Metrics: n.metrics(), MetricsToken: n.cfg.MetricsToken, MaxConns: n.conns, Log: n.cfg.Log, Now: n.cfg.Now,
	})
	n.http = n.edge.HTTP()
	return nil
}

// ready says whether the node should get traffic, and what speaks against it or
// soon may. Only what keeps it from its work makes it unready.
func (n *Node) ready() httpd.Readiness {
	here := n.theatre.Here()
	not := func(reason string) httpd.Readiness {
		return httpd.Readiness{Reasons: []string{reason}, Shows: here}
	}
	select {
	case <-n.running:
	default:
		return not("starting")
	}
	if n.draining.Load() {
		return not("draining")
	}
	if err := n.box.Trouble(); err != nil {
		if code := fault.CodeOf(err); code != "internal" {
			return not(code)
		}
		return not("vote.busy")
	}
	if err := n.db.Probe(context.Background()); err != nil {
		return not(fault.CodeOf(err))
	}
	out := httpd.Readiness{Ready: true, Reasons: []string{}, Shows: here}
	if err := n.db.Warning(); err != nil {
		out.Reasons = append(out.Reasons, fault.CodeOf(err))
	}
	if len(n.logs.changed()) > 0 || len(n.box.Aside()) > 0 { // of some ballot; the others go on
		out.Reasons = append(out.Reasons, "vote.miscount")
	}
	if n.facts.any() {
		out.Reasons = append(out.Reasons, "stage.broken_chain")
	}
	if n.bus != nil && !n.bus.Up() {
		out.Reasons = append(out.Reasons, "redis.away")
	} else if n.roll.apart() { // it may be another Redis than the others have
		out.Reasons = append(out.Reasons, "redis.apart")
	}
	if n.roll.doubled() {
		out.Reasons = append(out.Reasons, "node.address")
	}
	return out
}
