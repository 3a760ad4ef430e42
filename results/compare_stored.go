package results

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
)

const notInterleaved = "stored runs, not interleaved: drift between them can't be excluded"

// CompareStored compares two recorded runs. Each is one trial, so all there
// is to go by are the intervals the runs give for themselves: B is slower or
// faster only where the intervals don't overlap, and the same only where their
// farthest ends are within Delta. Even then nothing tells whether the server
// changed or the hour: the comparison is marked as not interleaved, and names
// what is different about where and how the runs were made.
func CompareStored(a, b *Result, o CompareOptions) *Comparison {
	o = o.withDefaults()
	c := o.comparison()
	c.Notes = append(c.Notes, notInterleaved)
	c.Differences = fingerprintDifferences(a, b)
	for _, m := range o.Measured() {
		c.Effects = append(c.Effects, storedEffect(m, a, b))
	}
	c.choosePrimary()
	c.settle(o)
	c.PairsNeeded = 0
	if a.NoneEstablished() && b.NoneEstablished() {
		c.withholdNone()
	}
	c.admit(c.A, a)
	c.admit(c.B, b)
	return c
}

// admit withholds the outcome if a run is no evidence.
func (c *Comparison) admit(name string, r *Result) {
	if t := NewReading(r, nil); t.Invalid != "" {
		c.GeneratorLimited = c.GeneratorLimited || t.Limited
		c.withhold(name + " is no evidence: " + t.Invalid)
	}
}

func storedEffect(m Measure, a, b *Result) Effect {
	e := Effect{Metric: m.String(), Unit: m.Unit(), Values: []PairValues{}}
	x, y := m.Of(a), m.Of(b)
	if e.Note = cmp.Or(x.Missing, y.Missing); e.Note != "" {
		return e
	}
	e.Method = RunIntervals
	e.Infinite = (infinite([]Sample{x}) + infinite([]Sample{y})) / 2
	e.A, e.B = finite(x.Value), finite(y.Value)
	e.Values = append(e.Values, PairValues{A: e.A, B: e.B})
	s, t := a.interval(m), b.interval(m)
	e.set(limits{
		estimate: difference(e.Unit, x.Value, y.Value),
		low:      farthest(e.Unit, s.high, t.low, -1),
		high:     farthest(e.Unit, s.low, t.high, 1),
	})
	return e
}

// farthest is the difference of two ends of intervals; between two of which
// nothing is known it is as far as can be, in the direction of sign.
func farthest(u Unit, a, b float64, sign int) float64 {
	if u == Relative && (math.IsInf(a, 1) && math.IsInf(b, 1) || a == 0 && b == 0) {
		return math.Inf(sign)
	}
	return difference(u, a, b)
}

// interval is the 95 % interval of a measure as the run itself has it: of a
// quantile that its population allows, from 0 to +∞, and of a rate. That of
// handshake reaches down to where it begins without this host's own delays.
func (r *Result) interval(m Measure) limits {
	if m.Statistic == Rate {
		var j Judgement
		n, without := r.population(m.Outcome)
		k := r.Count(m.Outcome)
		j.boundRate(k, n, r.spreadOfOutcome(k, n, m.Outcome, without...))
		return limits{*j.Value, *j.Low, *j.High}
	}
	l := r.quantileInterval(m, r.Metrics.Of(m.Metric))
	if m.Metric == MetricHandshake { // what this host's own delays may have added is no difference of the servers
		l.low = min(l.low, r.quantileInterval(m, &r.Metrics.HandshakeLow).low)
	}
	return l
}

// quantileInterval is the interval of a quantile, the metric's figures being f.
func (r *Result) quantileInterval(m Measure, f *Figures) limits {
	h, err := f.histogram(LowestValue, HighestValue)
	if err != nil || f.Count == 0 {
		return limits{0, 0, math.Inf(1)}
	}
	var j Judgement
	r.boundQuantile(m.threshold(), f, h, &j)
	l := limits{m.Of(r).Value, 0, math.Inf(1)}
	switch {
	case j.Low != nil:
		l.low = *j.Low
	case math.IsInf(l.estimate, 1) && j.Method == OrderStatistics:
		l.low = math.Inf(1) // its rank is among the failures too
	}
	if j.High != nil {
		l.high = *j.High
	}
	return l
}

// fingerprintDifferences names what two runs do not share of where and how
// they were made, in order.
func fingerprintDifferences(a, b *Result) []string {
	keys := maps.Clone(a.Environment)
	if keys == nil {
		keys = map[string]string{}
	}
	maps.Copy(keys, b.Environment)
	list := []string{}
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if x, y := a.Environment[k], b.Environment[k]; x != y {
			list = append(list, fmt.Sprintf("%s: %q and %q", k, x, y))
		}
	}
	if a.Planned != b.Planned {
		list = append(list, fmt.Sprintf("planned arrivals: %s and %s", FormatCount(a.Planned), FormatCount(b.Planned)))
	}
	if a.Timeout != b.Timeout {
		list = append(list, fmt.Sprintf("timeout: %s and %s", a.Timeout, b.Timeout))
	}
	if a.Scenario != b.Scenario {
		list = append(list, "the scenario")
	}
	if a.Load != b.Load {
		list = append(list, fmt.Sprintf("load: %q and %q", a.Load, b.Load))
	}
	if (a.TLS == nil) != (b.TLS == nil) {
		list = append(list, "one of them is over TLS")
	}
	return list
}
