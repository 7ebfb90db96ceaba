package app

import (
	"log/slog"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"hecai/fault"
)

// Config says how one node runs. The zero value of an optional field takes the
// default named beside it.
type Config struct {
	Listen    string // host:port of HTTP; empty: ":8080"
	Data      string // folder of the record; empty: "./data"
	Database  string // empty: SQLite in Data; or a postgres:// address
	Redis     string // empty: in-process; or a redis:// address
	Media     string // host:port of all media, UDP and ICE-TCP alike; empty: ":8189"
	PublicURL string // where phones reach us, such as https://vote.example.org; empty: found out
	Contest   string // plan file for the first start; empty: the built-in one
	Proxies   string // addresses or networks of reverse proxies whose X-Forwarded-For counts, comma-separated

	Watermark bool          // rehearsal watermark on every screen
	Tick      time.Duration // conflation of scoreboards; 0: 100 ms, the fastest allowed
	Log       *slog.Logger  // nil: discard
	Now       func() time.Time
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
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
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
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
			return badFlag("public-url", c.PublicURL, "want http(s)://host with no path")
		}
	}
	if c.Contest != "" {
		if _, err := os.Stat(c.Contest); err != nil {
			return badFlag("contest", c.Contest, "the file cannot be read")
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

// redact hides the password of an address, which errors and logs may show.
func redact(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return address
	}
	return u.Redacted()
}

func badFlag(flag, value, want string) error {
	return fault.New(fault.Invalid, "config.flag", "--%s %q: %s", flag, redact(value), want)
}
