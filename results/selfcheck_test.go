package results

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// late makes arrivals that take d, the start of the i-th late by lag(i).
func late(d time.Duration, lag func(i int64) time.Duration) func(r *Recorder, n int64) {
	return func(r *Recorder, n int64) {
		for i := range n {
			at := time.Duration(i) * 2 * ms
			a := established(at, d)
			a.N = i
			a.Dialed, a.Started = at+lag(i)+1, at+lag(i)+1
			a.Connected, a.Requested, a.Ended = a.Connected+lag(i), a.Requested+lag(i), a.Ended+lag(i)
			r.Attempt(a)
		}
	}
}

func find(r *Result, name string) (Check, bool) {
	i := slices.IndexFunc(r.Generator.Checks, func(c Check) bool { return c.Name == name })
	if i < 0 {
		return Check{}, false
	}
	return r.Generator.Checks[i], true
}

func TestSelfChecks(t *testing.T) {
	inTime := func(int64) time.Duration { return 300 * time.Microsecond }
	// A process stopped for 300 ms at second 5: what was due then starts at its end.
	stopped := func(i int64) time.Duration { return max(0, min(300*ms, 5300*ms-time.Duration(i)*2*ms)) * stopping(i) }
	burst := func(span time.Duration, n int64) func(r *Recorder, n int64) {
		return func(r *Recorder, count int64) {
			for i := range count {
				a := established(0, 60*ms)
				a.N, a.Burst = i, 0
				a.Started += time.Duration(i) * span / time.Duration(n)
				a.Ended += time.Duration(i) * span / time.Duration(n)
				r.Attempt(a)
			}
		}
	}
	with := func(change func(a *Attempt)) func(r *Recorder, n int64) {
		return func(r *Recorder, n int64) {
			for i := range n {
				a := established(time.Duration(i)*2*ms, 60*ms)
				a.N = i
				change(a)
				r.Attempt(a)
			}
		}
	}
	tests := []struct {
		name      string
		options   RecorderOptions
		feed      func(r *Recorder, n int64)
		threshold string
		check     string
		ok, warn  bool
	}{
		{"in time", RecorderOptions{Planned: 5000}, late(20*ms, inTime), "handshake p99 < 250ms", checkStartLag99, true, false},
		{"3 ms late", RecorderOptions{Planned: 5000}, late(20*ms, func(int64) time.Duration { return 3 * ms }), "handshake p99 < 250ms", checkStartLag99, false, true},
		{"3 ms late, a wide goal", RecorderOptions{Planned: 5000}, late(20*ms, func(int64) time.Duration { return 3 * ms }), "handshake p99 < 500ms", checkStartLag99, true, false},
		{"11 ms late", RecorderOptions{Planned: 5000}, late(20*ms, func(int64) time.Duration { return 11 * ms }), "handshake p99 < 250ms", checkStartLag99, false, false},
		{"stopped for 300 ms", RecorderOptions{Planned: 5000}, late(20*ms, stopped), "504 rate < 1%", checkStartLag99, false, false},
		{"stopped breaks the arrival law", RecorderOptions{Planned: 5000}, late(20*ms, stopped), "504 rate < 1%", checkLaw, false, true},
		{"all late alike keep the rate", RecorderOptions{Planned: 5000}, late(20*ms, func(int64) time.Duration { return 50 * ms }), "504 rate < 1%", checkRate, true, false},
		{"half as fast", RecorderOptions{Planned: 5000}, late(20*ms, func(i int64) time.Duration { return time.Duration(i) * 2 * ms }), "504 rate < 1%", checkRate, false, false},
		{"half as fast breaks the law", RecorderOptions{Planned: 5000}, late(20*ms, func(i int64) time.Duration { return time.Duration(i) * 2 * ms }), "504 rate < 1%", checkLaw, false, false},
		{"late reading", RecorderOptions{Planned: 1000}, with(func(a *Attempt) { a.ReadLag = 30 * ms }), "handshake p99 < 250ms", checkReadLag, false, false},
		{"late connects", RecorderOptions{Planned: 1000}, with(func(a *Attempt) { a.ConnectLag = 4 * ms }), "handshake p99 < 250ms", checkConnectLag, true, false},
		{"a burst at once", RecorderOptions{Planned: 1000, Bursts: []Burst{{Count: 1000}}}, burst(25*ms, 1000), "handshake p99 < 250ms", checkLaunchSpan, true, false},
		{"a burst of 60 ms", RecorderOptions{Planned: 1000, Bursts: []Burst{{Count: 1000}}}, burst(60*ms, 1000), "handshake p99 < 250ms", checkLaunchSpan, false, true},
		{"a burst of 330 ms", RecorderOptions{Planned: 1000, Bursts: []Burst{{Count: 1000}}}, burst(330*ms, 1000), "handshake p99 < 250ms", checkLaunchSpan, false, false},
		{"a burst of 60 ms without a goal", RecorderOptions{Planned: 1000, Bursts: []Burst{{Count: 1000}}}, burst(60*ms, 1000), "504 rate < 1%", checkLaunchSpan, true, false},
		{"no port", RecorderOptions{Planned: 1000}, with(func(a *Attempt) {
			if a.N == 7 {
				a.Outcome = noPort
			}
		}), "504 rate < 1%", checkLocal, false, false},
		{"a fiftieth never started", RecorderOptions{Planned: 1000}, with(func(a *Attempt) {
			if a.N%50 == 0 {
				*a = Attempt{N: a.N, Intended: a.Intended, Burst: -1, Outcome: noPort}
			}
		}), "504 rate < 1%", checkStarted, false, false},
		{"the engine gave up", RecorderOptions{Planned: 1100}, func(r *Recorder, _ int64) { late(20*ms, inTime)(r, 1000) }, "504 rate < 1%", checkStarted, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := NewRecorder(test.options)
			test.feed(r, test.options.Planned)
			result := r.Result(Run{})
			result.Judge([]Threshold{threshold(t, test.threshold)})
			c, found := find(result, test.check)
			if !found || c.OK != test.ok || c.Warn != test.warn {
				t.Fatalf("%+v (there: %v), want ok %v, warn %v", c, found, test.ok, test.warn)
			}
			if c.Broken() && (!result.Generator.Limited || result.ExitCode() != 4 || result.Generator.Advice == "") {
				t.Errorf("broken, but limited %v, exit %d, advice %q", result.Generator.Limited, result.ExitCode(), result.Generator.Advice)
			}
		})
	}
}

