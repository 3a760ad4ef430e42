package results

import (
	"strings"
	"testing"
	"time"
)

// many records n copies of an attempt.
func many(r *Recorder, n int, a *Attempt) {
	for range n {
		r.Attempt(a)
	}
}

func threshold(t *testing.T, text string) Threshold {
	t.Helper()
	th, err := ParseThreshold(text)
	if err != nil {
		t.Fatal(err)
	}
	return th
}

var (
	gatewayTimeout = Outcome{Kind: Status, Phase: PhaseUpgrade, Status: 504}
	noPort         = Outcome{Kind: Local, Reason: NoSourcePort}
	refused        = Outcome{Kind: Refused, Phase: PhaseConnect}
)

func TestJudge(t *testing.T) {
	type run struct {
		ok, slow, gateway, local int // attempts: 10 ms, 400 ms, 504, no port
	}
	tests := []struct {
		name      string
		run       run
		threshold string
		want      Verdict
		note      string
	}{
		{"proved", run{ok: 2995}, "504 rate < 0.1%", Pass, ""},
		{"one short of proof", run{ok: 2994}, "504 rate < 0.1%", Inconclusive, "0 of 2,994: not proved, needs 2,995"},
		{"half of it", run{ok: 1500}, "504 rate < 0.1%", Inconclusive, "0 of 1,500: not proved, needs 2,995"},
		{"one failure needs more", run{ok: 2994, gateway: 1}, "504 rate < 0.1%", Inconclusive, "1 of 2,995: not proved, needs 4,742"},
		{"seven of 3,000 are above 0.1 %", run{ok: 2993, gateway: 7}, "504 rate < 0.1%", Fail, "7 of 3,000, 3 allowed"},
		{"six of 3,000 decide nothing", run{ok: 2994, gateway: 6}, "504 rate < 0.1%", Inconclusive, "6 of 3,000: over the limit, not proved"},
		{"a class", run{ok: 2993, gateway: 7}, "5xx rate < 0.1%", Fail, ""},
		{"another status", run{ok: 2993, gateway: 7}, "503 rate < 0.1%", Pass, ""},
		{"local is not the server's", run{ok: 2995, local: 5}, "error rate < 0.1%", Pass, ""},
		{"nor in its denominator", run{ok: 2990, local: 10}, "error rate < 0.1%", Inconclusive, "0 of 2,990"},
		{"local over all arrivals", run{ok: 990, local: 10}, "local rate < 0.1%", Fail, "10 of 1,000"},
		{"only local", run{local: 10}, "error rate < 50%", Inconclusive, "no data"},
		{"zero is never proved", run{ok: 100000}, "504 rate <= 0%", Inconclusive, "no number of arrivals proves it"},
		{"but disproved by one", run{ok: 99999, gateway: 1}, "504 rate <= 0%", Fail, "1 of 100,000, 0 allowed"},
		{"floor proved", run{ok: 2995}, "established rate > 99.9%", Pass, ""},
		{"floor disproved", run{ok: 80, gateway: 20}, "established rate >= 99%", Fail, "20 of 100, 1 allowed"},
		{"floor open", run{ok: 100}, "established rate >= 99%", Inconclusive, "0 of 100: not proved, needs 299"},

		{"quantile proved", run{ok: 473, slow: 1}, "handshake p99 < 250ms", Pass, ""},
		{"quantile open", run{ok: 471, slow: 1}, "handshake p99 < 250ms", Inconclusive, "1 of 472: not proved, needs 473"},
		{"quantile failed", run{ok: 990, slow: 30}, "handshake p99 < 250ms", Fail, "30 of 1,020, 10 allowed"},
		{"failures are slow", run{ok: 990, gateway: 30}, "handshake p99 < 250ms", Fail, "30 of 1,020, 10 allowed"},
		{"service is of the established", run{ok: 990, gateway: 30}, "service p99 < 250ms", Pass, ""},
		{"p99 needs 368", run{ok: 367}, "handshake p99 < 250ms", Inconclusive, "p99 needs n ≥ 368 (have 367)"},
		{"p99 has 368", run{ok: 368}, "handshake p99 < 250ms", Pass, ""},
		{"p99.9 needs 3,688", run{ok: 2000}, "handshake p99.9 < 250ms", Inconclusive, "p99.9 needs n ≥ 3,688 (have 2,000)"},
		{"few can fail all the same", run{slow: 20}, "handshake p99 < 250ms", Fail, "20 of 20, 0 allowed"},
		{"slower than", run{slow: 400}, "handshake p99 > 250ms", Pass, ""},
		{"not slower than", run{ok: 400}, "handshake p99 > 250ms", Fail, ""},
		{"no TLS, no data", run{ok: 400}, "tls p99 < 250ms", Inconclusive, "no data"},

		{"max holds", run{ok: 10}, "handshake max < 11ms", Pass, ""},
		{"max is exact", run{ok: 10}, "handshake max < 10ms", Fail, ""},
		{"max at most", run{ok: 10}, "handshake max <= 10ms", Pass, ""},
		{"max with a failure", run{ok: 10, gateway: 1}, "handshake max < 2m", Fail, "1 of 11 were not established"},
		{"max of nothing", run{gateway: 1}, "service max < 1m", Inconclusive, "no data"},
		{"mean holds", run{ok: 300, slow: 100}, "service mean <= 107.5ms", Pass, ""},
		{"mean fails", run{ok: 300, slow: 100}, "service mean < 107ms", Fail, ""},
		{"count holds", run{ok: 10, gateway: 3}, "504 count <= 3", Pass, ""},
		{"count fails", run{ok: 10, gateway: 4}, "504 count <= 3", Fail, ""},
		{"count of none", run{ok: 10}, "504 count <= 0", Pass, ""},
		{"count of nothing", run{}, "504 count <= 0", Inconclusive, "no data"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := NewRecorder(RecorderOptions{})
			many(r, test.run.ok, established(time.Second, 10*ms))
			many(r, test.run.slow, established(time.Second, 400*ms))
			many(r, test.run.gateway, failed(time.Second, 20*ms, gatewayTimeout))
			many(r, test.run.local, &Attempt{Intended: time.Second, Burst: -1, Outcome: noPort})
			result := r.Result(Run{})
			result.Judge([]Threshold{threshold(t, test.threshold)})
			got := result.Thresholds[0]
			if got.Verdict != test.want || !strings.Contains(got.Note, test.note) {
				t.Errorf("%s: %v %q, want %v %q", got.Text, got.Verdict, got.Note, test.want, test.note)
			}
			if test.want == Pass && got.Note != "" {
				t.Errorf("a pass has the note %q", got.Note)
			}
		})
	}
}

