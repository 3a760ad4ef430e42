package results

import (
	"math"
	"strings"
	"testing"
	"time"
)

// gateOf feeds trials as long as the gate wants some, and says how many it took.
func gateOf(g *GoalGate, trial func(i int) *Result) (gate Gate, trials int) {
	for ; g.Wanted() > 0; trials++ {
		g.Add(trial(trials))
	}
	return g.Gate(), trials
}

func always(r *Result) func(int) *Result { return func(int) *Result { return r } }

func TestGoalGate(t *testing.T) {
	clean, slow := recorded(1000, 1, 0), recorded(1000, 20, 0)
	empty, r := planned(0).Result(Run{}), planned(100)
	many(r, 100, failed(0, ms, refused))
	refusing := r.Result(Run{})
	limitedRun := recorded(1000, 1, 0)
	limitedRun.Generator.Limited = true
	tests := []struct {
		name   string
		goal   string
		trial  func(i int) *Result
		want   Verdict
		trials int
		exit   int
		note   string
	}{
		{"holds", "handshake p99 < 250ms", always(clean), Pass, 5, 0, "0 of 5,000"},
		{"fails", "handshake p99 < 250ms", always(slow), Fail, 5, 1, ""},
		{"1 % of 504", "504 rate < 0.1%", always(recorded(1000, 1, 10)), Fail, 5, 1, "50 of 5,000"},
		{"5,000 clean prove 0.1 %", "504 rate < 0.1%", always(clean), Pass, 5, 0, "0 of 5,000"},
		{"20,000 clean don't prove 0.01 %", "504 rate < 0.01%", always(clean), Inconclusive, 20, 3, "0 of 20,000: not proved"},
		{"on the limit", "504 rate < 0.2%", always(recorded(1000, 1, 2)), Inconclusive, 20, 3, "not proved"},
		{"clumps are seen off until 20", "504 rate < 2%", func(i int) *Result {
			if i%5 == 0 {
				return recorded(1000, 1, 20)
			}
			return clean
		}, Pass, 20, 0, "80 of 20,000"},
		{"a floor", "established rate > 99%", always(clean), Pass, 5, 0, ""},
		{"a count holds in every trial", "504 count <= 3", always(recorded(1000, 1, 2)), Pass, 5, 0, "5 of 5 trials"},
		{"a count fails in one", "504 count <= 3", func(i int) *Result {
			if i == 3 {
				return recorded(1000, 1, 4)
			}
			return clean
		}, Fail, 5, 1, "trial 4 failed it"},
		{"few arrivals are enough together", "handshake p99 < 250ms", always(recorded(100, 1, 0)), Pass, 5, 0, "0 of 500"},
		{"too few altogether", "handshake p99 < 250ms", always(recorded(15, 1, 0)), Inconclusive, 20, 3, "needs n ≥ 368"},
		{"nothing established", "handshake p99 < 250ms", always(refusing), Fail, 1, 1, "no data"},
		{"no arrival", "handshake p99 < 250ms", always(empty), Inconclusive, 20, 3, "no data"},
		{"generator-limited", "handshake p99 < 250ms", always(limitedRun), Inconclusive, 5, 4, "no data"},
		{"one limited trial is not counted", "handshake p99 < 250ms", func(i int) *Result {
			if i == 2 {
				return limitedRun
			}
			return clean
		}, Pass, 6, 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			gate, trials := gateOf(NewGoalGate([]Threshold{threshold(t, test.goal)}), test.trial)
			if gate.Verdict != test.want || trials != test.trials || gate.ExitCode() != test.exit {
				t.Errorf("%s after %d trials, exit %d; want %s, %d, %d", gate.Verdict, trials, gate.ExitCode(), test.want, test.trials, test.exit)
			}
			if c := gate.Checks[len(gate.Checks)-1]; !strings.Contains(c.Note, test.note) || c.Text != threshold(t, test.goal).String() {
				t.Errorf("%q: %q, want %q", c.Text, c.Note, test.note)
			}
		})
	}
}

func TestGoalGateWithoutGoals(t *testing.T) {
	g := NewGoalGate(nil)
	if gate := g.Gate(); g.Wanted() != 0 || gate.Verdict != Inconclusive {
		t.Errorf("wants %d, %s", g.Wanted(), gate.Verdict)
	}
}

