package results

import (
	"fmt"
	"strings"

	"stampede/results/stats"
)

// regressionLooks are the pairs after which RegressionGate looks. Six pairs,
// enough for a 5 % test, could never reach the level of a fail.
var regressionLooks = looks{10, 15, 20, 30}

// What all looks of a regression gate together may get wrong: call a server
// worse that is not, and pass one that is worse by more than the margin.
const (
	falseFail = 0.01
	falsePass = 0.05
)

// Gated is a measure that must not get worse by more than a margin, relative
// for times and ceilings and a difference for shares.
type Gated struct {
	Measure Measure
	Margin  float64
}

// ParseGated reads a measure and its margin, as "handshake p99 10%" or
// "ceiling 5%".
func ParseGated(text string) (g Gated, err error) {
	measure, margin, ok := cutLastWord(text)
	if !ok {
		return g, fmt.Errorf("%q: write a measure and its margin, as handshake p99 10%%", text)
	}
	if g.Margin, err = ParseMargin(margin); err != nil {
		return g, err
	}
	if measure == CeilingMetric {
		g.Measure = ceilingMeasure
		if g.Margin >= 1 {
			err = fmt.Errorf("%q: a ceiling that may fall by all of it is no margin", text)
		}
		return g, err
	}
	g.Measure, err = ParseMeasure(measure)
	return g, err
}

func cutLastWord(text string) (before, last string, ok bool) {
	text = strings.TrimSpace(text)
	i := strings.LastIndexByte(text, ' ')
	if i < 0 {
		return "", "", false
	}
	return strings.TrimSpace(text[:i]), text[i+1:], true
}

// ParseMargin reads a percentage above 0% as a share: 5% is 0.05.
func ParseMargin(text string) (float64, error) {
	p, err := parsePercent(text)
	if err != nil || p == 0 {
		return 0, fmt.Errorf("a margin is a percentage above zero, as 5%%, not %q", text)
	}
	return p / 100, nil
}

// DefaultGated are the measures a release is gated by unless told otherwise:
// handshake p99 within 10 %, p50 within 5 %, and the error rate within what a
// goal "error rate < …" among goals allows, or 0.1 points without one.
func DefaultGated(goals []Threshold) []Gated {
	failures := 0.001
	for _, t := range goals {
		if t.Statistic == Rate && t.Outcome == errorRate.Outcome && t.Op.ceils() && t.Percent > 0 {
			failures = t.Percent / 100
		}
	}
	return []Gated{{handshakeP99, 0.1}, {handshakeP50, 0.05}, {errorRate, failures}}
}

// DefaultGatedCeiling is what a release is gated by whose ceiling is searched
// for, unless told otherwise: within 5 %.
func DefaultGatedCeiling() []Gated { return []Gated{{ceilingMeasure, 0.05}} }

// OfCeiling reports whether the measure is a ceiling, which trials don't have.
func (g Gated) OfCeiling() bool { return g.Measure == ceilingMeasure }

// Measures returns the measures alone, as NewReading wants them.
func Measures(gated []Gated) []Measure {
	list := make([]Measure, len(gated))
	for i, g := range gated {
		list[i] = g.Measure
	}
	return list
}

// RegressionGate judges pairs of a baseline (A) and a release (B) that run
// interleaved in one sitting, at 10, 15, 20 and 30 pairs. A measure
//
//   - fails if the lower limit of its change is above zero and the estimate
//     above the margin: surely worse, and by more than is allowed. All looks
//     together err with 1 %, which Holm's method splits among the measures.
//   - passes if the upper limit is below the margin: surely not worse than
//     allowed. All looks together err with 5 %.
//
// Limits are Compare's, by signed ranks. The gate fails with one measure and
// passes with all; what is decided at a look stays decided. A baseline whose
// quantile is +∞ in more than a tenth of its trials is nothing to compare
// with, and a pair of searches that has no two ceilings ends the gate: without
// it the pairs would be a choice by their outcome. It is a state machine without
// a clock: Add pairs while Wanted is above zero, then read Gate.
type RegressionGate struct {
	gated    []Gated
	pairs    []Pair
	checks   []GateCheck
	hopeless []bool // by check: no later look can decide it
	gaveUp   string
	limited  bool
}

// NewRegressionGate begins a gate; none gated are DefaultGated(nil).
func NewRegressionGate(gated []Gated) *RegressionGate {
	if len(gated) == 0 {
		gated = DefaultGated(nil)
	}
	g := &RegressionGate{gated: gated, hopeless: make([]bool, len(gated))}
	for _, m := range gated {
		g.checks = append(g.checks, m.check(Regression))
	}
	return g
}

