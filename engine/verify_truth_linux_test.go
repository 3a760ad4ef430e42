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

// One server with exponential service at rate μ and Poisson arrivals at rate
// λ: response times are exponential with rate μ − λ, so p99 = ln 100/(μ − λ).
func TestVerifySingleServerQueue(t *testing.T) {
	const mu, lambda, runs, length = 200, 120, 10, time.Minute
	want := math.Log(100) / (mu - lambda)
	goal, err := results.ParseThreshold("handshake p99 < 1s")
	if err != nil {
		t.Fatal(err)
	}
	var sum float64
	covers := 0
	fmt.Printf("single server, μ %d/s, λ %d/s, %v a run: true p99 %.1f ms\n", mu, lambda, length, want*1e3)
	for n := range uint64(runs) {
		s := startServer(t, "capacity=1", "service=exponential(5ms)", fmt.Sprintf("seed=%d", n+1))
		shapes := rate(lambda, length)
		shapes[0].Arrivals = scenario.Poisson
		o := load{target: at(s.address), shapes: shapes, seed: n + 1}.run(t.Context(), t)
		s.stop()
		o.result.Judge([]results.Threshold{goal})
		j := o.result.Thresholds[0]
		if j.Value == nil || j.Low == nil {
			t.Fatalf("run %d: no p99: %+v", n+1, j)
		}
		low, high := *j.Low/1e9, math.Inf(1)
		if j.High != nil {
			high = *j.High / 1e9
		}
		if low <= want && want <= high {
			covers++
		}
		sum += *j.Value / 1e9
		fmt.Printf("run %2d  p99 %6.1f ms  95 %% [%.1f, %.1f]\n", n+1, *j.Value/1e6, low*1e3, high*1e3)
	}
	mean := sum / runs
	fmt.Printf("mean    p99 %6.1f ms, %d of %d intervals cover\n", mean*1e3, covers, runs)
	if math.Abs(mean-want) > want/10 {
		t.Errorf("mean p99 %.1f ms, want %.1f within 10 %%", mean*1e3, want*1e3)
	}
	if covers < 8 {
		t.Errorf("%d of %d intervals cover the true value, want 8 or more", covers, runs)
	}
}

func known(ns *int64) time.Duration {
	if ns == nil {
		return never
	}
	return time.Duration(*ns).Round(100 * time.Microsecond)
}
