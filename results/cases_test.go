package results

import (
	"fmt"
	"testing"
	"time"
)

// within reports whether got is want or at most one part in a thousand above.
func within(got *int64, want time.Duration) bool {
	return got != nil && *got >= int64(want) && *got <= int64(want)+int64(want)/1000
}

// T07: 200 known delays of 1 to 200 ms. Tools rounded to two digits, so that
// p99 came out above the maximum.
func TestT07KnownDelays(t *testing.T) {
	r := NewRecorder(RecorderOptions{})
	for i := range 200 {
		r.Attempt(established(time.Duration(i)*ms, time.Duration(i+1)*ms))
	}
	f := r.Result(Run{}).Metrics.Handshake
	if !within(f.P50, 100*ms) || !within(f.P90, 180*ms) || !within(f.P95, 190*ms) {
		t.Errorf("p50 %d, p90 %d, p95 %d", *f.P50, *f.P90, *f.P95)
	}
	if *f.Max != int64(200*ms) || *f.Mean != int64(100*ms+ms/2) || *f.Min != int64(ms) {
		t.Errorf("max %d, mean %d, min %d", *f.Max, *f.Mean, *f.Min)
	}
	if f.P99 != nil || f.Needs["p99"] != 368 || f.Needs["p999"] != 3688 {
		t.Errorf("p99 of 200 is %v, needs %v", f.P99, f.Needs)
	}
	h := &r.values[MetricHandshake]
	for rank := int64(1); rank <= 200; rank++ {
		if v := h.at(rank); !within(&v, time.Duration(rank)*ms) || v > h.max {
			t.Errorf("rank %d is %d", rank, v)
		}
	}
}

// T07: with a population that allows p99, it is the 198th of 200, twice, and never above the maximum.
func TestT07P99BelowMax(t *testing.T) {
	r := NewRecorder(RecorderOptions{})
	for i := range 400 {
		r.Attempt(established(0, time.Duration(i%200+1)*ms))
	}
	f := r.Result(Run{}).Metrics.Handshake
	if !within(f.P99, 198*ms) || *f.P99 > *f.Max {
		t.Errorf("p99 %d, max %d", *f.P99, *f.Max)
	}
	same := NewRecorder(RecorderOptions{})
	many(same, 4000, established(0, 123456789))
	f = same.Result(Run{}).Metrics.Handshake
	if *f.P50 != 123456789 || *f.P999 != 123456789 || *f.Max != 123456789 {
		t.Errorf("p50 %d, p99.9 %d, max %d; want the one value", *f.P50, *f.P999, *f.Max)
	}
}

// T08: one outlier of 5 s among few. It is never NaN, never p99 of 1,001.
func TestT08SmallSamples(t *testing.T) {
	for _, n := range []int{1, 10, 99, 100, 367, 368, 1001} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			r := NewRecorder(RecorderOptions{})
			many(r, n-1, established(0, 10*ms))
			r.Attempt(established(0, 5*time.Second))
			f := r.Result(Run{}).Metrics.Handshake
			if f.P50 == nil || f.P90 == nil || *f.Max != int64(5*time.Second) {
				t.Fatalf("p50 %v, p90 %v, max %v", f.P50, f.P90, f.Max)
			}
			switch {
			case n < 368 && (f.P99 != nil || f.Needs["p99"] != 368):
				t.Errorf("p99 %v, needs %v", f.P99, f.Needs)
			case n >= 368 && (!within(f.P99, 10*ms) || f.Needs["p99"] != 0):
				t.Errorf("p99 %v, needs %v", f.P99, f.Needs)
			}
		})
	}
}

