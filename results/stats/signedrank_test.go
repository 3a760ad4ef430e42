package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

var inf = math.Inf(1)

// upTo is n differences of one sign, of whose Walsh averages no two are equal.
func upTo(n int) []float64 {
	d := make([]float64, n)
	for i := range d {
		d[i] = math.Exp2(float64(i))
	}
	return d
}

// The critical values of the signed-rank sum as tables print them (McCornack,
// JASA 60, 1965): the largest T with P(T' ≤ T) at or below the level.
func TestSignedRankCriticalValues(t *testing.T) {
	tables := map[float64]map[int]int{ // by one-sided level
		0.025: {5: -1, 6: 0, 7: 2, 8: 3, 9: 5, 10: 8, 11: 10, 12: 13, 13: 17, 14: 21, 15: 25, 20: 52, 25: 89, 30: 137},
		0.005: {7: -1, 8: 0, 9: 1, 10: 3, 11: 5, 12: 7, 13: 9, 14: 12, 15: 15, 20: 37, 25: 68, 30: 109},
	}
	for level, table := range tables {
		for n, want := range table {
			t.Run(fmt.Sprintf("%v of %d", level, n), func(t *testing.T) {
				if got := NewSignedRank(upTo(n)).trim(1-level) - 1; got != want {
					t.Errorf("critical value %d, want %d", got, want)
				}
			})
		}
	}
}

// The first look of a regression gate is 10 pairs because that level is out
// of reach of fewer than 9.
func TestSignedRankReach(t *testing.T) {
	for n, reached := range map[int]bool{6: false, 8: false, 9: true, 10: true} {
		if low := NewSignedRank(upTo(n)).Lower(1 - 0.01/4); (low > 0) != reached {
			t.Errorf("%d pairs that all point one way: lower limit %v", n, low)
		}
	}
}

func TestSignedRankP(t *testing.T) {
	tests := []struct {
		name        string
		d           []float64
		p, oneSided float64
	}{
		{"no pair", nil, 1, 1},
		{"no difference", []float64{0, 0, 0}, 1, 1},
		{"one pair", []float64{3}, 1, 0.5},
		{"six up", []float64{1, 2, 3, 4, 5, 6}, 2.0 / 64, 1.0 / 64},
		{"six down", []float64{-1, -2, -3, -4, -5, -6}, 2.0 / 64, 1},
		{"the least is down", []float64{-1, 2, 3, 4, 5, 6}, 4.0 / 64, 2.0 / 64},
		{"ties share ranks", []float64{1, 1, 1, -1}, 10.0 / 16, 5.0 / 16},
		// Ranks 2 to 4 stay, 1 goes: 9 of 9 is one pattern of eight.
		{"a zero keeps its rank", []float64{0, 5, 6, 7}, 2.0 / 8, 1.0 / 8},
		{"a zero is smaller than all", []float64{0, -5, 6, 7}, 4.0 / 8, 2.0 / 8},
		{"infinite is larger than all", []float64{-1, -2, -3, inf}, 14.0 / 16, 11.0 / 16},
		{"infinite ones are equal", []float64{inf, inf, -inf}, 1, 0.5},
		// Darwin's maize, the example of Fisher's Design of Experiments, in
		// eighths of an inch. Two differences tie at 14.
		{"fifteen pots of maize", maize, 0.041260, 0.020630},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := NewSignedRank(test.d)
			if !near(s.P(), test.p) || !near(s.PAbove(), test.oneSided) {
				t.Errorf("p %.6f and %.6f, want %.6f and %.6f", s.P(), s.PAbove(), test.p, test.oneSided)
			}
		})
	}
}

var maize = []float64{49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48}

// Every pattern of signs, counted one by one, is the oracle.
func TestSignedRankAgainstEnumeration(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 1))
	for range 200 {
		d := make([]float64, 1+rnd.IntN(9))
		for i := range d {
			d[i] = float64(rnd.IntN(7) - 3) // ties and zeros
		}
		s := NewSignedRank(d)
		above, patterns := 0, 1<<len(s.ranks)
		for signs := range patterns {
			sum := 0
			for i, r := range s.ranks {
				sum += r * (signs >> i & 1)
			}
			if sum >= s.above {
				above++
			}
		}
		if want := float64(above) / float64(patterns); !near(s.PAbove(), want) {
			t.Fatalf("%v: p %v, counted %v", d, s.PAbove(), want)
		}
	}
}

