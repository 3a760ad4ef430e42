package engine

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// kernelCounters are those that tell of listen queues and lost handshakes.
var kernelCounters = []string{"ListenOverflows", "ListenDrops", "TCPReqQFullDrop", "TCPReqQFullDoCookies", "TCPSynRetrans", "TCPTimeouts", "TCPAbortOnOverflow"}

// sampleHost looks at the host now. What can't be read stays zero, and a
// check of it holds.
func sampleHost(began time.Time) hostSample {
	s := hostSample{at: time.Since(began), cpu: processCPU()}
	if text, err := os.ReadFile("/proc/stat"); err == nil {
		s.steal, s.total = parseCPULine(string(text))
	}
	s.throttled = throttledPeriods()
	if text, err := os.ReadFile("/proc/self/net/netstat"); err == nil {
		s.kernel = parseNetstat(string(text), kernelCounters...)
	}
	return s
}

// processCPU is the CPU time this process has used, in user and system mode.
func processCPU() time.Duration {
	var ru unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &ru) != nil {
		return 0
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

// throttledPeriods is how often this process's cgroup (v2, or v1's cpu
// controller) ran out of CPU quota.
func throttledPeriods() int64 {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) != 3 {
			continue
		}
		root := "/sys/fs/cgroup"
		switch {
		case f[0] == "0":
		case strings.Contains(","+f[1]+",", ",cpu,"):
			root = "/sys/fs/cgroup/cpu"
		default:
			continue
		}
		if stat, err := os.ReadFile(filepath.Join(root, f[2], "cpu.stat")); err == nil {
			return parseFlat(string(stat), "nr_throttled")
		}
	}
	return 0
}
