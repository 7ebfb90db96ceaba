package node

import (
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"

	"hecai/fault"
	"hecai/needtest"
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
		{"a plan that is not there", Config{Contests: []string{"/no/such/file"}}, false},
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

// TestChooseAddress is the case qr-address by tables.
func TestChooseAddress(t *testing.T) {
	at := func(list ...string) []netip.Addr {
		var out []netip.Addr
		for _, s := range list {
			out = append(out, netip.MustParseAddr(s))
		}
		return out
	}
	lo := nic{name: "lo", up: true, addrs: at("127.0.0.1", "::1")}
	for _, tt := range []struct {
		name string
		nics []nic
		want string
	}{
		{"a container's bridge without link first", []nic{lo, {name: "docker0", virtual: true, addrs: at("172.17.0.1")}, {name: "wlan0", up: true, route: true, addrs: at("192.168.1.20")}}, "192.168.1.20"},
		{"a bridge that is up", []nic{lo, {name: "docker0", up: true, virtual: true, addrs: at("172.17.0.1")}, {name: "wlan0", up: true, addrs: at("192.168.1.20")}}, "192.168.1.20"},
		{"a tunnel before the card", []nic{lo, {name: "tun0", up: true, virtual: true, addrs: at("10.8.0.2")}, {name: "eth0", up: true, addrs: at("192.168.31.5")}}, "192.168.31.5"},
		{"a tunnel has the default route", []nic{lo, {name: "tun0", up: true, virtual: true, route: true, addrs: at("10.8.0.2")}, {name: "eth0", up: true, addrs: at("192.168.31.5")}}, "192.168.31.5"},
		{"a card without the default route before the one with it", []nic{lo, {name: "eth1", up: true, addrs: at("10.0.0.5")}, {name: "eth0", up: true, route: true, addrs: at("192.168.31.5")}}, "192.168.31.5"},
		{"a bridge that carries the default route alone", []nic{lo, {name: "eth0", up: true}, {name: "br0", up: true, virtual: true, route: true, addrs: at("192.168.1.9")}}, "192.168.1.9"},
		{"a public address", []nic{lo, {name: "eth0", up: true, route: true, addrs: at("202.198.16.40")}}, "202.198.16.40"},
		{"a shared address", []nic{lo, {name: "eth0", up: true, addrs: at("100.70.3.9")}}, "100.70.3.9"},
		{"IPv6 only", []nic{lo, {name: "eth0", up: true, route: true, addrs: at("fe80::1", "2001:db8::5")}}, "2001:db8::5"},
		{"both", []nic{lo, {name: "eth0", up: true, route: true, addrs: at("2001:db8::5", "192.168.1.2")}}, "192.168.1.2"},
		{"IPv6 on the route, IPv4 on another", []nic{lo, {name: "eth0", up: true, route: true, addrs: at("2001:db8::5")}, {name: "eth1", up: true, addrs: at("192.168.1.2")}}, "2001:db8::5"},
		{"link-local only", []nic{lo, {name: "eth0", up: true, addrs: at("169.254.3.4", "fe80::1")}}, ""},
		{"a bridge only", []nic{lo, {name: "docker0", up: true, virtual: true, addrs: at("172.17.0.1")}}, ""},
		{"a card that is down", []nic{lo, {name: "eth0", addrs: at("192.168.1.2")}}, ""},
		{"nothing", []nic{lo}, ""},
	} {
		got := ""
		if a := chooseAddress(tt.nics); a.IsValid() {
			got = a.String()
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestForThisMachineOnly(t *testing.T) {
	for address, want := range map[string]bool{
		"http://localhost:8080": true, "http://127.0.0.1:1": true, "http://[::1]": true,
		"http://192.168.1.20:8080": false, "https://vote.example.org": false,
	} {
		if got := forThisMachineOnly(address); got != want {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
}

// TestLanAddressInANamespace makes the networks of the case qr-address and has
// the program choose there. It runs itself in each namespace.
func TestLanAddressInANamespace(t *testing.T) {
	if os.Getenv("HECAI_TEST_NAMESPACE") != "" {
		os.Stdout.WriteString("address " + lanAddress() + "\n")
		return
	}
	if os.Geteuid() != 0 {
		needtest.Missing(t, "making network namespaces needs root")
	}
	needtest.Program(t, "ip")
	nodad := func(address string) []string {
		if strings.Contains(address, ":") {
			return []string{"nodad"}
		}
		return nil
	}
	card := func(name, address string) [][]string {
		return [][]string{{"link", "add", name, "type", "veth", "peer", "name", "far-" + name}, append([]string{"addr", "add", address, "dev", name}, nodad(address)...),
			{"link", "set", "far-" + name, "up"}, {"link", "set", name, "up"}}
	}
	for _, tt := range []struct {
		name  string
		steps [][]string
		want  string
	}{
		{"bridge", append(append([][]string{{"link", "add", "docker0", "type", "bridge"}, {"addr", "add", "172.17.0.1/16", "dev", "docker0"}, {"link", "set", "docker0", "up"}},
			card("wlan0", "192.168.1.20/24")...), []string{"route", "add", "default", "via", "192.168.1.1"}), "192.168.1.20"},
		{"tunnel", append(card("tun0", "10.8.0.2/24"), card("eth0", "192.168.31.5/24")...), "192.168.31.5"},
		{"public", card("eth0", "202.198.16.40/24"), "202.198.16.40"},
		{"shared", card("eth0", "100.70.3.9/24"), "100.70.3.9"},
		{"v6", card("eth0", "2001:db8:5::9/64"), "2001:db8:5::9"},
		{"alone", nil, "localhost"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			space := "hecai-test-" + tt.name
			if out, err := exec.Command("ip", "netns", "add", space).CombinedOutput(); err != nil {
				needtest.Missing(t, "no namespace can be made here: %v %s", err, out)
			}
			t.Cleanup(func() { exec.Command("ip", "netns", "del", space).Run() })
			for _, step := range append([][]string{{"link", "set", "lo", "up"}}, tt.steps...) {
				if out, err := exec.Command("ip", append([]string{"-n", space}, step...)...).CombinedOutput(); err != nil {
					needtest.Missing(t, "ip %v: %v %s", step, err, out)
				}
			}
			cmd := exec.Command("ip", "netns", "exec", space, os.Args[0], "-test.run", "^TestLanAddressInANamespace$")
			cmd.Env = append(os.Environ(), "HECAI_TEST_NAMESPACE=1")
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "address "+tt.want+"\n") {
				t.Errorf("%v, %s, want %s", err, out, tt.want)
			}
		})
	}
}
