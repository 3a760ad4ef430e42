package stats

import (
	"math"
	"testing"
)

func near(got, want float64) bool { return math.Abs(got-want) <= 1e-6*max(1, math.Abs(want)) }

// batchesOf makes batches of n values each.
func batchesOf(n float64, bad ...float64) []Batch {
	set := make([]Batch, len(bad))
	for i, k := range bad {
		set[i] = Batch{N: n, Bad: k}
	}
	return set
}

func TestStudentQuantile(t *testing.T) {
	for dof, want := range map[float64]float64{1: 12.706205, 2: 4.302653, 9: 2.262157, 19: 2.093024, 99: 1.984217, math.Inf(1): 1.959964} {
		if got := studentQuantile(0.975, dof); !near(got, want) {
			t.Errorf("t(0.975, %v) = %.6f, want %.6f", dof, got, want)
		}
	}
}

func TestSpread(t *testing.T) {
	tests := []struct {
		name     string
		sets     [][]Batch
		variance float64
		dof      float64
		effect   float64
	}{
		{"nothing", nil, 0, math.Inf(1), 1},
		{"empty batches", [][]Batch{{{}, {}}}, 0, math.Inf(1), 1},
		{"one batch is independent values", [][]Batch{batchesOf(1000, 10)}, 9.9, math.Inf(1), 1},
		{"nothing bad", [][]Batch{batchesOf(100, 0, 0, 0)}, 0, math.Inf(1), 1},
		{"all bad", [][]Batch{batchesOf(100, 100, 100)}, 0, math.Inf(1), 1},
		{"more alike than chance", [][]Batch{batchesOf(100, 5, 5, 5)}, 0, math.Inf(1), 0},
		{"m times the sample variance", [][]Batch{batchesOf(1000, 2, 4, 6)}, 12, 2, 12 / (12 * 0.996)},
		{"empty ones do not count", [][]Batch{append(batchesOf(1000, 2, 4, 6), Batch{}, Batch{})}, 12, 2, 12 / (12 * 0.996)},
		{"unequal sizes, one share", [][]Batch{{{100, 10}, {200, 20}, {50, 5}}}, 0, math.Inf(1), 0},
		{"sets differ by design", [][]Batch{batchesOf(500, 0, 0), batchesOf(1000, 590, 600, 610)}, 300, 2, 300 / (4000 * 0.45 * 0.55)},
		{"two repeated sets", [][]Batch{batchesOf(100, 1, 3), batchesOf(100, 2, 4)}, 8, 2, 8 / (10 * 0.975)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := NewSpread(test.sets...)
			if !near(s.Variance, test.variance) || !near(s.DesignEffect(), test.effect) || (s.DoF != test.dof && !near(s.DoF, test.dof)) {
				t.Errorf("variance %v, dof %v, effect %v; want %v, %v, %v", s.Variance, s.DoF, s.DesignEffect(), test.variance, test.dof, test.effect)
			}
			if s.EffectiveN() > s.N {
				t.Errorf("%v of %v effective", s.EffectiveN(), s.N)
			}
		})
	}
}

// The textbook form: p ± t₀.₉₇₅,₁₉·s with s = sd(e)/√20.
func TestExceedance(t *testing.T) {
	var set []Batch
	for i := range 20 {
		set = append(set, Batch{N: 1000, Bad: float64(i % 5 * 5)}) // shares 0 to 2 %, mean 1 %
	}
	sd := math.Sqrt(20.0 / 19 * 50e-6) // Σ(e−ē)²/20 = (100+25+0+25+100)/5 · 1e−6
	half := 2.093024 * sd / math.Sqrt(20)
	low, high := NewSpread(set).Exceedance(0.95)
	if !near(low, 0.01-half) || !near(high, 0.01+half) {
		t.Errorf("%v to %v, want 0.01 ± %v", low, high, half)
	}
	if low, high := (Spread{}).Exceedance(0.95); low != 0 || high != 1 {
		t.Errorf("no data: %v to %v", low, high)
	}
}

