package report

import (
	"math"
	"testing"
	"time"

	"stampede/results"
)

// longSearch is a search of sixty trials for a ceiling of 940 that ends
// confirmed.
func longSearch(*testing.T) *results.Result {
	r := answer(searched())
	c := r.Ceiling
	c.Scale = 0.03
	c.Trials = c.Trials[:4:4]
	for i := range 60 {
		load := int64(940 * math.Exp(0.16*scattered[i%10]+0.02*scattered[i/10]))
		p99, failed := time.Duration(float64(load)*float64(90*time.Microsecond)), 0.0
		if load > 940+int64(30*scattered[(i*7)%10]) {
			failed = 0.002 * math.Exp(float64(load-900)/40)
		}
		ns, p50 := int64(p99), int64(p99/4)
		t := results.Trial{Load: load, Stage: results.StagePosterior, Valid: i%11 != 5, Good: failed == 0, BadShare: failed, Planned: load, P50: &p50, P99: &ns, Goodput: 9e3}
		if failed > 0 {
			t.Failures = map[string]float64{"504": failed * 0.8, "timeout connect": failed * 0.2}
		}
		if failed > 0.01 {
			t.P99 = nil
		}
		if !t.Valid {
			t.Invalid = "generator-limited (start_lag_p99 was 12ms, limit 1ms)"
		}
		c.Trials = append(c.Trials, t)
	}
	r.Judge(nil)
	return r
}

// longComparison has thirty pairs in an hour that drifts, and all measures.
func longComparison(*testing.T) *results.Result {
	plan := results.NewPairs(results.PairsOptions{Seed: 7, Pairs: 30})
	list := results.CompareOptions{}.Measured()
	for turn, ok := plan.Next(); ok; turn, ok = plan.Next() {
		samples := map[results.Measure]results.Sample{}
		for i, m := range list {
			d, bad := 0.3*math.Sin(float64(turn.Pair)/8)+0.03*scattered[(turn.Pair+i)%10], int64(3+turn.Pair%2)
			if turn.Side == results.SideB {
				d, bad = d+0.02*float64(3-i)+0.05*scattered[(turn.Pair*3+i)%10], bad+2*int64(i%3)
			}
			samples[m] = results.Sample{Value: 180e6 / float64(i+1) * math.Exp(d), Of: 3000}
			if m.Statistic == results.Rate {
				samples[m] = results.Sample{Value: float64(bad) / 3000, Bad: bad, Of: 3000}
			}
		}
		plan.Add(results.Reading{Samples: samples})
	}
	return answer(&results.Result{Compare: results.ComparePlan(plan, results.CompareOptions{A: "wss://gateway-blue.example.test/socket", B: "wss://gateway-green.example.test/socket"})})
}
