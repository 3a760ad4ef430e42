//go:build bench

package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// secureBench is the comparison over TLS: one server, a bare crypto/tls loop
// and stampede in turns, each in a process of its own.
type secureBench struct {
	*bench
	program string // testdata/bench/secure
	address string // of its server
	ca      string
}

// secure is what wss costs.
func (b *bench) secure() []number {
	x := &secureBench{bench: b, program: filepath.Join(b.dir, "secure"), ca: filepath.Join(b.dir, "ca.pem")}
	b.must(exec.Command("go", "build", "-o", x.program, "./testdata/bench/secure"))
	x.serve()
	var all []number
	for _, measure := range []func() []number{x.handshake, x.held, x.steady} {
		all = append(all, measure()...)
	}
	return all
}

// serve starts the server; it ends with the test.
func (x *secureBench) serve() {
	x.t.Helper()
	c := exec.Command(x.program, "-a", benchHost, "serve", x.ca)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		x.t.Fatalf("the server said no address: %v", err)
	}
	x.address = strings.TrimSpace(line)
}

// run starts a run over wss.
func (x *secureBench) run(load string) *exec.Cmd {
	x.t.Helper()
	return x.aimed(fmt.Sprintf("{url: \"wss://%s/\", tls: {ca: %s}}", x.address, x.ca), load)
}

// handshake is the cost of a full handshake beside that of the bare loop.
func (x *secureBench) handshake() []number {
	m := medians(cost.cpu,
		func() cost {
			return x.bare(exec.Command(x.program, "-n", "10000", "-c", "100", "dial", x.address, x.ca))
		},
		func() cost {
			return x.finish(x.run("load:\n  - burst: {count: 100, repeat: 100, every: 200ms}\nhold: {close: reset}\n"))
		})
	return []number{{"wss: CPU a full handshake, 100 in flight",
		fmt.Sprintf("%.0f µs, %.2f × the bare loop's %.0f µs", m[1].cpu(), m[1].cpu()/m[0].cpu(), m[0].cpu()), "≤ 1.15 ×"}}
}

const heldSecured = 10_000

// held is what open connections cost; the base is the same run that keeps
// none of them.
func (x *secureBench) held() []number {
	const ramp = "load:\n  - ramp: {from: 500/s, to: 1500/s, over: 10s}\n"
	m := medians(func(c cost) float64 { return float64(c.resident) },
		func() cost {
			return x.watched(x.run(ramp+"  - burst: {count: 1, at: 17s}\nhold: {close: reset}\n"), 11*time.Second)
		},
		func() cost { return x.watched(x.run(ramp+"hold: {for: 17s, close: reset}\n"), 11*time.Second) })
	base, held := m[0].resident, m[1].resident
	return []number{
		{"wss: 10,000 held: bytes a connection beyond the base", fmt.Sprintf("%d (base %.1f MB)", (held-base)/heldSecured, float64(base)/1e6), "≤ 12,000"},
		{"wss: 10,000 held: CPU while idle", fmt.Sprintf("%.2f %% of a core", 100*m[1].idle), "< 1 %"},
	}
}

// steady is how late an even load starts.
func (x *secureBench) steady() []number {
	m := medians(func(c cost) float64 { return quantile(c.result, "start_lag").Seconds() },
		func() cost {
			return x.finish(x.run("load:\n  - steady: {rate: 500/s, for: 5s}\nhold: {close: reset}\n"))
		})[0]
	return []number{{"wss: 500/s even: start_lag p99", quantile(m.result, "start_lag").String(), "≤ 1 ms"}}
}
