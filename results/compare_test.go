package results

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
)

var inf = math.Inf(1)

// scattered are ten numbers around 0 that differ from each other, ±1 at most.
var scattered = []float64{-0.1, 0.7, -0.9, 0.3, 1, -0.5, 0.1, -0.7, 0.5, -0.3}

// tenPairs has trials of 3,000 handshakes whose p99 is a·e^(change + spread·scattered)
// on B, and so many failures in every trial.
func tenPairs(change, spread float64, badA, badB int64) []Pair {
	pairs := make([]Pair, len(scattered))
	trial := func(p99 float64, bad int64) Reading {
		return Reading{Samples: map[Measure]Sample{
			handshakeP99: {Value: p99, Of: 3000}, errorRate: {Value: float64(bad) / 3000, Bad: bad, Of: 3000}}}
	}
	for i, x := range scattered {
		a := 200e6 + float64(i)
		pairs[i] = Pair{A: trial(a, badA), B: trial(a*math.Exp(change+spread*x), badB), BFirst: i%4 == 1 || i%4 == 2}
	}
	return pairs
}

// infinitely makes p99 of some trials infinite.
func infinitely(pairs []Pair, a, b int) []Pair {
	for i := range pairs {
		if i < a {
			pairs[i].A.Samples[handshakeP99] = Sample{Value: inf, Of: 3000}
		}
		if i < b {
			pairs[i].B.Samples[handshakeP99] = Sample{Value: inf, Of: 3000}
		}
	}
	return pairs
}

func TestCompare(t *testing.T) {
	tests := []struct {
		name    string
		pairs   []Pair
		want    Change
		primary string
		tiny    bool
		warning string
	}{
		{"slower", tenPairs(0.12, 0.05, 0, 0), Slower, "handshake p99", false, ""},
		{"faster", tenPairs(-0.12, 0.05, 0, 0), Faster, "handshake p99", false, ""},
		{"slower by 3 % is no longer tiny", tenPairs(0.03, 0.01, 0, 0), Slower, "handshake p99", false, ""},
		{"the same", tenPairs(0, 0.03, 0, 0), Same, "handshake p99", false, ""},
		{"surely 1 % slower is the same", tenPairs(0.01, 0.005, 0, 0), Same, "handshake p99", true, ""},
		{"1.9 % that may be 5 %", tenPairs(0.019, 0.1, 0, 0), Undecided, "handshake p99", false, ""},
		{"too few pairs", tenPairs(0.5, 0.01, 0, 0)[:5], Undecided, "handshake p99", false, ""},
		{"six are enough", tenPairs(0.5, 0.01, 0, 0)[:6], Slower, "handshake p99", false, ""},
		{"no pair", nil, Undecided, "handshake p99", false, ""},
		{"one infinite trial is the worst", infinitely(tenPairs(0.12, 0.05, 0, 0), 0, 1), Slower, "handshake p99", false, ""},
		{"mostly infinite, failures alike", infinitely(tenPairs(0, 0.01, 40, 40), 4, 4), Undecided, "error rate", false, "the error rate decides"},
		{"mostly infinite, clean alike", infinitely(tenPairs(0, 0.01, 0, 0), 4, 4), Same, "error rate", false, "the error rate decides"},
		{"only B is infinite", infinitely(tenPairs(0, 0.01, 0, 40), 0, 10), Slower, "error rate", false, "the error rate decides"},
		{"only A is infinite", infinitely(tenPairs(0, 0.01, 40, 0), 10, 0), Faster, "error rate", false, "the error rate decides"},
		{"faster by failing", tenPairs(-0.2, 0.01, 0, 20), Undecided, "handshake p99", false, "more handshakes fail"},
		{"the same and failing more", tenPairs(0, 0.01, 0, 20), Undecided, "handshake p99", false, "more handshakes fail"},
		{"slower and failing more", tenPairs(0.2, 0.01, 0, 20), Slower, "handshake p99", false, ""},
		{"faster and failing less", tenPairs(-0.2, 0.01, 20, 0), Faster, "handshake p99", false, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := Compare(test.pairs, CompareOptions{})
			if c.Outcome != test.want || c.Primary != test.primary || c.Effects[0].Tiny != test.tiny {
				t.Errorf("%s by %s, tiny %v; want %s by %s, %v\n%+v", c.Outcome, c.Primary, c.Effects[0].Tiny, test.want, test.primary, test.tiny, c.Effects[0])
			}
			if got := strings.Join(append(c.Warnings, c.Withheld), ""); !strings.Contains(got, test.warning) || (test.warning == "") != (got == "") {
				t.Errorf("warnings %q, want %q", got, test.warning)
			}
			if !c.Effects[0].Primary || c.Effects[0].Metric != c.Primary {
				t.Errorf("the primary effect is not the first: %+v", c.Effects[0])
			}
			if want := map[Change]int{Undecided: 3}[test.want]; c.ExitCode() != want {
				t.Errorf("exit %d, want %d", c.ExitCode(), want)
			}
		})
	}
}

