package practice

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// setBacklogOf gives a listening socket an accept queue of that length: a
// second listen(2) on the same socket replaces the first one's. The kernel
// queues one connection more than it is told, and at most
// net.core.somaxconn of them.
func setBacklogOf(l *net.TCPListener, backlog int) error {
	raw, err := l.SyscallConn()
	if err != nil {
		return fmt.Errorf("practice: setting the backlog: %w", err)
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = unix.Listen(int(fd), backlog) })
	if err == nil {
		err = failed
	}
	if err != nil {
		return fmt.Errorf("practice: setting the backlog: %w", err)
	}
	return nil
}
