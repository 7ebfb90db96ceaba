package node

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"hecai/access"
	"hecai/hub"
	"hecai/hub/redisbus"
	"hecai/live"
	"hecai/server/httpd"
)

// Places at the switchboard: sockets of the node, and of them those kept for
// who must get in when strangers fill the house.
const (
	knownPart = 10 // a tenth for phones that are known, and the crew
	crewPart  = 50 // a fiftieth for the crew
)

// Of the connections that one network may open, the audience's sockets take three
// quarters at most, and those that have not said who they are a sixth: the rest
// is for requests, and for the sockets of a crew that shares the hall's address.
const (
	mostWaiting = 4096
	waitingPart = 6
)

// openHub opens the switchboard. What it numbers begins above all that earlier
// starts of the record gave out, whatever the clock says.
func (n *Node) openHub(ctx context.Context) error {
	start, err := n.db.Counter(ctx, "start")
	if err != nil { // a full disk keeps no show from starting
		n.cfg.Log.Warn("this start is not counted; versions begin at the clock", "err", err)
	}
	n.docs = newDocuments(n, start)
	most, share := n.conns*3/4, httpd.Share(n.conns) // the rest is for requests
	cfg := hub.Config{
		Origin: n.originAllowed, Authenticate: n.enter, Allow: n.mayHear, Inner: innerTopic, Outer: live.TopicName, Handle: n.handle,
		Conflate: n.conflate, Lossy: func(topic string) bool { return strings.HasPrefix(topic, "danmaku/") },
		Source: n.docs, MaxConns: most, Rank: rank, Kept: []int{most / knownPart, most / crewPart},
		Share: max(1, share*3/4), MaxWaiting: max(1, min(mostWaiting, share/waitingPart)),
		Network: func(r *http.Request) string { return n.edge.Network(r) },
		Log:     n.cfg.Log, Now: n.cfg.Now,
	}
	if n.cfg.Redis != "" {
		if n.bus, err = n.openBus(ctx); err != nil {
			return err
		}
		n.onClose(n.bus.Close)
		cfg.Broker = n.bus
		if n.several() {
			n.roll = newRoll(n, n.bus)
			cfg.Broker = n.roll
		}
	}
	n.hub = hub.New(cfg)
	return nil
}

// innerTopic is the topic that a socket calls by a name.
func innerTopic(id hub.Identity, name string) string {
	return live.Topic(identity(id).Contest, name)
}

// openBus joins the nodes of the same record at the same place, and no others: a
// rehearsal with the same plan on the same Redis has another record, hence another name
// on it and another key, and a copy that was restored has another place.
func (n *Node) openBus(ctx context.Context) (*redisbus.Bus, error) {
	record, err := n.db.Secret(ctx, "record", 12)
	if err != nil {
		return nil, err
	}
	key, err := n.db.Secret(ctx, "bus", 32)
	if err != nil {
		return nil, err
	}
	place, err := n.db.Place(ctx)
	if err != nil {
		return nil, err
	}
	at := sha256.Sum256(append(record, place...))
	return redisbus.New(ctx, redisbus.Config{
		URL: n.cfg.Redis, Prefix: "hecai:" + base64.RawURLEncoding.EncodeToString(at[:12]), Key: key, Log: n.cfg.Log,
	})
}

// rank says who goes before whom when places run out: the crew, then phones
// that have voted or hold a ticket, then anyone.
func rank(id hub.Identity) int {
	who := identity(id)
	switch {
	case who.Crew():
		return 2
	case who.Role() == access.Audience && (who.Voter != 0 || who.Level > 0):
		return 1
	default:
		return 0
	}
}
