package engine

import (
	"testing"
	"time"

	"stampede/results"
)

func TestWatchFindsTheWorstInterval(t *testing.T) {
	second := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	w := newWatch(2, hostSample{})
	w.add(hostSample{at: second(1), cpu: second(0.2), total: 200, kernel: map[string]int64{"ListenOverflows": 3}})
	w.add(hostSample{at: second(2), cpu: second(2.1), total: 400, steal: 20})
	w.add(hostSample{at: second(3), cpu: second(2.2), total: 600, steal: 20, throttled: 4, kernel: map[string]int64{"ListenOverflows": 248}})
	got := map[string]results.Check{}
	for _, c := range w.checks(0.8) {
		got[c.Name] = c
	}
	for name, want := range map[string]struct {
		value float64
		ok    bool
	}{
		"cpu_share":                {0.95, false},
		"cgroup_throttled_periods": {4, false},
		"source_ports_in_use":      {0.8, false},
		"cpu_steal":                {20.0 / 600, false},
	} {
		if c := got[name]; c.OK != want.ok || c.Value-want.value > 1e-9 || want.value-c.Value > 1e-9 {
			t.Errorf("%s: %+v, want value %v, ok %v", name, c, want.value, want.ok)
		}
	}
	if !got["cpu_steal"].Warn || got["cpu_share"].Warn {
		t.Error("steal should warn, cpu share should not")
	}
	if n := w.counters()["ListenOverflows"]; n != 248 {
		t.Errorf("ListenOverflows moved %d, want 248", n)
	}
}

func TestWatchOfNothing(t *testing.T) {
	for _, c := range newWatch(0, hostSample{}).checks(0) {
		if !c.OK && !c.Warn {
			t.Errorf("%+v broken without a sample", c)
		}
	}
}

func TestParseProc(t *testing.T) {
	steal, total := parseCPULine("cpu  100 0 50 800 10 0 5 35 7 0\ncpu0 1 2 3\n")
	if steal != 35 || total != 1000 {
		t.Errorf("steal %v of %v, want 35 of 1000", steal, total)
	}
	net := parseNetstat("TcpExt: A ListenOverflows B\nTcpExt: 1 245 3\nIpExt: C\nIpExt: 9\n", "ListenOverflows")
	if net["ListenOverflows"] != 245 || len(net) != 1 {
		t.Errorf("netstat %v, want ListenOverflows 245", net)
	}
	if n := parseFlat("usage_usec 5\nnr_throttled 7\n", "nr_throttled"); n != 7 {
		t.Errorf("nr_throttled %d, want 7", n)
	}
}
