package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// runsOf is how many of n simulated runs to make. Under the race detector it
// is a twentieth, and slack widens the mark by three standard errors of the
// smaller sample, so that both are sure and both can fail.
func runsOf(n int, p float64) (runs int, slack float64) {
	runs = int(float64(n) * simulationShare)
	if runs < n {
		slack = 3 * math.Sqrt(p*(1-p)/float64(runs))
	}
	return runs, slack
}

// intervalOf is the interval for the p-quantile of values in order of time, by
// the rule a run's verdicts use; exact forces order statistics.
func intervalOf(values []float64, p float64, exact bool) (low, high float64) {
	sorted := slices.Sorted(slices.Values(values))
	n := int64(len(values))
	spread, _, neighbours := describe(values, sorted[Rank(n, int(10000*p))-1])
	l, h := QuantileRanks(n, p, 0.95)
	if !exact && !spread.Independent(neighbours) {
		from, to := spread.Exceedance(0.95)
		l, h = min(l, int64(math.Ceil((1-to)*float64(n)))), max(h, int64(math.Ceil((1-from)*float64(n))))
	}
	return ranked(sorted, l), ranked(sorted, h)
}

// describe cuts values into 20 batches at a cut, and correlates neighbours.
func describe(values []float64, cut float64) (s Spread, rho, p float64) {
	batches := make([]Batch, 20)
	for i, v := range values {
		b := &batches[i*20/len(values)]
		b.N++
		if v > cut {
			b.Bad++
		}
	}
	var x, y []float64
	const pairs = 2048
	stride := max(len(values)/pairs, 2)
	for i := 0; i+1 < len(values); i += stride {
		x, y = append(x, values[i]), append(y, values[i+1])
	}
	rho, p = RankCorrelation(x, y)
	return NewSpread(batches), rho, p
}

func ranked(sorted []float64, rank int64) float64 {
	switch {
	case rank < 1:
		return math.Inf(-1)
	case rank > int64(len(sorted)):
		return math.Inf(1)
	}
	return sorted[rank-1]
}

// singleServer fills values with the response times of an M/M/1 queue of mean
// service 1 at load rho, by Lindley's recursion, after a warm-up.
func singleServer(rnd *rand.Rand, rho float64, values []float64) {
	wait := 0.0
	for i := -500; i < len(values); i++ {
		service := rnd.ExpFloat64()
		if i >= 0 {
			values[i] = wait + service
		}
		wait = max(0, wait+service-rnd.ExpFloat64()/rho)
	}
}

func TestCoverageOfIndependentValues(t *testing.T) {
	runs, slack := runsOf(2000, 0.95)
	rnd := rand.New(rand.NewPCG(5, 1))
	values := make([]float64, 5000)
	truth, covered := math.Log(100), 0
	for range runs {
		for i := range values {
			values[i] = rnd.ExpFloat64()
		}
		if low, high := intervalOf(values, 0.99, false); low <= truth && truth <= high {
			covered++
		}
	}
	share := float64(covered) / float64(runs)
	t.Logf("%.1f %% of %d intervals hold the p99", 100*share, runs)
	if share < 0.935-slack || share > 0.965+slack {
		t.Errorf("%.1f %% of %d intervals hold the p99, want 93.5 to 96.5 %%", 100*share, runs)
	}
}

func TestCoverageOfAQueue(t *testing.T) {
	runs, slack := runsOf(1000, 0.9)
	rnd := rand.New(rand.NewPCG(5, 2))
	values := make([]float64, 20000)
	const rho = 0.5
	truth := math.Log(100) / (1 - rho)
	covered, naive := 0, 0
	for range runs {
		singleServer(rnd, rho, values)
		if low, high := intervalOf(values, 0.99, false); low <= truth && truth <= high {
			covered++
		}
		if low, high := intervalOf(values, 0.99, true); low <= truth && truth <= high {
			naive++
		}
	}
	share, control := float64(covered)/float64(runs), float64(naive)/float64(runs)
	t.Logf("%.1f %% of %d intervals hold the p99, %.1f %% of the naive ones", 100*share, runs, 100*control)
	if share < 0.9-slack {
		t.Errorf("%.1f %% of %d intervals hold the p99, want 90 %%", 100*share, runs)
	}
	if control > 0.6+slack {
		t.Errorf("%.1f %% of the intervals that take a queue for independent hold its p99: the simulation is no test", 100*control)
	}
}

