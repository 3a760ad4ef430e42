//go:build linux && verify

package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"stampede/internal/missing"
)

// verifyRuns is how often each starvation is tried; verifyMiss how many of
// them may go unnoticed.
const (
	verifyRuns = 20
	verifyMiss = 1
)

// starvations are all ways we know to keep a generator from its work.
var starvations = []starvation{
	stopped,
	fewDescriptors,
	{
		name:   "two spinning processes a core",
		load:   "load:\n  - steady: {rate: 2000/s, for: 2s}\nthresholds: [handshake p99 < 25ms]\n",
		wrap:   besideSpinners,
		checks: []string{"start_lag_p99", "start_lag_p999", "connect_lag_p99", "read_lag_p99", "bracket"},
	},
	{
		name:   "GOMAXPROCS=1 and three times what it can do",
		load:   "load:\n  - steady: {rate: 40000/s, for: 1s}\n" + goal,
		wrap:   func(*testing.T) []string { return []string{"env", "GOMAXPROCS=1"} },
		checks: []string{"start_lag_p99", "started_share", "arrival_rate", "cpu_share", "bracket"},
	},
	{
		name: "500 source ports",
		load: "load:\n  - burst: {count: 1000}\nhold: {for: 1s}\n" + goal,
		wrap: func(t *testing.T) []string {
			return ownNetwork(t, "echo 40000 40499 >/proc/sys/net/ipv4/ip_local_port_range")
		},
		inside: true,
		checks: []string{"local_errors", "source_ports_in_use"},
	},
	{
		name:   "a fifth of a core",
		load:   "load:\n  - steady: {rate: 8000/s, for: 2s}\n" + goal,
		wrap:   fifthOfACore,
		checks: []string{"cgroup_throttled_periods", "start_lag_p99", "bracket"},
	},
}

// Each starvation is noticed in 19 of 20 runs, and for a right reason.
func TestVerifyStarved(t *testing.T) {
	for _, s := range starvations {
		t.Run(s.name, func(t *testing.T) {
			flagged := 0
			reasons := map[string]int{}
			for range verifyRuns {
				r := s.run(t)
				if s.flagged(r) {
					flagged++
				} else {
					t.Logf("not flagged: exit code %d, checks %+v", r.code, r.Generator.Checks)
				}
				for _, name := range broken(r) {
					reasons[name]++
				}
			}
			fmt.Printf("%-45s generator-limited %2d of %d: %s\n", s.name, flagged, verifyRuns, counted(reasons))
			if flagged < verifyRuns-verifyMiss {
				t.Errorf("flagged %d of %d", flagged, verifyRuns)
			}
		})
	}
}

// counted lists the reasons with their counts, the most frequent first.
func counted(reasons map[string]int) string {
	names := slices.SortedFunc(maps.Keys(reasons), func(a, b string) int {
		return (reasons[b]-reasons[a])*1000 + strings.Compare(a, b)
	})
	var list []string
	for _, name := range names {
		list = append(list, fmt.Sprintf("%s %d", name, reasons[name]))
	}
	return strings.Join(list, ", ")
}

// besideSpinners is a command to run another under, while two processes a
// core spin. They end with it, and by themselves if it is killed.
func besideSpinners(*testing.T) []string {
	script := `for i in $(seq "$0"); do timeout 60 sh -c "while :; do :; done" & spinners="$spinners $!"; done
"$@"; code=$?; kill $spinners; exit $code`
	return []string{"sh", "-c", script, strconv.Itoa(2 * runtime.NumCPU())}
}

// fifthOfACore is a command to run another under, in a cgroup that may use
// 20 ms of CPU time in 100 ms.
func fifthOfACore(t *testing.T) []string {
	t.Helper()
	name := "stampede-test-" + strconv.Itoa(os.Getpid())
	for _, group := range []struct {
		dir   string // of a hierarchy with the cpu controller
		quota map[string]string
	}{
		{"/sys/fs/cgroup/cpu", map[string]string{"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "20000"}},
		{"/sys/fs/cgroup", map[string]string{"cpu.max": "20000 100000"}},
	} {
		dir := filepath.Join(group.dir, name)
		if makeCgroup(dir, group.quota) != nil {
			continue
		}
		t.Cleanup(func() { _ = os.Remove(dir) })
		return []string{"sh", "-c", `echo $$ >"$0/cgroup.procs" && exec "$@"`, dir}
	}
	missing.Part(t, "no cgroup with a CPU quota can be made here")
	return nil
}

func makeCgroup(dir string, quota map[string]string) error {
	if err := os.Mkdir(dir, 0o755); err != nil && !os.IsExist(err) {
		return err
	}
	for file, value := range quota {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(value), 0o644); err != nil {
			_ = os.Remove(dir)
			return err
		}
	}
	return nil
}
