package main

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"stampede/results"
)

// thisKernel is what explaining a run needs to know of the running kernel.
// Where it does not say, it is taken for one before Linux 6.5.
func thisKernel() results.Kernel {
	linear, _ := strconv.Atoi(sysctl("net/ipv4/tcp_syn_linear_timeouts"))
	somaxconn, _ := strconv.Atoi(sysctl("net/core/somaxconn"))
	return results.Kernel{SYNSteps: results.SYNSteps(linear, time.Second), Somaxconn: somaxconn}
}

// sysctl reads a kernel setting, its fields parted by single blanks; "" if
// there is none.
func sysctl(name string) string {
	text, _ := os.ReadFile("/proc/sys/" + name)
	return strings.Join(strings.Fields(string(text)), " ")
}

// elsewhere names the first thing in which a recorded environment is not this
// one; "" if it is this one.
func elsewhere(recorded map[string]string) string {
	here := environment()
	for _, key := range slices.Sorted(maps.Keys(here)) {
		if recorded[key] != here[key] {
			return fmt.Sprintf("%s is %q there and %q here", key, recorded[key], here[key])
		}
	}
	return ""
}

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
	if release := sysctl("kernel/osrelease"); release != "" {
		e["kernel"] = release
	}
	for _, name := range []string{"net.core.somaxconn", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syn_linear_timeouts",
		"net.ipv4.tcp_abort_on_overflow", "net.ipv4.tcp_tw_reuse"} {
		if value := sysctl(strings.ReplaceAll(name, ".", "/")); value != "" {
			e[name] = value
		}
	}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(text), "model name\t: "); ok {
			e["cpu"], _, _ = strings.Cut(rest, "\n")
		}
	}
	return e
}
