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

// The cases of kind 2: simultaneous handshakes, and what gives out then.

// startsInside is the beginning of a scenario against a practice server with
// settings, started in the network of the run.
func startsInside(settings string) string {
	return "target: {url: practice, practice: {" + settings + "}}\n"
}

func TestCaseS01AcceptQueueOverflow(t *testing.T) {
	t.Parallel()
	t.Run("4 places", func(t *testing.T) {
		r := runLive(t, startsInside("backlog: 4, accept_after: 600ms")+"load: [burst: {count: 60}]\ntimeouts: {connect: 6s, total: 6s}\n", newNetwork(t).wrap()...)
		checkFinding(t, r, "accept_queue_full", "had to send their SYN again", "1s (", "when this kernel repeats a SYN", "TcpExtListenOverflows")
		established, late := r.Count(results.Selector{Kind: results.Established}), r.Count(results.Selector{Kind: results.Timeout})
		if established+late != 60 || established < 5 || r.TCP.SYNAttempts < 40 {
			t.Errorf("%d established, %d timeouts, %d with SYNs sent again; want all 60 in the first two, most in the third", established, late, r.TCP.SYNAttempts)
		}
		if !strings.Contains(strings.Join(r.Notes, "\n"), "ListenOverflows +") {
			t.Errorf("notes %q lack this host's ListenOverflows", r.Notes)
		}
		for _, a := range r.attempts(t) { // as many SYNs again as the steps that passed
			if took := a.connected - a.dialed; a.connected > 0 && (a.retransmits == 0) != (took < 900*time.Millisecond) {
				t.Errorf("arrival %d connected after %v with %d SYNs sent again", a.n, took, a.retransmits)
			}
		}
	})
	t.Run("128 places", func(t *testing.T) {
		r := runLive(t, startsInside("backlog: 128, accept_after: 600ms")+"load: [burst: {count: 60}]\n", newNetwork(t).wrap()...)
		checkEstablished(t, r, 60)
		checkNoFinding(t, r, "accept_queue_full")
		if r.TCP.SYNAttempts != 0 {
			t.Errorf("%d SYNs sent again", r.TCP.SYNAttempts)
		}
	})
}

// Whoever's last segment of the TCP handshake met a full queue is connected
// at this end alone. Its timeout is one of the upgrade, with the connect's
// time beside it.
func TestCaseS02ConnectedAtTheClientOnly(t *testing.T) {
	t.Parallel()
	r := runLive(t, startsInside("backlog: 4, accept_after: 20s")+"load: [burst: {count: 60}]\ntimeouts: {connect: 3s, total: 3s}\n", newNetwork(t).wrap()...)
	connect, upgrade := r.Count(results.Selector{Kind: results.Timeout, Phase: results.PhaseConnect}), r.Count(results.Selector{Kind: results.Timeout, Phase: results.PhaseUpgrade})
	if connect+upgrade != 60 || upgrade < 5 {
		t.Errorf("timeouts: %d in connect, %d in upgrade; want 60 in all, and 5 or more in upgrade", connect, upgrade)
	}
	for _, a := range r.attempts(t) {
		if took := a.connected - a.dialed; a.connected > 0 && took > 2500*time.Millisecond {
			t.Errorf("arrival %d connected after %v", a.n, took)
		}
	}
	if r.code != exitFail {
		t.Errorf("exit code %d, want %d", r.code, exitFail)
	}
}

func TestCaseS03WorkerConnections(t *testing.T) {
	n := newNetwork(t)
	n.backend(t, backendSettings{})
	n.nginx(t, "nginx-small.conf", 8001)
	r := runLive(t, aim(8001)+"load: [burst: {count: 60}]\nhold: {for: 1s}\n", n.wrap()...)
	established := r.Count(results.Selector{Kind: results.Established})
	dropped := r.Count(results.Selector{Kind: results.Closed}) + r.Count(results.Selector{Kind: results.Reset})
	if established < 29 || established > 32 || established+dropped != 60 {
		t.Errorf("%d established, %d dropped; want about 31 of 60, and no other outcome", established, dropped)
	}
	checkFinding(t, r, "worker_connections", fmt.Sprintf("%d connections were taken and dropped at once", dropped), "worker_connections 64", "error log")
}