// T05: timeouts stay in the population, above everything.
func TestT05TimeoutsStay(t *testing.T) {
	r := NewRecorder(RecorderOptions{})
	many(r, 900, established(0, 10*ms))
	many(r, 100, failed(0, 2*time.Second, Outcome{Kind: Timeout, Phase: PhaseUpgrade}))
	m := r.Result(Run{}).Metrics
	if m.Handshake.Count != 1000 || m.Handshake.Infinite != 100 || m.Handshake.P99 != nil || m.Handshake.Max != nil || m.Handshake.Mean != nil {
		t.Errorf("handshake %+v", m.Handshake)
	}
	if m.Handshake.P90 == nil || m.Handshake.Needs["p99"] != 0 {
		t.Errorf("p90 %v, needs %v", m.Handshake.P90, m.Handshake.Needs)
	}
	if m.Service.Count != 900 || !within(m.Service.P99, 10*ms-1) {
		t.Errorf("service %+v", m.Service)
	}
}

// T09: the p99 of two processes is that of all their arrivals, not the mean of two.
func TestT09NoAveragedPercentiles(t *testing.T) {
	fast, slow := NewRecorder(RecorderOptions{}), NewRecorder(RecorderOptions{})
	many(fast, 1000, established(0, 10*ms))
	many(slow, 100, established(0, time.Second))
	merged, err := Merge(fast.Result(Run{}), slow.Result(Run{}))
	if err != nil {
		t.Fatal(err)
	}
	if f := merged.Metrics.Handshake; f.Count != 1100 || !within(f.P99, time.Second) || !within(f.P90, 10*ms) {
		t.Errorf("merged %+v", f)
	}
}

// T09: summaries without their histograms can't be merged.
func TestT09RefusesSummaries(t *testing.T) {
	r := NewRecorder(RecorderOptions{})
	many(r, 1000, established(0, 10*ms))
	a, b := r.Result(Run{}), r.Result(Run{})
	b.Metrics.Handshake.Buckets = ""
	for _, pair := range [][]*Result{{a, b}, {b, a}} {
		if _, err := Merge(pair...); err == nil {
			t.Error("merged a summary without its histogram")
		}
	}
}

// T13: a threshold without data never passes, and T14: nothing established is exit 1 without any.
func TestT13NoDataNeverPasses(t *testing.T) {
	r := NewRecorder(RecorderOptions{})
	many(r, 1000, failed(0, ms, refused))
	result := r.Result(Run{})
	tests := []struct {
		threshold string
		want      Verdict
	}{
		{"handshake p99 < 500ms", Fail},
		{"handshake max < 500ms", Fail},
		{"handshake mean < 500ms", Fail},
		{"service p99 < 500ms", Inconclusive},
		{"service max < 500ms", Inconclusive},
		{"tls mean < 500ms", Inconclusive},
		{"read_lag p50 < 500ms", Inconclusive},
	}
	for _, test := range tests {
		t.Run(test.threshold, func(t *testing.T) {
			result.Judge([]Threshold{threshold(t, test.threshold)})
			if got := result.Thresholds[0].Verdict; got != test.want {
				t.Errorf("verdict %v, want %v", got, test.want)
			}
			if code := result.ExitCode(); code != 1 {
				t.Errorf("exit %d, want 1", code)
			}
		})
	}
	result.Judge(nil)
	if code := result.ExitCode(); code != 1 {
		t.Errorf("exit %d without thresholds, want 1", code)
	}
}

// Values outside the histogram's range are counted, and counted as such.
func TestClampedValues(t *testing.T) {
	var h histogram
	for _, d := range []time.Duration{-5, 0, time.Second, 119 * time.Second, 120 * time.Second, 131 * time.Second, 200 * time.Second} {
		h.record(d)
	}
	f := h.figures(0)
	if f.Count != 7 || f.TooLow != 1 || f.TooHigh != 2 || *f.Max != int64(200*time.Second) || *f.Min != 0 {
		t.Errorf("count %d, too low %d, too high %d, max %d, min %d", f.Count, f.TooLow, f.TooHigh, *f.Max, *f.Min)
	}
	if f.Sum != int64(571*time.Second) {
		t.Errorf("sum %d", f.Sum)
	}
}
