package report

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"

	"stampede/internal/missing"
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

// hlogRow is what a reader finds in a log under one tag.
type hlogRow struct {
	tag         string
	start, end  int64 // ms since the epoch
	count, max  int64
	percentiles [4]int64 // hlogPercentiles
}

var hlogPercentiles = [4]float64{50, 90, 95, 99}

// hlogReaders are programs that read logs, each with its own code.
var hlogReaders = map[string]func(*testing.T, string) []hlogRow{"go": readHLog, "java": readHLogInJava}

// What readers find in a log is what is in the result.
func TestHLogRoundTrip(t *testing.T) {
	tags := map[string]results.Metric{
		"R.ok": results.MetricHandshake, "S.ok": results.MetricService,
		"connect": results.MetricConnect, "upgrade": results.MetricUpgrade, "start_lag": results.MetricStartLag,
	}
	for name, read := range hlogReaders {
		t.Run(name, func(t *testing.T) {
			r := hlogResult(t)
			var text strings.Builder
			if err := HLog(&text, r); err != nil {
				t.Fatal(err)
			}
			found := read(t, text.String())
			if len(found) != len(tags) {
				t.Errorf("%d histograms, want %d", len(found), len(tags))
			}
			for _, row := range found {
				m, known := tags[row.tag]
				if !known {
					t.Errorf("a tag of nothing measured: %s", row.tag)
					continue
				}
				checkHLogRow(t, row, r, m)
			}
		})
	}
}

func readHLog(t *testing.T, text string) (rows []hlogRow) {
	t.Helper()
	for log := hdr.NewHistogramLogReader(strings.NewReader(text)); ; {
		h, err := log.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			return rows
		}
		row := hlogRow{tag: h.Tag(), start: h.StartTimeMs(), end: h.EndTimeMs(), count: h.TotalCount(), max: h.Max()}
		for i, p := range hlogPercentiles {
			row.percentiles[i] = h.ValueAtPercentile(p)
		}
		rows = append(rows, row)
	}
}

// hlogJar is HdrHistogram itself, where Debian puts it.
const hlogJar = "/usr/share/java/hdrhistogram.jar"

// readHLogInJava asks the reader of those who made the format.
func readHLogInJava(t *testing.T, text string) (rows []hlogRow) {
	t.Helper()
	_, noJar := os.Stat(hlogJar)
	_, noJava := exec.LookPath("java")
	if err := errors.Join(noJar, noJava); err != nil {
		missing.Part(t, "HdrHistogram's own reader: %v", err)
	}
	file := filepath.Join(t.TempDir(), "histograms.hlog")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", hlogJar, "testdata/ReadLog.java", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		var r hlogRow
		p := &r.percentiles
		if _, err := fmt.Sscan(line, &r.tag, &r.start, &r.end, &r.count, &r.max, &p[0], &p[1], &p[2], &p[3]); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		rows = append(rows, r)
	}
	return rows
}

func checkHLogRow(t *testing.T, row hlogRow, r *results.Result, m results.Metric) {
	t.Helper()
	f := r.Metrics.Of(m)
	if want := f.Count - f.Infinite; row.count != want {
		t.Errorf("%s: %d values, want %d", m, row.count, want)
	}
	if !hlogNear(row.max, *f.Largest) {
		t.Errorf("%s: max %d, want %d", m, row.max, *f.Largest)
	}
	if row.start != r.StartedAt.UnixMilli() || row.end != r.EndedAt.UnixMilli() {
		t.Errorf("%s: from %d to %d ms, want %d to %d", m, row.start, row.end, r.StartedAt.UnixMilli(), r.EndedAt.UnixMilli())
	}
	if f.Infinite > 0 {
		return // its quantiles are those of the survivors, the result's are not
	}
	for i, want := range [...]*int64{f.P50, f.P90, f.P95, f.P99} {
		if got := row.percentiles[i]; !hlogNear(got, *want) {
			t.Errorf("%s: p%v is %d, want %d", m, hlogPercentiles[i], got, *want)
		}
	}
}

// hlogNear reports whether a histogram's value is within 0.1 % of want, or
// within the least it tells apart.
func hlogNear(got, want int64) bool {
	return math.Abs(float64(got-want)) <= max(0.001*float64(want), float64(results.LowestValue))
}

