package report

import (
	"math"
	"strings"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"

	"stampede/results"
)

// hlogResult is a result with failures that started at an odd millisecond.
func hlogResult(t *testing.T) *results.Result {
	t.Helper()
	m := newRun(1100)
	m.about.StartedAt = time.Date(2026, 3, 1, 12, 0, 0, 37_000_000, time.UTC)
	m.attempts(1000, -1, ok, steadily(20*ms))
	m.attempts(90, -1, gatewayTimeout, steadily(ms))
	m.attempts(10, -1, refused, steadily(ms))
	return m.judged(t)
}

// The reference reader finds in a log what is in the result.
func TestHLogRoundTrip(t *testing.T) {
	r := hlogResult(t)
	var text strings.Builder
	if err := HLog(&text, r); err != nil {
		t.Fatal(err)
	}
	got := map[string]*hdr.Histogram{}
	for log := hdr.NewHistogramLogReader(strings.NewReader(text.String())); ; {
		h, err := log.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			break
		}
		got[h.Tag()] = h
	}
	for tag, m := range map[string]results.Metric{
		"R.ok": results.MetricHandshake, "S.ok": results.MetricService,
		"connect": results.MetricConnect, "upgrade": results.MetricUpgrade, "start_lag": results.MetricStartLag,
	} {
		t.Run(tag, func(t *testing.T) {
			h := got[tag]
			if h == nil {
				t.Fatalf("the log has no such tag:\n%s", text.String())
			}
			checkHLogHistogram(t, h, r, m)
		})
		delete(got, tag)
	}
	if len(got) > 0 {
		t.Errorf("the log has histograms of nothing measured: %v", got)
	}
}

func checkHLogHistogram(t *testing.T, h *hdr.Histogram, r *results.Result, m results.Metric) {
	t.Helper()
	f := r.Metrics.Of(m)
	if want := f.Count - f.Infinite; h.TotalCount() != want {
		t.Errorf("%d values, want %d", h.TotalCount(), want)
	}
	if !hlogNear(h.Max(), *f.Largest) {
		t.Errorf("max %d, want %d", h.Max(), *f.Largest)
	}
	if start, length := h.StartTimeMs(), h.EndTimeMs()-h.StartTimeMs(); start != r.StartedAt.UnixMilli() || length != r.EndedAt.Sub(r.StartedAt).Milliseconds() {
		t.Errorf("starts at %d ms and lasts %d, want %d and %d", start, length, r.StartedAt.UnixMilli(), r.EndedAt.Sub(r.StartedAt).Milliseconds())
	}
	if f.Infinite > 0 {
		return // its quantiles are those of the survivors, the result's are not
	}
	for p, want := range map[float64]*int64{50: f.P50, 90: f.P90, 95: f.P95, 99: f.P99} {
		if got := h.ValueAtPercentile(p); !hlogNear(got, *want) {
			t.Errorf("p%v %d, want %d", p, got, *want)
		}
	}
}

// hlogNear reports whether a histogram's value is within 0.1 % of want, or
// within the least it tells apart.
func hlogNear(got, want int64) bool {
	return math.Abs(float64(got-want)) <= max(0.001*float64(want), float64(results.LowestValue))
}

func TestHLogHead(t *testing.T) {
	var text strings.Builder
	if err := HLog(&text, hlogResult(t)); err != nil {
		t.Fatal(err)
	}
	want := `#[stampede: 1100 arrivals, 1000 established; 100 failed and are in no histogram: 504 90, refused connect 10]
#[Histogram log format version 1.3]
#[StartTime: 1772366400.037 (seconds since epoch), 2026-03-01T12:00:00.037Z]
"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
`
	got := strings.Join(strings.SplitAfter(text.String(), "\n")[:4], "")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("head (-want +got):\n%s", diff)
	}
}

func TestHLogRefusesPartial(t *testing.T) {
	r := hlogResult(t)
	r.Partial = true
	var text strings.Builder
	if err := HLog(&text, r); err == nil || text.Len() > 0 {
		t.Errorf("error %v and %d bytes, want an error and nothing", err, text.Len())
	}
}

// A log of nothing established has no histogram of it, and says why.
func TestHLogOfFailures(t *testing.T) {
	m := newRun(10)
	m.attempts(10, -1, refused, steadily(ms))
	var text strings.Builder
	if err := HLog(&text, m.judged(t)); err != nil {
		t.Fatal(err)
	}
	if s := text.String(); !strings.Contains(s, "10 failed") || strings.Contains(s, "R.ok,") {
		t.Errorf("a log of ten failures:\n%s", s)
	}
}
