package results

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"stampede/results/stats"
)

// enoughSittings is how many sittings of one fingerprint a stored baseline
// needs to do more than warn.
const enoughSittings = 5

// GateStored compares a run with recorded ones of the baseline, each from a
// sitting of its own. Sittings differ: against ten runs of one other hour, a
// host that varies by 5 % between sittings fails one release in four that
// changed nothing. So a stored baseline only warns, unless at least five of its
// sittings were made on the same machine, system, Go and load as the run. Then
// the sitting is the unit of evidence: the run fails if it is above what the
// next sitting stays below with 99 % (Student's t with one degree of freedom
// less than sittings), and worse than their mean by more than the margin. It
// passes if it is not, and such a prediction is no wider than the margin.
//
// Runs that are no evidence are left out; a fresh one that is none makes every
// check inconclusive. None gated are DefaultGated(nil).
func GateStored(stored []*Result, fresh *Result, gated []Gated) Gate {
	if len(gated) == 0 {
		gated = DefaultGated(nil)
	}
	gate := Gate{Checks: []GateCheck{}, Warnings: []string{}}
	t := NewReading(fresh, Measures(gated))
	gate.GeneratorLimited = t.Limited
	given := len(stored)
	stored = distinct(stored)
	if again := given - len(stored); again > 0 {
		gate.Warnings = append(gate.Warnings, fmt.Sprintf("%d of %d stored runs are given again and count once", again, given))
	}
	var sittings []Reading
	others := 0
	for _, r := range stored {
		switch s := NewReading(r, Measures(gated)); {
		case len(fingerprintDifferences(r, fresh)) > 0:
			others++
		case s.Invalid == "":
			sittings = append(sittings, s)
		}
	}
	if others > 0 {
		gate.Warnings = append(gate.Warnings, fmt.Sprintf("%d of %d stored runs have another fingerprint (%s) and were left out",
			others, len(stored), firstDifference(stored, fresh)))
	}
	for _, g := range gated {
		gate.Checks = append(gate.Checks, g.againstSittings(sittings, t))
	}
	gate.settle()
	return gate
}

// distinct leaves out runs that are there before: one sitting given five times
// is not five.
func distinct(stored []*Result) (kept []*Result) {
	for _, r := range stored {
		if !slices.ContainsFunc(kept, r.IsAlso) {
			kept = append(kept, r)
		}
	}
	return kept
}

func firstDifference(stored []*Result, fresh *Result) string {
	for _, r := range stored {
		if d := fingerprintDifferences(r, fresh); len(d) > 0 {
			return d[0]
		}
	}
	return ""
}

// againstSittings judges one measure of a run by those of sittings.
func (g Gated) againstSittings(sittings []Reading, fresh Reading) GateCheck {
	c := g.check(Stored)
	values := make([]float64, 0, len(sittings))
	for _, s := range sittings {
		if v := s.sample(g.Measure); v.Missing == "" {
			values = append(values, c.Unit.place(v.Value))
		}
	}
	c.Looked, c.Advisory = len(values), len(values) < enoughSittings
	now := fresh.sample(g.Measure)
	if now.Missing != "" || len(values) == 0 {
		c.Note = cmp.Or(fresh.Invalid, now.Missing, "no stored run to compare with")
		return c
	}
	mean := stats.Mean(values)
	worse := c.Unit.place(now.Value) - mean
	next := stats.UpperPrediction(values, 1-falseFail) - mean
	c.Value, c.High = finite(c.Unit.offScale(worse)), finite(c.Unit.offScale(next))
	c.judgeStored(worse, next)
	return c
}

// judgeStored judges how much worse than the mean of sittings a run is, next
// being what the next sitting should stay below.
func (c *GateCheck) judgeStored(worse, next float64) {
	margin := c.Unit.onScale(c.Limit)
	c.Note = ""
	switch {
	case math.IsNaN(worse) || math.IsNaN(next):
		c.Note = "+∞ among the stored runs: nothing to compare with"
	case c.Advisory:
		c.Note = fmt.Sprintf("only warns: it takes %d sittings with the same fingerprint (have %d)", enoughSittings, c.Looked)
	case worse > next && worse > margin:
		c.Verdict = Fail
	case worse <= next && next <= margin:
		c.Verdict = Pass
	default:
		c.Note = "sittings differ by more than the margin"
		if next <= margin {
			c.Note = "worse than sittings differ, and within the margin"
		}
	}
}