// stopping is 1 for arrivals due while the process of TestSelfChecks stands still.
func stopping(i int64) time.Duration {
	if due := time.Duration(i) * 2 * ms; due >= 5*time.Second && due < 5300*ms {
		return 1
	}
	return 0
}

// Few arrivals say nothing of quantiles and laws, and must break no check.
func TestSelfChecksOfAShortRun(t *testing.T) {
	r := NewRecorder(RecorderOptions{Planned: 20})
	late(20*ms, func(i int64) time.Duration { return 40 * ms / time.Duration(i+1) })(r, 20)
	result := r.Result(Run{})
	result.Judge([]Threshold{threshold(t, "handshake max < 250ms")})
	if result.Generator.Limited || result.Verdict != Pass {
		t.Errorf("limited %v, %v: %+v", result.Generator.Limited, result.Verdict, result.Generator.Checks)
	}
}

func TestAdvice(t *testing.T) {
	r := NewRecorder(RecorderOptions{Planned: 5000})
	late(20*ms, func(i int64) time.Duration {
		if i < 2500 {
			return 0
		}
		return 60 * ms
	})(r, 5000)
	result := r.Result(Run{})
	result.Judge([]Threshold{threshold(t, "handshake p99 < 250ms")})
	const want = "start_lag_p99 was 60ms, limit 2.5ms, from 5s on (500 arrivals/s, "
	if got := result.Generator.Advice; !strings.HasPrefix(got, want) || !strings.Contains(got, ": make less load than that") {
		t.Errorf("advice %q does not begin with %q", got, want)
	}
}

// What to do about a lost worker is no matter of less load alone.
func TestAdviceOnLostWorkers(t *testing.T) {
	r := NewRecorder(RecorderOptions{})
	many(r, 1000, established(0, 10*ms))
	result := r.Result(Run{Generator: Generator{Checks: []Check{{Name: "workers_lost", Value: 1}}}})
	result.Judge(nil)
	if got := result.Generator.Advice; !strings.Contains(got, "workers_lost was 1, limit 0") || !strings.Contains(got, "the notes say how each ended") {
		t.Errorf("advice %q", got)
	}
}

// Judging again by other goals forgets what only the first ones broke, and
// keeps what the run itself was given.
func TestJudgeAgain(t *testing.T) {
	r := NewRecorder(RecorderOptions{Planned: 5000})
	late(20*ms, func(int64) time.Duration { return 11 * ms })(r, 5000)
	given := Check{Name: "cpu_share", Value: 0.5, Limit: 0.7, OK: true}
	result := r.Result(Run{Generator: Generator{Checks: []Check{given}}})
	for range 2 {
		result.Judge([]Threshold{threshold(t, "handshake p99 < 250ms")})
		if !result.Generator.Limited {
			t.Error("not limited by 11 ms of start_lag at a goal of 250 ms")
		}
		result.Judge([]Threshold{threshold(t, "handshake p99 < 2s")})
		if result.Generator.Limited {
			t.Errorf("limited at a goal of 2 s: %s", result.Generator.Advice)
		}
	}
	if c, ok := find(result, "cpu_share"); !ok || c != given {
		t.Errorf("the run's own check became %+v", c)
	}
	for _, g := range []Generator{{Limited: true}, {Checks: []Check{{Name: "cpu_share", Value: 0.9, Limit: 0.7}}}} {
		result := r.Result(Run{Generator: g})
		for range 2 {
			result.Judge(nil)
			if !result.Generator.Limited {
				t.Errorf("%+v is not limited any more", g)
			}
		}
	}
	warned := r.Result(Run{Generator: Generator{Checks: []Check{{Name: "cpu_steal", Value: 0.1, Limit: 0.02, Warn: true}}}})
	if warned.Judge(nil); warned.Generator.Limited {
		t.Error("limited by a warning")
	}
}
