package results

import "stampede/results/stats"

// CorrectFamily corrects comparisons of several configurations with the same
// A for their number, by Holm's method, so that all together call identical
// ones different no more often than one would alone. What is no longer
// significant is judged anew; intervals stay those of one comparison.
func CorrectFamily(family []*Comparison, o CompareOptions) {
	o = o.withDefaults()
	var tested []*Comparison
	var p []float64
	for _, c := range family {
		if len(c.Effects) > 0 && c.Effects[0].P != nil {
			tested, p = append(tested, c), append(p, *c.Effects[0].P)
		}
	}
	for i, v := range stats.Holm(p) {
		c := tested[i]
		e := &c.Effects[0]
		e.AdjustedP = &v
		e.judge(o.margin(e.Unit))
		if c.Withheld == "" {
			c.Outcome, c.PairsNeeded = e.Outcome, e.PairsNeeded
		}
	}
}

// Compared returns the comparisons that r is of: all of a family, or the one
// there is; none of a run.
func (r *Result) Compared() []*Comparison {
	switch {
	case len(r.Comparisons) > 0:
		return r.Comparisons
	case r.Compare != nil:
		return []*Comparison{r.Compare}
	}
	return nil
}

// SettleComparisons makes the verdict of r that of its comparisons, whatever
// the one trial in it came to by itself: pass where all have an answer, fail
// where nothing was established, else inconclusive.
func (r *Result) SettleComparisons() {
	r.Verdict = Inconclusive
	switch worstExit(r.Compared()) {
	case 0:
		r.Verdict = Pass
	case 1:
		r.Verdict = Fail
	}
}

// worstExit is the largest exit code of comparisons.
func worstExit(all []*Comparison) (code int) {
	for _, c := range all {
		code = max(code, c.ExitCode())
	}
	return code
}
