package webrtc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"syscall"

	"github.com/pion/ice/v4"
)

// Socket buffers, bytes: a keyframe for hundreds of viewers must fit.
const (
	socketBuffer = 4 << 20
	tcpBuffer    = 1 << 20 // per viewer on TCP; beyond it packets are dropped
)

// ports is the one media port: UDP sockets on every address of the host (so
// that answers leave from the address that was asked), and one TCP listener of
// the same number.
type ports struct {
	addr *net.UDPAddr
	udp  []ice.UDPMux
	mux  ice.UDPMux
	tcp  ice.TCPMux
}

// openPorts binds the media address, on every address of the host if it names
// none; loopback only if asked for, because each socket bound is told to peers.
// Port 0 picks a number that is free for both protocols.
func openPorts(media string, loopback bool, log *slog.Logger) (*ports, error) {
	if media == "" {
		media = ":0"
	}
	host, service, err := net.SplitHostPort(media)
	if err != nil {
		return nil, fmt.Errorf("media address %q: %w", media, err)
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("media port %q: %w", service, err)
	}
	ips, err := hostIPs(host, loopback)
	if err != nil {
		return nil, err
	}
	for range 20 {
		var p *ports
		p, err = bind(host, ips, int(port), log)
		if err == nil || port != 0 || !errors.Is(err, syscall.EADDRINUSE) {
			return p, err
		}
	}
	return nil, err
}

func bind(host string, ips []net.IP, port int, log *slog.Logger) (*ports, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("listen for media on TCP: %w", err)
	}
	port = listener.Addr().(*net.TCPAddr).Port
	logger := iceLog{log}
	p := &ports{}
	for _, ip := range ips {
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: ip, Port: port})
		if err != nil {
			if !errors.Is(err, syscall.EADDRNOTAVAIL) {
				_ = listener.Close()
				p.close()
				return nil, fmt.Errorf("listen for media on UDP: %w", err)
			}
			log.Warn("address left out of media", "ip", ip.String(), "error", err)
			continue
		}
		_ = conn.SetReadBuffer(socketBuffer) // the kernel's limit may be lower
		_ = conn.SetWriteBuffer(socketBuffer)
		p.udp = append(p.udp, ice.NewUDPMuxDefault(ice.UDPMuxParams{Logger: logger, UDPConn: conn}))
		if p.addr == nil {
			p.addr = conn.LocalAddr().(*net.UDPAddr)
		}
	}
	if p.addr == nil {
		_ = listener.Close()
		return nil, fmt.Errorf("no address to listen for media on %q", host)
	}
	p.mux = ice.NewMultiUDPMuxDefault(p.udp...)
	p.tcp = ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener: listener, Logger: logger, ReadBufferSize: 64, WriteBufferSize: tcpBuffer,
	})
	return p, nil
}

func (p *ports) close() {
	if p.tcp != nil {
		_ = p.tcp.Close()
	}
	for _, mux := range p.udp {
		_ = mux.Close()
	}
}

// hostIPs gives the addresses to serve: the one named, or the host's own, with
// loopback if asked for, without link-local ones, whose zone SDP can't carry.
func hostIPs(host string, loopback bool) ([]net.IP, error) {
	if host != "" {
		found, err := net.ResolveIPAddr("ip", host)
		if err != nil {
			return nil, fmt.Errorf("media host %q: %w", host, err)
		}
		if !found.IP.IsUnspecified() {
			return []net.IP{found.IP}, nil
		}
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("list addresses for media: %w", err)
	}
	var ips []net.IP
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok || n.IP.IsLinkLocalUnicast() || n.IP.IsMulticast() || n.IP.IsUnspecified() || n.IP.IsLoopback() && !loopback {
			continue
		}
		ips = append(ips, n.IP)
	}
	return ips, nil
}
