package openmetrics

import (
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"stampede/results"
)

const ms = time.Millisecond

// attempts are 98 established in 4.1 ms, 5.1 ms and so on up to 101.1 ms, of
// which one had its SYN sent again, a 504 and a TLS alert.
func attempts() []results.Attempt {
	var list []results.Attempt
	for i := range 98 {
		at := time.Duration(i+1) * ms
		list = append(list, results.Attempt{N: int64(i), Intended: at, Dialed: at, Started: at, Connected: at + 900*time.Microsecond, Requested: at + ms,
			Ended: at + time.Duration(i+4)*ms + ms/10, Burst: -1, Outcome: results.Outcome{Kind: results.Established}})
	}
	list[97].SYNRetransmits = 1
	failed := results.Attempt{Intended: ms, Dialed: ms, Started: ms, Ended: 2 * ms, Burst: -1}
	for _, o := range []results.Outcome{
		{Kind: results.Status, Status: 504, Phase: results.PhaseUpgrade},
		{Kind: results.TLS, Reason: "bad\"\nalert\xff"},
	} {
		failed.Outcome = o
		list = append(list, failed)
	}
	return list
}

// recorded feeds all attempts to a recorder and to each sink.
func recorded(sinks ...func(*results.Attempt)) *results.Recorder {
	list := attempts()
	r := results.NewRecorder(results.RecorderOptions{Planned: int64(len(list))})
	for i := range list {
		r.Attempt(&list[i])
		for _, sink := range sinks {
			sink(&list[i])
		}
	}
	return r
}

func finished(t *testing.T, r *results.Recorder) *results.Result {
	t.Helper()
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	result := r.Result(results.Run{Name: "evening", URL: "ws://127.0.0.1:1/", StartedAt: start, EndedAt: start.Add(3 * time.Second)})
	result.Judge(nil)
	return result
}

// scrape asks a live run the way a scraper that wants this format does.
func scrape(t *testing.T, h http.Handler, accept string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("GET", "/metrics", nil)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	return w
}

// What is told while a run goes is in its result afterwards, to the number.
func TestLiveEqualsTheResult(t *testing.T) {
	var live Live
	r := recorded(live.Attempt)
	live.End(r, 3*time.Second)
	var stored strings.Builder
	if err := Write(&stored, finished(t, r)); err != nil {
		t.Fatal(err)
	}
	page := scrape(t, live.Handler(), "application/openmetrics-text; version=1.0.0").Body.String()
	told, kept := counts(page), counts(stored.String())
	for _, one := range []string{`stampede_run_info{name="",url=""`, "stampede_handshakes_in_flight", "stampede_connections_held"} {
		delete(told, one)
	}
	for _, one := range []string{`stampede_run_info{name="evening",url="ws://127.0.0.1:1/"`, `stampede_run_verdict{verdict="pass"`, "stampede_generator_limited"} {
		delete(kept, one)
	}
	if diff := cmp.Diff(kept, told); diff != "" {
		t.Errorf("a scrape at the end (-result +scrape):\n%s", diff)
	}
}

// counts are the samples of a page but for bounds of buckets, which a result
// knows to 0.1 % only.
func counts(page string) map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(page) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "} "); ok && !strings.Contains(name, "_bucket") {
			m[name] = value
		} else if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(line, "#") && !strings.Contains(name, "{") {
			m[name] = value
		}
	}
	return m
}

func TestWriteSaysWhatHappened(t *testing.T) {
	var page strings.Builder
	if err := Write(&page, finished(t, recorded())); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`stampede_handshakes_total{outcome="established",phase="",reason="",status=""} 98.0`,
		`stampede_handshakes_total{outcome="status",phase="upgrade",reason="",status="504"} 1.0`,
		`stampede_handshakes_total{outcome="tls",phase="",reason="bad\"\nalert�",status=""} 1.0`,
		`stampede_handshake_seconds_bucket{le="0.1"} 96`,
		`stampede_handshake_seconds_bucket{le="60.0"} 98`,
		`stampede_handshake_seconds_bucket{le="+Inf"} 100`,
		`stampede_handshake_seconds_sum +Inf`,
		`stampede_service_seconds_count 98`,
		`stampede_service_seconds_sum 5.1548`,
		`stampede_connect_seconds_bucket{le="0.001"} 98`,
		`stampede_arrivals_planned 100.0`,
		`stampede_syn_retransmissions_total 1.0`,
		`stampede_run_elapsed_seconds 3.0`,
		`stampede_run_info{name="evening",url="ws://127.0.0.1:1/"} 1.0`,
		`stampede_run_verdict{verdict="pass"} 1.0`,
	} {
		if !strings.Contains(page.String(), want+"\n") {
			t.Errorf("the page lacks %s", want)
		}
	}
	if !strings.HasSuffix(page.String(), "\n# EOF\n") {
		t.Error("the page does not end in # EOF")
	}
	if t.Failed() {
		t.Log(page.String())
	}
}

