package node

import (
	"context"
	"net"
	"net/url"
	"slices"
	"time"
)

// lookUp resolves a name; tests put another in its place.
type lookUp func(ctx context.Context, name string) ([]net.IP, error)

func resolve(ctx context.Context, name string) ([]net.IP, error) {
	return net.DefaultResolver.LookupIP(ctx, "ip", name)
}

// mediaAddresses are the addresses of the media port as seen from outside: those
// of --media-public, else what --public-url resolves to. Without either, and for
// this machine's own addresses, there is nothing to tell beside what is bound. A
// name that does not resolve is said in the log and keeps nobody from starting.
func (c Config) mediaAddresses(ctx context.Context, find lookUp) []string {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	names := c.mediaPublic()
	if len(names) == 0 {
		u, err := url.Parse(c.PublicURL)
		if err != nil || u.Hostname() == "" {
			return nil
		}
		names = []string{u.Hostname()}
	}
	var out []string
	for _, name := range names {
		ips := []net.IP{net.ParseIP(name)}
		if ips[0] == nil {
			var err error
			if ips, err = find(ctx, name); err != nil {
				c.Log.Warn("media are not told this address; set --media-public", "name", name, "err", err)
			}
		}
		for _, ip := range ips {
			if !ip.IsLoopback() && !ip.IsUnspecified() && !slices.Contains(out, ip.String()) {
				out = append(out, ip.String())
			}
		}
	}
	return out
}