// bySecond is a run of three seconds, the middle one with nothing in it, and
// its attempts.csv.
func bySecond(t *testing.T) (r *results.Result, attempts string) {
	t.Helper()
	m := newRun(500)
	m.about.StartedAt = time.Date(2026, 3, 1, 12, 0, 0, 37_000_000, time.UTC)
	text := []byte(results.CSVHeader)
	for i := range 500 {
		at, o := time.Duration(i)*2*ms, ok
		if i >= 250 {
			at += 2 * time.Second
		}
		if i%10 == 3 {
			o = gatewayTimeout
		}
		a := results.Attempt{N: int64(i), Intended: at, Dialed: at + 1000, Started: at + 1000, Connected: at + 20_000, Requested: at + 30_000,
			Ended: at + ms + time.Duration(i*37%100)*10*time.Microsecond, Burst: -1, ReadLag: 5000, Outcome: o}
		m.r.Attempt(&a)
		text = results.CSV{}.Append(text, &a)
	}
	return m.judged(t), string(text)
}

// A line for each second has exactly what ended in it, and all of them what
// the result has.
func TestHLogBySecondAddsUp(t *testing.T) {
	r, attempts := bySecond(t)
	var text strings.Builder
	if err := HLogBySecond(&text, r, strings.NewReader(attempts)); err != nil {
		t.Fatal(err)
	}
	for name, read := range hlogReaders {
		t.Run(name, func(t *testing.T) {
			counts, began := map[string]int64{}, map[int64]int64{}
			for _, row := range read(t, text.String()) {
				counts[row.tag] += row.count
				if row.end-row.start != 1000 {
					t.Errorf("%s: an interval of %d ms", row.tag, row.end-row.start)
				}
				if row.tag == "R.ok" {
					began[row.start-r.StartedAt.UnixMilli()] = row.count
				}
			}
			want := map[string]int64{"R.ok": 450, "S.ok": 450, "connect": 500, "upgrade": 450, "start_lag": 500, "read_lag": 500}
			if diff := cmp.Diff(want, counts); diff != "" {
				t.Errorf("values by tag (-want +log):\n%s", diff)
			}
			if diff := cmp.Diff(map[int64]int64{0: 225, 2000: 225}, began); diff != "" {
				t.Errorf("R.ok by second (-want +log):\n%s", diff)
			}
		})
	}
	t.Run("quantiles", func(t *testing.T) {
		all := map[string]*hdr.Histogram{}
		for log := hdr.NewHistogramLogReader(strings.NewReader(text.String())); ; {
			h, err := log.NextIntervalHistogram()
			if err != nil {
				t.Fatal(err)
			}
			if h == nil {
				break
			}
			if all[h.Tag()] == nil {
				all[h.Tag()] = h
			} else if lost := all[h.Tag()].Merge(h); lost != 0 {
				t.Errorf("%d values lost", lost)
			}
		}
		service := r.Metrics.Service
		for percentile, want := range map[float64]*int64{50: service.P50, 90: service.P90, 99: service.P99, 100: service.Largest} {
			if got := all["S.ok"].ValueAtPercentile(percentile); !hlogNear(got, *want) {
				t.Errorf("p%v of all seconds is %d, of the result %d", percentile, got, *want)
			}
		}
	})
	if n := strings.Count(text.String(), "\n#[stampede: from "); n != 2 || !strings.Contains(text.String(), "#[stampede: from 2s, 250 ended; 25 of them failed and are in no histogram]\n") {
		t.Errorf("%d comments on seconds:\n%s", n, text.String())
	}
}

// A row that comes behind those of a later second is counted in that, once.
func TestHLogBySecondKeepsLateRows(t *testing.T) {
	r, attempts := bySecond(t)
	rows := strings.SplitAfter(attempts, "\n")
	rows[10], rows[400] = rows[400], rows[10]
	var text strings.Builder
	if err := HLogBySecond(&text, r, strings.NewReader(strings.Join(rows, ""))); err != nil {
		t.Fatal(err)
	}
	var n int64
	for _, row := range readHLog(t, text.String()) {
		if row.tag == "R.ok" {
			n += row.count
		}
	}
	if n != 450 {
		t.Errorf("%d handshakes, want all 450", n)
	}
}

func TestHLogBySecondRefusesOtherAttempts(t *testing.T) {
	r, attempts := bySecond(t)
	for name, text := range map[string]string{
		"a row too few": attempts[:strings.LastIndex(strings.TrimSuffix(attempts, "\n"), "\n")+1],
		"no attempts":   "a,b\n1,2\n",
		"half a row":    strings.TrimSuffix(attempts, ",5000,,\n"),
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			if err := HLogBySecond(&log, r, strings.NewReader(text)); err == nil || log.Len() > 0 {
				t.Errorf("error %v and %d bytes, want an error and nothing", err, log.Len())
			}
		})
	}
	r.Partial = true
	if err := HLogBySecond(&strings.Builder{}, r, strings.NewReader(attempts)); err == nil {
		t.Error("a partial result was written")
	}
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
