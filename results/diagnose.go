package results

import (
	"cmp"
	"math"
	"slices"
	"time"

	"stampede/results/stats"
)

// Scalability says how goodput grew with the handshakes under way (see
// stats.Scalability). It describes the trials that were made; a ceiling is
// never read off it.
type Scalability struct {
	Loads      int      `json:"loads"`          // different loads behind it
	Gamma      float64  `json:"gamma_per_s"`    // goodput of one handshake alone
	Sigma      float64  `json:"sigma"`          // contention
	Kappa      float64  `json:"kappa"`          // crosstalk
	Peak       *float64 `json:"peak_in_flight"` // handshakes under way at the largest goodput; null: it never falls
	Retrograde bool     `json:"retrograde"`     // goodput was seen to fall beyond the peak
}

const (
	// scalabilityLoads is how many loads three coefficients ask for.
	scalabilityLoads = 6

	// retrogradeDrop is by what share goodput has to fall to be more than noise.
	retrogradeDrop = 0.05
)

// Scaling fits the universal scalability law to the valid trials of a search,
// the mean of the trials at each load being one point. nil if there are fewer
// than six loads.
func Scaling(trials []Trial) *Scalability {
	n, x := loadMeans(trials)
	if len(n) < scalabilityLoads {
		return nil
	}
	fit, ok := stats.FitScalability(n, x)
	if !ok {
		return nil
	}
	s := &Scalability{Loads: len(n), Gamma: fit.Gamma, Sigma: fit.Sigma, Kappa: fit.Kappa}
	if peak := fit.Peak(); !math.IsInf(peak, 1) {
		s.Peak = &peak
		most := slices.Index(n, slices.Max(n))
		s.Retrograde = n[most] > peak && x[most] < (1-retrogradeDrop)*slices.Max(x)
	}
	return s
}

// loadMeans are the mean number of handshakes under way and the mean goodput
// at each load of which both are known.
func loadMeans(trials []Trial) (n, x []float64) {
	sorted := slices.SortedStableFunc(slices.Values(trials), func(a, b Trial) int { return cmp.Compare(a.Load, b.Load) })
	for i := 0; i < len(sorted); {
		var inFlight, goodput, of float64
		load := sorted[i].Load
		for ; i < len(sorted) && sorted[i].Load == load; i++ {
			if t := &sorted[i]; t.Valid && t.Stage.Counts() && t.InFlight > 0 && t.Goodput > 0 {
				inFlight, goodput, of = inFlight+t.InFlight, goodput+t.Goodput, of+1
			}
		}
		if of > 0 {
			n, x = append(n, inFlight/of), append(x, goodput/of)
		}
	}
	return n, x
}

// History compares what the trials right after one above the ceiling say of
// the ceiling with what the others say. A server that has to get over an
// overload, or that remembers one, has a lower ceiling after it.
type History struct {
	AfterOverload int64 `json:"after_overload"` // the ceiling by the trials right after a bad trial above it
	Otherwise     int64 `json:"otherwise"`      // by the others
	Dependent     bool  `json:"dependent"`      // they differ by more than noise and two widths
}

// historyWidth is two widths of 5 %: what a search doesn't tell apart.
const historyWidth = 0.10

// DependsOnHistory compares the two halves of the valid trials; low and high
// are the ends of the bracket. nil if either half has no good or no bad trial,
// which says nothing about a ceiling.
func DependsOnHistory(trials []Trial, low, high int64) *History {
	if low <= 0 || high <= low {
		return nil
	}
	var after, otherwise []stats.Shots
	overloaded := false
	for _, t := range trials {
		if t.Valid && t.Stage.Counts() {
			half := &otherwise
			if overloaded {
				half = &after
			}
			*half = append(*half, shot(t))
		}
		overloaded = !t.Good && t.Load >= high
	}
	if !twoSided(after) || !twoSided(otherwise) {
		return nil
	}
	a := stats.NewHalfPoint(after, float64(low), float64(high))
	o := stats.NewHalfPoint(otherwise, float64(low), float64(high))
	apart := a.High < o.Low || o.High < a.Low
	return &History{
		AfterOverload: int64(a.Median), Otherwise: int64(o.Median),
		Dependent: apart && math.Abs(math.Log(a.Median/o.Median)) > historyWidth,
	}
}

// ShortRestTrials is how many trials with little rest have to be bad before
// they say anything: one may be spoilt.
const ShortRestTrials = 2

// shortRest are the votes of the trials with little rest; nil without any.
func shortRest(trials []Trial) (v *Votes) {
	for _, t := range trials {
		if !t.Valid || t.Stage != StageShortRest {
			continue
		}
		if v == nil {
			v = &Votes{Load: t.Load}
		}
		v.Of++
		if t.Good {
			v.Good++
		}
	}
	return v
}

// NeedsRest reports whether what was confirmed holds only for bursts so far
// apart as those of the search: right behind each other none passed. A rate
// limiter is like that, and a server that goes on working after its answers.
func (c *Ceiling) NeedsRest() bool {
	return c.ShortRest != nil && c.ShortRest.Of >= ShortRestTrials && c.ShortRest.Good == 0
}

func shot(t Trial) stats.Shots {
	if t.Good {
		return stats.Shots{Load: float64(t.Load), Good: 1}
	}
	return stats.Shots{Load: float64(t.Load), Bad: 1}
}

func twoSided(shots []stats.Shots) bool {
	return slices.ContainsFunc(shots, func(s stats.Shots) bool { return s.Good > 0 }) &&
		slices.ContainsFunc(shots, func(s stats.Shots) bool { return s.Bad > 0 })
}

// Diagnose fills the diagnostics of a search from its trials. They describe
// and never decide.
func (c *Ceiling) Diagnose() {
	c.Scalability, c.ShortRest = Scaling(c.Trials), shortRest(c.Trials)
	c.History = nil
	if c.LastGood != nil && c.FirstBad != nil {
		c.History = DependsOnHistory(c.Trials, c.LastGood.Load, c.FirstBad.Load)
	}
}

// LittleGap compares the mean number of attempts in flight, as the timeline
// saw it, with what Little's law (L = λW) makes of their number and their
// durations; the share by which they differ, which beyond 10 % means that the
// bookkeeping is wrong. ok is false where the comparison would say nothing:
// attempts that were not established, whose durations the service metric does
// not have, or too few seen in flight. The timeline sees them once a step, and
// n seen in all are right to about 1/√n.
func (r *Result) LittleGap() (gap float64, ok bool) {
	const fewest = 1000
	f := &r.Metrics.Service
	steps := int64(r.busy() / max(r.TimelineStep, 1))
	if steps == 0 || f.Count != r.Arrivals || r.inBursts() > 0 {
		return 0, false
	}
	var seen int64
	for i := range r.Timeline {
		seen += r.Timeline[i].InFlight
	}
	expected := time.Duration(f.Sum).Seconds() / (time.Duration(steps) * r.TimelineStep).Seconds()
	if max(expected*float64(steps), float64(seen)) < fewest || expected == 0 {
		return 0, false
	}
	return math.Abs(float64(seen)/float64(steps)-expected) / expected, true
}
