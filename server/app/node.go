package app

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/hub"
	"hecai/hub/redisbus"
	"hecai/server/httpd"
	"hecai/static"
	"hecai/store"
	"hecai/stream"
	"hecai/vote"
	"hecai/vote/box"
)

// Node is one running program. Open makes it, Run runs it; nothing is served
// before Run.
type Node struct {
	cfg      Config
	plan     *contest.Plan
	db       *store.DB
	desk     *access.Desk
	hub      *hub.Hub
	box      *box.Box
	relay    *stream.Relay
	shows    *shows
	edge     *httpd.Server
	http     *http.Server
	listener net.Listener
	url      string
	origin   string // name of the vote log

	draining atomic.Bool
	running  chan struct{} // closed when the parts run
	closers  []func() error
}

// URL is where phones reach the node.
func (n *Node) URL() string { return n.url }

// Open takes the port, the folder and the database, and wires the parts. An
// error is a *StartError in one line.
func Open(ctx context.Context, cfg Config) (*Node, error) {
	return open(ctx, cfg, func(context.Context, *Node) error { return nil })
}

// open opens a node; seed may fill a fresh record before the parts that read it
// open.
func open(ctx context.Context, cfg Config, seed func(context.Context, *Node) error) (*Node, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	n := &Node{cfg: cfg.withDefaults(), running: make(chan struct{})}
	fill := func(ctx context.Context) error { return seed(ctx, n) }
	for _, step := range []func(context.Context) error{
		n.openPort, n.tryPlan, n.openStore, n.openPlan, n.planSessions, fill,
		n.openDesk, n.openHub, n.openBox, n.openRelay, n.openShows, n.openCameras, n.openEdge,
	} {
		if err := step(ctx); err != nil {
			n.close()
			return nil, &StartError{err}
		}
	}
	return n, nil
}

func (n *Node) onClose(c func() error) { n.closers = append([]func() error{c}, n.closers...) }

func (n *Node) openPort(context.Context) (err error) {
	if n.listener, err = listen(n.cfg.Listen); err != nil {
		return err
	}
	n.onClose(n.listener.Close)
	n.url = publicURL(n.cfg.PublicURL, n.listener.Addr())
	return nil
}

func (n *Node) openStore(ctx context.Context) (err error) {
	if n.db, err = store.Open(ctx, store.Config{DataDir: n.cfg.Data, Database: n.cfg.Database}); err != nil {
		return err
	}
	n.onClose(n.db.Close)
	return nil
}

// tryPlan refuses a bad --contest before a data folder is made for it.
func (n *Node) tryPlan(context.Context) error {
	if n.cfg.Contest == "" || store.Exists(store.Config{DataDir: n.cfg.Data, Database: n.cfg.Database}) {
		return nil
	}
	body, err := os.ReadFile(n.cfg.Contest)
	if err != nil {
		return fault.Wrap(fault.Invalid, "config.flag", err, "--contest")
	}
	return n.parsePlan(body)
}

// openPlan loads the plan of record; on the first start it takes it from
// --contest or the built-in one. A bad file is refused whole.
func (n *Node) openPlan(ctx context.Context) error {
	body, _, err := n.db.Plan(ctx)
	if fault.KindOf(err) == fault.NotFound {
		body, err = contest.Jilin2024, nil
		if n.cfg.Contest != "" {
			if body, err = os.ReadFile(n.cfg.Contest); err != nil {
				return fault.Wrap(fault.Invalid, "config.flag", err, "--contest")
			}
		}
		sum := sha256.Sum256(body)
		if err := n.parsePlan(body); err != nil {
			return err
		}
		return n.db.SavePlan(ctx, body, hex.EncodeToString(sum[:]))
	}
	if err != nil {
		return err
	}
	return n.parsePlan(body)
}

func (n *Node) parsePlan(body []byte) error {
	plan, problems := contest.ParsePlan(body)
	if len(problems) > 0 {
		lines := make([]string, len(problems))
		for i, p := range problems {
			lines[i] = p.Error()
		}
		return fault.New(fault.Invalid, "config.flag", "the contest file has %d mistakes and nothing was changed:\n  %s",
			len(problems), strings.Join(lines, "\n  "))
	}
	n.plan = plan
	return nil
}

func (n *Node) openDesk(ctx context.Context) error {
	key, err := n.db.Secret(ctx, "access", 32)
	if err != nil {
		return err
	}
	n.desk = access.New(access.Config{Store: n.db, Key: key, Now: n.cfg.Now})
	return nil
}

func (n *Node) openHub(ctx context.Context) error {
	cfg := hub.Config{
		Origin: n.originAllowed, Authenticate: n.enter, Allow: n.mayHear, Handle: n.handle,
		Conflate: n.conflate, Lossy: func(topic string) bool { return strings.HasPrefix(topic, "danmaku/") },
		Log: n.cfg.Log, Now: n.cfg.Now,
	}
	if n.cfg.Redis != "" {
		broker, err := redisbus.New(ctx, redisbus.Config{URL: n.cfg.Redis, Prefix: "hecai:" + n.plan.Code, Log: n.cfg.Log})
		if err != nil {
			return err
		}
		n.onClose(broker.Close)
		cfg.Broker = broker
	}
	n.hub = hub.New(cfg)
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
	n.origin = "hecai/" + strings.ToLower(n.plan.Code)
	n.box, err = box.New(ctx, box.Config{
		Store: n.db, Key: ed25519.NewKeyFromSeed(seed), Pseudonyms: pseudonyms, Origin: n.origin,
		Now: n.cfg.Now, OnChange: n.ballotChanged, Log: n.cfg.Log,
	})
	return err
}

func (n *Node) openRelay(context.Context) (err error) {
	n.relay, err = stream.New(stream.Config{
		Media: n.cfg.Media, Advertise: advertise(n.cfg.Media), Log: n.cfg.Log, Now: n.cfg.Now,
		OnChange: func(session string) { n.shows.camerasChanged(contest.SessionID(session)) },
	})
	if err != nil {
		return fault.Wrap(fault.Invalid, "config.port", err, "media port %s", n.cfg.Media)
	}
	n.onClose(n.relay.Close)
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
	n.edge = httpd.New(httpd.Config{
		Desk: n.desk, Box: n.box, Shows: n.shows, Records: n.db, Plan: n.plan, Site: site,
		Sockets: n.hub, Media: stream.Handler(n.relay, n.mayStream), Kick: n.kick, Proof: proofs{n}, Cameras: cameras{n},
		PublicURL: n.URL, Secure: strings.HasPrefix(n.cfg.PublicURL, "https://"), Proxies: proxies,
		Ready: n.ready, Metrics: n.metrics(), Log: n.cfg.Log, Now: n.cfg.Now,
	})
	n.http = n.edge.HTTP()
	return nil
}

// ready says why the node should get no traffic, if so.
func (n *Node) ready() error {
	select {
	case <-n.running:
	default:
		return errors.New("starting")
	}
	if n.draining.Load() {
		return errors.New("draining")
	}
	select {
	case <-n.box.Failed():
		return errors.New("a commit failed")
	default:
	}
	return n.db.Ping(context.Background())
}

// ballotChanged is called by the box's writer after every change, and must not
// block: the board goes to the hub, which conflates, and the show looks when it
// can.
func (n *Node) ballotChanged(b vote.Ballot, t vote.Tally) {
	if n.shows != nil {
		n.shows.ballotChanged(b, t)
	}
}
