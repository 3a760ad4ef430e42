package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestSignFlip(t *testing.T) {
	twentyOne := make([]float64, 21)
	for i := range twentyOne {
		twentyOne[i] = 1
	}
	tests := []struct {
		name string
		d    []float64
		want float64
	}{
		{"nothing", nil, 1},
		{"zeros", []float64{0, 0}, 1},
		{"six up", []float64{1, 2, 3, 4, 5, 6}, 2.0 / 64},
		{"the least is down", []float64{-1, 2, 3, 4, 5, 6}, 4.0 / 64},
		{"one infinite outweighs", []float64{-1, -2, inf}, 8.0 / 8}, // 3 of 4 below +∞ − 3, and their mirrors: all are as far
		{"infinite ones cancel", []float64{inf, -inf, 3}, 1},
		{"infinite ones agree", []float64{inf, inf, inf}, 2.0 / 8},
		{"finite ones decide", []float64{inf, inf, 1, 2}, 2.0 / 16},
		// Fisher's own count of Darwin's maize: 1,726 of 32,768 patterns.
		{"fifteen pots of maize", maize, 1726.0 / 32768},
		{"a sample is never zero", twentyOne, 1e-5},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := SignFlip(test.d, 1); math.Abs(got-test.want) > 2e-5 {
				t.Errorf("p = %v, want %v", got, test.want)
			}
		})
	}
}

// A sample of the patterns is near all of them, and repeats with its seed.
func TestSignFlipSampled(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 5))
	d := make([]float64, 24)
	for i := range d {
		d[i] = rnd.NormFloat64() + 0.3
	}
	f, hits := newFlip(d), 0
	for signs := range uint64(1 << len(d)) {
		if signs%64 == 0 && f.asFar(signs) {
			hits++
		}
	}
	all := float64(hits) / float64(int(1)<<len(d)/64)
	if got := SignFlip(d, 7); math.Abs(got-all) > 0.01 || got != SignFlip(d, 7) {
		t.Errorf("p = %v and %v, of a regular sample %v", got, SignFlip(d, 7), all)
	}
}

func TestRankSum(t *testing.T) {
	tests := []struct {
		name string
		x, y []float64
		want float64
	}{
		{"nothing", nil, []float64{1, 2}, 1},
		{"five below five", []float64{1, 2, 3, 4, 5}, []float64{6, 7, 8, 9, 10}, 2.0 / 252},
		{"one overlaps", []float64{1, 2, 3, 4, 6}, []float64{5, 7, 8, 9, 10}, 4.0 / 252},
		{"all equal", []float64{1, 1}, []float64{1, 1, 1}, 1},
		{"infinite is largest", []float64{1, 2, 3}, []float64{4, inf, inf}, 2.0 / 20},
		{"unequal sizes", []float64{1}, []float64{2, 3, 4}, 2.0 / 4},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := RankSum(test.x, test.y); !near(got, test.want) {
				t.Errorf("p = %v, want %v", got, test.want)
			}
			if got := RankSum(test.y, test.x); !near(got, test.want) {
				t.Errorf("the other way round: p = %v, want %v", got, test.want)
			}
		})
	}
}

func TestHolm(t *testing.T) {
	tests := []struct{ p, want []float64 }{
		{nil, nil},
		{[]float64{0.03}, []float64{0.03}},
		{[]float64{0.01, 0.04, 0.03, 0.005}, []float64{0.03, 0.06, 0.06, 0.02}}, // the example of R's p.adjust
		{[]float64{0.5, 0.6}, []float64{1, 1}},
		{[]float64{0.02, 0.02}, []float64{0.04, 0.04}},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.p), func(t *testing.T) {
			got := Holm(test.p)
			for i := range got {
				if !near(got[i], test.want[i]) {
					t.Fatalf("corrected %v, want %v", got, test.want)
				}
			}
		})
	}
}

