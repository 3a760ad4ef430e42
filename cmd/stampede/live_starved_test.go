//go:build linux

package main

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"stampede/results"
)

// goal is a threshold none of these servers miss by themselves.
const goal = "thresholds: [handshake p99 < 250ms]\n"

// A starvation takes from the generator what it needs to make its load.
type starvation struct {
	name   string
	load   string                      // and thresholds
	wrap   func(t *testing.T) []string // the command the program is run under
	inside bool                        // the server is started by the program, to share its network
	checks []string                    // one of these must be broken
}

var stopped = starvation{
	name:   "stopped for 300 ms",
	load:   "load:\n  - steady: {rate: 500/s, for: 3s}\n" + goal,
	wrap:   shell(`"$@" & sleep 1.5; kill -STOP $!; sleep 0.3; kill -CONT $!; wait $!`),
	checks: []string{"start_lag_p99"},
}

var fewDescriptors = starvation{
	name:   "256 descriptors",
	load:   "load:\n  - burst: {count: 1000}\nhold: {for: 1s}\n" + goal,
	wrap:   shell(`ulimit -n 256; exec "$@" --workers 1`),
	checks: []string{"local_errors"},
}

// shell is a command to run another under, which script calls "$@".
func shell(script string) func(*testing.T) []string {
	return func(*testing.T) []string { return []string{"sh", "-c", script, "sh"} }
}

// Whoever starves the generator gets no verdict on the server, and is told
// what was missing.
func TestLiveStarved(t *testing.T) {
	for _, s := range []starvation{stopped, fewDescriptors} {
		t.Run(s.name, func(t *testing.T) {
			r := s.run(t)
			if !s.flagged(r) {
				t.Errorf("exit code %d, broken %v; want %d and one of %v", r.code, broken(r), exitGeneratorLimited, s.checks)
			}
			if r.Generator.Advice == "" {
				t.Error("no word on what to do about it")
			}
		})
	}
}

// What was due while the generator stood still was late for whoever wanted
// it: handshake counts from the intended instant. Service does not, and shows
// that the server answered at once.
func TestLiveHandshakeCountsFromTheIntendedInstant(t *testing.T) {
	r := stopped.run(t)
	handshake, service := r.Metrics.Handshake.P95, r.Metrics.Service.P95
	if handshake == nil || service == nil {
		t.Fatalf("handshake p95 %v, service p95 %v", handshake, service)
	}
	// A tenth of the arrivals fall into 300 ms of 3 s; the later half of them
	// waited for less than half of it.
	if *handshake-*service < int64(100*time.Millisecond) {
		t.Errorf("handshake p95 %v beside service p95 %v: the stop is missing from it", time.Duration(*handshake), time.Duration(*service))
	}
}

// run makes the load once, starved.
func (s starvation) run(t *testing.T) liveRun {
	t.Helper()
	aim := "target: {url: practice}\n"
	if !s.inside {
		p := startPracticeServer(t)
		defer p.stop(t)
		aim = target(p.address)
	}
	return runLive(t, aim+s.load, s.wrap(t)...)
}

// flagged reports whether r came to no verdict, for a right reason.
func (s starvation) flagged(r liveRun) bool {
	return r.code == exitGeneratorLimited && slices.ContainsFunc(broken(r), func(name string) bool { return slices.Contains(s.checks, name) })
}

// broken are the names of the checks that make r generator-limited.
func broken(r liveRun) (names []string) {
	for _, c := range r.Generator.Checks {
		if c.Broken() {
			names = append(names, c.Name)
		}
	}
	return names
}

// A burst of a thousand notices its connects within 5 ms of the kernel, or
// says that it did not.
func TestLiveBurstNoticesConnects(t *testing.T) {
	p := startPracticeServer(t)
	r := runLive(t, target(p.address)+"load:\n  - burst: {count: 1000}\n"+goal)
	checkOutcomes(t, r, 1000, map[string]int64{"established": 1000})
	i := slices.IndexFunc(r.Generator.Checks, func(c results.Check) bool { return c.Name == "connect_lag_p99" })
	if i < 0 {
		t.Fatalf("no check connect_lag_p99 among %+v", r.Generator.Checks)
	}
	c := r.Generator.Checks[i]
	t.Logf("connect_lag p99 %v", time.Duration(c.Value*1e9))
	if c.Value > 0.005 && c.OK {
		t.Errorf("connect_lag p99 %v s passes for small", c.Value)
	}
}

// practiceServer is the practice server as a program of its own.
type practiceServer struct {
	*child
	address string // host:port
}

func startPracticeServer(t *testing.T, flags ...string) *practiceServer {
	t.Helper()
	s := &practiceServer{child: startChild(t, exec.Command(program(t), slices.Concat([]string{"practice", "--json", "--until-stdin-closes"}, flags)...))}
	line, err := s.stdout.ReadString('\n')
	var ready practiceReady
	if err == nil {
		err = json.NewDecoder(strings.NewReader(line)).Decode(&ready)
	}
	if err != nil {
		t.Fatalf("the practice server did not say its address: %v", err)
	}
	s.address = ready.Address
	return s
}