func (g Gated) check(kind GateKind) GateCheck {
	c := GateCheck{Kind: kind, Unit: g.Measure.Unit(), Limit: g.Margin, Note: "no data"}
	c.Text = fmt.Sprintf("%s worse by at most %s", g.Measure, formatPercent(100*g.Margin))
	switch c.Unit {
	case Share:
		c.Text = fmt.Sprintf("%s worse by at most %s points", g.Measure, plain(100*g.Margin))
	case Capacity:
		c.Text = fmt.Sprintf("%s lower by at most %s", g.Measure, formatPercent(100*g.Margin))
	}
	return c
}

// GiveUp ends the gate, decided or not, for the reason that Pairs.GaveUp
// gives; "" is none.
func (g *RegressionGate) GiveUp(why string, limited bool) {
	if why != "" {
		g.gaveUp, g.limited = why, limited
	}
}

// Wanted is how many more pairs the next look takes; 0 when the gate is
// decided, has looked for the last time or was given up.
func (g *RegressionGate) Wanted() int {
	open := false
	for i, c := range g.checks {
		if c.Verdict == Fail {
			return 0
		}
		open = open || c.Verdict == Inconclusive && !g.hopeless[i]
	}
	if !open || g.gaveUp != "" {
		return 0
	}
	return regressionLooks.wanted(len(g.pairs))
}

// Add takes the next pair, which a Pairs plan has found valid.
func (g *RegressionGate) Add(p Pair) {
	g.pairs = append(g.pairs, p)
	for i, m := range g.gated {
		if found := pairUp(m.Measure, g.pairs); m.OfCeiling() && len(found.differences) < len(g.pairs) {
			g.checks[i].Note = found.missing
			g.GiveUp(fmt.Sprintf("pair %d has no two ceilings: %s", len(g.pairs), found.missing), false)
			return
		}
	}
	if regressionLooks.at(len(g.pairs)) {
		g.look()
	}
}

// look judges the measures that are still open.
func (g *RegressionGate) look() {
	found := make([]paired, len(g.gated))
	between := make([]contrast, len(g.gated))
	worse := make([]float64, len(g.gated))
	for i, m := range g.gated {
		found[i] = pairUp(m.Measure, g.pairs)
		between[i] = found[i].worsening()
		worse[i] = between[i].PAbove()
	}
	for i, p := range stats.Holm(worse) {
		if c := &g.checks[i]; c.Verdict == Inconclusive {
			c.look(&found[i], between[i], p)
			g.hopeless[i] = infinite(found[i].a)*float64(len(found[i].a)) > mostInfinite*float64(regressionLooks.last())
		}
	}
}

// look judges one measure, p being the corrected one-sided p that it is worse.
func (c *GateCheck) look(p *paired, between contrast, worse float64) {
	if c.Looked = len(p.differences); c.Looked == 0 {
		c.Note = p.missing
		return
	}
	c.Note = ""
	fail, pass := regressionLooks.each(falseFail), regressionLooks.each(falsePass)
	l := limits{between.Estimate(), between.Lower(fail), between.Upper(pass)}
	told, margin := l, c.Unit.onScale(c.Limit)
	if c.Unit == Capacity {
		told, margin = limits{-l.estimate, -l.high, -l.low}, -c.Unit.onScale(-c.Limit)
	}
	c.Value, c.Low, c.High = finite(c.Unit.offScale(told.estimate)), finite(c.Unit.offScale(told.low)), finite(c.Unit.offScale(told.high))
	switch {
	case infinite(p.a) > mostInfinite:
		c.Note = fmt.Sprintf("the baseline's is +∞ in %.0f %% of its trials: nothing to compare with", 100*infinite(p.a))
	case l.low > 0 && worse <= 1-fail && l.estimate > margin:
		c.Verdict = Fail
	case l.high < margin:
		c.Verdict = Pass
	}
}

// Gate returns what the pairs so far come to.
func (g *RegressionGate) Gate() Gate {
	gate := Gate{Checks: append([]GateCheck{}, g.checks...), Warnings: []string{}, GeneratorLimited: g.limited}
	if g.gaveUp != "" {
		gate.Warnings = append(gate.Warnings, g.gaveUp)
	}
	gate.settle()
	return gate
}