// The limit may cut a bucket in two; quantile, counts and verdict must still agree.
func TestQuantileAgreesWithItsCounts(t *testing.T) {
	r := NewRecorder(RecorderOptions{})
	for i := range 1000 {
		r.Attempt(established(0, 250*ms+time.Duration(i)*time.Microsecond))
	}
	result := r.Result(Run{})
	for d := 249500 * time.Microsecond; d < 252*ms; d += 7 * time.Microsecond {
		for op := range Op(4) {
			th := Threshold{Statistic: Quantile, Hundredth: 9000, Op: op, Duration: d}
			j := result.judge(th)
			holds := op.Holds(*j.Value, float64(d))
			allowed := int64(100) // ceilings: at most 100 of 1,000 on the wrong side
			if !op.ceils() {
				allowed = 899 // floors: fewer than rank 900
			}
			if within := j.Bad <= allowed; within != holds {
				t.Fatalf("%s: value %v, but %d bad of %d", th, *j.Value, j.Bad, j.Of)
			}
		}
	}
}

func TestQuantileInterval(t *testing.T) {
	r := NewRecorder(RecorderOptions{})
	for i := range 1000 {
		r.Attempt(established(0, time.Duration(i+1)*ms))
	}
	result := r.Result(Run{})
	result.Judge([]Threshold{threshold(t, "handshake p99 < 2s"), threshold(t, "handshake p99.9 < 2s")})
	j := result.Thresholds[0] // ranks 983 to 997 of method's table
	for name, pair := range map[string][2]float64{"value": {*j.Value, 990e6}, "low": {*j.Low, 983e6}, "high": {*j.High, 997e6}} {
		if pair[0] < pair[1] || pair[0] > pair[1]*1.001 {
			t.Errorf("%s %v, want %v", name, pair[0], pair[1])
		}
	}
	if j := result.Thresholds[1]; j.Value != nil || j.High != nil || j.Low == nil {
		t.Errorf("p99.9 of 1,000: %+v, want no value and no upper end", j)
	}
}

