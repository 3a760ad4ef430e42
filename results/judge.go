package results

import (
	"fmt"
	"math"
)

// Judgement is a threshold judged. Value, Low and High are in Unit; nil is
// +∞ for a metric's figure, or not to be had. Low and High are the two-sided
// 95 % interval that Method names. Bad of Of is the evidence of a rate or
// quantile: how many arrivals were on the wrong side, those that were canceled
// left out.
type Judgement struct {
	Text       string   `json:"text"`
	Verdict    Verdict  `json:"verdict"`
	Value      *float64 `json:"value"`
	Low        *float64 `json:"low"`
	High       *float64 `json:"high"`
	Unit       string   `json:"unit"` // ns, share or count
	Bad        int64    `json:"bad"`
	Of         int64    `json:"of"`
	Needs      int64    `json:"needs,omitempty"`       // population a withheld quantile needs
	Method     Method   `json:"method,omitempty"`      // of the interval; none for a maximum, a mean and a count
	EffectiveN int64    `json:"effective_n,omitempty"` // independent arrivals that tell as much as the population
	Clumping   float64  `json:"clumping,omitempty"`    // φ that Bad and Of were divided by; 0: they count in full
	Suspect    float64  `json:"suspect,omitempty"`     // share of Bad that is bad only by this host's own delays
	Note       string   `json:"note"`
}

// Method is the way an interval was had.
type Method string

// The methods: exact when attempts are independent, by what groups of the run
// show when they are not.
const (
	OrderStatistics      Method = "order_statistics"        // stats.QuantileRanks
	BatchedExceedance    Method = "batched_exceedance"      // stats.Spread.HalfWidth
	ClopperPearson       Method = "clopper_pearson"         // stats.ClopperPearson
	ClopperPearsonClumps Method = "clopper_pearson_clumped" // stats.ClopperPearsonClumped
)

// Judge judges the thresholds and, from them, the run.
//
// Every quantile and rate is a proportion: "handshake p99 < 250ms" asks that
// at most 1 % of the arrivals take 250 ms or longer or fail. Pass and fail
// both need proof: the one-sided 95 % Clopper–Pearson bound of the bad share
// must be on the limit's good side, or on its bad side. Between them, and
// without data, stands inconclusive. A maximum, a mean and a count are
// compared as they are.
//
// Attempts of one run are not independent: slow and failed ones come in
// clumps. How the groups of a run differ (see Group) shows how much, and the
// bound is taken of Bad/φ of Of/φ when they clump, φ being
// stats.Spread.Clumping. So a few failures prove little when they all fell
// into one part of the run or one of its bursts; that nothing was bad is never
// a clump, and one burst alone, which nothing repeats, is taken as it is: its
// verdict is about that burst. What the plan itself makes differ, as a burst
// from a steady part or a large burst from a small one, is no clump either.
//
// Intervals of quantiles are exact order statistics only when attempts pass
// for independent (stats.Spread.Independent), and batched otherwise.
//
// A goal of handshake is judged twice, with this host's own delays and without
// them (see Result.Metrics.HandshakeLow). What is proved must be proved both
// times: a pass or fail that is not is inconclusive and the run is
// generator-limited, as it is by a broken check of SelfChecks or of the run.
//
// A run that was interrupted, or still goes on, passes nothing; what it
// already proves to fail is shown as failed.
func (r *Result) Judge(thresholds []Threshold) {
	r.Thresholds = make([]Judgement, 0, len(thresholds))
	var checks []Check
	for _, t := range thresholds {
		j := r.judge(t)
		if c, differs := r.bracket(t, &j); differs {
			checks = append(checks, c)
		}
		r.Thresholds = append(r.Thresholds, j)
	}
	r.watch(append(checks, SelfChecks(r, thresholds)...))
	r.Verdict = r.settle()
}

func (r *Result) judge(t Threshold) Judgement { return r.judgeOn(t, r.Metrics.Of(t.Metric)) }

// judgeOn judges t, a metric's figures being f.
func (r *Result) judgeOn(t Threshold, f *Figures) Judgement {
	j := Judgement{Text: t.String()}
	switch t.Statistic {
	case Quantile:
		r.judgeQuantile(t, f, &j)
	case Max, Mean:
		r.judgeFigure(t, f, &j)
	case Rate:
		r.judgeRate(t, &j)
	case Count:
		r.judgeCount(t, &j)
	default:
		j.Note = "no goal"
	}
	if j.Verdict == Pass && r.unfinished() {
		j.Verdict, j.Note = Inconclusive, r.whyUnfinished()
	}
	return j
}

