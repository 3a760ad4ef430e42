package stats

import (
	"math"
	"sort"
)

// Rank returns the nearest rank ⌈p·n⌉ of a quantile given in hundredths of a
// percent (9990 for p99.9), from 1 to n. Whole numbers keep it exact: in
// floating point 0.99 × 1,000 may come out a hair above 990.
func Rank(n int64, hundredths int) int64 {
	const whole = 10000
	h := int64(hundredths)
	rank := n/whole*h + (n%whole*h+whole-1)/whole
	return min(max(rank, 1), n)
}

// QuantileRanks returns the order-statistic interval of the p-quantile of n
// independent values: with the given confidence the true quantile lies
// between the low-th and the high-th smallest (David & Nagaraja, Order
// Statistics, §7.1). No distribution is assumed. low is 0 when nothing bounds
// the quantile from below, high is n+1 when nothing bounds it from above.
//
// With B ~ Binomial(n, p) counting the values at or below the quantile, low
// is the first k with P(B ≤ k) > α/2, high is one more than the first k with
// P(B ≤ k) ≥ 1 − α/2.
func QuantileRanks(n int64, p, confidence float64) (low, high int64) {
	tail := (1 - confidence) / 2
	low = int64(sort.Search(int(n), func(k int) bool { return BinomialCDF(int64(k), n, p) > tail }))
	high = 1 + int64(sort.Search(int(n), func(k int) bool { return BinomialCDF(int64(k), n, p) >= 1-tail }))
	return low, high
}

// NeededForQuantile returns the smallest n at which QuantileRanks bounds the
// p-quantile on both sides: max(p, 1−p)ⁿ ≤ α/2.
func NeededForQuantile(p, confidence float64) int64 {
	return int64(math.Ceil(math.Log((1-confidence)/2) / math.Log(max(p, 1-p))))
}
