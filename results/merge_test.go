package results

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestMergeEqualsOneRun(t *testing.T) {
	whole, a, b, c := NewRecorder(plan), NewRecorder(plan), NewRecorder(plan), NewRecorder(plan)
	feed(11, 3000, whole, a, b, c)
	run := Run{URL: "ws://127.0.0.1/", Timeout: time.Second, Environment: map[string]string{"cpus": "2"}}
	parts := []*Result{a.Result(run), b.Result(run), c.Result(run)}
	for _, p := range parts {
		p.Judge([]Threshold{threshold(t, "handshake p99 < 1s"), threshold(t, "504 rate < 50%")})
	}
	want := whole.Result(run)
	want.Judge([]Threshold{threshold(t, "handshake p99 < 1s"), threshold(t, "504 rate < 50%")})
	before := *parts[0]
	got, err := Merge(parts...)
	if err != nil {
		t.Fatal(err)
	}
	// Each process plans its own part and has its own bursts; the peak is a lower bound.
	// Neighbours in the plan were dealt to different processes, so they are not tested.
	// The slowest tenth is that of each process.
	tenths := cmpopts.IgnoreFields(Evidence{}, "Slowest", "Fastest")
	untested := cmpopts.IgnoreFields(Judgement{}, "Method")
	apart := cmpopts.IgnoreFields(Result{}, "Planned", "Bursts", "Notes", "Correlation", "Generator")
	peak := cmpopts.IgnoreFields(Held{}, "Peak", "PeakStep")
	if diff := cmp.Diff(want, got, private, apart, peak, untested, tenths); diff != "" {
		t.Errorf("merged differs from one run (-run +merged):\n%s", diff)
	}
	if got.Held.Peak > want.Held.Peak || got.Held.Peak == 0 || len(got.Notes) != 1 {
		t.Errorf("peak %d of %d, notes %q", got.Held.Peak, want.Held.Peak, got.Notes)
	}
	if len(got.Bursts) != 6 || got.Bursts[0].At > got.Bursts[5].At {
		t.Errorf("bursts %+v", got.Bursts)
	}
	if diff := cmp.Diff(&before, parts[0], private); diff != "" {
		t.Errorf("merging changed its input:\n%s", diff)
	}
}

func TestMergeOfOneIsItself(t *testing.T) {
	want := sampleResult()
	got, err := Merge(want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, private); diff != "" {
		t.Errorf("(-one +merged):\n%s", diff)
	}
}

// A run of hours has longer steps; merging goes by the longer ones.
func TestMergeOfDifferentSteps(t *testing.T) {
	short, long := NewRecorder(RecorderOptions{}), NewRecorder(RecorderOptions{})
	for i := range 10 {
		short.Attempt(established(time.Duration(i)*time.Second, 10*ms))
	}
	long.Attempt(established(3*time.Hour, ms))
	merged, err := Merge(short.Result(Run{}), long.Result(Run{}))
	if err != nil {
		t.Fatal(err)
	}
	if merged.TimelineStep != 2*time.Second || merged.Timeline[0].Arrivals != 2 || merged.Timeline[4].Held != 10 {
		t.Errorf("step %s, first %+v, fifth %+v", merged.TimelineStep, merged.Timeline[0], merged.Timeline[4])
	}
	if b := merged.Timeline[0].HandshakeBuckets(); len(b) != 1 || b[0].Count != 2 || b[0].From > 10*ms || b[0].To <= 10*ms {
		t.Errorf("the first step's handshakes are %v, want two of 10 ms", b)
	}
}

func TestMergeRefuses(t *testing.T) {
	result := func(run Run) *Result { return NewRecorder(RecorderOptions{}).Result(run) }
	tests := []struct {
		name string
		list []*Result
		want string
	}{
		{"nothing", nil, "there are none"},
		{"other targets", []*Result{result(Run{URL: "ws://a/"}), result(Run{URL: "ws://b/"})}, `number 2: target "ws://b/" is not "ws://a/"`},
		{"other deadlines", []*Result{result(Run{Timeout: time.Second}), result(Run{Timeout: time.Minute})}, "deadline of 1m is not 1s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Merge(test.list...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v does not say %q", err, test.want)
			}
		})
	}
}
