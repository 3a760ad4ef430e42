package engine

import (
	"fmt"
	"os"
	"strings"
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

// trackedFree is how many more connections this host's firewall can keep
// track of; ok is false where it tracks none.
func trackedFree() (free int64, ok bool) {
	var limit, used int64
	for name, value := range map[string]*int64{"nf_conntrack_max": &limit, "nf_conntrack_count": &used} {
		text, err := os.ReadFile("/proc/sys/net/netfilter/" + name)
		if err != nil {
			return 0, false
		}
		if _, err := fmt.Sscan(string(text), value); err != nil {
			return 0, false
		}
	}
	return max(0, limit-used), true
}

// memoryAvailable is the memory this host can still give, in bytes.
func memoryAvailable() (bytes int64, ok bool) {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if kb := int64(0); strings.HasPrefix(line, "MemAvailable:") {
			_, err := fmt.Sscanf(line, "MemAvailable: %d kB", &kb)
			return kb << 10, err == nil
		}
	}
	return 0, false
}