// A goal that holds only by leaving out this host's own delays is no finding
// about the server.
func TestGoalGateBrackets(t *testing.T) {
	r := recorded(1000, 20, 0) // 200 to 400 ms
	low := recorded(1000, 1, 0)
	r.Metrics.HandshakeLow = low.Metrics.Handshake
	gate, _ := gateOf(NewGoalGate([]Threshold{threshold(t, "handshake p99 < 250ms")}), always(r))
	if gate.Verdict != Inconclusive || gate.ExitCode() != 4 || !strings.Contains(gate.Checks[0].Note, "without them") {
		t.Errorf("%s, exit %d: %+v", gate.Verdict, gate.ExitCode(), gate.Checks[0])
	}
}

// thirty pairs repeat ten.
func thirty(pairs []Pair) []Pair {
	return append(append(append([]Pair{}, pairs...), pairs...), pairs...)
}

func TestRegressionGate(t *testing.T) {
	p99 := []Gated{{handshakeP99, 0.1}}
	both := []Gated{{handshakeP99, 0.1}, {errorRate, 0.001}}
	tests := []struct {
		name  string
		gated []Gated
		pairs []Pair
		want  Verdict
		taken int
		note  string
	}{
		{"nothing changed", both, thirty(tenPairs(0, 0.05, 0, 0)), Pass, 10, ""},
		{"20 % slower", p99, thirty(tenPairs(0.2, 0.05, 0, 0)), Fail, 10, ""},
		{"surely 5 % slower is allowed", p99, thirty(tenPairs(0.05, 0.01, 0, 0)), Pass, 10, ""},
		{"just below the margin", p99, thirty(tenPairs(math.Log(1.1)-0.005, 0.05, 0, 0)), Inconclusive, 30, ""},
		{"too wide to tell", p99, thirty(tenPairs(0.05, 0.5, 0, 0)), Inconclusive, 30, ""},
		{"more failures", both, thirty(tenPairs(0, 0.05, 0, 15)), Fail, 10, ""},
		{"more failures, within the margin", both, thirty(tenPairs(0, 0.05, 0, 1)), Pass, 10, ""},
		{"faster by failing", both, thirty(tenPairs(-0.3, 0.05, 0, 29)), Fail, 10, ""},
		{"all of B is infinite", p99, infinitely(thirty(tenPairs(0, 0.05, 0, 0)), 0, 10), Fail, 10, ""},
		{"both are infinite", p99, infinitely(thirty(tenPairs(0, 0.05, 0, 0)), 10, 10), Inconclusive, 10, "nothing to compare with"},
		{"too many of the baseline are infinite", p99, infinitely(thirty(tenPairs(0, 0.05, 0, 0)), 2, 0), Inconclusive, 15, "nothing to compare with"},
		{"no ceiling changed", DefaultGatedCeiling(), searchedPairs(30, 1, 0.02).Done(), Pass, 10, ""},
		{"a ceiling that is a fifth lower", DefaultGatedCeiling(), searchedPairs(30, 0.8, 0.02).Done(), Fail, 10, ""},
		{"a ceiling that is a fifth higher", DefaultGatedCeiling(), searchedPairs(30, 1.2, 0.02).Done(), Pass, 10, ""},
		{"a ceiling lower by nearly as much as is allowed", DefaultGatedCeiling(), searchedPairs(30, 0.954, 0.02).Done(), Inconclusive, 30, ""},
		{"a ceiling beyond its range", DefaultGatedCeiling(), searchedPairs(30, 0.8, 0.02, searched(800), ended(CeilingBelow, ReasonMinLoad, 0, 0, 10)).Done(), Inconclusive, 2, "a ceiling is below 10"},
		{"never measured", []Gated{{serviceP50, 0.1}}, thirty(tenPairs(0, 0.05, 0, 0)), Inconclusive, 30, "no data"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			pairs := test.pairs
			g, taken := NewRegressionGate(test.gated), 0
			for g.Wanted() > 0 {
				g.Add(pairs[taken])
				taken++
			}
			gate := g.Gate()
			if gate.Verdict != test.want || taken != test.taken {
				t.Errorf("%s after %d pairs, want %s after %d: %+v", gate.Verdict, taken, test.want, test.taken, gate.Checks)
			}
			if !strings.Contains(gate.Checks[0].Note, test.note) {
				t.Errorf("note %q, want %q", gate.Checks[0].Note, test.note)
			}
		})
	}
}

