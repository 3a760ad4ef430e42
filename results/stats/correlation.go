package stats

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// RankCorrelation returns Spearman's rank correlation of the pairs (xᵢ, yᵢ)
// and the two-sided probability of one at least as strong if x and y are
// independent, by Student's t with n − 2 degrees of freedom. Equal values
// share the mean of their ranks. Fewer than three pairs, and values that are
// all equal, correlate with nothing: 0 and 1. x and y must be equally long.
func RankCorrelation(x, y []float64) (rho, p float64) {
	n := float64(len(x))
	if n < 3 {
		return 0, 1
	}
	rho = stat.Correlation(ranks(x), ranks(y), nil)
	switch {
	case math.IsNaN(rho):
		return 0, 1
	case math.Abs(rho) >= 1:
		return rho, 0
	}
	t := math.Abs(rho) * math.Sqrt((n-2)/(1-rho*rho))
	return rho, 2 * distuv.StudentsT{Sigma: 1, Nu: n - 2}.Survival(t)
}

// ranks returns the rank of each value, from 1.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	ranked := make([]float64, len(values))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && values[order[j]] == values[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			ranked[k] = float64(i+j+1) / 2
		}
		i = j
	}
	return ranked
}
