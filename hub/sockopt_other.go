//go:build !linux

package hub

import (
	"net"
	"time"
)

// setUserTimeout does nothing here: the write timeout alone ends who takes no
// bytes.
func setUserTimeout(*net.TCPConn, time.Duration) error { return nil }
