package clock

import (
	"time"

	"golang.org/x/sys/unix"
)

// machineSlept returns a reading of the time that the machine has been
// suspended since boot: CLOCK_BOOTTIME counts it and CLOCK_MONOTONIC does not,
// see clock_gettime(2). nil when the kernel has no such clock.
func machineSlept() func() time.Duration {
	read := func(id int32) time.Duration {
		var ts unix.Timespec
		if unix.ClockGettime(id, &ts) != nil {
			return 0
		}
		return time.Duration(ts.Nano())
	}
	if read(unix.CLOCK_BOOTTIME) == 0 {
		return nil
	}
	return func() time.Duration {
		asleep := read(unix.CLOCK_BOOTTIME) - read(unix.CLOCK_MONOTONIC)
		return asleep.Truncate(10 * time.Millisecond) // the two are not read at one instant
	}
}
