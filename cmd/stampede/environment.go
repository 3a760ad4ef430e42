package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// environment describes the host that makes the load, as far as it moves
// results.
func environment() map[string]string {
	e := map[string]string{
		"os": runtime.GOOS, "arch": runtime.GOARCH, "go": runtime.Version(),
		"cpus": strconv.Itoa(runtime.NumCPU()),
	}
	if host, err := os.Hostname(); err == nil {
		e["host"] = host
	}
	for name, path := range map[string]string{
		"kernel":                           "/proc/sys/kernel/osrelease",
		"net.core.somaxconn":               "/proc/sys/net/core/somaxconn",
		"net.ipv4.ip_local_port_range":     "/proc/sys/net/ipv4/ip_local_port_range",
		"net.ipv4.tcp_syn_linear_timeouts": "/proc/sys/net/ipv4/tcp_syn_linear_timeouts",
		"net.ipv4.tcp_abort_on_overflow":   "/proc/sys/net/ipv4/tcp_abort_on_overflow",
		"net.ipv4.tcp_tw_reuse":            "/proc/sys/net/ipv4/tcp_tw_reuse",
	} {
		if text, err := os.ReadFile(path); err == nil {
			e[name] = strings.Join(strings.Fields(string(text)), " ")
		}
	}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(text), "model name\t: "); ok {
			e["cpu"], _, _ = strings.Cut(rest, "\n")
		}
	}
	return e
}
