package e2e

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"hecai/hub/client"
	"hecai/hub/hubtest"
	"hecai/hub/wire"
)

// pair is a town of two nodes, the one that has the shows first.
func pair(t *testing.T) (h *town, owner, other *Node) {
	t.Helper()
	h = newTown(t, 2)
	owner, other = h.owner(), h.nodes[0]
	if other == owner {
		other = h.nodes[1]
	}
	return h, owner, other
}

// join opens a socket that hears the topics.
func (c *Client) join(as string, topics ...string) *client.Client {
	c.t.Helper()
	in := make(chan struct{}, 1)
	ws, err := c.socketAs(c.t.Context(), as, client.Config{OnFrame: func(f client.Frame) {
		if f.T == "hello" {
			in <- struct{}{}
		}
	}})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { ws.Close() })
	select {
	case <-in:
	case <-ws.Done():
		c.t.Fatalf("the socket was refused with %d", ws.CloseCode())
	}
	if err := ws.Sub(nil, topics...); err != nil {
		c.t.Fatal(err)
	}
	return ws
}

func field[T any](doc json.RawMessage, name string) (v T) {
	var all map[string]json.RawMessage
	_ = json.Unmarshal(doc, &all)
	_ = json.Unmarshal(all[name], &v)
	return v
}

// TestARightEndsAtEveryNode: a right that ends at one node has ended at the other,
// for its sockets and its requests, and what a phone proves at one counts at the
// other, also if that one has looked before.
func TestARightEndsAtEveryNode(t *testing.T) {
	t.Parallel()
	h, owner, other := pair(t)
	org := h.org.at(owner)

	var link struct{ ID, Token string }
	org.Do("POST", "/v1/admin/links", object{"role": "screen", "name": "墙", "session": "final"}, &link)
	screen := other.client().withLink(link.Token)
	ws := screen.join("", "stage/final")
	var spare struct{ Ticket string }
	screen.Do("POST", "/v1/ws-tickets", object{}, &spare)
	org.Do("DELETE", "/v1/admin/links/"+link.ID, nil, nil)
	hubtest.Until(t, "the socket at the other node is cut", func() bool {
		select {
		case <-ws.Done():
			return true
		default:
			return false
		}
	})
	if ws.CloseCode() != 4503 {
		t.Errorf("it was closed with %d", ws.CloseCode())
	}
	screen.Refused("access.link_revoked", "POST", "/v1/ws-tickets", object{})
	if other.opens(spare.Ticket) {
		t.Error("a socket ticket of a revoked link is good at the other node")
	}

	out := h.org.at(other) // the same browser at both
	deskSocket := out.join("", "stage/final")
	org.Do("POST", "/v1/signout", object{}, nil)
	hubtest.Until(t, "the socket of who signed out is cut", func() bool {
		select {
		case <-deskSocket.Done():
			return true
		default:
			return false
		}
	})
	h.org.Do("POST", "/v1/signin", object{"name": "组织者", "password": "a long password"}, nil)
	org = h.org.at(owner)

	var made struct{ Codes []string }
	org.Do("POST", "/v1/admin/tickets", object{"count": 2}, &made)
	org.Do("POST", "/v1/admin/ballots", object{"id": "seats", "title": "示例现场票", "session": "final", "entries": h.ids,
		"visibility": "live", "level": 2, "quota": object{"window": "ballot", "max": 1}}, nil)
	org.Do("POST", "/v1/admin/ballots/seats/open", object{"seconds": 0}, nil)
	phone := other.phone()
	level := func(c *Client) int {
		var me struct{ Level int }
		c.Do("GET", "/v1/me", nil, &me)
		return me.Level
	}
	phone.Do("POST", "/v1/ws-tickets", object{"as": "audience"}, nil)
	phone.at(owner).Do("POST", "/v1/tickets/redeem", object{"code": made.Codes[0]}, nil)
	phone.at(owner).Do("GET", "/v1/me", nil, nil)
	hubtest.Until(t, "the other node knows what the phone has proven", func() bool { return level(phone) == 2 })
	org.Do("POST", "/v1/admin/tickets/release", object{"code": made.Codes[0]}, nil)
	hubtest.Until(t, "the other node knows that the ticket was released", func() bool { return level(phone) == 0 })
	phone.at(owner).Do("POST", "/v1/tickets/redeem", object{"code": made.Codes[1]}, nil)
	h.redis.Kill(t) // without a bus the record says it
	hubtest.Until(t, "the other node reads what the phone has proven", func() bool { return level(phone) == 2 })
	phone.Do("POST", "/v1/votes", object{"ballot": "seats", "rev": 1, "choice": h.ids[:1]}, nil)
	h.redis.Start(t)
}

// TestPresenceIsOfAllNodes: who is there is counted at all nodes together, a screen
// or a judge once, and who was with a node that is gone is not.
func TestPresenceIsOfAllNodes(t *testing.T) {
	t.Parallel()
	h, owner, other := pair(t)
	for i := range 5 {
		h.nodes[i%2].phone().join("audience", "stage/final")
	}
	atOwner := 2
	if owner == h.nodes[0] {
		atOwner = 3
	}
	screen := h.org.link("screen", "墙", "final")
	for _, n := range h.nodes { // the same screen at both
		screen.at(n).join("", "stage/final")
	}
	lone := h.org.link("screen", "侧屏", "final")
	lone.at(other).join("", "stage/final")
	watcher := owner.phone().join("audience", "pulse/final")
	desk := func() (v struct {
		Audience int
		Screens  []struct {
			Name   string
			Online bool
		}
	}) {
		_ = h.org.at(owner).Try("GET", "/v1/stage/final/desk", nil, &v)
		return v
	}
	online := func() int { doc, _ := watcher.Doc("pulse/final"); return field[int](doc, "online") }
	hubtest.Until(t, "all who are there are counted", func() bool { return online() == 5 && desk().Audience == 5 })
	hubtest.Until(t, "each screen is listed once", func() bool {
		v := desk()
		names := []string{}
		for _, s := range v.Screens {
			names = append(names, s.Name)
		}
		slices.Sort(names)
		return slices.Equal(names, []string{"侧屏", "墙"})
	})
	other.Kill()
	hubtest.Until(t, "who was with the dead node is not counted", func() bool {
		v := desk()
		return online() == atOwner && v.Audience == atOwner && len(v.Screens) == 1
	})
}

