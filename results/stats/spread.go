package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Batch is one part of a run: how many values it holds, and how many of them
// are bad, in whatever sense the caller counts.
type Batch struct{ N, Bad float64 }

// Spread says how far the bad count of a run would vary if the run were
// repeated, as its own repetitions show. The zero value is no data.
type Spread struct {
	N, Bad   float64 // of all batches
	Variance float64 // of Bad
	DoF      float64 // degrees of freedom behind Variance; +Inf when nothing was repeated
}

// NewSpread estimates the spread from sets of batches. The batches of a set
// are repetitions of one another: equal parts of a steady load, or bursts of
// one size. Sets may differ from each other by design, and such differences
// are no spread. A set of a single batch shows nothing of how it varies; its
// values are then taken as independent.
//
// With a set's share p and residuals dⱼ = badⱼ − nⱼ·p, its bad count varies by
// m/(m−1)·Σdⱼ²; for m batches of equal size that is m times their sample
// variance. The sets' variances add, and so do their degrees of freedom by
// the rule of Welch and Satterthwaite.
func NewSpread(sets ...[]Batch) Spread {
	var s Spread
	var uncertainty float64 // Σ variance²/dof
	for _, set := range sets {
		m, n, bad := total(set)
		if n == 0 {
			continue
		}
		s.N, s.Bad = s.N+n, s.Bad+bad
		p := bad / n
		if m == 1 {
			s.Variance += n * p * (1 - p)
			continue
		}
		var squares float64
		for _, b := range set {
			d := b.Bad - b.N*p
			squares += d * d
		}
		v := squares * m / (m - 1)
		s.Variance += v
		uncertainty += v * v / (m - 1)
	}
	s.DoF = math.Inf(1)
	if uncertainty > 0 {
		s.DoF = s.Variance * s.Variance / uncertainty
	}
	return s
}

// total adds up the batches of a set that hold anything.
func total(set []Batch) (batches, n, bad float64) {
	for _, b := range set {
		if b.N > 0 {
			batches++
			n, bad = n+b.N, bad+b.Bad
		}
	}
	return batches, n, bad
}

// DesignEffect is how many times the variance of as many independent values
// the spread is. It is below 1 when the batches are more alike than chance
// makes them, and 1 when there is nothing to go by.
func (s Spread) DesignEffect() float64 {
	p := s.Bad / s.N
	if independent := s.N * p * (1 - p); independent > 0 {
		return s.Variance / independent
	}
	return 1
}

// EffectiveN is how many independent values tell as much: N over the design
// effect, never more than N.
func (s Spread) EffectiveN() float64 { return s.N / max(s.DesignEffect(), 1) }

// Exceedance returns the batched interval of the bad share, share ± t·s with
// s the standard error that the batches show, from 0 to 1. An interval for a
// quantile is the quantiles at its ends.
func (s Spread) Exceedance(confidence float64) (low, high float64) {
	if s.N == 0 {
		return 0, 1
	}
	share, half := s.Bad/s.N, s.HalfWidth(confidence)
	return max(share-half, 0), min(share+half, 1)
}

// HalfWidth is t·s of Exceedance, before it is cut at 0 and 1; 1 of no data.
func (s Spread) HalfWidth(confidence float64) float64 {
	if s.N == 0 {
		return 1
	}
	return studentQuantile(1-(1-confidence)/2, s.DoF) * math.Sqrt(s.Variance) / s.N
}

// studentQuantile is Student's t with the normal distribution as its limit.
func studentQuantile(p, dof float64) float64 {
	if math.IsInf(dof, 1) {
		return distuv.UnitNormal.Quantile(p)
	}
	return distuv.StudentsT{Sigma: 1, Nu: dof}.Quantile(p)
}

// clumpsFrom is the clumping factor below which failures count as
// independent.
const clumpsFrom = 1.5

// Clumping returns the factor φ by which both numbers of "k bad of n" are to
// be divided before they are taken for independent: the variance of the bad
// counts over their mean, where bad is rare. It is 1 when φ is under 1.5 or no
// more than what chance alone makes of independent failures in 1 of 20 runs
// (a χ² test). Few batches know their own φ badly: as Student's t is wider
// than the normal distribution where a variance is estimated, the factor is
// φ·(t/z)² at one-sided 95 %, 1.1 φ for twenty batches and 3.2 φ for three.
func (s Spread) Clumping() float64 {
	phi := s.DesignEffect()
	if math.IsInf(s.DoF, 1) || phi < clumpsFrom {
		return 1
	}
	chi := distuv.ChiSquared{K: s.DoF}
	if chi.Survival(phi*s.DoF) > 0.05 {
		return 1
	}
	wider := studentQuantile(0.95, s.DoF) / distuv.UnitNormal.Quantile(0.95)
	return phi * wider * wider
}

// Independent reports whether values of this spread may be taken for
// independent, so that an exact interval holds: the design effect is under
// 1.3, and neighbours in time are not correlated, pNeighbours being what
// RankCorrelation says of them.
func (s Spread) Independent(pNeighbours float64) bool {
	return s.DesignEffect() < 1.3 && pNeighbours > 0.01
}
