//go:build linux && verify

package main

import (
	"fmt"
	"testing"

	"stampede/results"
)

// ceilingRuns is how often each known ceiling is searched for.
const ceilingRuns = 3

// verifyCeiling searches again and again for a ceiling that is known, and holds
// every search to within a share of it; the intervals have to overlap.
func verifyCeiling(t *testing.T, name, scenario string, truth, within float64) {
	t.Helper()
	var before *results.Ceiling
	for range ceilingRuns {
		c := findLive(t, scenario).Ceiling
		fmt.Printf("%-55s %d [%d, %d] %s, %d trials, %v\n", name, c.Value, c.Low, c.High, c.Status, len(c.Valid()), c.Duration)
		if c.Status != results.CeilingConfirmed {
			t.Errorf("%s (%s), want a confirmed ceiling", c.Status, c.Reason)
		}
		if v := float64(c.Value); v < truth*(1-within) || v > truth*(1+within) {
			t.Errorf("ceiling %d, want %.0f within %.0f %%", c.Value, truth, 100*within)
		}
		if before != nil {
			checkAgree(t, before, c)
		}
		before = c
	}
}

func TestVerifyCeilingOfGateway(t *testing.T) {
	verifyCeiling(t, "burst, room for 300, 504 beyond", threeHundred, 300, 0.05)
}

// Ten workers take 10 ms each: within 255 ms they answer 250, which is 99 % of
// 252.
func TestVerifyCeilingOfQueue(t *testing.T) {
	verifyCeiling(t, "burst, 10 workers of 10 ms, p99 < 255 ms", `
target: {url: practice, practice: {capacity: 10, service: 10ms}}
timeouts: {total: 5s}
search: {of: burst, from: 100, to: 1000, quiet: 2s}
thresholds: [handshake p99 < 255ms]
`, 252, 0.10)
}

// One server of exponential times, 200 a second: an M/M/1 queue, whose time in
// the system is exponential with rate μ − λ. Its p99 is 250 ms at λ = 200 −
// ln 100/0.25 = 181.6 a second, in the steady state.
func TestVerifyCeilingOfRate(t *testing.T) {
	verifyCeiling(t, "rate, one exponential server of 200/s, p99 < 250 ms", `
target: {url: practice, practice: {capacity: 1, service: exponential(5ms), seed: 7}}
timeouts: {total: 5s}
search: {of: rate, from: 100/s, to: 400/s, warm_up: 2s, budget: 15m}
thresholds: [handshake p99 < 250ms]
`, 181.6, 0.12)
}

// Who comes when 2,000 are open is refused.
func TestVerifyCeilingOfHeld(t *testing.T) {
	verifyCeiling(t, "held, 2,000 open, 503 beyond", `
target: {url: practice, practice: {max_open: 2000}}
timeouts: {total: 5s}
search: {of: held, from: 500, to: 5000, hold: 2s, ramp: 2000/s, quiet: 500ms}
`, 2000, 0.02)
}

// 20 ms of work for each new connection on one thread, after its answer: no
// more than 26 are answered within half a second, and as many fewer as what
// Node does beside it takes.
func TestVerifyCeilingOfEventLoop(t *testing.T) {
	node := startNode(t, nodeSettings{StallMs: 20})
	r := findLive(t, target(node.address)+`
timeouts: {total: 5s}
search: {of: burst, from: 16, to: 32, quiet: 1200ms}
thresholds: [handshake p99 < 500ms]
`)
	checkCeiling(t, r.Ceiling, 20, 26, "handshake p99 < 500ms")
	checkGaveOut(t, r, "one_by_one")
}
