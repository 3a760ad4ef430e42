//go:build linux

package main

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"stampede/results"
)

// ceilingLimit ends a search that does not end by itself.
const ceilingLimit = 5 * time.Minute

// findLive searches for the ceiling of a live server.
func findLive(t *testing.T, scenario string) liveRun {
	t.Helper()
	r := commandLive(t, []string{"ceiling"}, scenario, ceilingLimit)
	if r.Ceiling == nil {
		t.Fatal("the result has no ceiling")
	}
	for _, f := range r.Findings {
		t.Logf("%s: %s", f.Name, f.Text)
	}
	if text, err := json.Marshal(r.Ceiling.Trials); err == nil && r.Ceiling.Status != results.CeilingConfirmed {
		t.Logf("trials: %s", text)
	}
	return r
}

// checkCeiling holds a confirmed ceiling, its interval and its limiting goal
// to what the server is known to take: low to high.
func checkCeiling(t *testing.T, c *results.Ceiling, low, high int64, goals ...string) {
	t.Helper()
	if c.Status != results.CeilingConfirmed {
		t.Errorf("%s (%s), want a confirmed ceiling", c.Status, c.Reason)
	}
	if c.Value < low || c.Value > high || c.Low > high || c.High < low {
		t.Errorf("ceiling %d [%d, %d], want %d to %d", c.Value, c.Low, c.High, low, high)
	}
	if !slices.Contains(goals, c.LimitedBy) {
		t.Errorf("limited by %q, want one of %q", c.LimitedBy, goals)
	}
}

const threeHundred = `
target:
  url: practice
  practice: {capacity: 300, service: 20ms, gateway_timeout: 1ns}
timeouts: {total: 3s}
search: {of: burst, from: 100, to: 1000, quiet: 400ms}
thresholds: [504 rate < 0.1%]
`

// A gateway that has room for 300 at once and answers the others 504.
func TestLiveCeilingOfGateway(t *testing.T) {
	checkCeiling(t, findLive(t, threeHundred).Ceiling, 285, 315, "504 rate < 0.1%")
}

// nginx needs two connections for each client, and has 64.
func TestLiveCeilingOfNginx(t *testing.T) {
	node := startNode(t, nodeSettings{})
	nginx := startNginx(t, nginxSettings{Upstream: node.address, ReadTimeout: "60s", Connections: 64})
	c := findLive(t, target(nginx.address)+`
timeouts: {total: 3s}
search: {of: held, from: 20, to: 100, hold: 600ms, ramp: 200/s, quiet: 300ms}
`)
	checkCeiling(t, c.Ceiling, 28, 32, "error rate < 0.1%")
	if !slices.ContainsFunc(c.Findings, func(f results.Finding) bool { return f.Name == "worker_connections" }) {
		t.Errorf("what gave out is %+v, and nginx's worker_connections are not among it", c.Findings)
	}
}
