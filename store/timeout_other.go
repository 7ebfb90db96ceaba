//go:build !linux

package store

import "syscall"

// setUserTimeout does nothing where the system has no such option; keepalives
// do it later.
func setUserTimeout(_, _ string, _ syscall.RawConn) error { return nil }
