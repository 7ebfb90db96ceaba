package app

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
	"hecai/server/httpd"
	"hecai/stage/cue"
	"hecai/stream"
)

// originAllowed accepts our own pages, by the request's host or the public
// address, and clients that are no browser and send no Origin: a socket is
// opened by a one-use ticket and never by a cookie, so there is nothing that a
// foreign page could ride on.
func (n *Node) originAllowed(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	return strings.EqualFold(u.Host, r.Host) || strings.EqualFold(origin, n.url)
}

// enter spends a socket ticket.
func (n *Node) enter(_ context.Context, ticket string) (hub.Identity, error) {
	id, err := n.desk.Enter(ticket)
	if err != nil {
		return hub.Identity{}, err
	}
	return hub.Identity{Role: string(id.Role()), Name: id.Name, Session: id.Session, Key: id.Key, Any: id}, nil
}

func identity(id hub.Identity) access.Identity {
	who, _ := id.Any.(access.Identity)
	return who
}

// hearing says which capability each kind of topic needs.
var hearing = map[string]access.Capability{
	"stage": access.Watch, "show": access.Watch, "ballot": access.Watch, "pulse": access.Watch, "danmaku": access.Watch,
	"host": access.SeeHost, "staff": access.SeeStaff,
}

// mayHear says who may listen to a topic.
func (n *Node) mayHear(id hub.Identity, topic string) bool {
	kind, of, _ := strings.Cut(topic, "/")
	need, known := hearing[kind]
	if !known || !identity(id).May(need) {
		return false
	}
	if kind == "ballot" {
		return n.shows.boardKnown(of)
	}
	if _, err := n.shows.Show(contest.SessionID(of)); err != nil {
		return false
	}
	return need == access.Watch || identity(id).Bound(of) == nil
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

// handle answers what a socket asks: the same three paths as over HTTP.
func (n *Node) handle(ctx context.Context, c *hub.Conn, method string, body json.RawMessage) (any, error) {
	id := identity(c.Identity)
	switch method {
	case "vote.cast":
		in, err := decode[httpd.CastBody](body)
		if err != nil {
			return nil, err
		}
		return n.edge.Cast(ctx, id, in)
	case "danmaku.say":
		in, err := decode[struct {
			Session contest.SessionID `json:"session"`
			Text    string            `json:"text"`
			Name    string            `json:"name"`
		}](body)
		if err != nil {
			return nil, err
		}
		msg, state, err := n.edge.Say(ctx, id, in.Session, in.Text, in.Name)
		return map[string]string{"id": msg, "state": state}, err
	case "stage.command":
		in, err := decode[struct {
			Session contest.SessionID `json:"session"`
			cue.Command
		}](body)
		if err != nil {
			return nil, err
		}
		rev, err := n.edge.Command(ctx, id, in.Session, in.Command)
		return map[string]int64{"rev": rev}, err
	}
	return nil, fault.New(fault.NotFound, "wire.unknown_method", "%q", method)
}

func decode[T any](body json.RawMessage) (T, error) {
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		return v, fault.Wrap(fault.Invalid, "wire.malformed", err, "request body")
	}
	return v, nil
}

// kick cuts the sockets and cameras of a revoked link or an ended session.
func (n *Node) kick(key string) { n.hub.Kick(key, wire.CloseRevoked) }

// mayStream authorises WHIP and WHEP. A broadcaster's link names its camera; the
// programme is for everyone; a single camera is for who runs the show.
func (n *Node) mayStream(r *http.Request, action, session, camera string) error {
	if action != stream.ActionPublish && camera == "" {
		_, err := n.shows.Show(contest.SessionID(session))
		return err
	}
	id, err := n.edge.Identify(r)
	if err != nil {
		return err
	}
	need := access.Preview
	if action == stream.ActionPublish {
		need = access.Publish
	}
	if err := id.Require(need); err != nil {
		return err
	}
	if err := id.Bound(session); err != nil {
		return err
	}
	if id.Is(access.Broadcaster) && camera != id.Name {
		return fault.New(fault.Forbidden, "stream.forbidden", "link of camera %s used for %s", id.Name, camera)
	}
	return nil
}
