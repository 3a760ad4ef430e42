package stats

import (
	"math"
	"testing"
)

// edge are shots that are good up to a load and bad beyond.
func edge(at float64) Bracketed {
	s := Bracketed{Low: at * 0.97, High: at * 1.03}
	for _, share := range []float64{0.5, 0.8, 0.9, 0.97, 1.03, 1.1, 1.25, 2} {
		shot := Shots{Load: share * at, Good: 4}
		if share > 1 {
			shot.Good, shot.Bad = 0, 4
		}
		s.Shots = append(s.Shots, shot)
	}
	return s
}

func TestHalfPointRatioOfTwoEdges(t *testing.T) {
	for _, test := range []struct{ a, b float64 }{{1000, 1000}, {1000, 600}, {300, 4000}, {5000, 5}} {
		r := NewHalfPointRatio(edge(test.a), edge(test.b))
		want := test.b / test.a
		if math.Abs(r.Median/want-1) > 0.01 || r.Low > want || r.High < want || r.High/r.Low > 1.2 {
			t.Errorf("%v to %v: %+v, want %v", test.a, test.b, r, want)
		}
		less := 0.5
		if want != 1 {
			less = 1
		}
		if test.b > test.a {
			less = 0
		}
		if math.Abs(r.Less-less) > 1e-3 {
			t.Errorf("%v to %v: below 1 by %v, want %v", test.a, test.b, r.Less, less)
		}
	}
}

// With the sides exchanged everything turns round.
func TestHalfPointRatioIsSymmetric(t *testing.T) {
	a, b := edge(1000), edge(1040)
	a.Shots[3].Bad, b.Shots[4].Good = 1, 2
	r, back := NewHalfPointRatio(a, b), NewHalfPointRatio(b, a)
	near := func(x, y float64) bool { return math.Abs(x-y) < 2*gridStep }
	if !near(r.Median, 1/back.Median) || !near(r.Low, 1/back.High) || !near(r.High, 1/back.Low) || math.Abs(r.Less+back.Less-1) > 1e-6 {
		t.Errorf("there %+v, back %+v", r, back)
	}
}

// The interval of a ratio is about as wide as both intervals together, added
// as the variances of independent numbers are.
func TestHalfPointRatioAddsWidths(t *testing.T) {
	s := edge(1000)
	one := NewHalfPoint(s.Shots, s.Low, s.High)
	r := NewHalfPointRatio(s, s)
	got, want := math.Log(r.High/r.Low), math.Sqrt2*math.Log(one.High/one.Low)
	if got < 0.8*want || got > 1.2*want {
		t.Errorf("width %.4f, want about %.4f", got, want)
	}
}
