//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stampede/results"
)

// The cases of kind 3: what load tools get wrong. Those that need no server
// are in results, the others in scripts.

// Ten source ports are ten a target, since the kernel is asked for a port
// only once it knows who is called.
func TestCaseT03SourceAddressOfTwoTargets(t *testing.T) {
	n := newNetwork(t)
	n.backend(t, backendSettings{})
	n.backend(t, backendSettings{Port: 9003})
	n.shell(t, "echo 20000 20009 >/proc/sys/net/ipv4/ip_local_port_range")
	scenario := func(count int) string {
		return fmt.Sprintf("target: {urls: [\"ws://127.0.0.1:9001/\", \"ws://127.0.0.1:9003/\"], source_addresses: [127.0.0.1]}\n"+
			"load: [burst: {count: %d}]\nhold: {for: 1s, close: reset}\n", count)
	}
	checkEstablished(t, runLive(t, scenario(20), n.wrap()...), 20)
	r := runLive(t, scenario(30), n.wrap()...)
	checkOutcomes(t, r, 30, map[string]int64{"established": 20, "local no_source_port": 10})
	if r.code != exitGeneratorLimited {
		t.Errorf("exit code %d, want %d", r.code, exitGeneratorLimited)
	}
	checkFinding(t, r, "own_limit", "10 no source port")
}

func TestCaseT04FiveOutcomesInOneRun(t *testing.T) {
	n := newNetwork(t)
	n.replies(t)
	r := runLive(t, `target:
  urls: ["ws://127.0.0.1:9/", "ws://127.0.0.1:18080/P26", "ws://127.0.0.1:18080/H11a", "ws://does-not-exist.invalid/", "ws://127.0.0.1:18080/K00"]
timeouts: {total: 1s}
load: [burst: {count: 50}]
hold: {close: reset}
`, n.wrap()...)
	checkOutcomes(t, r, 50, map[string]int64{"refused": 10, "closed upgrade": 10, "timeout upgrade": 10, "resolve": 10, "established": 10})
	checkShown(t, r, "closed upgrade", "0 bytes")
	checkShown(t, r, "timeout upgrade", "0 bytes")
	checkShown(t, r, "resolve", "does-not-exist.invalid")
}

func TestCaseT05TimeoutsStay(t *testing.T) {
	n := newNetwork(t)
	n.replies(t)
	r := runLive(t, `target:
  urls: [{url: "ws://127.0.0.1:18080/K00", weight: 9}, "ws://127.0.0.1:18080/H11a"]
timeouts: {total: 2s}
load: [steady: {rate: 400/s, for: 1s}]
hold: {close: reset}
thresholds: [handshake p99 < 1900ms]
`, n.wrap()...)
	checkOutcomes(t, r, 400, map[string]int64{"established": 360, "timeout upgrade": 40})
	if m := &r.Metrics; m.Handshake.Count != 400 || m.Handshake.P99 != nil || m.Service.Count != 360 || m.Service.Max == nil {
		t.Errorf("handshake %+v, service %+v: want the timeouts in the first and not in the second", m.Handshake, m.Service)
	}
	if r.Thresholds[0].Verdict != results.Fail {
		t.Errorf("%+v", r.Thresholds[0])
	}
	var late []attemptRow
	for _, a := range r.attempts(t) {
		if a.ended-a.dialed > 1500*time.Millisecond {
			late = append(late, a)
		}
	}
	if len(late) != 40 {
		t.Errorf("%d attempts ended late, want 40", len(late))
	}
	checkAges(t, late, 2*time.Second, 2500*time.Millisecond)
	if text := printed(t, r); !strings.Contains(text, "> 2 s") || !strings.Contains(text, "10 %") {
		t.Errorf("the report hides the timeouts:\n%s", text)
	}
}

// A limit holds for the whole handshake, however the bytes trickle.
func TestCaseT06NothingEndsAfterTheLimit(t *testing.T) {
	n := newNetwork(t)
	n.replies(t)
	for _, id := range []string{"H11a", "H11c"} {
		t.Run(id, func(t *testing.T) {
			r := runLive(t, replyOf(id)+"timeouts: {total: 2s}\nload: [burst: {count: 500}]\n", n.wrap()...)
			checkOutcomes(t, r, 500, map[string]int64{"timeout upgrade": 500})
			var ages []time.Duration
			for _, a := range r.attempts(t) {
				ages = append(ages, a.ended-a.dialed)
			}
			if slices.Min(ages) < 2*time.Second || slices.Max(ages) > 2500*time.Millisecond {
				t.Errorf("ended after %v to %v, want 2 s", slices.Min(ages), slices.Max(ages))
			}
		})
	}
}

// A server that stands still for three seconds of eight holds up those who
// came meanwhile, and they keep coming.
func TestCaseT11ServerStandsStill(t *testing.T) {
	t.Parallel()
	p := startPracticeServer(t)
	freeze := func(s syscall.Signal) func() { return func() { _ = p.command.Process.Signal(s) } }
	stop, goOn := time.AfterFunc(2500*time.Millisecond, freeze(syscall.SIGSTOP)), time.AfterFunc(5500*time.Millisecond, freeze(syscall.SIGCONT))
	defer func() { stop.Stop(); goOn.Stop(); freeze(syscall.SIGCONT)() }()
	r := runLive(t, target(p.address)+"load: [steady: {rate: 50/s, for: 8s}]\n")
	checkOutcomes(t, r, 400, map[string]int64{"established": 400})
	held := 0
	for _, a := range r.attempts(t) {
		if a.ended-a.dialed > 500*time.Millisecond {
			held++
		}
	}
	if held < 110 || held > 140 { // 125 came in the first 2.5 of the 3 s
		t.Errorf("%d waited for more than half a second, want about 125", held)
	}
	if m := &r.Metrics.Handshake; m.Mean == nil || *m.Mean < int64(400*time.Millisecond) || m.Max == nil || *m.Max < int64(2800*time.Millisecond) {
		t.Errorf("%+v: the standstill is missing", m)
	}
}

