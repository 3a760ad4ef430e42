package report

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"stampede/results"
)

var scattered = []float64{-0.1, 0.7, -0.9, 0.3, 1, -0.5, 0.1, -0.7, 0.5, -0.3}

// compared runs a plan of ten pairs on servers of which B is slower by a
// change and fails so often of 3,000.
func compared(change, spread float64, badB int64, o results.CompareOptions) *results.Comparison {
	return results.ComparePlan(planned(change, spread, badB), o)
}

func planned(change, spread float64, badB int64) *results.Pairs {
	plan := results.NewPairs(results.PairsOptions{Seed: 7})
	for turn, ok := plan.Next(); ok; turn, ok = plan.Next() {
		plan.Add(trialOf(turn, change, spread, badB))
	}
	return plan
}

var p99, _ = results.ParseMeasure("handshake p99")
var errorRate, _ = results.ParseMeasure("error rate")

func trialOf(turn results.Turn, change, spread float64, badB int64) results.Reading {
	d, bad := 0.0, int64(0)
	if turn.Side == results.SideB {
		d, bad = change+spread*scattered[turn.Pair%10], badB
	}
	return results.Reading{Samples: map[results.Measure]results.Sample{
		p99:       {Value: 212e6 * math.Exp(d), Of: 3000},
		errorRate: {Value: float64(bad) / 3000, Bad: bad, Of: 3000},
	}}
}

func gatedPairs(pairs []results.Pair) *results.Gate {
	g := results.NewRegressionGate([]results.Gated{{Measure: p99, Margin: 0.1}, {Measure: errorRate, Margin: 0.001}})
	for _, p := range pairs {
		g.Add(p)
	}
	gate := g.Gate()
	return &gate
}

// goalGate has judged four goals over ten trials.
func goalGate(t *testing.T) *results.Gate {
	t.Helper()
	var goals []results.Threshold
	for _, text := range []string{"handshake p99 < 250ms", "504 rate < 0.1%", "504 count <= 3", "tls p50 < 1s"} {
		g, err := results.ParseThreshold(text)
		if err != nil {
			t.Fatal(err)
		}
		goals = append(goals, g)
	}
	gate := results.NewGoalGate(goals)
	for range 10 {
		m := newRun(1000)
		m.attempts(998, -1, ok, steadily(20*ms))
		m.attempts(2, -1, gatewayTimeout, steadily(20*ms))
		gate.Add(m.judged(t))
	}
	g := gate.Gate()
	return &g
}

// answers are comparisons and gates as they come about, by the name of their
// golden.
var answers = map[string]func(t *testing.T, w io.Writer) error{
	"compare-slower": func(t *testing.T, w io.Writer) error {
		return CompareText(w, compared(0.12, 0.05, 0, results.CompareOptions{A: "ws://a", B: "ws://b"}), TextOptions{})
	},
	"compare-same": func(t *testing.T, w io.Writer) error {
		return CompareText(w, compared(0.007, 0.03, 0, results.CompareOptions{}), TextOptions{})
	},
	"compare-tiny": func(t *testing.T, w io.Writer) error {
		return CompareText(w, compared(0.01, 0.005, 0, results.CompareOptions{}), TextOptions{})
	},
	"compare-inconclusive": func(t *testing.T, w io.Writer) error {
		return CompareText(w, compared(0.03, 0.15, 0, results.CompareOptions{}), TextOptions{})
	},
	"compare-failing": func(t *testing.T, w io.Writer) error {
		return CompareText(w, compared(-0.2, 0.05, 24, results.CompareOptions{}), TextOptions{})
	},
	"compare-infinite": func(t *testing.T, w io.Writer) error {
		return CompareText(w, compared(math.Inf(1), 0.05, 60, results.CompareOptions{}), TextOptions{})
	},
	"compare-stored": func(t *testing.T, w io.Writer) error {
		a, b := newRun(2000), newRun(2000)
		a.attempts(2000, -1, ok, steadily(20*ms))
		b.attempts(2000, -1, ok, steadily(60*ms))
		b.about.Environment = map[string]string{"kernel": "6.9\x1b[31m"}
		return CompareText(w, results.CompareStored(a.judged(t), b.judged(t), results.CompareOptions{A: "monday", B: "tuesday\x1b[0m"}), TextOptions{})
	},
	"compare-limited": func(t *testing.T, w io.Writer) error {
		plan := results.NewPairs(results.PairsOptions{Seed: 7, Redo: 1})
		for range 2 {
			plan.Add(results.Reading{Samples: map[results.Measure]results.Sample{}})
		}
		for range 2 {
			plan.Add(results.Reading{Limited: true, Invalid: "generator-limited"})
		}
		return CompareText(w, results.ComparePlan(plan, results.CompareOptions{}), TextOptions{})
	},
	"gate-pass": func(t *testing.T, w io.Writer) error {
		return GateText(w, gatedPairs(planned(0, 0.05, 0).Done()), TextOptions{})
	},
	"gate-fail": func(t *testing.T, w io.Writer) error {
		return GateText(w, gatedPairs(planned(0.3, 0.05, 24).Done()), TextOptions{})
	},
	"gate-goals": func(t *testing.T, w io.Writer) error {
		return GateText(w, goalGate(t), TextOptions{})
	},
	"gate-stored": func(t *testing.T, w io.Writer) error {
		m, n := newRun(1000), newRun(1000)
		m.attempts(1000, -1, ok, steadily(20*ms))
		n.attempts(1000, -1, ok, steadily(40*ms))
		g := results.GateStored([]*results.Result{m.judged(t)}, n.judged(t), nil)
		return GateText(w, &g, TextOptions{})
	},
}

func TestAnswers(t *testing.T) {
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			if err := answer(t, &got); err != nil {
				t.Fatal(err)
			}
			checkGolden(t, name+".txt", got.String())
		})
	}
}

func TestAnswersReportWriteErrors(t *testing.T) {
	for name, answer := range answers {
		if err := answer(t, brokenPipe{}); !errors.Is(err, errPipe) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestSigned(t *testing.T) {
	at := func(v float64) *float64 { return &v }
	for want, v := range map[string]*float64{
		"+12": at(0.12), "−1.9": at(-0.019), "+0.7": at(0.007), "0": at(0), "+∞": nil, "−100": at(-1), "+0.012": at(0.00012), "+150": at(1.5), "+10": at(0.0997), "−∞": at(-math.MaxFloat64),
	} {
		if got := signed(v); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
