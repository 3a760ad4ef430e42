package stats

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Scalability is the universal scalability law (Gunther, Guerrilla Capacity
// Planning, ch. 4–6) fitted to throughputs:
//
//	X(N) = γN / (1 + σ(N − 1) + κN(N − 1))
//
// N is how many are served at once. The zero value is no fit.
type Scalability struct {
	Gamma float64 // γ: throughput of one alone
	Sigma float64 // σ: contention, the share that only one at a time can have
	Kappa float64 // κ: what each pays for agreeing with each other one
}

// Peak returns the N of the largest throughput, √((1 − σ)/κ), +∞ if
// throughput never falls.
func (s Scalability) Peak() float64 {
	if s.Kappa <= 0 {
		return math.Inf(1)
	}
	return math.Sqrt(max(1-s.Sigma, 0) / s.Kappa)
}

// FitScalability fits the law to throughputs x at n served at once, all above
// 0, by least squares of the relative error; σ and κ are at least 0. N/X is
// linear in 1/γ, σ/γ and κ/γ, so of the fits with both, one or none of the
// latter the best that is nowhere negative is the constrained one. ok is false
// with fewer than three points.
func FitScalability(n, x []float64) (s Scalability, ok bool) {
	if len(n) < 3 || len(n) != len(x) {
		return s, false
	}
	best := math.Inf(1)
	for _, terms := range [][]int{{0, 1, 2}, {0, 1}, {0, 2}, {0}} {
		c, misfit, solved := fitTerms(n, x, terms)
		if solved && misfit < best && c[0] > 0 && c[1] >= 0 && c[2] >= 0 {
			best, ok = misfit, true
			s = Scalability{Gamma: 1 / c[0], Sigma: c[1] / c[0], Kappa: c[2] / c[0]}
		}
	}
	return s, ok
}

// fitTerms solves for the coefficients of some of the terms 1, N − 1 and
// N(N − 1) of N/X, each equation divided by its N/X.
func fitTerms(n, x []float64, terms []int) (c [3]float64, misfit float64, ok bool) {
	a, b := mat.NewDense(len(n), len(terms), nil), mat.NewVecDense(len(n), nil)
	for i := range n {
		all := [3]float64{1, n[i] - 1, n[i] * (n[i] - 1)}
		for k, term := range terms {
			a.Set(i, k, all[term]*x[i]/n[i])
		}
		b.SetVec(i, 1)
	}
	var solution, residual mat.VecDense
	if err := solution.SolveVec(a, b); err != nil {
		return c, 0, false // loads too much alike to tell the terms apart
	}
	for k, term := range terms {
		c[term] = solution.AtVec(k)
	}
	residual.MulVec(a, &solution)
	residual.SubVec(&residual, b)
	return c, mat.Norm(&residual, 2), true
}