// Two servers that answer nobody are not the same; one that answers anybody
// is compared.
func TestCompareOfNothingEstablished(t *testing.T) {
	all := int64(3000)
	for _, test := range []struct {
		name  string
		pairs []Pair
		want  Change
		none  bool
		exit  int
	}{
		{"neither", infinitely(tenPairs(0, 0, all, all), 10, 10), Undecided, true, 1},
		{"one of 30,000 on B", append(infinitely(tenPairs(0, 0, all, all), 10, 10)[:9], infinitely(tenPairs(0, 0, all, all-1), 10, 10)[9]), Same, false, 0},
		{"A alone", infinitely(tenPairs(0, 0, 0, all), 0, 10), Slower, false, 0},
		{"B alone", infinitely(tenPairs(0, 0, all, 0), 10, 0), Faster, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := Compare(test.pairs, CompareOptions{})
			if c.Outcome != test.want || c.NoneEstablished != test.none || (c.Withheld != "") != test.none || c.ExitCode() != test.exit {
				t.Errorf("%v, none established %v, withheld %q, exit code %d; want %v, %v, %d", c.Outcome, c.NoneEstablished, c.Withheld, c.ExitCode(), test.want, test.none, test.exit)
			}
		})
	}
	stored := CompareStored(recorded(1000, 1, 1000), recorded(1000, 1, 1000), CompareOptions{})
	if stored.Outcome != Undecided || !stored.NoneEstablished || stored.ExitCode() != 1 {
		t.Errorf("two stored runs that established nothing are %v, exit code %d", stored.Outcome, stored.ExitCode())
	}
}

// Twice as slow and half as slow are equally far from the same, whichever
// side is called A.
func TestCompareIsSymmetric(t *testing.T) {
	pairs := infinitely(tenPairs(0.3, 0.2, 3, 9), 0, 1)
	turned := make([]Pair, len(pairs))
	for i, p := range pairs {
		turned[i] = Pair{A: p.B, B: p.A, BFirst: !p.BFirst}
	}
	c, m := Compare(pairs, CompareOptions{}), Compare(turned, CompareOptions{})
	for i := range c.Effects {
		e, f := c.Effects[i], m.Effects[i]
		if e.Pairs == 0 {
			continue
		}
		x, y := e.limits(), f.limits()
		if math.Abs(x.estimate+y.estimate) > 1e-9 || math.Abs(x.low+y.high) > 1e-9 || math.Abs(*e.P-*f.P) > 1e-9 {
			t.Errorf("%s: %+v, turned round %+v", e.Metric, x, y)
		}
	}
}

func TestComparePairsNeeded(t *testing.T) {
	c := Compare(tenPairs(0.02, 0.15, 0, 0), CompareOptions{})
	// The sd of scattered is 0.623: (2.802·0.0934/ln 1.05)² is 28.8.
	if c.Outcome != Undecided || c.PairsNeeded != 19 {
		t.Errorf("%s, %d more pairs; want inconclusive, 19", c.Outcome, c.PairsNeeded)
	}
	if c := Compare(tenPairs(0.12, 0.05, 0, 0), CompareOptions{}); c.PairsNeeded != 0 {
		t.Errorf("what is decided needs %d pairs", c.PairsNeeded)
	}
}

// Secondary effects are held to more than the primary one.
func TestCompareCorrectsSecondary(t *testing.T) {
	pairs := tenPairs(0, 0.01, 0, 0)
	for i := range pairs { // p = 0.037 or so alone
		d := scattered[i]*0.1 + 0.05
		pairs[i].A.Samples[handshakeP50] = Sample{Value: 20e6, Of: 3000}
		pairs[i].B.Samples[handshakeP50] = Sample{Value: 20e6 * math.Exp(d), Of: 3000}
	}
	secondary := Compare(pairs, CompareOptions{}).effect(handshakeP50)
	primary := Compare(pairs, CompareOptions{Primary: handshakeP50}).Effects[0]
	if *primary.AdjustedP != *primary.P || *secondary.AdjustedP <= *secondary.P {
		t.Errorf("p %v and %v, corrected %v and %v", *primary.P, *secondary.P, *primary.AdjustedP, *secondary.AdjustedP)
	}
	if primary.Outcome != Slower || secondary.Outcome != Undecided {
		t.Errorf("as primary %s (p=%v), as secondary %s", primary.Outcome, *primary.P, secondary.Outcome)
	}
}

