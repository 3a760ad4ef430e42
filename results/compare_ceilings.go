package results

import (
	"cmp"
	"fmt"
	"math"

	"stampede/results/stats"
)

// CeilingMetric is Effect.Metric of compared ceilings.
const CeilingMetric = "ceiling"

// CompareCeilings compares what two searches of one kind of load and by the
// same goals came to: B is slower if its ceiling is lower. Where both ceilings
// are known the posteriors of the searches say how far they are apart (see
// stats.NewHalfPointRatio); where a search ran out of its range there is a
// bound to go by, and only ranges that don't meet are a difference. A search
// that ended inconclusive decides nothing.
func CompareCeilings(a, b *Ceiling, o CompareOptions) *Comparison {
	o = o.withDefaults()
	c := o.comparison()
	e := ceilingEffect(a, b)
	e.judge(o.margin(Capacity))
	c.Primary, c.Outcome, c.Effects = e.Metric, e.Outcome, []Effect{e}
	c.admitSearch(c.A, a)
	c.admitSearch(c.B, b)
	return c
}

// ceilingMeasure is what pairs of searches are compared by.
var ceilingMeasure = Measure{Statistic: bySearch}

// NewSearchReading is NewReading for a search. One that ended inconclusive is
// no evidence; one that left its range is, and has no ceiling to compare.
func NewSearchReading(c *Ceiling) Reading {
	if c.Status == CeilingInconclusive {
		return Reading{Limited: c.Reason == ReasonGeneratorLimited, Invalid: "its search is inconclusive: " + string(c.Reason)}
	}
	var s Sample
	switch {
	case c.enclosed() && c.Value > 0:
		s.Value = float64(c.Value)
	case c.Status == CeilingBelow:
		s.Missing = fmt.Sprintf("a ceiling is below %s, where its search began: give a lower --from", FormatCount(c.High))
	case c.CappedBy != "":
		s.Missing = fmt.Sprintf("a ceiling is at least %s: its range is capped by %s", FormatCount(c.known()), c.CappedBy)
	default:
		s.Missing = fmt.Sprintf("a ceiling is at least %s, where its search ended: give a higher --to", FormatCount(c.known()))
	}
	return Reading{Samples: map[Measure]Sample{ceilingMeasure: s}}
}

// CompareSearches compares the ceilings that a plan of searches has come to,
// readings being those of NewSearchReading. The search is the unit of evidence, so
// that how a ceiling differs from search to search is in the interval, unlike in
// CompareCeilings: what is said is said of the servers and not of one hour of
// theirs. The analysis is Compare's, on ln(C_B/C_A). Pairs in which a search left
// its range can't be left out, as that would be a choice of pairs by their
// outcome, so with one of them nothing is decided.
func CompareSearches(p *Pairs, o CompareOptions) *Comparison {
	o = o.withDefaults()
	c := o.comparison()
	found := pairUp(ceilingMeasure, p.Done())
	e := found.effect(o.margin(Capacity))
	e.Primary, e.AdjustedP = true, e.P
	e.judge(o.margin(Capacity))
	c.Primary, c.Outcome, c.PairsNeeded, c.Effects = e.Metric, e.Outcome, e.PairsNeeded, []Effect{e}
	c.Pairs, c.Interleaved = len(p.Done()), true
	c.warnOfOrder()
	if left := c.Pairs - e.Pairs; left > 0 {
		c.withhold(fmt.Sprintf("in %d of %d pairs a search left its range, which has to be wider", left, c.Pairs))
	}
	c.follow(p)
	return c
}

// CompareStoredCeilings is CompareCeilings for two results of searches, which
// names what is different about where and how they were made.
func CompareStoredCeilings(a, b *Result, o CompareOptions) *Comparison {
	c := CompareCeilings(a.Ceiling, b.Ceiling, o)
	c.Notes = append(c.Notes, notInterleaved)
	c.Differences = fingerprintDifferences(a, b)
	return c
}

// admitSearch withholds the outcome if a search found nothing.
func (c *Comparison) admitSearch(name string, s *Ceiling) {
	if s.Status == CeilingInconclusive {
		c.GeneratorLimited = c.GeneratorLimited || s.Reason == ReasonGeneratorLimited
		c.withhold(fmt.Sprintf("the search of %s is inconclusive: %s", name, s.Reason))
	}
}

func ceilingEffect(a, b *Ceiling) Effect {
	e := Effect{Metric: CeilingMetric, Primary: true, Unit: Capacity, Values: []PairValues{},
		Note: fmt.Sprintf("%d and %d trials", len(a.Valid()), len(b.Valid()))}
	x, y := a.known(), b.known()
	if x == 0 || y == 0 {
		e.Note = "no data: a search has not found so much as a bound"
		return e
	}
	e.A, e.B = ptr(float64(x)), ptr(float64(y))
	if !a.enclosed() || !b.enclosed() {
		e.Method = SearchBounds
		e.Note += ", bounds where a search left its range"
		e.set(limits{math.Log(float64(y) / float64(x)), apart(a.High, b.Low, -1), apart(a.Low, b.High, 1)})
		return e
	}
	r := stats.NewHalfPointRatio(a.bracketed(), b.bracketed())
	e.Method, e.ProbabilityLower = HalfPoints, ptr(r.Less)
	e.set(limits{math.Log(r.Median), math.Log(r.Low), math.Log(r.High)})
	return e
}

// apart is ln(b/a) of two ends of ranges; if one of them is open, 0, it is as
// far as can be in the direction of sign.
func apart(a, b int64, sign int) float64 {
	if a == 0 || b == 0 {
		return math.Inf(sign)
	}
	return math.Log(float64(b) / float64(a))
}

// known is the ceiling, or the one bound there is of it; 0 if there is none.
func (c *Ceiling) known() int64 { return cmp.Or(c.Value, c.Low, c.High) }

// enclosed reports whether the ceiling is known from both sides.
func (c *Ceiling) enclosed() bool { return c.Low > 0 && c.High > 0 }

// bracketed are the valid trials, and where the ceiling lies by them.
func (c *Ceiling) bracketed() stats.Bracketed {
	s := stats.Bracketed{Low: float64(c.Low), High: float64(c.High)}
	for _, t := range c.Valid() {
		s.Shots = append(s.Shots, shot(t))
	}
	return s
}
