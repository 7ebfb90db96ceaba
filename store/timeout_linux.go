package store

import "syscall"

const tcpUserTimeout = 0x12 // TCP_USER_TIMEOUT of linux/tcp.h

// setUserTimeout sets how long sent bytes may go unacknowledged.
func setUserTimeout(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(userTimeout.Milliseconds()))
	})
}
