//go:build !linux

package practice

import (
	"errors"
	"net"
)

// setBacklogOf refuses: only Linux is known to take a second listen(2).
func setBacklogOf(*net.TCPListener, int) error {
	return errors.New("practice: setting the backlog: only possible on Linux; leave backlog unset")
}
