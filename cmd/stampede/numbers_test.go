//go:build bench

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"text/tabwriter"
	"time"
)

// TestNumbers measures what docs/measurement.md promises of the generator and
// prints it as one table. Whether a number is good enough is for the reader to
// say, who knows how quiet the machine was.
func TestNumbers(t *testing.T) {
	b := newBench(t)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintf(w, "number (medians of %d)\tmeasured\twanted\n", benchTurns)
	for _, measure := range []func() []number{b.churn, b.throughput, b.burst, b.steady, b.held, b.inFlight, b.secure} {
		for _, n := range measure() {
			fmt.Fprintf(w, "%s\t%s\t%s\n", n.name, n.measured, n.wanted)
		}
	}
}

// number is a row of the table.
type number struct{ name, measured, wanted string }

const churn = "load:\n  - burst: {count: 1000, repeat: 100, every: 60ms}\nhold: {close: reset}\n"

// churn is the cost of a handshake beside that of the bare client.
func (b *bench) churn() []number {
	m := medians(cost.cpu,
		func() cost { return b.floor("-n", "100000", "-c", "1000") },
		func() cost { return b.stampede(churn, "--no-kernel-evidence") },
		func() cost { return b.stampede(churn) })
	ratio := func(c cost) string {
		return fmt.Sprintf("%.1f µs, %.2f × floor's %.1f µs", c.cpu(), c.cpu()/m[0].cpu(), m[0].cpu())
	}
	return []number{
		{"CPU a handshake, 1,000 in flight, without kernel evidence", ratio(m[1]), "≤ 1.10 ×"},
		{"the same with kernel evidence", ratio(m[2]), "≤ 1.20 ×"},
		{"of it in user mode, without and with", fmt.Sprintf("%.2f µs, %.2f µs", m[1].userUs(), m[2].userUs()), "≤ 3 µs"},
	}
}

// throughput asks two shards for 0.95 of what two floors make: arming and the
// last replies are no part of the rate but of the time. The floors wait for
// replies before they go on, an open load does not: where client and server
// share too few cores it may be more than both can take.
func (b *bench) throughput() []number {
	floor := medians(cost.perSec, func() cost { return b.floor("-n", "100000", "-c", "1000", "-t", "2") })[0]
	load := fmt.Sprintf("load:\n  - steady: {rate: %.0f/s, for: 3s}\nhold: {close: reset}\n", 0.95*floor.perSec())
	m := medians(cost.perSec, func() cost { return b.ended(b.start(b.address(), load, "--shards", "2")) })[0]
	return []number{{"handshakes a second, two shards, asked for 0.95 × floor -t 2",
		fmt.Sprintf("%.0f/s, %.2f × floor's %.0f/s, %d of %d established", m.perSec(), m.perSec()/floor.perSec(), floor.perSec(), m.handshakes, m.result.Planned), "≥ 0.9 ×, all"}}
}

// burst is how simultaneous 5,000 are.
func (b *bench) burst() []number {
	m := medians(func(c cost) float64 { return c.launch.Seconds() },
		func() cost { return b.floor("-n", "5000", "-c", "5000", "-k", "1") },
		func() cost { return b.stampede("load:\n  - burst: {count: 5000}\nhold: {for: 1s, close: reset}\n") })
	return []number{
		{"burst of 5,000: launch span", fmt.Sprintf("%v, %.2f × floor's %v", m[1].launch.Round(time.Millisecond),
			m[1].launch.Seconds()/m[0].launch.Seconds(), m[0].launch.Round(time.Millisecond)), "≤ 1.6 ×"},
		{"burst of 5,000: connect_lag p99", quantile(m[1].result, "connect_lag").String(), "≤ 5 ms"},
	}
}

// steady is how late an even load starts.
func (b *bench) steady() []number {
	m := medians(func(c cost) float64 { return quantile(c.result, "start_lag").Seconds() },
		func() cost {
			return b.stampede("load:\n  - steady: {rate: 5000/s, for: 3s}\nhold: {close: reset}\n")
		})[0]
	return []number{{"5,000/s even: start_lag p99", quantile(m.result, "start_lag").String(), "≤ 1 ms"}}
}

const heldConnections = 15_000

// held is what open connections cost. The base is the same run that keeps
// none of them.
func (b *bench) held() []number {
	const ramp = "load:\n  - ramp: {from: 500/s, to: 5500/s, over: 5s}\n"
	m := medians(func(c cost) float64 { return float64(c.resident) },
		func() cost {
			return b.watched(b.start(b.address(), ramp+"  - burst: {count: 1, at: 15s}\nhold: {close: reset}\n"), 8*time.Second)
		},
		func() cost {
			return b.watched(b.start(b.address(), ramp+"hold: {for: 15s, close: reset}\n"), 8*time.Second)
		})
	base, held := m[0].resident, m[1].resident
	return []number{
		{"15,000 held: resident memory", fmt.Sprintf("%.1f MB", float64(held)/1e6), "≤ 20 MB"},
		{"15,000 held: bytes a connection beyond the base", fmt.Sprintf("%d (base %.1f MB)", (held-base)/heldConnections, float64(base)/1e6), "≤ 300"},
		{"15,000 held: CPU while idle", fmt.Sprintf("%.2f %% of a core", 100*m[1].idle), "< 1 %"},
	}
}

// watched looks at a run for the five seconds after its load has been made, in
// which nothing opens and nothing closes.
func (b *bench) watched(c *exec.Cmd, made time.Duration) cost {
	time.Sleep(made)
	before := b.processCPU(c.Process.Pid)
	time.Sleep(5 * time.Second)
	idle := (b.processCPU(c.Process.Pid) - before).Seconds() / 5
	resident := b.processResident(c.Process.Pid)
	done := b.finish(c)
	done.idle, done.resident = idle, resident
	return done
}

// processCPU is the user and system time of a process, in clock ticks of 10 ms.
func (b *bench) processCPU(pid int) time.Duration {
	b.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.t.Fatal(err)
	}
	f := bytes.Fields(text[bytes.LastIndexByte(text, ')'):]) // the name may hold spaces
	user, _ := strconv.ParseInt(string(f[12]), 10, 64)
	system, _ := strconv.ParseInt(string(f[13]), 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}

// processResident is the resident memory of a process. That of getrusage(2)
// would not do: it begins with the memory of the parent.
func (b *bench) processResident(pid int) int64 {
	b.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		b.t.Fatal(err)
	}
	pages, _ := strconv.ParseInt(string(bytes.Fields(text)[1]), 10, 64)
	return pages * int64(os.Getpagesize())
}

// inFlight compares what a handshake costs when 100 and when 15,000 are in
// flight: the same rate against servers that take 20 ms and 3 s.
func (b *bench) inFlight() []number {
	run := func(service string) func() cost {
		return func() cost {
			p := startPracticeServer(b.t, "--service", service)
			defer p.stop(b.t)
			return b.against(p.address, "load:\n  - steady: {rate: 5000/s, for: 6s}\nhold: {close: reset}\n")
		}
	}
	m := medians(cost.cpu, run("20ms"), run("3s"))
	return []number{{"CPU a handshake, 15,000 in flight",
		fmt.Sprintf("%.1f µs, %.2f × that at 100, %.1f µs", m[1].cpu(), m[1].cpu()/m[0].cpu(), m[0].cpu()), "≤ 1.15 ×"}}
}
