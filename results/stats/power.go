package stats

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// detect is z₀.₉₇₅ + z₀.₈₀: how many standard errors away from zero a
// difference must be for a two-sided 5 % test to find it 4 times of 5.
var detect = distuv.UnitNormal.Quantile(0.975) + distuv.UnitNormal.Quantile(0.8)

// PairsNeeded returns how many pairs a difference of delta takes to be found 4
// times of 5, sd being the standard deviation of the differences of pairs:
// ((z₀.₉₇₅ + z₀.₈₀)·sd/delta)², rounded up. It is 0 if no number of pairs can
// be told: sd is no finite number, or delta is not above zero.
func PairsNeeded(sd, delta float64) int {
	pairs := math.Ceil(math.Pow(detect*sd/delta, 2))
	if !(delta > 0) || math.IsNaN(pairs) || pairs > math.MaxInt32 {
		return 0
	}
	return int(pairs)
}

// SmallestDetectable is PairsNeeded turned round: the difference that so many
// pairs find 4 times of 5. It is +∞ without a pair.
func SmallestDetectable(sd float64, pairs int) float64 {
	if pairs <= 0 {
		return math.Inf(1)
	}
	return detect * sd / math.Sqrt(float64(pairs))
}

// SD returns the sample standard deviation. It is NaN of fewer than two values
// and of infinite ones.
func SD(values []float64) float64 { return stat.StdDev(values, nil) }

// UpperPrediction returns what the next of some like values stays below with
// the given confidence, if all are normal: mean + t·sd·√(1 + 1/n) with n − 1
// degrees of freedom. It is +∞ of fewer than two values.
func UpperPrediction(values []float64, confidence float64) float64 {
	n := float64(len(values))
	if n < 2 {
		return math.Inf(1)
	}
	mean, sd := stat.MeanStdDev(values, nil)
	return mean + studentQuantile(confidence, n-1)*sd*math.Sqrt(1+1/n)
}

// Mean returns the mean, NaN of no value.
func Mean(values []float64) float64 { return stat.Mean(values, nil) }