func TestPairsNeeded(t *testing.T) {
	tests := []struct {
		sd, delta float64
		want      int
	}{
		{0.05, 0.05, 8}, {0.1, 0.05, 32}, {0.05, math.Log(1.05), 9}, {0, 0.05, 0},
		{math.NaN(), 0.05, 0}, {inf, 0.05, 0}, {0.05, 0, 0}, {0.05, -1, 0}, {1e9, 1e-9, 0},
	}
	for _, test := range tests {
		if got := PairsNeeded(test.sd, test.delta); got != test.want {
			t.Errorf("sd %v, delta %v: %d pairs, want %d", test.sd, test.delta, got, test.want)
		}
	}
	for _, pairs := range []int{6, 10, 30} {
		if got := PairsNeeded(0.05, SmallestDetectable(0.05, pairs)*1.0001); got != pairs {
			t.Errorf("what %d pairs detect needs %d", pairs, got)
		}
	}
	if !math.IsInf(SmallestDetectable(1, 0), 1) {
		t.Error("no pair detects something")
	}
}

// The prediction for one more value: t(0.99, 4) = 3.7469.
func TestUpperPrediction(t *testing.T) {
	want := 3 + 3.746947*math.Sqrt(2.5)*math.Sqrt(1.2)
	if got := UpperPrediction([]float64{1, 2, 3, 4, 5}, 0.99); !near(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := UpperPrediction([]float64{1}, 0.99); !math.IsInf(got, 1) {
		t.Errorf("of one value: %v", got)
	}
	if got := SD([]float64{1}); !math.IsNaN(got) {
		t.Errorf("one value spreads by %v", got)
	}
}

func TestShareDifference(t *testing.T) {
	tests := []struct {
		name      string
		s         ShareDifference
		low, high float64 // two-sided 95 %
		p         float64
	}{
		{"nothing", ShareDifference{}, -1, 1, 1},
		{"both clean", ShareDifference{0, 30000, 0, 30000}, -0.000122955, 0.000122955, 1},
		{"five against none", ShareDifference{0, 1000, 5, 1000}, 0.000005449, 0.011629471, 0.0625},
		{"six against none", ShareDifference{0, 1000, 6, 1000}, 0.000712288, 0.013013423, 0.03125},
		{"equal shares, unequal sides", ShareDifference{10, 1000, 20, 2000}, -0.009174684, 0.007494376, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			low, high := test.s.Lower(0.975), test.s.Upper(0.975)
			if math.Abs(low-test.low) > 1e-8 || math.Abs(high-test.high) > 1e-8 || math.Abs(test.s.P()-test.p) > 1e-8 {
				t.Errorf("[%.6f, %.6f] p=%.4f, want [%.6f, %.6f] p=%.4f", low, high, test.s.P(), test.low, test.high, test.p)
			}
			turned := ShareDifference{test.s.BadB, test.s.NB, test.s.BadA, test.s.NA}
			if !near(turned.Lower(0.975), -high) || !near(turned.P(), test.s.P()) {
				t.Errorf("turned round: lower %v, p %v", turned.Lower(0.975), turned.P())
			}
		})
	}
}

func TestShareDifferenceCoverage(t *testing.T) {
	runs, slack := runsOf(5000, 0.95)
	rnd := rand.New(rand.NewPCG(4, 6))
	const n, a, b = 20000, 0.0005, 0.0010
	covered, above := 0, 0
	for range runs {
		s := ShareDifference{poisson(rnd, n*a), n, poisson(rnd, n*b), n}
		if s.Lower(0.975) <= b-a && b-a <= s.Upper(0.975) {
			covered++
		}
		if s = (ShareDifference{poisson(rnd, n*a), n, poisson(rnd, n*a), n}); s.P() <= 0.05 {
			above++
		}
	}
	t.Logf("%.1f %% of %d intervals hold the difference; %.1f %% of the equal are told apart",
		100*float64(covered)/float64(runs), runs, 100*float64(above)/float64(runs))
	if share := float64(covered) / float64(runs); share < 0.945-slack {
		t.Errorf("%.1f %% of %d intervals hold the difference, want 95 %%", 100*share, runs)
	}
	if share := float64(above) / float64(runs); share > 0.05+slack {
		t.Errorf("%.1f %% of %d equal shares are told apart, want at most 5 %%", 100*share, runs)
	}
}