func TestClumping(t *testing.T) {
	twenty := func(bad ...float64) []Batch {
		return append(batchesOf(1e6, bad...), batchesOf(1e6, make([]float64, 20-len(bad))...)...)
	}
	tests := []struct {
		name string
		set  []Batch
		want float64
	}{
		{"no failure", twenty(), 1},
		{"one failure", twenty(1), 1},
		{"two at once", twenty(2), 2 * 1.1051},
		{"two apart", twenty(1, 1), 1},
		{"thirty at once", twenty(30), 30 * 1.1051},
		{"half the batches", twenty(4, 4, 4, 4, 4, 4, 4, 4, 4, 4), 40 / 19.0 * 1.1051},
		{"half the batches, as chance may have it", twenty(3, 3, 3, 3, 3, 3, 3, 3, 3, 3), 1},
		{"three bursts, as chance has it", batchesOf(1e6, 100, 112, 120), 1},
		{"three bursts of their own mind", batchesOf(1e6, 100, 200, 300), 50 * 3.1513},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := NewSpread(test.set).Clumping(); math.Abs(got-test.want) > 0.01*test.want {
				t.Errorf("φ = %v, want %v", got, test.want)
			}
		})
	}
}

func TestClumpedBounds(t *testing.T) {
	for _, n := range []int64{0, 1, 100, 2995} {
		for _, k := range []int64{0, 1, 3, n} {
			k = min(k, n)
			low, high := ClopperPearson(k, n, 0.95)
			l, h := ClopperPearsonClumped(k, n, 1, 0.95)
			if !near(l, low) || !near(h, high) {
				t.Errorf("%d of %d: φ = 1 gives %v–%v, want %v–%v", k, n, l, h, low, high)
			}
			if l3, h3 := ClopperPearsonClumped(k, n, 3, 0.95); l3 > low || h3 < high {
				t.Errorf("%d of %d: φ = 3 gives %v–%v, narrower than %v–%v", k, n, l3, h3, low, high)
			}
			for _, limit := range []float64{0, 0.001, 0.5, 1} {
				if AtMostClumped(k, n, 1, limit, 0.95) != AtMost(k, n, limit, 0.95) || AboveClumped(k, n, 1, limit, 0.95) != Above(k, n, limit, 0.95) {
					t.Errorf("%d of %d against %v: φ = 1 is not the plain test", k, n, limit)
				}
			}
		}
	}
	if !AtMostClumped(0, 8983, 3, 0.001, 0.95) || AtMostClumped(0, 8982, 3, 0.001, 0.95) {
		t.Error("φ = 3 must triple the 2,995 that prove 0.1 %")
	}
}

func TestRankCorrelation(t *testing.T) {
	tests := []struct {
		name   string
		x, y   []float64
		rho, p float64
	}{
		{"nothing", nil, nil, 0, 1},
		{"two pairs", []float64{1, 2}, []float64{1, 2}, 0, 1},
		{"constant", []float64{1, 1, 1, 1}, []float64{1, 2, 3, 4}, 0, 1},
		{"the same order", []float64{1, 2, 3, 40}, []float64{5, 60, 700, 8000}, 1, 0},
		{"the reverse", []float64{1, 2, 3, 4}, []float64{9, 8, 2, 1}, -1, 0},
		// Hand-made: ranks 1..10 against 1 6 8 7 10 9 3 5 2 4; Σd² = 194, ρ = 1 − 6·194/990.
		{"a textbook's ten", []float64{86, 97, 99, 100, 101, 103, 106, 110, 112, 113}, []float64{0, 20, 28, 27, 50, 29, 7, 17, 6, 12}, -0.175758, 0.627188},
		{"ties share ranks", []float64{1, 1, 2, 2, 3}, []float64{1, 2, 2, 3, 3}, 0.805556, 0.099870},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rho, p := RankCorrelation(test.x, test.y)
			if math.Abs(rho-test.rho) > 1e-5 || math.Abs(p-test.p) > 1e-3 {
				t.Errorf("ρ = %.6f, p = %.6f; want %v, %v", rho, p, test.rho, test.p)
			}
		})
	}
}
