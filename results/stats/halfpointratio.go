package stats

import (
	"cmp"
	"math"
	"slices"
)

// Bracketed are the shots of one server and the ends, both above 0, between
// which its half point was found, as NewHalfPoint takes them.
type Bracketed struct {
	Shots     []Shots
	Low, High float64
}

// HalfPointRatio is what trials of two servers say of C_B/C_A, the ratio of
// their half points.
type HalfPointRatio struct {
	Median    float64
	Low, High float64 // its central 95 % interval
	Less      float64 // the probability that it is below 1: that B takes less
}

// NewHalfPointRatio returns the posterior of the ratio. Trials of one server
// say nothing of the other's half point, so that the two posteriors are
// independent, and the distribution of ln C_B − ln C_A is all pairs of their
// cells, each with the product of the two weights.
func NewHalfPointRatio(a, b Bracketed) HalfPointRatio {
	of := func(s Bracketed) posterior { return settledPosterior(s.Shots, s.Low, s.High) }
	cells := differences(of(a), of(b))
	r := HalfPointRatio{Median: ratioAt(cells, 0.5), Low: ratioAt(cells, 0.025), High: ratioAt(cells, 0.975)}
	for _, c := range cells {
		switch {
		case c.log < 0:
			r.Less += c.weight
		case c.log == 0:
			r.Less += c.weight / 2
		}
	}
	r.Less = min(r.Less, 1)
	return r
}

// logRatio is a value of ln C_B − ln C_A and its probability.
type logRatio struct{ log, weight float64 }

// negligible weights are left out: of a grid of hundreds of cells few matter.
const negligible = 1e-9

// differences are all that have a weight, the smallest first.
func differences(a, b posterior) (cells []logRatio) {
	for i, v := range a.halfPoints {
		for j, w := range b.halfPoints {
			if v*w > negligible {
				log := b.from - a.from + float64(j)*b.step - float64(i)*a.step
				cells = append(cells, logRatio{log, v * w})
			}
		}
	}
	slices.SortFunc(cells, func(x, y logRatio) int { return cmp.Compare(x.log, y.log) })
	return cells
}

// ratioAt is the quantile q of the ratio.
func ratioAt(cells []logRatio, q float64) float64 {
	for _, c := range cells {
		if q -= c.weight; q <= 0 {
			return math.Exp(c.log)
		}
	}
	return math.Exp(cells[len(cells)-1].log)
}
