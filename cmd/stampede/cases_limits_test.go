//go:build linux

package main

import (
	"testing"

	"stampede/results"
)

// The cases of kind 2 in which something on the way loses, refuses or holds up
// what comes: none of them is the server's queue.

// Every tenth packet to the server is lost, whoever sent it.
func TestCaseS20PacketsLost(t *testing.T) {
	t.Parallel()
	const n = 300
	w := newNetwork(t)
	w.backend(t, backendSettings{})
	w.shell(t, `nft add table inet lossy
nft add chain inet lossy input '{ type filter hook input priority 0; }'
nft add rule inet lossy input tcp dport 9001 numgen inc mod 10 0 drop`)
	r := runLive(t, aim(9001)+"load: [burst: {count: 300}]\n"+patient, w.wrap()...)
	checkEstablished(t, r, n)
	checkFinding(t, r, "syn_resent", "had to send their SYN again", "no queue filled up: packets are lost on the way")
	checkNoFinding(t, r, "accept_queue_full")
	checkNoFinding(t, r, "open_at_the_client_only")
}

func TestCaseS21FirewallRejects(t *testing.T) {
	t.Parallel()
	w := newNetwork(t)
	w.backend(t, backendSettings{})
	w.shell(t, `nft add table inet full
nft add chain inet full input '{ type filter hook input priority 0; }'
nft add rule inet full input tcp dport 9001 ct state new ct count over 100 reject with tcp reset`)
	r := runLive(t, aim(9001)+"load: [burst: {count: 200}]\nhold: {for: 1s}\n", w.wrap()...)
	checkOutcomes(t, r, 200, map[string]int64{"established": 100, "refused": 100})
	checkFinding(t, r, "connects_refused", "100 connects were refused", "while 100 attempts were established. Those launched first got in", "a firewall")
}

func TestCaseS22NoPlaceLeft(t *testing.T) {
	t.Parallel()
	w := newNetwork(t)
	w.backend(t, backendSettings{})
	w.haproxy(t)
	r := runLive(t, aim(8109)+"load: [burst: {count: 60}]\nhold: {for: 6s}\ntimeouts: {total: 2s}\n", w.wrap()...)
	checkOutcomes(t, r, 60, map[string]int64{"established": 20, "timeout upgrade": 40})
	checkFinding(t, r, "no_place_left", "40 attempts connected and got no answer until they timed out at 2s, while 20 were established", "20 were open at the most", "maxconn")
}

func TestCaseS23WhoseTimer(t *testing.T) {
	t.Parallel()
	w := newNetwork(t)
	w.backend(t, backendSettings{})
	w.haproxy(t)
	r := runLive(t, aim(8110)+"load: [burst: {count: 50}]\n", w.wrap()...)
	checkOutcomes(t, r, 50, map[string]int64{"established": 20, "500": 30})
	checkFinding(t, r, "fixed_age", "30 replies of 500", "1s old", "as a tarpit does")
}

// A backend that ends and is started anew, behind nginx and under load.
func TestCaseS24Restart(t *testing.T) {
	t.Parallel()
	w := newNetwork(t)
	w.nginx(t, "nginx-small.conf", 8001)
	program(t) // made before the backend's time runs
	w.backend(t, backendSettings{RestartAfter: 4})
	r := runLive(t, aim(8001)+"load: [steady: {rate: 100/s, for: 7s}]\n", w.wrap()...)
	failed := r.Count(results.Selector{Kind: results.Status, Status: 502})
	if failed < 5 || failed+r.Count(results.Selector{Kind: results.Established}) != 700 {
		t.Fatalf("%+v: want some 502, and the rest established", r.Outcomes)
	}
	if len(r.Findings) == 0 || r.Findings[0].Name != "moment" && r.Findings[0].Name != "away" {
		t.Errorf("findings %+v, want a restart first", r.Findings)
	}
	checkNoFinding(t, r, "refused_in_part")
}
