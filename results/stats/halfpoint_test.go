package stats

import (
	"math"
	"testing"
)

func TestHalfPointLiesBetweenGoodAndBad(t *testing.T) {
	tests := []struct {
		name      string
		shots     []Shots
		low, high float64 // of the bracket
		from, to  float64 // where the median has to be
		width     float64 // most of the interval, as a share of the median
	}{
		{"a hard edge", []Shots{{400, 1, 0}, {900, 4, 0}, {920, 8, 0}, {966, 0, 5}, {1000, 0, 3}, {1600, 0, 1}}, 920, 966, 920, 966, 0.08},
		{"whole loads", []Shots{{16, 1, 0}, {31, 5, 0}, {32, 0, 5}, {64, 0, 1}}, 31, 32, 31, 32, 0.09},
		{"one spoilt trial far below", []Shots{{100, 2, 1}, {900, 6, 0}, {950, 0, 6}}, 900, 950, 900, 950, 0.10},
		{"a bracket far too low", []Shots{{300, 3, 1}, {330, 1, 2}, {700, 8, 0}, {800, 8, 0}, {900, 0, 8}}, 300, 330, 790, 910, 0.20},
		{"one lucky trial far above", []Shots{{900, 10, 0}, {950, 0, 6}, {1600, 1, 1}}, 900, 950, 890, 960, 0.12},
		{"a wide bracket", []Shots{{50, 1, 0}, {5000, 0, 1}}, 50, 5000, 150, 1700, 60},
		{"nothing", nil, 500, 500, 480, 520, 5},
	}
	for _, test := range tests {
		h := NewHalfPoint(test.shots, test.low, test.high)
		if !(test.from <= h.Median && h.Median <= test.to) || !(h.Low < h.Median && h.Median < h.High) || (h.High-h.Low)/h.Median > test.width {
			t.Errorf("%s: %+v, want a median of %v to %v and a width of %v", test.name, h, test.from, test.to, test.width)
		}
	}
}

func TestHalfPointTellsSoftnessFromSpoiltTrials(t *testing.T) {
	soft := NewHalfPoint([]Shots{{600, 9, 1}, {800, 7, 3}, {1000, 5, 5}, {1250, 3, 7}, {1650, 1, 9}}, 950, 1050)
	if soft.Scale < 0.1 {
		t.Errorf("a share that falls over an octave: s %.3f, want more than 10 %%", soft.Scale)
	}
	spoilt := NewHalfPoint([]Shots{{300, 9, 1}, {600, 9, 1}, {900, 18, 2}, {1100, 0, 10}}, 900, 1100)
	if spoilt.Spoilt < 0.05 || spoilt.Scale > 0.06 {
		t.Errorf("a tenth bad at any load below the edge: %+v, want g above 5 %% and an edge", spoilt)
	}
	hard := NewHalfPoint([]Shots{{300, 9, 0}, {600, 9, 0}, {900, 20, 0}, {920, 0, 10}}, 900, 920)
	if safe := hard.Passing(0.95); hard.Spoilt > 0.03 || safe < 850 || safe > hard.Median {
		t.Errorf("a hard edge at 900: %+v, 95 %% pass at %.0f; want hardly any spoilt and 850 to 910", hard, safe)
	}
}

// What can be computed by hand is a test of every factor: with these shots the
// sum over the grid has to come to the sum of plain products.
func TestHalfPointAgreesWithPlainArithmetic(t *testing.T) {
	shots := []Shots{{90, 3, 1}, {100, 2, 2}, {110, 1, 4}}
	from, to := math.Log(100)-0.4, math.Log(100)+0.4
	p := newPosterior(shots, from, to)
	var total float64
	plain := make([]float64, len(p.halfPoints))
	for i := range plain {
		for _, s := range scales {
			for _, g := range spoiltShares {
				l := 1.0
				for _, shot := range shots {
					bad := g + (1-g)*(1-luck)/(1+math.Exp(-(math.Log(shot.Load)-from-float64(i)*p.step)/s))
					l *= math.Pow(bad, float64(shot.Bad)) * math.Pow(1-bad, float64(shot.Good))
				}
				plain[i] += l
				total += l
			}
		}
	}
	for i := range plain {
		if want := plain[i] / total; math.Abs(p.halfPoints[i]-want) > 1e-9 {
			t.Fatalf("cell %d has %v, want %v", i, p.halfPoints[i], want)
		}
	}
}

func TestHalfPointStaysANumber(t *testing.T) {
	tests := map[string][]Shots{
		"hundreds of trials":      {{900, 400, 300}, {1000, 300, 400}},
		"all good far above":      {{1e6, 80, 0}},
		"all bad far below":       {{1, 0, 80}},
		"each against the other":  {{1, 0, 40}, {1e6, 40, 0}},
		"a load of no trials":     {{1000, 0, 0}},
		"everything at one place": {{1000, 40, 40}},
	}
	for name, shots := range tests {
		h := NewHalfPoint(shots, 950, 1050)
		for _, v := range []float64{h.Median, h.Low, h.High, h.Scale, h.Spoilt} {
			if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
				t.Errorf("%s: %+v", name, h)
			}
		}
		if h.Low > h.Median || h.Median > h.High {
			t.Errorf("%s: %+v is out of order", name, h)
		}
	}
}

func TestScalabilityFitFindsItsOwnLaw(t *testing.T) {
	tests := []Scalability{{100, 0, 0}, {100, 0.05, 0}, {100, 0.02, 0.0005}, {8, 0, 0.001}}
	n := []float64{1, 2, 4, 8, 16, 32, 64, 128}
	for _, want := range tests {
		x := make([]float64, len(n))
		for i := range n {
			x[i] = want.Gamma * n[i] / (1 + want.Sigma*(n[i]-1) + want.Kappa*n[i]*(n[i]-1))
		}
		got, ok := FitScalability(n, x)
		if !ok || math.Abs(got.Gamma/want.Gamma-1) > 1e-6 || math.Abs(got.Sigma-want.Sigma) > 1e-6 || math.Abs(got.Kappa-want.Kappa) > 1e-8 {
			t.Errorf("%+v, %v; want %+v", got, ok, want)
		}
	}
	if s, ok := FitScalability(n[:2], n[:2]); ok {
		t.Errorf("two points gave %+v", s)
	}
	better := []float64{1, 2.2, 4.8, 10, 22, 47, 100, 220} // superlinear: no law with σ, κ ≥ 0 has it
	if s, ok := FitScalability(n, better); !ok || s.Sigma < 0 || s.Kappa < 0 {
		t.Errorf("superlinear: %+v, %v; want a fit that is nowhere negative", s, ok)
	}
}

func BenchmarkHalfPoint(b *testing.B) {
	var shots []Shots // 60 trials at 20 loads
	for i := range int64(20) {
		shots = append(shots, Shots{Load: 850 + 10*float64(i), Good: 3 * (1 - i/10), Bad: 3 * (i / 10)})
	}
	b.ReportAllocs()
	for b.Loop() {
		NewHalfPoint(shots, 940, 950)
	}
}
