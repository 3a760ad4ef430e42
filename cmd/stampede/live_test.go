//go:build linux

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stampede/results"
)

// These tests run stampede as people do, as a program, against servers as
// they meet them: Node's ws, alone and behind nginx. They assert counts,
// order and outcomes, never speed.

// A burst of 5,000 overflows listen queues of 4,096 on a bad day; the SYNs
// are then sent again a second or more later, and there is time for that.
const patient = "timeouts: {connect: 15s, total: 20s}\n"

var heavyLoads = []struct {
	name, load string
	arrivals   int64
}{
	{"burst", "load:\n  - burst: {count: 5000}\nhold: {for: 2s}\n", 5000},
	{"ramp", "load:\n  - ramp: {from: 100/s, to: 500/s, over: 5s}\nhold: {for: 1s}\n", 1500},
}

func TestLiveNode(t *testing.T) {
	for _, test := range heavyLoads {
		t.Run(test.name, func(t *testing.T) {
			needDescriptors(t, uint64(test.arrivals)+200)
			node := startNode(t, nodeSettings{})
			r := runLive(t, target(node.address)+test.load+patient)
			checkEstablished(t, r, test.arrivals)
			checkHeld(t, r, node.counts(t), test.arrivals)
		})
	}
}

func TestLiveNodeBehindNginx(t *testing.T) {
	for _, test := range heavyLoads {
		t.Run(test.name, func(t *testing.T) {
			node := startNode(t, nodeSettings{})
			nginx := startNginx(t, nginxSettings{Upstream: node.address, ReadTimeout: "60s"})
			r := runLive(t, target(nginx.address)+test.load+patient)
			checkEstablished(t, r, test.arrivals)
			if diff := cmp.Diff(map[string]int64{"101": test.arrivals}, nginx.statuses(t)); diff != "" {
				t.Errorf("nginx's log (-want +got):\n%s", diff)
			}
			checkHeld(t, r, node.counts(t), test.arrivals)
		})
	}
}

// A proxy that ends idle connections fails no handshake, and what it ends is
// counted, with its age.
func TestLiveIdleTimeoutOfProxy(t *testing.T) {
	const n = 50
	node := startNode(t, nodeSettings{})
	nginx := startNginx(t, nginxSettings{Upstream: node.address, ReadTimeout: "2s"})
	r := runLive(t, target(nginx.address)+"load:\n  - burst: {count: 50}\nhold: {for: 5s}\n")
	checkEstablished(t, r, n)
	checkClosedEarly(t, r, results.EarlyClose{Code: 1006, How: "eof", Count: n})
	age := r.Held.EarlyAge
	if age.Count != n || age.Min == nil {
		t.Fatalf("%d ages at the close, want %d", age.Count, n)
	}
	if *age.Min < int64(time.Second) {
		t.Errorf("closed at the age of %v; nginx waits 2 s", time.Duration(*age.Min))
	}
	if diff := cmp.Diff(map[string]int64{"101": n}, nginx.statuses(t)); diff != "" {
		t.Errorf("nginx's log (-want +got):\n%s", diff)
	}
	checkServed(t, node.counts(t), n, "1006")
}

// A server that does 20 ms of work for each new connection on its only
// thread answers the last of 50 when it has done the work of the 49 before.
// That much no client can have missed, on any machine.
func TestLiveStalledEventLoop(t *testing.T) {
	const n, stall = 50, 20 * time.Millisecond
	node := startNode(t, nodeSettings{StallMs: int(stall.Milliseconds())})
	r := runLive(t, target(node.address)+"load:\n  - burst: {count: 50}\nhold: {for: 1s}\n")
	checkEstablished(t, r, n)
	f := r.Metrics.Handshake
	if f.Min == nil || f.P50 == nil || f.Max == nil {
		t.Fatalf("min %v, p50 %v, max %v: missing though all are established", f.Min, f.P50, f.Max)
	}
	if !(*f.Min < *f.P50 && *f.P50 < *f.Max) {
		t.Errorf("min %d, p50 %d, max %d ns: no ladder", *f.Min, *f.P50, *f.Max)
	}
	if *f.P50 < int64((n/2-1)*stall) || *f.Max < int64((n-1)*stall) {
		t.Errorf("p50 %d, max %d ns: less than the server's own work", *f.P50, *f.Max)
	}
	checkServed(t, node.counts(t), n, "1000")
}

// A server that takes everyone in and sends them away at once has completed
// every handshake; that nobody could stay is told beside it.
func TestLiveClosedRightAfterOpen(t *testing.T) {
	const n = 200
	node := startNode(t, nodeSettings{CloseCode: 1013})
	r := runLive(t, target(node.address)+"load:\n  - burst: {count: 200}\nhold: {for: 3s}\n")
	checkEstablished(t, r, n)
	checkClosedEarly(t, r, results.EarlyClose{Code: 1013, How: "code", Count: n})
	checkServed(t, node.counts(t), n, "1013")
}

// 16 KB of header pass whole where the server takes them; where it does not,
// its refusal is shown as what it is.
func TestLiveLongHeader(t *testing.T) {
	const n, size = 20, 16 << 10
	tests := []struct {
		name     string
		limit    int
		outcomes map[string]int64
		code     int
	}{
		{"accepted", 64 << 10, map[string]int64{"established": n}, exitPass},
		{"refused", 16 << 10, map[string]int64{"431": n}, exitFail},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			node := startNode(t, nodeSettings{MaxHeaderSize: test.limit})
			r := runLive(t, fmt.Sprintf("target:\n  url: ws://%s/\n  headers: {X-Filler: %s}\nload:\n  - burst: {count: %d}\n",
				node.address, strings.Repeat("x", size), n))
			checkOutcomes(t, r, n, test.outcomes)
			if r.code != test.code && r.code != exitGeneratorLimited {
				t.Errorf("exit code %d, want %d", r.code, test.code)
			}
			c := node.counts(t)
			if c.Established != test.outcomes["established"] || c.Established > 0 && c.LongestValue != size {
				t.Errorf("the server established %d with a value of %d bytes, want %d with %d",
					c.Established, c.LongestValue, test.outcomes["established"], size)
			}
		})
	}
}

// target is the scenario's beginning.
func target(address string) string { return "target: {url: \"ws://" + address + "/\"}\n" }
