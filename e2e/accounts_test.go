package e2e

import (
	"slices"
	"strings"
	"testing"

	"hecai/access"
	"hecai/hub/client"
)

// invited signs in with the address of an invitation.
func (h *house) invited(url, page string) *Client {
	h.t.Helper()
	address, secret, found := strings.Cut(url, "#login=")
	if !found || address != h.url+page {
		h.t.Fatalf("the link is %q, want %s%s#login=…", url, h.url, page)
	}
	c := h.client()
	c.Do("POST", "/v1/signin/link", object{"token": secret}, nil)
	c.Refused("access.link_spent", "POST", "/v1/signin/link", object{"token": secret})
	return c
}

// TestAccounts: the organiser makes accounts, and shuts them at once.
func TestAccounts(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	var made struct{ ID, URL, QR string }
	h.org.Do("POST", "/v1/admin/staff", object{"name": "示例新导演", "roles": []access.Role{access.Director}}, &made)
	if !strings.HasPrefix(made.QR, "<svg") {
		t.Errorf("qr = %q", made.QR)
	}
	h.org.Refused("access.name_taken", "POST", "/v1/admin/staff", object{"name": "示例新导演", "roles": []access.Role{access.Moderator}})
	h.org.Refused("access.role", "POST", "/v1/admin/staff", object{"name": "示例评委", "roles": []access.Role{access.Judge}})

	c := h.invited(made.URL, "/director")
	c.Do("GET", "/v1/stage/final/desk", nil, nil)
	c.Do("POST", "/v1/stage/final/commands", object{"kind": "blackout"}, nil)
	c.Refused("access.forbidden", "GET", "/v1/admin/overview", nil)
	c.Refused("access.forbidden", "DELETE", "/v1/admin/staff/"+made.ID, nil)
	var out struct{ Ticket string }
	c.Do("POST", "/v1/ws-tickets", object{}, &out)
	ws, err := client.Dial(t.Context(), client.Config{URL: "ws" + strings.TrimPrefix(h.url, "http") + "/ws", Ticket: out.Ticket})
	if err != nil {
		t.Fatal(err)
	}
	if err := ws.Req(t.Context(), "nothing", object{}, nil); err == nil || err.Error() != "wire.unknown_method" {
		t.Fatal(err)
	}

	h.org.Do("DELETE", "/v1/admin/staff/"+made.ID, nil, nil)
	wantCut(t, "the director", ws)
	c.Refused("access.signin", "GET", "/v1/stage/final/desk", nil)
	h.org.Refused("access.disabled", "POST", "/v1/admin/staff/"+made.ID+"/link", object{})
	h.org.Do("POST", "/v1/admin/staff/"+made.ID+"/enable", object{}, nil)
	c.Refused("access.signin", "GET", "/v1/stage/final/desk", nil)
	h.org.Do("POST", "/v1/admin/staff/"+made.ID+"/link", object{}, &made)
	h.invited(made.URL, "/director").Do("GET", "/v1/stage/final/desk", nil, nil)
}

// TestTheLastOrganiserStays: whoever else goes, one can administer.
func TestTheLastOrganiserStays(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	var made struct{ ID, URL string }
	h.org.Do("POST", "/v1/admin/staff", object{"name": "示例同事", "roles": []access.Role{access.Organiser}}, &made)
	c := h.invited(made.URL, "/admin")
	var all []access.Account
	c.Do("GET", "/v1/admin/staff", nil, &all)
	first := slices.IndexFunc(all, func(a access.Account) bool { return a.Is(access.Organiser) && a.ID != made.ID })
	if len(all) != len(staffed)+1 || first < 0 {
		t.Fatalf("accounts: %+v", all)
	}
	c.Do("DELETE", "/v1/admin/staff/"+all[first].ID, nil, nil)
	h.org.Refused("access.signin", "GET", "/v1/admin/staff", nil)
	c.Refused("access.last_organiser", "DELETE", "/v1/admin/staff/"+made.ID, nil)
	c.Do("GET", "/v1/admin/staff", nil, &all)
	if !all[first].Disabled {
		t.Errorf("%s is not disabled", all[first].Name)
	}
}
