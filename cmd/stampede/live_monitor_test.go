//go:build linux

package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"stampede/results"
)

// monitored are servers with pages of their state. Each carries 50 WebSockets
// for a while, and the series of that name has to show them.
var monitored = []struct {
	proxyKind
	monitor string // URL is the proxy's
	series  string
}{
	{proxyKind{config: "nginx.conf", stop: "QUIT", inherit: nginxSockets, command: []string{"nginx", "-p", ".", "-e", "error.log", "-c", "CONFIG"}},
		"nginx: URL/status", "active"},
	{proxyKind{config: "haproxy.cfg", stop: "USR1", inherit: haproxySockets, command: []string{"haproxy", "-db", "-f", "CONFIG"}},
		"haproxy: URL/stats;csv", "websocket/FRONTEND sessions"},
	{proxyKind{config: "haproxy.cfg", stop: "USR1", inherit: haproxySockets, command: []string{"haproxy", "-db", "-f", "CONFIG"}},
		"haproxy: URL/metrics", `haproxy_frontend_current_sessions{proxy="websocket"}`},
	{proxyKind{config: "haproxy.cfg", stop: "USR1", inherit: haproxySockets, command: []string{"haproxy", "-db", "-f", "CONFIG"}},
		`prometheus: {url: "URL/metrics", series: ['haproxy_backend_current_sessions{proxy="servers"}']}`, `haproxy_backend_current_sessions{proxy="servers"}`},
	{proxyKind{config: "apache.conf", stop: "TERM", command: []string{"apache2", "-d", ".", "-f", "CONFIG", "-DFOREGROUND"}},
		"apache: URL/server-status?auto", "busy workers"},
}

func TestLiveMonitors(t *testing.T) {
	const n = 50
	for _, k := range monitored {
		t.Run(k.monitor, func(t *testing.T) {
			k.dir = serversDir + "/monitor"
			load := "load:\n  - burst: {count: 25}\nhold: {for: 3s}\n"
			clients := 25.0 // nginx has 64 connections, two for each
			if k.config != "nginx.conf" {
				load, clients = strings.Replace(load, "25", fmt.Sprint(n), 1), n
			}
			node := startNode(t, nodeSettings{})
			p := startProxy(t, &k.proxyKind, k.config, node.address, statusUpgradeRequired)
			r := runLive(t, target(p.address)+load+"monitor:\n  - "+strings.Replace(k.monitor, "URL", "http://"+p.address, 1)+"\n")
			checkEstablished(t, r, int64(clients))
			m := monitorOf(t, r, p.address)
			if len(m.Errors) > 0 || m.Looks < 3 {
				t.Errorf("%d looks, errors %v: want 3 looks at least and none", m.Looks, m.Errors)
			}
			s := seriesOf(t, m, k.series)
			if peak := s.Peak(); peak < clients {
				t.Errorf("the peak of %s is %g while %g are held: %v", s.Name, peak, clients, s.Points)
			}
		})
	}
}

// nginx that runs out of connections ends those that have sent nothing yet. Its
// page shows it, and the result tells of it.
func TestLiveMonitorTellsOfDroppedConnections(t *testing.T) {
	node := startNode(t, nodeSettings{})
	k := monitored[0]
	k.dir = serversDir + "/monitor"
	p := startProxy(t, &k.proxyKind, k.config, node.address, statusUpgradeRequired)
	r := runLive(t, target(p.address)+"load:\n  - burst: {count: 100}\nhold: {for: 2s}\nmonitor:\n  - nginx: http://"+p.address+"/status\n")
	m := monitorOf(t, r, p.address)
	if a, n := seriesOf(t, m, "accepted").Rise(), seriesOf(t, m, "requests").Rise(); a < 100 || n > 64 {
		t.Errorf("nginx accepted %g connections and read %g requests with worker_connections 64, want all and a part", a, n)
	}
	told := slices.ContainsFunc(r.Findings, func(f results.Finding) bool {
		return f.Name == "closed_unread" && strings.Contains(f.Text, p.address)
	})
	if !told {
		t.Errorf("no finding tells of it: %+v", r.Findings)
	}
}

func TestLiveMonitorOfProcess(t *testing.T) {
	const n = 200
	node := startNode(t, nodeSettings{})
	r := runLive(t, target(node.address)+fmt.Sprintf("load:\n  - burst: {count: %d}\nhold: {for: 3s}\nmonitor:\n  - process: {pid: %d}\n  - kernel: true\n", n, node.command.Process.Pid))
	checkEstablished(t, r, n)
	m := monitorOf(t, r, fmt.Sprintf("process %d", node.command.Process.Pid))
	if s := seriesOf(t, m, "descriptors"); s.Peak()-s.First() < n {
		t.Errorf("descriptors go from %g to %g while %d are held", s.First(), s.Peak(), n)
	}
	for _, name := range []string{"CPU", "memory", "threads"} {
		if s := seriesOf(t, m, name); len(s.Points) < 2 || s.Peak() <= 0 {
			t.Errorf("%s is %v", name, s.Points)
		}
	}
	seriesOf(t, monitorOf(t, r, "kernel"), "ListenOverflows")
}

// The practice server is looked at without being named, and what can't be
// looked at does not hold up the run.
func TestLiveMonitorOfNothing(t *testing.T) {
	const n = 20
	dead := listenLocally(t)
	address := dead.Addr().String()
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	silent := listenLocally(t) // takes connections and never answers
	r := runLive(t, fmt.Sprintf("target: {url: practice}\nload:\n  - burst: {count: %d}\nhold: {for: 3s}\nmonitor:\n  - nginx: http://%s/\n  - apache: http://%s/?auto\n  - process: {name: %s}\n",
		n, address, silent.Addr(), "no-such-name-"+fmt.Sprint(os.Getpid())))
	checkEstablished(t, r, n)
	for _, m := range r.Monitors {
		if m.Name == "practice" {
			if s := seriesOf(t, &m, "descriptors"); s.Peak()-s.First() < n {
				t.Errorf("descriptors of practice go from %g to %g while %d are held", s.First(), s.Peak(), n)
			}
			continue
		}
		if len(m.Errors) == 0 || len(m.Series) > 0 || m.Looks < 1 {
			t.Errorf("%s: %d looks, errors %v, %d series", m.Name, m.Looks, m.Errors, len(m.Series))
		}
	}
	if len(r.Monitors) != 4 {
		t.Errorf("%d monitors, want practice and three that fail", len(r.Monitors))
	}
}

func monitorOf(t *testing.T, r liveRun, name string) *results.Monitor {
	t.Helper()
	for i := range r.Monitors {
		if r.Monitors[i].Name == name {
			return &r.Monitors[i]
		}
	}
	t.Fatalf("no monitor %s in %+v", name, r.Monitors)
	return nil
}

func seriesOf(t *testing.T, m *results.Monitor, name string) *results.Series {
	t.Helper()
	for i := range m.Series {
		if m.Series[i].Name == name {
			return &m.Series[i]
		}
	}
	t.Fatalf("%s has no series %s: errors %v, series %+v", m.Name, name, m.Errors, m.Series)
	return nil
}