func TestNamesKeepTheConventions(t *testing.T) {
	var live Live
	r := recorded(live.Attempt)
	a := measured(&attempts()[0])
	r.Attempt(a)
	live.Attempt(a)
	live.Tick(r, time.Second, Open{InFlight: 3, Held: 2})
	stored := told{result: finished(t, r)}
	if err := stored.figures.read(stored.result); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]prometheus.Collector{"live": &live, "stored": &stored} {
		problems, err := testutil.CollectAndLint(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s: %s", name, p.Metric, p.Text)
		}
	}
}

// A scraper that asks for protocol buffers gets native histograms as well,
// with every value in the bucket it belongs in.
func TestNativeHistograms(t *testing.T) {
	var live Live
	live.End(recorded(live.Attempt), time.Second)
	page := scrape(t, live.Handler(), string(expfmt.NewFormat(expfmt.TypeProtoDelim)))
	var h *dto.Histogram
	for d := expfmt.NewDecoder(page.Body, expfmt.ResponseFormat(page.Header())); h == nil; {
		var family dto.MetricFamily
		if err := d.Decode(&family); err != nil {
			t.Fatalf("no handshake histogram: %v", err)
		}
		if family.GetName() == "stampede_handshake_seconds" {
			h = family.Metric[0].GetHistogram()
		}
	}
	if len(h.Bucket) < len(classic) || h.GetSchema() != schema || h.GetSampleCount() != 100 {
		t.Errorf("%d classic buckets, schema %d, %d values", len(h.Bucket), h.GetSchema(), h.GetSampleCount())
	}
	want := map[int]int64{beyondNative: 2}
	for i := range 98 {
		want[int(math.Ceil(math.Log2((float64(i)+4.1)/1000)*perDoubling))]++
	}
	if diff := cmp.Diff(want, spans(h)); diff != "" {
		t.Errorf("native buckets (-want +got):\n%s", diff)
	}
}

// spans reads native buckets as they travel: stretches, and differences.
func spans(h *dto.Histogram) map[int]int64 {
	m := map[int]int64{}
	bucket, i, n := 0, 0, int64(0)
	for _, s := range h.PositiveSpan {
		bucket += int(s.GetOffset())
		for range s.GetLength() {
			if n += h.PositiveDelta[i]; n != 0 {
				m[bucket] = n
			}
			bucket, i = bucket+1, i+1
		}
	}
	return m
}

// Each kind of bucket counts exactly what is not above its end.
func TestBucketsEndWhereTheySay(t *testing.T) {
	for _, end := range classic {
		var h histogram
		h.add(end, 2)
		h.add(end+1, 3)
		up, sparse, _ := h.buckets()
		var all int64
		for k, n := range sparse {
			all += n
			if d := endOf(k); d < end || endOf(k-1) > end+1 {
				t.Errorf("%v is in the native bucket that ends at %v", end, d)
			}
		}
		if up[end.Seconds()] != 2 || all != 5 {
			t.Errorf("%d are up to %v and %d in all, want 2 and 5", up[end.Seconds()], end, all)
		}
	}
}

func TestDurationsBeyondTheBuckets(t *testing.T) {
	var h histogram
	h.add(-time.Second, 1)
	h.add(0, 1)
	h.add(time.Hour, 1)
	up, sparse, zero := h.buckets()
	if zero != 2 || sparse[lastNative] != 1 || up[60] != 2 || h.total() != 3 {
		t.Errorf("zero %d, sparse %v, up to a minute %d, in all %d", zero, sparse, up[60], h.total())
	}
	h.metric(durations[0], time.Now()) // panics if the buckets don't add up
}

func TestPartialResultHasItsCounters(t *testing.T) {
	r := recorded().Result(results.Run{Partial: true})
	var page strings.Builder
	if err := Write(&page, r); err != nil {
		t.Fatal(err)
	}
	if s := page.String(); !strings.Contains(s, `status="504"} 1.0`) || strings.Contains(s, "_bucket") {
		t.Errorf("a partial result:\n%s", s)
	}
}

func TestAttemptAllocatesNothing(t *testing.T) {
	var live Live
	r := recorded(live.Attempt)
	live.Tick(r, time.Second, Open{})
	list := attempts()
	i := 0
	if n := testing.AllocsPerRun(200, func() {
		live.Attempt(&list[i%len(list)])
		i++
	}); n != 0 {
		t.Errorf("%v allocations an attempt", n)
	}
	if n := testing.AllocsPerRun(20, func() { live.Tick(r, time.Second, Open{}) }); n != 0 {
		t.Errorf("%v allocations a tick", n)
	}
}

// A tick does not wait for a scrape that is copying.
func TestTickNeverWaits(t *testing.T) {
	var live Live
	r := recorded(live.Attempt)
	live.mu.Lock()
	live.Tick(r, time.Second, Open{}) // would never return
	live.mu.Unlock()
	if live.told.started != 0 {
		t.Error("it wrote what a scrape was reading")
	}
	live.Tick(r, time.Second, Open{})
	if live.told.started != 100 {
		t.Errorf("the next tick told of %d attempts, want 100", live.told.started)
	}
}

func BenchmarkAttempt(b *testing.B) {
	var live Live
	list := attempts()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		live.Attempt(&list[i%len(list)])
	}
}

func BenchmarkTick(b *testing.B) {
	var live Live
	r := recorded(live.Attempt)
	b.ReportAllocs()
	for b.Loop() {
		live.Tick(r, time.Second, Open{})
	}
}