// The level of a fail is split among the measures: with three, ten pairs that
// all point one way are no proof, and fifteen are.
func TestRegressionGateSplitsItsLevel(t *testing.T) {
	pairs := thirty(tenPairs(0.3, 0.01, 0, 0))
	for measures, want := range map[int]int{1: 10, 2: 10, 3: 15} {
		gated := []Gated{{handshakeP99, 0.1}, {errorRate, 0.001}, {rate504, 0.001}}[:measures]
		for i := range pairs {
			pairs[i].A.Samples[rate504], pairs[i].B.Samples[rate504] = Sample{Of: 3000}, Sample{Of: 3000}
		}
		g, taken := NewRegressionGate(gated), 0
		for ; g.Wanted() > 0; taken++ {
			g.Add(pairs[taken])
		}
		if gate := g.Gate(); gate.Verdict != Fail || taken != want {
			t.Errorf("%d measures: %s after %d pairs, want fail after %d", measures, gate.Verdict, taken, want)
		}
	}
}

func TestRegressionGateGivesUp(t *testing.T) {
	g := NewRegressionGate(nil)
	g.Add(tenPairs(0, 0.05, 0, 0)[0])
	if g.Wanted() != 9 {
		t.Errorf("wants %d after one pair", g.Wanted())
	}
	g.GiveUp("pair 2 was begun 3 times: generator-limited", true)
	gate := g.Gate()
	if g.Wanted() != 0 || gate.ExitCode() != 4 || len(gate.Warnings) != 1 {
		t.Errorf("wants %d, exit %d, warnings %q", g.Wanted(), gate.ExitCode(), gate.Warnings)
	}
}

// What a check says of a ceiling is of the ceiling, less being worse.
func TestRegressionGateTellsTheCeiling(t *testing.T) {
	g := NewRegressionGate(DefaultGatedCeiling())
	for _, p := range searchedPairs(10, 0.8, 0.02).Done() {
		g.Add(p)
	}
	c := g.Gate().Checks[0]
	if c.Text != "ceiling lower by at most 5%" || c.Unit != Capacity || c.Verdict != Fail || *c.Value > -0.15 || *c.Value < -0.25 || *c.Low > *c.Value || *c.High < *c.Value {
		t.Errorf("%s: %s, %.3f [%.3f, %.3f] in %s", c.Text, c.Verdict, *c.Value, *c.Low, *c.High, c.Unit)
	}
}