// judgeQuantile turns a quantile goal into its proportion. For < and <= bad
// are those not below the limit, of which 1 − p are allowed; for > and >=
// those not above it, of which p are.
func (r *Result) judgeQuantile(t Threshold, f *Figures, j *Judgement) {
	j.Unit = "ns"
	h, err := f.histogram(LowestValue, HighestValue)
	if err != nil || f.Count == 0 {
		j.Note = noData(err)
		return
	}
	j.Value = nanoseconds(f.quantile(h, t.Hundredth))
	r.boundQuantile(t, f, h, j)
	canceled := r.canceledIn(t.Metric)
	j.Bad, j.Of = countBad(t, f, h), f.Count
	if t.Op.ceils() {
		j.Bad, j.Of = j.Bad-canceled, j.Of-canceled
	}
	r.clumpQuantile(t, j)
	j.prove(t.Allowed())
	if n := neededFor(t.Hundredth); f.Count < n {
		j.Value, j.Needs = nil, n
		j.tooFew(t.figure(), n, f.Count)
	}
}

// countBad counts the population on the wrong side of a quantile goal. The
// infinite are above every limit.
func countBad(t Threshold, f *Figures, h *histogram) int64 {
	limit := int64(t.Duration)
	switch t.Op {
	case Less:
		return f.Count - h.below(limit)
	case AtMost:
		return f.Count - h.below(limit+1)
	case More:
		return h.below(limit + 1)
	}
	return h.below(limit)
}

// canceledIn is how many canceled arrivals a metric counts as infinite. They
// are no evidence against the server.
func (r *Result) canceledIn(m Metric) int64 {
	if m != MetricHandshake {
		return 0
	}
	return r.Count(Selector{Kind: Canceled})
}

// tooFew takes back a pass that rests on a population too small for its
// quantile; a proven fail stands.
func (j *Judgement) tooFew(figure string, needed, have int64) {
	if j.Verdict != Fail {
		j.Verdict = Inconclusive
		j.Note = fmt.Sprintf("%s needs n ≥ %s (have %s)", figure, FormatCount(needed), FormatCount(have))
	}
}

// judgeFigure compares a maximum or mean, +∞ if anything failed.
func (r *Result) judgeFigure(t Threshold, f *Figures, j *Judgement) {
	j.Unit = "ns"
	failed := f.Infinite - r.canceledIn(t.Metric)
	finite := f.Count - f.Infinite
	j.Of = finite + failed
	if j.Of <= 0 || (failed == 0 && f.Largest == nil) {
		j.Note = "no data"
		return
	}
	v := math.Inf(1)
	if failed > 0 {
		j.Note = fmt.Sprintf("%s of %s were not established", FormatCount(failed), FormatCount(j.Of))
	} else {
		v = float64(*f.Largest)
		if t.Statistic == Mean {
			v = float64(f.Sum) / float64(finite)
		}
		j.Value = ptr(v)
	}
	r.compare(t, v, float64(t.Duration), j)
}

// compare judges a value as it is. Not having reached a floor proves nothing
// of a run that did not finish.
func (r *Result) compare(t Threshold, value, limit float64, j *Judgement) {
	switch {
	case t.Op.Holds(value, limit):
		j.Verdict = Pass
	case r.unfinished() && !t.Op.ceils():
		j.Note = r.whyUnfinished()
	default:
		j.Verdict = Fail
	}
}

// judgeRate judges a share: of all arrivals for the generator's own
// outcomes, otherwise of those the server was asked.
func (r *Result) judgeRate(t Threshold, j *Judgement) {
	j.Unit = "share"
	k := r.Count(t.Outcome)
	n, without := r.population(t.Outcome)
	if n <= 0 {
		j.Note = "no data"
		return
	}
	j.boundRate(k, n, r.spreadOfOutcome(k, n, t.Outcome, without...))
	j.Bad, j.Of = k, n
	if !t.Op.ceils() {
		j.Bad = n - k
	}
	j.prove(t.Allowed())
}

// population is how many arrivals a rate of s is a share of, and which
// outcomes it leaves out.
func (r *Result) population(s Selector) (n int64, without []Selector) {
	n = r.Arrivals
	if s.ofServer() {
		without = []Selector{{Kind: Local}, {Kind: Canceled}}
		n -= r.Count(without[0]) + r.Count(without[1])
	}
	return n, without
}

func (r *Result) judgeCount(t Threshold, j *Judgement) {
	j.Unit = "count"
	if r.Arrivals == 0 {
		j.Note = "no data"
		return
	}
	k := r.Count(t.Outcome)
	j.Value, j.Bad, j.Of = ptr(float64(k)), k, r.Arrivals
	r.compare(t, float64(k), float64(t.Number), j)
}

func (r *Result) unfinished() bool { return r.Interrupted || r.Partial }

func (r *Result) whyUnfinished() string {
	if r.Interrupted {
		return "the run was interrupted"
	}
	return "the run did not finish"
}

func noData(err error) string {
	if err != nil {
		return "no data: " + err.Error()
	}
	return "no data"
}

func nanoseconds(v *int64) *float64 {
	if v == nil {
		return nil
	}
	return ptr(float64(*v))
}
