//go:build linux || darwin

package store

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// lockDir locks the folder itself. A file system that cannot do that is left with
// the lock on the file.
func lockDir(dir string) (io.Closer, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, folderFault(err, dir)
	}
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		d.Close()
		return nil, inUse(dir)
	}
	return d, nil
}