func TestCompareWarnsOfCarryOver(t *testing.T) {
	pairs := tenPairs(0, 0.01, 0, 0)
	for i := range pairs {
		if pairs[i].BFirst {
			s := pairs[i].B.Samples[handshakeP99]
			s.Value *= 1.1
			pairs[i].B.Samples[handshakeP99] = s
		}
	}
	if c := Compare(pairs, CompareOptions{}); !strings.Contains(strings.Join(c.Warnings, ""), "carry-over") {
		t.Errorf("warnings %q", c.Warnings)
	}
}

// Failures that clump are compared by trial, not by handshake.
func TestCompareSharesThatClump(t *testing.T) {
	pairs := tenPairs(0, 0.01, 0, 0)
	for i, bad := range []int64{90, 0, 0, 0, 0, 0, 0, 0, 0, 0} {
		pairs[i].B.Samples[errorRate] = Sample{Value: float64(bad) / 3000, Bad: bad, Of: 3000}
	}
	e := Compare(pairs, CompareOptions{}).effect(errorRate)
	if e.Method != SignedRank || e.Outcome == Slower {
		t.Errorf("one trial of ten failed: %s by %s, p=%v", e.Outcome, e.Method, *e.P)
	}
	if e := Compare(tenPairs(0, 0.01, 3, 9), CompareOptions{}).effect(errorRate); e.Method != PooledShares || e.Outcome != Slower {
		t.Errorf("three times the failures in every trial: %s by %s, p=%v", e.Outcome, e.Method, *e.P)
	}
}

