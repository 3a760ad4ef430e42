//go:build linux

package main

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"stampede/engine/ceiling"
	"stampede/results"
)

// ceilingLimit ends a search that does not end by itself, after the longest
// budget that a test gives one.
const ceilingLimit = 16 * time.Minute

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
search: {of: burst, from: 150, to: 600, quiet: 200ms}
thresholds: [504 rate < 0.1%]
`

// A gateway that has room for 300 at once and answers the others 504. Two
// searches find the same.
func TestLiveCeilingOfGateway(t *testing.T) {
	first, second := findLive(t, threeHundred).Ceiling, findLive(t, threeHundred).Ceiling
	checkCeiling(t, first, 285, 315, "504 rate < 0.1%")
	checkCeiling(t, second, 285, 315, "504 rate < 0.1%")
	checkAgree(t, first, second)
}

// checkAgree holds two searches of one server to intervals that overlap.
func checkAgree(t *testing.T, a, b *results.Ceiling) {
	t.Helper()
	if a.Low > b.High || a.High < b.Low {
		t.Errorf("[%d, %d] and [%d, %d]: two searches of one server disagree", a.Low, a.High, b.Low, b.High)
	}
}

// nginx needs two connections for each client, and has 64. One client in a
// hundred is what so small loads can show; a rarer one would have the
// confirmation collect thousands of handshakes, in vain.
func TestLiveCeilingOfNginx(t *testing.T) {
	node := startNode(t, nodeSettings{})
	nginx := startNginx(t, nginxSettings{Upstream: node.address, ReadTimeout: "60s", Connections: 64})
	r := findLive(t, target(nginx.address)+`
timeouts: {total: 3s}
search: {of: held, from: 24, to: 48, hold: 300ms, ramp: 200/s, quiet: 200ms}
thresholds: [error rate < 1%]
`)
	checkCeiling(t, r.Ceiling, 30, 32, "error rate < 1%")
	checkGaveOut(t, r, "worker_connections")
}

// queueingHAProxy has 50 places at its server, and a queue of 200 ms.
var queueingHAProxy = proxyKind{
	dir: serversDir, stop: "USR1", inherit: haproxySockets,
	command: []string{"haproxy", "-db", "-f", "CONFIG"},
}

// Who finds the 50 places taken is answered 503 when the queue's time is over.
func TestLiveCeilingOfHAProxy(t *testing.T) {
	node := startNode(t, nodeSettings{})
	haproxy := startProxy(t, &queueingHAProxy, "haproxy-queue.cfg", node.address, statusUpgradeRequired)
	r := findLive(t, target(haproxy.address)+`
timeouts: {total: 3s}
search: {of: held, from: 40, to: 80, hold: 500ms, ramp: 200/s, quiet: 200ms}
thresholds: [503 rate < 1%, error rate < 1%, handshake p99 < 1s]
`)
	checkCeiling(t, r.Ceiling, 48, 52, "503 rate < 1%")
	checkGaveOut(t, r, "fixed_age")
}

// checkGaveOut holds what a search says gave out at the ceiling to be, first
// of all, the known cause: seen above it and in no trial that passed.
func checkGaveOut(t *testing.T, r liveRun, cause string) {
	t.Helper()
	if len(r.Findings) == 0 || r.Findings[0].Name != cause {
		t.Errorf("what gave out is %+v, want %s first", r.Findings, cause)
	}
}

// A ceiling that a limit of the rate makes is one of bursts so far apart as
// those of the search, and that is found out; of a server without memory
// nothing is said. The search is a recorded one, up to the last trial of its
// confirmation.
func TestLiveShortRest(t *testing.T) {
	for _, test := range []struct {
		name  string
		flags []string
		needs bool
	}{
		{"700 at once, then 450 a second", []string{"--rate-limit", "450/s burst 700"}, true},
		{"no limit", nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			sc := searchOf(t, "search: {of: burst}\nthresholds: [429 rate < 1%]")
			sc.Target.URL, sc.Target.URLs = "ws://"+startPracticeServer(t, test.flags...).address+"/", nil
			if err := sc.Validate(); err != nil {
				t.Fatal(err)
			}
			at, err := sit(t.Context(), sc)
			if err != nil {
				t.Fatal(err)
			}
			defer at.stop()
			c := confirmLive(t, at)
			if c.NeedsRest() != test.needs || c.ShortRest.Load != c.Confirmed.Load {
				t.Errorf("needs rest: %v by %+v, want %v", c.NeedsRest(), c.ShortRest, test.needs)
			}
		})
	}
}

// confirmLive makes the last trial of a confirmation and what follows it, and
// the same again where this host limited them.
func confirmLive(t *testing.T, at *sitting) *results.Ceiling {
	t.Helper()
	var c *results.Ceiling
	for range 4 {
		l := &ceiling.Loop{Search: almostConfirmed(t, 560), Config: at.scenario.Search, Runner: &hunt{at: at, quiet: true}}
		if err := l.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c = l.Search.Answer(); c.Status == results.CeilingConfirmed && c.ShortRest != nil {
			return c
		}
	}
	last := c.Trials[len(c.Trials)-1]
	t.Fatalf("%s (%s), the last trial %+v: after the usual rest two bursts of %d in a row pass", c.Status, c.Reason, last, c.Confirmed.Load)
	return nil
}

// almostConfirmed is a search of a server that takes bursts up to edge, which
// lacks one trial of its confirmation.
func almostConfirmed(t *testing.T, edge int64) *ceiling.Search {
	t.Helper()
	s, err := ceiling.New(ceiling.Options{Of: results.LoadBurst, From: 100, To: 2000})
	if err != nil {
		t.Fatal(err)
	}
	confirming := 0
	for step, ok := s.Next(); ok; step, ok = s.Next() {
		if step.FromIdle() {
			if confirming++; confirming == 5 {
				return s
			}
		}
		if err := s.Feed(results.Trial{Load: step.Load, Valid: true, Good: step.Load <= edge, Planned: 1000}); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the search ended before")
	return nil
}
