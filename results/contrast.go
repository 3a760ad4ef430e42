package results

import (
	"cmp"
	"math"

	"stampede/results/stats"
)

// contrast is how a measure differs between the sides, on its unit's scale: B
// less A. Confidences are one-sided.
type contrast interface {
	Estimate() float64
	Lower(confidence float64) float64
	Upper(confidence float64) float64
	P() float64
	PAbove() float64 // that B is above A
}

// The ways a contrast is had, beside those of single runs.
const (
	SignedRank   Method = "signed_rank"   // stats.SignedRank
	PooledShares Method = "pooled_shares" // stats.ShareDifference
	RunIntervals Method = "run_intervals" // the ends of both runs' own intervals, against each other
	HalfPoints   Method = "half_points"   // stats.NewHalfPointRatio
	SearchBounds Method = "search_bounds" // the ends of both searches' ranges, against each other
)

// fewestPairs is the least number of pairs that can show anything at 5 %:
// six that all point one way have a two-sided p of 2·2⁻⁶.
const fewestPairs = 6

// clumpsFrom is the factor φ from which failures of a trial count as clumped.
const clumpsFrom = 1.5

// paired is a measure over the pairs in which both sides have a value of it.
type paired struct {
	measure     Measure
	a, b        []Sample
	bFirst      []bool
	differences []float64 // on the unit's scale
	missing     string    // why the first pair that is left out has none
}

func pairUp(m Measure, pairs []Pair) paired {
	p := paired{measure: m}
	for _, pair := range pairs {
		a, b := pair.A.sample(m), pair.B.sample(m)
		if why := cmp.Or(a.Missing, b.Missing); why != "" {
			p.missing = cmp.Or(p.missing, why)
			continue
		}
		p.a, p.b, p.bFirst = append(p.a, a), append(p.b, b), append(p.bFirst, pair.BFirst)
		p.differences = append(p.differences, difference(m.Unit(), a.Value, b.Value))
	}
	return p
}

// sample is what a trial says of m; a trial that was never measured for it
// says nothing.
func (t Reading) sample(m Measure) Sample {
	if s, ok := t.Samples[m]; ok {
		return s
	}
	return Sample{Missing: "no data"}
}

// difference is b less a on a unit's scale. Two infinite times differ by
// nothing that is known.
func difference(u Unit, a, b float64) float64 {
	if math.IsInf(a, 1) && math.IsInf(b, 1) {
		return 0
	}
	return u.place(b) - u.place(a)
}

// contrast analyses the pairs by the signed ranks of their differences. Counts
// of failures are pooled while trials of a side differ by no more than chance
// has it; where they clump, only how trials differ can tell. The method is
// told too.
func (p *paired) contrast() (contrast, Method) {
	if p.measure.Statistic == Rate && len(p.a) >= fewestPairs && p.clumping() < clumpsFrom {
		a, b := pooled(p.a), pooled(p.b)
		return stats.ShareDifference{BadA: a.Bad, NA: a.Of, BadB: b.Bad, NB: b.Of}, PooledShares
	}
	return stats.NewSignedRank(p.differences), SignedRank
}

// worsening is the contrast of how much worse B is: of a ceiling, less is.
func (p *paired) worsening() contrast {
	if p.measure.Unit() != Capacity {
		worse, _ := p.contrast()
		return worse
	}
	lost := make([]float64, len(p.differences))
	for i, d := range p.differences {
		lost[i] = -d
	}
	return stats.NewSignedRank(lost)
}

// clumping is how many times the variance of independent failures the trials
// of a side show between them.
func (p *paired) clumping() float64 {
	return max(stats.NewSpread(batches(p.a)).DesignEffect(), stats.NewSpread(batches(p.b)).DesignEffect())
}

func batches(samples []Sample) []stats.Batch {
	set := make([]stats.Batch, len(samples))
	for i, s := range samples {
		set[i] = stats.Batch{N: float64(s.Of), Bad: float64(s.Bad)}
	}
	return set
}

func pooled(samples []Sample) (sum Sample) {
	for _, s := range samples {
		sum.Bad, sum.Of = sum.Bad+s.Bad, sum.Of+s.Of
	}
	return sum
}

// infinite is the share of a side's trials whose value is +∞.
func infinite(samples []Sample) float64 {
	n := 0
	for _, s := range samples {
		if math.IsInf(s.Value, 1) {
			n++
		}
	}
	return float64(n) / float64(max(len(samples), 1))
}

// orderEffect is the p of the pairs that began with A differing from those
// that began with B.
func (p *paired) orderEffect() float64 {
	var aFirst, bFirst []float64
	for i, d := range p.differences {
		if p.bFirst[i] {
			bFirst = append(bFirst, d)
		} else {
			aFirst = append(aFirst, d)
		}
	}
	return stats.RankSum(aFirst, bFirst)
}
