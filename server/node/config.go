package node

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"hecai/contest"
	"hecai/fault"
	"hecai/store"
)

// Config says how one node runs. The zero value of an optional field takes the
// default named beside it.
type Config struct {
	Listen      string        // host:port of HTTP; empty: ":8080"
	Data        string        // folder of the record; empty: "./data"
	Database    string        // empty: SQLite in Data; or a postgres:// address
	Wait        time.Duration // for a PostgreSQL server that is not there yet at the start; 0: not at all
	Redis       string        // empty: in-process; or a redis:// or rediss:// address, of a server, Sentinels or a Cluster
	Media       string        // host:port of all media, UDP and ICE-TCP alike; empty: ":8189"
	MediaPublic string        // addresses of the media port as seen from outside, comma-separated; empty: what PublicURL resolves to
	Video       string        // what all pictures of a show are, "h264" or "vp8"; empty: "h264"
	NodeURL     string        // where the other nodes of the record reach this one; empty: this machine's address
	PublicURL   string        // where phones reach us, such as https://vote.example.org; empty: found out
	Contests    []string      // plan files that are brought into the record, the first at home; none: the built-in one
	Proxies     string        // addresses or networks of reverse proxies whose X-Forwarded-For counts, comma-separated

	MetricsToken string // bearer token of /metrics; empty: this machine only

	// Seed fills a fresh record before the parts that read it open; nil: nothing does.
	Seed func(ctx context.Context, db *store.DB, plan *contest.Plan) error

	Tick time.Duration    // conflation of scoreboards; 0: 100 ms, the fastest allowed
	Log  *slog.Logger     // nil: discard
	Now  func() time.Time // the machine's wall clock; nil: time.Now
}

// withDefaults fills what is empty.
func (c Config) withDefaults() Config {
	set := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	set(&c.Listen, ":8080")
	set(&c.Data, "./data")
	set(&c.Media, ":8189")
	set(&c.Video, "h264")
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Validate names the first setting that cannot work.
func (c Config) Validate() error {
	c = c.withDefaults()
	for _, a := range []struct{ flag, value string }{{"listen", c.Listen}, {"media", c.Media}} {
		_, port, err := net.SplitHostPort(a.value)
		if err != nil {
			return badFlag(a.flag, a.value, "want host:port or :port")
		}
		if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
			return badFlag(a.flag, a.value, "the port must be 0 to 65535")
		}
	}
	if c.Database != "" && !strings.HasPrefix(c.Database, "postgres://") && !strings.HasPrefix(c.Database, "postgresql://") {
		return badFlag("database", c.Database, "want postgres://…, or nothing for SQLite")
	}
	if c.Redis != "" && !strings.HasPrefix(c.Redis, "redis://") && !strings.HasPrefix(c.Redis, "rediss://") {
		return badFlag("redis", c.Redis, "want redis://…, or nothing for one node")
	}
	for _, a := range c.mediaPublic() {
		if strings.ContainsAny(a, ":/ ") && net.ParseIP(a) == nil {
			return badFlag("media-public", a, "want addresses or names without a port; the port is that of --media")
		}
	}
	if c.Video != "h264" && c.Video != "vp8" {
		return badFlag("video", c.Video, "want h264 or vp8")
	}
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
			return badFlag("public-url", c.PublicURL, "want http(s)://host with no path")
		}
	}
	if c.NodeURL != "" {
		u, err := url.Parse(c.NodeURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
			return badFlag("node-url", c.NodeURL, "want http(s)://host:port with no path")
		}
	}
	for _, path := range c.Contests {
		if _, err := os.Stat(path); err != nil {
			return badFlag("contest", path, "the file cannot be read")
		}
	}
	if _, err := c.proxies(); err != nil {
		return err
	}
	return nil
}

// proxies returns the trusted networks.
func (c Config) proxies() ([]*net.IPNet, error) {
	var out []*net.IPNet
	for _, s := range strings.Split(c.Proxies, ",") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		if ip := net.ParseIP(s); ip != nil {
			bits := 8 * len(ip.To16())
			if ip.To4() != nil {
				ip, bits = ip.To4(), 32
			}
			out = append(out, &net.IPNet{IP: ip, Mask: net.CIDRMask(bits, bits)})
			continue
		}
		_, n, err := net.ParseCIDR(s)
		if err != nil {
			return nil, badFlag("proxies", s, "want addresses or networks such as 10.0.0.0/8")
		}
		out = append(out, n)
	}
	return out, nil
}

// mediaPublic returns the parts of the setting.
func (c Config) mediaPublic() []string {
	return strings.FieldsFunc(c.MediaPublic, func(r rune) bool { return r == ',' || r == ' ' })
}

// redact hides the password of an address, which errors and logs may show.
func redact(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	if q := u.Query(); q.Has("password") { // as Sentinels take it
		q.Set("password", "xxxxx")
		u.RawQuery = q.Encode()
	}
	return u.Redacted()
}

func badFlag(flag, value, want string) error {
	return fault.New(fault.Invalid, "config.flag", "--%s %q: %s", flag, redact(value), want)
}