// TestASessionMadeElsewhere: a session that comes into the record is found, listed
// and heard at every node, without a start.
func TestASessionMadeElsewhere(t *testing.T) {
	t.Parallel()
	h, owner, other := pair(t)
	db, err := sql.Open("pgx", h.database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{
		`INSERT INTO session SELECT contest, 'late', '示例晚场', subtitle, kind, 99, replace(rundown, '"final"', '"late"'), rev FROM session WHERE id = 'final'`,
		`INSERT INTO show SELECT replace(id, 'final', 'late'), contest, 'late', 0, replace(name, 'final', 'late') FROM show WHERE session = 'final' AND take = 0`,
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []*Node{other, owner} {
		c := n.phone()
		ws := c.join("audience", "stage/late") // at once: whoever asks for what a node does not know has it look
		hubtest.Until(t, "its stage is heard", func() bool { doc, _ := ws.Doc("stage/late"); return len(doc) > 0 })
		hubtest.Until(t, "the session is listed", func() bool {
			var list []struct{ ID, Title string }
			return c.Try("GET", "/v1/sessions", nil, &list) == nil && slices.ContainsFunc(list, func(s struct{ ID, Title string }) bool { return s.ID == "late" })
		})
	}
	h.org.at(other).Do("POST", "/v1/stage/late/commands", object{"kind": "notice", "text": "示例"}, nil)
}

// TestASocketTicketIsSpentOnce: a socket ticket opens one socket in the whole
// installation, of the crew's and of the audience's, with Redis and without.
func TestASocketTicketIsSpentOnce(t *testing.T) {
	t.Parallel()
	h, owner, other := pair(t)
	screen, phone := h.org.link("screen", "墙", "final"), owner.phone()
	once := func(when string) {
		t.Helper()
		for who, ask := range map[string]func() string{
			"the crew":     func() string { return ticketOf(screen.at(owner), "") },
			"the audience": func() string { return ticketOf(phone, "audience") },
		} {
			ticket := ""
			eventually(t, when+", "+who+": a ticket of one node is good at the other, another one if the machine is busy", func() bool {
				ticket = ask()
				return other.opens(ticket)
			})
			if owner.opens(ticket) || other.opens(ticket) {
				t.Errorf("%s, %s: a ticket opened two sockets", when, who)
			}
		}
	}
	once("with Redis")
	h.redis.Kill(t)
	once("without Redis")
	h.redis.Start(t)
	once("with Redis again")
}

func ticketOf(c *Client, as string) string {
	c.t.Helper()
	var out struct{ Ticket string }
	c.Do("POST", "/v1/ws-tickets", object{"as": as}, &out)
	return out.Ticket
}

// opens reports whether a socket ticket is good at the node.
func (n *Node) opens(ticket string) bool {
	n.t.Helper()
	hello := make(chan struct{}, 1)
	ws, err := client.Dial(n.t.Context(), client.Config{URL: "ws" + strings.TrimPrefix(n.url, "http") + "/ws", Ticket: ticket,
		OnFrame: func(f client.Frame) {
			if f.T == "hello" {
				hello <- struct{}{}
			}
		}})
	if err != nil {
		n.t.Fatal(err)
	}
	defer ws.Close()
	select {
	case <-hello:
		return true
	case <-ws.Done():
		if ws.CloseCode() != wire.CloseTicket {
			n.t.Errorf("a socket was refused with %d", ws.CloseCode())
		}
		return false
	}
}

// TestPicturesAtEveryNode: whoever comes to the node without the shows sends their
// camera to the one that has them, watches from there, and finds it on the desk.
func TestPicturesAtEveryNode(t *testing.T) {
	t.Parallel()
	h, owner, other := pair(t)
	org := h.org.at(other)
	org.Do("POST", "/v1/admin/cameras", object{"session": "final", "name": "cam", "label": "示例机位"}, nil)
	var link struct{ Token string }
	org.Do("POST", "/v1/admin/links", object{"role": "broadcaster", "name": "cam", "session": "final"}, &link)
	sender := other.client().withLink(link.Token)
	resource := sender.media("/whip/final/cam")
	viewer := watch(t, other, "final")
	hubtest.Until(t, "the programme reaches who came to the other node", func() bool { return viewer.sees(t, other, "final", 51) })
	for _, n := range []*Node{owner, other} {
		var cams []struct{ Name, Label, State string }
		h.org.at(n).Do("GET", "/v1/admin/cameras?session=final", nil, &cams)
		if len(cams) != 1 || cams[0].Label != "示例机位" {
			t.Errorf("the desk shows %+v", cams)
		}
	}
	if got := (inUse{who: sender}).status(resource); got != http.StatusNoContent {
		t.Errorf("%s answers %d at the other node", resource, got)
	}
}
