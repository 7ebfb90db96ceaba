package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"hecai/access"
	"hecai/hub/client"
	"hecai/store"
)

// TestLinksCountInTheirOwnSession tries links of one session in another.
func TestLinksCountInTheirOwnSession(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	host := h.holder(access.Host, "示例主持", "final")
	host.Refused("access.other_session", "POST", "/v1/stage/salon-1/commands", object{"kind": "next"})
	cam := h.holder(access.Broadcaster, "cam", "final")
	cam.Refused("access.other_session", "POST", "/whip/salon-1/cam", object{})
	cam.Refused("access.other_session", "POST", "/whep/salon-1/cam", object{})
	cam.Refused("stream.forbidden", "POST", "/whip/final/cam2", object{})
	cam.Refused("stream.forbidden", "POST", "/whep/final/cam2", object{})
}

// TestStaffVoteAsTheirPhone: an account holds no vote, the phone it shares a
// browser with does.
func TestStaffVoteAsTheirPhone(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	entries := h.ballot("b", 3, object{"window": "ballot", "max": 1})
	c := h.staff[access.Director]
	vote := object{"ballot": "b", "rev": 1, "choice": entries[:1]}
	c.Refused("access.signin", "POST", "/v1/votes", vote)
	c.Do("POST", "/v1/device", object{}, nil)
	c.Do("POST", "/v1/votes", vote, nil)
	c.Do("GET", "/v1/stage/final/desk", nil, nil)
}

// TestRevokedAndSignedOut: a revoked link and an ended session are refused at
// once, and their sockets cut.
func TestRevokedAndSignedOut(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	for _, role := range access.LinkRoles {
		var made struct{ ID, Token string }
		h.org.Do("POST", "/v1/admin/links", object{"role": role, "name": "j1", "session": "final"}, &made)
		c := wander(h.client().withLink(made.Token))
		ws, err := c.socket(t.Context(), client.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := ws.Req(t.Context(), "nothing", object{}, nil); err == nil || err.Error() != "wire.unknown_method" {
			t.Fatalf("%s: %v", role, err)
		}
		h.org.Do("DELETE", "/v1/admin/links/"+made.ID, nil, nil)
		wantCut(t, string(role), ws)
		for _, path := range []string{"/v1/me", "/v1/stage/final/desk", "/v1/judge"} {
			c.Refused("access.link_revoked", "GET", path, nil)
		}
		c.Refused("access.link_revoked", "POST", "/v1/ws-tickets", object{})
		c.Refused("access.link_revoked", "POST", "/v1/stage/final/commands", object{"kind": "next"})
		c.Refused("access.link_revoked", "POST", "/whip/final/j1", object{})
	}
	wander(h.client().withLink("forged")).Refused("access.link_spent", "GET", "/v1/me", nil)

	for role, c := range h.staff {
		if role == access.Organiser {
			continue
		}
		kept := h.client() // a thief's copy of the cookie
		kept.http.Jar.SetCookies(mustURL(h.url), c.http.Jar.Cookies(mustURL(h.url)))
		var out struct{ Ticket string }
		c.Do("POST", "/v1/ws-tickets", object{}, &out)
		ws, err := client.Dial(t.Context(), client.Config{URL: "ws" + strings.TrimPrefix(h.url, "http") + "/ws", Ticket: out.Ticket})
		if err != nil {
			t.Fatal(err)
		}
		if err := ws.Req(t.Context(), "nothing", object{}, nil); err == nil || err.Error() != "wire.unknown_method" {
			t.Fatalf("%s: %v", role, err)
		}
		c.Do("POST", "/v1/signout", object{}, nil)
		wantCut(t, string(role), ws)
		for _, who := range []*Client{c, kept} {
			who.Refused("access.signin", "GET", "/v1/stage/final/desk", nil)
			who.Refused("access.signin", "GET", "/v1/admin/ballots/b/recount", nil)
			var me struct{ Role access.Role }
			who.Do("GET", "/v1/me", nil, &me)
			if me.Role != access.Visitor {
				t.Errorf("%s signed out and is %s", role, me.Role)
			}
		}
	}
	forged := h.client()
	forged.http.Jar.SetCookies(mustURL(h.url), []*http.Cookie{{Name: "hecai-staff", Value: access.NewSecret()}, {Name: "hecai-device", Value: "AAAA"}})
	forged.Refused("access.signin", "GET", "/v1/admin/overview", nil)
	forged.Refused("access.signin", "POST", "/v1/votes", object{})
}

// wantCut waits for the socket to be closed as revoked.
func wantCut(t *testing.T, who string, ws *client.Client) {
	t.Helper()
	select {
	case <-ws.Done():
		if ws.CloseCode() != 4503 {
			t.Errorf("%s: closed with %d, want 4503", who, ws.CloseCode())
		}
	case <-time.After(cutWithin):
		t.Errorf("%s: the socket is still open %v later", who, cutWithin)
	}
}

// TestFactsNameWhoActed: the record says in which role somebody acted.
func TestFactsNameWhoActed(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	want := []string{"director:示例 director", "organiser:示例 organiser", "moderator:示例 moderator"}
	h.staff[access.Director].Do("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": "示例"}, nil)
	h.org.Do("POST", "/v1/stage/final/commands", object{"kind": "notice", "text": ""}, nil)
	h.staff[access.Moderator].Do("POST", "/v1/stage/final/commands", object{"kind": "danmaku", "text": "open"}, nil)
	h.stop()
	db, err := store.Open(t.Context(), store.Config{DataDir: h.data})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	facts, err := db.LoadFacts(t.Context(), "JL-2024/final", 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range facts {
		if strings.Contains(f.Actor, "示例") {
			got = append(got, f.Actor)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the facts name %q, want %q", got, want)
	}
}
