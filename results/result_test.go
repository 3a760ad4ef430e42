package results

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// sample is a small run with something in every part of its result.
func sampleResult() *Result {
	r := NewRecorder(plan)
	for i := range 450 {
		a := established(time.Duration(i)*2*ms, 10*ms+time.Duration(i)*100*time.Microsecond)
		a.N, a.Secured, a.ConnectLag, a.ReadLag = int64(i), a.Connected+ms, 20*time.Microsecond, 30*time.Microsecond
		if i < 100 {
			a.Burst, a.Address = 0, 1
		}
		r.Attempt(a)
	}
	for range 3 {
		a := failed(time.Second, 5*time.Second, gatewayTimeout)
		a.SYNRetransmits, a.DataRetransmits = 2, 1
		r.Attempt(a)
	}
	r.Attempt(failed(time.Second, 10*time.Second, Outcome{Kind: Timeout, Phase: PhaseConnect}))
	r.Attempt(failed(time.Second, ms, Outcome{Kind: TLS, Phase: PhaseTLS, Reason: "handshake_failure"}))
	r.Attempt(&Attempt{Intended: time.Second, Burst: -1, Outcome: noPort})
	r.Sample(gatewayTimeout, `HTTP/1.1 504 Gateway Time-out\r\nServer: <b>nginx</b>`)
	r.Close(HeldClose{At: 3 * time.Second, Age: 2 * time.Second, Kind: CodeEarly, Code: 1013})
	r.Close(HeldClose{At: 3 * time.Second, Age: 2 * time.Second, Kind: ResetEarly, Code: 1006})
	for i := range 448 {
		r.Close(HeldClose{At: 5 * time.Second, Age: 4 * time.Second, Kind: CloseKind(1 + i%3)})
	}
	r.Warn("no subprotocol selected", 450)
	r.Note("source addresses: 2")
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	result := r.Result(Run{
		Name: "evening reconnect", URL: "ws://127.0.0.1:9001/socket", StartedAt: start, EndedAt: start.Add(11 * time.Second),
		Timeout: 10 * time.Second, Interrupted: true, InterruptedAt: 10 * time.Second,
		Generator: Generator{Checks: []Check{{Name: "start_lag_p99", Value: 0.0002, Limit: 0.001, OK: true}}},
		Monitors: []Monitor{{Name: "nginx", Source: "nginx", Looks: 2, Series: []Series{{Name: "active", Unit: "connections", Kind: Gauge, Limit: 512,
			Points: []Point{{-5 * ms, 1}, {time.Second, 450}}}}, Errors: []Warning{{"no answer within 2s", 1}}}},
		Environment: map[string]string{"cpus": "2", "go": "go1.26"}, Scenario: "name: evening reconnect\n",
	})
	var goals []Threshold
	for _, text := range []string{"handshake p99 < 250ms", "504 rate < 0.1%", "timeout count <= 3"} {
		t, err := ParseThreshold(text)
		if err != nil {
			panic(err)
		}
		goals = append(goals, t)
	}
	result.Judge(goals)
	return result
}

// The JSON of a result is a contract: a change of this golden other than a
// new key breaks everyone who reads results.
func TestResultContract(t *testing.T) {
	var got bytes.Buffer
	if err := sampleResult().Write(&got); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/result.json"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(decoded(t, want), decoded(t, got.Bytes())); diff != "" {
		t.Errorf("result.json (-want +got):\n%s", diff)
	}
}

// decoded is a result's JSON with histogram texts, which zlib may write in
// more than one way, reduced to their mark.
func decoded(t *testing.T, data []byte) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	metrics := v["metrics"].(map[string]any)
	metrics["early_age"] = v["held"].(map[string]any)["early_age"]
	for _, m := range metrics {
		f := m.(map[string]any)
		if text := f["histogram"].(string); text != "" {
			f["histogram"] = text[:len("HISTFAAA")]
		}
	}
	return v
}

