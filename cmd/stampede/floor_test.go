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
	resident   int64         // bytes, while connections were held; 0 elsewhere
	idle       float64       // share of a core, likewise
	result     *results.Result
}

func (c cost) cpu() float64    { return float64(c.user+c.sys) / float64(c.handshakes) / 1e3 }
func (c cost) userUs() float64 { return float64(c.user) / float64(c.handshakes) / 1e3 }
func (c cost) perSec() float64 { return float64(c.handshakes) / c.open.Seconds() }

// bench holds the programs and the server of one comparison.
type bench struct {
	t    *testing.T
	dir  string
	port string
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, dir: t.TempDir()}
	for _, name := range []string{"floor", "target"} {
		b.must(exec.Command("gcc", "-O2", "-o", filepath.Join(b.dir, name), "testdata/bench/"+name+".c"))
	}
	build := exec.Command("go", "build", "-o", filepath.Join(b.dir, "stampede"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as make build does
	b.must(build)
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
	return b.bare(exec.Command(filepath.Join(b.dir, "floor"), append([]string{"-a", benchHost, "-p", b.port}, args...)...))
}

// bare runs a client that prints what it cost.
func (b *bench) bare(c *exec.Cmd) cost {
	b.t.Helper()
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
	}
	if err := json.Unmarshal(out, &r); err != nil {
		b.t.Fatal(err)
	}
	s := float64(time.Second)
	return cost{handshakes: r.OK, user: time.Duration(r.UserS * s), sys: time.Duration(r.SysS * s), open: time.Duration(r.OpenS * s), launch: time.Duration(r.LaunchS * s)}
}

// stampede runs a scenario with the real program against the C server.
func (b *bench) stampede(load string, flags ...string) cost {
	b.t.Helper()
	return b.against(b.address(), load, flags...)
}

// against runs a scenario with the real program against a server.
func (b *bench) against(address, load string, flags ...string) cost {
	b.t.Helper()
	return b.finish(b.start(address, load, flags...))
}

// start starts a run against a server without TLS.
func (b *bench) start(address, load string, flags ...string) *exec.Cmd {
	b.t.Helper()
	return b.aimed(fmt.Sprintf("{url: \"ws://%s/\"}", address), load, flags...)
}

// aimed starts a run whose result goes to the one place there is for it.
func (b *bench) aimed(target, load string, flags ...string) *exec.Cmd {
	b.t.Helper()
	file := filepath.Join(b.dir, "scenario.yaml")
	text := fmt.Sprintf("target: %s\n%s", target, load)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		b.t.Fatal(err)
	}
	c := exec.Command(filepath.Join(b.dir, "stampede"), slices.Concat([]string{"run", file, "--out", b.out(), "--quiet"}, flags)...)
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		b.t.Fatal(err)
	}
	return c
}

func (b *bench) address() string { return net.JoinHostPort(benchHost, b.port) }

func (b *bench) out() string { return filepath.Join(b.dir, "result") }

// finish waits for a run and returns what it cost. How the run was judged is
// not the question, but everything must be established.
func (b *bench) finish(c *exec.Cmd) cost {
	b.t.Helper()
	done := b.ended(c)
	if planned := done.result.Planned; done.handshakes != planned {
		b.t.Fatalf("%d of %d established", done.handshakes, planned)
	}
	return done
}

// ended is finish for a load that may be more than this machine can take.
func (b *bench) ended(c *exec.Cmd) cost {
	b.t.Helper()
	if err := c.Wait(); err != nil {
		if e, ok := err.(*exec.ExitError); !ok || e.ExitCode() != exitGeneratorLimited {
			b.t.Fatalf("%v: %v", c.Args, err)
		}
	}
	r, err := readResult(b.out())
	if err != nil {
		b.t.Fatal(err)
	}
	row := r.Outcomes[0]
	if row.Kind != results.Established {
		b.t.Fatalf("nothing established: %+v", row)
	}
	var launch time.Duration
	if len(r.Bursts) > 0 {
		launch = r.Bursts[0].LaunchSpan
	}
	return cost{launch: launch, handshakes: row.Count, user: c.ProcessState.UserTime(), sys: c.ProcessState.SystemTime(), open: row.Last, result: r}
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
