//go:build bench

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"stampede/results"
)

// The limit to compare with: floor.c is a bare epoll client, target.c the
// smallest server that answers with a right 101. Both clients run against the
// same server in turns, and only ratios within this run are of use.

const (
	benchHost  = "127.0.0.77"
	benchTurns = 5
)

// cost is what one client process used for its handshakes.
type cost struct {
	handshakes int64
	user, sys  time.Duration
	open       time.Duration // first launch to last establishment
	launch     time.Duration // first launch to last launch
	maxRSS     int64         // KB
	result     *results.Result
}

func (c cost) cpu() float64    { return float64(c.user+c.sys) / float64(c.handshakes) / 1e3 }
func (c cost) userUs() float64 { return float64(c.user) / float64(c.handshakes) / 1e3 }
func (c cost) perSec() float64 { return float64(c.handshakes) / c.open.Seconds() }

// bench holds the programs and the server of one comparison.
type bench struct {
	t       *testing.T
	dir     string
	port    string
	servers int
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, dir: t.TempDir()}
	for _, name := range []string{"floor", "target"} {
		b.must(exec.Command("gcc", "-O2", "-o", filepath.Join(b.dir, name), "testdata/bench/"+name+".c"))
	}
	b.must(exec.Command("go", "build", "-o", filepath.Join(b.dir, "stampede"), "."))
	b.port = freePort(t)
	server := exec.Command(filepath.Join(b.dir, "target"), "-a", benchHost, "-p", b.port)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	time.Sleep(200 * time.Millisecond)
	return b
}

func (b *bench) must(c *exec.Cmd) {
	b.t.Helper()
	if out, err := c.CombinedOutput(); err != nil {
		b.t.Fatalf("%v: %v\n%s", c.Args, err, out)
	}
}

// floor runs the bare client.
func (b *bench) floor(args ...string) cost {
	b.t.Helper()
	c := exec.Command(filepath.Join(b.dir, "floor"), append([]string{"-a", benchHost, "-p", b.port}, args...)...)
	out, err := c.Output()
	if err != nil {
		b.t.Fatalf("%v: %v\n%s", c.Args, err, out)
	}
	var r struct {
		OK      int64   `json:"ok"`
		OpenS   float64 `json:"open_s"`
		LaunchS float64 `json:"launch_s"`
		UserS   float64 `json:"user_s"`
		SysS    float64 `json:"sys_s"`
		MaxRSSK int64   `json:"maxrss_kb"`
	}
	if err := json.Unmarshal(out, &r); err != nil {
		b.t.Fatal(err)
	}
	s := float64(time.Second)
	return cost{handshakes: r.OK, user: time.Duration(r.UserS * s), sys: time.Duration(r.SysS * s), open: time.Duration(r.OpenS * s), launch: time.Duration(r.LaunchS * s), maxRSS: r.MaxRSSK}
}

// stampede runs a scenario with the real program.
func (b *bench) stampede(load string, flags ...string) cost {
	b.t.Helper()
	file := filepath.Join(b.dir, "scenario.yaml")
	text := fmt.Sprintf("target: {url: \"ws://%s:%s/\"}\n%s", benchHost, b.port, load)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		b.t.Fatal(err)
	}
	out := filepath.Join(b.dir, "result")
	c := exec.Command(filepath.Join(b.dir, "stampede"), append([]string{"run", file, "--out", out, "--quiet"}, flags...)...)
	c.Stderr = os.Stderr
	if err := c.Run(); err != nil {
		if e, ok := err.(*exec.ExitError); !ok || e.ExitCode() != exitGeneratorLimited {
			b.t.Fatalf("%v: %v", c.Args, err)
		}
	}
	r, err := readResult(out)
	if err != nil {
		b.t.Fatal(err)
	}
	ru := c.ProcessState.SysUsage().(*syscall.Rusage)
	row := r.Outcomes[0]
	if row.Kind != results.Established || row.Count != r.Planned {
		b.t.Fatalf("%d of %d established", row.Count, r.Planned)
	}
	var launch time.Duration
	if len(r.Bursts) > 0 {
		launch = r.Bursts[0].LaunchSpan
	}
	return cost{launch: launch, handshakes: r.Planned, user: c.ProcessState.UserTime(), sys: c.ProcessState.SystemTime(),
		open: row.Last, maxRSS: ru.Maxrss, result: r}
}

// medians runs each of the clients benchTurns times in turns and returns, for
// each, the run whose figure is the median.
func medians(figure func(cost) float64, clients ...func() cost) []cost {
	runs := make([][]cost, len(clients))
	for range benchTurns {
		for i, c := range clients {
			runs[i] = append(runs[i], c())
		}
	}
	var out []cost
	for _, r := range runs {
		slices.SortFunc(r, func(a, b cost) int { return int(1e6 * (figure(a) - figure(b))) })
		out = append(out, r[len(r)/2])
	}
	return out
}

func TestAgainstFloor(t *testing.T) {
	b := newBench(t)
	churn := "load:\n  - burst: {count: 1000, repeat: 100, every: 60ms}\nhold: {close: reset}\n"
	m := medians(cost.cpu,
		func() cost { return b.floor("-n", "100000", "-c", "1000") },
		func() cost { return b.stampede(churn, "--no-kernel-evidence") },
		func() cost { return b.stampede(churn) })
	fmt.Println("churn of 100,000, 1,000 in flight (medians of", benchTurns, "runs)")
	fmt.Printf("%-28s %12s %12s %10s\n", "", "CPU µs/hs", "user µs/hs", "× floor")
	for i, name := range []string{"floor.c", "stampede", "stampede + kernel evidence"} {
		fmt.Printf("%-28s %12.2f %12.2f %10.2f\n", name, m[i].cpu(), m[i].userUs(), m[i].cpu()/m[0].cpu())
	}
	b.burst()
	b.held()
}

func (b *bench) burst() {
	load := "load:\n  - burst: {count: 5000}\nhold: {for: 1s, close: reset}\n"
	m := medians(func(c cost) float64 { return c.launch.Seconds() },
		func() cost { return b.floor("-n", "5000", "-c", "5000", "-k", "1") },
		func() cost { return b.stampede(load) })
	fmt.Println("burst of 5,000 (medians by launch span)")
	fmt.Printf("floor.c   launch span %v, all open after %v\n", m[0].launch, m[0].open)
	fmt.Printf("stampede  launch span %v (%.2f × floor), all open after %v, connect_lag p99 %v, read_lag p99 %v\n",
		m[1].launch, m[1].launch.Seconds()/m[0].launch.Seconds(), m[1].open, quantile(m[1].result, "connect_lag"), quantile(m[1].result, "read_lag"))
}

func (b *bench) held() {
	c := b.stampede("load:\n  - ramp: {from: 500/s, to: 5500/s, over: 5s}\nhold: {for: 10s, close: reset}\n")
	fmt.Printf("15,000 held: resident %d KB, CPU %v in all, peak held %d, start_lag p99 %v\n", c.maxRSS, c.user+c.sys, c.result.Held.Peak, quantile(c.result, "start_lag"))
}

func quantile(r *results.Result, metric string) time.Duration {
	m, _ := results.ParseMetric(metric)
	if p := r.Metrics.Of(m).P99; p != nil {
		return time.Duration(*p)
	}
	return -1
}

// freePort is a port of the bench's address that the kernel had free.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", benchHost+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
