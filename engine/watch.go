package engine

import (
	"math"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"time"

	"stampede/results"
)

// The limits of the host checks (docs/measurement.md says why these).
const (
	cpuLimit      = 0.70                   // of the CPUs this process may use, in the worst half second
	stealLimit    = 0.02                   // of the host's CPU time, over the run
	portsLimit    = 0.70                   // of the source ports of a pair of addresses
	schedLimit    = time.Millisecond       // p99 of the Go scheduler's latency
	gcPauseLimit  = 5 * time.Millisecond   // the longest stop of the world
	watchInterval = 500 * time.Millisecond // how often the host is looked at
)

// hostSample is what the host says at one moment; counters only ever grow.
type hostSample struct {
	at           time.Duration // on any monotonic clock
	cpu          time.Duration // user and system time of this process
	steal, total float64       // of all CPUs, in ticks
	throttled    int64         // periods in which the cgroup was throttled
	kernel       map[string]int64
}

// watch gathers host samples over a run and judges them at its end.
type watch struct {
	cpus        int
	first, last hostSample
	marked      hostSample // where the last interval of CPU time ended
	worstCPU    float64    // share of cpus in the worst interval
	worstAt     time.Duration
	runtime0    []metrics.Sample
}

func newWatch(cpus int, first hostSample) *watch {
	return &watch{cpus: cpus, first: first, last: first, marked: first, runtime0: readRuntime()}
}

// add takes the next sample. Shares are of intervals of some length only: over
// the few milliseconds before a run's end, or with the CPU time of workers
// that was told a moment ago, they would be noise.
func (w *watch) add(s hostSample) {
	wall := s.at - w.marked.at
	if wall >= watchInterval/2 || wall > 0 && w.worstAt == 0 {
		share := float64(s.cpu-w.marked.cpu) / float64(wall) / float64(max(1, w.cpus))
		if share > w.worstCPU {
			w.worstCPU, w.worstAt = share, s.at
		}
		w.marked = s
	}
	w.last = s
}

// checks are the findings: what breaks a limit that warns does not make a run
// generator-limited by itself, because what it does to handshakes shows in
// the lags, which are judged.
func (w *watch) checks(openPerPort float64) []results.Check {
	latency, pause := sinceRuntime(w.runtime0)
	return append(w.hostChecks(openPerPort),
		warn(check("go_scheduler_latency_p99", latency, schedLimit.Seconds(), "")),
		warn(check("gc_pause_max", pause, gcPauseLimit.Seconds(), "")))
}

// hostChecks are those of checks that are not of this process alone.
func (w *watch) hostChecks(openPerPort float64) []results.Check {
	throttled := float64(w.last.throttled - w.first.throttled)
	return []results.Check{
		check("cpu_share", w.worstCPU, cpuLimit, "at "+w.worstAt.Round(time.Second).String()),
		check("cgroup_throttled_periods", throttled, 0, ""),
		check("source_ports_in_use", openPerPort, portsLimit, ""),
		warn(check("cpu_steal", ratio(w.last.steal-w.first.steal, w.last.total-w.first.total), stealLimit, "")),
	}
}

// worst has each check of the lists once, in the order of their first coming,
// from the list in which its value is highest.
func worst(lists ...[]results.Check) []results.Check {
	var all []results.Check
	for _, c := range slices.Concat(lists...) {
		i := slices.IndexFunc(all, func(o results.Check) bool { return o.Name == c.Name })
		switch {
		case i < 0:
			all = append(all, c)
		case c.Value > all[i].Value:
			all[i] = c
		}
	}
	return all
}

func check(name string, value, limit float64, note string) results.Check {
	c := results.Check{Name: name, Value: value, Limit: limit, OK: value <= limit}
	if !c.OK {
		c.Note = note
	}
	return c
}

func warn(c results.Check) results.Check {
	c.Warn = true
	return c
}

func ratio(part, whole float64) float64 {
	if whole <= 0 {
		return 0
	}
	return part / whole
}

// counters is how far the kernel's own counters moved during the run. They
// belong to the network namespace: others' traffic moves them too.
func (w *watch) counters() map[string]int64 {
	moved := map[string]int64{}
	for name, n := range w.last.kernel {
		if d := n - w.first.kernel[name]; d != 0 {
			moved[name] = d
		}
	}
	return moved
}

// readRuntime reads what the Go runtime knows of its own delays.
func readRuntime() []metrics.Sample {
	s := []metrics.Sample{{Name: "/sched/latencies:seconds"}, {Name: "/sched/pauses/total/gc:seconds"}}
	metrics.Read(s)
	return s
}

// sinceRuntime is the scheduler latency's p99 and the longest pause since
// before, in seconds, as upper edges of the runtime's buckets.
func sinceRuntime(before []metrics.Sample) (latencyP99, pauseMax float64) {
	now := readRuntime()
	return quantileSince(before[0], now[0], 0.99), quantileSince(before[1], now[1], 1)
}

func quantileSince(before, now metrics.Sample, p float64) float64 {
	if before.Value.Kind() != metrics.KindFloat64Histogram || now.Value.Kind() != metrics.KindFloat64Histogram {
		return 0
	}
	old, h := before.Value.Float64Histogram(), now.Value.Float64Histogram()
	var total uint64
	counts := make([]uint64, len(h.Counts))
	for i := range h.Counts {
		counts[i] = h.Counts[i] - old.Counts[i]
		total += counts[i]
	}
	rank := uint64(math.Ceil(p * float64(total)))
	var seen uint64
	for i, n := range counts {
		if seen += n; n > 0 && seen >= rank {
			if edge := h.Buckets[i+1]; !math.IsInf(edge, 1) {
				return edge
			}
			return h.Buckets[i]
		}
	}
	return 0
}

// parseCPULine reads the first line of /proc/stat: stolen and all ticks.
func parseCPULine(text string) (steal, total float64) {
	line, _, _ := strings.Cut(text, "\n")
	for i, f := range strings.Fields(line) {
		if i == 0 || i > 8 { // guest time is in user time already
			continue
		}
		n, _ := strconv.ParseFloat(f, 64)
		total += n
		if i == 8 {
			steal = n
		}
	}
	return steal, total
}

// parseNetstat reads /proc/net/netstat or snmp: pairs of lines, names and
// numbers, of which wanted are kept.
func parseNetstat(text string, wanted ...string) map[string]int64 {
	got := map[string]int64{}
	lines := strings.Split(text, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		names, values := strings.Fields(lines[i]), strings.Fields(lines[i+1])
		for j := range min(len(names), len(values)) {
			for _, w := range wanted {
				if names[j] == w {
					got[w], _ = strconv.ParseInt(values[j], 10, 64)
				}
			}
		}
	}
	return got
}

// parseFlat reads lines "name number" and returns the number of name.
func parseFlat(text, name string) int64 {
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == name {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			return n
		}
	}
	return 0
}
