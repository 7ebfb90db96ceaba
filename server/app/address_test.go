package app

import (
	"net"
	"strings"
	"testing"

	"hecai/fault"
)

func TestValidateNamesTheFlag(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		ok   bool
	}{
		{"the defaults are fine", Config{}, true},
		{"a port alone is not an address", Config{Listen: "8080"}, false},
		{"a port out of range", Config{Media: ":70000"}, false},
		{"another database", Config{Database: "mysql://x"}, false},
		{"postgres", Config{Database: "postgres://u:p@h/db"}, true},
		{"redis without its scheme", Config{Redis: "localhost:6379"}, false},
		{"a public address with a path", Config{PublicURL: "https://a.example/x"}, false},
		{"a public address", Config{PublicURL: "https://a.example/"}, true},
		{"a plan that is not there", Config{Contest: "/no/such/file"}, false},
		{"a proxy network", Config{Proxies: "10.0.0.0/8, 127.0.0.1"}, true},
		{"a proxy that is no address", Config{Proxies: "proxy"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.cfg.Validate()
			if tt.ok != (err == nil) {
				t.Fatalf("Validate = %v, want ok %v", err, tt.ok)
			}
			if err != nil && fault.CodeOf(err) != "config.flag" {
				t.Errorf("code %s", fault.CodeOf(err))
			}
		})
	}
}

func TestPasswordsStayOutOfErrors(t *testing.T) {
	err := badFlag("database", "mysql://user:secret@host/db", "no")
	if got := err.Error(); got == "" || strings.Contains(got, "secret") {
		t.Errorf("%s", got)
	}
}

func TestPublicURL(t *testing.T) {
	at := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	if got := publicURL("https://a.example/", at); got != "https://a.example" {
		t.Error(got)
	}
	if got := publicURL("", at); got != "http://127.0.0.1:8080" {
		t.Error(got)
	}
	if got := publicURL("", &net.TCPAddr{IP: net.IPv6loopback, Port: 80}); got != "http://[::1]" {
		t.Error(got)
	}
}