func TestReadResultReadsWhatWasWritten(t *testing.T) {
	want := sampleResult()
	var buf bytes.Buffer
	if err := want.Write(&buf); err != nil {
		t.Fatal(err)
	}
	text := buf.String()
	got, err := ReadResult(strings.NewReader(strings.Replace(text, `"schema"`, `"key_of_tomorrow": [1], "schema"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, private); diff != "" {
		t.Errorf("read back (-written +read):\n%s", diff)
	}
	goals, err := thresholdsOf([]*Result{got})
	if err != nil {
		t.Fatal(err)
	}
	got.Judge(goals)
	if diff := cmp.Diff(want.Thresholds, got.Thresholds); diff != "" {
		t.Errorf("judged again (-before +after):\n%s", diff)
	}
}

func TestReadResultRefuses(t *testing.T) {
	var buf bytes.Buffer
	if err := sampleResult().Write(&buf); err != nil {
		t.Fatal(err)
	}
	whole := buf.String()
	tests := []struct{ name, old, new, want string }{
		{"nothing", whole, "", "it is empty"},
		{"no JSON", whole, "PASS", "byte 1"},
		{"another document", whole, `{"metrics": {}}`, "no stampede result"},
		{"a list", whole, `[]`, "no stampede result"},
		{"another version", `result/v1"`, `result/v2"`, `"stampede/result/v2" is not "stampede/result/v1"`},
		{"cut off", whole[len(whole)/2:], "", "unexpected end"},
		{"two documents", whole, whole + whole, "after top-level value"},
		{"unknown outcome", `"outcome": "established"`, `"outcome": "fine"`, `unknown outcome "fine"`},
		{"unknown verdict", `"verdict": "inconclusive"`, `"verdict": "great"`, `unknown verdict "great"`},
		{"lost arrivals", `"arrivals": 456`, `"arrivals": 457`, "457 arrivals, but outcomes add up to 456"},
		{"no status", `"status": 504`, `"status": 0`, "no valid outcome"},
		{"broken histogram", `"histogram": "HIST`, `"histogram": "MIST`, "metrics.handshake: histogram"},
		{"timeline step", `"timeline_step_ns": 1000000000`, `"timeline_step_ns": 3000000000`, "timeline"},
		{"broken handshakes", `"handshakes": "`, `"handshakes": "x`, "timeline[0]: handshakes"},
		{"broken completions", `"completed": "`, `"completed": "x`, "bursts[0]: completed"},
		{"not a number", `"planned": 1000`, `"planned": "many"`, "planned"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(whole, test.old, test.new, 1)
			if text == whole {
				t.Fatal("the test changes nothing")
			}
			_, err := ReadResult(strings.NewReader(text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v does not say %q", err, test.want)
			}
		})
	}
}

func FuzzReadResult(f *testing.F) {
	var buf bytes.Buffer
	if err := sampleResult().Write(&buf); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	f.Add([]byte(`{"schema":"stampede/result/v1","timeline_step_ns":1000000000}`))
	f.Add([]byte(`{"schema":"stampede/result/v1","timeline_step_ns":1000000000,"arrivals":1,"outcomes":[{"outcome":"resolve","count":1}],"metrics":{"handshake":{"count":1,"infinite":1}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ReadResult(bytes.NewReader(data))
		if err != nil {
			return
		}
		r.Judge([]Threshold{{Statistic: Quantile, Hundredth: 9900, Duration: ms}, {Statistic: Rate, Percent: 1}})
		if merged, err := Merge(r, r); err == nil && merged.Arrivals != 2*r.Arrivals {
			t.Errorf("%d arrivals twice are %d", r.Arrivals, merged.Arrivals)
		}
		var again bytes.Buffer
		if err := r.Write(&again); err != nil {
			t.Fatalf("what was read can't be written: %v", err)
		}
		if _, err := ReadResult(&again); err != nil {
			t.Errorf("what was written can't be read: %v", err)
		}
	})
}
