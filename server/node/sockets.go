package node

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hecai/access"
	"hecai/contest"
	"hecai/fault"
	"hecai/hub"
	"hecai/hub/wire"
	"hecai/live"
	"hecai/server/httpd"
	"hecai/stage/cue"
	"hecai/stream/webrtc"
)

// originAllowed is the edge's own rule for state changes: a socket is opened by
// a one-use ticket and never by a cookie, so there is nothing that a foreign page
// could ride on, but none has business here either.
func (n *Node) originAllowed(r *http.Request) bool { return n.edge.FromOurPage(r) }

// enter spends a socket ticket.
func (n *Node) enter(ctx context.Context, ticket string) (hub.Identity, error) {
	id, err := n.desk.Enter(ctx, ticket)
	if err != nil {
		return hub.Identity{}, err
	}
	return hub.Identity{Role: string(id.Role()), Name: id.Name, Session: string(id.Show), Key: seatOf(id).key(), Any: id}, nil
}

func identity(id hub.Identity) access.Identity {
	who, _ := id.Any.(access.Identity)
	return who
}

// mayHear says who may listen to a topic.
func (n *Node) mayHear(id hub.Identity, topic string) bool {
	return n.live.Hear(identity(id), topic) || n.newElsewhere(topic) && n.live.Hear(identity(id), topic)
}

// newElsewhere looks whether another node has just made what a topic is of that is
// not known here. Anyone may ask for any name: all who do share one look.
func (n *Node) newElsewhere(topic string) bool {
	if !n.several() {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), feedLook)
	defer cancel()
	kind, of, _ := strings.Cut(topic, "/")
	if kind == "ballot" {
		return n.box.Refresh(ctx)
	}
	if _, err := n.shows.find(contest.ShowID(of)); err == nil {
		return false
	}
	return n.shows.news.since(ctx, time.Now(), func() bool { return n.shows.discover(ctx) == nil })
}

// boardFrames is how many scoreboard frames a second the node sends at most, to
// all phones together: with more than a thousand of them each gets fewer than
// ten a second, so that acknowledgements find the processor free.
const boardFrames = 10_000

// conflate holds scoreboards and counters to at most ten a second, and to at
// least two.
func (n *Node) conflate(topic string) time.Duration {
	switch kind, _, _ := strings.Cut(topic, "/"); kind {
	case "ballot":
		crowd := time.Duration(n.hub.Listeners(topic)) * time.Second / boardFrames
		return max(n.cfg.Tick, 100*time.Millisecond, min(crowd, 500*time.Millisecond))
	case "staff":
		return 250 * time.Millisecond
	default:
		return 0
	}
}

// handle answers what a socket asks: the same three paths as over HTTP. Who asks
// is looked up again each time, since a ticket may have been redeemed or a link
// revoked while the socket was open.
func (n *Node) handle(ctx context.Context, c *hub.Conn, method string, body json.RawMessage) (any, error) {
	id, err := n.desk.Current(ctx, identity(c.Identity))
	if err != nil {
		if fault.KindOf(err) == fault.Unauthenticated {
			n.cut(seatOf(identity(c.Identity)))
		}
		return nil, err
	}
	switch method {
	case "vote.cast":
		in, err := decode[live.Cast](body)
		if err != nil {
			return nil, err
		}
		return n.live.Cast(ctx, id, in)
	case "danmaku.say":
		in, err := decode[struct {
			Show contest.ShowID `json:"session"`
			Text string         `json:"text"`
			Name string         `json:"name"`
		}](body)
		if err != nil {
			return nil, err
		}
		if n.elsewhere() {
			return n.others.ask(ctx, n, id, "/v1/danmaku/"+url.PathEscape(string(in.Show)), in)
		}
		return n.live.Say(ctx, id, in.Show, in.Text, in.Name)
	case "stage.command":
		in, err := decode[struct {
			Show contest.ShowID `json:"session"`
			cue.Command
		}](body)
		if err != nil {
			return nil, err
		}
		if n.elsewhere() {
			return n.others.ask(ctx, n, id, "/v1/stage/"+url.PathEscape(string(in.Show))+"/commands", in.Command)
		}
		return n.live.Command(ctx, id, in.Show, in.Command)
	}
	return nil, fault.New(fault.NotFound, "wire.unknown_method", "%q", method)
}

