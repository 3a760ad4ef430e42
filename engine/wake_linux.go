package engine

import (
	"golang.org/x/sys/unix"
)

// setTimerSlack asks the kernel to wake this thread on time rather than
// within the 50 µs it may round to otherwise.
func setTimerSlack() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) }

// newEvent makes an eventfd registered in ep; its news carry the slot none.
func newEvent(ep int) (int, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return -1, err
	}
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: none}
	if err := epollAdd(ep, fd, &ev); err != 0 {
		closeFD(fd)
		return -1, err
	}
	return fd, nil
}

// wakeEvent ends the wait of the shard that owns fd. Any goroutine may call it.
func wakeEvent(fd int) { _, _ = unix.Write(fd, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

// drainEvent takes the wake-up off fd.
func drainEvent(fd int) {
	var b [8]byte
	_, _ = unix.Read(fd, b[:])
}
