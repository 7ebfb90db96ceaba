package node

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMediaAddresses (case video-behind-nat-or-docker): the setting's addresses,
// or those of the public address, without those that reach nobody outside.
func TestMediaAddresses(t *testing.T) {
	names := map[string][]net.IP{
		"vote.example.org": {net.ParseIP("203.0.113.7"), net.ParseIP("2001:db8::7"), net.ParseIP("203.0.113.7")},
		"localhost":        {net.ParseIP("127.0.0.1"), net.ParseIP("::1")},
	}
	find := func(_ context.Context, name string) ([]net.IP, error) {
		if ips, ok := names[name]; ok {
			return ips, nil
		}
		return nil, errors.New("no such host")
	}
	for _, tt := range []struct {
		public, url string
		want        []string
	}{
		{"", "", nil},
		{"", "https://vote.example.org", []string{"203.0.113.7", "2001:db8::7"}},
		{"", "https://198.51.100.9:8443", []string{"198.51.100.9"}},
		{"", "http://[2001:db8::9]", []string{"2001:db8::9"}},
		{"", "http://localhost:8080", nil},
		{"", "https://no.such.name", nil},
		{"198.51.100.9", "https://vote.example.org", []string{"198.51.100.9"}},
		{"198.51.100.9, vote.example.org", "", []string{"198.51.100.9", "203.0.113.7", "2001:db8::7"}},
		{"no.such.name,198.51.100.9", "", []string{"198.51.100.9"}},
		{"0.0.0.0,127.0.0.1", "", nil},
	} {
		c := Config{MediaPublic: tt.public, PublicURL: tt.url}.withDefaults()
		if err := c.Validate(); err != nil {
			t.Errorf("%q: %v", tt.public, err)
		}
		if diff := cmp.Diff(tt.want, c.mediaAddresses(t.Context(), find)); diff != "" {
			t.Errorf("%q, %q (-want +got):\n%s", tt.public, tt.url, diff)
		}
	}
	for _, bad := range []string{"203.0.113.7:8189", "https://vote.example.org", "[2001:db8::7]"} {
		if err := (Config{MediaPublic: bad}).Validate(); err == nil {
			t.Errorf("--media-public %q is taken", bad)
		}
	}
}