func decode[T any](body json.RawMessage) (T, error) {
	var v T
	body, err := httpd.Plain(body)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return v, fault.Wrap(fault.Invalid, "wire.malformed", err, "request body")
	}
	return v, nil
}

// kick cuts what is live of a revoked link, a disabled account or an ended
// session. It looks each holder of the key up again: another browser of the same
// person goes on.
func (n *Node) kick(key string) {
	if n.roll != nil {
		n.roll.say(call{Kick: key})
	}
	n.sweepKey(key)
}

func (n *Node) sweepKey(key string) {
	n.sweep(context.Background(), func(id access.Identity) bool { return id.Key == key })
}

// cut ends every socket, camera and preview of one credential in one contest: each
// right that has ended elsewhere is looked up by itself.
func (n *Node) cut(at seat) {
	if at.handle == "" {
		return
	}
	n.hub.Kick(at.key(), wire.CloseRevoked)
	n.media.Kick(at.key())
	n.relay.Kick(at.key())
	n.streaming.Delete(at)
}

// seat is one who was let in, in one contest: rights in another are others.
type seat struct {
	handle  string
	contest contest.Code
}

func seatOf(id access.Identity) seat { return seat{id.Handle, id.Contest} }

// key is what the seat's sockets and pictures are found by, "" of who has no handle.
func (s seat) key() string {
	if s.handle == "" {
		return ""
	}
	return string(s.contest) + " " + s.handle
}

// sweepTimeout bounds a sweep over a record that is silent: nobody is cut then.
const sweepTimeout = 5 * time.Second

// sweep cuts what is live of those of the crew whose right has ended.
func (n *Node) sweep(ctx context.Context, of func(access.Identity) bool) {
	ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()
	live := map[seat]access.Identity{}
	add := func(id access.Identity) {
		if id.Crew() && of(id) {
			live[seatOf(id)] = id
		}
	}
	for _, id := range n.hub.Crew() {
		add(identity(id))
	}
	n.streaming.Range(func(_, id any) bool { add(id.(access.Identity)); return true })
	for at, id := range live {
		if err := n.desk.Holds(ctx, id); err != nil && fault.KindOf(err) == fault.Unauthenticated {
			n.cut(at)
		}
	}
}

// keepRights sweeps every second, for what ends by itself: sessions that run out.
func (n *Node) keepRights(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			n.sweep(ctx, func(access.Identity) bool { return true })
		}
	}
}

// mayStream authorises WHIP and WHEP. A broadcaster's link names its camera; the
// programme is for everyone; a single camera is for who runs the show.
func (n *Node) mayStream(r *http.Request, action, session, camera string) (webrtc.Guest, error) {
	guest := webrtc.Guest{From: n.edge.Address(r)}
	if contest.ShowID(session).Take() > 0 { // pictures are the show's own, rehearsed or not
		return guest, fault.New(fault.NotFound, "stage.unknown_session", "%s is a take", session)
	}
	if action != webrtc.ActionPublish && camera == "" {
		if err := n.live.Programme(contest.ShowID(session)); err != nil {
			return guest, err
		}
		// Who it is only decides which place is taken, and a database that is
		// silent keeps nobody from the picture.
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		id, err := n.edge.Identify(r.WithContext(ctx))
		id = id.In(contest.ShowID(session).Contest())     // whatever the address of a resource says
		if err == nil && id.Crew() && len(id.Roles) > 0 { // who works elsewhere watches as anyone does
			guest.Key, guest.Crew = seatOf(id).key(), true
			n.streaming.Store(seatOf(id), id)
		}
		return guest, nil
	}
	id, err := n.edge.Identify(r)
	id = id.In(contest.ShowID(session).Contest()) // whatever the address of a resource says
	if guest.Key = seatOf(id).key(); err != nil {
		return guest, err
	}
	if action == webrtc.ActionPublish {
		err = n.live.Publish(id, contest.ShowID(session), camera)
	} else {
		err = n.live.Preview(id, contest.ShowID(session), camera)
	}
	if err == nil {
		n.streaming.Store(seatOf(id), id)
	}
	return guest, err
}