func TestHodgesLehmann(t *testing.T) {
	tests := []struct {
		name                string
		d                   []float64
		estimate, low, high float64 // two-sided 95 %
	}{
		{"no pair", nil, 0, -inf, inf},
		{"one pair", []float64{3}, 3, -inf, inf},
		{"five are too few", []float64{1, 2, 3, 4, 5}, 3, -inf, inf},
		{"six", []float64{1, 2, 3, 4, 5, 6}, 3.5, 1, 6},
		{"seven, two cut", []float64{1, 2, 4, 8, 16, 32, 64}, 14, 2, 40},
		{"all zero", make([]float64, 10), 0, 0, 0},
		{"one of ten infinite", []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, inf}, 5.5, 3, inf},
		{"most infinite", []float64{1, 2, inf, inf, inf, inf, inf, inf, inf, inf}, inf, inf, inf},
		{"mostly minus", []float64{1, 2, -inf, -inf, -inf, -inf, -inf, -inf, -inf, -inf}, -inf, -inf, -inf},
		{"both ways", []float64{-inf, 1, 2, 3, 4, 5, 6, 7, 8, inf}, 4.5, -inf, inf},
		{"balanced", []float64{-inf, -inf, inf, inf}, 0, -inf, inf},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := NewSignedRank(test.d)
			low, high := s.Lower(0.975), s.Upper(0.975)
			if s.Estimate() != test.estimate || low != test.low || high != test.high {
				t.Errorf("%v [%v, %v], want %v [%v, %v]", s.Estimate(), low, high, test.estimate, test.low, test.high)
			}
		})
	}
}

// The interval and the test are two readings of one rule where nothing ties.
func TestSignedRankLimitsAgreeWithTest(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 2))
	for range 500 {
		d := make([]float64, 5+rnd.IntN(12))
		for i := range d {
			d[i] = rnd.NormFloat64() + 0.5
		}
		s := NewSignedRank(d)
		for _, level := range []float64{0.0025, 0.0125, 0.025} {
			if above := s.PAbove() <= level; above != (s.Lower(1-level) > 0) {
				t.Fatalf("%v at %v: p %v, lower limit %v", d, level, s.PAbove(), s.Lower(1-level))
			}
		}
	}
}

// Turning every sign turns the interval round.
func TestSignedRankMirror(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 3))
	for range 200 {
		d, turned := make([]float64, 1+rnd.IntN(12)), []float64{}
		for i := range d {
			if d[i] = rnd.NormFloat64(); rnd.IntN(8) == 0 {
				d[i] *= inf
			}
			turned = append(turned, -d[i])
		}
		s, m := NewSignedRank(d), NewSignedRank(turned)
		if s.Lower(0.975) != -m.Upper(0.975) || s.Estimate() != -m.Estimate() || !near(s.P(), m.P()) {
			t.Fatalf("%v: lower %v, estimate %v, p %v; turned: upper %v, estimate %v, p %v",
				d, s.Lower(0.975), s.Estimate(), s.P(), m.Upper(0.975), m.Estimate(), m.P())
		}
	}
}

func TestSignedRankCoverage(t *testing.T) {
	runs, slack := runsOf(10000, 0.95)
	rnd := rand.New(rand.NewPCG(4, 4))
	covered := 0
	for range runs {
		d := make([]float64, 10)
		for i := range d {
			d[i] = rnd.NormFloat64()
		}
		if s := NewSignedRank(d); s.Lower(0.975) <= 0 && 0 <= s.Upper(0.975) {
			covered++
		}
	}
	share := float64(covered) / float64(runs) // exactly 95.1 %: T ≤ 8 of ten
	if share < 0.945-slack || share > 0.957+slack {
		t.Errorf("%.1f %% of %d intervals hold the centre, want 95.1 %%", 100*share, runs)
	}
}
