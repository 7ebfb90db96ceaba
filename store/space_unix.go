//go:build linux || darwin

package store

import "syscall"

// space returns the bytes of the folder's file system that we may still use and
// all it has; 0 of 0 = unknown.
func space(dir string) (free, size int64) {
	var s syscall.Statfs_t
	if syscall.Statfs(dir, &s) != nil {
		return 0, 0
	}
	return int64(s.Bavail) * int64(s.Bsize), int64(s.Blocks) * int64(s.Bsize)
}
