package engine

import (
	"fmt"
	"os"
	"syscall"
)

// DescriptorsFree is how many more descriptors this process may open. Go
// raises the soft limit to the hard one when a program starts.
func DescriptorsFree() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024
	}
	used := 16 // if /proc can't be read
	if entries, err := os.ReadDir("/proc/self/fd"); err == nil {
		used = len(entries)
	}
	return int(min(limit.Cur, 1<<30)) - used
}

// portRange is the range the kernel takes source ports from.
func portRange() (low, high int, ok bool) {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return 0, 0, false
	}
	if _, err := fmt.Sscan(string(text), &low, &high); err != nil {
		return 0, 0, false
	}
	return low, high, true
}
