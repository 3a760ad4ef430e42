package results

import (
	"encoding/json"
	"testing"
	"time"
)

// trialResult is a judged run of n handshakes, one a millisecond, that were
// launched a lag late; the i-th takes took(i), and 0 is a 504.
func trialResult(t *testing.T, n int, goals []Threshold, lag time.Duration, took func(i int) time.Duration) *Result {
	t.Helper()
	rec := NewRecorder(RecorderOptions{Planned: int64(n), Addresses: []string{"127.0.0.1:1"}})
	for i := range n {
		at := time.Duration(i) * time.Millisecond
		a := Attempt{N: int64(i), Burst: -1, Intended: at, Started: at + lag + 1, Outcome: Outcome{Kind: Established}, Ended: at + lag + 1 + took(i)}
		if took(i) == 0 {
			a.Outcome = Outcome{Kind: Status, Status: 504, Phase: PhaseUpgrade}
			a.Ended = at + lag + time.Millisecond
		}
		rec.Attempt(&a)
	}
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	r := rec.Result(Run{StartedAt: start, EndedAt: start.Add(10 * time.Second)})
	r.Judge(goals)
	return r
}

func goalsOf(t *testing.T, texts ...string) (list []Threshold) {
	t.Helper()
	for _, text := range texts {
		goal, err := ParseThreshold(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, goal)
	}
	return list
}

func TestTrialGoalsHoldByCount(t *testing.T) {
	// failing handshakes of 1,000 answer 504, slow ones take 600 ms, others 10 ms.
	tests := []struct {
		goal          string
		failing, slow int
		good          bool
		badShare      float64
	}{
		{"504 rate < 0.1%", 0, 0, true, 0},
		{"504 rate < 0.1%", 1, 0, true, 0.001},
		{"504 rate < 0.1%", 2, 0, false, 0.002},
		{"handshake p99 < 500ms", 4, 6, true, 0.010},
		{"handshake p99 < 500ms", 5, 6, false, 0.011},
		{"established rate >= 99%", 10, 0, true, 0.010},
		{"established rate >= 99%", 11, 0, false, 0.011},
		{"handshake max < 500ms", 0, 0, true, 0},
		{"handshake max < 500ms", 0, 1, false, 1},
		{"handshake max < 500ms", 1, 0, false, 1},
		{"handshake mean < 100ms", 0, 100, true, 0},
		{"handshake mean < 100ms", 0, 500, false, 1},
		{"504 count <= 3", 3, 0, true, 0},
		{"504 count <= 3", 4, 0, false, 1},
		{"ready p99 < 1s", 0, 0, false, 1}, // no data shows no goal met
	}
	for _, test := range tests {
		goals := goalsOf(t, test.goal)
		r := trialResult(t, 1000, goals, 0, func(i int) time.Duration {
			switch {
			case i < test.failing:
				return 0
			case i < test.failing+test.slow:
				return 600 * time.Millisecond
			}
			return 10 * time.Millisecond
		})
		row := r.Trial(1000, goals)
		if row.Good != test.good || row.BadShare != test.badShare || !row.Valid {
			t.Errorf("%s with %d failed and %d slow: good %v, bad share %v, valid %v (%s); want %v, %v, true", test.goal,
				test.failing, test.slow, row.Good, row.BadShare, row.Valid, row.Invalid, test.good, test.badShare)
		}
	}
}

func TestTrialShowsTheGoalFurthestBeyondItsLimit(t *testing.T) {
	goals := goalsOf(t, "handshake p99 < 500ms", "504 rate < 0.1%")
	r := trialResult(t, 1000, goals, 0, func(i int) time.Duration {
		if i < 5 {
			return 0
		}
		return 10 * time.Millisecond
	})
	row := r.Trial(1000, goals)
	if row.Good || row.BadShare != 0.005 || !row.Goals[0].Good || row.Goals[1].Good {
		t.Errorf("five of 1,000 failed: %+v, want p99 good, 504 rate not, and its share of 0.5 %%", row)
	}
	if row.Established != 995 || row.Failures["504"] != 0.005 || row.Duration != 10*time.Second {
		t.Errorf("row %+v, want 995 established, 0.5 %% 504, 10 s", row)
	}
	if row.Goodput != 995 || row.InFlight < 9.9 || row.InFlight > 10 {
		t.Errorf("goodput %v/s with %v in flight, want 995/s with 9.95", row.Goodput, row.InFlight)
	}
}

