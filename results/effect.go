package results

import (
	"cmp"
	"math"
	"slices"

	"stampede/results/stats"
)

// Effect is how B differs from A in one measure. Estimate, Low and High are
// in Unit, the two-sided 95 % interval being Low to High; nil is +∞, or that
// there is no data, and then Method is empty. What nothing bounds from below is
// −1: all of it.
type Effect struct {
	Metric           string       `json:"metric"`
	Primary          bool         `json:"primary"`
	Unit             Unit         `json:"unit"`
	Estimate         *float64     `json:"estimate"`
	Low              *float64     `json:"low"`
	High             *float64     `json:"high"`
	P                *float64     `json:"p"`             // two-sided; nil of stored runs, of ceilings and of what has no data
	AdjustedP        *float64     `json:"p_adjusted"`    // of secondary measures, by Holm over all of them; the primary's is P
	PermutationP     *float64     `json:"p_permutation"` // stats.SignFlip, a check on P that decides nothing
	OrderEffectP     *float64     `json:"order_effect_p"`
	ProbabilityLower *float64     `json:"probability_lower,omitempty"` // of ceilings: that B's is lower than A's
	Outcome          Change       `json:"outcome"`
	Tiny             bool         `json:"tiny"` // there is a difference, too small to matter
	Method           Method       `json:"method,omitempty"`
	Pairs            int          `json:"pairs"`                    // in which both sides have a value
	PairsNeeded      int          `json:"pairs_needed,omitempty"`   // about so many more would decide; 0: none, or not to be told
	Infinite         float64      `json:"infinite_share,omitempty"` // of the trials, those whose value is +∞
	A                *float64     `json:"a"`                        // median over the pairs, nanoseconds or a share; nil is +∞
	B                *float64     `json:"b"`
	Values           []PairValues `json:"values"`
	Note             string       `json:"note"`
}

// PairValues are the values of one pair, nanoseconds or shares; nil is +∞.
type PairValues struct {
	A      *float64 `json:"a"`
	B      *float64 `json:"b"`
	BFirst bool     `json:"b_first"`
}

// effect analyses one measure, before it is known what else is tested.
func (p *paired) effect(m margin) Effect {
	e := Effect{Metric: p.measure.String(), Unit: m.unit, Pairs: len(p.differences), Note: p.missing, Values: p.values()}
	if e.Pairs == 0 {
		e.Note = cmp.Or(e.Note, "no data")
		return e
	}
	between, method := p.contrast()
	one := (1 + confidence) / 2
	e.Method = method
	e.A, e.B = median(p.a), median(p.b)
	e.set(limits{between.Estimate(), between.Lower(one), between.Upper(one)})
	e.P = ptr(between.P())
	e.PermutationP = ptr(stats.SignFlip(p.differences, 0))
	e.OrderEffectP = ptr(p.orderEffect())
	e.Infinite = (infinite(p.a) + infinite(p.b)) / 2
	total := stats.PairsNeeded(stats.SD(p.differences), m.unit.onScale(m.delta))
	if total > 0 {
		e.PairsNeeded = max(total-e.Pairs, fewestPairs-e.Pairs, 2) // pairs come by two
	}
	return e
}

// median is the middle value, of an even number the lower of the two, so that
// it is one of them.
func median(samples []Sample) *float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = s.Value
	}
	slices.Sort(values)
	return finite(values[(len(values)-1)/2])
}

// set fills estimate and interval.
func (e *Effect) set(l limits) {
	e.Estimate, e.Low, e.High = e.told(l.estimate), e.told(l.low), e.told(l.high)
}

func (e *Effect) told(d float64) *float64 { return finite(e.Unit.offScale(d)) }

// limits are the effect's numbers on its unit's scale again.
func (e *Effect) limits() limits {
	from := func(v *float64) float64 {
		if v == nil {
			return math.Inf(1)
		}
		return e.Unit.onScale(*v)
	}
	return limits{from(e.Estimate), from(e.Low), from(e.High)}
}

// finite is v, nil if it is infinite.
func finite(v float64) *float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return nil
	}
	return &v
}

func (p *paired) values() []PairValues {
	list := make([]PairValues, len(p.a))
	for i := range p.a {
		list[i] = PairValues{A: finite(p.a[i].Value), B: finite(p.b[i].Value), BFirst: p.bFirst[i]}
	}
	return list
}

// judge fills the outcome. An effect without a corrected p is left open; of
// stored runs and of ceilings, which have none, the intervals alone speak.
func (e *Effect) judge(m margin) {
	l := e.limits()
	untested := e.Method == RunIntervals || e.Method == HalfPoints || e.Method == SearchBounds
	if e.AdjustedP == nil && !untested {
		e.PairsNeeded = 0
		return
	}
	significant := untested || *e.AdjustedP <= 1-confidence
	e.Outcome = m.judge(l, significant)
	e.Tiny = l.excludesZero() && significant && (e.Outcome == Same || e.Outcome == Undecided)
	if e.Outcome != Undecided {
		e.PairsNeeded = 0
	}
}