func TestComparisonJSON(t *testing.T) {
	r := sampleResult()
	r.Compare = Compare(infinitely(tenPairs(0.12, 0.05, 0, 0), 0, 1), CompareOptions{A: "old", B: "new"})
	r.Gate = &Gate{Checks: []GateCheck{{Verdict: Pass}}, Warnings: []string{}}
	var file strings.Builder
	if err := r.Write(&file); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"primary": "handshake p99"`, `"outcome": "slower"`, `"pairs": 10`, `"high": 0.`, `"b": null`, `"verdict": "pass"`} {
		if !strings.Contains(file.String(), want) {
			t.Errorf("no %s in the file", want)
		}
	}
	read, err := ReadResult(strings.NewReader(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(r.Compare)
	if b, _ := json.Marshal(read.Compare); string(a) != string(b) {
		t.Errorf("read back:\n%s\nwritten:\n%s", b, a)
	}
}

// recorded is a run of n attempts from 10 ms on that take longer the slower
// the server is, some of which fail.
func recorded(n int, slow float64, bad int) *Result {
	r := planned(int64(n))
	for i := range n {
		a := established(time.Duration(i)*ms, time.Duration(slow*float64(10*ms+time.Duration(i*7919%n)*10*time.Microsecond)))
		a.N = int64(i)
		if i*7907%n < bad {
			a = failed(time.Duration(i)*ms, 50*ms, gatewayTimeout)
			a.N = int64(i)
		}
		r.Attempt(a)
	}
	result := r.Result(Run{Environment: map[string]string{"cpus": "2", "kernel": "6.1"}})
	result.Judge(nil)
	return result
}

func TestNewTrial(t *testing.T) {
	measures := []Measure{handshakeP99, rate504, serviceP50}
	tests := []struct {
		name  string
		r     *Result
		p99   float64
		share float64
	}{
		{"clean", recorded(1000, 1, 0), 19.9e6, 0},
		{"failures in front of the rank", recorded(1000, 1, 10), 20e6, 0.01},
		{"failures at the rank", recorded(1000, 1, 11), inf, 0.011},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			trial := NewReading(test.r, measures)
			if got := trial.Samples[handshakeP99].Value; got != test.p99 && math.Abs(got/test.p99-1) > 0.005 {
				t.Errorf("p99 %v, want %v", got, test.p99)
			}
			if got := trial.Samples[rate504]; got.Value != test.share || got.Of != 1000 {
				t.Errorf("504 rate %+v, want %v", got, test.share)
			}
		})
	}
	if s := NewReading(recorded(300, 1, 0), measures).Samples[handshakeP99]; !strings.Contains(s.Missing, "needs n ≥ 368") {
		t.Errorf("p99 of 300: %+v", s)
	}
	r := recorded(1000, 1, 0)
	r.Interrupted = true
	if trial := NewReading(r, measures); trial.Invalid == "" || trial.Limited {
		t.Errorf("interrupted: %+v", trial)
	}
	r = recorded(1000, 1, 0)
	r.Generator.Limited = true
	if trial := NewReading(r, measures); trial.Invalid == "" || !trial.Limited {
		t.Errorf("generator-limited: %+v", trial)
	}
}

func TestCompareStored(t *testing.T) {
	tests := []struct {
		name string
		a, b *Result
		want Change
	}{
		{"twice as slow", recorded(4000, 1, 0), recorded(4000, 2, 0), Slower},
		{"half as slow", recorded(4000, 2, 0), recorded(4000, 1, 0), Faster},
		{"itself", recorded(4000, 1, 0), recorded(4000, 1, 0), Same},
		{"faster by failing", recorded(4000, 2, 0), recorded(4000, 1, 39), Undecided},
		{"only failures", recorded(4000, 1, 0), recorded(4000, 1, 4000), Slower},
		{"too few", recorded(300, 1, 0), recorded(300, 2, 0), Undecided},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := CompareStored(test.a, test.b, CompareOptions{})
			if c.Outcome != test.want || c.Interleaved || c.PairsNeeded != 0 {
				t.Errorf("%s, interleaved %v, %d more; want %s\n%+v", c.Outcome, c.Interleaved, c.PairsNeeded, test.want, c.Effects[0])
			}
			if !strings.Contains(strings.Join(c.Notes, ""), "drift between them can't be excluded") {
				t.Errorf("notes %q", c.Notes)
			}
		})
	}
}

func TestCompareStoredAllowsForOwnDelays(t *testing.T) {
	late := func(own time.Duration) *Result {
		r := planned(4000)
		for i := range 4000 {
			a := established(time.Duration(i)*ms, 10*ms+own+time.Duration(i*7919%4000)*time.Microsecond)
			a.N, a.Started = int64(i), a.Intended+own
			r.Attempt(a)
		}
		result := r.Result(Run{})
		result.Judge(nil)
		result.Generator.Limited = false // lateness that no check minds
		return result
	}
	c := CompareStored(late(0), late(8*ms), CompareOptions{})
	if c.Effects[0].Metric != "handshake p99" || c.Effects[0].Estimate == nil || *c.Effects[0].Estimate < 0.5 {
		t.Fatalf("the lateness does not show: %+v", c.Effects[0])
	}
	if c.Outcome != Undecided {
		t.Errorf("%s, and only this host was late", c.Outcome)
	}
}

func TestCompareStoredNamesDifferences(t *testing.T) {
	a, b := recorded(1000, 1, 0), recorded(2000, 1, 0)
	b.Environment["kernel"], b.Environment["cpu"] = "6.9", "fast"
	b.Generator.Limited = true
	c := CompareStored(a, b, CompareOptions{A: "monday", B: "tuesday"})
	want := `cpu: "" and "fast"; kernel: "6.1" and "6.9"; planned arrivals: 1,000 and 2,000`
	if got := strings.Join(c.Differences, "; "); got != want {
		t.Errorf("differences %q, want %q", got, want)
	}
	if c.ExitCode() != 4 || c.Withheld != "tuesday is no evidence: generator-limited" {
		t.Errorf("exit %d, withheld %q", c.ExitCode(), c.Withheld)
	}
}

func TestParseMeasure(t *testing.T) {
	for _, text := range []string{"handshake p99", "service p50", "504 rate", "error rate", "timeout connect rate", "handshake p99.9"} {
		if m, err := ParseMeasure(text); err != nil || m.String() != text {
			t.Errorf("%q: %q, %v", text, m, err)
		}
	}
	if m, err := ParseMeasure(" Handshake  P99 "); err != nil || m != handshakeP99 {
		t.Errorf("spaces and capitals: %+v, %v", m, err)
	}
	for _, text := range []string{"", "p99", "handshake", "handshake max", "handshakes p99", "established rate", "local rate", "canceled rate", "504 count", "two words p99"} {
		if m, err := ParseMeasure(text); err == nil {
			t.Errorf("%q is %+v", text, m)
		}
	}
}
