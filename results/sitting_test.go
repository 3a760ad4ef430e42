package results

import (
	"math"
	"math/rand/v2"
	"testing"

	"stampede/results/stats"
)

// sitting simulates trials of two servers. The zero value are two that never
// vary.
type sitting struct {
	rnd      *rand.Rand
	sd       float64 // of ln of a trial's quantile, from trial to trial
	drift    float64 // of ln over 20 trials
	outliers float64 // share of trials that are spoilt: 1.3 to 3 times as slow
	change   float64 // of ln that B is worse by
	failures float64 // share
	trials   int     // so far
}

func (s *sitting) trial(side Side) Reading {
	at := s.drift * float64(s.trials) / 20
	s.trials++
	if side == SideB {
		at += s.change
	}
	if s.rnd.Float64() < s.outliers {
		at += math.Log(1.3 + 1.7*s.rnd.Float64())
	}
	quantile := func(base float64) Sample {
		return Sample{Value: base * math.Exp(at+s.sd*s.rnd.NormFloat64()), Of: 3000}
	}
	bad := int64(0)
	for t := s.rnd.ExpFloat64(); t < 3000*s.failures; t += s.rnd.ExpFloat64() {
		bad++
	}
	return Reading{Samples: map[Measure]Sample{
		handshakeP99: quantile(200e6), handshakeP50: quantile(20e6),
		errorRate: {Value: float64(bad) / 3000, Bad: bad, Of: 3000},
	}}
}

// pairs runs a plan to its end.
func (s *sitting) pairs(plan *Pairs) []Pair {
	for turn, ok := plan.Next(); ok; turn, ok = plan.Next() {
		plan.Add(s.trial(turn.Side))
	}
	return plan.Done()
}

// oneAfterTheOther is what interleaving replaces: all trials of A, then all of B.
func (s *sitting) oneAfterTheOther(pairs int) []Pair {
	list := make([]Pair, pairs)
	for i := range list {
		list[i].A = s.trial(SideA)
	}
	for i := range list {
		list[i].B = s.trial(SideB)
	}
	return list
}

// runsOf is how many of n simulated runs to make, and by how much a mark p is
// to be wider if they are fewer: three standard errors.
func runsOf(n int, p float64) (runs int, slack float64) {
	runs = int(float64(n) * simulationShare)
	if runs < n {
		slack = 3 * math.Sqrt(p*(1-p)/float64(runs))
	}
	return runs, slack
}

// told reports whether a comparison finds a difference, however small.
func told(c *Comparison) bool {
	return c.Outcome == Slower || c.Outcome == Faster || c.Effects[0].Tiny
}

// Two identical servers are told apart no more often than the level of the
// test has it, while trials vary, spoil and drift. Without the interleaved
// pairs the drift passes for a difference: the simulation can fail.
func TestIdenticalServersCompareAlike(t *testing.T) {
	tests := []struct {
		name                string
		sd, drift, outliers float64
	}{
		{"vary by 2 % and drift by 5 %", 0.02, 0.05, 0},
		{"vary by 5 % and drift by 5 %", 0.05, 0.05, 0},
		{"a tenth is spoilt too", 0.03, 0.05, 0.1},
	}
	only := CompareOptions{Measures: []Measure{errorRate}}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			runs, slack := runsOf(2000, 0.058)
			apart, control := 0, 0
			for run := range runs {
				s := sitting{rnd: rand.New(rand.NewPCG(9, uint64(i)<<32|uint64(run))), sd: test.sd, drift: test.drift, outliers: test.outliers}
				if told(Compare(s.pairs(NewPairs(PairsOptions{Seed: uint64(run)})), only)) {
					apart++
				}
				s.trials = 0
				if told(Compare(s.oneAfterTheOther(10), only)) {
					control++
				}
			}
			share, broken := float64(apart)/float64(runs), float64(control)/float64(runs)
			t.Logf("%.1f %% of %d comparisons told identical servers apart, %.1f %% of those not interleaved", 100*share, runs, 100*broken)
			if share > 0.058+slack {
				t.Errorf("%.1f %% of %d comparisons told identical servers apart, want at most 5.8 %%", 100*share, runs)
			}
			if test.sd == 0.02 && broken < 0.2 {
				t.Errorf("without interleaving only %.1f %% do: the simulation is no test", 100*broken)
			}
		})
	}
}

// Failure shares of identical servers are told apart no more often either,
// whether failures are independent, come in clumps that trials show, or in
// clumps too slight for that.
func TestIdenticalFailuresCompareAlike(t *testing.T) {
	tests := []struct {
		name         string
		mean, second float64 // failures in a trial; the chance that one takes another with it
	}{
		{"rare", 1, 0}, {"independent", 30, 0}, {"slight clumps", 5, 0.4}, {"more in slight clumps", 30, 0.4}, {"two at once", 30, 1},
	}
	only := CompareOptions{Primary: errorRate, Measures: []Measure{errorRate}, ShareDelta: 1e-9} // nothing is tiny
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			runs, slack := runsOf(2000, 0.058)
			rnd := rand.New(rand.NewPCG(10, uint64(i)))
			trial := func() Reading {
				bad := int64(0)
				for x := rnd.ExpFloat64(); x < test.mean/(1+test.second); x += rnd.ExpFloat64() {
					if bad++; rnd.Float64() < test.second {
						bad++
					}
				}
				return Reading{Samples: map[Measure]Sample{errorRate: {Value: float64(bad) / 3000, Bad: bad, Of: 3000}}}
			}
			apart := 0
			for range runs {
				pairs := make([]Pair, 10)
				for i := range pairs {
					pairs[i] = Pair{A: trial(), B: trial()}
				}
				if told(Compare(pairs, only)) {
					apart++
				}
			}
			if share := float64(apart) / float64(runs); share > 0.058+slack {
				t.Errorf("%.1f %% of %d comparisons told identical servers apart, want at most 5.8 %%", 100*share, runs)
			}
		})
	}
}