// The number that gates and compares: each trial's p99 is one value, and the
// interval is for the median of trials.
func TestCoverageOfTrials(t *testing.T) {
	runs, slack := runsOf(400, 0.94)
	rnd := rand.New(rand.NewPCG(5, 3))
	trial := make([]float64, 3000)
	p99 := func() float64 {
		singleServer(rnd, 0.5, trial)
		slices.Sort(trial)
		return trial[Rank(3000, 9900)-1]
	}
	many := make([]float64, max(int(2000*simulationShare), 400))
	for i := range many {
		many[i] = p99()
	}
	slices.Sort(many)
	truth, covered := many[len(many)/2], 0
	for range runs {
		trials := make([]float64, 8)
		for i := range trials {
			trials[i] = p99()
		}
		slices.Sort(trials)
		if low, high := QuantileRanks(8, 0.5, 0.95); ranked(trials, low) <= truth && truth <= ranked(trials, high) {
			covered++
		}
	}
	share := float64(covered) / float64(runs)
	t.Logf("%.1f %% of %d intervals hold the median of trials", 100*share, runs)
	if share < 0.94-slack {
		t.Errorf("%.1f %% of %d intervals hold the median of trials, want 94 %%", 100*share, runs)
	}
}

// A failure share that sits on its limit must seldom be proved below it, even
// when failures come in clumps of variance phi times their mean.
func TestProofAtTheLimit(t *testing.T) {
	const batches, each, limit = 20, 1000, 0.01
	tests := []struct {
		name string
		phi  float64
		mark float64
	}{{"independent", 1, 0.058}, {"in clumps", 3, 0.09}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			runs, slack := runsOf(20000, test.mark)
			rnd := rand.New(rand.NewPCG(14, uint64(test.phi)))
			proved, pooled := 0, 0
			for range runs {
				set, bad := make([]Batch, batches), int64(0)
				for i := range set {
					k := clumped(rnd, each*limit, test.phi)
					set[i] = Batch{N: each, Bad: float64(k)}
					bad += k
				}
				if AtMostClumped(bad, batches*each, NewSpread(set).Clumping(), limit, 0.95) {
					proved++
				}
				if AtMost(bad, batches*each, limit, 0.95) {
					pooled++
				}
			}
			share, control := float64(proved)/float64(runs), float64(pooled)/float64(runs)
			t.Logf("%.1f %% of %d runs proved, %.1f %% if taken for independent", 100*share, runs, 100*control)
			if share > test.mark+slack {
				t.Errorf("%.1f %% of %d runs proved what is not so, want at most %.1f %%", 100*share, runs, 100*test.mark)
			}
			if test.phi > 1 && control < 0.12 {
				t.Errorf("taken for independent only %.1f %% are proved: the simulation is no test", 100*control)
			}
		})
	}
}

// clumped draws a count of the given mean and variance phi·mean: Poisson for
// phi 1, else Poisson many clumps of logarithmic size, which is a negative
// binomial count.
func clumped(rnd *rand.Rand, mean, phi float64) int64 {
	if phi == 1 {
		return poisson(rnd, mean)
	}
	theta := 1 - 1/phi
	var sum int64
	for range poisson(rnd, mean/(phi-1)*math.Log(phi)) {
		sum += logarithmic(rnd, theta)
	}
	return sum
}

func poisson(rnd *rand.Rand, mean float64) (n int64) {
	for t := rnd.ExpFloat64(); t < mean; t += rnd.ExpFloat64() {
		n++
	}
	return n
}

// logarithmic draws k ≥ 1 with probability proportional to θᵏ/k.
func logarithmic(rnd *rand.Rand, theta float64) int64 {
	u, p := rnd.Float64(), -theta/math.Log1p(-theta)
	for k := int64(1); ; k++ {
		if u -= p; u < 0 || k == 1000 {
			return k
		}
		p *= theta * float64(k) / float64(k+1)
	}
}
