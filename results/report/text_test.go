package report

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stampede/results"
)

var update = flag.Bool("update", false, "rewrite the goldens")

const ms = time.Millisecond

var (
	ok             = results.Outcome{Kind: results.Established}
	gatewayTimeout = results.Outcome{Kind: results.Status, Phase: results.PhaseUpgrade, Status: 504}
	refused        = results.Outcome{Kind: results.Refused, Phase: results.PhaseConnect}
	canceled       = results.Outcome{Kind: results.Canceled}
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// run makes up the recorded part of a result.
type run struct {
	options results.RecorderOptions
	about   results.Run
	r       *results.Recorder
	n       int64 // arrivals so far
}

func newRun(planned int64, bursts ...results.Burst) *run {
	m := &run{
		options: results.RecorderOptions{Planned: planned, Bursts: bursts, Addresses: []string{"127.0.0.1:9001", "[::1]:9001"}},
		about: results.Run{
			Name: "evening reconnect", URL: "ws://127.0.0.1:9001/socket", StartedAt: start, EndedAt: start.Add(61 * time.Second),
			Timeout: 10 * time.Second, Generator: results.Generator{Checks: []results.Check{{Name: "start_lag_p99", Value: 0.0002, Limit: 0.001, OK: true}}},
		},
	}
	m.r = results.NewRecorder(m.options)
	return m
}

// attempts records n attempts, one a millisecond, the i-th taking took(i).
func (m *run) attempts(n int, burst int32, o results.Outcome, took func(i int) time.Duration) {
	for i := range n {
		at := time.Duration(i) * ms
		if burst >= 0 {
			at = m.options.Bursts[burst].At
		}
		start := at + time.Duration(i%20)*10*time.Microsecond + 1
		if burst >= 0 {
			start = at + time.Duration(i)*10*time.Microsecond + 1
		}
		m.attempt(at, start, burst, o, took(i))
	}
}

// attempt records one attempt.
func (m *run) attempt(at, start time.Duration, burst int32, o results.Outcome, took time.Duration) {
	a := results.Attempt{
		N: m.n, Intended: at, Dialed: start, Started: start, Ended: start + took, Burst: burst, Outcome: o, Address: uint16(m.n % 2),
	}
	if o == ok {
		a.Connected, a.Requested = start+13*time.Microsecond, start+14*time.Microsecond
	}
	m.r.Attempt(&a)
	m.n++
}

func steadily(d time.Duration) func(int) time.Duration {
	return func(i int) time.Duration { return d + time.Duration(i)*10*time.Microsecond }
}

func (m *run) judged(t *testing.T, thresholds ...string) *results.Result {
	t.Helper()
	var goals []results.Threshold
	for _, text := range thresholds {
		g, err := results.ParseThreshold(text)
		if err != nil {
			t.Fatal(err)
		}
		goals = append(goals, g)
	}
	result := m.r.Result(m.about)
	result.Judge(goals)
	return result
}

// pictures are results as they come about, by the name of their golden.
var pictures = map[string]func(t *testing.T) *results.Result{
	"pass": func(t *testing.T) *results.Result {
		m := newRun(5000)
		m.attempts(5000, -1, ok, steadily(8*ms))
		for range 5000 {
			m.r.Close(results.HeldClose{At: 60 * time.Second, Kind: results.CleanClose})
		}
		return m.judged(t, "handshake p99 < 250ms", "504 rate < 0.1%")
	},
	"fail": func(t *testing.T) *results.Result {
		m := newRun(2001, results.Burst{At: 0, Count: 1000}, results.Burst{At: 5 * time.Second, Count: 1000, Within: 50 * ms})
		m.attempts(970, 0, ok, steadily(80*ms))
		m.attempts(30, 0, gatewayTimeout, steadily(5*time.Second))
		m.attempts(1000, 1, ok, steadily(30*ms))
		m.r.Attempt(&results.Attempt{Intended: 1, Dialed: 2, Started: 2, Ended: 11 * time.Second, Burst: -1, SYNRetransmits: 5,
			Outcome: results.Outcome{Kind: results.Timeout, Phase: results.PhaseConnect}})
		m.r.Sample(gatewayTimeout, `HTTP/1.1 504 Gateway Time-out\r\nServer: nginx`+"\x1b[31m\u202e"+strings.Repeat(" long", 30))
		for i := range 4 {
			m.r.Close(results.HeldClose{At: 8 * time.Second, Age: 2 * time.Second, Kind: results.CodeEarly + results.CloseKind(i), Code: 1013 - 7*uint16(min(i, 1))})
		}
		m.r.Warn("no subprotocol selected", 1970)
		m.r.Note("one process on 2 CPUs")
		r := m.judged(t, "handshake p99 < 250ms", "504 rate < 0.1%", "timeout count <= 3", "service p99.9 < 1s")
		r.Findings = results.Explain(r, results.Kernel{})
		return r
	},
	"refused": func(t *testing.T) *results.Result {
		m := newRun(100)
		m.attempts(100, -1, refused, steadily(ms))
		return m.judged(t)
	},
	"monitored": func(t *testing.T) *results.Result {
		m := newRun(500)
		m.attempts(400, -1, ok, steadily(8*ms))
		m.attempts(100, -1, gatewayTimeout, steadily(8*ms))
		points := func(values ...float64) (list []results.Point) {
			for i, v := range values {
				list = append(list, results.Point{At: time.Duration(i) * time.Second, Value: v})
			}
			return list
		}
		m.about.Monitors = []results.Monitor{
			{Name: "nginx", Source: "process", Looks: 3, Series: []results.Series{
				{Name: "CPU", Unit: "cores", Kind: results.Gauge, Limit: 2, Points: points(0.031, 0.998, 0.5)},
				{Name: "memory", Unit: "bytes", Kind: results.Gauge, Points: points(1.4e7, 2.1e7, 1.9e7)},
				{Name: "descriptors", Unit: "descriptors", Kind: results.Gauge, Limit: 1024, Points: points(12, 1024, 900)},
			}},
			{Name: "kernel", Source: "kernel", Looks: 3, Series: []results.Series{
				{Name: "ListenOverflows", Unit: "events", Kind: results.Counter, Points: points(849467, 856467)},
				{Name: "SyncookiesSent", Unit: "events", Kind: results.Counter, Points: points(5, 5)},
			}},
			{Name: "127.0.0.1:9100", Source: "prometheus", Looks: 3, Series: []results.Series{
				{Name: "up{job=\"\x1b[31m\"}", Kind: results.Gauge, Points: points(0.25)},
			}, Errors: []results.Warning{{Text: "no answer within 2s", Count: 2}}},
		}
		return m.judged(t)
	},
	"interrupted": func(t *testing.T) *results.Result {
		m := newRun(6000)
		m.attempts(3000, -1, ok, steadily(8*ms))
		m.attempts(12, -1, canceled, steadily(8*ms))
		m.about.Interrupted, m.about.InterruptedAt = true, 5*time.Second
		return m.judged(t, "handshake p95 < 250ms")
	},
	"partial": func(t *testing.T) *results.Result {
		m := newRun(6000)
		m.attempts(200, -1, ok, steadily(8*ms))
		m.about.Partial, m.about.Timeout = true, 0
		return m.judged(t)
	},
	"limited": func(t *testing.T) *results.Result {
		m := newRun(400)
		m.attempts(400, -1, ok, steadily(8*ms))
		m.about.Generator = results.Generator{Limited: true, Checks: []results.Check{
			{Name: "start_lag_p99", Value: 0.0002, Limit: 0.001, OK: true},
			{Name: "cpu_share", Value: 0.93, Limit: 0.7, Note: "worst second"},
		}}
		return m.judged(t, "handshake p99 < 250ms")
	},
	"inconclusive": func(t *testing.T) *results.Result {
		m := newRun(200)
		m.attempts(200, -1, ok, steadily(8*ms))
		return m.judged(t, "handshake p99 < 250ms", "504 rate < 0.1%", "tls p50 < 1s")
	},
	"ceiling": func(*testing.T) *results.Result {
		peak := 350.0
		r := searched()
		r.Ceiling.Scalability = &results.Scalability{Loads: 6, Peak: &peak, Retrograde: true}
		r.Ceiling.History = &results.History{AfterOverload: 700, Otherwise: 940, Dependent: true}
		r.Judge(nil)
		return r
	},
	"comparison": func(*testing.T) *results.Result {
		return answer(&results.Result{Compare: compared(0.12, 0.05, 24, results.CompareOptions{A: "ws://a", B: "ws://b"})})
	},
	"comparison-stored": func(t *testing.T) *results.Result {
		a, b := newRun(2000), newRun(2000)
		a.attempts(2000, -1, ok, steadily(20*ms))
		b.attempts(2000, -1, ok, steadily(60*ms))
		r := b.judged(t)
		r.Compare = results.CompareStored(a.judged(t), r, results.CompareOptions{A: "monday", B: "tuesday"})
		return r
	},
	"gate": func(t *testing.T) *results.Result {
		g := results.JoinGates(*goalGate(t), *gatedPairs(planned(0.3, 0.05, 24).Done()))
		return answer(&results.Result{Gate: &g, Compare: compared(0.3, 0.05, 24, results.CompareOptions{})})
	},
	"nothing": func(t *testing.T) *results.Result {
		return results.NewRecorder(results.RecorderOptions{}).Result(results.Run{})
	},
}

// answer is a result that has an answer of many runs and no run of its own.
func answer(r *results.Result) *results.Result {
	empty := results.NewRecorder(results.RecorderOptions{}).Result(results.Run{
		Name: "evening reconnect", URL: "ws://127.0.0.1:9001/socket", StartedAt: start, EndedAt: start.Add(12 * time.Minute)})
	empty.Compare, empty.Gate, empty.Ceiling = r.Compare, r.Gate, r.Ceiling
	return empty
}

// checkGolden holds a text to the file of that name, or writes it there with
// -update.
func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestText(t *testing.T) {
	for name, picture := range pictures {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			if err := Text(&got, picture(t), TextOptions{}); err != nil {
				t.Fatal(err)
			}
			checkGolden(t, name+".txt", got.String())
			for i, r := range got.String() {
				if r != '\n' && escape(string(r)) != string(r) {
					t.Errorf("byte %d is the unescaped %q", i, r)
				}
			}
		})
	}
}

