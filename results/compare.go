package results

import (
	"cmp"
	"fmt"
	"slices"

	"stampede/results/stats"
)

// Comparison is how configuration B differs from A.
type Comparison struct {
	Primary             string   `json:"primary"` // the measure that decides
	Outcome             Change   `json:"outcome"`
	Pairs               int      `json:"pairs"` // that count; 0 of stored runs
	A                   string   `json:"a"`
	B                   string   `json:"b"`
	Interleaved         bool     `json:"interleaved"`            // false: stored runs, drift between them can't be excluded
	WithinOneServerLife bool     `json:"within_one_server_life"` // not restarted between blocks
	Seed                uint64   `json:"seed"`
	Discarded           int      `json:"discarded"` // pairs run first and not counted
	Redone              int      `json:"redone"`    // pairs begun anew, a trial being invalid
	GeneratorLimited    bool     `json:"generator_limited"`
	NoneEstablished     bool     `json:"none_established,omitempty"` // on either side: there is nothing to compare
	Withheld            string   `json:"withheld,omitempty"`         // why it is inconclusive whatever the primary measure says
	Delta               float64  `json:"delta"`                      // times within it are the same
	ShareDelta          float64  `json:"share_delta"`                // and so are shares within this
	PairsNeeded         int      `json:"pairs_needed,omitempty"`
	Effects             []Effect `json:"effects"` // the primary first
	Differences         []string `json:"environment_differences"`
	Notes               []string `json:"notes"`
	Warnings            []string `json:"warnings"`
}

// CompareOptions says what is compared and what counts as the same.
type CompareOptions struct {
	A, B       string    // names of the sides; "": A and B
	Primary    Measure   // the measure that decides; none: handshake p99
	Measures   []Measure // the others, secondary; none: handshake p95 and p50, service p50, error, 504 and timeout rate
	Delta      float64   // relative difference of times that is none; 0: 5 %
	ShareDelta float64   // difference of shares that is none; 0: 0.1 points
}

func (o CompareOptions) withDefaults() CompareOptions {
	o.A, o.B = cmp.Or(o.A, "A"), cmp.Or(o.B, "B")
	o.Primary = cmp.Or(o.Primary, handshakeP99)
	o.Delta, o.ShareDelta = cmp.Or(o.Delta, 0.05), cmp.Or(o.ShareDelta, 0.001)
	if len(o.Measures) == 0 {
		o.Measures = []Measure{handshakeP99, handshakeP95, handshakeP50, serviceP50, errorRate, rate504, timeoutRate}
	}
	return o
}

