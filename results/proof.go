package results

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"stampede/results/stats"
)

// clump notes the factor by which the evidence counts for less.
func (j *Judgement) clump(s stats.Spread) {
	if phi := s.Clumping(); phi > 1 {
		j.Clumping = phi
	}
}

// prove fills the verdict from the evidence.
func (j *Judgement) prove(allowed float64) {
	phi := max(j.Clumping, 1)
	switch {
	case j.Of <= 0:
		j.Note = "no data"
	case stats.AtMostClumped(j.Bad, j.Of, phi, allowed, confidence):
		j.Verdict = Pass
	case stats.AboveClumped(j.Bad, j.Of, phi, allowed, confidence):
		j.Verdict = Fail
		j.Note = fmt.Sprintf("%s of %s, %s allowed", FormatCount(j.Bad), FormatCount(j.Of), FormatCount(int64(allowed*float64(j.Of)+1e-9)))
	default:
		j.Note = notProved(j.Bad, j.Of, allowed, phi)
	}
}

// notProved words evidence that decides nothing.
func notProved(bad, of int64, allowed, phi float64) string {
	seen := fmt.Sprintf("%s of %s", FormatCount(bad), FormatCount(of))
	clumps := ""
	if phi > 1 {
		clumps = " (they clump, φ = " + strconv.FormatFloat(phi, 'f', 1, 64) + ")"
	}
	if float64(bad) > allowed*float64(of)+1e-9 {
		return seen + ": over the limit, not proved" + clumps
	}
	if phi > 1 {
		return seen + ": not proved" + clumps
	}
	if n := stats.NeededToProve(bad, allowed, confidence); n > 0 {
		return seen + ": not proved, needs " + FormatCount(n)
	}
	return seen + ": no number of arrivals proves it, ask for a count"
}

// clumpQuantile notes how those on the wrong side of a quantile's limit clump.
// It goes by the metric itself, so that both ends of a bracket are judged with
// one factor.
func (r *Result) clumpQuantile(t Threshold, j *Judgement) {
	f := r.Metrics.Of(t.Metric)
	h, err := f.histogram(LowestValue, HighestValue)
	if err != nil {
		return
	}
	n := f.Count - r.canceledIn(t.Metric)
	if s, ok := r.spreadOfMetric(t.Metric, t.Duration, n, n-h.below(int64(t.Duration))); ok {
		j.clump(s)
	}
}

// boundRate fills a share and its interval.
func (j *Judgement) boundRate(k, n int64, s stats.Spread) {
	j.clump(s)
	j.Method = ClopperPearson
	if j.Clumping > 0 {
		j.Method = ClopperPearsonClumps
	}
	phi := max(j.Clumping, 1)
	low, high := stats.ClopperPearsonClumped(k, n, phi, confidence)
	j.Value, j.Low, j.High = ptr(float64(k)/float64(n)), &low, &high
	j.EffectiveN = int64(float64(n) / phi)
}

// boundQuantile fills the interval of a quantile: exact if attempts pass for
// independent, else the quantiles at p ± t·s, s being what the groups show of
// the share above the quantile, and never narrower than the exact one: groups
// that happen to be alike know no more than independent attempts do.
func (r *Result) boundQuantile(t Threshold, f *Figures, h *histogram, j *Judgement) {
	p := float64(t.Hundredth) / 10000
	over := int64(math.MaxInt64) // what is not below it is above the quantile
	if v := f.quantile(h, t.Hundredth); v != nil {
		over = *v + 1
	}
	n := f.Count - r.canceledIn(t.Metric)
	above := n - h.below(over)
	from, to := stats.QuantileRanks(f.Count, p, confidence)
	j.Method, j.EffectiveN = OrderStatistics, n
	if s, ok := r.spreadOfMetric(t.Metric, time.Duration(over), n, above); ok {
		j.EffectiveN = int64(s.EffectiveN())
		if !s.Independent(r.pNeighbours()) {
			j.Method = BatchedExceedance
			half := s.HalfWidth(confidence)
			from, to = min(from, rankAt(p-half, f.Count)), max(to, rankAt(p+half, f.Count))
		}
	}
	j.Low, j.High = nanoseconds(f.ranked(h, from)), nanoseconds(f.ranked(h, to))
}

// rankAt is the nearest rank of a quantile that may lie outside 0 to 1: 0
// below, n + 1 from 1 on, where nothing bounds it.
func rankAt(p float64, n int64) int64 {
	switch {
	case p <= 0:
		return 0
	case p >= 1:
		return n + 1
	}
	return int64(math.Ceil(p * float64(n)))
}

// pNeighbours is the correlation test's probability. Arrivals outside bursts
// that no pair was seen of have not passed it.
func (r *Result) pNeighbours() float64 {
	if r.Correlation.Pairs > 0 {
		return r.Correlation.P
	}
	for _, g := range r.Groups {
		if g.Set == 0 && g.Arrivals > 0 {
			return 0
		}
	}
	return 1
}
