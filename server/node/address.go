package node

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"hecai/fault"
	"hecai/server/httpd"
)

// StartError is an error of the start: a flag, a port, a folder, a database.
type StartError struct{ err error }

func (e *StartError) Error() string { return e.err.Error() }
func (e *StartError) Unwrap() error { return e.err }

// listen takes the HTTP port, or says in one line why it cannot.
func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, "config.port", err, "listen on %s", address)
	}
	return l, nil
}

// publicURL is where phones reach this node: as configured, or this machine's
// address in the local network, or localhost.
func publicURL(configured string, l net.Addr) string {
	if configured != "" {
		return strings.TrimRight(configured, "/")
	}
	host, port, err := net.SplitHostPort(l.String())
	if err != nil {
		return "http://localhost"
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = lanAddress()
	}
	if port == "80" {
		return "http://" + hostText(host)
	}
	return fmt.Sprintf("http://%s:%s", hostText(host), port)
}

// forThisMachineOnly reports whether an address reaches nobody else: what phones
// scan would lead them to themselves.
func forThisMachineOnly(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func hostText(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// nic is a network interface, as far as choosing an address needs it.
type nic struct {
	name    string
	up      bool // and has a link
	virtual bool // a bridge, a tunnel or a container's end: others don't reach us there
	route   bool // the default route leaves by it
	addrs   []netip.Addr
}

// lanAddress is the address by which others reach this machine, "localhost" when
// it has none.
func lanAddress() string {
	if a := chooseAddress(interfaces()); a.IsValid() {
		return a.String()
	}
	return "localhost"
}

// chooseAddress takes the address of the interface with the default route, else
// of one that is up and neither bridge nor tunnel. IPv4 before IPv6, since more
// phones reach it. A tunnel that has taken over the default route comes after a
// real network: the hall is not behind it.
func chooseAddress(nics []nic) netip.Addr {
	best, most := netip.Addr{}, 0
	for _, n := range nics {
		for _, a := range n.addrs {
			if !n.up || !a.IsGlobalUnicast() {
				continue
			}
			score := 1
			switch {
			case !n.virtual && n.route:
				score = 8
			case !n.virtual:
				score = 6
			case n.route:
				score = 4
			default:
				continue // a container's bridge: worse than saying that there is none
			}
			if a.Is4() {
				score++
			}
			if score > most {
				best, most = a, score
			}
		}
	}
	return best
}

// virtualNames begin the names of interfaces that are bridges, tunnels or ends
// of containers and virtual machines.
var virtualNames = []string{"docker", "br-", "virbr", "veth", "cni", "flannel", "cali", "lxc", "lxdbr", "podman", "vmnet",
	"vboxnet", "tun", "tap", "utun", "wg", "ppp", "ipsec", "tailscale", "zt", "gif", "stf", "awdl", "llw", "bridge"}

func isVirtual(i net.Interface) bool {
	if i.Flags&net.FlagPointToPoint != 0 {
		return true
	}
	if _, err := os.Stat("/sys/class/net/" + i.Name + "/bridge"); err == nil {
		return true
	}
	return slices.ContainsFunc(virtualNames, func(p string) bool { return strings.HasPrefix(i.Name, p) })
}

// interfaces reads this machine's interfaces. A bridge that carries the default
// route is the machine's own network, with the card behind it.
func interfaces() []nic {
	list, err := net.Interfaces()
	if err != nil {
		return nil
	}
	routes := []netip.Addr{source("udp4", "192.0.2.1:9"), source("udp6", "[2001:db8::1]:9")}
	var out []nic
	for _, i := range list {
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		n := nic{name: i.Name, up: i.Flags&net.FlagUp != 0 && i.Flags&net.FlagRunning != 0, virtual: isVirtual(i)}
		for _, a := range addrs {
			p, err := netip.ParsePrefix(a.String())
			if err != nil {
				continue
			}
			n.addrs = append(n.addrs, p.Addr().Unmap())
			n.route = n.route || slices.Contains(routes, p.Addr().Unmap())
		}
		out = append(out, n)
	}
	return out
}

// source is the address that packets to target would leave from. Nothing is
// sent: connecting a UDP socket only looks the route up.
func source(network, target string) netip.Addr {
	c, err := net.Dial(network, target)
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close()
	at, err := netip.ParseAddrPort(c.LocalAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}

// enoughConns is what a hall of 4,000 phones opens: a page's connection and a
// socket each, and the crew.
const enoughConns = 10_000

// connections says how many connections may be open at once. Too few
// descriptors for a hall is worth a word.
func (n *Node) connections() int {
	limit := descriptors()
	if limit == 0 { // unknown
		return httpd.Connections(math.MaxUint64)
	}
	most := httpd.Connections(limit)
	if most < enoughConns {
		n.cfg.Log.Warn("few descriptors: raise the limit (ulimit -n, LimitNOFILE) for a full hall", "descriptors", limit, "connections", most, "wanted", enoughConns)
	}
	return most
}

// Loopback is the node's address for those on the same machine, host:port.
func (n *Node) Loopback() string {
	host, port, err := net.SplitHostPort(n.listener.Addr().String())
	if err != nil {
		return n.listener.Addr().String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
