package results

import (
	"fmt"
	"slices"

	"stampede/results/stats"
)

// goalLooks are the trials after which GoalGate looks.
var goalLooks = looks{5, 10, 20}

// clumpedTrials is how many trials it takes to know how failures clump.
const clumpedTrials = 20

// mostInvalid is how many invalid trials a gate bears before it gives up.
const mostInvalid = 5

// GoalGate judges thresholds over several trials of one load: at 5, 10 and 20
// of them, with a third of the 5 % error at each. A goal passes or fails when
// the one-sided Clopper–Pearson bound of the pooled bad share is on its side of
// the limit. If the trials' shares differ by more than chance has it (a
// variance of φ ≥ 1.5 times the binomial one), both counts are divided by φ and
// nothing is decided before 20 trials, as fewer don't know φ. Maxima, means and
// counts are compared as they are, in every trial. A goal of handshake must
// come out alike with and without this host's own delays.
//
// What is decided at a look stays decided. It is a state machine without a
// clock: Add trials while Wanted is above zero, then read Gate.
type GoalGate struct {
	goals   []goal
	trials  int
	invalid int
	warning string
	limited bool // the trials given up on were generator-limited
	nothing bool // a trial established nothing
}

// goal is one threshold and its evidence, a batch a trial.
type goal struct {
	threshold Threshold
	with      []stats.Batch // this host's own delays included
	without   []stats.Batch
	verdicts  []Verdict // of the trials themselves
	check     GateCheck
	disputed  bool // with and without come out differently
}

// NewGoalGate begins a gate; one without goals stays inconclusive.
func NewGoalGate(goals []Threshold) *GoalGate {
	g := &GoalGate{}
	for _, t := range goals {
		c := GateCheck{Text: t.String(), Kind: Goal, Note: "no data"}
		if t.proportion() {
			c.Unit, c.Limit = Share, t.allowed()
		}
		g.goals = append(g.goals, goal{threshold: t, check: c})
	}
	return g
}

// Wanted is how many more trials the next look takes; 0 when there is nothing
// left to decide, or to decide it with.
func (g *GoalGate) Wanted() int {
	open := slices.ContainsFunc(g.goals, func(o goal) bool { return o.check.Verdict == Inconclusive })
	failed := slices.ContainsFunc(g.goals, func(o goal) bool { return o.check.Verdict == Fail })
	if !open || failed || g.nothing || g.warning != "" {
		return 0
	}
	return goalLooks.wanted(g.trials)
}

// Add takes the next trial, judged by the same goals. A trial that is generator-limited
// or did not finish is not counted; after five of them the gate gives up. One
// that established nothing fails the gate at once.
func (g *GoalGate) Add(r *Result) {
	g.nothing = g.nothing || !r.unfinished() && r.NoneEstablished()
	if t := NewReading(r, nil); t.Invalid != "" && !g.nothing {
		if g.invalid++; g.invalid == mostInvalid {
			g.warning = fmt.Sprintf("%d trials were no evidence, the last one: %s", g.invalid, t.Invalid)
			g.limited = t.Limited
		}
		return
	}
	for i := range g.goals {
		g.goals[i].add(r)
	}
	g.count()
}

// count counts a trial and, if it is time, judges the goals still open.
func (g *GoalGate) count() {
	if g.trials++; !goalLooks.at(g.trials) {
		return
	}
	for i := range g.goals {
		if o := &g.goals[i]; o.check.Verdict == Inconclusive {
			o.look()
		}
	}
}

func (o *goal) add(r *Result) {
	j := r.judge(o.threshold)
	o.verdicts = append(o.verdicts, j.Verdict)
	o.with = append(o.with, stats.Batch{N: float64(j.Of), Bad: float64(j.Bad)})
	low := j
	if o.threshold.bracketed() && r.Metrics.HandshakeLow.Count == r.Metrics.Handshake.Count {
		low = r.judgeOn(o.threshold, &r.Metrics.HandshakeLow)
	}
	o.without = append(o.without, stats.Batch{N: float64(low.Of), Bad: float64(low.Bad)})
}

