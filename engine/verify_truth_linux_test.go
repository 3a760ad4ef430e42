//go:build verify

package engine

import (
	"fmt"
	"math"
	"testing"
	"time"

	"stampede/results"
	"stampede/scenario"
)

// Runs whose true answer is known, too long for every change.

// TestInjectedLaws with twice the handshakes.
func TestVerifyInjectedLaws(t *testing.T) { testInjectedLaws(t, 40*time.Second) }

// A server that stands still for D at the end of every T, under an even rate
// it serves at once: an arrival is slower than x if it comes in the first
// D − x of a freeze, so the p-quantile is D − (1 − p)·T.
func TestVerifyFreezes(t *testing.T) {
	const perSecond, d, period, freezes = 500, 200 * time.Millisecond, 10 * time.Second, 4
	accurate(t, func() load {
		// The run begins less than a second after the server, and a freeze
		// is at a period's end, so whole periods have whole freezes.
		s := startServer(t, fmt.Sprintf("freeze=%v/%v", d, period))
		return load{target: at(s.address), shapes: rate(perSecond, freezes*period)}
	}, func(o *outcome) error {
		o.want(t, map[string]int64{"established": perSecond * freezes * int64(period/time.Second)})
		h := o.result.Metrics.Handshake
		fmt.Printf("freezes of %v every %v: p99 %v (true 100ms), p99.9 %v (true 190ms)\n", d, period, known(h.P99), known(h.P999))
		return firstOf(
			near("p99", h.P99, d-period/100, 5*time.Millisecond),
			near("p99.9", h.P999, d-period/1000, 5*time.Millisecond))
	})
}

// The queue of TestVerifySingleServerQueue: exponential service at rate μ,
// Poisson arrivals at rate λ, both a second.
const (
	queueMu, queueLambda = 200, 120
	queueLength          = time.Minute
)

// One server with a queue: response times are exponential with rate μ − λ, so
// p99 = ln 100/(μ − λ). A run in which the generator was itself the limit is
// made again, with other draws.
func TestVerifySingleServerQueue(t *testing.T) {
	const runs = 10
	want := math.Log(100) / (queueMu - queueLambda)
	fmt.Printf("single server, μ %d/s, λ %d/s, %v a run: true p99 %.1f ms\n", queueMu, queueLambda, queueLength, want*1e3)
	var sum float64
	covers, valid := 0, 0
	for seed := uint64(1); valid < runs; seed++ {
		if seed > 2*runs {
			t.Fatalf("only %d of %d runs measured the server", valid, 2*runs)
		}
		r := queueRun(t, seed)
		if r.Generator.Limited {
			fmt.Printf("seed %2d  made again: %s\n", seed, r.Generator.Advice)
			continue
		}
		valid++
		p99, low, high := quantileSeconds(t, &r.Thresholds[0])
		if low <= want && want <= high {
			covers++
		}
		sum += p99
		fmt.Printf("seed %2d  p99 %6.1f ms  95 %% [%.1f, %.1f]\n", seed, p99*1e3, low*1e3, high*1e3)
	}
	mean := sum / runs
	fmt.Printf("mean     p99 %6.1f ms, %d of %d intervals cover\n", mean*1e3, covers, runs)
	if math.Abs(mean-want) > want/10 {
		t.Errorf("mean p99 %.1f ms, want %.1f within 10 %%", mean*1e3, want*1e3)
	}
	if covers < 8 {
		t.Errorf("%d of %d intervals cover the true value, want 8 or more", covers, runs)
	}
}

func queueRun(t *testing.T, seed uint64) *results.Result {
	t.Helper()
	goal, err := results.ParseThreshold("handshake p99 < 100ms")
	if err != nil {
		t.Fatal(err)
	}
	s := startServer(t, "capacity=1", fmt.Sprintf("service=exponential(%v)", time.Second/queueMu), fmt.Sprintf("seed=%d", seed))
	defer s.stop()
	shapes := rate(queueLambda, queueLength)
	shapes[0].Arrivals = scenario.Poisson
	o := load{target: at(s.address), shapes: shapes, seed: seed}.run(t.Context(), t)
	o.result.Judge([]results.Threshold{goal})
	return o.result
}

// quantileSeconds is a judged quantile with its interval, which may have no end.
func quantileSeconds(t *testing.T, j *results.Judgement) (value, low, high float64) {
	t.Helper()
	if j.Value == nil || j.Low == nil {
		t.Fatalf("no figure: %+v", j)
	}
	high = math.Inf(1)
	if j.High != nil {
		high = *j.High / 1e9
	}
	return *j.Value / 1e9, *j.Low / 1e9, high
}

func known(ns *int64) time.Duration {
	if ns == nil {
		return never
	}
	return time.Duration(*ns).Round(100 * time.Microsecond)
}