func TestTrialIsInvalidWhereTheRunMeasuredItself(t *testing.T) {
	goals := goalsOf(t, "handshake p99 < 500ms")
	quick := func(int) time.Duration { return 10 * time.Millisecond }
	tests := []struct {
		name string
		lag  time.Duration
		edit func(r *Result)
		want bool
	}{
		{"as planned", 0, func(*Result) {}, true},
		{"interrupted", 0, func(r *Result) { r.Interrupted = true }, false},
		{"unfinished", 0, func(r *Result) { r.Partial = true }, false},
		{"generator-limited", 0, func(r *Result) { r.Generator.Limited = true }, false},
		{"fewer arrivals than planned", 0, func(r *Result) { r.Planned++ }, false},
		{"good only without its own delays", 495 * time.Millisecond, func(r *Result) { r.Generator.Limited = false }, false},
	}
	for _, test := range tests {
		r := trialResult(t, 1000, goals, test.lag, quick)
		test.edit(r)
		if row := r.Trial(100, goals); row.Valid != test.want || (row.Invalid == "") != test.want {
			t.Errorf("%s: valid %v (%q), want %v", test.name, row.Valid, row.Invalid, test.want)
		}
	}
}

// 25 of 1,000 are late, 10 of them by this host's own 3 ms alone: that 1 % is
// too little is proved only with these. A trial counts, and 15 are too many too.
func TestTrialNeedsNoProof(t *testing.T) {
	goals := goalsOf(t, "handshake p99 < 500ms")
	r := trialResult(t, 1000, goals, 3*time.Millisecond, func(i int) time.Duration {
		switch {
		case i%100 == 7:
			return 498 * time.Millisecond
		case i%66 == 0 && i > 0:
			return 505 * time.Millisecond
		}
		return 10 * time.Millisecond
	})
	if c := r.Generator.Checks[0]; c.Name != checkBracket || !r.GeneratorLimited() {
		t.Fatalf("no proof rests on this host's delays: %+v", r.Thresholds)
	}
	if row := r.Trial(100, goals); !row.Valid || row.Good || row.BadShare != 0.025 {
		t.Errorf("valid %v (%s), good %v, share %v; want a valid trial that is bad, 0.025", row.Valid, row.Invalid, row.Good, row.BadShare)
	}
	r.Generator.Checks = append(r.Generator.Checks, Check{Name: "start_lag_p99"})
	if row := r.Trial(100, goals); row.Valid {
		t.Error("valid, though a check of this host is broken")
	}
}

func TestCeilingEndingsHaveVerdictsAndExitCodes(t *testing.T) {
	tests := []struct {
		ceiling Ceiling
		verdict Verdict
		code    int
	}{
		{Ceiling{Status: CeilingConfirmed}, Pass, 0},
		{Ceiling{Status: CeilingAtLeast, Reason: ReasonMaxLoad}, Pass, 0},
		{Ceiling{Status: CeilingBelow, Reason: ReasonMinLoad}, Fail, 1},
		{Ceiling{}, Inconclusive, 3},
		{Ceiling{Reason: ReasonUnstable}, Inconclusive, 3},
		{Ceiling{Reason: ReasonBudget}, Inconclusive, 3},
		{Ceiling{Reason: ReasonInterrupted}, Inconclusive, 3},
		{Ceiling{Reason: ReasonGeneratorLimited}, Inconclusive, 4},
	}
	for _, test := range tests {
		r := Result{Ceiling: &test.ceiling}
		r.Judge(nil)
		if r.Verdict != test.verdict || r.ExitCode() != test.code {
			t.Errorf("%s, %s: %s, exit code %d; want %s, %d", test.ceiling.Status, test.ceiling.Reason, r.Verdict, r.ExitCode(), test.verdict, test.code)
		}
	}
}

func TestCeilingStatusWordsRoundTrip(t *testing.T) {
	for _, s := range []CeilingStatus{CeilingInconclusive, CeilingConfirmed, CeilingAtLeast, CeilingBelow} {
		text, _ := s.MarshalText()
		var back CeilingStatus
		if err := back.UnmarshalText(text); err != nil || back != s {
			t.Errorf("%s came back as %s (%v)", s, back, err)
		}
	}
	if err := new(CeilingStatus).UnmarshalText([]byte("certain")); err == nil {
		t.Error("an unknown status was accepted")
	}
}

