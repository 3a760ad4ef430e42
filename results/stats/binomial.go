// Package stats is the textbook statistics the verdicts rest on, over plain
// numbers and slices. Everything is exact for independent trials: no normal
// approximation, which is poor in the tails that thresholds live in.
package stats

import (
	"sort"

	"gonum.org/v1/gonum/mathext"
)

// BinomialCDF returns P(X ≤ k) for X ~ Binomial(n, p), through the
// regularized incomplete beta function: I₁₋ₚ(n−k, k+1) (Abramowitz & Stegun
// 26.5.24). It is 0 for k < 0 and 1 for k ≥ n.
func BinomialCDF(k, n int64, p float64) float64 {
	switch {
	case k < 0:
		return 0
	case k >= n || p <= 0:
		return 1
	case p >= 1:
		return 0
	}
	return mathext.RegIncBeta(float64(n-k), float64(k+1), 1-p)
}

// BinomialTail returns P(X ≥ k) for X ~ Binomial(n, p), computed directly so
// that a small tail keeps its digits.
func BinomialTail(k, n int64, p float64) float64 {
	switch {
	case k <= 0:
		return 1
	case k > n || p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	return mathext.RegIncBeta(float64(k), float64(n-k+1), p)
}

// ClopperPearson returns the exact two-sided interval for a share of which k
// of n were seen (Clopper & Pearson, Biometrika 26, 1934). With no trials it
// is 0 to 1: nothing is known.
func ClopperPearson(k, n int64, confidence float64) (low, high float64) {
	tail := (1 - confidence) / 2
	low, high = 0, 1
	if k > 0 && n > 0 {
		low = mathext.InvRegIncBeta(float64(k), float64(n-k+1), tail)
	}
	if k < n && n > 0 {
		high = mathext.InvRegIncBeta(float64(k+1), float64(n-k), 1-tail)
	}
	return low, high
}

// AtMost reports whether k bad of n prove, one-sided at the given
// confidence, that the bad share is at most limit: the Clopper–Pearson upper
// bound does not exceed it.
func AtMost(k, n int64, limit, confidence float64) bool {
	return n > 0 && BinomialCDF(k, n, limit) <= 1-confidence
}

// Above reports whether k bad of n prove, one-sided at the given confidence,
// that the bad share is above limit: the Clopper–Pearson lower bound exceeds it.
func Above(k, n int64, limit, confidence float64) bool {
	return n > 0 && BinomialTail(k, n, limit) < 1-confidence
}

// ClopperPearsonClumped is ClopperPearson for attempts that fail in clumps:
// k and n are divided by the clumping factor phi, which is at least 1, and
// need not be whole after that.
func ClopperPearsonClumped(k, n int64, phi, confidence float64) (low, high float64) {
	tail := (1 - confidence) / 2
	bad, of := float64(k)/phi, float64(n)/phi
	low, high = 0, 1
	if k > 0 && n > 0 {
		low = mathext.InvRegIncBeta(bad, of-bad+1, tail)
	}
	if k < n && n > 0 {
		high = mathext.InvRegIncBeta(bad+1, of-bad, 1-tail)
	}
	return low, high
}

// AtMostClumped is AtMost with k and n divided by the clumping factor phi.
func AtMostClumped(k, n int64, phi, limit, confidence float64) bool {
	switch {
	case n <= 0:
		return false
	case k >= n || limit <= 0 || limit >= 1:
		return AtMost(k, n, limit, confidence)
	}
	bad, of := float64(k)/phi, float64(n)/phi
	return mathext.RegIncBeta(of-bad, bad+1, 1-limit) <= 1-confidence
}

// AboveClumped is Above with k and n divided by the clumping factor phi.
func AboveClumped(k, n int64, phi, limit, confidence float64) bool {
	if n <= 0 || k <= 0 || limit <= 0 || limit >= 1 {
		return Above(k, n, limit, confidence)
	}
	bad, of := float64(k)/phi, float64(n)/phi
	return mathext.RegIncBeta(bad, of-bad+1, limit) < 1-confidence
}

// enough bounds the searches for a sample size: beyond it the answer is "no
// practical number".
const enough = int64(1) << 50

// NeededToProve returns the smallest n at which k bad prove, as AtMost does,
// that the bad share is at most limit; 0 if no practical n does, as for a
// limit of zero.
func NeededToProve(k int64, limit, confidence float64) int64 {
	if limit <= 0 || k >= enough {
		return 0
	}
	n := k + 1
	for !AtMost(k, n, limit, confidence) {
		if n *= 2; n > enough {
			return 0
		}
	}
	first := sort.Search(int(n-k), func(i int) bool { return AtMost(k, k+int64(i), limit, confidence) })
	return k + int64(first)
}