func TestSettleAndExitCode(t *testing.T) {
	good, bad, open := "504 count <= 3", "504 count < 1", "service p99 < 1s"
	tests := []struct {
		name       string
		ok, no     int
		other      Outcome
		run        Run
		thresholds []string
		want       Verdict
		code       int
	}{
		{"clean without thresholds", 10, 0, refused, Run{}, nil, Pass, 0},
		{"passed", 10, 2, gatewayTimeout, Run{}, []string{good}, Pass, 0},
		{"failed", 10, 2, gatewayTimeout, Run{}, []string{good, bad}, Fail, 1},
		{"inconclusive", 10, 2, gatewayTimeout, Run{}, []string{good, open}, Inconclusive, 3},
		{"fail beats inconclusive", 10, 2, gatewayTimeout, Run{}, []string{open, bad}, Fail, 1},
		{"nothing established, no thresholds", 0, 10, refused, Run{}, nil, Fail, 1},
		{"nothing established, thresholds hold", 0, 10, refused, Run{}, []string{good}, Fail, 1},
		{"nothing established beats limited", 0, 10, refused, Run{Generator: Generator{Limited: true}}, nil, Fail, 1},
		{"nothing but our own limits", 0, 10, noPort, Run{}, nil, Inconclusive, 4},
		{"nothing at all", 0, 0, refused, Run{}, nil, Inconclusive, 3},
		{"limited", 10, 0, refused, Run{Generator: Generator{Limited: true}}, []string{good}, Inconclusive, 4},
		{"limited beats failed", 10, 2, gatewayTimeout, Run{Generator: Generator{Limited: true}}, []string{bad}, Inconclusive, 4},
		{"interrupted", 10, 0, refused, Run{Interrupted: true}, nil, Inconclusive, 3},
		{"interrupted beats failed", 10, 2, gatewayTimeout, Run{Interrupted: true}, []string{bad}, Inconclusive, 3},
		{"interrupted beats limited", 10, 0, refused, Run{Interrupted: true, Generator: Generator{Limited: true}}, nil, Inconclusive, 3},
		{"interrupted before anything", 0, 10, refused, Run{Interrupted: true}, nil, Inconclusive, 3},
		{"killed", 10, 0, refused, Run{Partial: true}, []string{good}, Inconclusive, 3},
		{"canceled from the start", 0, 10, Outcome{Kind: Canceled}, Run{Interrupted: true}, nil, Inconclusive, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := NewRecorder(RecorderOptions{})
			many(r, test.ok, established(0, ms))
			many(r, test.no, failed(0, ms, test.other))
			result := r.Result(test.run)
			var goals []Threshold
			for _, text := range test.thresholds {
				goals = append(goals, threshold(t, text))
			}
			result.Judge(goals)
			if result.Verdict != test.want || result.ExitCode() != test.code {
				t.Errorf("%v, exit %d; want %v, exit %d", result.Verdict, result.ExitCode(), test.want, test.code)
			}
		})
	}
}

func TestInterruptedRowsStayHonest(t *testing.T) {
	r := NewRecorder(RecorderOptions{})
	many(r, 3000, established(0, 10*ms))
	many(r, 500, failed(0, ms, Outcome{Kind: Canceled}))
	many(r, 40, failed(0, ms, gatewayTimeout))
	result := r.Result(Run{Interrupted: true, InterruptedAt: time.Second})
	tests := []struct {
		threshold string
		want      Verdict
		note      string
	}{
		{"504 rate < 0.1%", Fail, "40 of 3,040"},
		{"504 rate < 5%", Inconclusive, "interrupted"},
		{"handshake p95 < 1s", Inconclusive, "interrupted"}, // the 500 canceled would fail it
		{"handshake p99.9 < 1s", Fail, "40 of 3,040"},
		{"504 count > 100", Inconclusive, "interrupted"},
		{"504 count <= 10", Fail, ""},
		{"handshake max < 1s", Fail, "40 of 3,040"},
		{"service max > 1s", Inconclusive, "interrupted"},
	}
	for _, test := range tests {
		t.Run(test.threshold, func(t *testing.T) {
			j := result.judge(threshold(t, test.threshold))
			if j.Verdict != test.want || !strings.Contains(j.Note, test.note) {
				t.Errorf("%v %q, want %v %q", j.Verdict, j.Note, test.want, test.note)
			}
		})
	}
}

func TestZeroThresholdIsInconclusive(t *testing.T) {
	r := NewRecorder(RecorderOptions{})
	many(r, 10, established(0, ms))
	result := r.Result(Run{})
	result.Judge([]Threshold{{}})
	if result.Verdict != Inconclusive {
		t.Errorf("verdict %v", result.Verdict)
	}
}
