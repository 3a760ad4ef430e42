package stats

import (
	"cmp"
	"slices"
)

// Holm returns each p corrected for there being as many tests as there are p
// (Scand. J. Statist. 6, 1979): reject those whose corrected p is at most α,
// and the chance of one false rejection or more is at most α. The smallest is
// multiplied by the number of tests, the next by one less, and so on; none is
// smaller than one before it, or above 1. p is left as it is.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	corrected, least := make([]float64, len(p)), 0.0
	for i, k := range order {
		least = min(max(least, float64(len(p)-i)*p[k]), 1)
		corrected[k] = least
	}
	return corrected
}