// look judges the goal by the trials so far.
func (o *goal) look() {
	o.check.Looked = len(o.with)
	if !o.threshold.proportion() {
		o.lookAtEach()
		return
	}
	e, low := poolBatches(o.with), poolBatches(o.without)
	low.phi, low.clumped = e.phi, e.clumped // one factor at both ends of the bracket
	with, note := e.prove(o.threshold, len(o.with))
	without, _ := low.prove(o.threshold, len(o.with))
	o.check.Verdict, o.check.Note = with, note
	o.disputed = with != Inconclusive && with != without
	if o.disputed {
		o.check.Verdict = Inconclusive
		o.check.Note = fmt.Sprintf("%s with this host's own delays, %s without them", with, without)
	}
	o.check.Clumping = 0
	if e.phi > 1 {
		o.check.Clumping = e.phi
	}
	if e.of > 0 {
		low, high := stats.ClopperPearsonClumped(e.bad, e.of, e.phi, 2*goalLooks.each(1-confidence)-1)
		o.check.Value, o.check.Low, o.check.High = ptr(float64(e.bad)/float64(e.of)), &low, &high
	}
}

// lookAtEach holds a goal that is no proportion to every trial.
func (o *goal) lookAtEach() {
	passed := 0
	for i, v := range o.verdicts {
		switch v {
		case Fail:
			o.check.Verdict, o.check.Note = Fail, fmt.Sprintf("trial %d failed it", i+1)
			return
		case Pass:
			passed++
		}
	}
	o.check.Note = fmt.Sprintf("%d of %d trials passed it", passed, len(o.verdicts))
	if passed == len(o.verdicts) {
		o.check.Verdict = Pass
	}
}

// pool is the evidence of several trials together.
type pool struct {
	bad, of int64
	phi     float64 // at least 1
	clumped bool
}

func poolBatches(trials []stats.Batch) pool {
	s := stats.NewSpread(trials)
	phi := s.DesignEffect()
	p := pool{bad: int64(s.Bad), of: int64(s.N), phi: 1, clumped: phi >= clumpsFrom}
	if p.clumped {
		p.phi = max(phi, s.Clumping())
	}
	return p
}

// prove says what the pool proves of a goal at one look, and words it.
func (p pool) prove(t Threshold, trials int) (Verdict, string) {
	sure := goalLooks.each(1 - confidence)
	seen := fmt.Sprintf("%s of %s", FormatCount(p.bad), FormatCount(p.of))
	switch {
	case p.of <= 0:
		return Inconclusive, "no data"
	case p.clumped && trials < clumpedTrials:
		return Inconclusive, fmt.Sprintf("%s: not proved, failures clump, φ = %.1f", seen, p.phi)
	case stats.AboveClumped(p.bad, p.of, p.phi, t.allowed(), sure):
		return Fail, seen
	case t.Statistic == Quantile && p.of < neededFor(t.Hundredth):
		return Inconclusive, fmt.Sprintf("%s needs n ≥ %s (have %s)", t.figure(), FormatCount(neededFor(t.Hundredth)), FormatCount(p.of))
	case stats.AtMostClumped(p.bad, p.of, p.phi, t.allowed(), sure):
		return Pass, seen
	}
	return Inconclusive, seen + ": not proved"
}

// Gate returns what the trials so far come to.
func (g *GoalGate) Gate() Gate {
	gate := Gate{Checks: []GateCheck{}, Warnings: []string{}, GeneratorLimited: g.limited}
	if g.nothing {
		gate.Checks = append(gate.Checks, nothingEstablished(g.trials))
	}
	for _, o := range g.goals {
		gate.Checks = append(gate.Checks, o.check)
		gate.GeneratorLimited = gate.GeneratorLimited || o.disputed
	}
	if g.warning != "" {
		gate.Warnings = append(gate.Warnings, g.warning)
	}
	gate.settle()
	return gate
}