func TestCaseT12RateIsKept(t *testing.T) {
	n := newNetwork(t)
	n.replies(t)
	r := runLive(t, replyOf("K00")+"load: [steady: {rate: 1500/s, for: 4s}]\nhold: {close: reset}\n", n.wrap()...)
	checkOutcomes(t, r, 6000, map[string]int64{"established": 6000})
}

func TestCaseT13NoDataIsNoPass(t *testing.T) {
	n := newNetwork(t)
	for _, test := range []struct {
		threshold string
		want      results.Verdict
	}{{"handshake p99 < 500ms", results.Fail}, {"service p99 < 500ms", results.Inconclusive}} {
		t.Run(test.threshold, func(t *testing.T) {
			r := runLive(t, aim(9)+"load: [burst: {count: 500}]\nthresholds: ["+test.threshold+"]\n", n.wrap()...)
			checkOutcomes(t, r, 500, map[string]int64{"refused": 500})
			if got := r.Thresholds[0].Verdict; got != test.want || r.code != exitFail {
				t.Errorf("verdict %v, exit code %d; want %v and %d", got, r.code, test.want, exitFail)
			}
		})
	}
}

func TestCaseT14NothingEstablished(t *testing.T) {
	r := runLive(t, aim(9)+few, newNetwork(t).wrap()...)
	checkOutcomes(t, r, 10, map[string]int64{"refused": 10})
	if r.code != exitFail {
		t.Errorf("exit code %d without a threshold, want %d", r.code, exitFail)
	}
}

// A server that pings, stays silent and heeds no close frame can't keep a run
// from its end, and what was left is counted.
func TestCaseT15RunsEnd(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	n.replies(t)
	for _, id := range []string{"K00", "H12f"} {
		t.Run(id, func(t *testing.T) {
			r := runLive(t, replyOf(id)+few+"hold: {for: 200ms}\n", n.wrap()...)
			checkEstablished(t, r, 10)
			if c := r.Held.Closed; c.Forced != 10 || len(r.Held.ClosedEarly) != 0 {
				t.Errorf("closed %+v, early %+v; want 10 by force", c, r.Held.ClosedEarly)
			}
			if took := r.EndedAt.Sub(r.StartedAt); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// Who reads the report may leave; the result is in its file all the same.
// What signals do is in signals.txtar.
func TestCaseT16ReaderLeaves(t *testing.T) {
	out := filepath.Join(t.TempDir(), "result")
	ctx, cancel := context.WithTimeout(t.Context(), runLimit)
	defer cancel()
	c := exec.CommandContext(ctx, program(t), "run", "practice", "--burst", "50", "--out", out)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stdout, c.Stderr = w, io.Discard
	_ = r.Close() // whoever writes gets EPIPE, and SIGPIPE
	err = c.Run()
	_ = w.Close()
	stored, unread := readResult(out)
	if unread != nil {
		t.Fatalf("%v; the run: %v", unread, err)
	}
	if stored.Partial || stored.Arrivals != 50 {
		t.Errorf("partial %v, %d arrivals; want the whole result", stored.Partial, stored.Arrivals)
	}
}

// A name with two addresses of which one refuses fails nobody, and is looked
// up once: localhost here, where only one family is served.
func TestCaseT17Families(t *testing.T) {
	tests := []struct {
		host, family string
		want         map[string]int64
	}{
		{"127.0.0.1", "4", map[string]int64{"established": 20}},
		{"127.0.0.1", "6", map[string]int64{"refused": 20}},
		{"::1", "6", map[string]int64{"established": 20}},
		{"::1", "4", map[string]int64{"refused": 20}},
	}
	for _, test := range tests {
		t.Run("at "+test.host+" by IPv"+test.family, func(t *testing.T) {
			wrap := underBothFamilies(t)
			node := startNode(t, nodeSettings{Host: test.host})
			_, port, _ := strings.Cut(strings.TrimPrefix(node.address, "[::1]"), ":")
			r := runLive(t, fmt.Sprintf("target: {url: \"ws://localhost:%s/\", family: %s}\nload: [burst: {count: 20}]\n", port, test.family), wrap...)
			checkOutcomes(t, r, 20, test.want)
		})
	}
}

func TestCaseT18NamesWithoutAddress(t *testing.T) {
	r := runLive(t, target("does-not-exist.invalid")+few, newNetwork(t).wrap()...)
	checkOutcomes(t, r, 10, map[string]int64{"resolve": 10})
	if diff := cmp.Diff(map[string]int64{}, r.Target.Addresses); diff != "" {
		t.Errorf("dialled (-want +got):\n%s", diff)
	}
}

// What ended the reading names the outcome; the bytes do only where they are wrong.
func TestCaseT23EndOfReadingDecides(t *testing.T) {
	n := newNetwork(t)
	n.replies(t)
	tests := []struct{ path, outcome, shown string }{
		{"H11b", "timeout upgrade", "48 bytes"},
		{"H11c", "timeout upgrade", "bytes"},
		{"half", "closed upgrade", "5 bytes"},
	}
	for _, test := range tests {
		t.Run(test.path, func(t *testing.T) {
			r := runLive(t, replyOf(test.path)+few+"timeouts: {total: 1s}\n", n.wrap()...)
			checkOutcomes(t, r, 10, map[string]int64{test.outcome: 10})
			checkShown(t, r, test.outcome, test.shown)
		})
	}
}
