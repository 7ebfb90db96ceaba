package e2e

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hecai/access"
	"hecai/hub/hubtest"
	"hecai/server/node"
	"hecai/store"
)

// staffed lists the accounts that a house has, one a role.
var staffed = access.StaffRoles

// house is a node in this process, on a fresh SQLite record, with one account
// of each staff role.
type house struct {
	t     *testing.T
	url   string
	data  string
	links map[access.Role]string  // one-time secrets, spent unless the public address is HTTPS
	staff map[access.Role]*Client // empty when the public address is HTTPS
	org   *Client
	stop  func()

	unused string // a one-time secret that nobody spends
}

// openHouse opens a node; set may change its configuration.
func openHouse(t *testing.T, set func(*node.Config)) *house {
	t.Helper()
	h := &house{t: t, data: filepath.Join(t.TempDir(), "data"), staff: map[access.Role]*Client{}}
	cfg := node.Config{Listen: "127.0.0.1:0", Media: "127.0.0.1:0", Data: h.data, Proxies: "127.0.0.1"}
	if set != nil {
		set(&cfg)
	}
	h.links = h.hire(cfg.Database)
	h.url, h.stop = serve(t, cfg)
	if cfg.PublicURL != "" {
		return h // its cookies are for HTTPS only
	}
	for role, secret := range h.links {
		h.staff[role] = h.client()
		h.staff[role].Do("POST", "/v1/signin/link", object{"token": secret}, nil)
	}
	h.org = h.staff[access.Organiser]
	return h
}

// serve runs a node, until it is stopped or the test ends.
func serve(t *testing.T, cfg node.Config) (url string, stop func()) {
	t.Helper()
	n, err := node.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	url = n.URL()
	if cfg.PublicURL != "" { // the public address is a proxy's, which isn't there
		url = "http://" + cfg.Listen
	}
	holdNode(t, strings.TrimPrefix(url, "http://"))
	for deadline := time.Now().Add(2 * patience); !ready(url); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not ready in %v", 2*patience)
		}
	}
	return url, stop
}

// openPair is openHouse with two nodes, where everyone asks at the one that does not
// have the shows.
func openPair(t *testing.T, set func(*node.Config)) *house {
	t.Helper()
	var other node.Config
	h := openHouse(t, func(cfg *node.Config) {
		cfg.Database, cfg.Redis = startPostgres(t).Database(t), hubtest.StartRedis(t).URL()
		if set != nil {
			set(cfg)
		}
		other = *cfg
	})
	has := func(c *Client) bool {
		var ready struct{ Shows bool }
		return c.Try("GET", "/readyz", nil, &ready) == nil && ready.Shows
	}
	eventually(t, "the first node has the shows", func() bool { return has(h.org) })
	h.url, _ = serve(t, other)
	for _, c := range h.staff {
		c.url = h.url
	}
	t.Cleanup(func() {
		if has(h.org) {
			t.Error("the shows have moved to the node that was asked")
		}
	})
	return h
}

// directorsPassword is the only one: all others sign in by links.
const directorsPassword = "a long password"

// hire makes the accounts before the node opens its record.
func (h *house) hire(database string) map[access.Role]string {
	h.t.Helper()
	ctx := h.t.Context()
	db, err := store.Open(ctx, store.Config{DataDir: h.data, Database: database})
	if err != nil {
		h.t.Fatal(err)
	}
	defer db.Close()
	key, err := db.Secret(ctx, "access", 32)
	if err != nil {
		h.t.Fatal(err)
	}
	desk := access.New(access.Config{Store: db, Key: key})
	secrets := map[access.Role]string{}
	for _, role := range staffed {
		name := "示例 " + string(role)
		password := ""
		if role == access.Director {
			password = directorsPassword
		}
		if _, err := desk.AddUser(ctx, access.Identity{Contest: "JL-2024"}, name, password, role); err != nil {
			h.t.Fatal(err)
		}
		if role == access.Organiser { // as of the first start
			u, err := db.UserByName(ctx, name)
			u.Founder = true
			if err = errors.Join(err, db.SaveUser(ctx, u)); err != nil {
				h.t.Fatal(err)
			}
		}
		if secrets[role], err = desk.SignInLink(ctx, name, time.Hour); err != nil {
			h.t.Fatal(err)
		}
		if h.unused, err = desk.SignInLink(ctx, name, time.Hour); err != nil {
			h.t.Fatal(err)
		}
	}
	return secrets
}

// crowdIP counts the addresses that clients of houses come from: each request
// has its own, so that no limit by address is in the way.
var crowdIP atomic.Uint32

type wandering struct{}

func (wandering) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("X-Forwarded-For") == "" {
		n := int(crowdIP.Add(1))
		r = r.Clone(r.Context())
		r.Header.Set("X-Forwarded-For", "10."+strconv.Itoa(n>>16&255)+"."+strconv.Itoa(n>>8&255)+"."+strconv.Itoa(n&255))
	}
	return http.DefaultTransport.RoundTrip(r)
}

// wander makes a client's requests come from many addresses.
func wander(c *Client) *Client { return c.through(wandering{}) }

func (h *house) client() *Client { return wander(newClient(h.t, h.url)) }

func (h *house) phone() *Client {
	h.t.Helper()
	c := h.client()
	c.Do("POST", "/v1/device", object{}, nil)
	return c
}

// holder makes a link and returns its holder.
func (h *house) holder(role access.Role, name, session string) *Client {
	h.t.Helper()
	return wander(h.org.link(string(role), name, session))
}

// ballot makes an open ballot on n sample entries and returns their ids.
func (h *house) ballot(id string, n int, quota object) []string {
	h.t.Helper()
	entries := importEntries(h.org, n)
	h.org.Do("POST", "/v1/admin/ballots", object{"id": id, "title": "示例选票", "session": "final", "entries": entries,
		"visibility": "count", "quota": quota}, nil)
	h.org.Do("POST", "/v1/admin/ballots/"+id+"/open", object{"seconds": 0}, nil)
	return entries
}