func TestCaseS07QueueOfTunnels(t *testing.T) {
	n := newNetwork(t)
	n.backend(t, backendSettings{})
	n.haproxy(t)
	r := runLive(t, aim(8102)+"load:\n  - burst: {count: 1}\n  - burst: {count: 20, at: 300ms}\nhold: {for: 3s}\n", n.wrap()...)
	checkOutcomes(t, r, 21, map[string]int64{"established": 1, "503": 20})
	checkAges(t, r.attempts(t)[1:], 950*time.Millisecond, 1500*time.Millisecond)
	checkFinding(t, r, "fixed_age", "20 replies of 503", "1s old", "timeout queue")
	if r.Held.Peak != 1 {
		t.Errorf("a plateau of %d, want maxconn, which is 1", r.Held.Peak)
	}
}

// The same cause shows as another outcome by runtime; they are not merged.
func TestCaseS09OutOfDescriptors(t *testing.T) {
	t.Parallel()
	const limit, n = 60, 100
	load := "load: [burst: {count: 100}]\nhold: {for: 3s}\ntimeouts: {total: 2s}\n"
	t.Run("Node drops", func(t *testing.T) {
		w := newNetwork(t)
		w.backend(t, backendSettings{Descriptors: limit})
		r := runLive(t, aim(9001)+load, w.wrap()...)
		established := r.Count(results.Selector{Kind: results.Established})
		dropped := r.Count(results.Selector{Kind: results.Closed}) + r.Count(results.Selector{Kind: results.Reset})
		if established < limit/2 || established >= limit || established+dropped != n || r.Held.Peak != established {
			t.Errorf("%d established, %d at the peak, %d dropped; want some under %d held and all others dropped", established, r.Held.Peak, dropped, limit)
		}
		if len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Text, fmt.Sprintf("%d connections were taken and dropped at once", dropped)) {
			t.Errorf("findings %+v", r.Findings)
		}
		if f := r.Findings[0]; !strings.Contains(f.Text+f.Next, "open files") {
			t.Errorf("the finding %+v names no open files", f)
		}
	})
	t.Run("Go lets wait", func(t *testing.T) {
		w := newNetwork(t)
		p := w.practice(t, "ulimit -n 60")
		r := runLive(t, target(p.address)+load, w.wrap()...)
		established, late := r.Count(results.Selector{Kind: results.Established}), r.Count(results.Selector{Kind: results.Timeout, Phase: results.PhaseUpgrade})
		if established < limit/2 || established >= limit || established+late != n || r.Held.Peak != established {
			t.Errorf("%d established, %d at the peak, %d timeouts of the upgrade; want some under %d held and all others late", established, r.Held.Peak, late, limit)
		}
		checkNoFinding(t, r, "closed_at_once")
	})
}

func TestCaseS12WorkOnTheEventLoop(t *testing.T) {
	const n, work = 100, 20 * time.Millisecond
	w := newNetwork(t)
	w.backend(t, backendSettings{BusyMs: int(work.Milliseconds())})
	r := runLive(t, aim(9001)+"load: [burst: {count: 100}]\n", w.wrap()...)
	checkEstablished(t, r, n)
	m := &r.Metrics.Handshake
	if m.P50 == nil || *m.P50 < int64((n/2-1)*work) || m.Max == nil || *m.Max < int64((n-1)*work) {
		t.Errorf("%+v: less than the server's own work", m)
	}
	checkFinding(t, r, "one_by_one", "one every 2", "on one thread")
}

