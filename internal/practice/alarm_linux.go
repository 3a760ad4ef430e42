package practice

import (
	"time"

	"golang.org/x/sys/unix"
)

// fdAlarm is a timerfd. The runtime's timers wake through epoll_wait, whose
// timeout counts whole milliseconds; a thread that blocks in a read of a
// timerfd is woken within some tens of microseconds.
type fdAlarm struct{ fd int }

// newAlarm falls back to the runtime's timer when there is no descriptor to
// be had.
func newAlarm() alarm {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC)
	if err != nil {
		return newTimerAlarm()
	}
	return fdAlarm{fd}
}

func (a fdAlarm) arm(after time.Duration) {
	// A zero value would disarm it.
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(max(1, after.Nanoseconds()))}
	// It can only fail for a bad descriptor or value, and both are ours.
	_ = unix.TimerfdSettime(a.fd, 0, &spec, nil)
}

func (a fdAlarm) wait() {
	var ticks [8]byte
	for {
		if _, err := unix.Read(a.fd, ticks[:]); err != unix.EINTR {
			return
		}
	}
}

func (a fdAlarm) close() { unix.Close(a.fd) }
