package app

import (
	"fmt"
	"net"
	"strings"

	"hecai/fault"
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

func hostText(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// lanAddress is this machine's first private IPv4 address, "localhost" when it
// has none.
func lanAddress() string {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return "localhost"
	}
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if ok && n.IP.To4() != nil && n.IP.IsPrivate() {
			return n.IP.String()
		}
	}
	return "localhost"
}

// advertise lists the addresses that media candidates name: the host of
// --media when it is one, else all of this machine's (nil).
func advertise(media string) []string {
	host, _, err := net.SplitHostPort(media)
	if err != nil || host == "" {
		return nil
	}
	if ip := net.ParseIP(host); ip != nil && !ip.IsUnspecified() {
		return []string{ip.String()}
	}
	return nil
}