func TestParseGated(t *testing.T) {
	for text, want := range map[string]Gated{
		"handshake p99 10%": {handshakeP99, 0.1}, "error rate 0.1%": {errorRate, 0.001}, "ceiling 5%": {ceilingMeasure, 0.05}, " ceiling  5% ": {ceilingMeasure, 0.05},
	} {
		if got, err := ParseGated(text); err != nil || got != want {
			t.Errorf("%q is %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "5%", "ceiling", "ceiling 0%", "ceiling 100%", "ceiling p99 5%", "handshake 5%"} {
		if got, err := ParseGated(text); err == nil {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
}

// sittings are runs of one fingerprint as many times as slow as given.
func sittings(slow ...float64) (list []*Result) {
	for _, s := range slow {
		list = append(list, recorded(1000, s, 0))
	}
	return list
}

func TestGateStored(t *testing.T) {
	p99 := []Gated{{handshakeP99, 0.1}}
	five := []float64{1, 1.01, 0.99, 1.005, 0.995}
	elsewhere := sittings(1)[0]
	elsewhere.Environment["kernel"] = "6.9"
	unfinished := sittings(1)[0]
	unfinished.Interrupted = true
	monday := sittings(1)[0]
	monday.StartedAt = time.Unix(1, 0)
	tests := []struct {
		name    string
		stored  []*Result
		fresh   *Result
		want    Verdict
		note    string
		warning string
	}{
		{"one sitting only warns", sittings(1), sittings(2)[0], Inconclusive, "only warns: it takes 5 sittings with the same fingerprint (have 1)", ""},
		{"four only warn", sittings(five[:4]...), sittings(2)[0], Inconclusive, "only warns", ""},
		{"five fail what is twice as slow", sittings(five...), sittings(2)[0], Fail, "", ""},
		{"five pass what is like them", sittings(five...), sittings(1)[0], Pass, "", ""},
		{"5 % is within the margin", sittings(five...), sittings(1.05)[0], Inconclusive, "within the margin", ""},
		{"sittings that differ decide nothing", sittings(1, 1.3, 0.8, 1.1, 0.9), sittings(1.2)[0], Inconclusive, "differ by more than the margin", ""},
		{"another kernel is another baseline", append(sittings(five[:4]...), elsewhere), sittings(2)[0], Inconclusive, "only warns", `1 of 5 stored runs have another fingerprint (kernel: "6.9" and "6.1") and were left out`},
		{"one given five times is one", []*Result{monday, monday, monday, monday, monday}, sittings(2)[0], Inconclusive, "(have 1)", "4 of 5 stored runs are given again and count once"},
		{"unfinished ones are left out", append(sittings(five[:4]...), unfinished), sittings(2)[0], Inconclusive, "only warns", ""},
		{"an unfinished run is judged by nothing", sittings(five...), unfinished, Inconclusive, "the run was interrupted", ""},
		{"nothing stored", nil, sittings(1)[0], Inconclusive, "no stored run", ""},
		{"all of it failed", sittings(five...), recorded(1000, 1, 1000), Fail, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			gate := GateStored(test.stored, test.fresh, p99)
			if gate.Verdict != test.want || !strings.Contains(gate.Checks[0].Note, test.note) {
				t.Errorf("%s, note %q; want %s, %q", gate.Verdict, gate.Checks[0].Note, test.want, test.note)
			}
			if got := strings.Join(gate.Warnings, "; "); got != test.warning {
				t.Errorf("warnings %q, want %q", got, test.warning)
			}
		})
	}
}

func TestJoinGates(t *testing.T) {
	check := func(v Verdict, advisory bool) Gate {
		return Gate{Checks: []GateCheck{{Verdict: v, Advisory: advisory}}}
	}
	tests := []struct {
		name  string
		gates []Gate
		want  Verdict
		exit  int
	}{
		{"none", nil, Inconclusive, 3},
		{"both pass", []Gate{check(Pass, false), check(Pass, false)}, Pass, 0},
		{"one fails", []Gate{check(Pass, false), check(Inconclusive, false), check(Fail, false)}, Fail, 1},
		{"one is open", []Gate{check(Pass, false), check(Inconclusive, false)}, Inconclusive, 3},
		{"a warning has no say", []Gate{check(Pass, false), check(Inconclusive, true)}, Pass, 0},
		{"nor alone", []Gate{check(Pass, true)}, Inconclusive, 3},
		{"the generator was the limit", []Gate{check(Pass, false), {GeneratorLimited: true}}, Inconclusive, 4},
		{"failed before it was", []Gate{check(Fail, false), {GeneratorLimited: true}}, Fail, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if g := JoinGates(test.gates...); g.Verdict != test.want || g.ExitCode() != test.exit {
				t.Errorf("%s, exit %d; want %s, %d", g.Verdict, g.ExitCode(), test.want, test.exit)
			}
		})
	}
}

func TestDefaultGated(t *testing.T) {
	gated := DefaultGated([]Threshold{threshold(t, "504 rate < 5%"), threshold(t, "error rate < 0.5%"), threshold(t, "handshake p99 < 1s")})
	if got := gated[2]; got != (Gated{errorRate, 0.005}) {
		t.Errorf("gates %+v, want the goal's 0.5 points", got)
	}
	if got := DefaultGated(nil); len(got) != 3 || got[0].Margin != 0.1 || got[1].Margin != 0.05 || got[2].Margin != 0.001 {
		t.Errorf("gates %+v", got)
	}
}

func TestCalibrate(t *testing.T) {
	list := Calibrate(tenPairs(0, 0.1, 0, 0), []Gated{{handshakeP99, 0.1}, {handshakeP99, 0.05}, {serviceP50, 0.1}})
	// The sd of scattered is 0.623: e^0.0623 − 1, and 2.802·0.0623/√10.
	if c := list[0]; math.Abs(*c.SD-0.0643) > 1e-3 || math.Abs(*c.SmallestDetectable-0.0567) > 1e-3 || c.PairsNeeded != 4 || c.Warning() != "" {
		t.Errorf("sd %v, detects %v, needs %d, warns %q", *c.SD, *c.SmallestDetectable, c.PairsNeeded, c.Warning())
	}
	if c := list[1]; c.PairsNeeded != 13 || !strings.Contains(c.Warning(), "differ by 6.4 %, more than the margin of 5%: ") {
		t.Errorf("needs %d, warns %q", c.PairsNeeded, c.Warning())
	}
	if c := list[2]; c.SD != nil || c.PairsNeeded != 0 || !strings.Contains(c.Warning(), "no data") {
		t.Errorf("%+v warns %q", c, c.Warning())
	}
	if c := Calibrate(infinitely(tenPairs(0, 0.1, 0, 0), 0, 1), nil)[0]; c.SD != nil || c.Warning() == "" {
		t.Errorf("of an infinite difference: %+v", c)
	}
}