// The rank test over all handshakes of two runs, which comparisons must not
// rest on, tells identical servers apart most of the time.
func TestPooledHandshakesAreNoEvidence(t *testing.T) {
	const handshakes, runs = 1500, 60
	rnd := rand.New(rand.NewPCG(9, 99))
	apart := 0
	side, values := make([]float64, 2*handshakes), make([]float64, 2*handshakes)
	for range runs {
		for i := range values {
			if i%handshakes == 0 {
				side[i] = 0.1 * rnd.NormFloat64() // how this run varies from others
			} else {
				side[i] = side[i-1]
			}
			values[i] = side[i] + 0.5*rnd.NormFloat64()
		}
		if _, p := stats.RankCorrelation(side, values); p < 0.05 {
			apart++
		}
	}
	if apart < runs/2 {
		t.Errorf("pooled handshakes tell identical servers apart in %d of %d runs only", apart, runs)
	}
}

// What a gate does with a release that changed nothing, and with one that is
// worse by twice the margin.
func TestGateErrsAsSeldomAsItSays(t *testing.T) {
	tests := []struct {
		name                string
		sd, margin, inside  float64 // sd of the differences of pairs; most that may stay inconclusive
		outliers, seesWorse float64
	}{
		{"sd 3 %, margin 10 %", 0.03, 0.1, 0.05, 0, 0.99},
		{"sd 6 %, margin 10 %", 0.06, 0.1, 0.05, 0, 0.99},
		{"sd 6 %, margin 5 %", 0.06, 0.05, 0.05, 0, 0.99},
		{"sd 3 %, a tenth is spoilt", 0.03, 0.1, 0.2, 0.1, 0.75},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			runs, slack := runsOf(2000, 0.05)
			gated := []Gated{{handshakeP99, test.margin}, {errorRate, 0.001}}
			of := func(change float64, stream int) (verdicts [3]float64) {
				for run := range runs {
					s := sitting{rnd: rand.New(rand.NewPCG(12, uint64(4*i+stream)<<32|uint64(run))), sd: test.sd / math.Sqrt2,
						outliers: test.outliers, change: change, failures: 0.0002}
					verdicts[gateOver(&s, gated, uint64(run)).Verdict] += 1 / float64(runs)
				}
				return verdicts
			}
			same, worse := of(0, 0), of(math.Log1p(2*test.margin), 1)
			t.Logf("nothing changed: pass %.1f %%, fail %.1f %%, inconclusive %.1f %%; twice the margin: fail %.1f %%",
				100*same[Pass], 100*same[Fail], 100*same[Inconclusive], 100*worse[Fail])
			if same[Fail] > 0.014+slack/2 {
				t.Errorf("%.1f %% of %d releases that changed nothing fail, want at most 1.4 %%", 100*same[Fail], runs)
			}
			if same[Inconclusive] > test.inside+slack {
				t.Errorf("%.1f %% of %d stay inconclusive, want at most %v %%", 100*same[Inconclusive], runs, 100*test.inside)
			}
			if worse[Fail] < test.seesWorse-slack {
				t.Errorf("%.1f %% of %d releases worse by twice the margin fail, want %v %%", 100*worse[Fail], runs, 100*test.seesWorse)
			}
		})
	}
}

// gateOver runs a regression gate on a sitting.
func gateOver(s *sitting, gated []Gated, seed uint64) Gate {
	g, plan, fed := NewRegressionGate(gated), NewPairs(PairsOptions{Seed: seed, Pairs: 10}), 0
	for g.Wanted() > 0 {
		plan.Extend(fed + g.Wanted())
		s.pairs(plan)
		for _, p := range plan.Done()[fed:] {
			g.Add(p)
		}
		fed = len(plan.Done())
	}
	return g.Gate()
}

// A share that sits on its limit is seldom proved below it, or above it, by a
// gate that looks three times; in clumps of three, a little more often.
func TestGoalAtItsLimit(t *testing.T) {
	goal := Threshold{Statistic: Rate, Percent: 1}
	for _, test := range []struct {
		name string
		size int // of a clump
		mark float64
	}{{"independent", 1, 0.058}, {"in clumps of three", 3, 0.09}} {
		t.Run(test.name, func(t *testing.T) {
			runs, slack := runsOf(4000, test.mark)
			rnd := rand.New(rand.NewPCG(14, uint64(test.size)))
			var verdicts [3]float64
			for range runs {
				g := NewGoalGate([]Threshold{goal})
				for g.Wanted() > 0 {
					clumps := 0.0
					for t := rnd.ExpFloat64(); t < 10/float64(test.size); t += rnd.ExpFloat64() {
						clumps++
					}
					g.addBatches(stats.Batch{N: 1000, Bad: clumps * float64(test.size)})
				}
				verdicts[g.Gate().Verdict] += 1 / float64(runs)
			}
			t.Logf("at the limit: pass %.1f %%, fail %.1f %%", 100*verdicts[Pass], 100*verdicts[Fail])
			for _, v := range []Verdict{Pass, Fail} {
				if verdicts[v] > test.mark+slack {
					t.Errorf("%s %.1f %%, want at most %.1f %%", v, 100*verdicts[v], 100*test.mark)
				}
			}
		})
	}
}

// addBatches adds a trial that is nothing but its counts.
func (g *GoalGate) addBatches(b stats.Batch) {
	for i := range g.goals {
		o := &g.goals[i]
		o.with, o.without = append(o.with, b), append(o.without, b)
	}
	g.count()
}