// Measured returns the measures that trials must be taken with: the primary
// one first, the others, and the error rate, without which nothing is called
// faster.
func (o CompareOptions) Measured() []Measure {
	o = o.withDefaults()
	var list []Measure
	for _, m := range slices.Concat([]Measure{o.Primary}, o.Measures, []Measure{errorRate}) {
		if !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}

func (o CompareOptions) margin(u Unit) margin {
	if u == Share {
		return margin{u, o.ShareDelta}
	}
	return margin{u, o.Delta}
}

// most +∞ among trials for a quantile to be compared, and least p of no
// carry-over.
const (
	mostInfinite = 0.1
	leastOrderP  = 0.01
)

// Compare analyses interleaved pairs. Trials, not handshakes, are the
// evidence: handshakes of one run share its luck, and tests that pool them
// call identical systems different more often than not.
//
// The estimate of a time is the Hodges–Lehmann centre of ln(B/A) over pairs,
// with the exact signed-rank interval and test; of a share it is the
// difference. One primary measure decides. The others are secondary: their
// p-values are corrected for their number by Holm's method. B is slower or
// faster if the interval excludes no change, p ≤ 5 %, and the estimate is 2 %
// or more; the same if the interval lies within ±Delta; else it is
// inconclusive, with about how many more pairs would decide.
//
// A trial's quantile of +∞ ranks worst. If more than a tenth of the trials
// have it, the error rate decides instead. And whatever the primary measure
// says, a B that surely fails more than A is neither faster nor the same.
func Compare(pairs []Pair, o CompareOptions) *Comparison {
	o = o.withDefaults()
	c := o.comparison()
	c.Pairs, c.Interleaved, c.WithinOneServerLife = len(pairs), true, true
	for _, m := range o.Measured() {
		p := pairUp(m, pairs)
		c.Effects = append(c.Effects, p.effect(o.margin(m.Unit())))
	}
	c.choosePrimary()
	c.settle(o)
	c.warnOfOrder()
	if len(pairs) > 0 && !slices.ContainsFunc(pairs, Pair.established) {
		c.withholdNone()
	}
	return c
}

// established reports whether either trial established anything, as far as is
// known.
func (p Pair) established() bool {
	a, b := p.A.sample(errorRate), p.B.sample(errorRate)
	return a.Bad < a.Of || b.Bad < b.Of || a.Of+b.Of == 0
}

// withholdNone takes the outcome back where both sides failed throughout: two
// wrong addresses would else be the same.
func (c *Comparison) withholdNone() {
	c.NoneEstablished, c.PairsNeeded = true, 0
	c.withhold("nothing was established on either side")
}

// OneServerLife is what pairs say nothing of whose servers are not started anew
// between them.
const OneServerLife = "within one server life: how servers differ from start to start is not in the interval"

// ComparePlan is Compare for what a plan has come to, and tells of its seed,
// its restarts, and whether it gave up.
func ComparePlan(p *Pairs, o CompareOptions) *Comparison {
	c := Compare(p.Done(), o)
	c.follow(p)
	return c
}

// follow tells how the plan went by which the pairs were made.
func (c *Comparison) follow(p *Pairs) {
	c.Seed, c.Redone, c.WithinOneServerLife = p.options.Seed, p.Redone(), !p.options.Restart
	if p.warm && !p.options.Warm {
		c.Discarded = 1
	}
	if c.WithinOneServerLife {
		c.Notes = append(c.Notes, OneServerLife)
	}
	if why, limited := p.GaveUp(); why != "" {
		c.GeneratorLimited = limited
		c.withhold(why)
	} else if missing := p.options.Pairs - len(p.Done()); missing > 0 {
		c.withhold(fmt.Sprintf("interrupted: %d of %d pairs are missing", missing, p.options.Pairs))
	}
}

func (o CompareOptions) comparison() *Comparison {
	return &Comparison{A: o.A, B: o.B, Delta: o.Delta, ShareDelta: o.ShareDelta,
		Effects: []Effect{}, Differences: []string{}, Notes: []string{}, Warnings: []string{}}
}

// choosePrimary marks the effect that decides: the first, or the error rate
// where the first has too many +∞.
func (c *Comparison) choosePrimary() {
	primary := &c.Effects[0]
	for i := range c.Effects {
		if e := &c.Effects[i]; e.Infinite > mostInfinite {
			e.Note = fmt.Sprintf("+∞ in %.0f %% of the trials: compare the error rate", 100*e.Infinite)
		}
	}
	if primary.Infinite > mostInfinite {
		c.Warnings = append(c.Warnings, fmt.Sprintf("%s is +∞ in %.0f %% of the trials: the error rate decides instead", primary.Metric, 100*primary.Infinite))
		primary = c.effect(errorRate)
	}
	primary.Primary, c.Primary = true, primary.Metric
}

// effect returns the effect of a measure that is compared.
func (c *Comparison) effect(m Measure) *Effect {
	i := slices.IndexFunc(c.Effects, func(e Effect) bool { return e.Metric == m.String() })
	return &c.Effects[i]
}

// settle judges the effects, and the comparison by its primary one.
func (c *Comparison) settle(o CompareOptions) {
	c.adjust()
	for i := range c.Effects {
		c.Effects[i].judge(o.margin(c.Effects[i].Unit))
	}
	i := slices.IndexFunc(c.Effects, func(e Effect) bool { return e.Primary })
	c.Outcome, c.PairsNeeded = c.Effects[i].Outcome, c.Effects[i].PairsNeeded
	c.Effects = slices.Concat(c.Effects[i:i+1], c.Effects[:i], c.Effects[i+1:])
	if (c.Outcome == Faster || c.Outcome == Same) && c.effect(errorRate).Outcome == Slower {
		c.withhold(fmt.Sprintf("%s is %s, but more handshakes fail: that is no improvement", c.Primary, c.Outcome))
	}
}

// withhold takes the outcome back.
func (c *Comparison) withhold(why string) { c.Outcome, c.Withheld = Undecided, why }

// adjust corrects the p-values of secondary effects for their number.
func (c *Comparison) adjust() {
	var tested []*Effect
	var p []float64
	for i := range c.Effects {
		e := &c.Effects[i]
		if e.Primary {
			e.AdjustedP = e.P
		} else if e.P != nil && e.Infinite <= mostInfinite {
			tested, p = append(tested, e), append(p, *e.P)
		}
	}
	for i, v := range stats.Holm(p) {
		tested[i].AdjustedP = &v
	}
}

func (c *Comparison) warnOfOrder() {
	if p := c.Effects[0].OrderEffectP; p != nil && *p < leastOrderP {
		c.Warnings = append(c.Warnings, fmt.Sprintf("carry-over: pairs that began with A differ from those that began with B (p=%.2g)", *p))
	}
}

// ExitCode returns the process's exit code: 0 when the question is answered,
// whatever the answer, 1 if nothing was established on either side, 3
// inconclusive, 4 generator-limited. A comparison is no gate: slower does not
// fail.
func (c *Comparison) ExitCode() int {
	switch {
	case c.GeneratorLimited:
		return 4
	case c.NoneEstablished:
		return 1
	case c.Outcome == Undecided:
		return 3
	}
	return 0
}