func TestCaseS13WavesOfReconnects(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, load string
		overlapped []bool
	}{
		{"finished in between", "burst: {count: 25, repeat: 3, every: 3s}", []bool{false, false, false}},
		{"each before the last is done", "burst: {count: 50, repeat: 3, every: 600ms}", []bool{false, true, true}},
		{"with jitter", "burst: {count: 50, repeat: 3, every: 600ms, jitter: 300ms}", []bool{false, true, true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := newNetwork(t)
			n.backend(t, backendSettings{BusyMs: 20})
			r := runLive(t, aim(9001)+"load: ["+test.load+"]\ntimeouts: {total: 10s}\n", n.wrap()...)
			var overlapped []bool
			marks := 0
			for _, b := range r.Bursts {
				if overlapped = append(overlapped, b.Overlapped); b.Overlapped {
					marks++
				}
				if diff := cmp.Diff(map[string]int64{"established": b.Count}, b.Outcomes); diff != "" {
					t.Errorf("the wave at %v (-want +got):\n%s", b.At, diff)
				}
			}
			if got := strings.Count(printed(t, r), "began while an earlier burst was unfinished"); got != marks {
				t.Errorf("the report marks %d waves, want %d", got, marks)
			}
			if diff := cmp.Diff(test.overlapped, overlapped); diff != "" {
				t.Errorf("overlapped (-want +got):\n%s", diff)
			}
		})
	}
}

// The table of connections that a firewall tracks is the whole machine's;
// a rule that drops what is beyond 100 of them makes the same silence for one
// network.
func TestCaseS14ConnectionTableFull(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	n.backend(t, backendSettings{})
	n.shell(t, `nft add table inet full
nft add chain inet full input '{ type filter hook input priority 0; }'
nft add rule inet full input tcp dport 9001 ct state new ct count over 100 drop`)
	if text := n.check(t, "ws://127.0.0.1:9001/", "--burst", "200"); !strings.Contains(text, "tracked connections: needs 200, has ") {
		t.Errorf("check says nothing of tracked connections:\n%s", text)
	}
	r := runLive(t, aim(9001)+"load: [burst: {count: 200}]\nhold: {for: 3s}\ntimeouts: {connect: 2s, total: 2s}\n", n.wrap()...)
	checkOutcomes(t, r, 200, map[string]int64{"established": 100, "timeout connect": 100})
	if m := &r.Metrics.Connect; m.Max != nil && *m.Max > int64(900*time.Millisecond) {
		t.Errorf("connects took %v: those that succeed do at once", time.Duration(*m.Max))
	}
	checkFinding(t, r, "syn_dropped", "the first 100 connected at once", "no listen queue of this host", "nf_conntrack_count", "nft list ruleset")
}

// TestLiveClosedRightAfterOpen counts such closes and fails nobody for them.
func TestCaseS17EarlyCloseFails(t *testing.T) {
	const n = 50
	node := startNode(t, nodeSettings{CloseCode: 1013})
	r := runLive(t, target(node.address)+"load: [burst: {count: 50}]\nhold: {for: 1s}\nearly_close: fail\n")
	checkOutcomes(t, r, n, map[string]int64{"closed 1013": n})
	if r.code != exitFail || r.Held.Opened != 0 {
		t.Errorf("exit code %d with %d held, want %d and none", r.code, r.Held.Opened, exitFail)
	}
	if c := node.counts(t); c.Established != n {
		t.Errorf("the server established %d, want %d", c.Established, n)
	}
}

func TestCaseS18TimeoutNearTheAnswer(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	n.backend(t, backendSettings{StallMs: 3000})
	const load = "load: [burst: {count: 20}]\n"
	t.Run("just before", func(t *testing.T) {
		r := runLive(t, aimAt(9001, "slow")+load+"timeouts: {total: 2900ms}\n", n.wrap()...)
		checkOutcomes(t, r, 20, map[string]int64{"timeout upgrade": 20})
		checkAges(t, r.attempts(t), 2900*time.Millisecond, 3400*time.Millisecond)
	})
	t.Run("just after", func(t *testing.T) {
		r := runLive(t, aimAt(9001, "slow")+load+"timeouts: {total: 4s}\n", n.wrap()...)
		checkEstablished(t, r, 20)
		checkAges(t, r.attempts(t), 2990*time.Millisecond, 3900*time.Millisecond)
	})
}
