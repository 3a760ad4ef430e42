package engine

import (
	"time"

	"golang.org/x/sys/unix"
)

// monotonicNow is the host's monotonic clock in nanoseconds, the same for
// every process on it: what they agree on a start by. (Go's own monotonic
// readings count from each process's beginning.)
func monotonicNow() (int64, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0, err
	}
	return ts.Nano(), nil
}

// atMonotonic is instant at of that clock as this process's time.
func atMonotonic(at int64) (time.Time, error) {
	now, err := monotonicNow()
	return time.Now().Add(time.Duration(at - now)), err
}