func TestCeilingKeysAreAContract(t *testing.T) {
	p99 := int64(1)
	data, err := json.Marshal(Result{Ceiling: &Ceiling{
		Of: LoadBurst, Value: 940, Low: 905, High: 985, Unit: LoadBurst.Unit(), Status: CeilingConfirmed, LimitedBy: "504 rate < 0.1%", SafeLoad: 890,
		Trials: []Trial{{Load: 920, Good: true, Valid: true, P99: &p99}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Ceiling map[string]any }
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"of": "burst", "value": 940.0, "low": 905.0, "high": 985.0, "unit": "handshakes", "status": "confirmed",
		"limited_by": "504 rate < 0.1%", "safe_load": 890.0}
	for key, value := range want {
		if got.Ceiling[key] != value {
			t.Errorf("%s is %v, want %v", key, got.Ceiling[key], value)
		}
	}
	trial := got.Ceiling["trials"].([]any)[0].(map[string]any)
	for key, value := range map[string]any{"load": 920.0, "good": true, "valid": true, "bad_share": 0.0, "p99_ns": 1.0} {
		if trial[key] != value {
			t.Errorf("trials[0].%s is %v, want %v", key, trial[key], value)
		}
	}
}

// curveTrials are valid trials along a scalability law, load by load.
func curveTrials(loads []float64, goodput func(n float64) float64) (list []Trial) {
	for _, n := range loads {
		list = append(list, Trial{Load: int64(n), Valid: true, InFlight: n, Goodput: goodput(n)})
	}
	return list
}

func TestScalingFindsTheLawBehindTheTrials(t *testing.T) {
	loads := []float64{1, 2, 5, 10, 20, 50, 100, 200}
	law := func(sigma, kappa float64) func(n float64) float64 {
		return func(n float64) float64 { return 100 * n / (1 + sigma*(n-1) + kappa*n*(n-1)) }
	}
	if s := Scaling(curveTrials(loads, law(0.02, 0.0005))); s == nil || !s.Retrograde || s.Peak == nil ||
		*s.Peak < 44 || *s.Peak > 45 || s.Loads != 8 {
		t.Errorf("σ 0.02, κ 0.0005: %+v, want retrograde beyond 44.3", s)
	}
	if s := Scaling(curveTrials(loads, law(0.05, 0))); s == nil || s.Retrograde || (s.Peak != nil && *s.Peak < 1000) {
		t.Errorf("σ 0.05 alone: %+v, want no peak", s)
	}
	if s := Scaling(curveTrials(loads[:5], law(0.02, 0.0005))); s != nil {
		t.Errorf("five loads: %+v, want nothing", s)
	}
	invalid := curveTrials(loads, law(0.02, 0.0005))
	for i := range invalid {
		invalid[i].Valid = i < 5
	}
	if s := Scaling(invalid); s != nil {
		t.Errorf("five valid loads: %+v, want nothing", s)
	}
}

func TestHistoryShowsACeilingThatOverloadLowers(t *testing.T) {
	search := func(after, otherwise int64) (list []Trial) {
		edge := otherwise
		for i := range int64(40) {
			load := 900 + 10*(i%20)
			switch i % 4 {
			case 2:
				load = 1300
			case 3:
				load = 500 + 15*(i%20)
			}
			list = append(list, Trial{Load: load, Valid: true, Good: load <= edge})
			edge = otherwise
			if load == 1300 {
				edge = after
			}
		}
		return list
	}
	if h := DependsOnHistory(search(650, 1000), 950, 1050); h == nil || !h.Dependent || h.AfterOverload >= 700 || h.Otherwise < 900 {
		t.Errorf("650 after an overload, 1,000 otherwise: %+v, want dependent", h)
	}
	if h := DependsOnHistory(search(1000, 1000), 950, 1050); h != nil && h.Dependent {
		t.Errorf("1,000 always: %+v, want independent", h)
	}
	if h := DependsOnHistory(nil, 950, 1050); h != nil {
		t.Errorf("no trials: %+v, want nothing", h)
	}
}

func TestLittleGapFindsBookkeepingThatDoesNotAdd(t *testing.T) {
	steady := func() *Result {
		return trialResult(t, 20000, nil, 0, func(int) time.Duration { return 100 * time.Millisecond })
	}
	r := steady()
	if gap, ok := r.LittleGap(); !ok || gap > 0.1 {
		t.Errorf("1,000/s of 100 ms: gap %.3f, %v; want at most 10 %%", gap, ok)
	}
	if row := r.Trial(1000, nil); row.LittleGap == nil || *row.LittleGap > 0.1 {
		t.Errorf("the trial's row tells %v, want at most 10 %%", row.LittleGap)
	}
	for i := range r.Timeline {
		r.Timeline[i].InFlight *= 2
	}
	if gap, ok := r.LittleGap(); !ok || gap < 0.8 {
		t.Errorf("twice as many in flight: gap %.3f, %v; want about 100 %%", gap, ok)
	}
	few := trialResult(t, 1000, nil, 0, func(int) time.Duration { return 100 * time.Millisecond })
	if gap, ok := few.LittleGap(); ok {
		t.Errorf("a second of arrivals: gap %.3f, want no judgement", gap)
	}
	failing := trialResult(t, 20000, nil, 0, func(i int) time.Duration { return time.Duration(i%2) * 100 * time.Millisecond })
	if gap, ok := failing.LittleGap(); ok {
		t.Errorf("every other attempt failed: gap %.3f, want no judgement", gap)
	}
}

func TestTrialTellsHowLongTheLastBurstTook(t *testing.T) {
	r := NewRecorder(RecorderOptions{Planned: 3, Bursts: []Burst{{Count: 1}, {At: 5 * time.Second, Count: 2}}})
	for i, a := range []*Attempt{established(0, 900*ms), established(5*time.Second, 40*ms), failed(5*time.Second, 70*ms, gatewayTimeout)} {
		a.N = int64(i)
		r.Attempt(a)
	}
	if got := r.Result(Run{}).Trial(2, nil).Drain; got != 70*ms {
		t.Errorf("%v, want the 70 ms of the last to end", got)
	}
}