func TestTextInColor(t *testing.T) {
	r := pictures["fail"](t)
	var plain, colored strings.Builder
	if err := errors.Join(Text(&plain, r, TextOptions{}), Text(&colored, r, TextOptions{Color: true})); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(colored.String(), "\x1b[31m\x1b[1mFAIL\x1b[0m · ") {
		t.Errorf("starts with %q", colored.String()[:20])
	}
	stripped := strings.NewReplacer("\x1b[31m", "", "\x1b[32m", "", "\x1b[33m", "", "\x1b[1m", "", "\x1b[0m", "").Replace(colored.String())
	if diff := cmp.Diff(plain.String(), stripped); diff != "" {
		t.Errorf("colour changes the text (-plain +stripped):\n%s", diff)
	}
}

type brokenPipe struct{}

var errPipe = errors.New("broken pipe")

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

func TestTextReportsWriteErrors(t *testing.T) {
	if err := Text(brokenPipe{}, pictures["pass"](t), TextOptions{}); !errors.Is(err, errPipe) {
		t.Errorf("error %v", err)
	}
}

// A recorded result is drawn as the live one was.
func TestTextOfReadResult(t *testing.T) {
	live := pictures["fail"](t)
	var file, want, got strings.Builder
	if err := live.Write(&file); err != nil {
		t.Fatal(err)
	}
	read, err := results.ReadResult(strings.NewReader(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Text(&want, live, TextOptions{}), Text(&got, read, TextOptions{})); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), got.String()); diff != "" {
		t.Errorf("(-live +read):\n%s", diff)
	}
}
